from __future__ import annotations

import hashlib
import json
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import av
import numpy as np
import pytest

from tests.conftest import EmulatedAws
from tests.indexes import SPEC
from video_pipeline.database import Database
from video_pipeline.errors import Resting, Unavailable
from video_pipeline.events import read_event
from video_pipeline.fetching import Fetching
from video_pipeline.layout import assembled_key, segment_key, transcript_key
from video_pipeline.media.reader import PyAvMedia
from video_pipeline.media.workspace import ScratchFolders
from video_pipeline.model import Job, JobOptions, JobStatus, Message, ObjectRef, Source
from video_pipeline.ports import Claimed, Pending, Progress, SpeechRequest, Submission
from video_pipeline.processing import Processing, Tools
from video_pipeline.publishing import Publishing
from video_pipeline.store.leases import Policy
from video_pipeline.store.ledger import PostgresLedger
from video_pipeline.subtitles import Captions
from video_pipeline.topology import Retry
from video_pipeline.transcribing import Transcribing
from video_pipeline.transcripts.json_format import read_json
from video_pipeline.transcripts.model import Segment, Transcript

CAPTIONS = b"WEBVTT\n\n00:00.000 --> 00:01.000\n<v Ann>The launch is in May.\n\n00:01.000 --> 00:02.000\n<v Bob>Fine.\n"
HEARD = Transcript(
    segments=(Segment(start=0, end=1, text="heard words"),), source="pocketsphinx", engine="double", quality="low"
)


def make_media(path: Path, *, seconds: float = 2, picture: bool = True, sound: bool = True, tone: int = 440) -> bytes:
    """A small MP4: a moving grey ramp and a tone."""
    with av.open(str(path), "w", format="mp4") as container:
        video = container.add_stream("libx264", rate=10) if picture else None
        audio = container.add_stream("aac", rate=16_000) if sound else None
        if video is not None:
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
            for n in range(int(seconds * 10)):
                image = np.full((48, 64, 3), (n * 9) % 255, np.uint8)
                image[: n % 48] = 255
                container.mux(video.encode(av.VideoFrame.from_ndarray(image)))
            container.mux(video.encode(None))
        if audio is not None:
            wave_form = np.sin(np.arange(int(seconds * 16_000)) * tone / 16_000 * 6.28)
            frame = av.AudioFrame.from_ndarray(wave_form.astype(np.float32)[None], format="fltp", layout="mono")
            frame.sample_rate = 16_000
            container.mux(audio.encode(frame))
            container.mux(audio.encode(None))
    return path.read_bytes()


class Recogniser:
    """Answers what it is told to, after looking at what it was given."""

    name = "double"

    def __init__(self, answer: Transcript | Pending | Exception) -> None:
        self.answer = answer
        self.requests: list[SpeechRequest] = []

    def transcribe(self, request: SpeechRequest, *, progress: Progress | None = None) -> Transcript | Pending:
        with wave.open(str(request.audio)) as audio:
            assert (audio.getframerate(), audio.getnchannels()) == (16_000, 1)
        self.requests.append(request)
        if progress:
            progress(0.5)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class World:
    """One worker over a real database, an emulated AWS and real media."""

    def __init__(self, ledger: PostgresLedger, aws: EmulatedAws, scratch: Path) -> None:
        self.ledger = ledger
        self.aws = aws
        self.scratch = scratch
        self.recogniser = Recogniser(HEARD)
        self.published: list[Message] = []
        self.alive: Callable[[], bool] = lambda: True
        self.retry = Retry(attempts=3, base=0, factor=1, cap=0)
        self.limit = 10**9

    def publish(self, messages: list[Message]) -> None:
        self.published += messages

    def put(self, data: bytes, key: str = "films/film.mp4") -> ObjectRef:
        return self.aws.objects.write(self.aws.media, key, data, content_type="video/mp4")

    def submit(self, ref: ObjectRef, **options: Any) -> UUID:
        source = Source(kind="object", media=ref, filename=ref.key.rpartition("/")[2])
        return self.ledger.jobs.submit([Submission(source, JobOptions(**options), ready=True)])[0][0].id

    def work(self, job_id: UUID, worker: str = "w1") -> Job:
        claim = self.ledger.jobs.claim(job_id, worker)
        assert isinstance(claim, Claimed), claim
        self.processing().work(claim.job, worker, self.alive)
        assert list(self.scratch.iterdir()) == []
        return self.ledger.jobs.get(job_id)

    def processing(self) -> Processing:
        objects, media = self.aws.objects, PyAvMedia()
        return Processing(
            Tools(
                ledger=self.ledger,
                objects=objects,
                media=media,
                recogniser=self.recogniser,
                workspace=ScratchFolders(self.scratch),
                fetching=Fetching(objects, most=self.limit),
                captions=Captions(objects, media),
                transcribing=Transcribing(self.ledger, objects, results_bucket=self.aws.results),
                publishing=Publishing(self.ledger.outbox, self),
                results_bucket=self.aws.results,
                thumbnail_every=1.0,
                retry=self.retry,
            )
        )

    def stages(self, job_id: UUID) -> dict[str, str]:
        return {each.stage: each.status for each in self.ledger.jobs.timeline(job_id)}

    def transcript(self, video_id: UUID) -> Transcript:
        key = transcript_key(video_id, "json")
        return read_json(self.aws.objects.read(ObjectRef(bucket=self.aws.results, key=key), limit=10**6))

    def events(self) -> list[str]:
        return [read_event(each.body).envelope.type for each in self.published if each.destination == "pipeline-stream"]


