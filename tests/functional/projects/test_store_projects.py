"""Projects and their audit trails in PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import pytest

from video_pipeline.database import Database
from video_pipeline.errors import NotFound
from video_pipeline.model import JobOptions, ObjectRef, Project, ProjectFilm, Source, digest, manifest_text
from video_pipeline.ports import After, Change, Claimed, Submission
from video_pipeline.store.ledger import PostgresLedger
from video_pipeline.topology import SLIDESHOW

NOW = datetime.now(UTC)


@pytest.fixture
def ledger(database: Database) -> PostgresLedger:
    return PostgresLedger(database)


def project(**more: Any) -> Project:
    manifest = {"version": 1, "title": "Häfen", "images": []}
    given = {"id": uuid4(), "manifest": manifest, "manifest_sha256": digest(manifest_text(manifest))}
    return Project(**given | {"created_by": "ann", "created_at": NOW, "updated_at": NOW} | more)


def ordered(ledger: PostgresLedger, made: Project) -> UUID:
    source = Source(
        kind="project",
        media=ObjectRef(bucket="media", key=f"projects/{made.id}/manifest.json"),
        filename="Slideshow.mp4",
        upload_id=str(made.id),
        sha256=made.manifest_sha256,
    )
    ((job, _),) = ledger.jobs.submit([Submission(source, JobOptions(), ready=True)])
    ledger.projects.ordered(made.id, job.id, "ann", ask=False)
    return job.id


def film(made: Project) -> ProjectFilm:
    media = ObjectRef(bucket="results", key=f"videos/{made.id}_final_video.mp4")
    return ProjectFilm(
        media=media, sha256="f" * 64, size=9, seconds=2.0, manifest=made.manifest_sha256, rendered_at=NOW
    )


def test_a_project_comes_back_as_it_was_made_with_the_hash_of_its_text(ledger: PostgresLedger) -> None:
    made = ledger.projects.create(project())
    assert ledger.projects.get(made.id) == made
    assert (made.state, made.title, made.manifest_sha256) == ("collecting", "Häfen", project().manifest_sha256)


def test_changes_follow_each_other_and_none_is_lost(ledger: PostgresLedger) -> None:
    made = ledger.projects.create(project())

    def add(number: int) -> None:
        def adding(now: Project) -> Change:
            images = [*now.manifest["images"], {"file": f"images/{number}.jpg"}]
            return Change({**now.manifest, "images": images}, "image added", {"number": number})

        ledger.projects.change(made.id, "bob", adding)

    threads = [Thread(target=add, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    after = ledger.projects.get(made.id)
    assert {each["file"] for each in after.manifest["images"]} == {f"images/{n}.jpg" for n in range(4)}
    assert after.manifest_sha256 == digest(manifest_text(after.manifest))
    events = ledger.projects.events(made.id)
    assert [(each.who, each.what) for each in events] == [("ann", "created"), *[("bob", "image added")] * 4]


def test_a_change_that_is_refused_or_none_leaves_nothing_behind(ledger: PostgresLedger) -> None:
    made = ledger.projects.create(project())

    def refusing(_: Project) -> Change:
        raise NotFound("object_missing", "It is gone.")

    with pytest.raises(NotFound):
        ledger.projects.change(made.id, "bob", refusing)
    assert ledger.projects.change(made.id, "bob", lambda _: None) == made
    assert len(ledger.projects.events(made.id)) == 1


def test_its_job_goes_to_the_slideshow_queue_and_its_state_follows_the_job(ledger: PostgresLedger) -> None:
    made = ledger.projects.create(project())
    job_id = ordered(ledger, made)
    sent: list[Any] = []
    ledger.outbox.drain(sent.extend)
    assert [each.destination for each in sent] == [SLIDESHOW.name]
    assert ledger.jobs.get(job_id).stage == "render"
    assert ledger.projects.get(made.id).state == "rendering"
    assert isinstance(ledger.jobs.claim(job_id, "w"), Claimed)
    ledger.jobs.begin_stage(job_id, "render", "w")
    ledger.jobs.report(job_id, "render", 0.5)
    assert ledger.jobs.get(job_id).progress == 0.5
    assert ledger.projects.rendered(made.id, film(made), "w")
    ledger.jobs.complete(job_id, worker="w")
    assert ledger.projects.get(made.id).state == "rendered"


def test_a_film_of_another_manifest_does_not_count_as_the_project_s(ledger: PostgresLedger) -> None:
    made = ledger.projects.create(project())
    ledger.projects.rendered(made.id, film(made), "w")
    assert ledger.projects.get(made.id).state == "rendered"
    ledger.projects.change(made.id, "ann", lambda now: Change({**now.manifest, "title": "New"}, "renamed", {}))
    after = ledger.projects.get(made.id)
    assert (after.state, after.film) == ("collecting", film(made))


def test_a_failed_job_is_the_state_until_the_manifest_changes(ledger: PostgresLedger) -> None:
    from video_pipeline.model import Failure

    made = ledger.projects.create(project())
    job_id = ordered(ledger, made)
    ledger.jobs.fail(job_id, Failure(code="image_damaged", message="It is damaged."))
    assert ledger.projects.get(made.id).state == "failed"
    ledger.projects.change(made.id, "ann", lambda now: Change({**now.manifest, "title": "New"}, "renamed", {}))
    assert ledger.projects.get(made.id).state == "collecting"


def test_pages_follow_each_other_newest_first(ledger: PostgresLedger) -> None:
    made = [ledger.projects.create(project()) for _ in range(5)]
    first = ledger.projects.page(limit=3)
    rest = ledger.projects.page(limit=3, after=After(first[-1].created_at, first[-1].id))
    assert [each.id for each in [*first, *rest]] == [each.id for each in reversed(made)]


def test_of_a_removed_project_only_the_audit_trail_is_left(ledger: PostgresLedger) -> None:
    made = ledger.projects.create(project())
    assert ledger.projects.begin_removal(made.id, "ann").state == "removed"
    with pytest.raises(NotFound):
        ledger.projects.get(made.id)
    assert not ledger.projects.rendered(made.id, film(made), "w"), "nobody would find its film"
    ledger.projects.end_removal(made.id, {"files": 3}, "ann")
    assert ledger.projects.page() == []
    trail = [(each.what, each.detail) for each in ledger.projects.events(made.id)]
    assert trail == [("created", {}), ("removal begun", {}), ("removed", {"files": 3})]
    with pytest.raises(NotFound):
        ledger.projects.begin_removal(made.id, "ann")


def test_those_whose_time_is_over_are_found_unless_their_film_is_being_made(
    ledger: PostgresLedger, database: Database
) -> None:
    over, later, at_work, broken = (
        ledger.projects.create(project(expires_at=NOW + timedelta(hours=hours))) for hours in (-1, 1, -1, 1)
    )
    ledger.projects.create(project())
    ordered(ledger, at_work)
    ledger.projects.begin_removal(broken.id, "ann")
    assert ledger.projects.expired(limit=9) == [over.id]
    with database.transaction() as connection:
        connection.execute("update projects set removed_at = now() - interval '1 hour' where id = %s", [broken.id])
    assert set(ledger.projects.expired(limit=9)) == {over.id, broken.id}
    assert later.state == "collecting"


def test_an_unknown_project_is_not_found(ledger: PostgresLedger) -> None:
    for ask in (ledger.projects.get, ledger.projects.events):
        with pytest.raises(NotFound) as missing:
            ask(uuid4())
        assert missing.value.code == "project_not_found"
