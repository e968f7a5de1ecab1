from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from lambdas.question import handler as unit
from video_pipeline.errors import BadQuestion, NotFound, PipelineError, Unavailable
from video_pipeline.events import QuestionAsked, make_event
from video_pipeline.model import Answer, Question, identifier
from video_pipeline.rejecting import Received


@dataclass
class Answering:
    asked: list[Question] = field(default_factory=list)
    fails: PipelineError | None = None

    def ask(self, question: Question, *, owner: str) -> Answer:
        self.asked.append(question)
        if self.fails:
            raise self.fails
        return Answer(query=question.query, results=(), text="“Yes.” [1]")


@dataclass
class Questions:
    kept: dict[UUID, Mapping[str, Any]] = field(default_factory=dict)

    def get(self, question_id: UUID) -> Mapping[str, Any]:
        if question_id not in self.kept:
            raise NotFound("question_not_found", "There is no such question.")
        return self.kept[question_id]

    def save(self, question_id: UUID, asked: Question, answer: Mapping[str, Any]) -> bool:
        self.kept[question_id] = {"asked": asked, "answer": answer}
        return True


@dataclass
class Rejecting:
    rejected: list[tuple[str, str]] = field(default_factory=list)

    def try_reject(self, consumer: str, record: Received, error: PipelineError) -> bool:
        self.rejected.append((consumer, error.code))
        return True


@dataclass
class Host:
    answering: Answering = field(default_factory=Answering)
    questions: Questions = field(default_factory=Questions)
    rejecting: Rejecting = field(default_factory=Rejecting)
    flushed: int = 0

    @property
    def ledger(self) -> Any:
        return SimpleNamespace(questions=self.questions)

    @property
    def publishing(self) -> Host:
        return self

    def flush(self) -> int:
        self.flushed += 1
        return 0


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    made = Host()
    monkeypatch.setattr(unit, "host", lambda: made)
    return made


def question(text: str, **more: Any) -> dict[str, Any]:
    return make_event(QuestionAsked(query=text, **more), subject="mail", unique=text)


def batch(*records: dict[str, Any] | bytes) -> dict[str, Any]:
    """A Kinesis batch as Lambda gives it, numbered from 1."""
    return {"Records": [_record(number, each) for number, each in enumerate(records, start=1)]}


def _record(number: int, record: dict[str, Any] | bytes) -> dict[str, Any]:
    raw = record if isinstance(record, bytes) else json.dumps(record).encode()
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "mail",
            "sequenceNumber": str(number),
            "data": base64.b64encode(raw).decode(),
            "approximateArrivalTimestamp": 1545084650.987,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/question",
        "awsRegion": "us-east-1",
        "eventSourceARN": "arn:aws:kinesis:us-east-1:123456789012:stream/ingestion-stream-test",
    }


def failures(answer: Any) -> list[str]:
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def test_a_question_is_asked_with_its_filters_and_the_answer_kept_under_the_events_id(host: Host) -> None:
    event = question("When?", top_k=3, speakers=("ann",), date_from="2026-01-01")
    assert failures(unit.handler(batch(event), None)) == []
    kept = host.questions.kept[identifier("question", event["id"])]
    expected = {
        "query": "When?",
        "results": [],
        "answer": "“Yes.” [1]",
        "citations": [],
        "engine": "extractive",
    }
    assert {name: kept["answer"][name] for name in expected} == expected
    (asked,) = host.answering.asked
    assert (asked.top_k, asked.filter.speakers, asked.filter.date_from) == (3, ("ann",), "2026-01-01")


def test_the_same_record_five_times_is_asked_once(host: Host) -> None:
    event = question("When?")
    unit.handler(batch(event, event, event), None)
    unit.handler(batch(event, event), None)
    assert len(host.answering.asked) == 1
    assert len(host.questions.kept) == 1


def test_unreadable_records_are_rejected_with_their_reason_and_the_others_answered(host: Host) -> None:
    bad = {**question("When?"), "data": {"top_k": 5}}
    answer = unit.handler(batch(b"\xff not json", bad, question("Where?"), question("Who?", top_k=1)), None)
    assert failures(answer) == []
    assert host.rejecting.rejected == [("question", "not_json"), ("question", "missing_field")]
    assert [each.query for each in host.answering.asked] == ["Where?", "Who?"]


def test_a_question_that_cannot_be_asked_is_rejected(host: Host) -> None:
    host.answering.fails = BadQuestion("date_impossible", "There is no such day.")
    assert failures(unit.handler(batch(question("When?")), None)) == []
    assert host.rejecting.rejected == [("question", "date_impossible")]


def test_while_a_service_fails_the_record_comes_again_and_nothing_is_kept(host: Host) -> None:
    host.answering.fails = Unavailable("vectors_unavailable", "The index does not answer.")
    assert failures(unit.handler(batch(question("When?"), question("Who?")), None)) == ["1", "2"]
    assert (host.questions.kept, host.rejecting.rejected) == ({}, [])


def test_events_of_other_kinds_are_none_of_its_business(host: Host) -> None:
    other = {**question("When?"), "type": "video.erasure_requested", "data": {"video_id": str(UUID(int=1))}}
    assert failures(unit.handler(batch(other), None)) == []
    assert host.answering.asked == []
