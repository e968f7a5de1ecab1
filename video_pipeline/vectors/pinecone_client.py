"""One opened index of Pinecone (Documents API, version 2026-07). Importing this imports the package `pinecone`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pinecone import ConflictError, Index, NotFoundError, Pinecone
from pinecone.models.indexes.index import IndexModel
from pinecone.models.indexes.schema import DenseVectorField

from video_pipeline.errors import Misconfigured, Unavailable
from video_pipeline.vectors.pinecone_errors import translated
from video_pipeline.vectors.pinecone_place import FIELD, Place

# Documented limits of one request; a number takes up to 23 bytes of JSON, the rest of a document rarely a thousand.
_MOST_DOCUMENTS: Final = 1000
_MOST_BYTES: Final = 2_000_000
_NUMBER_BYTES: Final = 23
_OTHER_BYTES: Final = 1000
_MOST_RESULTS: Final = 10_000
_CREATION_SECONDS: Final = 120
_NOT_READY_SECONDS: Final = 10.0


class PineconeClient:
    """Opens the index, making it if need be. `Misconfigured` when it is there and unfit. Errors are ours."""

    def __init__(self, key: str, place: Place, timeout: float) -> None:
        self.key = key
        self._place = place
        with translated(place.index), Pinecone(api_key=key, host=place.controller, timeout=timeout) as control:
            self._index: Index = control.index(host=place.host or _ready_host(control, place))

    def upsert(self, namespace: str, documents: Sequence[Mapping[str, Any]]) -> None:
        """All of them, in as many requests as their size asks for. On an error some may be in: send all again."""
        size = _MOST_BYTES // (self._place.dimensions * _NUMBER_BYTES + _OTHER_BYTES)
        with translated(self._place.index):
            result = self._index.documents.batch_upsert(
                namespace=namespace,
                documents=documents,
                batch_size=min(_MOST_DOCUMENTS, max(1, size)),
                show_progress=False,
            )
            if result.errors:
                raise result.errors[0].error

    def search(
        self, namespace: str, vector: Sequence[float], limit: int, where: Mapping[str, Any]
    ) -> list[tuple[str, float]]:
        """Ids and cosine similarities, best first; none from a namespace that nothing was put into yet."""
        nearest = {"type": "dense_vector", "field": FIELD, "values": list(vector)}
        with translated(self._place.index):
            try:
                found = self._index.documents.search(
                    namespace=namespace, score_by=[nearest], top_k=min(limit, _MOST_RESULTS), filter=where or None
                )
            except NotFoundError:
                return []
        return [(match.id, float(match.score or 0.0)) for match in found.matches]

    def names(self, namespace: str) -> Iterator[str]:
        """Of every document, in order; none of a namespace that nothing was put into yet."""
        with translated(self._place.index):
            try:
                yield from (str(each.id) for each in self._index.documents.list(namespace=namespace))
            except NotFoundError:
                return

    def fetch(self, namespace: str, names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Whole documents by name, at most 1,000; what is not there is left out."""
        with translated(self._place.index):
            found = self._index.documents.fetch(namespace=namespace, ids=list(names)).documents
        return {name: document.to_dict() for name, document in found.items()}

    def delete(self, prefix: str) -> int:
        """Every document of every namespace whose id begins so; how many there were.

        By ids and not by a filter: a filter is applied some time later and might take what is put in after it.
        """
        with translated(self._place.index):
            return sum(self._delete(namespace, prefix) for namespace in self._namespaces())

    def clear(self, namespace: str, prefix: str) -> None:
        """Every document of one namespace whose id begins so."""
        with translated(self._place.index):
            self._delete(namespace, prefix)

    def drop(self, namespace: str) -> None:
        """The namespace with all that is in it; one that is not there is no error."""
        with translated(self._place.index):
            try:
                self._index.delete_namespace(name=namespace)
            except NotFoundError:
                return

    def _delete(self, namespace: str, prefix: str) -> int:
        try:
            ids = [str(each.id) for each in self._index.documents.list(namespace=namespace, prefix=prefix)]
        except NotFoundError:
            return 0
        for first in range(0, len(ids), _MOST_DOCUMENTS):
            self._index.documents.delete(namespace=namespace, ids=ids[first : first + _MOST_DOCUMENTS])
        return len(ids)

    def _namespaces(self) -> Iterator[str]:
        for page in self._index.list_namespaces():
            yield from (each.name for each in page.namespaces)


def _ready_host(control: Pinecone, place: Place) -> str:
    try:
        index = control.indexes.describe(place.index)
    except NotFoundError:
        index = _create(control, place)
    _check(index, place)
    if not index.status.ready or not index.host:
        raise Unavailable(
            "pinecone_index_not_ready",
            f"Pinecone is still preparing the index {place.index}.",
            hint="It is tried again.",
            delay=_NOT_READY_SECONDS,
        )
    return index.host


def _create(control: Pinecone, place: Place) -> IndexModel:
    field = {"type": "dense_vector", "dimension": place.dimensions, "metric": "cosine"}
    try:
        return control.indexes.create(
            name=place.index,
            schema={"fields": {FIELD: field}},
            deployment={"deployment_type": "managed", "cloud": place.cloud, "region": place.region},
            timeout=_CREATION_SECONDS,
        )
    except ConflictError:  # Another process was quicker.
        return control.indexes.describe(place.index)


def _check(index: IndexModel, place: Place) -> None:
    field = index.schema.fields.get(FIELD)
    if isinstance(field, DenseVectorField) and (field.dimension, field.metric) == (place.dimensions, "cosine"):
        return
    has = f"{field.dimension} numbers by {field.metric}" if isinstance(field, DenseVectorField) else "none"
    raise Misconfigured(
        "pinecone_index_unfit",
        f"The index {place.index} needs a field {FIELD!r} of {place.dimensions} numbers by cosine; it has {has}.",
        hint="Name another index in PINECONE_INDEX (it is made when missing), or embed with the model it was made for.",
    )
