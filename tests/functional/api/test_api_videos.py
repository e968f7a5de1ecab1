from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from video_pipeline.model import Failure, JobOptions, ObjectRef, Source
from video_pipeline.ports import Claimed, Submission

MEDIA, PUBLIC = "media-bucket-test", "https://videos.example"


def test_a_finished_job_tells_its_stages_and_its_video(world: Any) -> None:
    video_id = world.put_video("We raised the budget.")
    job_id = world.ledger.videos.get(video_id).job_id
    answer = world.api.get(f"/api/v1/status/{job_id}")
    body = answer.json()
    assert answer.status_code == 200
    assert (body["job_id"], body["status"], body["progress"]) == (str(job_id), "completed", 1)
    assert (body["video_id"], body["error"], body["title"]) == (str(video_id), None, "All hands")
    assert {"current_stage", "created_at", "updated_at", "notes"} <= body.keys()
    (probe, *_) = body["stages"]
    assert (probe["stage"], probe["attempt"], probe["error"]) == ("probe", 1, None)


def test_a_failed_job_says_why_and_what_to_do_but_shows_no_trace(world: Any) -> None:
    job_id = a_job(world, "broken.mp4")
    why = Failure(code="media_unreadable", message="It can't be read.", hint="Convert it.", trace="Traceback: secret")
    world.ledger.jobs.claim(job_id, "w")
    world.ledger.jobs.begin_stage(job_id, "probe", "w")
    world.ledger.jobs.end_stage(job_id, "probe", status="failed", failure=why)
    world.ledger.jobs.fail(job_id, why, worker="w")
    answer = world.api.get(f"/api/v1/status/{job_id}")
    expected = {"code": "media_unreadable", "message": "It can't be read.", "hint": "Convert it."}
    assert answer.json()["error"] == answer.json()["stages"][0]["error"] == expected
    assert "secret" not in answer.text


def test_jobs_are_listed_in_pages_newest_first_and_by_status(world: Any) -> None:
    made = [str(a_job(world, f"{number}.mp4")) for number in range(5)]
    first = world.api.get("/api/v1/jobs", params={"limit": 2}).json()
    second = world.api.get("/api/v1/jobs", params={"limit": 2, "cursor": first["next"]}).json()
    third = world.api.get("/api/v1/jobs", params={"limit": 2, "cursor": second["next"]}).json()
    listed = [item["job_id"] for page in (first, second, third) for item in page["items"]]
    assert listed == made[::-1]
    assert third["next"] is None
    assert len(world.api.get("/api/v1/jobs", params={"status": "queued"}).json()["items"]) == 5
    assert world.api.get("/api/v1/jobs", params={"status": "failed"}).json() == {"items": [], "next": None}


