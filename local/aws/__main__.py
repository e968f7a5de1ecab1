"""`python -m local.aws --port 4566 --data DIR`: the emulated AWS by itself, or as a part of the whole system."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from local import child
from video_pipeline import logs
from video_pipeline.topology import DEFAULT_REGION, LOCAL_AWS_PORT, LOCAL_SUFFIX


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    logs.configure("aws")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # Pages of any origin could otherwise read what is stored here; the buckets' own rules say who may.
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"
    # moto reads its settings when it is imported, so only now.
    from local import resources
    from local.aws import invoking
    from local.aws.server import Emulator

    listener = _listener(options)
    emulator = Emulator(options.data / "aws", options.origin)
    if options.boot:
        emulator.begin(options.boot)
    if options.empty:
        host = invoking.Host(options.data / "aws" / "functions", _url(listener), options.databases)
        host.folder.mkdir(parents=True, exist_ok=True)
        invoking.install(host)
        emulator.prepare(lambda _: None)
    else:
        emulator.prepare(lambda url: resources.create(url, options.region, options.suffix, options.origin))
    emulator.serve(listener, child.ready)


def _url(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def _listener(options: argparse.Namespace) -> socket.socket:
    if options.fd is not None:
        return socket.socket(fileno=options.fd)
    try:
        return socket.create_server(("127.0.0.1", options.port), backlog=128)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        sys.exit(f"Port {options.port} can't be used ({reason}). Choose another one with --port.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.aws", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(".local"), help="the data folder")
    parser.add_argument("--port", type=int, default=LOCAL_AWS_PORT)
    parser.add_argument("--fd", type=int, help="a listening socket that was inherited, instead of --port")
    parser.add_argument("--region", default=DEFAULT_REGION)
    parser.add_argument("--suffix", default=LOCAL_SUFFIX, help="the environment suffix of all names")
    parser.add_argument("--origin", action="append", default=[], help="a web origin whose pages may use the buckets")
    parser.add_argument(
        "--empty", action="store_true", help="make no resources: Terraform will, and may call functions"
    )
    parser.add_argument("--databases", help="with --empty: URL of the PostgreSQL server that stands for RDS")
    parser.add_argument("--boot", help="names the run of the system; at a new one messages in flight become visible")
    return parser


if __name__ == "__main__":
    main()
