"""Names are asked for in threads that may be left behind, but not without end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from threading import Event

import pytest

from video_pipeline.internet.lookups import Lookups


@pytest.fixture
def hanging() -> Iterator[Event]:
    """The network, which comes back in the end."""
    event = Event()
    yield event
    event.set()


def test_an_answer_and_a_failure_come_through() -> None:
    assert Lookups(lambda host, port: [f"{host} {port}"]).ask("a.test", 80, 5) == ["a.test 80"]

    def failing(*_: object) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(OSError, match="no such name"):
        Lookups(failing).ask("a.test", 80, 5)


def test_who_does_not_answer_is_left_and_only_so_many_are(hanging: Event) -> None:
    asked: list[str] = []

    def resolve(host: str, _: int) -> list[str]:
        asked.append(host)
        hanging.wait(30)
        return ["192.0.2.1"]

    lookups = Lookups(resolve, at_once=2)
    for name in ("a", "b", "c"):
        with pytest.raises(TimeoutError):
            lookups.ask(name, 80, 0.05)
    assert asked == ["a", "b"], "the third waited for a place and got none"
    hanging.set()
    assert lookups.ask("d", 80, 30) == ["192.0.2.1"], "places are free again"


def test_no_time_left_is_no_answer(hanging: Event) -> None:
    def resolve(*_: object) -> list[str]:
        hanging.wait(30)
        return []

    with pytest.raises(TimeoutError):
        Lookups(resolve).ask("a", 80, -1.0)


def test_a_lookup_that_hangs_does_not_keep_a_program_from_ending() -> None:
    program = """
import time
from contextlib import suppress
from video_pipeline.internet.lookups import Lookups
with suppress(TimeoutError):
    Lookups(lambda *_: time.sleep(600)).ask("a", 80, 0.01)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
