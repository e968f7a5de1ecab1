from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from video_pipeline.api.openapi import openapi_json
from video_pipeline.errors import Conflict, Misconfigured, Unavailable
from video_pipeline.keys import create_key

DOCUMENT = Path(__file__).parents[3] / "docs" / "openapi.json"


NAMES = {"form": "vtt", "queue": "ingest-dlq", "letter_id": "a"}
ROUTES = [
    (method.upper(), re.sub(r"\{(\w+)\}", lambda name: NAMES.get(name[1], str(UUID(int=7))), path))
    for path, methods in json.loads(DOCUMENT.read_text(encoding="utf-8"))["paths"].items()
    for method in methods
    if not path.endswith("healthz")
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_wants_a_key(world: Any, method: str, path: str) -> None:
    body = {"json": {"query": "x", "etags": ["a"]}} if method == "POST" else {}
    if path.endswith("/query"):
        body = {"json": {"query": "x"}}
    if path.endswith("/complete"):
        body = {"json": {"etags": ["a"]}}
    answer = world.stranger.request(method, path, **body)
    assert (answer.status_code, answer.json()["code"]) == (401, "api_key_missing")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": "wrong"},
        {"X-API-Key": "vp_00000000_" + "x" * 43},
        {"Authorization": "Bearer wrong"},
        {"X-API-Key": "k" * 8000},
        {"X-API-Key": "' or 1=1 --"},
    ],
)
def test_a_wrong_key_is_refused(world: Any, headers: dict[str, str]) -> None:
    answer = world.stranger.get("/api/v1/jobs", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "api_key_wrong")


def test_other_kinds_of_authorization_are_no_key(world: Any) -> None:
    answer = world.stranger.get("/api/v1/jobs", headers={"Authorization": "Basic dXNlcjpwYXNz"})
    assert (answer.status_code, answer.json()["code"]) == (401, "api_key_missing")


def test_a_key_is_taken_from_either_header_until_it_is_revoked(world: Any) -> None:
    made, text = create_key(world.ledger.keys, "other")
    assert world.stranger.get("/api/v1/jobs", headers={"X-API-Key": text}).status_code == 200
    assert world.stranger.get("/api/v1/jobs", headers={"Authorization": f"Bearer {text}"}).status_code == 200
    world.ledger.keys.revoke(made.id)
    assert world.stranger.get("/api/v1/jobs", headers={"X-API-Key": text}).json()["code"] == "api_key_wrong"


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/healthz"])
def test_health_needs_no_key_and_tells_when_the_database_is_gone(world: Any, path: str) -> None:
    assert world.stranger.get(path).json() == {"status": "ok"}

    def gone() -> None:
        raise Unavailable("database_unavailable", "The database does not answer.", delay=12.3)

    world.ledger.ping = gone
    answer = world.stranger.get(path)
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert answer.headers["retry-after"] == "13"


def test_a_problem_has_every_field_and_names_its_request(world: Any) -> None:
    answer = world.api.post("/api/v1/query", json={"query": ""})
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert body == {
        "type": "urn:video-pipeline:problem:question_empty",
        "title": "The request's content is invalid",
        "status": 422,
        "detail": "The question is empty.",
        "code": "question_empty",
        "hint": "Ask something in words.",
        "instance": f"urn:uuid:{answer.headers['x-request-id']}",
    }
    UUID(answer.headers["x-request-id"])


def test_each_fault_of_an_invalid_request_is_pointed_at(world: Any) -> None:
    body = {"query": "x", "top_k": 99, "speaker_ids": ["a", 7], "a/b": 1}
    problem = world.api.post("/api/v1/query", json=body).json()
    assert {fault["pointer"] for fault in problem["errors"]} == {"#/top_k", "#/speaker_ids/1", "#/a~1b"}
    assert problem["detail"].startswith("#/top_k: ")
    problem = world.api.get("/api/v1/jobs", params={"limit": 0, "status": "lost"}).json()
    assert {fault["parameter"] for fault in problem["errors"]} == {"limit", "status.0"}
    problem = world.api.get("/api/v1/status/not-a-job").json()
    assert [fault["parameter"] for fault in problem["errors"]] == ["job_id"]


