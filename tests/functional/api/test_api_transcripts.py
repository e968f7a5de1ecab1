"""Transcripts whose films are not here."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.indexes import SPEC
from video_pipeline.chunking import Chunking, Cutter
from video_pipeline.events import ChunksReady, TranscriptReady
from video_pipeline.indexing import Indexing
from video_pipeline.moments import moments
from video_pipeline.summaries.orders import SummaryOrder
from video_pipeline.summarising import Summarising

RESULTS = "results-bucket-test"
MEETING = """WEBVTT

00:00:01.000 --> 00:00:06.000
<v Ann>The board raised the budget by ten percent.

00:00:07.500 --> 00:00:12.000
<v Bob>The office in Lisbon opens in May.
"""


class Words:
    def count(self, texts: list[str]) -> list[int]:
        return [len(text.split()) for text in texts]


def go_on(world: Any, job_id: Any, video_id: Any) -> None:
    """What the functions do with what was announced."""
    cutter = Cutter(world.deps.objects, Words(), results_bucket=RESULTS)
    Chunking(world.ledger, cutter, lambda: world.ledger.indexes.serving(SPEC)).chunk(
        TranscriptReady(job_id=job_id, video_id=video_id)
    )
    serving = world.deps.answering._serving
    Indexing(world.ledger, serving).index(ChunksReady(job_id=job_id, video_id=video_id))
    summarising = Summarising(
        world.ledger, world.deps.objects, None, results_bucket=RESULTS, link=moments("https://videos.example")
    )
    summarising.summarise(SummaryOrder(job_id=job_id, video_id=video_id))


def imported(world: Any, content: str = MEETING, **about: Any) -> Any:
    return world.api.post("/api/v1/transcripts", json={"filename": "board.vtt", "content": content, **about})


def test_an_imported_transcript_is_answered_from_like_any_other(world: Any) -> None:
    answer = imported(world, title="Board, May", recorded_on="2019-06-30", metadata={"room": "7"})
    assert answer.status_code == 201, answer.text
    job = world.ledger.jobs.get(answer.json()["job_id"])
    assert answer.headers["Location"].endswith(f"/status/{job.id}")
    assert (job.status, job.stage, job.source.kind) == ("processing", "chunk", "transcript")
    assert [json.loads(each.body)["type"] for each in world.published.messages] == ["transcript.ready"]
    go_on(world, job.id, job.video_id)
    status = world.api.get(f"/api/v1/status/{job.id}").json()
    assert status["status"] == "completed"
    assert [each["stage"] for each in status["stages"]] == ["transcribe", "chunk", "embed", "summarise"]
    asked = {"query": "When does the Lisbon office open?"}
    assert world.api.post("/api/v1/query", json=asked | {"date_from": "2020-01-01"}).json()["results"] == []
    found = world.api.post("/api/v1/query", json=asked | {"date": "2019-06-30"}).json()
    assert found["citations"][0]["quote"] == "The office in Lisbon opens in May."
    assert found["citations"][0]["start"] == 7.5
    video = world.api.get(f"/api/v1/videos/{job.video_id}").json()
    assert (video["title"], video["metadata"]) == ("Board, May", {"room": "7"})
    assert "Lisbon" in world.api.get(f"/api/v1/videos/{job.video_id}/transcript.srt").text


def test_the_film_of_an_imported_transcript_can_not_be_played(world: Any) -> None:
    job = world.ledger.jobs.get(imported(world).json()["job_id"])
    refused = world.api.get(f"/api/v1/videos/{job.video_id}/playback")
    assert (refused.status_code, refused.json()["code"]) == (404, "media_missing")


def test_the_same_document_twice_is_one_video(world: Any) -> None:
    first = world.ledger.jobs.get(imported(world).json()["job_id"])
    waiting = world.ledger.jobs.get(imported(world).json()["job_id"])
    assert (waiting.status, waiting.waiting_for) == ("processing", f"job:{first.id}")
    go_on(world, first.id, first.video_id)
    assert world.ledger.jobs.get(waiting.id).status == "completed"
    third = world.ledger.jobs.get(imported(world, title="Another title").json()["job_id"])
    assert (third.status, third.video_id) == ("completed", first.video_id)
    assert "indexed already" in third.notes[0]
    assert len(world.api.get("/api/v1/videos").json()["items"]) == 1


def test_what_the_api_gives_it_takes_again(world: Any) -> None:
    job = world.ledger.jobs.get(imported(world).json()["job_id"])
    text = world.api.get(f"/api/v1/videos/{job.video_id}/transcript").text
    again = imported(world, text, title="Once more")
    assert again.status_code == 201, again.text
    assert world.ledger.jobs.get(again.json()["job_id"]).video_id != job.video_id


def test_an_erased_transcript_leaves_nothing_and_may_come_again(world: Any) -> None:
    job = world.ledger.jobs.get(imported(world).json()["job_id"])
    go_on(world, job.id, job.video_id)
    erased = world.api.delete(f"/api/v1/videos/{job.video_id}")
    assert erased.json()["status"] == "erased"
    assert not world.objects.kept
    again = world.ledger.jobs.get(imported(world).json()["job_id"])
    assert (again.status, again.stage, again.video_id) == ("processing", "chunk", job.video_id)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("just a text", "captions_malformed"),
        ('{"results": 1}', "transcribe_malformed"),
        ("WEBVTT\n\n", "captions_empty"),
        ("\u0000\u0001", "captions_binary"),
        ("", "invalid_request"),
    ],
)
def test_what_is_no_transcript_is_refused_with_a_reason_and_leaves_nothing(world: Any, content: str, code: str) -> None:
    refused = imported(world, content)
    assert refused.status_code in (400, 422)
    assert refused.json()["code"] == code
    assert not world.objects.kept
    assert world.api.get("/api/v1/jobs").json()["items"] == []


def test_a_document_beyond_the_limit_is_refused_before_it_is_read(world: Any) -> None:
    refused = imported(world, "x" * (33 * 1024**2))
    assert (refused.status_code, refused.json()["code"]) == (413, "body_too_large")
