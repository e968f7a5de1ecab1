"""Which language model the settings open, and with whose key."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr

from tests.conftest import EmulatedAws
from tests.unit.chat_double import chatting
from video_pipeline import wiring
from video_pipeline.errors import Misconfigured
from video_pipeline.ports import Prompt
from video_pipeline.settings import ChatSettings, QuestionApiSettings
from video_pipeline.topology import QUESTION_API

PROMPT = Prompt(
    rules="Say it.",
    data="{}",
    name="saying",
    schema={"type": "object", "properties": {}, "required": [], "additionalProperties": False},
    most_tokens=10,
)


PURSE: Any = SimpleNamespace(allow=lambda: None, pay=lambda _: None)


def test_without_a_key_or_a_name_there_is_no_model() -> None:
    key = SecretStr("sk-1")
    assert wiring.open_model(ChatSettings(openai_api_key=None, openai_secret_arn=None), PURSE) is None
    assert wiring.open_model(ChatSettings(openai_api_key=key, openai_chat_model=""), PURSE) is None
    opened = wiring.open_model(ChatSettings(openai_api_key=key, openai_chat_model="llama3.2"), PURSE)
    assert opened is not None
    assert opened.name == "llama3.2"


def test_a_key_that_was_rotated_is_taken_up_without_a_restart(
    aws: EmulatedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "open_clients", lambda _: aws.clients)
    secrets: Any = aws.clients.secrets
    arn = secrets.create_secret(Name=f"openai-{aws.suffix}", SecretString="sk-first")["ARN"]
    with chatting("{}", key="sk-first") as double:
        model = wiring.open_model(ChatSettings(openai_secret_arn=arn, openai_base_url=double.url), PURSE)
        assert model is not None
        model.complete(PROMPT, seconds=5)
        double.key = "sk-second"
        with pytest.raises(Misconfigured):
            model.complete(PROMPT, seconds=5)
        secrets.put_secret_value(SecretId=arn, SecretString="sk-second")
        assert model.complete(PROMPT, seconds=5).text == "{}"
        asked = len(double.bodies)
        model.complete(PROMPT, seconds=5)
    # The new key is kept: it is not refused once more each time.
    assert len(double.bodies) == asked + 1


def test_whoever_waits_behind_api_gateway_has_an_answer_in_time() -> None:
    settings = QuestionApiSettings()
    embedding = settings.openai_patience_seconds + settings.openai_timeout_seconds
    assert embedding + settings.openai_chat_seconds < QUESTION_API.timeout
