from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from video_pipeline.errors import BadInput, Conflict, NotFound, PipelineError, Unavailable
from video_pipeline.events import Described
from video_pipeline.model import Failure, Job, JobStatus, Message, ObjectInfo, ObjectRef
from video_pipeline.ports import Submission, UploadGrant
from video_pipeline.topology import LIMITS
from video_pipeline.uploading import Captions, Uploading

NOW = datetime(2026, 5, 4, tzinfo=UTC)
NOTHING_SAID = Described()


@dataclass
class Ledger:
    """Jobs and outbox; `log` tells the order in which things happened, here and in the store."""

    log: list[str]
    known: dict[UUID, Job] = field(default_factory=dict)
    told: list[Message] = field(default_factory=list)

    @property
    def jobs(self) -> Ledger:
        return self

    def submit(self, submissions: Sequence[Submission]) -> list[tuple[Job, bool]]:
        (wanted,) = submissions
        assert not wanted.ready
        job = Job(
            id=wanted.source.job_id,
            status=JobStatus.QUEUED,
            stage="receive",
            progress=0,
            source=wanted.source,
            options=wanted.options,
            created_at=NOW,
            updated_at=NOW,
        )
        self.log.append("submit")
        self.known[job.id] = job
        return [(job, True)]

    def get(self, job_id: UUID) -> Job:
        return self.known[job_id]

    def uploaded(self, job_id: UUID, media: ObjectRef, size: int) -> bool:
        self.log.append("uploaded")
        job = self.known[job_id]
        source = job.source.model_copy(update={"media": media, "size": size})
        self.known[job_id] = job.model_copy(update={"source": source, "stage": "fetch"})
        return True

    def abandon_upload(self, job_id: UUID, failure: Failure, *, emit: Sequence[Message]) -> bool:
        self.log.append(f"abandon {failure.code}")
        self.told += emit
        self.known[job_id] = self.known[job_id].model_copy(update={"status": JobStatus.FAILED, "failure": failure})
        return True


@dataclass
class Store:
    """Objects in memory; a multipart upload is what a test says was put."""

    log: list[str]
    objects: dict[str, bytes] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    put: bytes | None = None

    def _kept(self, bucket: str, key: str, data: bytes) -> ObjectRef:
        self.objects[key] = data
        return ObjectRef(bucket=bucket, key=key, etag=f"etag-{len(data)}")

    def write(self, bucket: str, key: str, data: bytes, *, content_type: str) -> ObjectRef:
        self.log.append(f"write {key.rpartition('/')[2]}")
        self.types[key] = content_type
        return self._kept(bucket, key, data)

    def write_stream(self, bucket: str, key: str, pieces: Iterable[bytes], *, content_type: str) -> ObjectRef:
        self.log.append(f"stream {key.rpartition('/')[2]}")
        self.types[key] = content_type
        return self._kept(bucket, key, b"".join(pieces))

    def head(self, ref: ObjectRef) -> ObjectInfo:
        if ref.key not in self.objects:
            raise NotFound("object_missing", "There is no such object.")
        size = len(self.objects[ref.key])
        return ObjectInfo(ref=ref.model_copy(update={"etag": f"etag-{size}"}), size=size)

    def delete(self, bucket: str, keys: Iterable[str]) -> int:
        gone = [key for key in keys if self.objects.pop(key, None) is not None]
        self.log.append(f"delete {len(gone)}")
        return len(gone)

    def presign_parts(self, bucket: str, key: str, *, size: int, content_type: str, seconds: int) -> UploadGrant:
        self.types[key] = content_type
        return UploadGrant("multipart-1", 5, ("https://s/1", "https://s/2"), NOW + timedelta(seconds=seconds))

    def complete_parts(self, bucket: str, key: str, upload_id: str, etags: Sequence[str]) -> ObjectRef:
        if key in self.objects:
            return self.head(ObjectRef(bucket=bucket, key=key)).ref
        if upload_id != "multipart-1" or self.put is None:
            raise BadInput("upload_unknown", "There is no such multipart upload.")
        self.log.append("complete")
        data, self.put = self.put, None
        return self._kept(bucket, key, data)


@dataclass
class Publishing:
    log: list[str]

    def flush(self) -> int:
        self.log.append("flush")
        return 0


@dataclass
class World:
    log: list[str] = field(default_factory=list)
    ledger: Any = None
    store: Any = None
    uploading: Any = None

    def __post_init__(self) -> None:
        self.ledger, self.store = Ledger(self.log), Store(self.log)
        publishing: Any = Publishing(self.log)
        self.uploading = Uploading(
            self.ledger, self.store, publishing, media_bucket="media", form_bytes=100, grant_seconds=60
        )


@pytest.fixture
def world() -> World:
    return World()


