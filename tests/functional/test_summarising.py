"""The stage `summarise` of a job on the real ledger: once, again, with a failing model, beside an erasure."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.functional.api.doubles import MemoryObjects, Published
from tests.functional.summary_world import RESULTS, World, Writer
from tests.unit.meetings import meeting, timed
from video_pipeline import layout
from video_pipeline.database import Database
from video_pipeline.errors import Conflict, Misconfigured, NotFound, Unavailable
from video_pipeline.model import Job, JobOptions, JobStatus, Source
from video_pipeline.ports import Submission
from video_pipeline.publishing import Publishing
from video_pipeline.resummarising import Resummarising
from video_pipeline.store.ledger import PostgresLedger
from video_pipeline.summaries.document import Summary
from video_pipeline.summaries.spoken import Spoken
from video_pipeline.transcribing import Transcribing


@pytest.fixture
def world(database: Database) -> World:
    return World(PostgresLedger(database), MemoryObjects(), Published())


def kept(world: World, job: Job) -> Any:
    assert job.video_id is not None
    return world.ledger.summaries.get(job.video_id)


def test_a_job_ends_with_its_summary_which_lies_in_the_ledger_and_in_the_bucket(world: World) -> None:
    job = world.indexed()
    assert (job.status, job.stage) == (JobStatus.PROCESSING, "summarise")
    (order,) = world.orders()
    world.summarising().summarise(order)
    done = world.ledger.jobs.get(job.id)
    assert (done.status, done.progress) == (JobStatus.COMPLETED, 1)
    assert [each.status for each in world.ledger.jobs.timeline(job.id) if each.stage == "summarise"] == ["completed"]
    summary = kept(world, job).summary
    as_json, markdown = layout.summary_keys(order.video_id)
    assert Summary.model_validate_json(world.objects.kept[RESULTS, as_json][0]) == summary
    assert world.objects.kept[RESULTS, markdown][0].decode().startswith("# a\n")
    assert world.objects.kept[RESULTS, markdown][1] == "text/markdown; charset=utf-8"


def test_the_video_can_be_asked_about_before_its_summary_is_there(world: World) -> None:
    job = world.indexed()
    assert job.video_id is not None
    assert world.ledger.videos.get(job.video_id).indexed_at is not None
    with pytest.raises(NotFound) as missing:
        kept(world, job)
    assert missing.value.code == "summary_missing"


def test_an_order_that_comes_five_times_makes_one_summary(world: World) -> None:
    job, writer = world.indexed(), Writer()
    (order,) = world.orders()
    for _ in range(5):
        world.summarising(writer).summarise(order)
    assert writer.asked == 1
    assert kept(world, job).summary.engine == "double-1"


def test_a_crash_between_keeping_and_completing_costs_no_second_summary(world: World) -> None:
    job, writer = world.indexed(), Writer()
    (order,) = world.orders()
    world.summarising(writer)._summarise(order)
    assert world.ledger.jobs.get(job.id).status is JobStatus.PROCESSING
    world.summarising(writer).summarise(order)
    assert (writer.asked, world.ledger.jobs.get(job.id).status) == (1, JobStatus.COMPLETED)


def test_while_the_model_is_away_what_was_said_is_shown_and_later_replaced(world: World) -> None:
    job = world.indexed()
    writer = Writer(Unavailable("openai_unavailable", "OpenAI is away."))
    (order,) = world.orders()
    world.summarising(writer).summarise(order)
    shown = kept(world, job).summary
    assert (shown.engine, shown.notes) == (
        "extractive",
        ("The language model could not be asked: OpenAI is away. What was said is quoted instead.",),
    )
    assert world.ledger.jobs.get(job.id).status is JobStatus.PROCESSING
    (again,) = world.orders()
    assert (again.attempt, world.delays) == (2, [30])
    world.summarising(writer).summarise(again)
    assert (kept(world, job).summary.engine, kept(world, job).summary.notes) == ("double-1", ())
    assert world.ledger.jobs.get(job.id).status is JobStatus.COMPLETED
    assert world.orders() == []


def test_a_model_that_stays_away_is_asked_three_times_and_the_job_ends_well(world: World) -> None:
    job = world.indexed()
    writer = Writer(*(Unavailable("openai_unavailable", "Away.") for _ in range(9)))
    orders = world.orders()
    while orders:
        world.summarising(writer).summarise(orders[0])
        orders = world.orders()
    assert writer.asked == 3
    assert world.ledger.jobs.get(job.id).status is JobStatus.COMPLETED
    assert kept(world, job).summary.engine == "extractive"


def test_a_model_that_is_wrongly_configured_is_not_asked_again(world: World) -> None:
    job, writer = world.indexed(), Writer(Misconfigured("api_key_wrong", "The key is wrong."))
    (order,) = world.orders()
    world.summarising(writer).summarise(order)
    assert world.orders() == []
    assert world.ledger.jobs.get(job.id).status is JobStatus.COMPLETED
    assert "The key is wrong." in kept(world, job).summary.notes[0]


def test_a_failing_store_brings_the_order_again_and_is_on_the_timeline(world: World) -> None:
    job = world.indexed()
    (order,) = world.orders()
    summarising = world.summarising()
    genuine = world.objects.read

    def away(*_: Any, **__: Any) -> bytes:
        raise Unavailable("s3_unavailable", "S3 is away.")

    world.objects.read = away  # type: ignore[method-assign]  # a service that fails once
    with pytest.raises(Unavailable):
        summarising.summarise(order)
    world.objects.read = genuine  # type: ignore[method-assign]
    summarising.summarise(order)
    tries = [each.status for each in world.ledger.jobs.timeline(job.id) if each.stage == "summarise"]
    assert tries == ["failed", "completed"]
    assert world.ledger.jobs.get(job.id).status is JobStatus.COMPLETED


def test_a_transcript_that_can_not_be_read_ends_the_job_well_with_a_note(world: World) -> None:
    job = world.indexed()
    (order,) = world.orders()
    world.objects.delete(RESULTS, [layout.transcript_key(order.video_id, "json")])
    world.summarising().summarise(order)
    done = world.ledger.jobs.get(job.id)
    assert done.status is JobStatus.COMPLETED
    assert done.notes[-1].startswith("No summary could be made: There is no object")


def test_a_silent_video_is_not_given_to_the_model(world: World) -> None:
    job, writer = world.indexed(timed([], source="none")), Writer()
    (order,) = world.orders()
    world.summarising(writer).summarise(order)
    assert writer.asked == 0
    assert kept(world, job).summary.notes == ("Nothing is said in this video.",)


def test_a_wish_for_a_new_one_replaces_the_old_one_once(world: World) -> None:
    job, writer = world.indexed(), Writer()
    (order,) = world.orders()
    world.summarising().summarise(order)
    resummarising = Resummarising(world.ledger, Publishing(world.ledger.outbox, world.published))
    assert resummarising.ask(job.id) == job.video_id
    (wish,) = world.orders()
    before = kept(world, job)
    for _ in range(3):
        world.summarising(writer).summarise(wish)
    after = kept(world, job)
    assert (before.summary.engine, after.summary.engine, writer.asked) == ("extractive", "double-1", 1)
    assert (after.request, after.etag != before.etag) == (wish.request, True)
    assert world.ledger.jobs.get(job.id).status is JobStatus.COMPLETED


def test_a_new_one_is_not_ordered_for_what_has_no_transcript(world: World) -> None:
    source = Source(kind="upload", media={"bucket": "b", "key": "k"}, filename="k", upload_id=str(uuid4()))  # type: ignore[arg-type]  # read by pydantic
    ((job, _),) = world.ledger.jobs.submit([Submission(source, JobOptions(), ready=False)])
    resummarising = Resummarising(world.ledger, Publishing(world.ledger.outbox, world.published))
    with pytest.raises(Conflict) as refused:
        resummarising.ask(job.id)
    assert refused.value.code == "not_transcribed"
    with pytest.raises(NotFound):
        resummarising.ask(uuid4())
    assert world.orders() == []


def test_another_transcript_of_the_same_video_gets_a_summary_of_its_own(world: World) -> None:
    job, writer = world.indexed(), Writer()
    (order,) = world.orders()
    world.summarising(writer).summarise(order)
    store: Any = world.objects
    record = Transcribing(world.ledger, store, results_bucket=RESULTS).keep(order.video_id, meeting("kitchen"))
    with world.ledger.videos._database.transaction() as connection:
        document = json.dumps(record.model_dump(mode="json", exclude_none=True))
        connection.execute("update transcripts set record = %s where video_id = %s", [document, order.video_id])
    world.summarising(writer).summarise(order)
    assert writer.asked == 2
    assert kept(world, job).transcript == record.sha256


def test_erasing_a_video_erases_its_summary_everywhere(world: World) -> None:
    job = world.indexed()
    (order,) = world.orders()
    world.summarising().summarise(order)
    receipt = world.erasing().erase(order.video_id, "ann")
    assert receipt is not None
    with pytest.raises(NotFound):
        kept(world, job)
    with world.ledger.videos._database.transaction() as connection:
        assert connection.execute("select count(*) as n from summaries").fetchone() == {"n": 0}
    assert not [key for _, key in world.objects.kept if "summary" in key]


def test_a_summary_that_comes_after_the_erasure_leaves_nothing_behind(world: World) -> None:
    job = world.indexed()
    (order,) = world.orders()
    world.summarising().summarise(order)
    wish = order.model_copy(update={"request": uuid4()})

    class Erased(Writer):
        """While it writes, somebody erases the video."""

        def write(self, video_id: UUID, spoken: Spoken) -> Summary:
            made = super().write(video_id, spoken)
            world.erasing().erase(video_id, "ann")
            return made

    world.summarising(Erased()).summarise(wish)
    with pytest.raises(NotFound):
        kept(world, job)
    assert not [key for _, key in world.objects.kept if "summary" in key]
