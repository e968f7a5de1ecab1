"""OpenAiEmbedder against a double of `POST /v1/embeddings`."""

from __future__ import annotations

import logging
import math
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.unit.openai_double import KEY, MODEL, Double, Reply, serving
from video_pipeline.circuit import Circuit
from video_pipeline.errors import BadInput, Misconfigured, PipelineError, Unavailable
from video_pipeline.language.openai_account import OpenAiAccount
from video_pipeline.language.openai_embeddings import OpenAiEmbedder, requests
from video_pipeline.language.patience import Patience
from video_pipeline.model import Usage


@pytest.fixture
def service() -> Iterator[Double]:
    with serving() as double:
        yield double


class Waiting:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def patience(self, seconds: float = 60.0) -> Patience:
        return Patience(seconds=seconds, sleep=self.sleep, clock=lambda: self.now, jitter=lambda: 0.5)


def opened(
    service: Double,
    *,
    key: Callable[[], str] = lambda: KEY,
    fresh_key: Callable[[], str] | None = None,
    base_url: str = "",
    timeout: float = 30.0,
    **changes: Any,
) -> OpenAiEmbedder:
    account = OpenAiAccount(key, fresh_key=fresh_key, base_url=base_url or service.url, timeout=timeout)
    values: dict[str, Any] = {"model": MODEL, "dimensions": service.dimensions, "patience": Patience(seconds=0)}
    return OpenAiEmbedder(account, **{**values, **changes})


def lengths(vectors: list[tuple[float, ...]]) -> list[int]:
    """How long the text was that each vector belongs to."""
    return [round(vector[0] / vector[1]) for vector in vectors]


def test_every_text_gets_its_own_unit_vector(service: Double) -> None:
    vectors = opened(service).embed(["a", "bbb", "cc"])
    assert lengths(vectors) == [1, 3, 2]
    assert [math.hypot(*vector) for vector in vectors] == pytest.approx([1.0] * 3)


def test_the_order_of_arrival_does_not_matter(service: Double) -> None:
    service.backwards = True
    assert lengths(opened(service).embed(["a", "bbb", "cc"])) == [1, 3, 2]


def test_no_text_asks_for_nothing(service: Double) -> None:
    assert opened(service).embed([]) == []
    assert service.bodies == []


def test_the_request_is_the_documented_one(service: Double) -> None:
    opened(service).embed(["hello"])
    assert service.bodies == [{"model": MODEL, "input": ["hello"], "dimensions": 4, "encoding_format": "base64"}]


def test_the_model_without_a_choice_of_dimensions_is_not_given_one(service: Double) -> None:
    service.replies.append(Reply(body=service.embeddings(["x"])))
    opened(service, model="text-embedding-ada-002").embed(["x"])
    assert "dimensions" not in service.bodies[0]


def test_texts_that_the_service_would_refuse_go_in_another_form(service: Double) -> None:
    opened(service).embed(["", "lone \ud800 surrogate", "nul \0 too"])
    assert service.bodies[0]["input"] == [" ", "lone ? surrogate", "nul \0 too"]


def test_an_answer_in_plain_numbers_is_read_too(service: Double) -> None:
    data = [{"object": "embedding", "index": 0, "embedding": [3.0, 4.0, 0.0, 0.0]}]
    service.replies.append(Reply(body={"object": "list", "data": data, "model": MODEL}))
    assert opened(service).embed(["x"]) == [(0.6, 0.8, 0.0, 0.0)]


def test_the_model_is_named_with_its_dimensions(service: Double) -> None:
    embedder = opened(service, dimensions=256)
    assert (embedder.model, embedder.dimensions) == ("text-embedding-3-small@256", 256)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([10] * 5, [5]),
        ([1] * 2048, [2048]),
        ([1] * 4097, [2048, 2048, 1]),
        ([100_000] * 3, [3]),
        ([100_000, 100_000, 100_001], [2, 1]),
        ([400_000, 1, 1], [1, 2]),
        ([1, 400_000, 1], [1, 1, 1]),
        ([], []),
    ],
)
def test_requests_stay_within_the_documented_limits(sizes: list[int], expected: list[int]) -> None:
    groups = list(requests(["x" * size for size in sizes]))
    assert [len(group) for group in groups] == expected
    assert [len(text) for group in groups for text in group] == sizes


def test_bytes_and_not_characters_bound_a_request() -> None:
    assert [len(group) for group in requests(["名" * 60_000] * 2)] == [1, 1]


