from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.indexes import INDEX, opened
from video_pipeline.erasing import Erasing
from video_pipeline.errors import NotFound, Unavailable
from video_pipeline.model import Index, Job, JobOptions, JobStatus, ObjectInfo, ObjectRef, Source
from video_pipeline.ports import Held

NOW = datetime(2026, 5, 4, tzinfo=UTC)
VIDEO = UUID("00000000-0000-4000-8000-000000000001")
OTHER = UUID("00000000-0000-4000-8000-000000000002")


def job(kind: Any, key: str, upload_id: str | None) -> Job:
    source = Source(kind=kind, media=ObjectRef(bucket="media", key=key), filename="f", upload_id=upload_id)
    return Job(
        id=uuid4(),
        status=JobStatus.COMPLETED,
        stage="embed",
        progress=1,
        source=source,
        options=JobOptions(),
        video_id=VIDEO,
        created_at=NOW,
        updated_at=NOW,
    )


@dataclass
class World:
    """Ledger, objects and vectors in memory. The step whose number is `breaks` fails, once."""

    objects: dict[tuple[str, str], int] = field(default_factory=dict)
    vectors: dict[UUID, int] = field(default_factory=dict)
    jobs: dict[UUID, Job] = field(default_factory=dict)
    at_work: bool = False
    hidden: set[UUID] = field(default_factory=set)
    receipts: dict[UUID, Mapping[str, Any]] = field(default_factory=dict)
    versions_deleted: list[tuple[str, str | None]] = field(default_factory=list)
    breaks: int | None = None
    steps: int = 0

    @property
    def videos(self) -> World:
        return self

    def _step(self) -> None:
        self.steps += 1
        if self.steps == self.breaks:
            raise Unavailable("down", "It is down.")

    def begin_erasure(self, video_id: UUID, requested_by: str) -> UUID | None:
        if video_id != VIDEO or video_id in self.receipts:
            raise NotFound("video_not_found", "There is no such video.")
        if self.at_work:
            return None
        self.hidden.add(video_id)
        return uuid4()

    def erased_objects(self, video_id: UUID) -> tuple[list[Held], list[UUID]]:
        self._step()
        media = [Held(job.source.media) for job in self.jobs.values()]
        named = [
            Held(ObjectRef(bucket="media", key="uploads/one/captions.vtt"), captions=True),
            # What a sender may name as captions: another video's medium, or captions that others use too.
            Held(ObjectRef(bucket="media", key="uploads/two/other.mp4"), captions=True),
            Held(ObjectRef(bucket="media", key="films/for all.vtt"), captions=True, shared=True),
        ]
        replaced = Held(ObjectRef(bucket="media", key="films/replaced.mp4", version_id="v1"), shared=True)
        return [*media, *named, replaced, Held(ObjectRef(bucket="theirs", key="film.mp4"))], list(self.jobs)

    def pending_erasures(self) -> list[UUID]:
        return sorted(self.hidden - self.receipts.keys())

    def end_erasure(self, video_id: UUID, receipt: Mapping[str, Any]) -> None:
        self._step()
        self.receipts[video_id] = receipt

    def get(self, job_id: UUID) -> Job:
        return self.jobs[job_id]

    def delete_video(self, video_id: UUID) -> int:
        self._step()
        return self.vectors.pop(video_id, 0)

    def under(self, bucket: str, prefix: str) -> Iterator[ObjectInfo]:
        for place in sorted(self.objects):
            if place[0] == bucket and place[1].startswith(prefix):
                yield ObjectInfo(ref=ObjectRef(bucket=bucket, key=place[1]), size=1)

    def delete(self, bucket: str, keys: Iterable[str]) -> int:
        self._step()
        return sum(self.objects.pop((bucket, key), 0) for key in keys)

    def delete_version(self, ref: ObjectRef) -> int:
        self._step()
        self.versions_deleted.append((ref.key, ref.version_id))
        return 1

    def delete_prefix(self, bucket: str, prefix: str) -> int:
        self._step()
        return self.delete_quietly(lambda place: place[0] == bucket and place[1].startswith(prefix))

    def delete_quietly(self, which: Callable[[tuple[str, str]], bool]) -> int:
        return sum(self.objects.pop(place) for place in list(self.objects) if which(place))


class Jobs:
    def __init__(self, world: World) -> None:
        self.get = world.get


