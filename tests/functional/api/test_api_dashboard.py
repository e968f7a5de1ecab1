"""The API shows the dashboard's build, if it has one, and its own pages otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from video_pipeline.dashboard import PAGES

INDEX = '<!doctype html><head><base href="/" /><script type="module" src="./assets/index-1a2b.js"></script></head>'


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(INDEX, encoding="utf-8")
    (tmp_path / "icon.svg").write_text("<svg/>", encoding="utf-8")
    (tmp_path / "assets" / "index-1a2b.js").write_text("started()", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("path", PAGES)
def test_every_address_of_the_dashboard_shows_it(world: Any, built: Path, path: str) -> None:
    page = world.with_deps(dashboard=built).get(path.format(id=uuid4()))
    assert page.status_code == 200
    assert page.text == INDEX
    assert page.headers["cache-control"] == "no-cache"


def test_it_runs_only_its_own_scripts_and_reaches_only_the_stores(world: Any, built: Path) -> None:
    policy = world.with_deps(dashboard=built).get("/").headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    stores = "https://media-bucket-test.s3.example https://results-bucket-test.s3.example"
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "'self'"
    assert rules["connect-src"] == f"'self' {stores}"
    assert rules["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy


def test_under_a_path_it_says_so_once_for_all_its_addresses(world: Any, built: Path) -> None:
    api = world.with_deps(dashboard=built, public_url="https://company.example/videos&more/")
    assert '<base href="/videos&amp;more/" />' in api.get("/ask").text


def test_what_a_digest_names_is_kept_by_browsers_and_nothing_else_is_there(world: Any, built: Path) -> None:
    api = world.with_deps(dashboard=built)
    script = api.get("/assets/index-1a2b.js")
    assert script.text == "started()"
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert api.get("/icon.svg").headers["content-type"] == "image/svg+xml"
    for path in ("/assets/gone.js", "/assets/..%2findex.html", "/assets/", "/nothing"):
        missing = api.get(path)
        assert missing.status_code == 404
        assert missing.headers["cache-control"] == "no-store"


def test_the_api_stands_beside_it(world: Any, built: Path) -> None:
    api = world.with_deps(dashboard=built)
    assert api.get("/api/v1/videos").json()["items"] == []
    assert "swagger" in api.get("/docs").text


def test_without_a_build_the_apis_own_pages_are_shown(world: Any) -> None:
    assert "docs.js" in world.stranger.get("/", follow_redirects=True).text
    assert world.stranger.get("/ask").status_code == 404


def test_a_new_build_is_shown_by_a_server_that_runs(world: Any, built: Path) -> None:
    api = world.with_deps(dashboard=built)
    assert "index-1a2b.js" in api.get("/").text
    (built / "index.html").write_text(INDEX.replace("1a2b", "3c4d"), encoding="utf-8")
    assert "index-3c4d.js" in api.get("/").text
