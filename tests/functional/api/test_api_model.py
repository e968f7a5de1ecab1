"""Answers by a language model over HTTP, as JSON and as events, and conversations."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.functional.api.modelled import QUERY, check_intact, claimed, events, modelled
from tests.unit.chat_double import CHAT_MODEL, error
from tests.unit.openai_double import Reply
from video_pipeline.errors import Unavailable
from video_pipeline.keys import create_key

MOVE = "The office moves to Lisbon in May."
LUNCH = "Lunch is at noon."
SAYS = claimed(("It moves to Lisbon.", "the office moves to lisbon", 1))


def test_a_model_answers_in_claims_with_verified_quotes(world: Any) -> None:
    world.put_video(LUNCH, MOVE)
    with modelled(world, SAYS) as (api, double):
        body = api.post(QUERY, json={"query": "Where does the office move?"}).json()
    answer = check_intact(world, body)
    assert (answer.answer, answer.engine, answer.fallback, answer.dropped) == (
        "It moves to Lisbon. [1]",
        "model",
        None,
        0,
    )
    assert answer.citations[0].quote == "The office moves to Lisbon"
    assert body["usage"] == {"model": CHAT_MODEL, "calls": 1, "prompt_tokens": 120, "completion_tokens": 30}
    assert [each["number"] for each in double.given[0]["passages"]] == [1, 2]


def test_nothing_is_answered_that_the_videos_do_not_say(world: Any) -> None:
    world.put_video(LUNCH)
    with modelled(world, claimed(language="de")) as (api, _):
        body = api.post(QUERY, json={"query": "Wann wird das Büro renoviert?"}).json()
    assert (body["answer"], body["unsaid"], body["citations"]) == (None, "Dazu sagen die Videos nichts.", [])
    assert body["engine"] == "model"


def test_without_a_model_it_is_said_in_the_questions_language_too(world: Any) -> None:
    world.put_video(LUNCH)
    body = world.api.post(QUERY, json={"query": "¿Cuál es la capital de Perú?"}).json()
    assert (body["answer"], body["unsaid"]) == (None, "Los vídeos no dicen nada al respecto.")
    assert (body["usage"], body["fallback"]) == (None, None)


def test_the_videos_own_sentences_are_claims_as_well(world: Any) -> None:
    world.put_video(LUNCH)
    body = world.api.post(QUERY, json={"query": "When is lunch?"}).json()
    assert body["claims"] == [{"text": LUNCH, "citations": [1]}]


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (error(429, "Slow down."), "openai_busy"),
        (error(500, "No."), "openai_busy"),
        (error(401, "No.", "invalid_api_key"), "openai_key_refused"),
        (error(404, "No.", "model_not_found"), "openai_model_unknown"),
        (error(429, "No.", "insufficient_quota"), "openai_quota_spent"),
        (error(400, "Too long.", "context_length_exceeded"), "openai_text_refused"),
        (Reply(200, body=b"{"), "openai_answer_unreadable"),
        (Reply(200, {"Content-Type": "text/html"}, b"<h1>Hi</h1>"), "openai_answer_unreadable"),
        (Reply(0), "openai_timeout"),
    ],
)
def test_a_model_that_fails_is_never_an_error(world: Any, reply: Reply, code: str) -> None:
    world.put_video(LUNCH)
    with modelled(world, SAYS) as (api, double):
        double.replies.append(reply)
        answer = api.post(QUERY, json={"query": "When is lunch?"})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["answer"], body["engine"], body["fallback"]) == ("“Lunch is at noon.” [1]", "extractive", code)
    assert body["notes"]


@pytest.mark.parametrize(
    ("says", "changes", "code"),
    [
        ("{", {}, "model_unreadable"),
        ('{"claims": [{"text": "Lun', {"finish": "length"}, "model_cut"),
        ("", {"refusal": "I can't help with that."}, "model_refused"),
        (claimed(("Lunch is at one.", "Lunch is at one o'clock sharp", 1)), {}, "model_not_borne_out"),
    ],
)
def test_a_model_that_says_nothing_usable_is_never_an_error(
    world: Any, says: Any, changes: dict[str, Any], code: str
) -> None:
    world.put_video(LUNCH)
    with modelled(world, says, **changes) as (api, _):
        body = api.post(QUERY, json={"query": "When is lunch?"}).json()
    assert (body["answer"], body["engine"], body["fallback"]) == ("“Lunch is at noon.” [1]", "extractive", code)
    assert body["usage"]["prompt_tokens"] == 120


# ------------------------------------------------------------------------------------------- events
STREAM = {"Accept": "text/event-stream"}


def test_an_answer_comes_as_events_when_the_client_likes(world: Any) -> None:
    world.put_video(LUNCH, MOVE)
    says = claimed(
        ("It moves to Lisbon.", "moves to Lisbon", 1),
        ("That is in May.", "to Lisbon in May", 1),
        ("No.", "never said", 1),
    )
    asked = {"query": "Where does the office move in May?"}
    with modelled(world, says) as (api, _):
        streamed, plain = api.post(QUERY, json=asked, headers=STREAM), api.post(QUERY, json=asked).json()
    assert streamed.headers["content-type"].startswith("text/event-stream")
    found, *claims, (last, whole) = events(streamed.text)
    assert found[0] == "found"
    assert found[1]["results"] == plain["results"]
    assert [(name, data["claim"]["text"]) for name, data in claims] == [
        ("claim", "It moves to Lisbon."),
        ("claim", "That is in May."),
    ]
    assert [[cited["number"] for cited in data["citations"]] for _, data in claims] == [[1], [2]]
    assert (last, whole["dropped"]) == ("answer", 1)
    assert {**whole, "conversation_id": None} == {**plain, "conversation_id": None}
    check_intact(world, whole)


def test_passages_are_told_before_the_model_is_asked(world: Any) -> None:
    world.put_video(LUNCH)
    with modelled(world, SAYS) as (api, double):
        asked: list[int] = []
        find = api.app.state.dependencies.answering.find

        def noting(*given: Any, **named: Any) -> Any:
            found = find(*given, **named)
            asked.append(len(double.bodies))
            return found

        api.app.state.dependencies.answering.find = noting
        assert events(api.post(QUERY, json={"query": "When is lunch?"}, headers=STREAM).text)[0][0] == "found"
    assert asked == [0]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("text/html", "application/json"),
        ("application/json, text/event-stream;q=0.5", "application/json"),
        ("application/json;q=0.5, text/event-stream", "text/event-stream; charset=utf-8"),
        ("text/event-stream, */*;q=0.1", "text/event-stream; charset=utf-8"),
    ],
)
def test_whoever_does_not_ask_for_events_gets_a_document(world: Any, accept: str | None, kind: str) -> None:
    world.put_video(LUNCH)
    headers = {"Accept": accept} if accept else {}
    assert world.api.post(QUERY, json={"query": "lunch?"}, headers=headers).headers["content-type"] == kind


def test_what_can_not_be_asked_is_a_problem_before_any_event(world: Any) -> None:
    answer = world.api.post(QUERY, json={"query": "?"}, headers=STREAM)
    assert (answer.status_code, answer.json()["code"]) == (422, "question_empty")


def test_what_fails_on_the_way_is_the_last_event(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put_video(LUNCH)

    def fail(*_: Any, **__: Any) -> None:
        raise Unavailable("vectors_unavailable", "The vectors\nare away.")

    monkeypatch.setattr(world.deps.answering, "answer", fail)
    answer = world.api.post(QUERY, json={"query": "lunch?"}, headers=STREAM)
    (first, _), (last, problem) = events(answer.text)
    assert (answer.status_code, first, last) == (200, "found", "error")
    assert (problem["code"], problem["status"]) == ("vectors_unavailable", 503)


# -------------------------------------------------------------------------------------- conversations
def test_a_follow_up_refers_to_the_question_before(world: Any) -> None:
    world.put_video(LUNCH, MOVE, "The parking lot is free.")
    with modelled(world, SAYS) as (api, double):
        first = api.post(QUERY, json={"query": "Where does the office move?"}).json()
        double.says = lambda given: (
            {"question": "When does the office move to Lisbon?"}
            if "turns" in given
            else claimed(("It moves in May.", "moves to Lisbon in May", 1))
        )
        asked = {"query": "And when?", "conversation_id": first["conversation_id"]}
        body = api.post(QUERY, json=asked).json()
    assert (body["query"], body["understood"]) == ("And when?", "When does the office move to Lisbon?")
    assert (body["answer"], body["conversation_id"]) == ("It moves in May. [1]", first["conversation_id"])
    assert (body["usage"]["calls"], body["usage"]["prompt_tokens"]) == (2, 240)
    assert double.given[1]["turns"] == [
        {"question": "Where does the office move?", "answer": "It moves to Lisbon. [1]"}
    ]


@pytest.fixture
def plainly(world: Any) -> Any:
    """The API without a model but with conversations."""
    from video_pipeline.conversing import Conversing

    world.deps.answering._conversing = Conversing(world.ledger.conversations)
    return world.api


def test_without_a_model_a_follow_up_is_read_with_the_question_before(world: Any, plainly: Any) -> None:
    world.put_video(LUNCH, MOVE, "The parking lot is free.")
    first = plainly.post(QUERY, json={"query": "Where does the office move?"}).json()
    asked = {"query": "And when exactly?", "conversation_id": first["conversation_id"]}
    body = plainly.post(QUERY, json=asked).json()
    assert body["understood"] == "Where does the office move? And when exactly?"
    assert body["citations"][0]["quote"] == MOVE


def test_every_question_begins_a_conversation_that_is_its_keys_alone(world: Any, plainly: Any) -> None:
    world.put_video(LUNCH, MOVE)
    first, second = (plainly.post(QUERY, json={"query": "Where does the office move?"}).json() for _ in range(2))
    assert first["conversation_id"] != second["conversation_id"]
    _, other = create_key(world.ledger.keys, "other")
    asked = {"query": "And when exactly?", "conversation_id": first["conversation_id"]}
    assert plainly.post(QUERY, json=asked, headers={"X-API-Key": other}).json()["understood"] is None


def test_an_unknown_conversation_is_a_new_one(world: Any, plainly: Any) -> None:
    conversation_id = str(uuid4())
    body = plainly.post(QUERY, json={"query": "And when?", "conversation_id": conversation_id}).json()
    assert (body["conversation_id"], body["understood"]) == (conversation_id, None)


@pytest.mark.parametrize("conversation_id", ["mine", 7, "", "'; drop table conversation_turns; --"])
def test_a_conversation_has_a_proper_id(world: Any, conversation_id: Any) -> None:
    answer = world.api.post(QUERY, json={"query": "When?", "conversation_id": conversation_id})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_a_conversation_is_forgotten_with_the_video_it_showed(world: Any, plainly: Any) -> None:
    video_id = world.put_video(LUNCH, MOVE)
    first = plainly.post(QUERY, json={"query": "Where does the office move?"}).json()
    asked = {"query": "And when exactly?", "conversation_id": first["conversation_id"]}
    assert world.api.delete(f"/api/v1/videos/{video_id}").status_code in (200, 202, 204)
    assert plainly.post(QUERY, json=asked).json()["understood"] is None


def test_a_follow_up_keeps_to_its_own_filter(world: Any, plainly: Any) -> None:
    world.put_video(MOVE)
    other = world.put_video(LUNCH, title="Other")
    first = plainly.post(QUERY, json={"query": "Where does the office move?"}).json()
    asked = {"query": "And when?", "conversation_id": first["conversation_id"], "video_id": str(other)}
    body = plainly.post(QUERY, json=asked).json()
    assert {cited["video_id"] for cited in body["citations"]} <= {str(other)}
