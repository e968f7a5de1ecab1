"""Questions that are answered later, through the API."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from video_pipeline.api.models.queries import QueryResponse
from video_pipeline.asking import Asking
from video_pipeline.events import read_event
from video_pipeline.model import MailRecord, Question, identifier


def ask(world: Any, question: str = "When does it open?", **more: Any) -> Any:
    headers = more.pop("headers", {})
    return world.api.post("/api/v1/questions", json={"question": question, **more}, headers=headers)


def test_a_question_goes_onto_the_stream_under_the_id_that_is_answered(world: Any) -> None:
    conversation = str(uuid4())
    answer = ask(world, email="ann@Example.com", top_k=3, speaker_ids=["ann"], conversation_id=conversation)
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == answer.json()["status_url"]
    (message,) = world.published.messages
    assert message.destination == "ingestion-stream"
    event = read_event(message.body)
    assert identifier("question", event.envelope.id) == UUID(answer.json()["question_id"])
    sent = event.body.model_dump(mode="json", exclude_defaults=True)
    assert sent.pop("asked_by").startswith("key:")
    assert sent == {
        "query": "When does it open?",
        "email": "ann@example.com",
        "top_k": 3,
        "speakers": ["ann"],
        "conversation_id": conversation,
    }


def test_without_an_address_the_answer_waits(world: Any) -> None:
    answer = ask(world)
    assert answer.status_code == 202
    assert "email" not in json.loads(world.published.messages[0].body)["data"]
    assert world.api.get(f"/api/v1/questions/{answer.json()['question_id']}").status_code == 404


def test_the_same_key_is_the_same_question_and_without_one_each_is_new(world: Any) -> None:
    same = [ask(world, headers={"Idempotency-Key": "k1"}).json()["question_id"] for _ in range(2)]
    other = ask(world, headers={"Idempotency-Key": "k2"}).json()["question_id"]
    new = [ask(world).json()["question_id"] for _ in range(2)]
    assert len({*same, other, *new}) == 4


@pytest.mark.parametrize(
    ("status", "code", "body"),
    [
        (400, "email_malformed", {"email": "ann at example.com"}),
        (400, "email_malformed", {"email": "ann@example.com\r\nBcc: eve@example.com"}),
        (400, "email_malformed", {"email": "Ann <ann@example.com>"}),
        (400, "email_not_allowed", {"email": "ann@elsewhere.example"}),
        (422, "question_empty", {"question": " \n "}),
        (422, "question_unreadable", {"question": "a\u0000b"}),
        (422, "question_too_long", {"question": "why " * 2_000}),
        (422, "date_impossible", {"date_from": "2026-02-30"}),
        (422, "invalid_request", {"query": "When?"}),
        (422, "invalid_request", {"top_k": 0}),
        (422, "invalid_request", {"answer": False}),
        (422, "invalid_request", {"email": ""}),
    ],
)
def test_what_cannot_be_asked_is_refused_at_once(world: Any, status: int, code: str, body: dict[str, Any]) -> None:
    answer = world.api.post("/api/v1/questions", json={"question": "When?", **body})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert world.published.messages == []


def test_where_no_mail_is_sent_an_address_is_refused(world: Any) -> None:
    api = world.with_deps(asking=Asking(world.published, None))
    answer = api.post("/api/v1/questions", json={"question": "When?", "email": "ann@example.com"})
    assert (answer.status_code, answer.json()["code"]) == (409, "mail_not_configured")


def test_an_answer_says_what_became_of_its_mails(world: Any) -> None:
    question_id = uuid4()
    answer = QueryResponse(query="When?", results=[], answer=None, citations=[], engine="extractive")
    world.ledger.questions.save(question_id, Question(query="When?"), answer.model_dump(mode="json"))
    for kind, taken_as in (("answer", "ses-1"), ("human", None)):
        mail = MailRecord(question_id=question_id, kind=kind, recipient="a@example.com", conversation_id=question_id)
        world.ledger.mails.claim(mail)
        world.ledger.mails.settle(mail, taken_as)
    told = world.api.get(f"/api/v1/questions/{question_id}").json()["mails"]
    assert [(each["to"], each["state"]) for each in told] == [("asker", "sent"), ("human", "doubtful")]


def test_only_who_has_a_key_may_ask(world: Any) -> None:
    assert world.stranger.post("/api/v1/questions", json={"question": "When?"}).status_code == 401