def test_many_texts_go_in_several_requests_and_come_back_in_order(service: Double) -> None:
    sizes = [1 + n % 7 for n in range(2500)]
    assert lengths(opened(service).embed(["x" * size for size in sizes])) == sizes
    assert [len(body["input"]) for body in service.bodies] == [2048, 452]


def test_a_rotated_key_is_taken_up(service: Double) -> None:
    keys = iter(["sk-old", KEY])
    embedder = opened(service, key=lambda: next(keys))
    with pytest.raises(Misconfigured):
        embedder.embed(["x"])
    assert len(embedder.embed(["x"])) == 1


def test_a_refused_key_is_read_anew_once(service: Double) -> None:
    read: list[str] = []

    def fresh() -> str:
        read.append(KEY)
        return KEY

    assert len(opened(service, key=lambda: "sk-old", fresh_key=fresh).embed(["x"])) == 1
    assert (len(read), len(service.bodies)) == (1, 2)


def test_a_key_that_is_still_the_same_is_not_tried_again(service: Double) -> None:
    with pytest.raises(Misconfigured):
        opened(service, key=lambda: "sk-old", fresh_key=lambda: "sk-old").embed(["x"])
    assert len(service.bodies) == 1


def test_what_was_read_is_counted(service: Double) -> None:
    spent: list[Usage] = []
    opened(service, meter=spent.append).embed(["x"] * 2049)
    assert spent == [Usage(model=MODEL, prompt_tokens=1)] * 2


def test_after_repeated_failures_nothing_is_asked_for_a_while(service: Double) -> None:
    waiting = Waiting()
    service.replies += [refusal(500)] * 2
    embedder = opened(service, circuit=Circuit("OpenAI", failures=2, rest=20, clock=lambda: waiting.now))
    for _ in range(2):
        with pytest.raises(Unavailable):
            embedder.embed(["x"])
    with pytest.raises(Unavailable) as raised:
        embedder.embed(["x"])
    assert (raised.value.code, raised.value.delay, len(service.bodies)) == ("service_resting", 20, 2)
    waiting.now = 20
    assert len(embedder.embed(["x"])) == 1


def test_a_refused_key_stays_secret(service: Double, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    embedder = opened(service, key=lambda: "sk-wrong-secret")
    with pytest.raises(Misconfigured) as raised:
        embedder.embed(["x"])
    assert raised.value.code == "openai_key_refused"
    assert "OPENAI_API_KEY" in raised.value.hint
    trace = "".join(traceback.format_exception(raised.value))
    assert "AuthenticationError" in trace
    assert "sk-wrong-secret" not in f"{trace} {raised.value!r} {raised.value.facts} {caplog.text}"


@pytest.mark.parametrize("key", ["", " \n ", "sk-naïve", "sk\r\nHost: evil"])
def test_a_key_that_is_none_is_refused_before_anything_is_sent(service: Double, key: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        opened(service, key=lambda: key).embed(["x"])
    assert raised.value.code == "openai_key_missing"
    assert service.bodies == []


def refusal(status: int, code: str | None = None, kind: str | None = None, **headers: str) -> Reply:
    body = {"error": {"message": "No.", "type": kind, "param": None, "code": code}}
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (refusal(401, "invalid_api_key"), Misconfigured, "openai_key_refused"),
        (refusal(403, "unsupported_country_region_territory"), Misconfigured, "openai_key_refused"),
        (refusal(404, "model_not_found"), Misconfigured, "openai_model_unknown"),
        (refusal(429, "insufficient_quota"), Misconfigured, "openai_quota_spent"),
        (refusal(429, "credit_balance_exhausted", "insufficient_quota"), Misconfigured, "openai_quota_spent"),
        (refusal(400, None, "invalid_request_error"), BadInput, "openai_text_refused"),
        (refusal(429, "rate_limit_exceeded"), Unavailable, "openai_busy"),
        (refusal(500), Unavailable, "openai_busy"),
        (refusal(503, "slow_down"), Unavailable, "openai_busy"),
        (Reply(502, {"Content-Type": "text/html"}, b"<h1>Bad gateway</h1>"), Unavailable, "openai_busy"),
        (Reply(200, body=b"{"), Unavailable, "openai_answer_unreadable"),
        (Reply(200, {"Content-Type": "text/html"}, b"<h1>Hi</h1>"), Unavailable, "openai_answer_unreadable"),
        (Reply(200, body={"object": "list", "data": []}), Unavailable, "openai_answer_unreadable"),
        (Reply(200, body={"object": "list"}), Unavailable, "openai_answer_unreadable"),
        (
            Reply(200, body={"data": [{"index": 0, "embedding": "AAAAA"}, {"index": 1, "embedding": "AAAAA"}]}),
            Unavailable,
            "openai_answer_unreadable",
        ),
        (
            Reply(200, body={"data": [{"index": i, "embedding": [0.0] * 4} for i in range(2)]}),
            Unavailable,
            "openai_answer_unreadable",
        ),
        (
            Reply(200, body={"data": [{"index": i, "embedding": [1.0] * 3} for i in range(2)]}),
            Misconfigured,
            "openai_dimensions_differ",
        ),
    ],
)
def test_refusals_and_unreadable_answers_become_ours(
    service: Double, reply: Reply, kind: type[PipelineError], code: str
) -> None:
    service.replies.append(reply)
    with pytest.raises(kind) as raised:
        opened(service).embed(["one", "two"])
    assert raised.value.code == code


