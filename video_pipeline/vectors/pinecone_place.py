"""Where vectors lie in Pinecone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FIELD: Final = "embedding"


@dataclass(frozen=True)
class Place:
    """Which index, and where it is made when there is none. With `host`, an index that is there is taken unseen."""

    index: str
    dimensions: int
    host: str | None
    cloud: str
    region: str
    controller: str | None
