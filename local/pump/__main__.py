"""`python -m local.pump --data DIR --endpoint URL`: invokes the functions of the topology with what arrives."""

from __future__ import annotations

import argparse
import dataclasses
import os
import signal
import threading
from pathlib import Path

from local import child
from local.pump.checkpoints import Checkpoints
from local.pump.mapping import Mapping, from_topology
from local.pump.pool import Functions, specs_from_topology
from local.pump.pump import Pump
from video_pipeline import logs
from video_pipeline.topology import DEFAULT_REGION, FUNCTIONS, LOCAL_SUFFIX, resource_name

# Functions that are at work when the system stops are given this long.
GRACE = 5.0


def main() -> None:
    options = _parser().parse_args()
    logs.configure("pump")
    mappings = [_quick(mapping, options.window) for mapping in from_topology(options.region, options.suffix)]
    specs = specs_from_topology(options.suffix)
    pump = Pump(
        mappings,
        _schedules(options),
        endpoint=options.endpoint,
        region=options.region,
        functions=Functions(specs, _variables(), options.data / "logs", options.region),
        checkpoints=Checkpoints(options.data / "checkpoints.sqlite3"),
    )
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=pump.stop, args=(GRACE,)).start())
    pump.start()
    child.ready()
    pump.wait()


def _quick(mapping: Mapping, longest: float) -> Mapping:
    return dataclasses.replace(mapping, batch_window=min(mapping.batch_window, longest))


def _schedules(options: argparse.Namespace) -> dict[str, float]:
    scheduled = {each.unit: each.schedule_seconds for each in FUNCTIONS if each.schedule_seconds}
    return {
        resource_name(unit, options.suffix): min(seconds, options.every or seconds)
        for unit, seconds in scheduled.items()
    }


def _variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != child.READY_FD}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.pump", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--region", default=DEFAULT_REGION)
    parser.add_argument("--suffix", default=LOCAL_SUFFIX)
    parser.add_argument("--every", type=float, help="run schedules at least this often, in seconds")
    parser.add_argument(
        "--window", type=float, default=0.1, help="longest batch window; a long one saves money on AWS, here only time"
    )
    return parser


if __name__ == "__main__":
    main()