@pytest.mark.parametrize("indexes", [[0], [0, 0], [1, 2], [0, 1, 2]])
def test_an_answer_that_is_not_one_vector_for_each_text_is_refused(service: Double, indexes: list[int]) -> None:
    service.replies.append(Reply(body={"data": [{"index": i, "embedding": [1.0] * 4} for i in indexes]}))
    with pytest.raises(Unavailable) as raised:
        opened(service).embed(["one", "two"])
    assert raised.value.code == "openai_answer_unreadable"


def test_the_dimensions_are_told_when_they_differ(service: Double) -> None:
    service.replies.append(Reply(body={"data": [{"index": 0, "embedding": [1.0] * 3}]}))
    with pytest.raises(Misconfigured, match="gives vectors of 3 numbers, but 4 are expected"):
        opened(service).embed(["one"])


def test_a_silent_service_is_given_up(service: Double) -> None:
    service.replies.append(Reply(0))
    with pytest.raises(Unavailable) as raised:
        opened(service, timeout=0.2).embed(["x"])
    assert raised.value.code == "openai_timeout"


def test_a_service_that_is_not_there_is_unavailable(service: Double) -> None:
    with pytest.raises(Unavailable) as raised:
        opened(service, base_url="http://127.0.0.1:1/v1").embed(["x"])
    assert raised.value.code == "openai_unreachable"


def test_a_busy_service_is_asked_again_after_the_time_it_names(service: Double) -> None:
    waiting = Waiting()
    service.replies += [refusal(429, retry_after="12"), refusal(503, retry_after_ms="1500")]
    assert len(opened(service, patience=waiting.patience()).embed(["x"])) == 1
    assert waiting.slept == pytest.approx([12 * 1.05, 1.5 * 1.05])


def test_without_a_named_time_the_pauses_grow(service: Double) -> None:
    waiting = Waiting()
    service.replies += [refusal(500)] * 6
    assert len(opened(service, patience=waiting.patience()).embed(["x"])) == 1
    assert waiting.slept == [0.25, 0.5, 1.0, 2.0, 4.0, 4.0]


def test_a_wait_beyond_all_patience_is_left_to_the_caller(service: Double) -> None:
    waiting = Waiting()
    service.replies += [refusal(429, retry_after="20"), refusal(429, retry_after="50")]
    with pytest.raises(Unavailable) as raised:
        opened(service, patience=waiting.patience(60)).embed(["x"])
    assert raised.value.delay == 50
    assert len(waiting.slept) == 1


def test_only_what_failed_is_asked_again(service: Double) -> None:
    service.replies += [Reply(body=service.embeddings(["a"] * 2048)), refusal(500)]
    vectors = opened(service, patience=Waiting().patience()).embed(["a"] * 2048 + ["bb"])
    assert lengths(vectors) == [1] * 2048 + [2]
    assert [len(body["input"]) for body in service.bodies] == [2048, 1, 1]


def test_what_waiting_can_not_help_is_asked_once(service: Double) -> None:
    service.replies.append(refusal(400))
    with pytest.raises(BadInput):
        opened(service, patience=Waiting().patience()).embed(["x"])
    assert len(service.bodies) == 1


def test_a_date_says_when_to_come_back_too(service: Double) -> None:
    service.replies.append(refusal(429, retry_after="Fri, 01 Jan 2100 00:00:00 GMT"))
    with pytest.raises(Unavailable) as raised:
        opened(service).embed(["x"])
    assert raised.value.delay is not None
    assert raised.value.delay > 1_000_000
