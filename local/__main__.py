"""`python -m local`: the whole system in this terminal, until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from local.logfiles import for_people
from local.run import Options, System
from local.supervisor import CannotStart
from video_pipeline.topology import DEFAULT_REGION, LOCAL_API_PORT, LOCAL_AWS_PORT, LOCAL_SUFFIX


def main() -> int:
    options = _parser().parse_args()
    system = System(_options(options), say=_say, show=_show)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        with system:
            _introduce(system)
            failure = system.wait()
            _say(failure or "Stopping.")
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        _say("Stopped.")
        return 0
    return 1 if failure else 0


def _interrupt(*_: object) -> None:
    """Also during the start. A second signal changes nothing: stopping is under way."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _introduce(system: System) -> None:
    _say(f"API            {system.api_url}/docs")
    _say(f"AWS endpoint   {system.aws_endpoint_url}")
    _say(f"Data and logs  {system.places.folder}")
    if system.new_api_key:
        _say(f"API key        {system.new_api_key}   (shown once; kept in {system.places.api_key})")
    _say("Stop with Ctrl-C.")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _show(line: bytes) -> None:
    sys.stderr.write(f"{for_people(line)}\n")
    sys.stderr.flush()


def _options(options: argparse.Namespace) -> Options:
    return Options(
        data=options.data,
        api_port=options.api_port,
        aws_port=options.aws_port,
        region=options.region,
        suffix=options.suffix,
        sweep_seconds=options.sweep_seconds,
        origins=tuple(options.origin),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(".local"), help="the data folder (.local)")
    parser.add_argument("--api-port", type=int, default=LOCAL_API_PORT, help="0: a free one")
    parser.add_argument("--aws-port", type=int, default=LOCAL_AWS_PORT, help="0: a free one")
    parser.add_argument("--region", default=DEFAULT_REGION)
    parser.add_argument("--suffix", default=LOCAL_SUFFIX, help="the environment suffix of all names")
    parser.add_argument("--sweep-seconds", type=float, help="run the sweeper at least this often")
    parser.add_argument("--origin", action="append", default=[], help="a web origin whose pages may use the system")
    return parser


if __name__ == "__main__":
    sys.exit(main())
