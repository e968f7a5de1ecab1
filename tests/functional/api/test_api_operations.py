"""Queues and dead letters through the API."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from video_pipeline.keys import create_key
from video_pipeline.letters import Reason, RecordOrigin, RejectedLetter
from video_pipeline.topology import DEAD_LETTER_QUEUES, INGEST_DLQ, INGESTION, PROCESSING, PROCESSING_DLQ, QUEUES

LETTERS = "/api/v1/dead-letters"


def put_letter(world: Any, data: bytes = b"not json", *, minute: int = 0) -> str:
    letter = RejectedLetter(
        id=uuid4(),
        consumer="ingest",
        reason=Reason(code="not_json", message="The record is not JSON.", hint="Send JSON."),
        source=RecordOrigin.of(INGESTION.name, position="shardId-0:17", partition_key="video-9"),
        received_at=datetime(2026, 5, 4, 3, minute, tzinfo=UTC),
        data=base64.b64encode(data).decode(),
    )
    queue = world.queues[INGEST_DLQ.name]
    queue.send(letter.model_dump_json())
    made: str = queue.waiting[-1].id
    return made


def redrive(world: Any, queue: str, *letters: str) -> Any:
    return world.api.post(f"{LETTERS}/redrive", json={"queue": queue, "letters": letters})


def test_every_queue_tells_how_much_waits_and_whether_it_holds_dead_letters(world: Any) -> None:
    put_letter(world)
    world.queues[PROCESSING.name].send("{}")
    world.queues[PROCESSING.name].receive()
    found = {each["name"]: each for each in world.api.get("/api/v1/queues").json()["queues"]}
    assert list(found) == [queue.name for queue in QUEUES]
    assert found[PROCESSING.name] == {
        "name": PROCESSING.name, "dead_letters": False, "visible": 0, "in_flight": 1, "delayed": 0
    }  # fmt: skip
    assert found[INGEST_DLQ.name]["visible"] == 1
    assert {name for name, each in found.items() if each["dead_letters"]} == {each.name for each in DEAD_LETTER_QUEUES}


def test_dead_letters_are_listed_with_reason_and_place_the_oldest_first_and_stay(world: Any) -> None:
    newer, older = put_letter(world, minute=9), put_letter(world, minute=2)
    world.queues[PROCESSING_DLQ.name].send("{}")
    for _ in range(2):
        listed = world.api.get(LETTERS).json()
        assert [each["id"] for each in listed["items"]][:2] == [older, newer]
        assert len(listed["items"]) == 3
    first = listed["items"][0]
    assert first["reason"] == {"code": "not_json", "message": "The record is not JSON.", "hint": "Send JSON."}
    assert (first["consumer"], first["source"], first["position"]) == ("ingest", INGESTION.name, "shardId-0:17")
    assert "body" not in first
    bounded = world.api.get(LETTERS, params={"queue": INGEST_DLQ.name, "limit": 1}).json()
    assert ([each["id"] for each in bounded["items"]], bounded["more"]) == ([older], True)


def test_a_letter_shows_what_it_carries_as_text_or_in_hexadecimal(world: Any) -> None:
    said, noise = put_letter(world, "Grüße".encode() * 20_000), put_letter(world, b"\xff\x00" * 400)
    path = f"{LETTERS}/{INGEST_DLQ.name}"
    text = world.api.get(f"{path}/{said}").json()
    assert (text["size"], text["hexadecimal"]) == (7 * 20_000, None)
    assert text["text"].startswith("GrüßeGrüße")
    assert len(text["text"].encode()) in (65_535, 65_536)
    other = world.api.get(f"{path}/{noise}").json()
    assert (other["text"], other["hexadecimal"][:8], len(other["hexadecimal"])) == (None, "ff 00 ff", 3 * 256 - 1)
    assert world.api.get(f"{path}/{uuid4()}").json()["code"] == "letter_missing"


def test_a_redriven_letter_is_back_on_its_stream_once_however_often_it_is_asked_for(world: Any) -> None:
    letter, other = put_letter(world, b"one"), put_letter(world, b"two")
    first = redrive(world, INGEST_DLQ.name, letter, letter).json()["outcomes"]
    assert first == [{"id": letter, "redriven": True, "records": 1, "code": "", "message": ""}]
    [again] = redrive(world, INGEST_DLQ.name, letter).json()["outcomes"]
    assert (again["redriven"], again["code"]) == (False, "letter_missing")
    assert world.streams.records == {INGESTION.name: [("video-9", b"one")]}
    assert [each["id"] for each in world.api.get(LETTERS).json()["items"]] == [other]


def test_a_letter_that_another_looks_at_just_now_is_waited_for(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    letter = put_letter(world)
    queue = world.queues[INGEST_DLQ.name]
    receive, looks = queue.receive, iter([[], None, [], None])
    monkeypatch.setattr(queue, "receive", lambda **asked: receive(**asked) if next(looks, None) is None else [])
    assert world.api.get(f"{LETTERS}/{INGEST_DLQ.name}/{letter}").status_code == 200
    looks = iter([[]])
    [outcome] = redrive(world, INGEST_DLQ.name, letter).json()["outcomes"]
    assert outcome["redriven"]


def test_a_message_that_was_received_too_often_goes_back_to_its_queue(world: Any) -> None:
    dead = world.queues[PROCESSING_DLQ.name]
    dead.send(json.dumps({"job_id": "x"}))
    [outcome] = redrive(world, PROCESSING_DLQ.name, dead.waiting[0].id).json()["outcomes"]
    assert outcome["redriven"]
    assert [each.body for each in world.queues[PROCESSING.name].waiting] == [json.dumps({"job_id": "x"})]


def test_a_letter_that_cannot_go_back_stays_and_says_why(world: Any) -> None:
    batch = {
        "requestContext": {"functionArn": "arn:aws:lambda:us-east-1:1:function:ingest-test"},
        "KinesisBatchInfo": {
            "shardId": "shardId-0",
            "startSequenceNumber": "1",
            "endSequenceNumber": "2",
            "batchSize": 2,
            "streamArn": f"arn:aws:kinesis:us-east-1:1:stream/{INGESTION.name}-test",
        },
    }
    queue = world.queues[INGEST_DLQ.name]
    queue.send(json.dumps(batch))
    letter = queue.waiting[0].id
    [outcome] = redrive(world, INGEST_DLQ.name, letter).json()["outcomes"]
    assert (outcome["redriven"], outcome["code"]) == (False, "records_expired")
    assert [each.id for each in queue.waiting] == [letter]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/queues"),
        ("GET", LETTERS),
        ("GET", f"{LETTERS}/{INGEST_DLQ.name}/any"),
        ("POST", f"{LETTERS}/redrive"),
    ],
)
def test_only_a_key_that_may_operate_gets_in(world: Any, method: str, path: str) -> None:
    letter = put_letter(world)
    _, plain = create_key(world.ledger.keys, "reader")
    reader = TestClient(world.api.app, headers={"X-API-Key": plain}, raise_server_exceptions=False)
    body = {"queue": INGEST_DLQ.name, "letters": [letter]} if method == "POST" else None
    refused = reader.request(method, path, json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    assert "--operate" in refused.json()["hint"]
    assert world.stranger.request(method, path, json=body).status_code == 401
    assert world.streams.records == {}


def test_what_is_asked_wrongly_is_refused_with_a_reason(world: Any) -> None:
    assert world.api.get(LETTERS, params={"queue": "nonsense"}).json()["code"] == "queue_unknown"
    assert redrive(world, PROCESSING.name, "a").json()["code"] == "queue_unknown"
    for letters in ([], ["a"] * 101, ["a b"], "a"):
        answer = world.api.post(f"{LETTERS}/redrive", json={"queue": INGEST_DLQ.name, "letters": letters})
        assert answer.status_code == 422
