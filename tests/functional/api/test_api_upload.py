from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from video_pipeline.topology import LIMITS

UPLOAD = "/api/v1/upload"
MEDIA, PUBLIC = "media-bucket-test", "https://videos.example"


def form(*parts: tuple[str, str | None, bytes], end: bool = True) -> dict[str, Any]:
    """A multipart form exactly as written here: (field, file name or None, content), in this order."""
    body = b""
    for name, filename, content in parts:
        label = f'; filename="{filename}"' if filename is not None else ""
        body += f'--B\r\nContent-Disposition: form-data; name="{name}"{label}\r\n\r\n'.encode() + content + b"\r\n"
    return {
        "content": body + (b"--B--\r\n" if end else b""),
        "headers": {"Content-Type": "multipart/form-data; boundary=B"},
    }


def refused(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def jobs(world: Any) -> list[Any]:
    listed: list[Any] = world.ledger.jobs.page()
    return listed


def test_a_form_upload_is_stored_and_queued(world: Any) -> None:
    files = {"file": ("My talk.mp4", b"content", "video/mp4")}
    data = {
        "title": "All hands",
        "language": "en-US",
        "recorded_on": "2025-12-31",
        "metadata": json.dumps({"team": "a"}),
    }
    answer = world.api.post(UPLOAD, data=data, files=files)
    body = answer.json()
    (job,) = jobs(world)
    assert answer.status_code == 201
    assert (body["job_id"], body["status"], body["estimated_completion"]) == (str(job.id), "queued", None)
    assert body["video_url"] == job.source.media.uri
    assert answer.headers["location"] == body["status_url"] == f"{PUBLIC}/api/v1/status/{job.id}"
    assert world.objects.kept[MEDIA, job.source.media.key] == (b"content", "video/mp4")
    assert (job.options.title, job.options.language, job.options.metadata) == ("All hands", "en-US", {"team": "a"})
    assert job.options.recorded_on == date(2025, 12, 31)
    assert [message.destination for message in world.published.messages] == ["processing-queue"]
    assert world.api.get(f"/api/v1/status/{job.id}").json()["filename"] == "My talk.mp4"


def test_captions_before_the_file_belong_to_it(world: Any) -> None:
    parts = form(("captions", "talk.vtt", b"WEBVTT\n"), ("file", "talk.mp4", b"x"))
    assert world.api.post(UPLOAD, **parts).status_code == 201
    (job,) = jobs(world)
    assert world.objects.kept[MEDIA, job.options.captions.key] == (b"WEBVTT\n", "text/vtt; charset=utf-8")


def test_fields_that_were_left_empty_are_as_if_absent(world: Any) -> None:
    parts = form(("title", None, b""), ("captions", "", b""), ("metadata", None, b" "), ("file", "a.mp4", b"x"))
    assert world.api.post(UPLOAD, **parts).status_code == 201
    (job,) = jobs(world)
    assert (job.options.title, job.options.captions, job.options.metadata) == (None, None, {})


def test_a_large_file_passes_through_in_small_pieces(world: Any) -> None:
    content = bytes(range(256)) * 12_000
    boundary_like = content + b"\r\n--B-\r\n--" + content[:500]
    assert world.api.post(UPLOAD, **form(("file", "a.mp4", boundary_like))).status_code == 201
    (job,) = jobs(world)
    assert world.objects.kept[MEDIA, job.source.media.key][0] == boundary_like


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("with space.mp4", "with space.mp4"),
        ("../../../etc/passwd.mp4", "passwd.mp4"),
        ("dir/sub/a.mp4", "a.mp4"),
        ("🎬 film.mp4", "🎬 film.mp4"),
        ("n" * 1000 + ".mp4", "n" * 251 + ".mp4"),
        ("🎬" * 1000 + ".mp4", "🎬" * 251 + ".mp4"),
        ("<img src=x>.mp4", "<img src=x>.mp4"),
        ("a;b=c.mp4", "a;b=c.mp4"),
    ],
)
def test_any_name_is_taken_shown_and_kept_out_of_the_key(world: Any, name: str, shown: str) -> None:
    answer = world.api.post(UPLOAD, **form(("file", name, b"x")))
    assert answer.status_code == 201
    (job,) = jobs(world)
    assert job.source.filename == shown
    assert job.source.media.key.startswith(f"uploads/{job.source.upload_id}/")
    assert job.source.media.key.isascii()
    assert ".." not in job.source.media.key
    assert job.source.media.key.count("/") == 2


