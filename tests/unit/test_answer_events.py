from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from video_pipeline.answering import Findings
from video_pipeline.api.streaming import events
from video_pipeline.conversing import Understood
from video_pipeline.errors import Unavailable
from video_pipeline.model import Answer, Citation, Claim, Question
from video_pipeline.spending import Account

NOTHING: Any = None
FOUND = Findings(Question(query="Where?"), Understood("Where?"), NOTHING, (), (), "me", Account())
CLAIM = Claim(text="To Lisbon.\n\nevent: answer", citations=(1,))
CITED = Citation(
    number=1,
    video_id=uuid4(),
    title="t",
    chunk_id=uuid4(),
    quote="to Lisbon",
    start=1,
    end=2,
    quality="captions",
    link="https://v.example",
)


class Slow:
    """Tells a claim, then waits until it may go on."""

    def __init__(self, *, tells: bool = True, fails: bool = False) -> None:
        self.go_on = threading.Event()
        self.finished = threading.Event()
        self._tells = tells
        self._fails = fails

    def answer(self, found: Findings, *, tell: Any) -> Answer:
        if self._tells:
            tell(CLAIM, [CITED])
        assert self.go_on.wait(20)
        self.finished.set()
        if self._fails:
            raise Unavailable("database_unavailable", "It is away.")
        return Answer(query="Where?", results=(), text="To Lisbon. [1]", claims=(CLAIM,), citations=(CITED,))


def told(slow: Any) -> Iterator[tuple[str, Any]]:
    for event in events(slow, FOUND, "id"):
        name, data, *rest = event.decode().split("\n")
        assert rest == ["", ""]
        yield name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def test_a_claim_arrives_while_the_model_is_still_writing() -> None:
    slow = Slow()
    arriving = told(slow)
    assert next(arriving)[0] == "found"
    name, data = next(arriving)
    assert (name, data["claim"]["citations"], data["citations"][0]["quote"]) == ("claim", [1], "to Lisbon")
    assert not slow.finished.is_set()
    slow.go_on.set()
    assert [name for name, _ in arriving] == ["answer"]


def test_who_can_not_tell_aloud_has_the_claims_told_at_the_end() -> None:
    slow = Slow(tells=False)
    slow.go_on.set()
    assert [name for name, _ in told(slow)] == ["found", "claim", "answer"]


def test_what_fails_after_some_claims_ends_in_a_problem() -> None:
    slow = Slow(fails=True)
    slow.go_on.set()
    *_, (name, problem) = told(slow)
    assert (name, problem["code"]) == ("error", "database_unavailable")


def test_a_client_that_goes_away_holds_nobody_up_and_the_answer_is_made_all_the_same() -> None:
    slow: Any = Slow()
    arriving: Any = events(slow, FOUND, "id")
    next(arriving)
    next(arriving)
    arriving.close()
    assert not slow.finished.is_set()
    slow.go_on.set()
    assert slow.finished.wait(20)
