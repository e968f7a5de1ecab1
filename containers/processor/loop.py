"""The worker's loop: take a message, claim its job, work while the heart beats, and let the message go.

A job that dies with its worker comes back by its lease; the message that named it comes back by its visibility
timeout, or the sweeper sends a new one. The ledger decides; messages are only hints.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from threading import Event
from uuid import UUID

from containers.processor.protection import Protection
from video_pipeline.dispatching import Works
from video_pipeline.errors import PipelineError
from video_pipeline.heartbeat import beating
from video_pipeline.logs import bound
from video_pipeline.model import Job, QueueMessage
from video_pipeline.ports import Claimed, Jobs, NotNow, Queue, Settled

logger = logging.getLogger(__name__)
# After a failing queue or ledger, so that an outage is not met with a storm.
_PAUSE = 5.0
# SQS hides a message for twelve hours at most; one that has to wait longer is looked at in between.
_LONGEST_HIDDEN = 43_000


@dataclass(frozen=True)
class Pace:
    """Seconds: between heartbeats, how long a message stays hidden after each, and of one long poll."""

    heartbeat: float
    visibility: int
    poll: int


class Worker:
    """One place to work at; a process has several. `stop` ends it after the job at hand."""

    def __init__(
        self,
        name: str,
        jobs: Jobs,
        queue: Queue,
        processing: Works,
        stop: Event,
        pace: Pace,
        protection: Protection | None = None,
    ) -> None:
        self._name = name
        self._jobs = jobs
        self._queue = queue
        self._processing = processing
        self._stop = stop
        self._pace = pace
        self._protection = protection or Protection()
        self._busy = Event()

    @property
    def busy(self) -> bool:
        """Whether a message is being handled."""
        return self._busy.is_set()

    def run(self) -> None:
        """Until stopped."""
        while not self._stop.is_set():
            try:
                self.turn()
            except PipelineError as error:
                logger.warning("worker pauses", extra={"reason": error.code, "detail": str(error)})
                self._stop.wait(_PAUSE)
            except Exception:
                # A place that dies unseen would leave a worker that runs and does nothing.
                logger.exception("worker pauses after something unforeseen")
                self._stop.wait(_PAUSE)

    def drain(self) -> int:
        """Until the queue is empty; how many messages were handled."""
        count = 0
        while self.turn(wait=0):
            count += 1
        return count

    def turn(self, *, wait: int | None = None) -> bool:
        """One message; False if there was none."""
        poll = self._pace.poll if wait is None else wait
        messages = self._queue.receive(most=1, wait=poll, visibility=self._pace.visibility)
        for message in messages:
            self._busy.set()
            try:
                # Not earlier: a task that only waits for a message is the one that may go. Not later: a claimed job
                # would be without it for a moment. A message that is only held counts as backlog anyway.
                with self._protection.held():
                    self._handle(message)
            finally:
                self._busy.clear()
        if not messages:
            self._protection.tend()
        return bool(messages)

    def _handle(self, message: QueueMessage) -> None:
        if self._stop.is_set():
            # It came with the last long poll; another worker shall have it at once.
            self._queue.extend(message, 0)
            return
        job_id = _job_id(message)
        if job_id is None:
            # Left alone, it goes to the dead-letter queue after its receives.
            logger.error("message names no job", extra={"message_id": message.id, "body": message.body[:500]})
            return
        with bound(job_id=job_id):
            claim = self._claim(message, job_id)
            if isinstance(claim, Claimed):
                self._work(message, claim.job)
            elif isinstance(claim, Settled):
                logger.info("nothing to do for this message", extra={"because": claim.reason})
            else:
                return
            self._queue.delete(message)

    def _claim(self, message: QueueMessage, job_id: UUID) -> Claimed | Settled | NotNow:
        """Holds the message while all places are taken; what is to be tried later is put back until then."""
        redrive = message.attributes.get("redrive") == "true"
        while True:
            claim = self._jobs.claim(job_id, self._name, redrive=redrive)
            if not isinstance(claim, NotNow) or self._stop.is_set():
                return claim
            logger.info("not now", extra={"because": claim.reason, "delay": claim.delay})
            if claim.delay > self._pace.heartbeat:
                self._queue.extend(message, min(round(claim.delay) + 1, _LONGEST_HIDDEN))
                return claim
            self._queue.extend(message, self._pace.visibility)
            self._stop.wait(claim.delay)

    def _work(self, message: QueueMessage, job: Job) -> None:
        with beating(lambda: self._beat(message, job), self._pace.heartbeat) as lost:
            self._processing.work(job, self._name, lambda: not lost.is_set())

    def _beat(self, message: QueueMessage, job: Job) -> bool:
        """Extends lease and message; False when the lease is lost."""
        try:
            alive = self._jobs.beat(job.id, self._name)
            if alive:
                self._queue.extend(message, self._pace.visibility)
            return alive
        finally:
            # After the beat, which must not wait for the agent.
            self._protection.tend()


def _job_id(message: QueueMessage) -> UUID | None:
    try:
        return UUID(json.loads(message.body)["job_id"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
