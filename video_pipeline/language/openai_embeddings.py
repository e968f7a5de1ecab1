"""Embeddings by OpenAI's `POST /v1/embeddings`, or by a server that speaks the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Final

from video_pipeline.errors import Misconfigured
from video_pipeline.language.patience import Patience
from video_pipeline.language.wellformed import well_formed

if TYPE_CHECKING:
    from video_pipeline.language.openai_client import OpenAiClient

# Documented limits of one request. A token is at least one byte, so counting bytes keeps to them without a tokenizer.
_MOST_TEXTS: Final = 2048
_MOST_TOKENS: Final = 300_000

Vector = tuple[float, ...]


class OpenAiEmbedder:
    """An `Embedder`. `api_key` is asked at every call, so that a rotated key is taken up; it should keep its answer.

    `timeout` bounds one try, `patience` all of them: while OpenAI is busy or silent a call is repeated, in the end
    `Unavailable` is raised with the delay that it asked for. `Misconfigured` when key, model, quota or dimensions are
    at fault; `BadInput("openai_text_refused")` for a text beyond the model's 8,192 tokens.
    """

    def __init__(
        self,
        api_key: Callable[[], str],
        *,
        model: str = "text-embedding-3-small",
        dimensions: int = 1536,
        base_url: str = "https://api.openai.com/v1",
        timeout: float = 30.0,
        patience: Patience | None = None,
    ) -> None:
        self._api_key = api_key
        self._name = model
        self._dimensions = dimensions
        self._base_url = base_url
        self._timeout = timeout
        self._patience = patience or Patience()
        self._lock = Lock()
        self._opened: OpenAiClient | None = None

    @property
    def model(self) -> str:
        """With its dimensions: vectors that were shortened differently can't be compared."""
        return f"{self._name}@{self._dimensions}"

    @property
    def dimensions(self) -> int:
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Unit vectors in order. An empty text, which the service would refuse, goes as a blank."""
        ready = [well_formed(text) or " " for text in texts]
        return [vector for group in requests(ready) for vector in self._patience.call(partial(self._ask, group))]

    def _ask(self, texts: Sequence[str]) -> list[Vector]:
        return self._client().embed(texts, self._name, self._dimensions)

    def _client(self) -> OpenAiClient:
        # With the first text, not before: importing the package costs every process half a second.
        from video_pipeline.language.openai_client import OpenAiClient

        key = self._key()
        with self._lock:
            if self._opened is None or self._opened.key != key:
                self._opened = OpenAiClient(key, base_url=self._base_url, timeout=self._timeout)
            return self._opened

    def _key(self) -> str:
        key = self._api_key().strip()
        if not key or not (key.isascii() and key.isprintable()):
            raise Misconfigured(
                "openai_key_missing", "There is no usable OpenAI API key.", hint="Set OPENAI_API_KEY or its secret."
            )
        return key


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
