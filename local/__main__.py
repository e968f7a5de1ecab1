"""`python -m local`: the whole system in this terminal, until Ctrl-C; or a part of it that Terraform completes."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from local.empty import Empty, EmptyOptions
from local.logfiles import for_people
from local.run import Options, System
from local.running import Running
from local.supervisor import CannotStart
from video_pipeline.topology import DEFAULT_REGION, LOCAL_API_PORT, LOCAL_AWS_PORT, LOCAL_SUFFIX


def main() -> int:
    system = _chosen(_parser())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        with system:
            for line in (*system.introduction(), "Stop with Ctrl-C."):
                _say(line)
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


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _show(line: bytes) -> None:
    sys.stderr.write(f"{for_people(line)}\n")
    sys.stderr.flush()


def _chosen(parser: argparse.ArgumentParser) -> Running:
    """Ends the process with a sentence if the options do not go together."""
    options = parser.parse_args()
    if options.attach is None:
        if options.set:
            parser.error("--set is for the worker of a deployed system: it needs --attach.")
        system = Empty(_empty(options), say=_say, show=_show) if options.empty else None
        return system or System(_whole(options), say=_say, show=_show)
    if options.empty:
        parser.error("--empty and --attach are two halves: one in each terminal.")
    if options.suffix is None:
        parser.error("--attach needs --suffix: which deployed system is meant.")
    return _attached(options)


def _whole(options: argparse.Namespace) -> Options:
    return Options(
        data=options.data,
        api_port=options.api_port,
        aws_port=options.aws_port,
        region=options.region,
        suffix=options.suffix or LOCAL_SUFFIX,
        sweep_seconds=options.sweep_seconds,
        origins=tuple(options.origin),
    )


def _empty(options: argparse.Namespace) -> EmptyOptions:
    return EmptyOptions(data=options.data, aws_port=options.aws_port, region=options.region)


def _attached(options: argparse.Namespace) -> Running:
    from local.attach import Attached, AttachOptions

    given = AttachOptions(
        endpoint=options.attach.rstrip("/"),
        suffix=options.suffix,
        data=options.data,
        region=options.region,
        api_port=options.api_port,
        overrides=dict(options.set),
    )
    return Attached(given, say=_say, show=_show)


def _setting(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not (name.isidentifier() and sign):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(".local"), help="the data folder (.local)")
    parser.add_argument("--api-port", type=int, default=LOCAL_API_PORT, help="0: a free one")
    parser.add_argument("--aws-port", type=int, default=LOCAL_AWS_PORT, help="0: a free one")
    parser.add_argument("--region", default=DEFAULT_REGION)
    parser.add_argument("--suffix", help=f"the environment suffix of all names ({LOCAL_SUFFIX})")
    parser.add_argument("--sweep-seconds", type=float, help="run the sweeper at least this often")
    parser.add_argument("--origin", action="append", default=[], help="a web origin whose pages may use the system")
    parser.add_argument("--empty", action="store_true", help="only AWS, and in it nothing: for Terraform to fill")
    parser.add_argument("--attach", metavar="URL", help="set the suffix that is deployed there to work")
    parser.add_argument(
        "--set", action="append", default=[], type=_setting, metavar="NAME=VALUE", help="of the attached worker"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
