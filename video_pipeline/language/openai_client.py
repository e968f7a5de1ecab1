"""One opened `openai` client and its embeddings call. Importing this imports the package, which takes half a second."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from openai import OpenAI, omit

from video_pipeline.errors import Misconfigured
from video_pipeline.language.openai_errors import translated, unreadable

# The one model that has no choice of dimensions; for it the parameter is an error.
_FIXED: Final = "text-embedding-ada-002"

Vector = tuple[float, ...]


class OpenAiClient:
    """Makes every call once, without the package's own retries: they know no limit in total."""

    def __init__(self, key: str, *, base_url: str, timeout: float) -> None:
        self.key = key
        self._client = OpenAI(api_key=key, base_url=base_url, timeout=timeout, max_retries=0)

    def embed(self, texts: Sequence[str], model: str, dimensions: int) -> list[Vector]:
        """Unit vectors in the order of `texts`, in whatever order they arrive. Errors are ours."""
        wanted = omit if model == _FIXED else dimensions
        with translated(model, self.key):
            answer = self._client.embeddings.create(input=list(texts), model=model, dimensions=wanted)
            found = {each.index: each.embedding for each in answer.data}
        if sorted(found) != list(range(len(texts))):
            raise unreadable()
        vectors = [found[index] for index in range(len(texts))]
        _check(vectors, model, dimensions)
        return [_unit(vector) for vector in vectors]


def _check(vectors: Sequence[Sequence[float]], model: str, dimensions: int) -> None:
    other = next((len(vector) for vector in vectors if len(vector) != dimensions), None)
    if other is not None:
        raise Misconfigured(
            "openai_dimensions_differ",
            f"{model} gives vectors of {other} numbers, but {dimensions} are expected.",
            hint="Set OPENAI_EMBEDDING_DIMENSIONS to what the model gives.",
        )


def _unit(vector: Sequence[float]) -> Vector:
    length = math.hypot(*vector)
    if not math.isfinite(length) or length == 0:
        raise unreadable()
    return tuple(number / length for number in vector)
