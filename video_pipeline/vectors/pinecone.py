"""Vectors in Pinecone: one index, a namespace for each space.

A passage is a document `{video}#{position}#{chunk}` with its vector and what filters need, never its text. Pinecone
is eventually consistent: what was put in is found some seconds later.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import UUID

from video_pipeline.circuit import Circuit
from video_pipeline.errors import Misconfigured
from video_pipeline.model import Hit, SearchFilter, VectorItem
from video_pipeline.vectors.pinecone_place import FIELD, Place
from video_pipeline.vectors.values import check, day, label

if TYPE_CHECKING:
    from video_pipeline.vectors.pinecone_client import PineconeClient

logger = logging.getLogger(__name__)
T = TypeVar("T")

# Fifty labels of two hundred characters keep a document below the 40 KB that its filterable values may take.
_MOST_LABELS: Final = 50


class PineconeIndex:
    """A `VectorIndex`. `api_key` is asked at every call, so that a rotated key is taken up; it should keep its answer.

    At the first call the index is looked up, and made (serverless, cosine) if there is none; `host` spares the look.
    `Misconfigured` when the key is refused or the index is unfit; `Unavailable` when Pinecone is busy or silent after
    the package's own retries (three, with Retry-After heeded), and at once after repeated failures. `controller` is
    another address of its control plane.
    """

    def __init__(
        self,
        api_key: Callable[[], str],
        *,
        index: str,
        space: str,
        dimensions: int,
        host: str | None = None,
        cloud: str = "aws",
        region: str = "us-east-1",
        controller: str | None = None,
        timeout: float = 30.0,
        circuit: Circuit | None = None,
    ) -> None:
        self._api_key = api_key
        self._space = space
        self._place = Place(index, dimensions, host, cloud, region, controller)
        self._timeout = timeout
        self._circuit = circuit or Circuit("Pinecone")
        self._lock = Lock()
        self._opened: PineconeClient | None = None

    def upsert(self, items: Sequence[VectorItem]) -> None:
        documents = {document["_id"]: document for document in map(self._document, items)}
        if documents:
            self._ask(lambda client: client.upsert(self._space, list(documents.values())))

    def query(self, vector: Sequence[float], *, limit: int, where: SearchFilter) -> list[Hit]:
        """Best first; the score is cosine similarity."""
        check(vector, self._place.dimensions)
        found = self._ask(lambda client: client.search(self._space, vector, limit, conditions(where)))
        return [Hit(chunk_id=ids[1], video_id=ids[0], score=score) for name, score in found if (ids := _ids(name))]

    @property
    def dimensions(self) -> int:
        return self._place.dimensions

    def names(self) -> Iterator[str]:
        """The documents of this space that are ours, in order."""
        return (name for name in self._client().names(self._space) if _ids(name))

    def items(self, names: Sequence[str]) -> list[tuple[str, VectorItem]]:
        """Those of the documents that are there."""
        found = self._ask(lambda client: client.fetch(self._space, names)) if names else {}
        return [(name, _item(name, found[name])) for name in names if name in found]

    def delete_video(self, video_id: UUID) -> int:
        """From every space, not from this one alone: a forgotten video leaves no vector behind."""
        return self._ask(lambda client: client.delete(f"{video_id}#"))

    def clear_video(self, video_id: UUID) -> None:
        self._ask(lambda client: client.clear(self._space, f"{video_id}#"))

    def drop(self) -> None:
        self._ask(lambda client: client.drop(self._space))

    def _document(self, item: VectorItem) -> dict[str, Any]:
        check(item.vector, self._place.dimensions)
        document: dict[str, Any] = {
            "_id": f"{item.video_id}#{item.position:06d}#{item.chunk_id}",
            FIELD: list(item.vector),
            "video_id": str(item.video_id),
            "position": item.position,
            "start": item.start,
            "end": item.end,
            "day": _number(day(item.date)),
        }
        if item.language:
            document["language"] = item.language
        if item.speakers:
            document["speakers"] = list(dict.fromkeys(label(each) for each in item.speakers))[:_MOST_LABELS]
        return document

    def _ask(self, action: Callable[[PineconeClient], T]) -> T:
        return self._circuit.call(lambda: action(self._client()))

    def _client(self) -> PineconeClient:
        # With the first call, not before: importing the package costs every process a quarter of a second.
        from video_pipeline.vectors.pinecone_client import PineconeClient

        key = self._key()
        with self._lock:
            if self._opened is None or self._opened.key != key:
                self._opened = PineconeClient(key, self._place, self._timeout)
            return self._opened

    def _key(self) -> str:
        key = self._api_key().strip()
        if not key or not (key.isascii() and key.isprintable()):
            raise Misconfigured(
                "pinecone_key_missing",
                "There is no usable Pinecone API key.",
                hint="Set PINECONE_API_KEY or its secret.",
            )
        return key


def conditions(where: SearchFilter) -> dict[str, Any]:
    """The filter in Pinecone's language, empty when everything is wanted. Ranges need numbers, so days are 20260131."""
    wanted: dict[str, Any] = {}
    if where.video_ids:
        wanted["video_id"] = {"$in": [str(each) for each in where.video_ids]}
    if where.speakers:
        wanted["speakers"] = {"$in": [label(each) for each in where.speakers]}
    if where.language:
        wanted["language"] = {"$in": [where.language]}
    limits = {"$gte": where.date_from, "$lte": where.date_to}
    days = {comparison: _number(day(text)) for comparison, text in limits.items() if text}
    return {**wanted, "day": days} if days else wanted


def _item(name: str, document: Mapping[str, Any]) -> VectorItem:
    on = int(document["day"])
    return VectorItem(
        chunk_id=UUID(name.rpartition("#")[2]),
        video_id=UUID(document["video_id"]),
        position=int(document["position"]),
        start=document["start"],
        end=document["end"],
        speakers=tuple(document.get("speakers", ())),
        date=date(on // 10_000, on // 100 % 100, on % 100).isoformat(),
        language=document.get("language"),
        vector=tuple(document[FIELD]),
    )


def _number(on: date) -> int:
    return on.year * 10_000 + on.month * 100 + on.day


def _ids(name: str) -> tuple[UUID, UUID] | None:
    """Video and passage that a document's id names; what somebody else put into the namespace is passed over."""
    try:
        return UUID(name.partition("#")[0]), UUID(name.rpartition("#")[2])
    except ValueError:
        logger.warning("foreign document in the vector index", extra={"document": name[:100]})
        return None
