"""The whole archive cut and embedded anew, while what there is goes on serving.

The steps are driven from outside, by a state machine or by `drive`, and each may be repeated. A video that can't be
taken in is recorded with its reason and stops no other; the new index serves when every video is in it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from uuid import UUID

from video_pipeline.chunking import Cutter
from video_pipeline.errors import Conflict, NotFound
from video_pipeline.events import TranscriptReady, announce
from video_pipeline.indexing import embed
from video_pipeline.logs import bound
from video_pipeline.model import Failure, Index, IndexReport, IndexSpec, Message
from video_pipeline.ports import Ledger, OpenIndex
from video_pipeline.publishing import Publishing
from video_pipeline.retrying import as_failure, pause_before_retry
from video_pipeline.topology import REINDEXING_RETRY

logger = logging.getLogger(__name__)
_PAGE: Final = 1000


class Reindexing:
    """`wanted`: what the settings ask for now."""

    def __init__(
        self,
        ledger: Ledger,
        cutter: Cutter,
        open_index: Callable[[Index], OpenIndex],
        publishing: Publishing,
        wanted: IndexSpec,
    ) -> None:
        self._ledger = ledger
        self._cutter = cutter
        self._open = open_index
        self._publishing = publishing
        self._wanted = wanted

    def status(self) -> IndexReport:
        """Of the index in the making, or else of the one that serves."""
        indexes = self._ledger.indexes
        return indexes.report((indexes.building() or indexes.serving(self._wanted)).id)

    def begin(self, requested_by: str, *, anyway: bool = False) -> IndexReport:
        """Of the index that is to be filled. If the settings ask for nothing new, of the one that serves, unless
        `anyway`."""
        serving = self._ledger.indexes.serving(self._wanted)
        if serving.spec == self._wanted and not anyway and self._ledger.indexes.building() is None:
            return self._ledger.indexes.report(serving.id)
        index = self._ledger.indexes.begin(self._wanted, requested_by)
        logger.info("index begun", extra={"index_id": str(index.id), "space": index.space})
        return self._ledger.indexes.report(index.id)

    def waiting(self, index_id: UUID, *, limit: int = _PAGE, after: UUID | None = None) -> list[UUID]:
        return self._ledger.indexes.waiting(index_id, limit=limit, after=after)

    def take_in(self, index_id: UUID, video_id: UUID) -> bool:
        """Cuts, embeds and stores one video. False, and nothing of it stays, if it was erased in between.

        Conflict("index_not_building") when the index was given up or serves already.
        """
        index = self._ledger.indexes.get(index_id)
        if index.state != "building":
            raise Conflict("index_not_building", f"The index {index_id} is not being built any more.")
        with bound(video_id=video_id):
            opened = self._open(index)
            try:
                video = self._ledger.videos.get(video_id)
                chunks = self._cutter.cut(video_id, self._ledger.videos.transcript(video_id), index)
                embed(opened, video, chunks)
                self._ledger.indexes.take_in(index_id, video_id, chunks)
            except NotFound as error:
                if error.code != "video_not_found":
                    raise
                opened.vectors.clear_video(video_id)
                self._cutter.forget(index, [video_id])
                return False
            logger.info("video taken into the index", extra={"space": index.space, "passages": len(chunks)})
        return True

    def failed(self, index_id: UUID, video_id: UUID, failure: Failure) -> None:
        logger.error("video not taken into the index", extra={"video_id": str(video_id), "reason": failure.code})
        self._ledger.indexes.failed(index_id, video_id, failure)

    def switch(self, index_id: UUID, *, without_failed: bool = False) -> IndexReport:
        """Lets the index serve if it is complete, or if what failed may be left out; its state says whether it does."""
        report = self._ledger.indexes.switch(index_id, without_failed=without_failed, cut_again=_cut_again(index_id))
        self._publishing.flush()
        logger.info("index switched" if report.index.state == "serving" else "index not complete", extra=_told(report))
        return report

    def clean(self) -> list[str]:
        """Removes what retired indexes hold; their spaces."""
        return [self._drop(index) for index in self._ledger.indexes.retired()]

    def _drop(self, index: Index) -> str:
        self._open(index).vectors.drop()
        videos = self._ledger.indexes.videos_of(index.id)
        for first in range(0, len(videos), _PAGE):
            self._cutter.forget(index, videos[first : first + _PAGE])
        self._ledger.indexes.dropped(index.id)
        logger.info("index dropped", extra={"space": index.space})
        return index.space


def _cut_again(index_id: UUID) -> Callable[[UUID, UUID], Message]:
    return lambda job_id, video_id: announce(TranscriptReady(job_id=job_id, video_id=video_id), unique=index_id)


def _told(report: IndexReport) -> dict[str, object]:
    return {"index_id": str(report.index.id), **report.model_dump(include={"done", "failed", "waiting"})}


# --------------------------------------------------------------------------------- without a state machine
def drive(
    reindexing: Reindexing,
    index_id: UUID,
    *,
    at_once: int,
    without_failed: bool,
    tell: Callable[[IndexReport], None],
    pause: Callable[[float], None] = time.sleep,
) -> IndexReport:
    """What the state machine does, by this process: every video with retries, then the switch and the cleaning."""
    while True:
        for videos in _pages(reindexing, index_id):
            _fill(reindexing, index_id, videos, at_once, pause)
            tell(reindexing.status())
        report = reindexing.switch(index_id, without_failed=without_failed)
        # A video that came in the meantime is waiting for its turn.
        if report.index.state != "building" or not report.waiting:
            break
    if report.index.state == "serving":
        reindexing.clean()
    return report


def _pages(reindexing: Reindexing, index_id: UUID) -> Iterator[Sequence[UUID]]:
    after = None
    while videos := reindexing.waiting(index_id, limit=50, after=after):
        yield videos
        after = videos[-1]


def _fill(
    reindexing: Reindexing, index_id: UUID, videos: Sequence[UUID], at_once: int, pause: Callable[[float], None]
) -> None:
    with ThreadPoolExecutor(at_once) as pool:
        for done in [pool.submit(_persist, reindexing, index_id, each, pause) for each in videos]:
            done.result()


def _persist(reindexing: Reindexing, index_id: UUID, video_id: UUID, pause: Callable[[float], None]) -> None:
    attempt = 1
    while True:
        try:
            reindexing.take_in(index_id, video_id)
        except Conflict:
            raise
        except Exception as error:
            seconds = pause_before_retry(error, attempt, REINDEXING_RETRY)
            logger.warning("video not taken in", exc_info=error, extra={"video_id": str(video_id), "attempt": attempt})
            if seconds is None:
                reindexing.failed(index_id, video_id, as_failure(error))
                return
            pause(seconds)
            attempt += 1
        else:
            return
