from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from video_pipeline.api.models.queries import QueryResponse
from video_pipeline.model import Question

QUERY = "/api/v1/query"
PUBLIC = "https://videos.example"


def test_an_answer_quotes_the_second_and_links_to_it(world: Any) -> None:
    video_id = world.put_video("Lunch is at noon.", "The office moves to Lisbon in May.", "Any questions?")
    world.put_video("The weather was fine.", title="Other")
    body = world.api.post(QUERY, json={"query": "Where does the office move?"}).json()
    assert body["answer"] == "“The office moves to Lisbon in May.” [1]"
    assert body["engine"] == "extractive"
    (cited,) = body["citations"]
    assert (cited["number"], cited["quote"], cited["start"], cited["end"], cited["speaker"], cited["quality"]) == (
        1,
        "The office moves to Lisbon in May.",
        10,
        18,
        "ann",
        "captions",
    )
    assert cited["link"] == f"{PUBLIC}/videos/{video_id}?t=10"
    best = body["results"][0]
    assert (best["start"], best["end"], best["speakers"]) == (10, 18, ["ann"])
    assert 0.9 < best["score"] <= 1
    assert best["video"] == {"id": str(video_id), "title": "All hands"}
    assert best["chunk"]["text"] == "The office moves to Lisbon in May."
    assert set(best["chunk"]) == {"id", "position", "text", "quality"}
    assert best["link"] == cited["link"]


def test_what_the_videos_do_not_say_is_not_answered(world: Any) -> None:
    world.put_video("Lunch is at noon.")
    body = world.api.post(QUERY, json={"query": "What is the capital of Peru?"}).json()
    assert (body["answer"], body["citations"]) == (None, [])


def test_text_of_low_quality_says_so_wherever_it_is_shown(world: Any) -> None:
    world.put_video("Lunch is at noon.", quality="low")
    body = world.api.post(QUERY, json={"query": "When is lunch?"}).json()
    assert body["citations"][0]["quality"] == body["results"][0]["chunk"]["quality"] == "low"
    assert "low-quality" in body["answer"]


def test_filters_choose_videos_speakers_and_days(world: Any) -> None:
    ann = world.put_video("Lunch is at noon.", title="One", speaker="ann")
    bob = world.put_video("Lunch is at one.", title="Two", speaker="bob")
    today = datetime.now(UTC).date()
    yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)

    def found(**where: Any) -> set[str]:
        answer = world.api.post(QUERY, json={"query": "When is lunch?", **where})
        assert answer.status_code == 200
        return {result["video"]["id"] for result in answer.json()["results"]}

    assert found() == {str(ann), str(bob)}
    assert found(video_id=str(ann)) == {str(ann)}
    assert found(video_ids=[str(bob)]) == {str(bob)}
    assert found(speaker_ids=["bob", "eve"]) == {str(bob)}
    assert found(date=str(today)) == {str(ann), str(bob)}
    assert found(date_from=str(yesterday), date_to=str(tomorrow)) == {str(ann), str(bob)}
    assert found(date_from=str(tomorrow)) == set()


@pytest.mark.parametrize(
    "where",
    [
        {"video_id": str(uuid4())},
        {"speaker_ids": ["nobody", "'; drop table chunks; --"]},
        {"date": "1999-01-01"},
        {"min_score": 1.1},
    ],
)
def test_filters_that_match_nothing_give_an_empty_answer(world: Any, where: dict[str, Any]) -> None:
    world.put_video("Lunch is at noon.")
    answer = world.api.post(QUERY, json={"query": "When is lunch?", **where})
    assert answer.status_code == 200
    assert (answer.json()["results"], answer.json()["answer"], answer.json()["citations"]) == ([], None, [])


def test_top_k_and_min_score_bound_the_results(world: Any) -> None:
    for number in range(8):
        world.put_video(f"Lunch {number} is at noon.", "Nothing of note.", "The office moves.", title=f"Day {number}")
    assert len(world.api.post(QUERY, json={"query": "lunch"}).json()["results"]) == 5
    assert len(world.api.post(QUERY, json={"query": "lunch", "top_k": 2}).json()["results"]) == 2
    everything = world.api.post(QUERY, json={"query": "lunch", "top_k": 50}).json()["results"]
    scores = [result["score"] for result in everything]
    assert scores == sorted(scores, reverse=True)
    best = world.api.post(QUERY, json={"query": "lunch", "top_k": 50, "min_score": scores[7]}).json()["results"]
    assert 8 <= len(best) < len(everything)
    assert min(result["score"] for result in best) >= scores[7]


