"""Vectors in a FAISS index on disk, to be copied from.

FAISS keeps numbers only. Whose they are stands in a file beside it, `FILE.jsonl`: one JSON object for each vector, in
the order in which they were added, with `chunk_id` (or `id`, as passages are written to the results bucket). Lines in
another order name the ids of an IndexIDMap as `faiss_id`. What else goes with a vector comes from the ledger; for a
passage that it does not know, from `video_id`, `position`, `start`, `end`, `speakers`, `date` and `language`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID

from pydantic import ValidationError

from video_pipeline.errors import BadInput, Misconfigured
from video_pipeline.model import VectorItem
from video_pipeline.transcripts.model import Passage

_UNKNOWN: Final = UUID(int=0)


class FaissIndex(Protocol):
    """As much of FAISS as is used."""

    d: int
    ntotal: int
    metric_type: int

    def reconstruct(self, key: int) -> Any: ...
    def search(self, x: Any, k: int) -> tuple[Any, Any]: ...


class FaissFile:
    """A `VectorSource`, checked when it is opened: BadInput faiss_* names what is wrong and where."""

    def __init__(self, path: Path) -> None:
        self._index, self._vectors, ids = _read(path)
        beside = path.with_name(path.name + ".jsonl")
        lines = list(_described(beside))
        if len(lines) != self._index.ntotal:
            raise BadInput(
                "faiss_sidecar_differs",
                f"{path} holds {self._index.ntotal} vectors, but {beside.name} has {len(lines)} lines.",
                hint="It needs one line for each vector, in the same order.",
            )
        self._lines = _in_order(lines, ids)
        self._rows = {name: row for row, name in enumerate(ids)}

    @property
    def dimensions(self) -> int:
        return self._index.d

    def count(self) -> int:
        return len(self._lines)

    def page(self, after: str | None, limit: int) -> list[tuple[str, VectorItem]]:
        first = 0 if after is None else int(after) + 1
        return [(str(row), self._item(row)) for row in range(first, min(first + limit, len(self._lines)))]

    def sample(self, most: int) -> list[VectorItem]:
        step = max(1, len(self._lines) // most)
        return [self._item(row) for row in range(0, len(self._lines), step)[:most]]

    def nearest(self, vector: Sequence[float], limit: int) -> list[tuple[UUID, float | None]]:
        """By the index's own measure; the score is None unless that is the inner product, which is cosine here."""
        import numpy as np

        if not self._lines:
            return []
        scores, names = self._index.search(np.asarray([vector], dtype="float32"), min(limit, len(self._lines)))
        cosine = self._index.metric_type == _faiss().METRIC_INNER_PRODUCT
        pairs = zip(names[0].tolist(), scores[0].tolist(), strict=True)
        # Fewer than asked for are filled up with -1.
        return [
            (self._lines[self._rows[name]]["chunk_id"], score if cosine else None) for name, score in pairs if name >= 0
        ]

    def _item(self, row: int) -> VectorItem:
        line = self._lines[row]
        known = {name: line[name] for name in (*_NOTHING, "chunk_id") if name in line}
        try:
            return VectorItem.model_validate({**_NOTHING, **known, "vector": self._vectors.reconstruct(row).tolist()})
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            message = f"Line {row + 1} beside the index is not valid: {first['loc'][0]}: {first['msg']}."
            raise BadInput("faiss_sidecar_wrong", message) from error


_NOTHING: Final[Mapping[str, Any]] = {
    "video_id": _UNKNOWN,
    "position": 0,
    "start": 0.0,
    "end": 0.0,
    "speakers": (),
    "date": "1970-01-01",
    "language": None,
}


def _faiss() -> Any:
    try:
        return import_module("faiss")
    except ImportError as error:
        raise Misconfigured(
            "faiss_missing", "FAISS is not installed here.", hint="`pipenv sync --categories faiss` installs it."
        ) from error


def _read(path: Path) -> tuple[FaissIndex, FaissIndex, list[int]]:
    """The index, what its vectors can be read from by row, and the name that each row is found under."""
    faiss = _faiss()
    if not path.is_file():
        raise BadInput("file_missing", f"There is no file {path}.", hint="Check the path.")
    try:
        index = faiss.read_index(str(path))
        mapped = hasattr(index, "id_map")
        vectors = faiss.downcast_index(index.index) if mapped else index
        if isinstance(vectors, faiss.IndexIVF):
            vectors.make_direct_map()
        if index.ntotal:
            vectors.reconstruct(0)
    except RuntimeError as error:
        message = f"{path} is no FAISS index that vectors can be read from."
        raise BadInput("faiss_unreadable", message, cause=str(error)) from error
    names = faiss.vector_to_array(index.id_map).tolist() if mapped else list(range(index.ntotal))
    return index, vectors, names


def _in_order(lines: list[dict[str, Any]], names: Sequence[int]) -> list[dict[str, Any]]:
    """The line of each row: in the order of the file, or by the name that every line gives."""
    if not all("faiss_id" in line for line in lines):
        return lines
    by_name = {line["faiss_id"]: line for line in lines}
    if set(by_name) != set(names):
        raise BadInput(
            "faiss_sidecar_differs", "The faiss_id of the lines beside the index are not those of its vectors."
        )
    return [by_name[name] for name in names]


def _described(path: Path) -> Iterator[dict[str, Any]]:
    if not path.is_file():
        raise BadInput(
            "faiss_sidecar_missing",
            f"There is no {path}, which says whose the vectors are.",
            hint='One line for each vector, in order, like {"chunk_id": "…"}.',
        )
    with path.open(encoding="utf-8", errors="strict") as lines:
        try:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _line(line, number)
        except UnicodeDecodeError as error:
            raise BadInput("faiss_sidecar_wrong", f"{path} is not UTF-8.") from error


def _line(text: str, number: int) -> dict[str, Any]:
    try:
        found = json.loads(text)
        chunk_id = found.get("chunk_id", found.get("id"))
        inner = Passage.model_validate(found["passage"]) if "passage" in found else None
        known = {} if inner is None else inner.model_dump(include={"position", "start", "end", "speakers"})
        return {**found, **known, "chunk_id": UUID(str(chunk_id))}
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise BadInput(
            "faiss_sidecar_wrong",
            f"Line {number} of the file beside the index names no passage.",
            hint='It looks like {"chunk_id": "…"}, or like a line of a video\'s chunks in the results bucket.',
        ) from error
