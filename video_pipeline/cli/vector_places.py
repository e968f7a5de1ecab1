"""Where vectors lie, as people name it: `faiss:FILE`, `pgvector`, `pinecone:INDEX`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from video_pipeline.copying import Progress
from video_pipeline.errors import BadInput, Misconfigured

if TYPE_CHECKING:
    from video_pipeline.database import Database
    from video_pipeline.model import Index
    from video_pipeline.ports import VectorIndex, VectorSource
    from video_pipeline.settings import LanguageSettings
    from video_pipeline.vectors.pinecone import PineconeIndex

_TABLE: Final = "embeddings"
_HINT: Final = "It is faiss:FILE, pgvector, or pinecone:INDEX."


@dataclass(frozen=True)
class PlaceName:
    """`name`: a file or Pinecone's index; pgvector has one table only."""

    store: Literal["faiss", "pgvector", "pinecone"]
    name: str

    def __str__(self) -> str:
        return self.store if self.store == "pgvector" else f"{self.store}:{self.name}"


def place_named(text: str) -> PlaceName:
    """BadInput("place_unknown") for anything else."""
    store, colon, name = text.partition(":")
    match store:
        case "pgvector" if not colon:
            return PlaceName("pgvector", _TABLE)
        case "faiss" | "pinecone" if name:
            return PlaceName(store, name)
    raise BadInput("place_unknown", f"{text[:100]!r} is no place for vectors.", hint=_HINT)


class Places:
    """Opens places with the settings' keys, for vectors that belong to `index`."""

    def __init__(self, settings: LanguageSettings, database: Database, index: Index) -> None:
        self._settings = settings
        self._database = database
        self._index = index

    def source(self, place: PlaceName, space: str) -> VectorSource:
        from video_pipeline.vectors.pgvector import PgVectorIndex

        if place.store == "faiss":
            from video_pipeline.vectors.faiss_file import FaissFile

            return FaissFile(Path(place.name))
        if place.store == "pinecone":
            from video_pipeline.vectors.pinecone_source import PineconeSource

            return PineconeSource(self._pinecone(place, space))
        return PgVectorIndex(self._database, space=space, dimensions=self._index.spec.dimensions)

    def target(self, place: PlaceName, space: str) -> VectorIndex:
        from video_pipeline.vectors.pgvector import PgVectorIndex

        if place.store == "faiss":
            raise BadInput("place_read_only", "Vectors are copied from FAISS, not to it.", hint=_HINT)
        if place.store == "pinecone":
            return self._pinecone(place, space)
        return PgVectorIndex(self._database, space=space, dimensions=self._index.spec.dimensions)

    def _pinecone(self, place: PlaceName, space: str) -> PineconeIndex:
        from video_pipeline.vectors.pinecone import PineconeIndex
        from video_pipeline.wiring import open_vectors

        wanted: dict[str, object] = {"vector_store": "pinecone", "pinecone_index": place.name}
        if place.name != self._settings.pinecone_index:
            wanted["pinecone_host"] = None
        opened = open_vectors(
            self._settings.model_copy(update=wanted), self._database, self._index.model_copy(update={"space": space})
        )
        if not isinstance(opened, PineconeIndex):
            raise Misconfigured("place_unknown", f"{place} can't be opened.")
        return opened


class FileCheckpoint:
    """Where the copy of this name has come to, in a file of the data folder."""

    def __init__(self, folder: Path, *names: object) -> None:
        digest = hashlib.sha256("\0".join(map(str, names)).encode()).hexdigest()
        self._path = folder / "copies" / f"{digest[:16]}.json"

    def load(self) -> Progress:
        try:
            return Progress(**json.loads(self._path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return Progress()
        except (ValueError, TypeError, OSError) as error:
            message = f"{self._path} does not say where the copy has come to."
            raise BadInput("checkpoint_unreadable", message, hint="Remove it to begin anew.") from error

    def save(self, progress: Progress) -> None:
        """Whole or not at all: a crash while it is written leaves the one before."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        written = self._path.with_suffix(".new")
        written.write_text(json.dumps(asdict(progress)), encoding="utf-8")
        written.replace(self._path)

    def forget(self) -> None:
        self._path.unlink(missing_ok=True)


class NoCheckpoint:
    """For a copy that is made in one go."""

    def load(self) -> Progress:
        return Progress()

    def save(self, progress: Progress) -> None:
        """Nobody goes on with it."""