def test_the_job_exists_before_the_first_byte_and_is_queued_after_the_last(world: World) -> None:
    about = Described(title="All hands", language="en", metadata={"team": "a"})
    job = world.uploading.receive("My talk.MP4", [b"ab", b"c"], about)
    assert world.log == ["submit", "stream My-talk.mp4", "uploaded", "flush"]
    assert (job.source.filename, job.source.size, job.source.media.etag) == ("My talk.MP4", 3, "etag-3")
    assert (job.options.title, job.options.language, job.options.metadata) == ("All hands", "en", {"team": "a"})
    assert job.source.media.key == f"uploads/{job.source.upload_id}/My-talk.mp4"
    assert world.store.types[job.source.media.key] == "video/mp4"


def test_captions_lie_beside_the_media_before_it_comes(world: World) -> None:
    job = world.uploading.receive("a.mp4", [b"x"], NOTHING_SAID, captions=Captions("A talk.SRT", b"1\n"))
    assert world.log[:3] == ["write captions.srt", "submit", "stream a.mp4"]
    assert job.options.captions.key == f"uploads/{job.source.upload_id}/captions.srt"
    assert world.store.objects[job.options.captions.key] == b"1\n"


@pytest.mark.parametrize(
    ("filename", "shown", "key"),
    [
        ("with space.mp4", "with space.mp4", "with-space.mp4"),
        ("../../etc/pass wd.mov", "pass wd.mov", "pass-wd.mov"),
        ("C:\\films\\Übung.avi", "Übung.avi", "Ubung.avi"),
        ("🎬🍿.mkv", "🎬🍿.mkv", "media.mkv"),
        ("..mp4", "..mp4", "media.mp4"),
        ("Cafe\u0301.webm", "Café.webm", "Cafe.webm"),
        ("gpj\u202e4pm.mp4", "gpj4pm.mp4", "gpj4pm.mp4"),
        ("line\r\nbreak\x00.mp4", "linebreak.mp4", "linebreak.mp4"),
        ("n" * 1000 + ".mp4", "n" * 251 + ".mp4", "n" * 80 + ".mp4"),
        ("é" * 1000 + ".mp4", "é" * 251 + ".mp4", "e" * 80 + ".mp4"),
        ("%2e%2e%2fa?b#c&d.mp4", "%2e%2e%2fa?b#c&d.mp4", "2e-2e-2fa-b-c-d.mp4"),
    ],
)
def test_names_are_kept_for_people_and_made_safe_for_keys(world: World, filename: str, shown: str, key: str) -> None:
    job = world.uploading.receive(filename, [b"x"], NOTHING_SAID)
    assert job.source.filename == shown
    assert job.source.media.key == f"uploads/{job.source.upload_id}/{key}"


@pytest.mark.parametrize("filename", ["", "..", "mp4", ".mp4", "a.txt", "a.mp4.exe", "a.mp4 .", "a.🎬"])
def test_what_is_not_named_like_media_is_refused_before_anything_is_stored(world: World, filename: str) -> None:
    with pytest.raises(BadInput) as caught:
        world.uploading.receive(filename, [b"x"], NOTHING_SAID)
    assert caught.value.code == "unsupported_type"
    assert world.log == []


def breaking_off() -> Iterator[bytes]:
    yield b"half"
    raise BadInput("upload_broken_off", "The upload broke off.")


@pytest.mark.parametrize(
    ("pieces", "code"),
    [
        ([], "media_empty"),
        ([b"", b""], "media_empty"),
        ([b"x" * 60, b"x" * 41], "upload_too_large"),
        (breaking_off(), "upload_broken_off"),
    ],
)
def test_refused_bytes_leave_no_object_and_a_failed_job_with_the_reason(
    world: World, pieces: Iterable[bytes], code: str
) -> None:
    with pytest.raises(BadInput) as caught:
        world.uploading.receive("a.mp4", pieces, NOTHING_SAID, captions=Captions("a.vtt", b"WEBVTT"))
    assert caught.value.code == code
    assert world.store.objects == {}
    (job,) = world.ledger.known.values()
    assert (job.status, job.failure.code) == (JobStatus.FAILED, code)
    assert code in world.ledger.told[0].body


def test_as_many_bytes_as_are_allowed_are_taken(world: World) -> None:
    assert world.uploading.receive("a.mp4", [b"x" * 100], NOTHING_SAID).source.size == 100


def test_a_failing_store_fails_the_job_and_says_that_it_may_be_tried_again(world: World) -> None:
    def broken() -> Iterator[bytes]:
        yield b"x"
        raise Unavailable("store_unavailable", "The store does not answer.")

    with pytest.raises(Unavailable):
        world.uploading.receive("a.mp4", broken(), NOTHING_SAID)
    assert "abandon store_unavailable" in world.log


