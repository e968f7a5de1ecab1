"""Where something is said in one video, and how the whole is used."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from video_pipeline.events import QuestionAsked
from video_pipeline.model import Failure, JobOptions, Question, Source
from video_pipeline.ports import Submission

TODAY = datetime.now(UTC).date()


def search(world: Any, video_id: object, **params: Any) -> Any:
    return world.api.get(f"/api/v1/videos/{video_id}/transcript/search", params=params)


# ----------------------------------------------------------------------------------------------- search
def test_a_phrase_is_found_with_its_second_its_place_and_a_link(world: Any) -> None:
    video_id = world.put_video("Good morning.", "We raised the budget, twice.")
    body = search(world, video_id, q="the Budget twice").json()
    (found,) = body["items"]
    assert (body["total"], body["query"], found["speakers"]) == (1, "the Budget twice", ["ann"])
    assert found["text"][found["highlight_start"] : found["highlight_end"]] == "the budget, twice"
    assert (found["start"], found["end"], found["exact"]) == (10.0, 18.0, False)
    assert found["link"] == f"https://videos.example/videos/{video_id}?t=10"


def test_places_come_in_order_and_some_at_a_time(world: Any) -> None:
    video_id = world.put_video(*[f"Budget {number}." for number in range(7)])
    body = search(world, video_id, q="budget", skip=2, limit=3).json()
    assert (body["total"], [each["start"] for each in body["items"]]) == (7, [20.0, 30.0, 40.0])
    assert search(world, video_id, q="budget", skip=90).json()["items"] == []


def test_what_is_not_said_is_found_nowhere(world: Any) -> None:
    video_id = world.put_video("One.")
    assert search(world, video_id, q="two").json() == {
        "video_id": str(video_id),
        "query": "two",
        "total": 0,
        "items": [],
    }


@pytest.mark.parametrize(
    ("q", "code"), [("?!", "query_empty"), ("", "invalid_request"), ("x" * 201, "invalid_request")]
)
def test_what_can_not_be_looked_for_is_refused(world: Any, q: str, code: str) -> None:
    answer = search(world, world.put_video("One."), q=q)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_an_unknown_video_is_not_searched(world: Any) -> None:
    assert search(world, uuid4(), q="a").json()["code"] == "video_not_found"


# -------------------------------------------------------------------------------------------- analytics
def test_questions_are_counted_and_the_unanswered_ones_named(world: Any) -> None:
    world.put_video("We raised the budget.")
    for query in ("What about the budget?", "Who won the chess game?", "who won the CHESS game"):
        world.api.post("/api/v1/query", json={"query": query})
    body = world.api.get("/api/v1/analytics").json()
    today = body["days"][-1]
    assert (len(body["days"]), today["date"]) == (30, TODAY.isoformat())
    assert (today["questions"], today["unanswered"], today["videos"], today["jobs_completed"]) == (3, 2, 1, 1)
    assert today["video_seconds"] == 80
    assert today["answer_ms_p95"] >= today["answer_ms_median"] >= 0
    assert body["totals"]["questions"] == 3
    ((asked),) = body["unanswered"]
    assert (asked["query"].lower().rstrip("?"), asked["times"]) == ("who won the chess game", 2)


def fail(world: Any, name: str, code: str, message: str) -> None:
    media = world.objects.write("media-bucket-test", f"uploads/{name}", name.encode(), content_type="video/mp4")
    source = Source(kind="object", media=media, filename=name, size=len(name))
    ((job, _),) = world.ledger.jobs.submit([Submission(source, JobOptions(), ready=True)])
    world.ledger.jobs.claim(job.id, "w")
    world.ledger.jobs.fail(job.id, Failure(code=code, message=message, hint="Send another."), emit=(), worker="w")


def test_failures_are_counted_by_reason_with_what_the_latest_said(world: Any) -> None:
    fail(world, "a.mp4", "no_audio", "It has no sound.")
    fail(world, "b.mp4", "media_unreadable", "It broke off.")
    fail(world, "c.mp4", "media_unreadable", "It is no film.")
    body = world.api.get("/api/v1/analytics").json()
    found = [(each["code"], each["stage"], each["jobs"], each["message"]) for each in body["failures"]]
    assert found == [
        ("media_unreadable", "fetch", 2, "It is no film."),
        ("no_audio", "fetch", 1, "It has no sound."),
    ]
    assert body["failures"][0]["hint"] == "Send another."
    assert (body["totals"]["jobs_failed"], body["days"][-1]["job_seconds_median"]) == (3, None)
    past = (TODAY - timedelta(days=1)).isoformat()
    assert world.api.get("/api/v1/analytics", params={"date_to": past}).json()["failures"] == []


def test_it_is_told_how_long_completed_jobs_took(world: Any, api_database: Any) -> None:
    for title, seconds in (("a", 10), ("b", 20), ("c", 60)):
        world.put_video("We raised the budget.", title=title)
        with api_database.transaction() as connection:
            connection.execute(
                "update jobs set started_at = finished_at - make_interval(secs => %s) where options ->> 'title' = %s",
                [seconds, title],
            )
    today = world.api.get("/api/v1/analytics").json()["days"][-1]
    assert (today["job_seconds_median"], today["job_seconds_p95"]) == (pytest.approx(20), pytest.approx(56))


def test_a_question_that_came_as_a_record_is_counted_once(world: Any) -> None:
    asked = Question(query=QuestionAsked(query="When is lunch?").query)
    question_id = uuid4()
    for _ in range(2):
        world.ledger.questions.save(question_id, asked, {"answer": None, "results": [], "engine": "extractive"})
    totals = world.api.get("/api/v1/analytics", params={"date_from": TODAY.isoformat()}).json()["totals"]
    assert (totals["questions"], totals["unanswered"]) == (1, 1)


def test_words_of_answered_questions_are_not_kept(world: Any, api_database: Any) -> None:
    world.put_video("We raised the budget.")
    world.api.post("/api/v1/query", json={"query": "What about the budget?"})
    with api_database.transaction() as connection:
        assert [row["query"] for row in connection.execute("select query from asked")] == [None]


def test_words_and_counts_are_forgotten_in_time(world: Any, api_database: Any) -> None:
    for _ in range(3):
        world.api.post("/api/v1/query", json={"query": "Who won?"})
    with api_database.transaction() as connection:
        for age, number in ((91, 1), (801, 2)):
            connection.execute(
                "update asked set at = now() - %s where id = (select min(id) + %s from asked)",
                [timedelta(days=age), number],
            )
    assert world.ledger.analytics.forget() == 3
    with api_database.transaction() as connection:
        kept = [row["query"] for row in connection.execute("select query from asked order by at")]
    assert kept == [None, "Who won?"]


@pytest.mark.parametrize(
    ("params", "days"),
    [
        ({"date_from": "2026-01-01", "date_to": "2026-01-01"}, 1),
        ({"date_to": "2026-03-01"}, 30),
        ({"date_from": "2999-01-01"}, 1),
        ({"date_to": "0001-01-01"}, 1),
        ({"date_from": "2024-12-01", "date_to": "2026-01-04"}, 400),
    ],
)
def test_any_range_of_days_can_be_asked_for(world: Any, params: dict[str, str], days: int) -> None:
    answer = world.api.get("/api/v1/analytics", params=params)
    assert (answer.status_code, len(answer.json()["days"])) == (200, days)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"date_from": "2026-02-02", "date_to": "2026-02-01"}, "date_range_impossible"),
        ({"date_from": "2020-01-01", "date_to": "2026-01-01"}, "date_range_too_long"),
        ({"date_from": "2026-13-01"}, "invalid_request"),
    ],
)
def test_a_range_that_can_not_be_counted_is_refused(world: Any, params: dict[str, str], code: str) -> None:
    answer = world.api.get("/api/v1/analytics", params=params)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize(
    "query", ["who\u0000won", "who \ud800 won", "\u202ewho won", "<b>who</b>", "x" * 4000, "🎉 who won?"]
)
def test_whatever_is_asked_can_be_counted(world: Any, query: str) -> None:
    answer = world.api.post(
        "/api/v1/query", content=json.dumps({"query": query}), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (200, 422)
    totals = world.api.get("/api/v1/analytics").json()["totals"]
    assert totals["unanswered"] == (answer.status_code == 200)
