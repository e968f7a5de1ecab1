"""OpenAiChat against a double of `POST /v1/chat/completions`."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.chat_double import CHAT_MODEL, ChatDouble, chatting, error
from tests.unit.openai_double import KEY, Reply
from video_pipeline.circuit import Circuit
from video_pipeline.errors import BadInput, Misconfigured, PipelineError, Unavailable
from video_pipeline.language.openai_account import OpenAiAccount
from video_pipeline.language.openai_chat import OpenAiChat
from video_pipeline.language.patience import Patience
from video_pipeline.model import Usage
from video_pipeline.ports import Prompt

SCHEMA = {
    "type": "object",
    "properties": {"said": {"type": "string"}},
    "required": ["said"],
    "additionalProperties": False,
}
PROMPT = Prompt(rules="Say it.", data='{"it": "hello"}', name="saying", schema=SCHEMA, most_tokens=100)


@pytest.fixture
def service() -> Iterator[ChatDouble]:
    with chatting({"said": "hello"}) as double:
        yield double


class Waiting:
    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now

    def patience(self) -> Patience:
        return Patience(sleep=self.sleep, clock=self.clock, jitter=lambda: 0.5)


def opened(service: ChatDouble, *, key: Any = lambda: KEY, fresh_key: Any = None, **changes: Any) -> OpenAiChat:
    account = OpenAiAccount(key, fresh_key=fresh_key, base_url=service.url)
    values: dict[str, Any] = {"model": CHAT_MODEL, "patience": Patience(seconds=0)}
    return OpenAiChat(account, **{**values, **changes})


def test_the_request_is_the_documented_one(service: ChatDouble) -> None:
    opened(service).complete(PROMPT, seconds=5)
    assert service.bodies == [
        {
            "model": CHAT_MODEL,
            "messages": [{"role": "system", "content": "Say it."}, {"role": "user", "content": '{"it": "hello"}'}],
            "max_completion_tokens": 100,
            "temperature": 0,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "saying", "strict": True, "schema": SCHEMA},
            },
        }
    ]


def test_what_it_said_comes_with_what_it_cost(service: ChatDouble) -> None:
    completion = opened(service).complete(PROMPT, seconds=5)
    assert (completion.text, completion.finished) == ('{"said": "hello"}', "whole")
    assert completion.usage == Usage(model=CHAT_MODEL, calls=1, prompt_tokens=120, completion_tokens=30)


def test_a_server_that_does_not_count_costs_nothing_known(service: ChatDouble) -> None:
    reply = service.completion("{}")
    assert isinstance(reply, dict)
    service.replies.append(Reply(body={key: value for key, value in reply.items() if key != "usage"}))
    assert opened(service).complete(PROMPT, seconds=5).usage == Usage(model=CHAT_MODEL)


def test_half_an_answer_and_refusals_are_told_apart(service: ChatDouble) -> None:
    chat = opened(service)
    service.finish = "length"
    assert chat.complete(PROMPT, seconds=5).finished == "cut"
    service.finish = "content_filter"
    assert chat.complete(PROMPT, seconds=5).finished == "refused"
    service.finish, service.refusal = "stop", "I can't help with that."
    assert chat.complete(PROMPT, seconds=5).finished == "refused"
    service.replies.append(error(400, "The prompt was filtered.", "content_filter"))
    assert chat.complete(PROMPT, seconds=5).finished == "refused"


def test_what_a_server_does_not_take_is_left_out_from_then_on(service: ChatDouble) -> None:
    service.lacks = {"temperature", "max_completion_tokens", "json_schema", "json_object"}
    chat = opened(service)
    assert chat.complete(PROMPT, seconds=5).finished == "whole"
    last = service.bodies[-1]
    assert sorted(last) == ["max_tokens", "messages", "model"]
    assert '"required": ["said"]' in last["messages"][0]["content"]
    asked = len(service.bodies)
    chat.complete(PROMPT, seconds=5)
    assert len(service.bodies) == asked + 1


def test_a_refusal_that_names_nothing_we_could_leave_out_is_passed_on(service: ChatDouble) -> None:
    service.replies.append(error(400, "Too long.", "context_length_exceeded"))
    with pytest.raises(BadInput) as raised:
        opened(service).complete(PROMPT, seconds=5)
    assert (raised.value.code, len(service.bodies)) == ("openai_text_refused", 1)


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (error(401, "No.", "invalid_api_key"), Misconfigured, "openai_key_refused"),
        (error(404, "No.", "model_not_found"), Misconfigured, "openai_model_unknown"),
        (error(429, "No.", "insufficient_quota"), Misconfigured, "openai_quota_spent"),
        (error(429, "No.", "rate_limit_exceeded"), Unavailable, "openai_busy"),
        (error(500, "No."), Unavailable, "openai_busy"),
        (Reply(502, {"Content-Type": "text/html"}, b"<h1>Bad gateway</h1>"), Unavailable, "openai_busy"),
        (Reply(200, body=b"{"), Unavailable, "openai_answer_unreadable"),
        (Reply(200, {"Content-Type": "text/html"}, b"<h1>Hi</h1>"), Unavailable, "openai_answer_unreadable"),
        (Reply(200, body={"choices": []}), Unavailable, "openai_answer_unreadable"),
        (Reply(200, body={}), Unavailable, "openai_answer_unreadable"),
        (
            Reply(200, body={"choices": [{"message": {"content": None}, "finish_reason": "stop"}]}),
            Unavailable,
            "openai_answer_unreadable",
        ),
    ],
)
def test_refusals_and_unreadable_answers_become_ours(
    service: ChatDouble, reply: Reply, kind: type[PipelineError], code: str
) -> None:
    service.replies.append(reply)
    with pytest.raises(kind) as raised:
        opened(service).complete(PROMPT, seconds=5)
    assert raised.value.code == code


def test_an_unknown_model_names_the_setting(service: ChatDouble) -> None:
    service.replies.append(error(404, "No.", "model_not_found"))
    with pytest.raises(Misconfigured, match="OPENAI_CHAT_MODEL"):
        opened(service).complete(PROMPT, seconds=5)


def test_a_silent_model_is_given_up(service: ChatDouble) -> None:
    service.replies.append(Reply(0))
    with pytest.raises(Unavailable) as raised:
        opened(service).complete(PROMPT, seconds=0.1)
    assert raised.value.code == "openai_timeout"


def test_a_busy_model_is_asked_again_when_it_says(service: ChatDouble) -> None:
    waiting = Waiting()
    service.replies.append(Reply(429, {"retry-after": "4"}, error(429, "Slow down.").body))
    chat = opened(service, patience=waiting.patience(), clock=waiting.clock)
    assert chat.complete(PROMPT, seconds=18).finished == "whole"
    assert waiting.slept == pytest.approx([4 * 1.05])


def test_pauses_take_no_more_than_half_of_the_time(service: ChatDouble) -> None:
    waiting = Waiting()
    service.replies.append(Reply(429, {"retry-after": "10"}, error(429, "Slow down.").body))
    with pytest.raises(Unavailable) as raised:
        opened(service, patience=waiting.patience(), clock=waiting.clock).complete(PROMPT, seconds=18)
    assert (raised.value.delay, waiting.slept) == (10, [])


def test_after_repeated_failures_the_model_rests_and_then_one_call_finds_out(service: ChatDouble) -> None:
    waiting = Waiting()
    service.replies += [error(500, "No.")] * 3
    chat = opened(service, circuit=Circuit("The model", failures=2, rest=30, clock=waiting.clock))
    codes = []
    for _ in range(3):
        with pytest.raises(Unavailable) as raised:
            chat.complete(PROMPT, seconds=5)
        codes.append(raised.value.code)
    assert codes == ["openai_busy", "openai_busy", "service_resting"]
    waiting.now = 30
    with pytest.raises(Unavailable):
        chat.complete(PROMPT, seconds=5)
    assert len(service.bodies) == 3
    waiting.now = 60
    assert chat.complete(PROMPT, seconds=5).finished == "whole"
    assert chat.complete(PROMPT, seconds=5).finished == "whole"


def test_a_text_that_is_refused_does_not_count_as_a_failure(service: ChatDouble) -> None:
    service.replies += [error(400, "Too long.")] * 5
    chat = opened(service, circuit=Circuit("The model", failures=2))
    for _ in range(5):
        with pytest.raises(BadInput):
            chat.complete(PROMPT, seconds=5)
    assert chat.complete(PROMPT, seconds=5).finished == "whole"


def test_a_rotated_key_is_read_anew_when_the_kept_one_is_refused(service: ChatDouble) -> None:
    chat = opened(service, key=lambda: "sk-old", fresh_key=lambda: KEY)
    assert chat.complete(PROMPT, seconds=5).finished == "whole"
    assert len(service.bodies) == 2


def test_neither_the_key_nor_what_was_asked_stands_in_the_log(
    service: ChatDouble, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="video_pipeline")
    service.lacks = {"temperature"}
    opened(service).complete(PROMPT, seconds=5)
    assert KEY not in caplog.text
    assert "hello" not in caplog.text


# ------------------------------------------------------------------------------------------ streamed
def test_what_is_said_is_heard_while_it_grows(service: ChatDouble) -> None:
    heard: list[str] = []
    completion = opened(service).complete(PROMPT, seconds=5, hear=heard.append)
    assert heard[-1] == completion.text == '{"said": "hello"}'
    assert sorted(set(heard), key=len) == list(dict.fromkeys(heard))
    assert len(set(heard)) > 2
    assert (completion.finished, completion.usage) == (
        "whole",
        Usage(model=CHAT_MODEL, prompt_tokens=120, completion_tokens=30),
    )
    assert (service.bodies[0]["stream"], service.bodies[0]["stream_options"]) == (True, {"include_usage": True})


def test_a_stream_tells_half_answers_and_refusals_apart_too(service: ChatDouble) -> None:
    chat = opened(service)

    def finished() -> str:
        return chat.complete(PROMPT, seconds=5, hear=lambda _: None).finished

    service.breaks_after = 2
    assert finished() == "cut"
    service.breaks_after, service.finish = None, "length"
    assert finished() == "cut"
    service.finish = "content_filter"
    assert finished() == "refused"
    service.finish, service.refusal = "stop", "I can't."
    assert finished() == "refused"


def test_a_server_that_does_not_count_streams_is_not_asked_to(service: ChatDouble) -> None:
    service.lacks = {"stream_options"}
    completion = opened(service).complete(PROMPT, seconds=5, hear=lambda _: None)
    assert (completion.finished, completion.usage) == ("whole", Usage(model=CHAT_MODEL))
    assert "stream_options" not in service.bodies[-1]


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (error(500, "No."), "openai_busy"),
        (Reply(200, {"Content-Type": "text/event-stream"}, b"data: {\n\n"), "openai_answer_unreadable"),
        (Reply(200, {"Content-Type": "text/event-stream"}, b'data: {"choices": 7}\n\n'), "openai_answer_unreadable"),
        (
            Reply(200, {"Content-Type": "text/event-stream"}, b'data: {"error": {"message": "No."}}\n\n'),
            "openai_answer_unreadable",
        ),
        (Reply(0), "openai_timeout"),
    ],
)
def test_a_stream_that_fails_becomes_our_error(service: ChatDouble, reply: Reply, code: str) -> None:
    service.replies.append(reply)
    with pytest.raises(Unavailable) as raised:
        opened(service).complete(PROMPT, seconds=1, hear=lambda _: None)
    assert raised.value.code == code


def test_a_fault_of_whoever_hears_is_not_the_services(service: ChatDouble) -> None:
    def fail(_: str) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        opened(service).complete(PROMPT, seconds=5, hear=fail)