@pytest.mark.parametrize("cursor", ["x", "????", "bm90IGEgY3Vyc29y", "MjAyNi0wMS0wMXxhYmM", "%00", "é"])
def test_a_cursor_that_no_list_gave_is_refused(world: Any, cursor: str) -> None:
    answer = world.api.get("/api/v1/jobs", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_wrong")


def test_videos_are_listed_with_their_posters(world: Any) -> None:
    video_id = world.put_video("One.", title="First")
    world.put_video("Two.", title="Second")
    body = world.api.get("/api/v1/videos").json()
    assert [item["title"] for item in body["items"]] == ["Second", "First"]
    shown = body["items"][1]
    assert (shown["id"], shown["duration"], shown["language"]) == (str(video_id), 80, "en")
    assert (shown["has_picture"], shown["has_sound"]) == (True, True)
    assert shown["poster_url"].startswith("https://results-bucket-test.s3.example/videos/")


def test_a_video_tells_where_its_transcript_came_from(world: Any) -> None:
    video_id = world.put_video("One.", quality="low")
    body = world.api.get(f"/api/v1/videos/{video_id}").json()
    assert (body["transcript"]["quality"], body["transcript"]["source"]) == ("low", "sidecar")
    assert body["info"]["video_codec"] == "h264"


@pytest.mark.parametrize(
    ("accept", "kind", "text"),
    [
        (None, "application/json", "One."),
        ("*/*", "application/json", "One."),
        ("text/vtt", "text/vtt; charset=utf-8", "WEBVTT"),
        ("application/x-subrip", "application/x-subrip; charset=utf-8", "1\n"),
        ("text/*;q=0.9, application/json;q=0.1", "text/vtt; charset=utf-8", "WEBVTT"),
        ("application/json;q=0, */*", "text/vtt; charset=utf-8", "WEBVTT"),
        ("text/html, application/xhtml+xml, */*;q=0.8", "application/json", "One."),
    ],
)
def test_the_transcript_comes_in_the_form_that_is_asked_for(
    world: Any, accept: str | None, kind: str, text: str
) -> None:
    video_id = world.put_video("One.")
    headers = {"Accept": accept} if accept else {}
    answer = world.api.get(f"/api/v1/videos/{video_id}/transcript", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert text in answer.text


@pytest.mark.parametrize(("suffix", "text"), [("json", "One."), ("vtt", "WEBVTT"), ("srt", "1\n")])
def test_the_transcript_has_an_address_for_each_form(world: Any, suffix: str, text: str) -> None:
    video_id = world.put_video("One.")
    answer = world.api.get(f"/api/v1/videos/{video_id}/transcript.{suffix}", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    assert text in answer.text


def test_a_form_that_there_is_not_is_refused(world: Any) -> None:
    video_id = world.put_video("One.")
    refused = world.api.get(f"/api/v1/videos/{video_id}/transcript", headers={"Accept": "application/pdf"})
    assert (refused.status_code, refused.json()["code"]) == (406, "not_acceptable")
    assert world.api.get(f"/api/v1/videos/{video_id}/transcript.pdf").status_code == 422


def test_playback_gives_links_that_work_for_a_while(world: Any) -> None:
    video_id = world.put_video("One.")
    body = world.api.get(f"/api/v1/videos/{video_id}/playback").json()
    assert body["url"].startswith(f"https://{MEDIA}.s3.example/uploads/")
    assert "expires=900" in body["url"]
    assert "download=All hands.mp4" in body["download_url"]
    assert body["captions_url"].partition("?")[0].endswith(f"videos/{video_id}/transcript.vtt")
    assert [still["at"] for still in body["thumbnails"]] == [0]
    assert world.api.get(f"/api/v1/videos/{video_id}/playback?thumbnails=false").json()["thumbnails"] == []


@pytest.mark.parametrize("path", ["", "/transcript", "/transcript.vtt", "/playback"])
def test_an_unknown_video_is_not_found(world: Any, path: str) -> None:
    answer = world.api.get(f"/api/v1/videos/{uuid4()}{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "video_not_found")


def test_erasing_takes_everything_away_and_says_what_went(world: Any) -> None:
    video_id, kept = world.put_video("We raised the budget."), world.put_video("Lunch is at noon.", title="Other")
    question = {"query": "What about the budget?"}
    assert world.api.post("/api/v1/query", json=question).json()["answer"] is not None
    answer = world.api.delete(f"/api/v1/videos/{video_id}")
    receipt = answer.json()["receipt"]
    assert (answer.status_code, answer.json()["status"]) == (200, "erased")
    assert (receipt["vectors"], receipt["media_objects"], receipt["result_objects"]) == (1, 1, 3)
    assert not [key for _, key in world.objects.kept if str(video_id) in key]
    assert world.api.get(f"/api/v1/videos/{video_id}").status_code == 404
    assert world.api.delete(f"/api/v1/videos/{video_id}").status_code == 404
    after = world.api.post("/api/v1/query", json=question).json()
    assert after["answer"] is None
    assert {result["video"]["id"] for result in after["results"]} == {str(kept)}
    assert world.api.get(f"/api/v1/videos/{kept}/transcript").status_code == 200


def test_originals_in_other_buckets_are_named_and_left(world: Any) -> None:
    video_id = world.put_video("One.", bucket="their-bucket")
    receipt = world.api.delete(f"/api/v1/videos/{video_id}").json()["receipt"]
    assert len(receipt["not_ours"]) == 1
    assert receipt["not_ours"][0].startswith("s3://their-bucket/")
    assert [bucket for bucket, _ in world.objects.kept] == ["their-bucket"]


def test_a_video_at_work_is_erased_after_its_job(world: Any) -> None:
    video_id = world.put_video("One.")
    original = world.ledger.videos.get(video_id)
    again = a_job(world, "copy.mp4")
    assert isinstance(world.ledger.jobs.claim(again, "w"), Claimed)
    world.ledger.jobs.identify(again, "w", original.model_copy(update={"job_id": again}))
    answer = world.api.delete(f"/api/v1/videos/{video_id}")
    assert (answer.status_code, answer.json()) == (
        202,
        {"video_id": str(video_id), "status": "pending", "receipt": None},
    )
    world.ledger.jobs.complete(again, worker="w")
    assert world.deps.erasing.resume() == [video_id]
    assert world.api.get(f"/api/v1/videos/{video_id}").status_code == 404


def a_job(world: Any, key: str) -> UUID:
    media = ObjectRef(bucket=MEDIA, key=key, etag="e")
    source = Source(kind="object", media=media, filename=key)
    ((job, _),) = world.ledger.jobs.submit([Submission(source, JobOptions(), ready=True)])
    job_id: UUID = job.id
    return job_id
