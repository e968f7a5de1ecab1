"""Slideshow projects through the API: pictures and a sound come together, in every good and bad way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from tests.functional.projects import pictures
from tests.functional.projects.webserver import Web, serving
from tests.unit.slideshow.typefaces import composed, typeface
from video_pipeline.internet.download import Download
from video_pipeline.model import Failure
from video_pipeline.ports import Claimed
from video_pipeline.projects.collecting import Collecting

BASE = "/api/v1/projects"
MEDIA = "media-bucket-test"
SOUND = b"RIFF" + bytes(100)


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as served:
        yield served


@pytest.fixture
def api(world: Any, web: Web) -> Any:
    collecting = Collecting(world.ledger, world.objects, Download(web.guard()), media_bucket=MEDIA)
    return world.with_deps(projects=replace(world.deps.projects, collecting=collecting))


@pytest.fixture
def project(api: Any) -> str:
    made = api.post(BASE, json={"title": "Our harbour"})
    assert made.status_code == 201
    assert made.headers["Location"].endswith(made.json()["project_id"])
    return f"{BASE}/{made.json()['project_id']}"


def put_image(api: Any, project: str, data: bytes = b"", name: str = "a.jpg", **fields: str) -> Any:
    return api.post(f"{project}/images", data=fields, files={"file": (name, data or pictures.picture())})


def put_sound(api: Any, project: str, data: bytes = SOUND, name: str = "speech.wav") -> Any:
    return api.post(f"{project}/audio", files={"file": (name, data)})


def kept(world: Any, project: str) -> dict[str, bytes]:
    prefix = f"projects/{project.rpartition('/')[2]}/"
    found = {key: data for (bucket, key), (data, _) in world.objects.kept.items() if bucket == MEDIA}
    return {key.removeprefix(prefix): data for key, data in found.items() if key.startswith(prefix)}


# ----------------------------------------------------------------------------------------------- pictures
def test_a_new_project_is_empty_and_lives_for_two_weeks(api: Any, project: str) -> None:
    from datetime import datetime

    shown = api.get(project).json()
    assert (shown["state"], shown["images"], shown["has_audio"], shown["job_id"]) == ("collecting", 0, False, None)
    life = datetime.fromisoformat(shown["expires_at"]) - datetime.fromisoformat(shown["created_at"])
    assert 13.9 < life.total_seconds() / 86_400 < 14.1
    assert [each["project_id"] for each in api.get(BASE).json()["items"]] == [shown["project_id"]]


def test_an_uploaded_picture_is_named_by_what_it_shows_and_stands_in_the_manifest(
    api: Any, world: Any, project: str
) -> None:
    said = {"query": "old harbour", "provider": "me", "credit": "Ann", "matters": '[{"x": 0.5, "y": 0.25}]'}
    answer = put_image(api, project, **said)
    assert answer.status_code == 201
    (image,) = answer.json()["manifest"]["images"]
    assert image["file"].startswith("images/old-harbour_20")
    assert image["file"].endswith("Z.jpg")
    assert image["sha256"] == hashlib.sha256(pictures.picture()).hexdigest()
    assert (image["provider"], image["credit"]) == ("me", "Ann")
    assert image["matters"] == [{"x": 0.5, "y": 0.25}]
    files = kept(world, project)
    assert files[image["file"]] == pictures.picture()
    assert json.loads(files["manifest.json"]) == answer.json()["manifest"]
    assert [each["file"] for each in answer.json()["files"]] == [image["file"]]


def test_a_picture_comes_from_its_address_with_where_and_when(api: Any, web: Web, project: str) -> None:
    body = {"url": web.url("/moved"), "query": "harbour", "start": 0, "end": 2.5}
    answer = api.post(f"{project}/images", json=body)
    assert answer.status_code == 201, answer.text
    (image,) = answer.json()["manifest"]["images"]
    assert (image["source"], image["start"], image["end"]) == (web.url("/moved"), 0, 2.5)
    assert image["fetched_at"].startswith("20")


@pytest.mark.parametrize(
    ("path", "suffix"),
    [
        ("/good.jpg", ".jpg"),
        ("/good.png", ".png"),
        ("/good.webp", ".webp"),
        ("/good.avif", ".avif"),
        ("/cmyk.jpg", ".jpg"),
    ],
)
def test_what_a_picture_is_follows_from_its_content(api: Any, web: Web, project: str, path: str, suffix: str) -> None:
    answer = api.post(f"{project}/images", json={"url": web.url(path)})
    assert answer.status_code == 201, answer.text
    assert answer.json()["manifest"]["images"][0]["file"].endswith(suffix)


@pytest.mark.parametrize(
    ("path", "code", "said"),
    [
        ("/page.jpg", "not_an_image", "web page"),
        ("/drawing.jpg", "not_an_image", "drawing"),
        ("/moving.webp", "image_animated", "animation"),
        ("/moving.gif", "not_an_image", "GIF"),
        ("/corrupt.jpg", "image_damaged", "damaged"),
        ("/dot.png", "image_too_small", "1 x 1"),
        ("/wide.png", "image_too_large", "20000 x 20"),
        ("/bomb.png", "image_too_large", "pixels"),
        ("/vast.png", "image_too_large", "40 million"),
        ("/cut.png", "image_damaged", "damaged"),
        ("/empty.jpg", "image_empty", "empty"),
        ("/huge.jpg", "download_too_large", "64 MiB"),
        ("/nothing.jpg", "download_refused", "404"),
        ("/inside", "url_not_public", "public"),
    ],
)
def test_a_bad_picture_gets_a_sentence_and_leaves_nothing(
    api: Any, world: Any, web: Web, project: str, path: str, code: str, said: str
) -> None:
    answer = api.post(f"{project}/images", json={"url": web.url(path)})
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert said in answer.json()["detail"]
    assert set(kept(world, project)) == {"manifest.json"}
    assert api.get(project).json()["images"] == 0


def test_the_same_picture_twice_is_one(api: Any, world: Any, web: Web, project: str) -> None:
    first = put_image(api, project)
    second = api.post(f"{project}/images", json={"url": web.url("/good.jpg")})
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["manifest"] == second.json()["manifest"]
    assert len(kept(world, project)) == 2


def test_times_that_overlap_or_that_some_lack_are_refused(api: Any, project: str) -> None:
    assert put_image(api, project, start="0", end="3").status_code == 201
    overlapping = put_image(api, project, pictures.picture((300, 200)), start="2", end="4")
    assert (overlapping.status_code, overlapping.json()["code"]) == (400, "manifest_invalid")
    assert "before" in overlapping.json()["detail"]
    without = put_image(api, project, pictures.picture((300, 200)))
    assert "all pictures have times or none" in without.json()["detail"]
    assert api.get(project).json()["images"] == 1


def test_a_form_that_says_too_much_or_nothing_is_refused(api: Any, project: str) -> None:
    assert put_image(api, project, colour="blue").json()["code"] == "form_field_unknown"
    assert put_image(api, project, matters="[{").json()["code"] == "metadata_malformed"
    assert put_image(api, project, start="soon").status_code == 422
    assert api.post(f"{project}/images", data={"query": "x"}, files={}).json()["code"] == "unsupported_content_type"
    assert api.post(f"{project}/images", content=b"x", headers={"Content-Type": "image/jpeg"}).status_code == 415


# ----------------------------------------------------------------------------------------- sound, captions
def test_a_sound_is_kept_with_its_hash_and_a_new_one_takes_its_place(api: Any, world: Any, project: str) -> None:
    first = put_sound(api, project).json()["manifest"]["audio"]
    assert first["sha256"] == hashlib.sha256(SOUND).hexdigest()
    assert first["file"].endswith("/speech.wav")
    assert put_sound(api, project).json()["manifest"]["audio"] == first, "the same sound is the same file"
    second = put_sound(api, project, SOUND + b"more", "take 2.mp3").json()["manifest"]["audio"]
    assert set(kept(world, project)) == {"manifest.json", second["file"]}


def test_a_sound_by_no_such_name_and_an_empty_one_are_refused(api: Any, project: str) -> None:
    assert put_sound(api, project, name="speech.txt").json()["code"] == "unsupported_type"
    assert put_sound(api, project, b"").json()["code"] == "media_empty"


# -------------------------------------------------------------------------------------------------- fonts
def put_font(api: Any, project: str, data: bytes | None = None, name: str = "own.ttf") -> Any:
    return api.post(f"{project}/fonts", files={"file": (name, typeface() if data is None else data)})


def test_fonts_are_kept_with_their_hash_in_the_order_in_which_they_came(api: Any, world: Any, project: str) -> None:
    first = put_font(api, project, typeface("AB"), "Own Sans.TTF")
    assert first.status_code == 201, first.text
    second = put_font(api, project, typeface("AC"), "b.otf").json()
    fonts = second["manifest"]["fonts"]
    assert [each["file"].rpartition("/")[2] for each in fonts] == ["Own-Sans.ttf", "b.otf"]
    assert fonts[0]["sha256"] == hashlib.sha256(typeface("AB")).hexdigest()
    assert kept(world, project)[fonts[1]["file"]] == typeface("AC")
    assert {each["file"] for each in second["files"]} == {each["file"] for each in fonts}, "with links"
    trail = api.get(f"{project}/audit").json()["events"]
    assert [each["what"] for each in trail] == ["created", "font added", "font added"]
    assert trail[1]["detail"] == fonts[0]


def test_the_same_font_twice_is_one_and_a_fifth_is_refused(api: Any, world: Any, project: str) -> None:
    for number in range(4):
        assert put_font(api, project, typeface("A", units=1000 + number)).status_code == 201
    assert put_font(api, project, typeface("A", units=1001)).status_code == 200
    refused = put_font(api, project, typeface("A", units=2000))
    assert (refused.status_code, refused.json()["code"]) == (400, "manifest_full")
    assert len(kept(world, project)) == 5, "four fonts and the manifest"


@pytest.mark.parametrize(
    ("data", "name", "status", "code"),
    [
        (b"", "a.ttf", 400, "media_empty"),
        (pictures.HTML, "a.ttf", 400, "font_unusable"),
        (b"wOF2" + bytes(50), "a.ttf", 400, "font_unusable"),
        (typeface("A", [composed(1)]), "a.ttf", 400, "font_unusable"),
        (typeface(), "a.woff2", 415, "unsupported_type"),
        (bytes(33 * 1024**2), "a.ttf", 413, "upload_too_large"),
    ],
    ids=["empty", "page", "woff", "endless", "name", "large"],
)
def test_what_is_no_font_gets_a_sentence_and_leaves_nothing(
    api: Any, world: Any, project: str, data: bytes, name: str, status: int, code: str
) -> None:
    refused = put_font(api, project, data, name)
    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
    assert set(kept(world, project)) == {"manifest.json"}
    assert api.post(f"{project}/fonts", json={}).json()["code"] == "unsupported_content_type"


def test_a_font_goes_with_a_manifest_that_leaves_it_out(api: Any, world: Any, project: str) -> None:
    put_image(api, project)
    manifest = put_font(api, project).json()["manifest"]
    font = manifest["fonts"][0]["file"]
    again = api.put(f"{project}/manifest", json=manifest | {"fonts": [{"file": font}]})
    assert again.json()["manifest"]["fonts"] == manifest["fonts"], "the hash was filled in"
    without = api.put(f"{project}/manifest", json=manifest | {"fonts": []})
    assert "fonts" not in without.json()["manifest"]
    assert font not in kept(world, project)


def test_nothing_is_added_while_a_film_is_made(api: Any, project: str) -> None:
    filled(api, project)
    assert put_font(api, project).json()["code"] == "project_rendering"


def test_captions_are_read_before_they_are_kept_and_time_the_pictures(api: Any, project: str) -> None:
    said = {"filename": "talk.vtt", "content": "WEBVTT\n\n00:01.000 --> 00:02.000\nShips.\n", "timing": "words"}
    shown = api.put(f"{project}/captions", json=said).json()
    assert shown["manifest"]["timing"] == "words"
    assert shown["manifest"]["captions"]["show"] == "burnt"
    garbage = api.put(f"{project}/captions", json=said | {"content": "no captions at all"})
    assert garbage.status_code == 400
    assert api.put(f"{project}/captions", json=said | {"filename": "talk.doc"}).status_code == 415


# --------------------------------------------------------------------------------- past the API, manifest
def test_a_large_file_goes_past_the_api_in_parts(api: Any, world: Any, project: str) -> None:
    sent = (
        ("image", "a.png", pictures.picture((500, 400), "PNG")),
        ("font", "a.ttf", typeface()),
        ("audio", "a.wav", SOUND),
    )
    for kind, name, data in sent:
        grant = api.post(f"{project}/uploads", json={"kind": kind, "filename": name, "size": len(data)}).json()
        size = grant["part_size"]
        etags = [world.objects.put_part(url, data[n * size : (n + 1) * size]) for n, url in enumerate(grant["urls"])]
        body = {"kind": kind, "file": grant["file"], "upload_id": grant["upload_id"], "etags": etags}
        done = api.post(f"{project}/uploads/complete", json=body)
        assert done.status_code == 200, done.text
    manifest = done.json()["manifest"]
    assert manifest["audio"]["sha256"] == hashlib.sha256(SOUND).hexdigest()
    assert manifest["fonts"][0]["sha256"] == hashlib.sha256(typeface()).hexdigest()
    named = {manifest["images"][0]["file"], manifest["fonts"][0]["file"], manifest["audio"]["file"], "manifest.json"}
    assert set(kept(world, project)) == named


def test_what_was_sent_past_the_api_is_looked_at_all_the_same(api: Any, world: Any, project: str) -> None:
    grant = api.post(f"{project}/uploads", json={"kind": "image", "filename": "a.png", "size": 30}).json()
    etag = world.objects.put_part(grant["urls"][0], pictures.HTML[:30])
    body = {"kind": "image", "file": grant["file"], "upload_id": grant["upload_id"], "etags": [etag]}
    assert api.post(f"{project}/uploads/complete", json=body).json()["code"] == "not_an_image"
    assert set(kept(world, project)) == {"manifest.json"}
    refused = api.post(f"{project}/uploads", json={"kind": "font", "filename": "a.png", "size": 30})
    assert refused.json()["code"] == "unsupported_type"
    for file in ("manifest.json", "../other/manifest.json", "files/x/a.png", f"files/{uuid4()}/../a"):
        assert api.post(f"{project}/uploads/complete", json=body | {"file": file}).json()["code"] == "upload_missing"


def test_sizes_beyond_the_limits_are_refused_before_anything_is_sent(api: Any, project: str) -> None:
    for kind, name in (("image", "a.png"), ("audio", "a.wav"), ("font", "a.ttf")):
        for size, code in ((0, "media_empty"), (10**12, "upload_too_large")):
            answer = api.post(f"{project}/uploads", json={"kind": kind, "filename": name, "size": size})
            assert answer.json()["code"] == code


def test_another_order_times_and_marks_come_with_the_manifest(api: Any, world: Any, project: str) -> None:
    for width in (300, 301, 302):
        put_image(api, project, pictures.picture((width, 200)))
    manifest = api.get(project).json()["manifest"]
    first, second, third = manifest["images"]
    images = [{"file": third["file"], "start": 0, "end": 2}, {**first, "start": 2, "end": 4, "credit": "Bob"}]
    after = api.put(f"{project}/manifest", json=manifest | {"images": images, "title": "New"})
    assert after.status_code == 200, after.text
    assert [each["file"] for each in after.json()["manifest"]["images"]] == [third["file"], first["file"]]
    assert after.json()["manifest"]["images"][0]["sha256"] == third["sha256"], "the hash was filled in"
    assert after.json()["title"] == "New"
    wishes = {"show_credits": False, "crossfade": 0}
    off = api.put(f"{project}/manifest", json=manifest | {"images": images} | wishes).json()["manifest"]
    assert {name: off[name] for name in wishes} == wishes, "what is nothing is not the same as what is not said"
    assert second["file"] not in kept(world, project), "what nothing names any more is gone"


def test_a_manifest_reaches_no_files_but_the_project_s_own(api: Any, project: str) -> None:
    put_image(api, project)
    manifest = api.get(project).json()["manifest"]
    own = manifest["images"][0]
    for images, status, code in (
        ([{"file": "images/other.jpg"}], 400, "input_unknown"),
        ([{**own, "sha256": "0" * 64}], 400, "input_changed"),
        ([{"file": "../secret"}], 422, "invalid_request"),
        ([], 422, "invalid_request"),
        ([{**own, "title": "a\u0000b"}], 422, "invalid_request"),
    ):
        answer = api.put(f"{project}/manifest", json=manifest | {"images": images})
        assert (answer.status_code, answer.json()["code"]) == (status, code)


# ------------------------------------------------------------------------------------------------- film
def filled(api: Any, project: str) -> dict[str, Any]:
    put_image(api, project)
    put_sound(api, project)
    shown: dict[str, Any] = api.post(f"{project}/render", json={}).json()
    return shown


def test_what_is_not_complete_can_not_be_rendered(api: Any, project: str) -> None:
    assert api.post(f"{project}/render", json={}).json()["code"] == "no_images"
    put_image(api, project)
    assert api.post(f"{project}/render", json={}).json()["code"] == "no_audio"
    assert api.get(f"{project}/film").json()["code"] == "film_missing"


def test_the_same_project_is_ordered_once_and_nothing_of_it_changes_meanwhile(
    api: Any, world: Any, project: str
) -> None:
    first = filled(api, project)
    assert first["state"] == "rendering"
    assert [each.destination for each in world.published.messages] == ["slideshow-queue"]
    again = api.post(f"{project}/render", json={}).json()
    assert (again["job_id"], len(world.published.messages)) == (first["job_id"], 1)
    for refused in (
        put_image(api, project, pictures.picture((99, 99))),
        put_sound(api, project, SOUND + b"x"),
        api.put(f"{project}/manifest", json=again["manifest"]),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "project_rendering")


def test_a_failed_film_says_why_and_is_tried_again_when_it_is_ordered_again(api: Any, world: Any, project: str) -> None:
    job_id = filled(api, project)["job_id"]
    world.ledger.jobs.fail(job_id, Failure(code="image_damaged", message="It is damaged."))
    shown = api.get(project).json()
    assert (shown["state"], shown["error"]["code"]) == ("failed", "image_damaged")
    again = api.post(f"{project}/render", json={}).json()
    assert (again["state"], again["job_id"]) == ("rendering", job_id)
    assert len(world.published.messages) == 2


def test_a_job_of_a_project_can_be_retried_and_cancelled_but_has_no_other_stages(
    api: Any, world: Any, project: str
) -> None:
    job_id = filled(api, project)["job_id"]
    assert api.post(f"/api/v1/jobs/{job_id}/cancel").status_code == 200
    assert api.post(f"/api/v1/jobs/{job_id}/rerun", json={"stage": "chunk"}).json()["code"] == "stage_impossible"
    retried = api.post(f"/api/v1/jobs/{job_id}/retry").json()
    assert (retried["status"], retried["current_stage"]) == ("queued", "render")
    assert world.published.messages[-1].destination == "slideshow-queue"
    assert api.get("/api/v1/jobs", params={"stage": "render"}).json()["items"][0]["job_id"] == job_id
    assert isinstance(world.ledger.jobs.claim(job_id, "w"), Claimed)


def test_a_removed_project_leaves_a_receipt_and_its_trail(api: Any, world: Any, project: str) -> None:
    job_id = filled(api, project)["job_id"]
    receipt = api.delete(project)
    assert receipt.status_code == 200
    assert receipt.json()["files"] == 3
    assert kept(world, project) == {}
    assert api.get(project).json()["code"] == "project_not_found"
    assert api.delete(project).status_code == 404
    assert api.get(f"/api/v1/status/{job_id}").json()["error"]["code"] == "cancelled"
    events = api.get(f"{project}/audit").json()["events"]
    assert [each["what"] for each in events] == [
        "created",
        "image added",
        "audio set",
        "render ordered",
        "removal begun",
        "removed",
    ]
    assert {each["who"][:7] for each in events} == {"api key"}


def test_expired_projects_are_removed_by_the_sweeper_and_the_trail_says_so(
    api: Any, world: Any, api_database: Any, project: str
) -> None:
    put_image(api, project)
    removing = world.deps.projects.removing
    assert removing.expire() == 0
    with api_database.transaction() as connection:
        connection.execute("update projects set expires_at = now() - interval '1 minute'")
    assert removing.expire() == 1
    assert kept(world, project) == {}
    last = api.get(f"{project}/audit").json()["events"][-1]
    assert (last["who"], last["what"], last["detail"]["files"]) == ("expiry", "removed", 2)


def test_nobody_without_a_key_sees_a_project(world: Any, project: str) -> None:
    for method, path in (("GET", BASE), ("POST", BASE), ("GET", project), ("DELETE", project)):
        assert world.stranger.request(method, path, json={}).status_code == 401