@pytest.mark.parametrize(
    ("parts", "status", "code"),
    [
        ([("file", "a.txt", b"x")], 415, "unsupported_type"),
        ([("file", "..", b"x")], 415, "unsupported_type"),
        ([("file", "a.mp4", b"")], 400, "media_empty"),
        ([("title", None, b"x")], 400, "file_missing"),
        ([("file", None, b"x")], 400, "file_missing"),
        ([("file", "", b"")], 400, "file_missing"),
        ([], 400, "file_missing"),
        ([("file", "a.mp4", b"x"), ("title", None, b"late")], 400, "form_order"),
        ([("file", "a.mp4", b"x"), ("file", "b.mp4", b"x")], 400, "form_order"),
        ([("titel", None, b"x"), ("file", "a.mp4", b"x")], 400, "form_field_unknown"),
        ([("metadata", None, b"{"), ("file", "a.mp4", b"x")], 400, "metadata_malformed"),
        ([("metadata", None, b"[" * 50_000), ("file", "a.mp4", b"x")], 400, "metadata_malformed"),
        ([("metadata", None, b"[]"), ("file", "a.mp4", b"x")], 422, "invalid_request"),
        ([("metadata", None, b'{"a": 1}'), ("file", "a.mp4", b"x")], 422, "invalid_request"),
        ([("metadata", None, b'{"a": "\\u0000"}'), ("file", "a.mp4", b"x")], 422, "invalid_request"),
        ([("title", None, b"a\x00b"), ("file", "a.mp4", b"x")], 422, "invalid_request"),
        ([("title", None, b"t" * 501), ("file", "a.mp4", b"x")], 422, "invalid_request"),
        ([("title", None, b"t" * 600_000), ("file", "a.mp4", b"x")], 400, "form_field_too_large"),
        ([("language", None, b"English, please"), ("file", "a.mp4", b"x")], 422, "invalid_request"),
        ([("recorded_on", None, b"31.12.2025"), ("file", "a.mp4", b"x")], 422, "invalid_request"),
        ([("captions", "a.txt", b"x"), ("file", "a.mp4", b"x")], 415, "unsupported_captions"),
        ([("captions", "a.vtt", b""), ("file", "a.mp4", b"x")], 400, "captions_empty"),
        ([("captions", "a.vtt", bytes(LIMITS.caption_bytes + 1)), ("file", "a.mp4", b"x")], 413, "captions_too_large"),
    ],
)
def test_what_is_wrong_with_a_form_is_told_by_its_reason_and_nothing_is_kept(
    world: Any, parts: list[tuple[str, str | None, bytes]], status: int, code: str
) -> None:
    assert refused(world.api.post(UPLOAD, **form(*parts))) == (status, code)
    assert world.objects.kept == {}
    assert [job.failure.code for job in jobs(world)] in ([], [code])


def test_an_oversized_upload_is_stopped_underway(world: Any) -> None:
    answer = world.api.post(UPLOAD, **form(("file", "a.mp4", bytes(4_000_001))))
    assert refused(answer) == (413, "upload_too_large")
    assert "4,000,000 bytes" in answer.json()["detail"]
    assert world.objects.kept == {}
    (job,) = jobs(world)
    assert (job.status, job.failure.code) == ("failed", "upload_too_large")


