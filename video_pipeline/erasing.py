"""Forgets a video everywhere it left something, and says in a receipt what went.

The video is hidden first, so that nothing is shown of it while the rest goes. Every step may be repeated; what a
crash leaves half done is found among the pending erasures and done again from the start.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from video_pipeline import layout
from video_pipeline.errors import NotFound, PipelineError
from video_pipeline.logs import bound
from video_pipeline.model import Index, Job
from video_pipeline.ports import Held, Ledger, Objects, OpenIndex
from video_pipeline.subtitles import captions_beside
from video_pipeline.topology import SENT_SUFFIXES

_LOG = logging.getLogger(__name__)


class Erasing:
    def __init__(
        self,
        ledger: Ledger,
        objects: Objects,
        open_index: Callable[[Index], OpenIndex],
        *,
        media_bucket: str,
        results_bucket: str,
    ) -> None:
        self._ledger = ledger
        self._objects = objects
        self._open = open_index
        self._media = media_bucket
        self._results = results_bucket

    def erase(self, video_id: UUID, requested_by: str) -> Mapping[str, Any] | None:
        """The receipt: how many things went from each store, and the URIs of originals that are not ours to delete.

        None when a job is at work on the video: it is erased after that job's end. NotFound when there is no such
        video, or none any more. The counts are of the attempt that came through to the end.
        """
        if self._ledger.videos.begin_erasure(video_id, requested_by) is None:
            return None
        return self._carry_out(video_id)

    def resume(self) -> list[UUID]:
        """Carries on with every erasure that is pending; the videos that are erased now. One failing stops no other."""
        return [video_id for video_id in self._ledger.videos.pending_erasures() if self._resumed(video_id)]

    def _resumed(self, video_id: UUID) -> bool:
        with bound(video_id=video_id):
            try:
                return self.erase(video_id, "sweeper") is not None
            except NotFound:
                return False  # Another sweeper came through with it.
            except PipelineError:
                _LOG.exception("erasure stays pending")
                return False

    def _carry_out(self, video_id: UUID) -> Mapping[str, Any]:
        vectors = self._delete_vectors(video_id)
        originals, job_ids = self._ledger.videos.erased_objects(video_id)
        receipt: dict[str, Any] = {
            "video_id": str(video_id),
            "jobs": len(job_ids),
            "vectors": vectors,
            "media_objects": self._delete_media(originals, [self._ledger.jobs.get(each) for each in job_ids]),
            "result_objects": self._delete_prefixes(self._results, _result_prefixes(video_id, job_ids)),
            "not_ours": sorted({each.ref.uri for each in originals if not self._may_go(each)}),
        }
        self._ledger.videos.end_erasure(video_id, receipt)
        _LOG.info("video erased", extra={"video_id": str(video_id), "receipt": receipt})
        return receipt

    def _delete_vectors(self, video_id: UUID) -> int:
        """From every store that an index lies in: one that is being replaced may lie in another than its successor."""
        stores = {(index.spec.store, index.spec.collection): index for index in self._ledger.indexes.live()}
        return sum(self._open(index).vectors.delete_video(video_id) for index in stores.values())

    def _delete_media(self, originals: Sequence[Held], jobs: Sequence[Job]) -> int:
        keys: dict[str, set[str]] = defaultdict(set)
        single = 0
        for held in filter(self._may_go, originals):
            if held.shared:
                # Another film has since been put under this key; only what this video was made of goes.
                single += self._objects.delete_version(held.ref)
            else:
                beside = [] if held.captions else captions_beside(self._objects, held.ref)
                keys[held.ref.bucket].update([held.ref.key, *beside])
        single += sum(self._objects.delete(bucket, sorted(names)) for bucket, names in keys.items())
        return single + self._delete_prefixes(self._media, _raw_prefixes(jobs))

    def _delete_prefixes(self, bucket: str, prefixes: Iterable[str]) -> int:
        return sum(self._objects.delete_prefix(bucket, prefix) for prefix in prefixes)

    def _may_go(self, held: Held) -> bool:
        """In a bucket of ours; and captions, which a sender names freely, only if they are such and nobody else's."""
        ours = held.ref.bucket in (self._media, self._results)
        return ours and (not held.captions or (held.ref.key.lower().endswith(SENT_SUFFIXES) and not held.shared))


def _result_prefixes(video_id: UUID, job_ids: Iterable[UUID]) -> list[str]:
    """What was made of the film, and what a transcription service was given and gave back."""
    return [*layout.results_prefixes(video_id), *(layout.transcription_prefix(each) for each in job_ids)]


def _raw_prefixes(jobs: Iterable[Job]) -> list[str]:
    """Where raw uploads left their segments and what was put together of them."""
    uploads = [job.source.upload_id for job in jobs if job.source.kind == "segments"]
    return [prefix for each in uploads for prefix in (layout.segments_prefix(each), layout.assembled_prefix(each))]
