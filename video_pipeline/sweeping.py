"""What a crash, a lost message or a silent sender left behind is carried on or brought to an end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from video_pipeline.errors import PipelineError
from video_pipeline.events import ChunksReady, TranscriptReady, announce
from video_pipeline.model import Failure, Job, Message
from video_pipeline.outcomes import job_failed
from video_pipeline.ports import Ledger
from video_pipeline.summaries.orders import order_message
from video_pipeline.topology import CHUNK, LIMITS, SUMMARISE

logger = logging.getLogger(__name__)
_KEEP_MESSAGES_DAYS = 30
_UNSUMMARISED = "No summary has come yet; ask for one again with `video-pipeline summary --again`."


class Sweeping:
    """One pass over the ledger; every part of it may be repeated and interrupted."""

    def __init__(
        self,
        ledger: Ledger,
        publish: Callable[[Sequence[Message]], None],
        resume_erasures: Callable[[], int],
        expire_projects: Callable[[], int],
        *,
        segments_idle: float,
        stalled: float,
    ) -> None:
        self._ledger = ledger
        self._publish = publish
        self._resume_erasures = resume_erasures
        self._expire_projects = expire_projects
        self._segments_idle = segments_idle
        self._stalled = stalled

    def sweep(self) -> Mapping[str, int]:
        """How many were found, by kind. A part that fails is logged and does not keep the others from running."""
        parts: Mapping[str, Callable[[], int]] = {
            "requeued": lambda: len(self._ledger.jobs.requeue_expired()),
            "workers_lost": self._end_exhausted,
            "stalled": self._push_stalled,
            "uploads_given_up": self._give_up_uploads,
            "published": lambda: self._ledger.outbox.drain(self._publish),
            "erased": self._resume_erasures,
            "projects_removed": self._expire_projects,
            "forgotten": self._ledger.analytics.forget,
            "mails_doubtful": self._doubt_mails,
            "mails_forgotten": lambda: self._ledger.mails.prune(LIMITS.mail_days),
            "pruned": lambda: self._ledger.outbox.prune(_KEEP_MESSAGES_DAYS),
            "conversations_forgotten": self._ledger.conversations.prune,
        }
        counts = {name: self._part(name, do) for name, do in parts.items()}
        if any(counts.values()):
            logger.info("swept", extra=counts)
        return counts

    def _part(self, name: str, do: Callable[[], int]) -> int:
        try:
            return do()
        except PipelineError as error:
            logger.exception("sweeping failed in part", extra={"part": name, "reason": error.code})
            return 0

    def _end_exhausted(self) -> int:
        failure = Failure(
            code="worker_lost",
            retryable=True,
            message="The worker vanished at every attempt, so the media itself may bring it down.",
            hint="Look at the worker's log, then redrive the job (`video-pipeline dlq`).",
        )
        return sum(self._fail(job, failure) for job in self._ledger.jobs.exhausted())

    def _push_stalled(self) -> int:
        found = self._ledger.jobs.stalled(self._stalled)
        for job, told in found:
            if job.waiting_for is not None:
                self._await_transcript(job)
            elif told >= LIMITS.announcements:
                self._give_up_stage(job)
            else:
                self._ledger.jobs.announce_again(job.id, emit=[_next_message(job)])
        return len(found)

    def _give_up_stage(self, job: Job) -> None:
        """A video that can be asked about has not failed for want of a summary, which may still come."""
        if job.stage == SUMMARISE:
            self._ledger.jobs.complete(job.id, note=_UNSUMMARISED)
        else:
            self._fail(job, _stalled_failure(job))

    def _await_transcript(self, job: Job) -> None:
        waited = (datetime.now(UTC) - job.updated_at).total_seconds()
        if waited > LIMITS.transcription_wait:
            failure = Failure(
                code="transcription_lost",
                retryable=True,
                message="The transcription service never reported back.",
                hint="Look for the job in the service's console, then redrive this one (`video-pipeline dlq`).",
            )
            self._fail(job, failure)

    def _give_up_uploads(self) -> int:
        uploads = self._ledger.jobs.unfinished_uploads(segments_idle=self._segments_idle, grant=LIMITS.awaiting_upload)
        return sum(self._give_up(job, missing) for job, missing in uploads)

    def _give_up(self, job: Job, missing: Sequence[int]) -> bool:
        failure = _missing_failure(job, missing) if job.source.kind == "segments" else _never_came()
        return self._ledger.jobs.abandon_upload(job.id, failure, emit=job_failed(job, failure))

    def _doubt_mails(self) -> int:
        """Mails whose sender died in the middle: a person may want to look whether they went."""
        found = self._ledger.mails.doubt(LIMITS.mail_handover)
        for mail in found:
            logger.error("mail doubtful", extra={"question_id": str(mail.question_id), "kind": mail.kind})
        return len(found)

    def _fail(self, job: Job, failure: Failure) -> bool:
        return self._ledger.jobs.fail(job.id, failure, emit=job_failed(job, failure), seen=job)


def _next_message(job: Job) -> Message:
    if job.stage == SUMMARISE and job.video_id is not None:
        return order_message(job.id, job.video_id)
    kind = TranscriptReady if job.stage == CHUNK else ChunksReady
    return announce(kind(job_id=job.id, video_id=job.video_id), unique=job.id)


def _stalled_failure(job: Job) -> Failure:
    return Failure(
        code="stalled",
        retryable=True,
        message=f"Nothing happened in stage {job.stage!r} though it was announced {LIMITS.announcements} times.",
        hint="Look at that function's dead-letter queue and log, then redrive this job (`video-pipeline dlq`).",
    )


def _missing_failure(job: Job, missing: Sequence[int]) -> Failure:
    named = ", ".join(map(str, missing)) + (" and more" if len(missing) == 20 else "")
    return Failure(
        code="segments_missing",
        message=f"Of {job.source.segments} raw segments these never came: {named}.",
        hint="Send the missing ones with the same upload_id; the upload then goes on.",
    )


def _never_came() -> Failure:
    return Failure(
        code="upload_missing",
        message="An upload was granted, but its bytes never came.",
        hint="Start the upload again.",
    )
