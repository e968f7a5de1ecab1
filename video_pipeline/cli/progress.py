"""Progress on standard error: a bar on a terminal, a line a step elsewhere, nothing for programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from video_pipeline.cli.console import note


class Steps(Protocol):
    def show(self, title: str, fraction: float) -> None:
        """`fraction` 0..1 of the step, or of the job, that `title` names."""
        ...


class _Silent:
    def show(self, title: str, fraction: float) -> None:
        """Nobody looks."""


class _Lines:
    """A line when a step begins."""

    def __init__(self) -> None:
        self._last = ""

    def show(self, title: str, fraction: float) -> None:
        if title != self._last:
            self._last = title
            note(f"{fraction:4.0%} {title}")


class _Bar:
    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

        self.display = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self.display.add_task("", total=1.0)

    def show(self, title: str, fraction: float) -> None:
        self.display.update(self._task, description=title, completed=fraction)


@contextmanager
def steps(*, silent: bool = False) -> Iterator[Steps]:
    if silent:
        yield _Silent()
    elif sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        bar = _Bar()
        with bar.display:
            yield bar
    else:
        yield _Lines()


def counting(shown: Steps, title: str, total: int) -> Callable[[int], None]:
    """Shows the step begun, and its bytes as they are told."""
    done = 0

    def told(size: int) -> None:
        nonlocal done
        done += size
        shown.show(title, min(1.0, done / total))

    shown.show(title, 0.0)
    return told
