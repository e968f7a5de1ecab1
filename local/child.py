"""What a process of the system does on its own behalf: end with its parent, and say when it is ready.

`python -m local.child MODULE [ARGUMENT...]` runs a module on a leash: standard input is a pipe that nobody writes to,
and its end means that the parent is gone, however it went. So nothing is left behind, on any system.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
import threading
import time

READY_FD = "LOCAL_READY_FD"
# Long enough for a worker to let go of its jobs; after that nobody waits for a process without a parent.
GRACE = 15.0


def ready(**facts: object) -> None:
    """Tells the parent, if it asked, that this process does its work now."""
    _tell({"ready": True, **facts})


def failed(reason: str) -> None:
    """Tells the parent, if it asked, in one line why this process can't do its work."""
    _tell({"ready": False, "reason": reason})


def _tell(message: dict[str, object]) -> None:
    fd = os.environ.pop(READY_FD, None)
    if fd is not None:
        with os.fdopen(int(fd), "w", encoding="utf-8") as pipe:
            pipe.write(json.dumps(message) + "\n")


def follow_parent() -> None:
    """Starts to watch for the parent's end: SIGTERM to this process then, SIGKILL after a while."""
    threading.Thread(target=_watch, name="leash", daemon=True).start()


def _watch() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    follow_parent()
    module = sys.argv[1]
    sys.argv = sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
