"""One opened `openai` client and its calls. Importing this imports the package, which takes half a second."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from openai import OpenAI, omit

from video_pipeline.errors import BadInput, Misconfigured
from video_pipeline.language.openai_errors import translated, unreadable

# The one model that has no choice of dimensions; for it the parameter is an error.
_FIXED: Final = "text-embedding-ada-002"

Vector = tuple[float, ...]

if TYPE_CHECKING:
    from openai.types import CreateEmbeddingResponse
    from openai.types.chat import ChatCompletion


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

    def chat(self, request: Mapping[str, Any], *, timeout: float, setting: str) -> Said:
        """What the model says to a chat completion request. Errors are ours; a guard's refusal is none."""
        try:
            with translated(request["model"], self.key, setting=setting):
                answer: ChatCompletion = self._client.chat.completions.create(**request, timeout=timeout)
                return _said(answer)
        except BadInput as error:
            # Azure's guard refuses a text before any model has read it.
            if error.facts.get("reason") != "content_filter":
                raise
            return Said("", "refused", 0, 0)


def _said(answer: ChatCompletion) -> Said:
    choice = answer.choices[0]
    spent = _tokens(answer, "prompt_tokens"), _tokens(answer, "completion_tokens")
    if choice.message.refusal or choice.finish_reason == "content_filter":
        return Said("", "refused", *spent)
    text = choice.message.content
    if not isinstance(text, str):
        raise unreadable()
    return Said(text, "cut" if choice.finish_reason == "length" else "whole", *spent)


def _tokens(answer: CreateEmbeddingResponse | ChatCompletion, name: str) -> int:
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