def test_a_grant_names_the_parts_and_completing_it_queues_the_job(world: World) -> None:
    granted = world.uploading.grant("a.mp4", 10, NOTHING_SAID)
    assert granted.parts.urls == ("https://s/1", "https://s/2")
    assert (granted.job.source.size, granted.captions) == (10, False)
    world.store.put = b"0123456789"
    job = world.uploading.complete(granted.job.id, ["e1", "e2"])
    assert (job.stage, job.source.size, job.source.media.etag) == ("fetch", 10, "etag-10")
    assert world.log == ["submit", "complete", "uploaded", "flush"]


def test_completing_twice_is_harmless(world: World) -> None:
    granted = world.uploading.grant("a.mp4", 1, NOTHING_SAID)
    world.store.put = b"x"
    first = world.uploading.complete(granted.job.id, ["e1"])
    assert world.uploading.complete(granted.job.id, ["e1"]) == first
    assert world.log.count("uploaded") == 1


def test_completing_again_after_a_crash_in_between_goes_on_from_there(world: World) -> None:
    granted = world.uploading.grant("a.mp4", 1, NOTHING_SAID)
    world.store.write("media", granted.job.source.media.key, b"x", content_type="video/mp4")
    assert world.uploading.complete(granted.job.id, ["e1"]).stage == "fetch"


def test_completing_what_was_never_put_is_refused_by_the_stores_own_reason(world: World) -> None:
    granted = world.uploading.grant("a.mp4", 1, NOTHING_SAID)
    with pytest.raises(BadInput) as caught:
        world.uploading.complete(granted.job.id, ["e1"])
    assert caught.value.code == "upload_unknown"


def test_parts_that_hold_nothing_are_refused_and_removed(world: World) -> None:
    granted = world.uploading.grant("a.mp4", 1, NOTHING_SAID)
    world.store.put = b""
    with pytest.raises(BadInput) as caught:
        world.uploading.complete(granted.job.id, ["e1"])
    assert caught.value.code == "media_empty"
    assert world.store.objects == {}


@pytest.mark.parametrize(("size", "code"), [(0, "media_empty"), (LIMITS.upload_bytes + 1, "upload_too_large")])
def test_a_grant_for_an_impossible_size_is_refused(world: World, size: int, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        world.uploading.grant("a.mp4", size, NOTHING_SAID)
    assert caught.value.code == code


def test_announced_captions_have_to_come_before_completing(world: World) -> None:
    granted = world.uploading.grant("a.mp4", 1, NOTHING_SAID, captions_filename="a.vtt")
    world.store.put = b"x"
    with pytest.raises(Conflict) as caught:
        world.uploading.complete(granted.job.id, ["e1"])
    assert caught.value.code == "captions_missing"
    world.uploading.add_captions(granted.job.id, b"WEBVTT")
    job = world.uploading.complete(granted.job.id, ["e1"])
    assert world.store.objects[job.options.captions.key] == b"WEBVTT"


def test_captions_that_were_not_announced_or_come_too_late_are_refused(world: World) -> None:
    granted = world.uploading.grant("a.mp4", 1, NOTHING_SAID)
    assert _code(world.uploading.add_captions, granted.job.id, b"WEBVTT") == "captions_not_announced"
    late = world.uploading.grant("a.mp4", 1, NOTHING_SAID, captions_filename="a.vtt")
    world.uploading.add_captions(late.job.id, b"WEBVTT")
    world.store.put = b"x"
    world.uploading.complete(late.job.id, ["e1"])
    assert _code(world.uploading.add_captions, late.job.id, b"WEBVTT") == "upload_complete"


def test_captions_of_an_impossible_size_or_kind_are_refused(world: World) -> None:
    granted = world.uploading.grant("a.mp4", 1, NOTHING_SAID, captions_filename="a.vtt")
    assert _code(world.uploading.add_captions, granted.job.id, b"") == "captions_empty"
    huge = bytes(LIMITS.caption_bytes + 1)
    assert _code(world.uploading.add_captions, granted.job.id, huge) == "captions_too_large"
    assert _code(world.uploading.grant, "a.mp4", 1, NOTHING_SAID, captions_filename="a.txt") == "unsupported_captions"


def test_a_streamed_upload_has_no_parts_to_complete(world: World) -> None:
    job = world.uploading.receive("a.mp4", [b"x"], NOTHING_SAID)
    assert _code(world.uploading.complete, job.id, ["e1"]) == "upload_not_in_parts"


def _code(call: Any, *arguments: Any, **named: Any) -> str:
    with pytest.raises(PipelineError) as caught:
        call(*arguments, **named)
    return caught.value.code