def test_an_upload_that_says_it_is_oversized_is_refused_before_it_is_read(world: Any) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=B", "Content-Length": str(10**12)}
    answer = world.api.post(UPLOAD, content=b"", headers=headers)
    assert refused(answer) == (413, "upload_too_large")
    assert jobs(world) == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"no form at all", "form_malformed"),
        (b"--B\r\nContent-Disposition: form-data; name=file; filename=a.mp4\r\n\r\nhalf", "form_truncated"),
        (b"--B\r\nContent-Disposition: form-data; name=file; filename=a.mp4\r\n", "form_truncated"),
        (b"--B\r\nContent-Disposition: form-data; name=x" + b"y" * 20_000 + b"\r\n\r\n", "form_malformed"),
        (b"--B\r\n\r\nno header\r\n--B--\r\n", "form_field_unknown"),
        (b"", "form_truncated"),
    ],
)
def test_a_broken_form_is_refused_and_leaves_nothing(world: Any, body: bytes, code: str) -> None:
    answer = world.api.post(UPLOAD, content=body, headers={"Content-Type": "multipart/form-data; boundary=B"})
    assert refused(answer) == (400, code)
    assert world.objects.kept == {}


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", f"multipart/form-data; boundary={'B' * 300}"]
)
def test_a_form_without_a_usable_boundary_is_malformed(world: Any, kind: str) -> None:
    answer = world.api.post(UPLOAD, content=b"--B", headers={"Content-Type": kind})
    assert refused(answer) == (400, "form_malformed")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "video/mp4", ""])
def test_other_kinds_of_body_are_not_taken(world: Any, kind: str) -> None:
    answer = world.api.post(UPLOAD, content=b"x", headers={"Content-Type": kind})
    assert refused(answer) == (415, "unsupported_content_type")


def grant(world: Any, **more: Any) -> Any:
    return world.api.post(UPLOAD, json={"filename": "My talk.mov", "size": 2500, **more})


def test_presigned_parts_are_put_and_completed(world: Any) -> None:
    granted = grant(world, title="All hands", content_type="video/quicktime").json()
    parts = granted["parts"]
    assert (granted["status"], len(parts["urls"]), parts["part_size"], parts["captions_url"]) == (
        "queued",
        3,
        1000,
        None,
    )
    etags = [world.objects.put_part(url, bytes([number]) * 1000) for number, url in enumerate(parts["urls"])]
    path = parts["complete_url"].removeprefix(PUBLIC)
    answer = world.api.post(path, json={"etags": etags})
    assert (answer.status_code, answer.json()["job_id"]) == (200, granted["job_id"])
    assert world.api.get(f"/api/v1/status/{granted['job_id']}").json()["current_stage"] == "fetch"
    assert [message.destination for message in world.published.messages] == ["processing-queue"]
    assert world.api.post(path, json={"etags": etags}).status_code == 200
    assert len(world.published.messages) == 1


def test_an_upload_that_broke_off_goes_on_with_what_is_missing(world: Any) -> None:
    granted = grant(world, captions_filename="talk.srt").json()
    job_id, parts = granted["job_id"], granted["parts"]
    content = [bytes([number]) * 1000 for number in range(2)] + [b"e" * 500]
    second = world.objects.put_part(parts["urls"][1], content[1])
    path = f"{UPLOAD}/{job_id}/parts"
    found = world.api.get(path).json()
    assert (found["filename"], found["size"], found["part_size"]) == ("My talk.mov", 2500, 1000)
    assert found["parts"] == [{"number": 2, "size": 1000, "etag": second}]
    assert (found["captions_arrived"], found["complete_url"]) == (False, parts["complete_url"])
    renewed = world.api.post(path, json={"numbers": [3, 1]}).json()
    assert [each["number"] for each in renewed["urls"]] == [3, 1]
    for each in renewed["urls"]:
        world.objects.put_part(each["url"], content[each["number"] - 1])
    world.api.put(parts["captions_url"].removeprefix(PUBLIC), content=b"1\n")
    found = world.api.get(path).json()
    assert found["captions_arrived"]
    etags = [each["etag"] for each in found["parts"]]
    done = world.api.post(parts["complete_url"].removeprefix(PUBLIC), json={"etags": etags})
    assert done.status_code == 200
    job = world.ledger.jobs.get(job_id)
    assert world.objects.read(job.source.media, limit=10_000) == b"".join(content)
    for answer in (world.api.get(path), world.api.post(path, json={"numbers": [1]})):
        assert refused(answer) == (409, "upload_complete")


