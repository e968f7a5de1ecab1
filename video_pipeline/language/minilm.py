"""all-MiniLM-L6-v2 on this machine's processor: no key, no network, no torch.

The vectors are those of sentence-transformers: WordPiece, at most 256 tokens, mean over tokens, unit length.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from video_pipeline.language.minilm_network import Network

logger = logging.getLogger(__name__)

MODEL: Final = "all-MiniLM-L6-v2"
DIMENSIONS: Final = 384
# Tokens in one run, padding included: enough to keep the processor busy, few enough for its caches.
_AT_ONCE: Final = 1024

Vector = tuple[float, ...]


class MiniLm:
    """An `Embedder`. Costs nothing until the first text; then files are checked and loaded once, in about a second.

    `folder` holds model.safetensors and tokenizer.json; without it they come from the installed package. Raises
    `Misconfigured` ("embedding_model_missing", "embedding_model_changed") from `embed`. May be used by many threads.
    """

    def __init__(self, folder: Path | None = None, *, threads: int | None = None) -> None:
        self._folder = folder
        self._threads = threads or os.cpu_count() or 1
        self._lock = Lock()
        self._loaded: Network | None = None

    @property
    def model(self) -> str:
        return MODEL

    @property
    def dimensions(self) -> int:
        return DIMENSIONS

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Unit vectors in order. Only the first 256 tokens of a text count; an empty one has a vector too."""
        if not texts:
            return []
        network = self._network()
        tokens = network.tokenize(texts)
        vectors: dict[int, Vector] = {}
        for batch in batches([len(each) for each in tokens], _AT_ONCE):
            vectors.update(zip(batch, network.run([tokens[index] for index in batch]), strict=True))
        return [vectors[index] for index in range(len(texts))]

    def _network(self) -> Network:
        # With the first text, not before: importing the runtime costs every process half a second.
        from video_pipeline.language.minilm_network import Network

        with self._lock:
            if self._loaded is None:
                began = time.monotonic()
                self._loaded = Network(self._folder, self._threads)
                seconds = round(time.monotonic() - began, 2)
                logger.info("embedding model loaded", extra={"model": MODEL, "seconds": seconds})
            return self._loaded


def batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Indices in groups of like length, so that little is padding: longest first, `budget` tokens with padding each."""
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    first = 0
    while first < len(order):
        count = max(1, budget // lengths[order[first]])
        yield order[first : first + count]
        first += count
