"""Says beside long work that whoever does it is alive, so that the lease of a job outlasts it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from threading import Event, Thread

from video_pipeline.errors import PipelineError

logger = logging.getLogger(__name__)


@contextmanager
def beating(beat: Callable[[], bool], every: float) -> Iterator[Event]:
    """Calls `beat` every so many seconds; the event is set, and that ends, when it says that the lease is lost."""
    lost, done = Event(), Event()
    # In the caller's context, so that log lines name its job.
    thread = Thread(target=copy_context().run, args=(_beats, beat, every, lost, done), name="heartbeat", daemon=True)
    thread.start()
    try:
        yield lost
    finally:
        done.set()
        thread.join()


def _beats(beat: Callable[[], bool], every: float, lost: Event, done: Event) -> None:
    while not done.wait(every):
        try:
            if not beat():
                lost.set()
                return
        except PipelineError as error:
            # One missed beat is no loss: the lease outlasts several.
            logger.warning("heartbeat missed", extra={"reason": error.code})
