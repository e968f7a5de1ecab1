"""A project's film, by a worker and by the function: from files in the bucket to a video that goes its own way."""

from __future__ import annotations

import json
import math
import urllib.request
import wave
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from lambdas.slideshow import handler as function
from tests.conftest import EmulatedAws
from tests.functional.projects import pictures
from tests.unit.slideshow.typefaces import broken, triangle, typeface
from video_pipeline import layout
from video_pipeline.database import Database
from video_pipeline.dispatching import Dispatching
from video_pipeline.errors import BadInput, Unavailable
from video_pipeline.internet.addresses import Guard
from video_pipeline.internet.download import Download
from video_pipeline.media.reader import PyAvMedia
from video_pipeline.media.workspace import ScratchFolders
from video_pipeline.model import Job, ObjectRef, Project
from video_pipeline.ports import Claimed
from video_pipeline.projects.collecting import Collecting
from video_pipeline.projects.ordering import Ordering
from video_pipeline.projects.removing import Removing
from video_pipeline.projects.rendering import Bounds, Rendering, Tools
from video_pipeline.publishing import Publishing
from video_pipeline.slideshow.films import Slideshows
from video_pipeline.slideshow.rendering import Rendered
from video_pipeline.store.ledger import PostgresLedger
from video_pipeline.topology import PROCESSING, SLIDESHOW
from video_pipeline.wiring import SlideshowHost

WISHES = {"height": 120, "fps": 24, "title": "Our harbour"}
CAPTIONS = b"WEBVTT\n\n00:00.000 --> 00:01.000\nThe ships come in.\n"


class World:
    """A worker, a function and a desk on one ledger."""

    def __init__(self, aws: EmulatedAws, database: Database, folder: Path) -> None:
        self.aws, self.ledger = aws, PostgresLedger(database)
        self.objects, self.publishing = aws.objects, Publishing(self.ledger.outbox, aws.publisher)
        downloads = Download(Guard())
        self.collecting = Collecting(self.ledger, self.objects, downloads, media_bucket=aws.media)
        self.ordering = Ordering(self.ledger, self.publishing, media_bucket=aws.media)
        self.removing = Removing(self.ledger, self.objects, media_bucket=aws.media, results_bucket=aws.results)
        self.tools = Tools(
            ledger=self.ledger,
            objects=self.objects,
            films=Slideshows(),
            workspace=ScratchFolders(folder),
            publishing=self.publishing,
            media_bucket=aws.media,
            results_bucket=aws.results,
        )

    def filled(self, sound: Path, *, images: int = 2, captions: bool = False, **wishes: Any) -> Project:
        made = self.collecting.create({**WISHES, **wishes}, "ann")
        for number in range(images):
            data = pictures.picture((200 + number, 120))
            self.collecting.add_uploaded(made.id, f"{number}.jpg", [data], {}, "ann")
        self.collecting.set_audio(made.id, "speech.wav", [sound.read_bytes()], "ann")
        if captions:
            self.collecting.set_captions(made.id, "talk.vtt", CAPTIONS, "ann", show="track")
        return self.ledger.projects.get(made.id)

    def claimed(self, job_id: UUID | None, worker: str = "w") -> Job:
        assert job_id
        claim = self.ledger.jobs.claim(job_id, worker)
        assert isinstance(claim, Claimed), claim
        return claim.job

    def work(self, job_id: UUID | None, **changes: Any) -> Job:
        job = self.claimed(job_id)
        Rendering(replace(self.tools, **changes)).work(job, "w", lambda: True)
        return self.ledger.jobs.get(job.id)

    def waiting(self, queue: str) -> list[str]:
        return [json.loads(each.body)["job_id"] for each in self.aws.queue(queue).receive(most=10, wait=0)]

    def as_host(self, pixels: float = 1e12, input_bytes: int = 10**9) -> SlideshowHost:
        limits = Bounds(pixels=pixels, input_bytes=input_bytes)
        return SlideshowHost(
            ledger=self.ledger,
            objects=self.objects,
            ordering=self.ordering,
            rendering=Rendering(replace(self.tools, bounds=limits)),
            publisher=self.aws.publisher,
            publishing=self.publishing,
            heartbeat_seconds=0.05,
            presign_seconds=600,
        )


