"""The patterns that alarms count by, held against lines that the code really logs."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from lib.log_counts import COUNTED, FAILED, STUCK, UNSWEPT, Counted
from tests.infra.synthesis import Synthesised
from video_pipeline.errors import BadMedia, Unavailable
from video_pipeline.logs import configure
from video_pipeline.model import Job, JobOptions, JobStatus, MailRecord, ObjectRef, Source
from video_pipeline.outcomes import recorded
from video_pipeline.ports import Ledger
from video_pipeline.processing import Processing, Tools
from video_pipeline.sweeping import Sweeping
from video_pipeline.topology import PROCESSING_RETRY

Line = dict[str, Any]


Logged = Callable[[Callable[[], None]], list[Line]]


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Logged:
    """Runs something as a process of the product would, and gives the lines that it wrote."""

    def run(do: Callable[[], None]) -> list[Line]:
        root = logging.getLogger()
        handlers, level = root.handlers[:], root.level
        configure("test")
        try:
            do()
        finally:
            root.handlers[:] = handlers
            root.setLevel(level)
        return [json.loads(each) for each in capsys.readouterr().err.splitlines()]

    return run


def counts(counted: Counted, line: Line) -> bool:
    """What CloudWatch makes of a line: filter patterns for JSON, as far as ours use them."""
    comparison = re.compile(r'\$\.(\w+) (=|>) ("[^"]*"|\d+)')

    def judged(found: re.Match[str]) -> str:
        name, sign, wanted = found.groups()
        value, other = line.get(name), json.loads(wanted)
        if value is None:
            return "False"
        return str(value == other if sign == "=" else isinstance(value, int | float) and value > other)

    text = comparison.sub(judged, counted.pattern).replace("&&", " and ").replace("||", " or ")
    assert re.fullmatch(r"\{(True|False| and | or |[() ])+\}", text), counted.pattern
    return bool(eval(text.strip("{} ")))


def job(stage: str = "chunk") -> Job:
    media = ObjectRef(bucket="b", key="uploads/k.mp4")
    now = datetime.now(UTC)
    return Job(
        id=uuid4(),
        status=JobStatus.PROCESSING,
        stage=stage,
        progress=0.5,
        source=Source(kind="object", media=media, filename="k.mp4"),
        options=JobOptions(),
        video_id=uuid4(),
        created_at=now,
        updated_at=now,
    )


class Ledgers:
    """A ledger of which only what is asked here answers; `stalled` and `exhausted` are what a sweep finds."""

    def __init__(
        self,
        *,
        stalled: list[Job] | None = None,
        exhausted: list[Job] | None = None,
        doubtful: list[MailRecord] | None = None,
    ) -> None:
        self.jobs = SimpleNamespace(
            requeue_expired=list,
            exhausted=lambda: exhausted or [],
            stalled=lambda _: [(each, 1) for each in stalled or []],
            unfinished_uploads=lambda **_: [],
            announce_again=lambda *_, **__: None,
            fail=lambda *_, **__: True,
            end_stage=lambda *_, **__: None,
            retry_later=lambda *_, **__: None,
        )
        self.outbox = SimpleNamespace(drain=lambda _: 2, prune=lambda _: 0)
        self.mails = SimpleNamespace(doubt=lambda _: doubtful or [], prune=lambda _: 0)
        self.conversations = SimpleNamespace(prune=lambda: 0)
        self.analytics = SimpleNamespace(forget=lambda: 0)

    def sweep(self, resume_erasures: Any = lambda: 0) -> None:
        ledger = cast("Ledger", self)
        Sweeping(ledger, lambda _: None, resume_erasures, lambda: 0, segments_idle=1, stalled=1).sweep()


def test_a_stage_that_fails_is_counted(logged: Logged) -> None:
    def fail() -> None:
        with recorded(cast("Ledger", Ledgers()), job()):
            raise BadMedia("no_picture", "There is no picture.")

    lines = logged(fail)
    assert [counts(FAILED, each) for each in lines] == [True]
    assert lines[0]["reason"] == "no_picture"


def test_an_attempt_that_fails_is_counted_and_its_begin_is_not(logged: Logged) -> None:
    def no_room(_: UUID) -> AbstractContextManager[Path]:
        raise Unavailable("disk_full", "There is no room.")

    publishing = SimpleNamespace(flush=lambda: None)
    tools = SimpleNamespace(ledger=Ledgers(), workspace=no_room, publishing=publishing, retry=PROCESSING_RETRY)
    lines = logged(lambda: Processing(cast("Tools", tools)).work(job("fetch"), "worker", lambda: True))
    assert [(each["message"], counts(FAILED, each)) for each in lines] == [
        ("job begun", False),
        ("attempt failed", True),
    ]


@pytest.mark.parametrize("found", ["stalled", "exhausted"])
def test_jobs_that_the_sweeper_finds_are_counted(logged: Logged, found: str) -> None:
    ledger = Ledgers(stalled=[job()]) if found == "stalled" else Ledgers(exhausted=[job()])
    assert [counts(STUCK, each) for each in logged(ledger.sweep)] == [True]


def test_a_mail_that_nobody_knows_of_is_counted_where_it_was_sent_and_where_it_is_found(logged: Logged) -> None:
    mail = MailRecord(question_id=uuid4(), kind="answer", recipient="a@example.com", conversation_id=uuid4())
    lines = logged(Ledgers(doubtful=[mail]).sweep)
    assert [(each["message"], counts(FAILED, each), counts(STUCK, each)) for each in lines] == [
        ("mail doubtful", True, False),
        ("swept", False, True),
    ]


def test_a_sweep_that_only_sent_messages_is_not_counted(logged: Logged) -> None:
    (line,) = logged(Ledgers().sweep)
    assert line["message"] == "swept"
    assert line["published"] == 2
    assert not any(counts(each, line) for each in COUNTED)


def test_a_part_of_a_sweep_that_fails_is_counted(logged: Logged) -> None:
    def refused() -> int:
        raise Unavailable("vector_store_unavailable", "It does not answer.")

    lines = logged(lambda: Ledgers().sweep(resume_erasures=refused))
    assert [counts(UNSWEPT, each) for each in lines] == [True, False]


def test_every_process_that_moves_jobs_is_counted_once_for_each_kind(dev: Synthesised) -> None:
    filters = list(dev.resources("aws_cloudwatch_log_metric_filter").values())
    by_kind = {
        each.metric: {one["log_group_name"] for one in filters if _metric(one) == each.metric} for each in COUNTED
    }
    (swept,) = by_kind[STUCK.metric] | by_kind[UNSWEPT.metric]
    assert "sweeper" in swept
    for unit in ("chunking", "embedding", "transcription", "processing"):
        assert any(unit in name for name in by_kind[FAILED.metric]), unit
    alarms = dev.resources("aws_cloudwatch_metric_alarm").values()
    watched = {(each["namespace"], each["metric_name"]) for each in alarms if "namespace" in each}
    assert {("VideoPipeline/test-x1", each.metric) for each in COUNTED} <= watched


def _metric(each: dict[str, Any]) -> str:
    name: str = each["metric_transformation"]["name"]
    return name
