"""Files from addresses that strangers name, from a server that does everything wrong."""

from __future__ import annotations

import socket
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest

from tests.functional.projects import pictures
from video_pipeline.errors import BadInput
from video_pipeline.internet.addresses import Guard
from video_pipeline.internet.download import Download
from video_pipeline.internet.lookups import Resolve

if TYPE_CHECKING:
    from tests.functional.projects.webserver import Web

MOST = 2_000_000


def refusal(web: Web, path: str, target: Path, *, seconds: float = 10) -> BadInput:
    with pytest.raises(BadInput) as refused:
        Download(web.guard()).fetch(web.url(path), target, most=MOST, seconds=seconds)
    return refused.value


def test_a_file_comes_as_it_is_from_the_host_that_was_named(web: Web, tmp_path: Path) -> None:
    Download(web.guard()).fetch(web.url("/good.jpg"), tmp_path / "a", most=MOST, seconds=10)
    assert (tmp_path / "a").read_bytes() == pictures.picture()
    assert web.asked == [("/good.jpg", f"pictures.test:{web.port}")]


def test_a_redirect_is_followed(web: Web, tmp_path: Path) -> None:
    Download(web.guard()).fetch(web.url("/moved"), tmp_path / "a", most=MOST, seconds=10)
    assert [path for path, _ in web.asked] == ["/moved", "/good.jpg"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/nothing", "download_refused"),
        ("/error", "download_refused"),
        ("/packed.jpg", "download_refused"),
        ("/round", "download_refused"),
        ("/inside", "url_not_public"),
        ("/file", "url_wrong"),
        ("/broken", "url_wrong"),
        ("/huge.jpg", "download_too_large"),
        ("/unannounced.jpg", "download_too_large"),
        ("/cut.jpg", "download_failed"),
    ],
)
def test_what_goes_wrong_is_said(web: Web, tmp_path: Path, path: str, code: str) -> None:
    assert refusal(web, path, tmp_path / "a").code == code


def test_a_redirect_to_a_private_address_is_never_asked(web: Web, tmp_path: Path) -> None:
    refusal(web, "/inside", tmp_path / "a")
    assert [path for path, _ in web.asked] == ["/inside"]


@pytest.mark.parametrize("path", ["/slow", "/drip", "/body"])
def test_who_is_slow_is_left_however_he_is_slow(web: Web, tmp_path: Path, path: str) -> None:
    assert refusal(web, path, tmp_path / "a", seconds=0.4).code == "download_slow"


def test_a_name_that_nobody_answers_for_is_left_in_time(web: Web, tmp_path: Path) -> None:
    hanging = Event()

    def resolve(*_: object) -> list[str]:
        hanging.wait(30)
        return ["127.0.0.1"]

    try:
        with pytest.raises(BadInput, match=r"where pictures\.test is") as refused:
            fetch(web.url("/good.jpg"), tmp_path / "a", seconds=0.2, resolve=resolve)
    finally:
        hanging.set()
    assert (refused.value.code, web.asked) == ("download_slow", [])


def test_a_name_of_a_redirect_is_waited_for_no_longer_than_what_is_left(web: Web, tmp_path: Path) -> None:
    hanging, asked = Event(), list[str]()

    def resolve(host: str, _: int) -> list[str]:
        asked.append(host)
        if host == "inside.test":
            hanging.wait(30)
        return ["127.0.0.1"]

    try:
        with pytest.raises(BadInput, match=r"where inside\.test is"):
            fetch(web.url("/inside"), tmp_path / "a", seconds=0.5, resolve=resolve)
    finally:
        hanging.set()
    assert asked == ["pictures.test", "inside.test"]


def test_who_never_shakes_hands_is_left(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(BadInput) as refused:
        fetch(f"https://pictures.test:{silent.getsockname()[1]}/", tmp_path / "a", seconds=0.4)
    assert refused.value.code == "download_slow"


def test_who_has_no_certificate_for_the_name_gets_no_request(web: Web, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as refused:
        fetch(web.url("/good.jpg").replace("http:", "https:"), tmp_path / "a", seconds=5)
    assert (refused.value.code, web.asked) == ("download_failed", [])


def test_a_place_where_nobody_answers_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(BadInput) as refused:
        fetch(f"http://pictures.test:{port}/", tmp_path / "a", seconds=5)
    assert refused.value.code == "download_failed"


def fetch(url: str, target: Path, *, seconds: float, resolve: Resolve = lambda *_: ["127.0.0.1"]) -> None:
    place = url.split("/")[2]
    guard = Guard([place, place.replace("pictures", "inside")], resolve=resolve)
    Download(guard).fetch(url, target, most=MOST, seconds=seconds)
