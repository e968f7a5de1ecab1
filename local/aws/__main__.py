"""`python -m local.aws --port 4566 --data DIR`: the emulated AWS by itself, or as a part of the whole system."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from local import child
from video_pipeline import logs
from video_pipeline.topology import DEFAULT_REGION, LOCAL_AWS_PORT, LOCAL_MAIL_FROM, LOCAL_SUFFIX

if TYPE_CHECKING:
    from local.aws.databases import Databases


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    logs.configure("aws")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # Pages of any origin could otherwise read what is stored here; the buckets' own rules say who may.
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"
    # moto reads its settings when it is imported, so only now.
    from local import resources
    from local.aws.databases import Databases
    from local.aws.server import Emulator

    listener = _listener(options)
    databases = Databases(options.databases) if options.databases else None
    emulator = Emulator(options.data / "aws", options.origin, databases)
    if options.boot:
        emulator.begin(options.boot)
    if options.empty:
        emulator.prepare(lambda _: None)
        with _functions(options, _url(listener), databases):
            emulator.serve(listener, child.ready)
    else:
        sender = os.environ.get("MAIL_FROM") or LOCAL_MAIL_FROM
        emulator.prepare(
            lambda url: resources.create(url, options.region, options.suffix, options.origin, sender=sender)
        )
        emulator.serve(listener, child.ready)


@contextmanager
def _functions(options: argparse.Namespace, endpoint: str, databases: Databases | None) -> Iterator[None]:
    """Inside, functions can be deployed and invoked, and state machines call them."""
    from moto.core.config import default_user_config

    from local.aws import databases as clusters
    from local.aws import lambda_patches
    from local.aws.invoking import Host

    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    os.environ["MOTO_PORT"] = endpoint.rpartition(":")[2]  # where they find the functions

    host = Host(options.data / "aws" / "functions", options.data / "logs", endpoint, databases)
    lambda_patches.install(host)
    if databases is not None:
        clusters.install(databases)
    try:
        yield
    finally:
        host.close()


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
