"""A double of `POST /v1/chat/completions` that is as strict about requests as the documented interface.

What it says is up to `says`: a text, or a function of what it was given (the user message as a document).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.unit.openai_double import KEY, Double, Reply, serving

CHAT_MODEL = "gpt-4.1-mini"
Says = str | Mapping[str, Any] | Callable[[dict[str, Any]], Any]
_KEYWORDS = {"type", "properties", "required", "additionalProperties", "items", "description", "enum"}
_LIMITS = {"max_completion_tokens", "max_tokens"}
_DOCUMENTED = {"model", "messages", "response_format", "temperature", "stream", "stream_options"} | _LIMITS


@dataclass
class ChatDouble(Double):
    """`lacks` are parameters that this server refuses as others do; `key` is the one it takes."""

    says: Says = "{}"
    lacks: set[str] = field(default_factory=set)
    finish: str = "stop"
    refusal: str | None = None
    key: str = KEY
    breaks_after: int | None = None  # so many pieces of a streamed answer, then the connection ends

    def answer(self, path: str, headers: Mapping[str, str], body: dict[str, Any]) -> Reply:
        self.bodies.append(body)
        if self.replies:
            return self.replies.popleft()
        if path != "/v1/chat/completions":
            return error(404, f"Unknown path {path}")
        if headers["authorization"] != f"Bearer {self.key}":
            return error(401, "Incorrect API key provided", "invalid_api_key")
        if lacking := self._lacking(body):
            return error(400, f"Unsupported parameter: '{lacking}' is not supported with this model.", param=lacking)
        if fault := undocumented(body):
            return error(400, fault)
        said = self._said(json.loads(body["messages"][1]["content"]))
        return self.streamed(said, body) if body.get("stream") else Reply(200, body=self.completion(said))

    def completion(self, content: str | None) -> object:
        message = {"role": "assistant", "content": None if self.refusal else content, "refusal": self.refusal}
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": CHAT_MODEL,
            "choices": [{"index": 0, "message": message, "finish_reason": self.finish, "logprobs": None}],
            "usage": {"prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150},
        }

    def streamed(self, said: str, body: Mapping[str, Any]) -> Reply:
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        size = max(9, len(said) // 100)
        pieces = [] if self.refusal else [said[at : at + size] for at in range(0, len(said), size)]
        deltas += [{"refusal": self.refusal}] if self.refusal else [{"content": piece} for piece in pieces]
        chunks: list[dict[str, Any]] = [
            {"choices": [{"index": 0, "delta": delta, "finish_reason": None}], "usage": None} for delta in deltas
        ]
        chunks = chunks[: self.breaks_after]
        if self.breaks_after is None:
            chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": self.finish}], "usage": None})
            if body.get("stream_options", {}).get("include_usage"):
                usage = {"prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150}
                chunks.append({"choices": [], "usage": usage})
        head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": CHAT_MODEL}
        lines = [f"data: {json.dumps({**head, **chunk})}\n\n" for chunk in chunks]
        lines += ["data: [DONE]\n\n"] if self.breaks_after is None else []
        return Reply(200, {"Content-Type": "text/event-stream"}, "".join(lines).encode())

    @property
    def given(self) -> list[dict[str, Any]]:
        """The documents that came as user messages."""
        return [json.loads(body["messages"][1]["content"]) for body in self.bodies]

    def _said(self, given: dict[str, Any]) -> str:
        said = self.says(given) if callable(self.says) else self.says
        return said if isinstance(said, str) else json.dumps(said)

    def _lacking(self, body: Mapping[str, Any]) -> str | None:
        form = body.get("response_format", {}).get("type")
        return next((each for each in sorted(self.lacks) if each in body or each == form), None)


def error(status: int, message: str, code: str | None = None, param: str | None = None) -> Reply:
    return Reply(status, body={"error": {"message": message, "type": None, "param": param, "code": code}})


def undocumented(body: Mapping[str, Any]) -> str | None:
    """What the documented interface would refuse."""
    if not set(body) <= _DOCUMENTED:
        return f"Unrecognized request argument: {sorted(set(body) - _DOCUMENTED)}"
    messages = body.get("messages") or []
    if [sorted(each) for each in messages] != [["content", "role"]] * len(messages) or not messages:
        return "Invalid messages"
    if [each["role"] for each in messages] != ["system", "user"]:
        return "Invalid roles"
    if not 0 < body.get("max_completion_tokens", body.get("max_tokens", 1)) <= 32_768:
        return "max_completion_tokens is out of range"
    if "stream_options" in body and body.get("stream") is not True:
        return "The 'stream_options' parameter is only allowed when 'stream' is enabled."
    return _bad_format(body.get("response_format", {"type": "text"}), messages)


def _bad_format(form: Mapping[str, Any], messages: list[dict[str, str]]) -> str | None:
    if form["type"] == "json_schema":
        wanted = form["json_schema"]
        if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", wanted["name"]) or wanted["strict"] is not True:
            return "Invalid schema name"
        return None if strict(wanted["schema"]) else "Invalid schema for response_format"
    if form["type"] == "json_object" and "json" not in " ".join(each["content"] for each in messages).lower():
        return "'messages' must contain the word 'json' in some form"
    return None


def strict(schema: Mapping[str, Any]) -> bool:
    """Whether structured outputs take the schema: closed objects, everything required, known keywords only."""
    if not set(schema) <= _KEYWORDS:
        return False
    if schema["type"] == "object":
        properties = schema["properties"]
        closed = schema["additionalProperties"] is False and sorted(schema["required"]) == sorted(properties)
        return closed and all(strict(each) for each in properties.values())
    return strict(schema["items"]) if schema["type"] == "array" else True


@contextmanager
def chatting(says: Says = "{}", **changes: Any) -> Iterator[ChatDouble]:
    with serving(ChatDouble(says=says, **changes)) as double:
        yield double
