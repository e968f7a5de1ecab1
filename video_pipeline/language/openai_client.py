"""One opened `openai` client and its calls. Importing this imports the package, which takes half a second."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from openai import OpenAI, omit

from video_pipeline.errors import BadInput, Misconfigured, Unavailable
from video_pipeline.language.openai_errors import translated, unreadable

# The one model that has no choice of dimensions; for it the parameter is an error.
_FIXED: Final = "text-embedding-ada-002"

Vector = tuple[float, ...]

if TYPE_CHECKING:
    from openai import Stream
    from openai.types import CreateEmbeddingResponse
    from openai.types.chat import ChatCompletion, ChatCompletionChunk


class Said(NamedTuple):
    """A model's text, how it ended, and what it cost."""

    text: str
    finished: Literal["whole", "cut", "refused"]
    prompt_tokens: int
    completion_tokens: int


class Embedded(NamedTuple):
    """Vectors, and the tokens that were read for them."""

    vectors: list[Vector]
    tokens: int


class _Hearing:
    """What was said so far of a streamed answer."""

    def __init__(self) -> None:
        self.text = ""
        self._refused = False
        self._finish: str | None = None
        self._spent = (0, 0)

    def add(self, chunk: ChatCompletionChunk) -> None:
        if chunk.usage is not None:
            self._spent = _tokens(chunk, "prompt_tokens"), _tokens(chunk, "completion_tokens")
        for choice in chunk.choices[:1]:
            self.text += choice.delta.content or ""
            self._refused = self._refused or bool(choice.delta.refusal)
            self._finish = choice.finish_reason or self._finish

    def said(self) -> Said:
        if self._refused or self._finish == "content_filter":
            return Said("", "refused", *self._spent)
        # A stream that ends without a reason broke off.
        return Said(self.text, "cut" if self._finish in (None, "length") else "whole", *self._spent)


class OpenAiClient:
    """Makes every call once, without the package's own retries: they know no limit in total."""

    def __init__(self, key: str, *, base_url: str, timeout: float) -> None:
        self.key = key
        self._client = OpenAI(api_key=key, base_url=base_url, timeout=timeout, max_retries=0)

    def embed(self, texts: Sequence[str], model: str, dimensions: int) -> Embedded:
        """Unit vectors in the order of `texts`, in whatever order they arrive. Errors are ours."""
        wanted = omit if model == _FIXED else dimensions
        with translated(model, self.key):
            answer = self._client.embeddings.create(input=list(texts), model=model, dimensions=wanted)
            found = {each.index: each.embedding for each in answer.data}
        if sorted(found) != list(range(len(texts))):
            raise unreadable()
        vectors = [found[index] for index in range(len(texts))]
        _check(vectors, model, dimensions)
        return Embedded([_unit(vector) for vector in vectors], _tokens(answer, "prompt_tokens"))

    def chat(
        self, request: Mapping[str, Any], *, timeout: float, setting: str, hear: Callable[[str], None] | None = None
    ) -> Said:
        """What the model says to a chat completion request. Errors are ours; a guard's refusal is none."""
        ours = partial(translated, request["model"], self.key, setting=setting)
        try:
            if hear is not None:
                return self._heard(request, timeout, ours, hear)
            with ours():
                answer: ChatCompletion = self._client.chat.completions.create(**request, timeout=timeout)
                return _said(answer)
        except BadInput as error:
            # Azure's guard refuses a text before any model has read it.
            if error.facts.get("reason") != "content_filter":
                raise
            return Said("", "refused", 0, 0)

    def _heard(
        self,
        request: Mapping[str, Any],
        timeout: float,
        ours: Callable[[], AbstractContextManager[None]],
        hear: Callable[[str], None],
    ) -> Said:
        end, hearing = time.monotonic() + timeout, _Hearing()
        with ours():
            stream: Stream[ChatCompletionChunk] = self._client.chat.completions.create(
                **request, stream=True, timeout=timeout
            )
        with stream:
            # Whoever hears is no part of what may go wrong in the service.
            while (chunk := _next(stream, hearing, ours)) is not None:
                if chunk.choices:
                    hear(hearing.text)
                if time.monotonic() > end:
                    raise Unavailable("openai_timeout", "OpenAI did not answer in time.", hint="It is tried again.")
        return hearing.said()


def _next(
    stream: Stream[ChatCompletionChunk], hearing: _Hearing, ours: Callable[[], AbstractContextManager[None]]
) -> ChatCompletionChunk | None:
    with ours():
        chunk = next(stream, None)
        if chunk is not None:
            hearing.add(chunk)
        return chunk


def _said(answer: ChatCompletion) -> Said:
    choice = answer.choices[0]
    spent = _tokens(answer, "prompt_tokens"), _tokens(answer, "completion_tokens")
    if choice.message.refusal or choice.finish_reason == "content_filter":
        return Said("", "refused", *spent)
    text = choice.message.content
    if not isinstance(text, str):
        raise unreadable()
    return Said(text, "cut" if choice.finish_reason == "length" else "whole", *spent)


def _tokens(answer: CreateEmbeddingResponse | ChatCompletion | ChatCompletionChunk, name: str) -> int:
    """As counted by the service; 0 from a server that does not count."""
    count = getattr(answer.usage, name, None)
    return count if isinstance(count, int) else 0


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
