from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from video_pipeline.model import Expense
from video_pipeline.spending import spent_for


def pay(world: Any, job_id: Any, **taken: Any) -> None:
    with spent_for(job_id=job_id):
        world.deps.purse.pay(Expense(**taken))


def test_costs_are_told_by_day_and_model_with_what_is_kept_and_the_budget(world: Any) -> None:
    video = world.ledger.videos.get(world.put_video("We raised the budget."))
    pay(world, video.job_id, service="transcription", model="amazon-transcribe", seconds=600, reference="t")
    pay(world, video.job_id, service="language", model="gpt-4.1", input_tokens=1000, output_tokens=10)
    pay(world, video.job_id, service="language", model="llama3", input_tokens=5)
    found = world.api.get("/api/v1/costs").json()
    [day] = found["days"]
    assert day["day"] == datetime.now(UTC).date().isoformat()
    assert found["usd"] == day["usd"] == pytest.approx(0.24 + 0.00208)
    assert [(each["model"], each["unpriced"]) for each in day["lines"]] == [
        ("gpt-4.1", 0),
        ("llama3", 1),
        ("amazon-transcribe", 0),
    ]
    assert day["lines"][2]["minutes"] == 10
    assert found["storage"]["films"] == 1
    assert found["storage"]["bytes"] == len("All hands")
    budget = found["budget"]
    assert (budget["usd_a_day"], budget["spent_today"], budget["resumes_at"]) == (1.5, pytest.approx(0.24208), None)
    pay(world, video.job_id, service="transcription", model="amazon-transcribe", seconds=6000)
    assert world.api.get("/api/v1/costs").json()["budget"]["resumes_at"] is not None


def test_a_job_tells_what_it_took_and_what_it_keeps(world: Any) -> None:
    video = world.ledger.videos.get(world.put_video("We raised the budget."))
    pay(world, video.job_id, service="embedding", model="text-embedding-3-small", input_tokens=1_000_000)
    found = world.api.get(f"/api/v1/jobs/{video.job_id}/costs").json()
    assert found["usd"] == pytest.approx(0.02)
    assert [each["calls"] for each in found["lines"]] == [1]
    assert found["stored_bytes"] > len("All hands")
    assert world.api.get(f"/api/v1/jobs/{uuid4()}/costs").status_code == 404


def test_days_before_anything_was_paid_are_empty_and_impossible_ones_refused(world: Any) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    assert world.api.get("/api/v1/costs", params={"date_to": yesterday}).json()["days"] == []
    for first, last, code in (
        ("2026-02-02", "2026-02-01", "date_range_impossible"),
        ("0001-01-01", "9999-12-31", "date_range_too_long"),
    ):
        answer = world.api.get("/api/v1/costs", params={"date_from": first, "date_to": last})
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert world.api.get("/api/v1/costs", params={"date_to": "0001-01-05"}).status_code == 200
    assert world.api.get("/api/v1/costs", params={"date_to": "9999-12-31"}).status_code == 200
    assert world.stranger.get("/api/v1/costs").status_code == 401