def test_unknown_addresses_and_methods_are_problems_too(world: Any) -> None:
    answer = world.api.get("/api/v1/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "route_not_found")
    answer = world.api.delete("/api/v1/jobs")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET"
    assert world.api.post(f"/api/v1/videos/{uuid4()}").headers["allow"] == "DELETE, GET"
    assert world.api.post("/docs").headers["allow"] == "GET"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Unavailable("vectors_unavailable", "The index does not answer."), 503, "vectors_unavailable"),
        (Misconfigured("model_missing", "There is no model."), 500, "model_missing"),
        (Conflict("erasure_running", "It is being erased."), 409, "erasure_running"),
        (RuntimeError("password=hunter2"), 500, "unexpected_error"),
        (ValueError("password=hunter2"), 500, "unexpected_error"),
    ],
)
def test_errors_of_every_kind_become_problems_without_internals(
    world: Any, caplog: pytest.LogCaptureFixture, error: Exception, status: int, code: str
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    world.deps.answering.find = fail
    with caplog.at_level(logging.INFO):
        answer = world.api.post("/api/v1/query", json={"query": "x"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text
    if status == 500:
        assert str(error) in caplog.text
    if code == "unexpected_error":
        assert answer.headers["x-request-id"] in answer.json()["hint"]


def test_every_answer_has_safe_headers(world: Any) -> None:
    for path in ("/api/v1/jobs", "/api/v1/nothing", "/docs", f"/videos/{uuid4()}", "/openapi.json"):
        headers = world.api.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe-eval" not in headers["content-security-policy"]
    assert "strict-transport-security" not in headers
    assert "strict-transport-security" in world.api.get("https://testserver/healthz").headers


def test_large_answers_are_compressed(world: Any) -> None:
    video_id = world.put_video(*(f"Sentence number {number}." for number in range(100)))
    answer = world.api.get(f"/api/v1/videos/{video_id}/transcript")
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(answer.content) / 3


def test_a_body_that_grows_beyond_its_limit_is_refused_without_saying_its_size_first(world: Any) -> None:
    def endless() -> Any:
        for _ in range(40):
            yield b" " * 65_536

    headers = {"Content-Type": "application/json"}
    answer = world.api.post("/api/v1/query", content=endless(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    answer = world.api.put(f"/api/v1/upload/{uuid4()}/captions", content=bytes(20 * 1024**2 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_other_origins_may_call_only_if_they_are_named(world: Any) -> None:
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in world.api.options("/api/v1/query", headers=asked).headers
    client: TestClient = world.with_deps(cors_origins=("https://app.example",))
    allowed = client.options("/api/v1/query", headers={**asked, "Access-Control-Request-Headers": "x-api-key"})
    assert allowed.headers["access-control-allow-origin"] == "https://app.example"
    refused = client.post("/api/v1/query", json={"query": ""}, headers={"Origin": "https://app.example"})
    assert refused.headers["access-control-allow-origin"] == "https://app.example"
    other = client.post("/api/v1/query", json={"query": ""}, headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers


def test_the_log_of_a_request_holds_no_question_and_no_key(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        world.api.post("/api/v1/query?secret=1", json={"query": "confidential"})
    (line,) = [record for record in caplog.records if record.message == "request"]
    assert (line.__dict__["method"], line.__dict__["path"], line.__dict__["status"]) == ("POST", "/api/v1/query", 200)
    assert not [record for record in caplog.records if "confidential" in str(record.__dict__)]
    assert not [record for record in caplog.records if world.key in str(record.__dict__)]


# --------------------------------------------------------------------------------------------- pages
def test_the_documentation_loads_nothing_from_elsewhere(world: Any) -> None:
    page = world.stranger.get("/docs")
    assert page.status_code == 200
    assert "://" not in page.text
    assert "script-src 'self';" in page.headers["content-security-policy"]
    for path in ("/static/docs.js", "/static/swagger/swagger-ui-bundle.js", "/static/swagger/swagger-ui.css"):
        assert world.stranger.get(path).status_code == 200
        assert path[1:] in page.text
    assert world.stranger.get("/", follow_redirects=True).text == page.text


def test_the_link_of_an_answer_shows_a_page_that_can_play_it(world: Any) -> None:
    video_id = world.put_video("One.")
    page = world.stranger.get(f"/videos/{video_id}?t=83")
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "media-src https://media-bucket-test.s3.example https://results-bucket-test.s3.example blob:" in policy
    assert "<script>" not in page.text
    for path in ("static/player.js", "static/player.css"):
        assert f"../{path}" in page.text
        assert world.stranger.get(f"/{path}").status_code == 200
    assert world.stranger.get("/videos/not-a-video").status_code == 404


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/app.py", "/static/"])
def test_nothing_else_of_the_server_can_be_read(world: Any, path: str) -> None:
    assert world.stranger.get(path).status_code == 404


# ----------------------------------------------------------------------------------------- description
def test_the_committed_description_is_that_of_the_code() -> None:
    """If this fails: `python -m video_pipeline.api.openapi > docs/openapi.json`."""
    assert DOCUMENT.read_text(encoding="utf-8") == openapi_json()


def test_the_served_description_is_the_committed_one(world: Any) -> None:
    assert world.stranger.get("/openapi.json").json() == json.loads(openapi_json())


def test_every_operation_has_a_readable_name_a_summary_and_described_refusals() -> None:
    document = json.loads(openapi_json())
    operations = [each for methods in document["paths"].values() for each in methods.values()]
    names = [each["operationId"] for each in operations]
    assert len(set(names)) == len(names)
    assert all(name.replace("_", "").isalpha() for name in names)
    for each in operations:
        assert each["summary"]
        refusals = {status: answer for status, answer in each["responses"].items() if status >= "400"}
        assert all("application/problem+json" in answer["content"] for answer in refusals.values())
        assert "503" in refusals
