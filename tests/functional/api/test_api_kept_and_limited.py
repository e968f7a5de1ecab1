"""What a client may keep and ask about again, and how often one key may ask."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from video_pipeline.api.conditional import entity_tag
from video_pipeline.keys import Rate, create_key


def transcript(video_id: object, suffix: str = "") -> str:
    return f"/api/v1/videos/{video_id}/transcript{suffix}"


def test_a_transcript_that_the_client_has_is_not_sent_again(world: Any) -> None:
    video_id = world.put_video("One.")
    first = world.api.get(transcript(video_id))
    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["vary"].startswith("Accept")
    again = world.api.get(transcript(video_id), headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (again.headers["etag"], again.headers["cache-control"]) == (first.headers["etag"], "private, no-cache")
    assert "content-type" not in again.headers


def test_an_unchanged_transcript_is_not_even_read(world: Any) -> None:
    video_id = world.put_video("One.")
    tag = world.api.get(transcript(video_id, ".vtt")).headers["etag"]
    world.objects.kept.clear()
    assert world.api.get(transcript(video_id, ".vtt"), headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("named", ['"other", {tag}', "*", "{strong}", ' W/"a",W/"b" , {tag}'])
def test_all_that_a_client_may_name_is_understood(world: Any, named: str) -> None:
    video_id = world.put_video("One.")
    tag = world.api.get(transcript(video_id)).headers["etag"]
    header = named.format(tag=tag, strong=tag.removeprefix("W/"))
    assert world.api.get(transcript(video_id), headers={"If-None-Match": header}).status_code == 304


@pytest.mark.parametrize("named", ['"other"', "", "W/", 'W/"', "x" * 5000, '""'])
def test_what_names_another_gets_the_whole(world: Any, named: str) -> None:
    video_id = world.put_video("One.")
    assert world.api.get(transcript(video_id), headers={"If-None-Match": named}).status_code == 200


def test_each_form_and_each_state_of_a_transcript_has_a_tag_of_its_own(world: Any) -> None:
    video_id, other = world.put_video("One."), world.put_video("Two.", title="Other")
    paths = [transcript(video_id), transcript(video_id, ".vtt"), transcript(video_id, ".srt"), transcript(other)]
    tags = {world.api.get(path).headers["etag"] for path in paths}
    assert len(tags) == 4
    assert entity_tag("a", "b") != entity_tag("ab")


def test_a_client_that_kept_an_erased_transcript_is_told(world: Any) -> None:
    video_id = world.put_video("One.")
    tag = world.api.get(transcript(video_id)).headers["etag"]
    world.api.delete(f"/api/v1/videos/{video_id}")
    assert world.api.get(transcript(video_id), headers={"If-None-Match": tag}).status_code == 404


def test_a_stranger_is_not_told_that_nothing_has_changed(world: Any) -> None:
    video_id = world.put_video("One.")
    assert world.stranger.get(transcript(video_id), headers={"If-None-Match": "*"}).status_code == 401


# ------------------------------------------------------------------------------------------- how often
def test_a_key_that_asks_too_often_is_told_when_to_come_back(world: Any) -> None:
    api = world.with_deps(rate=Rate(per_minute=2, burst=3))
    assert [api.get("/api/v1/jobs").status_code for _ in range(3)] == [200] * 3
    refused = api.get("/api/v1/jobs")
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert refused.headers["content-type"] == "application/problem+json"
    assert 1 <= int(refused.headers["retry-after"]) <= 30


def test_each_key_has_a_rate_of_its_own(world: Any) -> None:
    api = world.with_deps(rate=Rate(per_minute=1, burst=1))
    _, other = create_key(world.ledger.keys, "other")
    assert [api.get("/api/v1/jobs").status_code for _ in range(2)] == [200, 429]
    assert api.get("/api/v1/jobs", headers={"X-API-Key": other}).status_code == 200


def test_what_was_refused_costs_nothing_and_time_pays_off(world: Any, api_database: Any) -> None:
    api = world.with_deps(rate=Rate(per_minute=1, burst=2))
    assert [api.get("/api/v1/jobs").status_code for _ in range(5)] == [200, 200, 429, 429, 429]
    go_on(api_database, seconds=61)
    assert [api.get("/api/v1/jobs").status_code for _ in range(2)] == [200, 429]
    go_on(api_database, seconds=86_400)
    assert [api.get("/api/v1/jobs").status_code for _ in range(3)] == [200, 200, 429]


def test_many_at_once_are_counted_one_by_one(world: Any) -> None:
    key, _ = create_key(world.ledger.keys, "busy")
    with ThreadPoolExecutor(4) as pool:
        waits = list(pool.map(lambda _: world.ledger.keys.take_turn(key.id, per_minute=1, burst=5), range(20)))
    assert sorted(wait > 0 for wait in waits) == [False] * 5 + [True] * 15
    assert all(0 <= wait <= 60 for wait in waits)


def test_a_wrong_key_takes_no_turns(world: Any, api_database: Any) -> None:
    api = world.with_deps(rate=Rate(per_minute=1, burst=1))
    assert api.get("/api/v1/jobs", headers={"X-API-Key": "wrong"}).status_code == 401
    with api_database.transaction() as connection:
        assert connection.execute("select count(*) as all from key_allowances").fetchone()["all"] == 0


def test_the_health_check_needs_no_turn(world: Any) -> None:
    api = world.with_deps(rate=Rate(per_minute=1, burst=1))
    assert [api.get("/api/v1/healthz").status_code for _ in range(3)] == [200] * 3


def go_on(database: Any, *, seconds: int) -> None:
    """As if so much time had passed."""
    with database.transaction() as connection:
        connection.execute("update key_allowances set paid_until = paid_until - %s", [timedelta(seconds=seconds)])
