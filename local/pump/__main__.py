"""`python -m local.pump --data DIR --endpoint URL`: invokes functions with what arrives for them."""

from __future__ import annotations

import argparse
import dataclasses
import os
import signal
import threading
from collections.abc import Iterable
from collections.abc import Mapping as Dictionary
from pathlib import Path

from local import child
from local.pump.answers import Invoker
from local.pump.checkpoints import Checkpoints
from local.pump.mapping import Mapping, from_topology
from local.pump.pool import Functions, specs_from_topology
from local.pump.pump import Pump
from local.supervisor import CannotStart
from video_pipeline import logs
from video_pipeline.topology import DEFAULT_REGION, FUNCTIONS, LOCAL_SUFFIX, resource_name

# Functions that are at work when the system stops are given this long.
GRACE = 5.0
# Mappings, seconds between the runs of functions by name, and where functions run.
Work = tuple[Iterable[Mapping], Dictionary[str, float], Invoker]


def main() -> None:
    options = _parser().parse_args()
    logs.configure("pump")
    try:
        mappings, schedules, functions = _attached(options) if options.attached else _from_topology(options)
    except CannotStart as error:
        child.failed(str(error))
        raise SystemExit(1) from error
    pump = Pump(
        [_quick(mapping, options.window) for mapping in mappings],
        {name: min(seconds, options.every or seconds) for name, seconds in schedules.items()},
        endpoint=options.endpoint,
        region=options.region,
        functions=functions,
        checkpoints=Checkpoints(options.data / "checkpoints.sqlite3"),
    )
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=pump.stop, args=(GRACE,)).start())
    pump.start()
    child.ready()
    pump.wait()


def _quick(mapping: Mapping, longest: float) -> Mapping:
    return dataclasses.replace(mapping, batch_window=min(mapping.batch_window, longest))


def _from_topology(options: argparse.Namespace) -> Work:
    """Its functions run here."""
    scheduled = {each.unit: each.schedule_seconds for each in FUNCTIONS if each.schedule_seconds}
    specs = specs_from_topology(options.suffix)
    return (
        from_topology(options.region, options.suffix),
        {resource_name(unit, options.suffix): seconds for unit, seconds in scheduled.items()},
        Functions(specs, _variables(), options.data / "logs", options.region),
    )


def _attached(options: argparse.Namespace) -> Work:
    """What AWS's interfaces say; functions run where Invoke is answered."""
    from local.deployed import Deployed
    from local.pump.remote import LambdaApi

    deployed = Deployed(options.endpoint, options.region, options.suffix)
    return deployed.mappings(), deployed.schedules(), LambdaApi(options.endpoint, options.region)


def _variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != child.READY_FD}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.pump", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--region", default=DEFAULT_REGION)
    parser.add_argument("--suffix", default=LOCAL_SUFFIX)
    parser.add_argument("--attached", action="store_true", help="to what was deployed to the endpoint")
    parser.add_argument("--every", type=float, help="run schedules at least this often, in seconds")
    parser.add_argument(
        "--window", type=float, default=0.1, help="longest batch window; a long one saves money on AWS, here only time"
    )
    return parser


if __name__ == "__main__":
    main()