@pytest.fixture
def world(database: Database, aws: EmulatedAws, tmp_path: Path) -> World:
    scratch = tmp_path / "scratch"
    return World(PostgresLedger(database, Policy(attempts=3)), aws, scratch)


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_media(tmp_path_factory.mktemp("film") / "film.mp4")


def test_a_video_without_captions_is_heard_and_handed_on(world: World, film: bytes) -> None:
    job = world.work(world.submit(world.put(film), title="A film", language="en"))
    assert (job.status, job.stage) == (JobStatus.PROCESSING, "chunk")
    assert job.video_id is not None
    video = world.ledger.videos.get(job.video_id)
    assert video.sha256 == hashlib.sha256(film).hexdigest()
    assert (video.title, video.info and video.info.width, len(video.thumbnails)) == ("A film", 64, 2)
    assert video.poster is not None
    assert world.aws.objects.read(ObjectRef(bucket=world.aws.results, key=video.poster), limit=10**6)[:2] == b"\xff\xd8"
    assert world.transcript(video.id) == HEARD
    assert world.events() == ["transcript.ready"]
    assert set(world.stages(job.id).values()) == {"completed"}
    assert world.recogniser.requests[0].language == "en"
    assert world.recogniser.requests[0].duration == pytest.approx(2, abs=0.2)


def test_captions_beside_the_video_are_taken_instead_of_listening(world: World, film: bytes) -> None:
    media = world.put(film)
    world.put(CAPTIONS, "films/film.vtt")
    job = world.work(world.submit(media))
    assert job.video_id is not None
    transcript = world.transcript(job.video_id)
    assert (transcript.source, transcript.quality, transcript.speakers) == ("sidecar", "captions", ("Ann", "Bob"))
    assert world.recogniser.requests == []
    assert world.stages(job.id)["audio"] == "skipped"


def test_captions_in_the_wanted_language_are_preferred(world: World, film: bytes) -> None:
    media = world.put(film)
    world.put(CAPTIONS.replace(b"May", b"June"), "films/film.vtt")
    world.put(CAPTIONS.replace(b"May", b"Mai"), "films/film.de.vtt")
    job = world.work(world.submit(media, language="de-AT"))
    assert job.video_id is not None
    transcript = world.transcript(job.video_id)
    assert "Mai" in transcript.text
    assert transcript.language == "de"


@pytest.mark.parametrize("captions", [b"", b"\x00\x01\x02\xff" * 50, b"hello, no cues here"])
def test_captions_that_cannot_be_read_are_a_note_and_the_video_is_heard(
    captions: bytes, world: World, film: bytes
) -> None:
    ref = world.put(captions, "c/captions.vtt")
    job = world.work(world.submit(world.put(film), captions=ref))
    assert job.stage == "chunk"
    assert any("'captions.vtt' were not used" in note for note in job.notes)
    assert len(world.recogniser.requests) == 1


def test_a_transcript_that_amazon_transcribe_made_elsewhere_is_taken(world: World, film: bytes) -> None:
    word = {"type": "pronunciation", "start_time": "0.5", "end_time": "0.9"}
    items = [{**word, "alternatives": [{"confidence": "0.9", "content": "Hello"}]}]
    document = {"results": {"transcripts": [{"transcript": "Hello"}], "items": items}, "status": "COMPLETED"}
    ref = world.put(json.dumps(document).encode(), "c/asr.json")
    job = world.work(world.submit(world.put(film), captions=ref))
    assert job.video_id is not None
    transcript = world.transcript(job.video_id)
    assert (transcript.text, transcript.source, transcript.quality) == ("Hello", "transcribe", "recognised")
    assert world.recogniser.requests == []