@pytest.fixture
def world(aws: EmulatedAws, database: Database, tmp_path: Path) -> World:
    return World(aws, database, tmp_path / "scratch")


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path, rate = tmp_path / "speech.wav", 8_000
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, rate, 0, "NONE", ""))
        out.writeframes(
            b"".join(round(9_000 * math.sin(n / 5)).to_bytes(2, "little", signed=True) for n in range(rate * 3 // 2))
        )
    return path


def test_the_film_is_as_long_as_the_sound_and_lies_beside_the_results(
    world: World, sound: Path, tmp_path: Path
) -> None:
    project = world.filled(sound)
    job = world.work(world.ordering.order(project.id, "ann").job_id)
    assert (job.status, job.progress) == ("completed", 1.0)
    made = world.ledger.projects.get(project.id)
    assert made.state == "rendered"
    assert made.film
    assert made.film.media.key == f"videos/{project.id}_final_video.mp4"
    film = tmp_path / "film.mp4"
    film.write_bytes(world.objects.read(made.film.media, limit=10**8))
    info = PyAvMedia().probe(film)
    assert info.duration == pytest.approx(1.5, abs=1 / 24)
    assert (info.width, info.height, film.stat().st_size) == (214, 120, made.film.size)
    trail = [(each.who, each.what) for each in world.ledger.projects.events(project.id)]
    assert trail[-2:] == [("ann", "render ordered"), ("w", "rendered")]
    assert not list(tmp_path.glob("scratch/*")), "nothing is left on the disk"


def test_the_same_manifest_is_rendered_once_and_a_changed_one_anew(world: World, sound: Path) -> None:
    project = world.filled(sound)
    first = world.ordering.order(project.id, "ann").job_id
    world.work(first)
    again = world.ordering.order(project.id, "bob")
    assert (again.job_id, again.state) == (first, "rendered")
    world.waiting(SLIDESHOW.name)
    world.collecting.add_uploaded(project.id, "more.jpg", [pictures.picture((99, 99))], {}, "ann")
    other = world.ordering.order(project.id, "ann")
    assert (other.job_id != first, other.state) == (True, "rendering")


def test_captions_of_a_track_lie_beside_the_film_and_go_with_it(world: World, sound: Path) -> None:
    project = world.filled(sound, captions=True)
    world.work(world.ordering.order(project.id, "ann").job_id)
    film = world.ledger.projects.get(project.id).film
    assert film
    assert film.captions
    assert film.captions.key == f"videos/{project.id}_final_video.vtt"
    said = world.objects.read(film.captions, limit=999)
    assert said.startswith(b"WEBVTT")
    assert b"The ships come in." in said
    assert world.objects.head(film.captions).content_type == "text/vtt; charset=utf-8"
    receipt = world.removing.remove(project.id, "ann")
    assert (receipt["films"], receipt["captions"]) == (1, 1)
    assert not list(world.objects.under(world.aws.results, "videos/"))


def test_captions_that_are_burnt_now_lie_beside_the_film_no_more(world: World, sound: Path) -> None:
    project = world.filled(sound, captions=True)
    world.work(world.ordering.order(project.id, "ann").job_id)
    burnt = {**project.manifest, "captions": {**project.manifest["captions"], "show": "burnt"}}
    world.collecting.replace(project.id, burnt, "ann")
    world.work(world.ordering.order(project.id, "ann").job_id)
    film = world.ledger.projects.get(project.id).film
    assert film
    assert film.captions is None
    (left,) = world.objects.under(world.aws.results, "videos/")
    assert left.ref.key == film.media.key


def test_what_is_written_is_written_in_the_font_of_the_project(world: World, sound: Path) -> None:
    project = world.filled(sound, title="A B")
    world.work(world.ordering.order(project.id, "ann").job_id)
    plain = world.ledger.projects.get(project.id).film
    world.collecting.add_font(project.id, "triangles.ttf", [typeface("AB ")], "ann")
    job = world.work(world.ordering.order(project.id, "ann").job_id)
    assert job.status == "completed", job.failure
    own = world.ledger.projects.get(project.id).film
    assert plain
    assert own
    assert own.sha256 != plain.sha256


def test_a_font_that_breaks_on_a_letter_ends_the_job_with_its_name(world: World, sound: Path) -> None:
    project = world.filled(sound, title="A Z")
    world.collecting.add_font(project.id, "half.ttf", [typeface("AZ ", [triangle(), broken(), b""])], "ann")
    failure = world.work(world.ordering.order(project.id, "ann").job_id).failure
    assert failure
    assert (failure.code, failure.retryable) == ("font_broken", False)
    assert "half.ttf can't draw Z (U+005A)" in failure.message


def test_the_film_becomes_a_video_once_with_the_captions_of_the_project(world: World, sound: Path) -> None:
    project = world.filled(sound, captions=True)
    job = world.work(world.ordering.order(project.id, "ann", ask=True).job_id)
    assert job.status == "completed", job.failure
    video_job_id = world.ledger.projects.get(project.id).video_job_id
    assert video_job_id
    video_job = world.ledger.jobs.get(video_job_id)
    assert (video_job.status, video_job.stage, video_job.options.title) == ("queued", "fetch", "Our harbour")
    assert video_job.options.captions
    assert world.objects.read(video_job.options.captions, limit=999) == CAPTIONS
    assert world.waiting(PROCESSING.name) == [str(video_job.id)]
    world.ordering.order(project.id, "ann", ask=True)
    assert world.ledger.projects.get(project.id).video_job_id == video_job_id
    assert world.removing.remove(project.id, "ann")["video_job_id"] == str(video_job_id)
    assert world.objects.head(video_job.source.media).size, "the video has a copy of its own"


def test_a_film_that_is_there_becomes_a_video_without_being_rendered_again(world: World, sound: Path) -> None:
    project = world.filled(sound)
    job_id = world.ordering.order(project.id, "ann").job_id
    world.work(job_id)
    assert world.ordering.order(project.id, "ann", ask=True).state == "rendering"

    class Never(Slideshows):
        def render(self, *_: Any) -> Rendered:
            raise AssertionError("it was rendered again")

    assert world.work(job_id, films=Never()).status == "completed"
    assert world.ledger.projects.get(project.id).video_job_id


def test_a_file_that_went_or_changed_ends_the_job_with_a_sentence(world: World, sound: Path) -> None:
    project = world.filled(sound)
    job_id = world.ordering.order(project.id, "ann").job_id
    (image, _) = project.manifest["images"]
    key = layout.project_key(project.id, image["file"])
    world.objects.write(world.aws.media, key, pictures.picture((50, 50)), content_type="image/jpeg")
    failure = world.work(job_id).failure
    assert failure
    assert failure.code == "input_changed"
    world.objects.delete(world.aws.media, [key])
    world.ordering.order(project.id, "ann")
    failure = world.work(job_id).failure
    assert failure
    assert failure.code == "input_missing"
    assert world.ledger.projects.get(project.id).state == "failed"


def test_a_sound_that_is_none_ends_the_job_with_a_sentence(world: World, tmp_path: Path) -> None:
    noise = tmp_path / "noise.wav"
    noise.write_bytes(b"RIFF" + bytes(5000))
    project = world.filled(noise)
    job = world.work(world.ordering.order(project.id, "ann").job_id)
    assert job.failure
    assert not job.failure.retryable
    assert job.failure.message


def test_a_manifest_that_changed_after_the_order_is_not_rendered(world: World, sound: Path) -> None:
    project = world.filled(sound)
    job_id = world.ordering.order(project.id, "ann").job_id
    key = layout.manifest_key(project.id)
    world.objects.write(world.aws.media, key, b'{"version": 1}', content_type="application/json")
    failure = world.work(job_id).failure
    assert failure
    assert failure.code == "manifest_changed"


def test_a_service_that_fails_brings_the_job_again_and_then_to_the_dead_letters(world: World, sound: Path) -> None:
    class Failing(Slideshows):
        def render(self, *_: Any) -> Rendered:
            raise Unavailable("store_unavailable", "S3 does not answer.")

    job_id = world.ordering.order(world.filled(sound).id, "ann").job_id
    quickly = replace(world.tools.retry, base=0.0)
    for attempt in (1, 2, 3):
        assert world.work(job_id, films=Failing(), retry=quickly).attempt == attempt
    assert world.ledger.jobs.get(job_id or UUID(int=0)).status == "failed"
    assert world.waiting("processing-dlq") == [str(job_id)]


def test_a_lost_lease_stops_the_work_and_leaves_nothing(world: World, sound: Path) -> None:
    project = world.filled(sound)
    job = world.claimed(world.ordering.order(project.id, "ann").job_id)
    Rendering(world.tools).work(job, "w", lambda: False)
    assert world.ledger.jobs.get(job.id).status == "processing"
    assert world.ledger.projects.get(project.id).film is None


def test_a_project_that_goes_while_its_film_is_made_leaves_no_film(world: World, sound: Path) -> None:
    project = world.filled(sound, captions=True)

    class Removed(Slideshows):
        def render(self, *given: Any) -> Rendered:
            made = super().render(*given)
            world.ledger.projects.begin_removal(project.id, "ann")
            return made

    world.work(world.ordering.order(project.id, "ann").job_id, films=Removed())
    assert not list(world.objects.under(world.aws.results, "videos/"))


def test_a_worker_gives_each_job_to_whoever_can_do_it(world: World, sound: Path) -> None:
    given: list[str] = []

    class Doing:
        def __init__(self, name: str) -> None:
            self.name = name

        def work(self, job: Job, worker: str, alive: Callable[[], bool]) -> None:
            given.append(f"{self.name} {job.source.kind}")

    job = world.claimed(world.ordering.order(world.filled(sound).id, "ann").job_id)
    both = Dispatching(Doing("processing"), Doing("rendering"))
    both.work(job, "w", lambda: True)
    media = ObjectRef(bucket="b", key="uploads/a.mp4")
    both.work(
        job.model_copy(update={"source": job.source.model_copy(update={"kind": "upload", "media": media})}),
        "w",
        lambda: True,
    )
    assert given == ["rendering project", "processing upload"]


# ---------------------------------------------------------------------------------------- the function
class Context:
    def __init__(self, milliseconds: int = 900_000) -> None:
        self.milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


@pytest.fixture
def call(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    def calling(event: dict[str, Any], context: Context | None = None, **bounds: Any) -> dict[str, Any]:
        host = world.as_host(**bounds)
        monkeypatch.setattr(function, "host", lambda: host)
        answer: dict[str, Any] = function.handler(event, context or Context())
        json.dumps(answer)
        return answer

    return calling


def test_a_call_with_a_project_is_answered_with_the_film_s_address(world: World, sound: Path, call: Any) -> None:
    project = world.filled(sound)
    answer = call({"project_id": str(project.id)})
    assert (answer["statusCode"], answer["body"]["project_id"]) == (200, str(project.id))
    with urllib.request.urlopen(answer["body"]["video_url"]) as film:
        assert film.read(12)[4:8] == b"ftyp"
    assert call({"project_id": str(project.id)})["statusCode"] == 200, "once more is answered from what is there"


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({}, "project_id_missing"),
        ({"project_id": "harbour"}, "project_id_missing"),
        ({"project_id": str(UUID(int=5))}, "project_not_found"),
    ],
)
def test_a_call_that_names_no_project_gets_a_sentence(call: Any, event: dict[str, Any], code: str) -> None:
    answer = call(event)
    assert (answer["statusCode"], answer["body"]["code"]) == (400, code)


def test_a_call_for_a_film_with_a_track_is_answered_with_its_captions_too(world: World, sound: Path, call: Any) -> None:
    assert "captions_url" not in call({"project_id": str(world.filled(sound).id)})["body"]
    answer = call({"project_id": str(world.filled(sound, captions=True).id)})
    with urllib.request.urlopen(answer["body"]["captions_url"]) as captions:
        assert captions.read(6) == b"WEBVTT"


def test_a_project_without_sound_and_one_with_a_bad_one_are_said(world: World, call: Any, tmp_path: Path) -> None:
    empty = world.collecting.create(WISHES, "ann")
    assert call({"project_id": str(empty.id)})["body"]["code"] == "no_images"
    noise = tmp_path / "noise.wav"
    noise.write_bytes(b"RIFF" + bytes(5000))
    answer = call({"project_id": str(world.filled(noise).id)})
    assert answer["statusCode"] == 422
    assert answer["body"]["message"]


@pytest.mark.parametrize("bounds", [{"pixels": 10.0}, {"input_bytes": 10}])
def test_what_is_too_much_for_the_function_is_a_worker_s(
    world: World, sound: Path, call: Any, bounds: dict[str, Any]
) -> None:
    project = world.filled(sound)
    answer = call({"project_id": str(project.id)}, **bounds)
    assert answer["statusCode"] == 202
    assert world.waiting(PROCESSING.name) == [answer["body"]["job_id"]]
    assert world.work(UUID(answer["body"]["job_id"])).status == "completed"


def test_what_takes_too_long_for_the_function_is_a_worker_s(world: World, sound: Path, call: Any) -> None:
    project = world.filled(sound)
    answer = call({"project_id": str(project.id)}, Context(milliseconds=5_000))
    assert answer["statusCode"] == 202
    job = world.ledger.jobs.get(UUID(answer["body"]["job_id"]))
    assert (job.status, job.attempt) == ("queued", 0)
    assert world.waiting(PROCESSING.name) == [str(job.id)]


def test_records_of_the_queue_are_worked_on_and_bad_ones_come_again(world: World, sound: Path, call: Any) -> None:
    job_id = world.ordering.order(world.filled(sound).id, "ann").job_id
    bodies = {"good": json.dumps({"job_id": str(job_id)}), "bad": "{}", "worse": "no JSON"}
    records = [{"messageId": name, "body": body} for name, body in bodies.items()]
    answer = call({"Records": records})
    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}, {"itemIdentifier": "worse"}]}
    assert world.ledger.jobs.get(job_id or UUID(int=0)).status == "completed"
    assert call({"Records": records[:1]}) == {"batchItemFailures": []}, "a repeat finds nothing to do"


def test_when_all_places_are_taken_a_worker_gets_the_job(world: World, sound: Path, call: Any) -> None:
    taken = [world.ordering.order(world.filled(sound, title=f"{n}").id, "ann").job_id for n in range(4)]
    for each in taken:
        world.claimed(each)
    answer = call({"project_id": str(world.filled(sound, title="fifth").id)})
    assert answer["statusCode"] == 202
    assert world.aws.queue(PROCESSING.name).depth()["delayed"] == 1, "a worker waits for its turn"


def test_nobody_renders_what_another_is_rendering(world: World, sound: Path, call: Any) -> None:
    project = world.filled(sound)
    world.claimed(world.ordering.order(project.id, "ann").job_id, "another")
    assert call({"project_id": str(project.id)})["statusCode"] == 202
    assert world.waiting(PROCESSING.name) == []


def test_wishes_that_no_slideshow_fulfils_are_refused(world: World) -> None:
    with pytest.raises(BadInput) as refused:
        world.collecting.create({"timing": "words"}, "ann")
    assert refused.value.code == "manifest_invalid"