@dataclass
class Ledger:
    world: World

    @property
    def videos(self) -> World:
        return self.world

    @property
    def jobs(self) -> Jobs:
        return Jobs(self.world)

    @property
    def indexes(self) -> Ledger:
        return self

    def live(self) -> list[Index]:
        """Two in one store: what a store keeps of a video goes in one go."""
        return [INDEX, INDEX]


KEPT = {
    ("media", "uploads/two/other.mp4"),
    ("media", "films/beside the point.vtt"),
    ("media", "films/beside.part2.vtt"),
    ("media", "films/for all.vtt"),
    ("media", "films/replaced.mp4"),
    ("results", f"videos/{OTHER}/transcript.json"),
    ("theirs", "film.mp4"),
}
GONE = {
    ("media", "uploads/one/film.mp4"),
    ("media", "uploads/one/captions.vtt"),
    ("media", "films/beside.mp4"),
    ("media", "films/beside.vtt"),
    ("media", "films/beside.de.srt"),
    ("media", "assembled/raw/film.mp4"),
    ("media", "segments/raw/000000"),
    ("media", "segments/raw/000001"),
    ("results", f"videos/{VIDEO}/transcript.json"),
    ("results", f"videos/{VIDEO}/thumbnails/0000000000.jpg"),
}


def a_world() -> World:
    jobs = [
        job("upload", "uploads/one/film.mp4", "one"),
        job("segments", "assembled/raw/film.mp4", "raw"),
        job("object", "films/beside.mp4", None),
    ]
    heard = {("results", f"transcribe/{jobs[0].id}/video-pipeline-dev-{jobs[0].id}.json")}
    return World(
        objects=dict.fromkeys(KEPT | GONE | heard, 1),
        vectors={VIDEO: 7, OTHER: 5},
        jobs={each.id: each for each in jobs},
    )


def erasing(world: Any) -> Erasing:
    ledger: Any = Ledger(world)
    return Erasing(ledger, world, lambda _: opened(None, world), media_bucket="media", results_bucket="results")


def test_everything_of_the_video_goes_and_nothing_else() -> None:
    world = a_world()
    receipt = erasing(world).erase(VIDEO, "tester")
    assert world.objects.keys() == KEPT
    assert world.vectors == {OTHER: 5}
    assert receipt == {
        "video_id": str(VIDEO),
        "jobs": 3,
        "vectors": 7,
        "media_objects": 9,
        "result_objects": 3,
        "not_ours": [
            "s3://media/films/for all.vtt",
            "s3://media/uploads/two/other.mp4",
            "s3://theirs/film.mp4",
        ],
    }
    assert world.receipts[VIDEO] == receipt
    assert world.versions_deleted == [("films/replaced.mp4", "v1")]


def test_while_a_job_is_at_work_nothing_goes() -> None:
    world = a_world()
    world.at_work = True
    assert erasing(world).erase(VIDEO, "tester") is None
    assert world.objects.keys() > KEPT | GONE


def test_an_unknown_or_erased_video_is_not_found() -> None:
    world = a_world()
    with pytest.raises(NotFound):
        erasing(world).erase(OTHER, "tester")
    erasing(world).erase(VIDEO, "tester")
    with pytest.raises(NotFound):
        erasing(world).erase(VIDEO, "tester")


STEPS = 11


def test_the_number_of_steps_that_may_fail_is_known() -> None:
    world = a_world()
    erasing(world).erase(VIDEO, "tester")
    assert world.steps == STEPS


@pytest.mark.parametrize("failing", range(1, STEPS + 1))
def test_whatever_step_fails_the_video_is_hidden_and_the_sweeper_carries_it_to_the_end(failing: int) -> None:
    world = a_world()
    world.breaks = failing
    with pytest.raises(Unavailable):
        erasing(world).erase(VIDEO, "tester")
    assert world.hidden == {VIDEO}
    assert erasing(world).resume() == [VIDEO]
    assert world.objects.keys() == KEPT
    assert world.vectors == {OTHER: 5}
    assert VIDEO in world.receipts
    assert erasing(world).resume() == []


def test_an_erasure_that_fails_again_stays_pending() -> None:
    world = a_world()
    world.hidden.add(VIDEO)
    world.breaks = 1
    assert erasing(world).resume() == []
    assert world.pending_erasures() == [VIDEO]
