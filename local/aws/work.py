"""What one request to S3 leaves to do once moto's memory has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from local.aws.bodies import Body


@dataclass
class Work:
    """Keys and uploads to write down, then people to tell, then files to remove: in this order."""

    touched: set[tuple[str, str]] = field(default_factory=set)
    finished_uploads: list[str] = field(default_factory=list)
    notices: list[Callable[[], None]] = field(default_factory=list)
    garbage: list[Body] = field(default_factory=list)


_work: ContextVar[Work | None] = ContextVar("work", default=None)


@contextmanager
def working(settle: Callable[[Work], None]) -> Iterator[Work]:
    """The work at hand. The outermost one settles it at its end, and fails if that fails."""
    if (outer := _work.get()) is not None:
        yield outer
        return
    work = Work()
    token = _work.set(work)
    try:
        yield work
        settle(work)
    finally:
        _work.reset(token)


def discard(body: Body) -> None:
    """These files are not needed any more. Outside of any work they stay until the next start sweeps them up."""
    if (work := _work.get()) is not None:
        work.garbage.append(body)


def later(notice: Callable[[], None]) -> None:
    """Tells when the work is settled, or at once outside of any."""
    if (work := _work.get()) is not None:
        work.notices.append(notice)
    else:
        notice()
