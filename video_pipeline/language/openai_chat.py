"""Chat completions by OpenAI's `POST /v1/chat/completions`, or by a server that speaks the same."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from video_pipeline.circuit import Circuit
from video_pipeline.errors import BadInput
from video_pipeline.language.openai_account import OpenAiAccount
from video_pipeline.language.patience import Patience
from video_pipeline.language.wellformed import well_formed
from video_pipeline.model import Usage
from video_pipeline.ports import Completion, Prompt

if TYPE_CHECKING:
    from video_pipeline.language.openai_client import OpenAiClient, Said

logger = logging.getLogger(__name__)
SETTING: Final = "OPENAI_CHAT_MODEL"
_PLAINER: Final[Mapping[str, Literal["json_object", "text"]]] = {"json_schema": "json_object", "json_object": "text"}
_LEAST_SECONDS: Final = 1.0
_FORMS: Final = frozenset({"response_format", "json_schema", "json_object"})


class Dialect(NamedTuple):
    """What a server lets us ask for. Begins with everything; what it refuses is left out from then on."""

    form: Literal["json_schema", "json_object", "text"] = "json_schema"
    limit: Literal["max_completion_tokens", "max_tokens"] = "max_completion_tokens"
    temperature: bool = True
    counts_streams: bool = True

    def plainer(self, refused: Collection[str]) -> Dialect | None:
        """Without the first of what a refusal named that can be done without; None if there is no such thing."""
        if self.temperature and "temperature" in refused:
            return self._replace(temperature=False)
        if self.counts_streams and "stream_options" in refused:
            return self._replace(counts_streams=False)
        if self.limit == "max_completion_tokens" and self.limit in refused:
            return self._replace(limit="max_tokens")
        if self.form != "text" and not _FORMS.isdisjoint(refused):
            return self._replace(form=_PLAINER[self.form])
        return None


class OpenAiChat:
    """A `LanguageModel`. Tries are repeated with growing, random pauses, or as `Retry-After` says, within the time
    that the caller gives; after repeated failures nothing is asked for a while."""

    def __init__(
        self,
        account: OpenAiAccount,
        *,
        model: str,
        patience: Patience | None = None,
        circuit: Circuit | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._account = account
        self._name = model
        self._patience = patience or Patience()
        self._circuit = circuit or Circuit("The language model")
        self._clock = clock
        self._dialect = Dialect()

    @property
    def name(self) -> str:
        return self._name

    def complete(self, prompt: Prompt, *, seconds: float, hear: Callable[[str], None] | None = None) -> Completion:
        end = self._clock() + seconds
        # Half of the time may go by in pauses; a try that begins then still has the other half.
        patience = replace(self._patience, seconds=min(self._patience.seconds, seconds / 2))
        return patience.call(lambda: self._circuit.call(lambda: self._ask(prompt, end, hear)))

    def _ask(self, prompt: Prompt, end: float, hear: Callable[[str], None] | None) -> Completion:
        while True:
            dialect = self._dialect
            request = _request(self._name, prompt, dialect)
            if hear is not None and dialect.counts_streams:
                request["stream_options"] = {"include_usage": True}
            say = partial(self._say, request=request, end=end, hear=hear)
            try:
                said = self._account.call(say)
            except BadInput as error:
                self._dialect = _plainer(dialect, error)
                continue
            usage = Usage(model=self._name, prompt_tokens=said.prompt_tokens, completion_tokens=said.completion_tokens)
            return Completion(text=said.text, finished=said.finished, usage=usage)

    def _say(
        self, client: OpenAiClient, *, request: Mapping[str, Any], end: float, hear: Callable[[str], None] | None
    ) -> Said:
        return client.chat(request, timeout=max(_LEAST_SECONDS, end - self._clock()), setting=SETTING, hear=hear)


def _plainer(dialect: Dialect, refusal: BadInput) -> Dialect:
    """What is left to ask for; the refusal itself if it was not about that."""
    refused = refusal.facts.get("named")
    plainer = dialect.plainer(refused) if isinstance(refused, tuple) else None
    if plainer is None:
        raise refusal
    logger.warning("the model's server takes less than was asked", extra={"dialect": plainer._asdict()})
    return plainer


def _request(model: str, prompt: Prompt, dialect: Dialect) -> dict[str, Any]:
    rules = prompt.rules if dialect.form == "json_schema" else f"{prompt.rules}\n\n{_described(prompt)}"
    request: dict[str, Any] = {
        "model": model,
        "messages": [
            {"role": "system", "content": well_formed(rules)},
            {"role": "user", "content": well_formed(prompt.data)},
        ],
        dialect.limit: prompt.most_tokens,
    }
    if dialect.temperature:
        request["temperature"] = 0
    if dialect.form == "json_schema":
        schema = {"name": prompt.name, "strict": True, "schema": dict(prompt.schema)}
        request["response_format"] = {"type": "json_schema", "json_schema": schema}
    elif dialect.form == "json_object":
        request["response_format"] = {"type": "json_object"}
    return request


def _described(prompt: Prompt) -> str:
    return f"Write one JSON object of this JSON schema and nothing else:\n{json.dumps(prompt.schema)}"
