"""Lists of jobs and videos: what they can be narrowed to, in which order, page by page; and wishes about one job."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from video_pipeline.model import Failure, JobOptions, Source
from video_pipeline.ports import Submission

TODAY = datetime.now(UTC).date()
JOBS, VIDEOS = "/api/v1/jobs", "/api/v1/videos"
_NAMED = {JOBS: "job_id", VIDEOS: "title"}


def a_job(world: Any, name: str, title: str | None = None) -> str:
    media = world.objects.write("media-bucket-test", name, b"film", content_type="video/mp4")
    source = Source(kind="object", media=media, filename=name)
    ((job, _),) = world.ledger.jobs.submit([Submission(source, JobOptions(title=title), ready=True)])
    return str(job.id)


def a_failed_job(world: Any, name: str, code: str = "media_unreadable") -> str:
    job_id = a_job(world, name)
    world.ledger.jobs.claim(UUID(job_id), "w")
    world.ledger.jobs.begin_stage(UUID(job_id), "probe", "w")
    world.ledger.jobs.fail(UUID(job_id), Failure(code=code, message="It is no film."), worker="w")
    return job_id


def listed(world: Any, path: str, **params: Any) -> list[str]:
    answer = world.api.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return [item[_NAMED[path]] for item in answer.json()["items"]]


def paged(world: Any, path: str, **params: Any) -> list[str]:
    """All of it in pages of two."""
    found: list[str] = []
    cursor = None
    while True:
        page = world.api.get(path, params=params | {"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        found += [item[_NAMED[path]] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            return found


def test_jobs_are_found_by_what_is_known_of_them(world: Any) -> None:
    queued, failed = a_job(world, "a.mp4", "Budget 100%"), a_failed_job(world, "b_1.mp4")
    world.put_video("One.", title="Done")
    (done,) = listed(world, JOBS, status="completed")
    assert set(listed(world, JOBS, status=["queued", "failed"])) == {queued, failed}
    assert listed(world, JOBS, q="budget 100%") == [queued]
    assert listed(world, JOBS, q="B_1") == [failed]
    assert listed(world, JOBS, stage="probe") == [failed]
    assert listed(world, JOBS, code="media_unreadable") == [failed]
    video_id = world.api.get(f"/api/v1/status/{done}").json()["video_id"]
    assert listed(world, JOBS, video_id=video_id) == [done]


def test_days_of_arrival_are_taken_with_both_ends(world: Any) -> None:
    job_id = a_job(world, "a.mp4")
    world.put_video("One.", title="Done")
    today, later, before = TODAY.isoformat(), (TODAY + timedelta(2)).isoformat(), (TODAY - timedelta(2)).isoformat()
    assert job_id in listed(world, JOBS, date_from=today, date_to=today)
    assert listed(world, VIDEOS, date_from=before, date_to=later) == ["Done"]
    assert listed(world, JOBS, date_from=later) == listed(world, VIDEOS, date_to=before) == []


def test_a_video_is_of_the_day_it_was_recorded_where_that_is_known(world: Any) -> None:
    video_id = world.put_video("One.", title="Old")
    world.ledger.jobs.describe(video_id, recorded_on=date(2019, 6, 30))
    world.ledger.jobs.describe(video_id, recorded_on=date(2020, 1, 1))
    assert listed(world, VIDEOS, date_from="2019-06-30", date_to="2019-06-30") == ["Old"]
    assert listed(world, VIDEOS, date_from=TODAY.isoformat()) == []
    assert world.api.get(f"{VIDEOS}/{video_id}").json()["recorded_on"] == "2019-06-30"


@pytest.mark.parametrize("path", [JOBS, VIDEOS])
def test_what_nothing_fits_is_an_empty_list(world: Any, path: str) -> None:
    world.put_video("One.")
    assert listed(world, path, q="' or 1=1 --") == []


@pytest.mark.parametrize("path", [JOBS, VIDEOS])
@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"date_from": "2026-02-02", "date_to": "2026-02-01"}, "date_range_impossible"),
        ({"date_from": "2026-02-30"}, "invalid_request"),
        ({"date_from": "1700000000"}, "invalid_request"),
        ({"date_to": "yesterday"}, "invalid_request"),
        ({"sort": "sha256"}, "invalid_request"),
        ({"q": ""}, "invalid_request"),
        ({"q": "a\0b"}, "invalid_request"),
        ({"limit": "0"}, "invalid_request"),
        ({"limit": "201"}, "invalid_request"),
    ],
)
def test_what_can_not_be_meant_is_refused(world: Any, path: str, params: dict[str, str], code: str) -> None:
    answer = world.api.get(path, params=params)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_a_stage_that_there_is_not_is_refused(world: Any) -> None:
    assert world.api.get(JOBS, params={"stage": "lunch"}).status_code == 422


@pytest.mark.parametrize("sort", ["created_at", "-created_at", "updated_at", "-updated_at"])
def test_jobs_come_page_by_page_in_the_order_that_is_asked_for(world: Any, sort: str) -> None:
    made = [a_job(world, f"{number}.mp4") for number in range(5)]
    assert paged(world, JOBS, sort=sort) == (made[::-1] if sort.startswith("-") else made)


def test_what_was_touched_last_comes_first_by_time_of_change(world: Any) -> None:
    first, second = a_job(world, "a.mp4"), a_job(world, "b.mp4")
    world.ledger.jobs.note(UUID(first), "Touched.")
    assert listed(world, JOBS, sort="-updated_at") == [first, second]


def test_videos_are_sorted_by_title_in_any_letter_case_and_by_length(world: Any) -> None:
    titles = ["apple", "Banana", "cherry", "Äpfel", "banana"]
    for length, title in enumerate(titles):
        video_id = world.put_video("One.", title=title)
        known = world.ledger.videos.get(video_id).info
        world.ledger.jobs.describe(video_id, info=known.model_copy(update={"duration": 100.25 - length}))
    by_title = paged(world, VIDEOS, sort="title")
    assert [each.lower() for each in by_title if each.isascii()] == ["apple", "banana", "banana", "cherry"]
    assert paged(world, VIDEOS, sort="-title") == by_title[::-1]
    assert paged(world, VIDEOS, sort="duration") == titles[::-1]
    assert paged(world, VIDEOS, sort="-duration") == titles


def test_videos_are_found_by_title_language_and_whether_they_can_be_asked_about(world: Any) -> None:
    british = world.put_video("One.", title="British")
    world.ledger.jobs.describe(british, language="en-GB")
    world.put_video("Two.", title="Plain")
    assert set(listed(world, VIDEOS, language="EN")) == {"British", "Plain"}
    assert listed(world, VIDEOS, language="en-gb") == ["British"]
    assert listed(world, VIDEOS, language="e") == []
    assert listed(world, VIDEOS, q="BRIT") == ["British"]
    assert len(listed(world, VIDEOS, indexed=True)) == 2
    assert listed(world, VIDEOS, indexed=False) == []


def test_a_cursor_belongs_to_its_order(world: Any) -> None:
    for number in range(3):
        world.put_video("One.", title=f"Film {number}")
    cursor = world.api.get(VIDEOS, params={"limit": 1, "sort": "title"}).json()["next"]
    answer = world.api.get(VIDEOS, params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_wrong")


@pytest.mark.parametrize(
    "value", ['["title","a\\u0000",%s]', '["title",1,%s]', '["title","a",7]', "[[[[", "7", '["x"]']
)
def test_a_cursor_that_was_made_up_is_refused(world: Any, value: str) -> None:
    import base64

    text = value.replace("%s", f'"{uuid4()}"')
    cursor = base64.urlsafe_b64encode(text.encode()).decode()
    answer = world.api.get(VIDEOS, params={"cursor": cursor, "sort": "title"})
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_wrong")


def test_a_page_goes_on_although_its_last_video_was_erased(world: Any) -> None:
    for title in ("a", "b", "c"):
        world.put_video("One.", title=title)
    page = world.api.get(VIDEOS, params={"limit": 1, "sort": "title"}).json()
    world.api.delete(f"{VIDEOS}/{page['items'][0]['id']}")
    assert listed(world, VIDEOS, cursor=page["next"], sort="title") == ["b", "c"]


# ------------------------------------------------------------------------------------- wishes about one
def test_a_job_is_cancelled_tried_again_and_run_again(world: Any) -> None:
    job_id = a_job(world, "a.mp4")
    cancelled = world.api.post(f"{JOBS}/{job_id}/cancel")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "failed")
    assert cancelled.json()["error"]["code"] == "cancelled"
    assert world.key not in cancelled.text
    assert world.api.post(f"{JOBS}/{job_id}/cancel").status_code == 200
    retried = world.api.post(f"{JOBS}/{job_id}/retry")
    assert (retried.status_code, retried.json()["status"]) == (202, "queued")
    assert retried.json()["error"] is None
    refused = world.api.post(f"{JOBS}/{job_id}/rerun", json={"stage": "fetch"})
    assert (refused.status_code, refused.json()["code"]) == (409, "job_at_work")


def test_a_completed_job_runs_again_from_a_stage(world: Any) -> None:
    world.put_video("One.")
    (job_id,) = listed(world, JOBS)
    assert world.api.post(f"{JOBS}/{job_id}/retry").json()["code"] == "job_completed"
    again = world.api.post(f"{JOBS}/{job_id}/rerun", json={"stage": "embed"})
    assert (again.status_code, again.json()["status"], again.json()["current_stage"]) == (202, "processing", "embed")
    assert listed(world, VIDEOS) == ["All hands"]


@pytest.mark.parametrize("body", [{"stage": "receive"}, {"stage": "lunch"}, {"stage": 3}, {"step": "chunk"}])
def test_a_stage_to_begin_at_that_there_is_not_is_refused(world: Any, body: dict[str, Any]) -> None:
    job_id = a_job(world, "a.mp4")
    assert world.api.post(f"{JOBS}/{job_id}/rerun", json=body).status_code == 422


@pytest.mark.parametrize("wish", ["cancel", "retry", "rerun"])
def test_wishes_about_an_unknown_job_are_refused(world: Any, wish: str) -> None:
    answer = world.api.post(f"{JOBS}/{uuid4()}/{wish}", json={})
    assert (answer.status_code, answer.json()["code"]) == (404, "job_not_found")


def test_parts_of_a_cancelled_upload_are_not_put_together(world: Any) -> None:
    granted = world.api.post("/api/v1/upload", json={"filename": "a.mp4", "size": 10}).json()
    world.api.post(f"{JOBS}/{granted['job_id']}/cancel")
    answer = world.api.post(f"/api/v1/upload/{granted['job_id']}/complete", json={"etags": ["a"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "upload_cancelled")
