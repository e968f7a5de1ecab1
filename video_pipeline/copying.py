"""Vectors are copied from one store to another, and the index that serves may move there with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol
from uuid import UUID, uuid4

from video_pipeline.errors import Misconfigured
from video_pipeline.events import TranscriptReady, announce
from video_pipeline.model import Chunk, Index, Message, VectorItem, Video
from video_pipeline.ports import Ledger, VectorIndex, VectorSource
from video_pipeline.transcripts.model import primary_tag

# As many as one request of each store takes whatever their width.
_AT_ONCE: Final = 100
# The video of a vector of which nothing is said but its passage.
NOBODY: Final = UUID(int=0)


# -------------------------------------------------------------------------------------------- copying
@dataclass(frozen=True)
class Progress:
    """How far a copy is. `after`: the key of the last one; `unknown` of those left out are passages that the ledger
    does not know, `erased` those of videos that were erased."""

    after: str | None = None
    copied: int = 0
    unknown: int = 0
    erased: int = 0


class Checkpoint(Protocol):
    """Where a copy has come to, kept over a crash."""

    def load(self) -> Progress:
        """What was saved last, or the beginning."""
        ...

    def save(self, progress: Progress) -> None: ...


@dataclass
class _SortedOut:
    """A page by what the ledger says of it. `nobody`: how many name neither a passage nor a video that is known."""

    known: list[VectorItem] = field(default_factory=list)
    foreign: list[VectorItem] = field(default_factory=list)
    nobody: int = 0
    erased: int = 0


class Copying:
    """Copies what the ledger knows; each page is put in before it is noted, so that what is interrupted loses nothing.

    Putting in twice is putting in once. With `unknown`, passages that the ledger does not know are copied too; those
    of erased videos never.
    """

    def __init__(self, ledger: Ledger, source: VectorSource, target: VectorIndex, *, unknown: bool = False) -> None:
        self._ledger = ledger
        self._source = source
        self._target = target
        self._unknown = unknown

    def run(self, checkpoint: Checkpoint, tell: Callable[[Progress], None]) -> Progress:
        """From the checkpoint to the end."""
        progress = checkpoint.load()
        while page := self._source.page(progress.after, _AT_ONCE):
            progress = self._copy(progress, page)
            checkpoint.save(progress)
            tell(progress)
        return progress

    def kept(self, chunk_ids: Iterable[UUID]) -> set[UUID]:
        """Those of the passages that are copied, as far as the ledger can tell."""
        asked = set(chunk_ids)
        if self._unknown:
            return asked
        chunks = self._ledger.chunks.by_ids(asked)
        shown = self._ledger.videos.by_ids({each.video_id for each in chunks.values()})
        return {chunk_id for chunk_id, chunk in chunks.items() if chunk.video_id in shown}

    def _copy(self, progress: Progress, page: Sequence[tuple[str, VectorItem]]) -> Progress:
        sorted_out = self._sorted_out([item for _, item in page])
        taken = [*sorted_out.known, *(sorted_out.foreign if self._unknown else ())]
        self._target.upsert(taken)
        return replace(
            progress,
            after=page[-1][0],
            copied=progress.copied + len(taken),
            unknown=progress.unknown + sorted_out.nobody + (0 if self._unknown else len(sorted_out.foreign)),
            erased=progress.erased + sorted_out.erased,
        )

    def _sorted_out(self, items: Sequence[VectorItem]) -> _SortedOut:
        chunks = self._ledger.chunks.by_ids([item.chunk_id for item in items])
        video_ids = {each.video_id for each in chunks.values()} | {item.video_id for item in items}
        videos, erased = self._ledger.videos.by_ids(video_ids), self._ledger.videos.erased(video_ids)
        sorted_out = _SortedOut()
        for item in items:
            chunk = chunks.get(item.chunk_id)
            video_id = chunk.video_id if chunk else item.video_id
            if video_id in erased:
                sorted_out.erased += 1
            elif chunk:
                sorted_out.known.append(_completed(item, chunk, videos[video_id]))
            elif video_id == NOBODY:
                sorted_out.nobody += 1
            else:
                sorted_out.foreign.append(item)
        return sorted_out


def _completed(item: VectorItem, chunk: Chunk, video: Video) -> VectorItem:
    """As the ledger has it, whatever the source says."""
    passage = chunk.passage
    return item.model_copy(
        update={
            "video_id": video.id,
            "position": passage.position,
            "start": passage.start,
            "end": passage.end,
            "speakers": passage.speakers,
            "date": video.day.isoformat(),
            "language": primary_tag(video.language),
        }
    )


def check_dimensions(source: VectorSource, dimensions: int) -> None:
    if source.dimensions != dimensions:
        raise Misconfigured(
            "vector_dimensions_differ",
            f"The source holds vectors of {source.dimensions} numbers; those of the index in use have {dimensions}.",
            hint="Vectors of another model can't be asked with this one; import and embed what they were made of.",
        )


# -------------------------------------------------------------------------------------------- moving
def move(ledger: Ledger, index: Index, store: str, collection: str) -> Index:
    """The serving index lies in another store from now on, in which its vectors are already.

    Jobs that are embedding at this moment are sent back one stage, so that none ends in the old store. What came in
    between is to be copied after this. `Conflict` when the index does not serve any more, or was moved already.
    """
    spec = index.spec.model_validate(index.spec.model_dump() | {"store": store, "collection": collection})
    return ledger.indexes.move(index, spec, cut_again=_cut_again)


def _cut_again(job_id: UUID, video_id: UUID) -> Message:
    return announce(TranscriptReady(job_id=job_id, video_id=video_id), unique=uuid4())