def test_what_cannot_go_on_says_why(world: Any) -> None:
    path = f"{UPLOAD}/{grant(world).json()['job_id']}/parts"
    assert refused(world.api.post(path, json={"numbers": [4]})) == (400, "part_unknown")
    assert refused(world.api.post(path, json={"numbers": []})) == (422, "invalid_request")
    assert refused(world.api.post(path, json={"numbers": [0]})) == (422, "invalid_request")
    world.objects.parts.clear()
    assert refused(world.api.get(path)) == (404, "upload_missing")
    whole = world.api.post(UPLOAD, **form(("file", "a.mp4", b"x"))).json()["job_id"]
    assert refused(world.api.get(f"{UPLOAD}/{whole}/parts")) == (409, "upload_not_in_parts")
    cancelled = grant(world).json()["job_id"]
    world.api.post(f"/api/v1/jobs/{cancelled}/cancel")
    assert refused(world.api.get(f"{UPLOAD}/{cancelled}/parts")) == (409, "upload_cancelled")


def test_the_captions_of_a_presigned_upload_come_before_its_end(world: Any) -> None:
    parts = grant(world, captions_filename="talk.srt").json()["parts"]
    complete, captions = (parts[name].removeprefix(PUBLIC) for name in ("complete_url", "captions_url"))
    etags = [world.objects.put_part(url, b"x") for url in parts["urls"]]
    assert refused(world.api.post(complete, json={"etags": etags})) == (409, "captions_missing")
    latin = "1\n00:00:00,000 --> 00:00:01,000\nÜbung\n".encode("latin-1")
    assert world.api.put(captions, content=latin * 40_000).status_code == 204
    assert world.api.post(complete, json={"etags": etags}).status_code == 200
    (job,) = jobs(world)
    assert world.objects.kept[MEDIA, job.options.captions.key][0] == latin * 40_000


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"filename": "a.txt", "size": 1}, 415, "unsupported_type"),
        ({"filename": "a.mp4", "size": 0}, 400, "media_empty"),
        ({"filename": "a.mp4", "size": LIMITS.upload_bytes + 1}, 413, "upload_too_large"),
        ({"filename": "a.mp4", "size": -1}, 422, "invalid_request"),
        ({"filename": "", "size": 1}, 422, "invalid_request"),
        ({"filename": "a.mp4"}, 422, "invalid_request"),
        ({"filename": "a.mp4", "size": 1, "colour": "red"}, 422, "invalid_request"),
        ({"filename": "a.mp4", "size": 1, "metadata": {str(n): "x" for n in range(51)}}, 422, "invalid_request"),
        ({"filename": "a.mp4", "size": 1, "captions_filename": "a.doc"}, 415, "unsupported_captions"),
        ([], 422, "invalid_request"),
    ],
)
def test_a_request_for_parts_that_cannot_be_granted_is_refused(world: Any, body: Any, status: int, code: str) -> None:
    assert refused(world.api.post(UPLOAD, json=body)) == (status, code)
    assert jobs(world) == []


def test_completing_names_each_fault(world: Any) -> None:
    job_id = grant(world).json()["job_id"]
    complete = f"{UPLOAD}/{job_id}/complete"
    assert refused(world.api.post(complete, json={"etags": []})) == (422, "invalid_request")
    assert refused(world.api.post(complete, json={"etags": ["<script>"]})) == (422, "invalid_request")
    assert refused(world.api.post(complete, json={"etags": ["a"]})) == (400, "upload_parts_wrong")
    assert refused(world.api.put(f"{UPLOAD}/{job_id}/captions", content=b"x")) == (409, "captions_not_announced")
    streamed = world.api.post(UPLOAD, **form(("file", "a.mp4", b"x"))).json()["job_id"]
    assert refused(world.api.post(f"{UPLOAD}/{streamed}/complete", json={"etags": ["a"]})) == (
        409,
        "upload_not_in_parts",
    )


def test_an_end_is_estimated_once_enough_videos_went_through(world: Any) -> None:
    for number in range(3):
        world.put_video("One.", title=f"Video {number}")
    answer = world.api.post(UPLOAD, **form(("file", "a.mp4", b"x" * 500)))
    assert answer.json()["estimated_completion"] is not None


def test_uploads_need_a_key_before_a_byte_of_theirs_is_read(world: Any) -> None:
    assert refused(world.stranger.post(UPLOAD, **form(("file", "a.mp4", b"x")))) == (401, "api_key_missing")
    assert (world.objects.kept, jobs(world)) == ({}, [])
