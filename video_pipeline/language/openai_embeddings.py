"""Embeddings by OpenAI's `POST /v1/embeddings`, or by a server that speaks the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from video_pipeline.circuit import Circuit
from video_pipeline.language.openai_account import OpenAiAccount
from video_pipeline.language.patience import Patience
from video_pipeline.language.wellformed import well_formed
from video_pipeline.model import Usage

# Documented limits of one request. A token is at least one byte, so counting bytes keeps to them without a tokenizer.
_MOST_TEXTS: Final = 2048
_MOST_TOKENS: Final = 300_000

Vector = tuple[float, ...]


class OpenAiEmbedder:
    """An `Embedder`. `meter` is told what each request cost.

    While OpenAI is busy or silent a call is repeated within `patience`; in the end `Unavailable` is raised with the
    delay that it asked for, and after repeated failures at once. `Misconfigured` when key, model, quota or dimensions
    are at fault; `BadInput("openai_text_refused")` for a text beyond the model's 8,192 tokens.
    """

    def __init__(
        self,
        account: OpenAiAccount,
        *,
        model: str = "text-embedding-3-small",
        dimensions: int = 1536,
        patience: Patience | None = None,
        circuit: Circuit | None = None,
        meter: Callable[[Usage], None] | None = None,
    ) -> None:
        self._account = account
        self._name = model
        self._dimensions = dimensions
        self._patience = patience or Patience()
        self._circuit = circuit or Circuit("OpenAI")
        self._meter = meter

    @property
    def model(self) -> str:
        """With the dimensions, since vectors of one model but different lengths do not compare."""
        return f"{self._name}@{self._dimensions}"

    @property
    def dimensions(self) -> int:
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Unit vectors in order. An empty text, which the service would refuse, goes as a blank."""
        ready = [well_formed(text) or " " for text in texts]
        return [vector for group in requests(ready) for vector in self._circuit.call(partial(self._patiently, group))]

    def _patiently(self, texts: Sequence[str]) -> list[Vector]:
        embedded = self._patience.call(
            lambda: self._account.call(lambda client: client.embed(texts, self._name, self._dimensions))
        )
        if self._meter is not None:
            self._meter(Usage(model=self._name, prompt_tokens=embedded.tokens))
        return embedded.vectors


def requests(texts: Sequence[str]) -> Iterator[list[str]]:
    """The texts in order, in groups that one request may hold."""
    group: list[str] = []
    size = 0
    for text in texts:
        tokens = len(text.encode())
        if group and (len(group) == _MOST_TEXTS or size + tokens > _MOST_TOKENS):
            yield group
            group, size = [], 0
        group.append(text)
        size += tokens
    if group:
        yield group