def test_passages_alone_may_be_asked_for(world: Any) -> None:
    world.put_video("Lunch is at noon.")
    body = world.api.post(QUERY, json={"query": "When is lunch?", "answer": False}).json()
    assert (body["answer"], body["citations"], len(body["results"])) == (None, [], 1)


def test_videos_of_one_language_may_be_asked(world: Any) -> None:
    world.put_video("Lunch is at noon.")
    for language, count in (("en", 1), ("en-GB", 1), ("de", 0)):
        body = world.api.post(QUERY, json={"query": "When is lunch?", "language": language}).json()
        assert len(body["results"]) == count
    assert world.api.post(QUERY, json={"query": "When is lunch?", "language": "no language"}).status_code == 422


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"query": ""}, 422, "question_empty"),
        ({"query": "   \n"}, 422, "question_empty"),
        ({"query": "?"}, 422, "question_empty"),
        ({"query": "x" * 100_000}, 422, "question_too_long"),
        ({"query": "x" * 2_000_000}, 413, "body_too_large"),
        ({"query": "nul\x00"}, 422, "question_unreadable"),
        ({"query": "lunch", "date": "2026-02-30"}, 422, "date_impossible"),
        ({"query": "lunch", "date_from": "2026-02-02", "date_to": "2026-02-01"}, 422, "date_range_impossible"),
        ({"query": "lunch", "date": "yesterday"}, 422, "invalid_request"),
        ({"query": "lunch", "date": "2026-02-01", "date_to": "2026-02-01"}, 422, "invalid_request"),
        ({"query": "lunch", "top_k": 0}, 422, "invalid_request"),
        ({"query": "lunch", "top_k": 51}, 422, "invalid_request"),
        ({"query": "lunch", "video_id": "all"}, 422, "invalid_request"),
        ({"query": "lunch", "speaker_ids": ["a\x00"]}, 422, "filter_unreadable"),
        ({"query": "lunch", "speaker_ids": ["a"] * 201}, 422, "invalid_request"),
        ({"query": 7}, 422, "invalid_request"),
        ({"question": "lunch"}, 422, "invalid_request"),
        ({}, 422, "invalid_request"),
        ([], 422, "invalid_request"),
        (None, 422, "invalid_request"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_reason(world: Any, body: Any, status: int, code: str) -> None:
    answer = world.api.post(QUERY, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert len(answer.text) < 1500


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"{", 400, "body_not_json"),
        (b"\xff\xfe", 400, "body_not_json"),
        (b'{"query": "half \\ud83c"}', 422, "question_unreadable"),
        (b'{"query": "lunch", "min_score": NaN}', 422, "invalid_request"),
        (b'{"query": "lunch", "min_score": 1e999}', 422, "invalid_request"),
        (b"[" * 100_000, 400, "body_unreadable"),
        (b"", 422, "invalid_request"),
    ],
)
def test_a_body_that_is_no_question_is_refused(world: Any, raw: bytes, status: int, code: str) -> None:
    answer = world.api.post(QUERY, content=raw, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    "query",
    [
        "كم الساعة؟",
        "予算はいつ？",
        "Was kostet das? 🎬",
        "' or 1=1; --",
        "<script>alert(1)</script>",
        "a & b | !c :* <-> d",
        "%s %d {0}",
    ],
)
def test_questions_in_any_script_and_with_any_markup_are_just_asked(world: Any, query: str) -> None:
    world.put_video("Lunch is at noon.")
    answer = world.api.post(QUERY, json={"query": query})
    assert (answer.status_code, answer.json()["query"]) == (200, query)


def test_the_answer_to_a_recorded_question_can_be_read_until_a_video_it_shows_is_erased(world: Any) -> None:
    video_id, question_id = world.put_video("Lunch is at noon."), uuid4()
    question = Question(query="When is lunch?")
    answer = QueryResponse.of(world.deps.answering.ask(question))
    world.ledger.questions.save(question_id, question, answer.model_dump(mode="json"))
    body = world.api.get(f"/api/v1/questions/{question_id}").json()
    assert (body["question_id"], body["answer"]) == (str(question_id), "“Lunch is at noon.” [1]")
    assert body["answered_at"] is not None
    world.api.delete(f"/api/v1/videos/{video_id}")
    assert world.api.get(f"/api/v1/questions/{question_id}").status_code == 404


def test_an_unknown_question_is_not_found(world: Any) -> None:
    answer = world.api.get(f"/api/v1/questions/{uuid4()}")
    assert (answer.status_code, answer.json()["code"]) == (404, "question_not_found")
