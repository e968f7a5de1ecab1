"""What a child process writes to standard error: kept in a file, and its warnings and errors shown."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, BinaryIO, Final

ROTATE_ABOVE: Final = 10 * 1024 * 1024
_SHOWN: Final = ("WARNING", "ERROR", "CRITICAL")


def open_log(path: Path) -> BinaryIO:
    """Appends to `path`; a large one is put aside first, as `….1`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > ROTATE_ABOVE:
        path.replace(path.with_name(path.name + ".1"))
    return path.open("ab", buffering=0)


def follow(source: IO[bytes], path: Path, show: Callable[[bytes], None]) -> threading.Thread:
    """Copies lines to the file until the source ends, and gives to `show` those that a person should see."""

    def copy() -> None:
        with source, open_log(path) as log:
            for line in source:
                log.write(line)
                if level(line) in _SHOWN:
                    show(line)

    thread = threading.Thread(target=copy, name=f"log {path.name}", daemon=True)
    thread.start()
    return thread


def level(line: bytes) -> str | None:
    """The level of a line in the project's log format; None for anything else."""
    if not line.startswith(b"{"):
        return None
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found.get("level") if isinstance(found, dict) else None


def for_people(line: bytes) -> str:
    """A log line in short: level, service, message and what is known about the error."""
    found = json.loads(line)
    text = f"{found['level'].lower()} ({found.get('service', '?')}): {found.get('message', '')}"
    for name in ("exception_name", "job_id", "video_id", "code", "function"):
        if found.get(name):
            text += f" {name}={found[name]}"
    return text