def test_captions_that_are_not_there_are_a_note(world: World, film: bytes) -> None:
    missing = ObjectRef(bucket=world.aws.media, key="c/none.srt")
    job = world.work(world.submit(world.put(film), captions=missing))
    assert job.stage == "chunk"
    assert any("none.srt" in note for note in job.notes)


def test_a_silent_video_completes_its_way_and_says_so(world: World, tmp_path: Path) -> None:
    silent = make_media(tmp_path / "silent.mp4", sound=False)
    job = world.work(world.submit(world.put(silent)))
    assert job.stage == "chunk"
    assert any("no sound track" in note for note in job.notes)
    assert job.video_id is not None
    assert world.transcript(job.video_id).segments == ()


def test_sound_alone_works(world: World, tmp_path: Path) -> None:
    sound = make_media(tmp_path / "sound.mp4", picture=False)
    job = world.work(world.submit(world.put(sound, "films/sound.m4a")))
    assert job.stage == "chunk"
    assert world.stages(job.id)["thumbnails"] == "skipped"


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "media_empty"), (b"only a text\n" * 99, "not_media"), (None, "media_truncated")],
)
def test_what_is_no_film_fails_once_with_its_reason(data: bytes | None, code: str, world: World, film: bytes) -> None:
    job = world.work(world.submit(world.put(film[: len(film) // 2] if data is None else data)))
    assert job.status is JobStatus.FAILED
    assert job.failure is not None
    assert job.failure.code == code
    assert job.failure.message
    assert not job.failure.retryable
    assert world.events() == ["job.failed"]
    assert not any(each.destination == "processing-dlq" for each in world.published)
    assert "failed" in world.stages(job.id).values()


def test_a_file_beyond_the_limit_is_refused_before_it_is_downloaded(world: World, film: bytes) -> None:
    world.limit = 100
    job = world.work(world.submit(world.put(film)))
    assert job.failure is not None
    assert job.failure.code == "media_too_large"


def test_an_object_that_was_replaced_meanwhile_fails_the_job(world: World, film: bytes) -> None:
    ref = world.put(film)
    job_id = world.submit(ref.model_copy(update={"version_id": None}))
    world.put(film + b"more")
    job = world.work(job_id)
    assert job.failure is not None
    assert job.failure.code == "object_changed"


def test_a_passing_failure_is_tried_again_until_the_attempts_are_out(world: World, film: bytes) -> None:
    world.recogniser.answer = Unavailable("speech_down", "The recogniser is down.")
    job_id = world.submit(world.put(film))
    seen = [world.work(job_id, f"w{n}").status for n in range(3)]
    assert seen == [JobStatus.QUEUED, JobStatus.QUEUED, JobStatus.FAILED]
    job = world.ledger.jobs.get(job_id)
    assert job.failure is not None
    assert (job.failure.code, job.attempt) == ("speech_down", 3)
    tries = [each.status for each in world.ledger.jobs.timeline(job_id) if each.stage == "transcribe"]
    assert tries == ["failed"] * 3
    [letter] = [each for each in world.published if each.destination == "processing-dlq"]
    assert json.loads(letter.body) == {"job_id": str(job_id)}
    world.recogniser.answer = HEARD
    again = world.ledger.jobs.claim(job_id, "w9", redrive=True)
    assert isinstance(again, Claimed)
    world.processing().work(again.job, "w9", world.alive)
    assert world.ledger.jobs.get(job_id).stage == "chunk"


def test_an_unforeseen_error_is_kept_with_its_trace_and_tried_again(world: World, film: bytes) -> None:
    world.recogniser.answer = ZeroDivisionError("inside")
    job = world.work(world.submit(world.put(film)))
    assert job.failure is not None
    assert (job.status, job.failure.code) == (JobStatus.QUEUED, "internal_error")
    assert "ZeroDivisionError" in (job.failure.trace or "")


def test_a_worker_that_lost_its_lease_leaves_without_a_word(world: World, film: bytes) -> None:
    world.alive = lambda: False
    job = world.work(world.submit(world.put(film)))
    assert (job.status, job.failure) == (JobStatus.PROCESSING, None)
    assert world.events() == []


def test_the_same_film_under_another_name_completes_at_once_and_says_so(world: World, film: bytes) -> None:
    first = world.work(world.submit(world.put(film, "a.mp4"), title="First"))
    assert world.ledger.jobs.chunks_ready(first.id, [], index_id=world.ledger.indexes.serving(SPEC).id, emit=[])
    assert world.ledger.jobs.complete(first.id)
    second = world.work(world.submit(world.put(film, "b.mp4"), title="Second"), "w2")
    assert (second.status, second.video_id) == (JobStatus.COMPLETED, first.video_id)
    assert "same film as 'First'" in second.notes[0]
    assert len(world.recogniser.requests) == 1


def test_a_service_that_takes_its_time_holds_no_worker(world: World, film: bytes) -> None:
    world.recogniser.answer = Pending("token-1")
    job = world.work(world.submit(world.put(film)))
    assert (job.status, job.stage, job.waiting_for) == (JobStatus.PROCESSING, "transcribe", "token-1")

    class Service:
        def job_of(self, token: str) -> UUID | None:
            return job.id

        def result(self, token: str) -> Transcript:
            return HEARD

    transcribing = Transcribing(world.ledger, world.aws.objects, results_bucket=world.aws.results)
    with pytest.raises(Unavailable, match="does not wait"):
        transcribing.finish(Service(), job.id, "token-2")
    assert [transcribing.finish(Service(), job.id, "token-1") for _ in range(2)] == [True, False]
    assert world.ledger.jobs.get(job.id).stage == "chunk"


# ------------------------------------------------------------------------------------------ segments
def raw_upload(world: World, content: bytes, **changes: Any) -> UUID:
    upload, size = str(uuid4()), 1000
    pieces = [content[n : n + size] for n in range(0, len(content), size)]
    for n, piece in enumerate(pieces):
        world.put(piece, segment_key(upload, n))
    fields: dict[str, Any] = {
        "kind": "segments",
        "media": ObjectRef(bucket=world.aws.media, key=assembled_key(upload, "film.mp4")),
        "filename": "film.mp4",
        "upload_id": upload,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "segments": len(pieces),
    }
    source = Source.model_validate({**fields, **changes})
    [(job, _)] = world.ledger.jobs.submit([Submission(source, JobOptions(), ready=False)])
    for n in range(len(pieces)):
        world.ledger.jobs.segment_arrived(job.id, n)
    return job.id


def test_raw_segments_become_the_film_they_were_cut_from(world: World, film: bytes) -> None:
    job = world.work(raw_upload(world, film))
    assert job.stage == "chunk"
    assert job.video_id is not None
    video = world.ledger.videos.get(job.video_id)
    assert video.sha256 == hashlib.sha256(film).hexdigest()
    assert world.aws.objects.read(video.media, limit=10**7) == film
    assert list(world.aws.objects.under(world.aws.media, "segments/")) == []


def test_content_with_another_hash_is_refused_and_can_be_sent_again(world: World, film: bytes) -> None:
    job_id = raw_upload(world, film, sha256="0" * 64)
    job = world.work(job_id)
    assert job.failure is not None
    assert job.failure.code == "hash_mismatch"
    assert list(world.aws.objects.under(world.aws.media, "assembled/")) == []
    assert world.ledger.jobs.segment_arrived(job_id, 0)[0] == 1
    assert world.ledger.jobs.get(job_id).status is JobStatus.QUEUED


def test_an_attempt_after_a_crash_goes_on_with_what_was_put_together(
    world: World, film: bytes, database: Database
) -> None:
    world.recogniser.answer = Unavailable("speech_down", "Down.")
    job_id = raw_upload(world, film)
    assert world.work(job_id).status is JobStatus.QUEUED
    world.recogniser.answer = HEARD
    assert world.work(job_id, "w2").stage == "chunk"


def test_what_a_killed_worker_left_on_disk_is_cleared_by_the_next(tmp_path: Path) -> None:
    # No process has this number: it is above the kernel's limit.
    left = tmp_path / f"video-pipeline-{2**22 + 1}-x"
    left.mkdir()
    (left / "media").write_bytes(b"x")
    other = tmp_path / "somebody-elses"
    other.mkdir()
    ScratchFolders(tmp_path)
    assert list(tmp_path.iterdir()) == [other]


def test_the_message_to_the_functions_names_job_and_video(world: World, film: bytes) -> None:
    job = world.work(world.submit(world.put(film)))
    [message] = [each for each in world.published if each.destination == "pipeline-stream"]
    data = json.loads(message.body)["data"]
    assert data == {"job_id": str(job.id), "video_id": str(job.video_id)}
    assert message.key == str(job.video_id)


def test_waiting_for_a_service_at_rest_uses_up_no_attempt(world: World, film: bytes) -> None:
    world.recogniser.answer = Resting("budget_spent", "The budget is spent.", delay=0)
    job_id = world.submit(world.put(film))
    for _ in range(2 * world.retry.attempts):
        job = world.work(job_id)
        assert (job.status, job.attempt) == (JobStatus.QUEUED, 0)
    assert job.notes == ("It had to wait: The budget is spent.",)
    world.recogniser.answer = HEARD
    assert world.work(job_id).stage == "chunk"
