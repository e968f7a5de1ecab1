"""The worker process: settings, adapters, signals, and as many loops as videos are worked on at once."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from queue import SimpleQueue
from threading import Event, Thread
from uuid import uuid4

from containers.processor.loop import Pace, Worker
from containers.processor.protection import Protection
from video_pipeline.logs import configure
from video_pipeline.settings import ProcessorSettings
from video_pipeline.topology import PROCESSING
from video_pipeline.wiring import Processor, open_processor

logger = logging.getLogger(__name__)
_LOOK_AGAIN = 0.1


def main() -> int:
    """Works until SIGTERM or SIGINT; a job at hand is given `shutdown_seconds` to end, then it is left to its lease."""
    settings = ProcessorSettings()
    configure("processor", settings.log_level)
    # A handler may run while this thread holds any lock, an event's or a log's too: all that it may do is put here.
    signals: SimpleQueue[int] = SimpleQueue()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda number, _frame: signals.put(number))
    with open_processor(settings) as processor:
        run(processor, settings, signals.get)
    return 0


def run(processor: Processor, settings: ProcessorSettings, signalled: Callable[[], int]) -> None:
    """Starts the loops, and waits for them once `signalled` has returned the number of a signal."""
    stop = Event()
    # A name of its own for every run: after a crash the same container must not pass for the one that held the lease.
    place = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
    pace = Pace(heartbeat=settings.heartbeat_seconds, visibility=settings.lease_seconds, poll=PROCESSING.long_poll)
    # Not a setting: ECS itself puts it there, and only there.
    protection = Protection(os.environ.get("ECS_AGENT_URI"))
    workers = [
        Worker(f"{place}:{n}", processor.ledger.jobs, processor.queue, processor.processing, stop, pace, protection)
        for n in range(settings.worker_concurrency)
    ]
    threads = [Thread(target=each.run, name=f"worker-{n}", daemon=True) for n, each in enumerate(workers)]
    logger.info("worker started", extra={"place": place, "videos_at_once": len(workers)})
    for thread in threads:
        thread.start()
    number = signalled()
    logger.info("stopping", extra={"signal": signal.Signals(number).name})
    stop.set()
    deadline = time.monotonic() + settings.shutdown_seconds
    # Those in a long poll need not be waited for: nothing is in their hands.
    while any(each.busy for each in workers) and time.monotonic() < deadline:
        time.sleep(_LOOK_AGAIN)


if __name__ == "__main__":
    sys.exit(main())
