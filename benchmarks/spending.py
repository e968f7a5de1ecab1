"""What a command costs: measured from a small process, so that nothing of the one that measures is counted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

# The peak of a process begins at what its parent held when it was forked: hence a parent that holds nothing.
_WATCH = """
import json, resource, subprocess, sys, time
began = time.monotonic()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
spent = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([spent.ru_utime + spent.ru_stime, time.monotonic() - began, spent.ru_maxrss / 1024]))
"""


@dataclass(frozen=True)
class Spent:
    """CPU seconds of a command and all that it started, real seconds, and the peak of its largest process in MiB."""

    cpu: float
    real: float
    peak: float


def spent_by(command: Sequence[str]) -> Spent:
    done = subprocess.run([sys.executable, "-S", "-c", _WATCH, *command], check=True, stdout=subprocess.PIPE, text=True)
    return Spent(*json.loads(done.stdout))
