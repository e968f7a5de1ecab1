"""What use cases ask of the outside. Adapters implement these; nothing here knows one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable
from uuid import UUID

from video_pipeline.model import (
    Answer,
    ApiKey,
    AskedQuestion,
    Chunk,
    Citation,
    Claim,
    Day,
    Expense,
    Failure,
    FailureCount,
    Hit,
    Index,
    IndexReport,
    IndexSpec,
    Job,
    JobFilter,
    JobOptions,
    JobSort,
    MailRecord,
    MediaInfo,
    Message,
    ObjectInfo,
    ObjectRef,
    Project,
    ProjectEvent,
    ProjectFilm,
    Question,
    QueueMessage,
    RejectedRecord,
    Scope,
    SearchFilter,
    Source,
    Spent,
    StageAttempt,
    Thumbnail,
    TranscriptRecord,
    Turn,
    Unanswered,
    Usage,
    VectorItem,
    Video,
    VideoFilter,
    VideoSort,
)
from video_pipeline.summaries.document import KeptSummary
from video_pipeline.transcripts.model import Transcript

Progress = Callable[[float], None]
"""Told the finished fraction, 0..1, of the running stage."""


# --------------------------------------------------------------------------------------------- ledger
@dataclass(frozen=True)
class Submission:
    """A job wanted for `source`. `ready`: its bytes are there, so it goes to the processing queue."""

    source: Source
    options: JobOptions
    ready: bool


@dataclass(frozen=True)
class Claimed:
    """The job is this worker's until its lease runs out."""

    job: Job


@dataclass(frozen=True)
class NotNow:
    """Ask again in `delay` seconds: as many videos as allowed are being worked on, or it is to be tried later."""

    delay: float
    reason: str


@dataclass(frozen=True)
class Settled:
    """Nothing is left to do with this message: finished, handed on, another worker's, or unknown."""

    reason: str


@dataclass(frozen=True)
class After:
    """The last item that was seen of a list: by what it was sorted (`value`), and its id."""

    value: datetime | str | float
    id: UUID


@dataclass(frozen=True)
class Imported:
    """A transcript that came without its film, with all that is known of it."""

    source: Source
    options: JobOptions
    video: Video
    info: MediaInfo
    record: TranscriptRecord
    notes: Sequence[str] = ()


class Jobs(Protocol):
    """Every move is compare-and-set and commits together with the messages that it causes (`emit`).

    A method that is given `worker` does nothing and raises `Conflict("lease_lost")` unless that worker holds the
    job's lease.
    """

    def submit(self, submissions: Sequence[Submission]) -> list[tuple[Job, bool]]:
        """The job of each source, and whether it is new. Known jobs stay as they are. One transaction."""
        ...

    def uploaded(self, job_id: UUID, media: ObjectRef, size: int) -> bool:
        """The bytes of a granted upload arrived: pins the object and queues the job. False if that was known."""
        ...

    def wants_segment(self, job_id: UUID, index: int) -> bool:
        """Whether the upload still waits for this segment."""
        ...

    def segment_arrived(self, job_id: UUID, index: int) -> tuple[int, bool]:
        """Notes a raw segment; queues the job at the last one. (segments here, whether this completed the set)."""
        ...

    def imported(self, imported: Imported, *, emit: Sequence[Message]) -> bool:
        """A new job whose transcript is there, so that it is to be cut next. All in one move.

        False: the same document is here already, and the job is done or waits for the one that makes it.
        """
        ...

    def get(self, job_id: UUID) -> Job: ...
    def find_upload(self, media: ObjectRef) -> Job | None:
        """The job of the upload granted for this bucket and key."""
        ...

    def page(
        self,
        where: JobFilter = ...,
        *,
        sort: JobSort = "-created_at",
        limit: int = 50,
        after: After | None = None,
    ) -> list[Job]:
        """Those that `where` lets through, in order; equals in order of their ids."""
        ...

    def timeline(self, job_id: UUID) -> list[StageAttempt]: ...

    def claim(self, job_id: UUID, worker: str, *, redrive: bool = False) -> Claimed | NotNow | Settled: ...
    def beat(self, job_id: UUID, worker: str) -> bool:
        """Extends the lease; False if it is no longer this worker's."""
        ...

    def begin_stage(self, job_id: UUID, stage: str, worker: str) -> None:
        """Moves a leased job into `stage` and opens a line of its timeline."""
        ...

    def enter(self, job_id: UUID, stage: str, runner: str) -> Job | None:
        """For stages without a lease: opens a line if the job is in `stage` now, else None: it is past that."""
        ...

    def end_stage(
        self,
        job_id: UUID,
        stage: str,
        *,
        status: str = "completed",
        failure: Failure | None = None,
        detail: Mapping[str, Any] | None = None,
        worker: str | None = None,
    ) -> None:
        """Closes the open line of `stage`, if there is one (and it is of this worker, where one is named)."""
        ...

    def report(self, job_id: UUID, stage: str, fraction: float) -> None:
        """Moves the progress bar; it never goes back."""
        ...

    def identify(self, job_id: UUID, worker: str, video: Video) -> Identified:
        """Binds the job to the video of this content, or finds the job that has it already.

        Where that other job is still at work, this one gives its lease back and waits for its end.
        """
        ...

    def describe(
        self,
        video_id: UUID,
        *,
        info: MediaInfo | None = None,
        poster: str | None = None,
        thumbnails: Sequence[Thumbnail] | None = None,
        language: str | None = None,
        recorded_on: date | None = None,
    ) -> None:
        """Adds what was found out about a video; what is not given stays, and so does a day that its sender named."""
        ...

    def note(self, job_id: UUID, text: str) -> None:
        """A sentence for people about this job; the same sentence is kept once."""
        ...

    def wait_for(self, job_id: UUID, worker: str, token: str) -> None:
        """Gives the lease back; the job stays in its stage until whoever is named by `token` reports."""
        ...

    def transcript_ready(
        self, job_id: UUID, record: TranscriptRecord, *, emit: Sequence[Message], worker: str | None = None
    ) -> bool:
        """Stores the transcript's record, ends stage `transcribe`, moves to `chunk`, gives the lease back.

        False, and nothing changed, if the job is past that."""
        ...

    def chunks_ready(self, job_id: UUID, chunks: Sequence[Chunk], *, index_id: UUID, emit: Sequence[Message]) -> bool:
        """Replaces the video's chunks in the serving index and moves to `embed`. False if the job is past that.

        Unavailable("index_switched") when that index does not serve any more.
        """
        ...

    def embedded(self, job_id: UUID, *, emit: Sequence[Message], detail: Mapping[str, Any] | None = None) -> bool:
        """Marks the video indexed and moves to `summarise`. False if the job is elsewhere."""
        ...

    def complete(
        self,
        job_id: UUID,
        *,
        emit: Sequence[Message] = (),
        note: str | None = None,
        worker: str | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> bool:
        """Ends the job well; its video is indexed; jobs waiting for it complete with it.

        Without `worker` only once its passages are embedded. False, and nothing changed, if it was over or is
        elsewhere.
        """
        ...

    def fail(
        self,
        job_id: UUID,
        failure: Failure,
        *,
        emit: Sequence[Message] = (),
        worker: str | None = None,
        seen: Job | None = None,
        resend: bool = False,
    ) -> bool:
        """Ends the job badly; the first job waiting for its film takes its place. False if it was over.

        With `seen`, only if it is still at that attempt and stage and nobody holds it. `resend`: its raw segments were
        wrong as a whole; when all are sent again, the job is revived.
        """
        ...

    def cancel(self, job_id: UUID, failure: Failure, *, emit: Callable[[Job], Sequence[Message]]) -> Job:
        """Ends an unfinished job as a person wishes; whoever holds it loses its lease. A repeat changes nothing.

        Where others wait for its film, the first of them takes its place. `Conflict` for a job that ended otherwise.
        """
        ...

    def restart(self, job_id: UUID, stage: str, *, emit: Callable[[Job], Sequence[Message]]) -> Job:
        """A finished job begins again: at `receive` or `fetch` for a worker, later for the functions.

        Where the serving index has none of its passages, `embed` becomes `chunk`. `Conflict` while it is at work, when
        its video was erased, and for the later stages when another job makes the video.
        """
        ...

    def postpone(self, job_id: UUID, stage: str, failure: Failure, delay: float) -> None:
        """For stages without a lease: the job waits in its stage and is announced again when `delay` is over."""
        ...

    def retry_later(self, job_id: UUID, worker: str, failure: Failure, delay: float, *, counts: bool = True) -> None:
        """Back to the queue after a passing failure, not to be claimed for `delay` seconds. `counts`: as an attempt."""
        ...

    # for the sweeper
    def requeue_expired(self) -> list[UUID]:
        """Queues again, while they have attempts left, jobs whose lease ran out or whose message seems lost."""
        ...

    def exhausted(self) -> list[Job]:
        """Jobs whose last allowed attempt ended with the worker gone."""
        ...

    def stalled(self, older_than: float) -> list[tuple[Job, int]]:
        """Jobs that nobody holds in the middle of processing and was told of for long; how often it was told."""
        ...

    def announce_again(self, job_id: UUID, *, emit: Sequence[Message]) -> None: ...
    def waits_for_service(self, job_id: UUID) -> None:
        """Its announcements are counted anew: a service was away. For some days from its start, then no more."""
        ...

    def unfinished_uploads(self, *, segments_idle: float, grant: float) -> list[tuple[Job, list[int]]]:
        """Uploads whose bytes stopped coming, with the first missing segments (for raw ones; at most 20)."""
        ...

    def abandon_upload(self, job_id: UUID, failure: Failure, *, emit: Sequence[Message]) -> bool:
        """Fails it unless its bytes came in the meantime. Bytes that come later revive it."""
        ...


@dataclass(frozen=True)
class Identified:
    """`fresh`: this job makes the video. Else `video.job_id` made it (`indexed`) or is making it: this job waits."""

    video: Video
    fresh: bool
    indexed: bool = False


@dataclass(frozen=True)
class Held:
    """An object of an erased video. `captions`: it was named as such by the sender, or else it is the medium.

    `shared`: a job of a video that stays names the same key.
    """

    ref: ObjectRef
    captions: bool = False
    shared: bool = False


class Videos(Protocol):
    def get(self, video_id: UUID) -> Video:
        """NotFound also for an erased one."""
        ...

    def page(
        self,
        where: VideoFilter = ...,
        *,
        sort: VideoSort = "-created_at",
        limit: int = 50,
        after: After | None = None,
    ) -> list[Video]:
        """Those that are not erased and that `where` lets through, in order; equals in order of their ids."""
        ...

    def by_ids(self, video_ids: Iterable[UUID]) -> dict[UUID, Video]: ...
    def erased(self, video_ids: Iterable[UUID]) -> set[UUID]:
        """Those of them that were here and are erased, or are about to be."""
        ...

    def transcript(self, video_id: UUID) -> TranscriptRecord: ...
    def begin_erasure(self, video_id: UUID, requested_by: str, *, request: UUID | None = None) -> UUID | None:
        """Hides the video and returns the erasure's id. None: a job is at work on it, erasure follows its end.

        With `request`, a request that was carried out already changes nothing and returns None.
        """
        ...

    def end_erasure(self, video_id: UUID, receipt: Mapping[str, Any]) -> None:
        """Forgets text and metadata, keeps the identity and the receipt."""
        ...

    def pending_erasures(self) -> list[UUID]: ...
    def erased_objects(self, video_id: UUID) -> tuple[list[Held], list[UUID]]:
        """Every object that held this video's content (all jobs of the same film), and those jobs' ids."""
        ...


@dataclass(frozen=True)
class Term:
    """A word of a question by the rules of one language (`config`), which some of the archive's videos are in.

    `passages` are in that language, `holding` of them hold the word. `topical`: it says what the question is about.
    """

    config: str
    term: str
    topical: bool
    passages: int
    holding: int


@dataclass(frozen=True)
class Outline:
    """A passage without its text. `said`: which of the words asked for it holds, and how often."""

    chunk_id: UUID
    video_id: UUID
    config: str
    position: int
    tokens: int
    speakers: tuple[str, ...]
    said: Mapping[str, int]


class Chunks(Protocol):
    def of_video(self, video_id: UUID) -> list[Chunk]:
        """Those of the serving index, in order of position."""
        ...

    def by_ids(self, chunk_ids: Iterable[UUID]) -> dict[UUID, Chunk]: ...
    def sizes(self, where: SearchFilter, *, limit: int) -> dict[UUID, int]:
        """Up to `limit` videos that can be asked about and pass the filter, with how many passages each has."""
        ...

    def terms(self, words: str, topic: str) -> list[Term]:
        """The stems of `words` in every language of the serving index; those of `topic` are topical."""
        ...

    def by_words(
        self, weights: Mapping[Term, float], *, saturation: float, limit: int, where: SearchFilter
    ) -> list[UUID]:
        """Videos in order of the best passage that each has for these words, best first.

        A word said n times in a passage counts weight * n / (n + saturation).
        """
        ...

    def outlines(self, video_ids: Sequence[UUID], terms: Sequence[Term]) -> list[Outline]:
        """All passages of these videos in the serving index, by video and position."""
        ...


class Indexes(Protocol):
    """Exactly one index serves. Another may be in the making; it serves when it holds every video."""

    def serving(self, first: IndexSpec) -> Index:
        """The one that serves; the very first is made, empty, by whoever asks first."""
        ...

    def building(self) -> Index | None: ...
    def live(self) -> list[Index]:
        """All that still hold something, the oldest first."""
        ...

    def retired(self) -> list[Index]:
        """Those that hold something that nobody reads."""
        ...

    def begin(self, spec: IndexSpec, requested_by: str) -> Index:
        """One in the making: the one there is, if it is of this spec (what failed is tried again), else a new one.

        One of another spec is retired.
        """
        ...

    def get(self, index_id: UUID) -> Index: ...
    def waiting(self, index_id: UUID, *, limit: int, after: UUID | None = None) -> list[UUID]:
        """Videos that can be asked about, are not in it and have not failed, in order of their ids."""
        ...

    def take_in(self, index_id: UUID, video_id: UUID, chunks: Sequence[Chunk]) -> None:
        """Replaces the video's chunks in this index. `NotFound` if the video is erased, `Conflict` if it is not
        being built any more."""
        ...

    def failed(self, index_id: UUID, video_id: UUID, failure: Failure) -> None: ...
    def report(self, index_id: UUID) -> IndexReport: ...
    def switch(
        self, index_id: UUID, *, without_failed: bool, cut_again: Callable[[UUID, UUID], Message]
    ) -> IndexReport:
        """Lets it serve if no video is waiting, and none has failed or they may be left out; else changes nothing.

        Jobs between cutting and embedding go back to cutting: `cut_again(job, video)` is the message that says so.
        """
        ...

    def move(self, index: Index, spec: IndexSpec, *, cut_again: Callable[[UUID, UUID], Message]) -> Index:
        """The serving index lies where `spec` says from now on; its passages stay. Jobs go back as with `switch`.

        `Conflict("index_changed")` unless it serves and is as `index` says.
        """
        ...

    def videos_of(self, index_id: UUID) -> list[UUID]:
        """The videos that it has passages of."""
        ...

    def dropped(self, index_id: UUID) -> None:
        """Forgets the passages of a retired one; its record stays."""
        ...


class Summaries(Protocol):
    """One summary of each video: the newest."""

    def save(self, kept: KeptSummary, *, emit: Sequence[Message] = ()) -> bool:
        """In place of the one before. False, and nothing is kept, if the video is erased or was never there."""
        ...

    def get(self, video_id: UUID) -> KeptSummary:
        """NotFound("summary_missing") if there is none (yet); NotFound also for an erased video."""
        ...

    def find(self, video_id: UUID) -> KeptSummary | None: ...
    def order(self, video_id: UUID, *, emit: Sequence[Message]) -> bool:
        """Puts the messages out. False, and nothing is sent, for a video that is erased or has no transcript."""
        ...


class Questions(Protocol):
    def save(self, question_id: UUID, asked: Question, answer: Mapping[str, Any]) -> bool:
        """False if that question was answered before; the first answer stays."""
        ...

    def get(self, question_id: UUID) -> Mapping[str, Any]: ...


class Analytics(Protocol):
    def note(self, asked: AskedQuestion) -> None:
        """Counts a question. Those that came as records are counted when their answer is saved."""
        ...

    def days(self, first: date, last: date) -> list[Day]:
        """Each day of the range, both ends included."""
        ...

    def failures(self, first: date, last: date, *, limit: int) -> list[FailureCount]: ...
    def unanswered(self, first: date, last: date, *, limit: int) -> list[Unanswered]:
        """Those asked most often first."""
        ...

    def forget(self) -> int:
        """Forgets words and counts whose time is over; how many."""
        ...


class Mails(Protocol):
    """Which mails were sent. No mail's text is kept."""

    def claim(self, mail: MailRecord) -> bool:
        """The right to hand this mail over, given once for each question and kind."""
        ...

    def release(self, mail: MailRecord) -> None:
        """Gives the right back: the service surely did not take it."""
        ...

    def settle(self, mail: MailRecord, provider_id: str | None) -> None:
        """It is sent; or doubtful, without the service's id."""
        ...

    def of_question(self, question_id: UUID) -> list[MailRecord]: ...
    def conversation(self, recipient: str, *, ids: Sequence[UUID], provider_ids: Sequence[str]) -> UUID | None:
        """The newest conversation with `recipient` that is named, or to which a named mail belongs."""
        ...

    def recent(self, recipient: str, *, seconds: float) -> int:
        """Mails to one address within the last so many seconds."""
        ...

    # for the sweeper
    def doubt(self, older_than: float) -> list[MailRecord]:
        """Those whose hand-over began so long ago and was never settled are doubtful from here on."""
        ...

    def prune(self, older_than_days: int) -> int: ...


class Mailer(Protocol):
    def send(self, mail: bytes, *, sender: str, recipient: str) -> str | None:
        """The service's id of the mail, handed over once; None if nobody knows whether it was taken.

        What is raised means that it was not taken: `Unavailable` for now, `Misconfigured`, or `BadInput`.
        """
        ...


class Conversations(Protocol):
    """The last few turns of each conversation, for some weeks. One belongs to whoever began it (`owner`): to others
    it does not exist."""

    def turns(self, conversation_id: UUID, owner: str) -> list[Turn]:
        """The oldest first; none for a conversation that is unknown or was forgotten."""
        ...

    def add(self, conversation_id: UUID, owner: str, turn: Turn) -> None: ...
    def prune(self) -> int:
        """Forgets turns whose time is over; how many."""
        ...


class Spending(Protocol):
    """What paid services took, for whom, and when."""

    def add(self, expense: Expense, *, job_id: UUID | None, question_id: UUID | None) -> None:
        """One of a `reference` that is known is not added again."""
        ...

    def since(self, moment: datetime) -> float:
        """US dollars."""
        ...

    def of_job(self, job_id: UUID) -> list[Spent]: ...
    def of_question(self, question_id: UUID) -> list[Spent]: ...
    def days(self, first: date, last: date) -> list[Spent]:
        """By day (UTC), service and model, the latest day first."""
        ...

    def stored(self) -> tuple[int, int]:
        """How many films are kept, and their bytes."""
        ...


class Keys(Protocol):
    def create(self, name: str, prefix: str, sha256: str, scopes: Collection[Scope] = ()) -> ApiKey: ...
    def find(self, sha256: str) -> ApiKey | None:
        """An unrevoked key by its hash; notes that it was used."""
        ...

    def take_turn(self, key_id: UUID, *, per_minute: int, burst: int) -> float:
        """0 if one more request of this key is within its rate, and counts it; else the seconds to wait.

        Without a pause, `burst` requests may follow each other.
        """
        ...

    def all(self) -> list[ApiKey]: ...
    def revoke(self, key_id: UUID) -> bool: ...


class Rejections(Protocol):
    def record(self, rejected: RejectedRecord, message: Message) -> bool:
        """Writes a refusal and its dead letter together, once per record. False if it was written before."""
        ...


@dataclass(frozen=True)
class Change:
    """A project's next manifest. `what` and `detail` are a line of its audit trail."""

    manifest: Mapping[str, Any]
    what: str
    detail: Mapping[str, Any]


class Projects(Protocol):
    """Slideshow projects. Every move leaves a line in the project's audit trail, in the same commit.

    `NotFound("project_not_found")` also for one that was removed, of which only the audit trail is left.
    """

    def create(self, project: Project) -> Project: ...
    def get(self, project_id: UUID) -> Project: ...
    def page(self, *, limit: int = 50, after: After | None = None) -> list[Project]:
        """The newest first."""
        ...

    def change(self, project_id: UUID, by: str, do: Callable[[Project], Change | None]) -> Project:
        """`do` is given the project, which nobody else changes meanwhile; None leaves it as it is."""
        ...

    def ordered(self, project_id: UUID, job_id: UUID, by: str, *, ask: bool) -> Project:
        """Its film is to be rendered by this job; `ask`: and to become a video, which no later order takes back."""
        ...

    def rendered(self, project_id: UUID, film: ProjectFilm, by: str) -> bool:
        """False if the project was removed meanwhile."""
        ...

    def became_video(self, project_id: UUID, job_id: UUID, by: str) -> None: ...
    def events(self, project_id: UUID) -> list[ProjectEvent]:
        """The oldest first, also of a removed one."""
        ...

    def begin_removal(self, project_id: UUID, by: str) -> Project:
        """Hides it. Its manifest and what it says about people are forgotten when the removal ends."""
        ...

    def end_removal(self, project_id: UUID, receipt: Mapping[str, Any], by: str) -> None: ...

    # for the sweeper
    def expired(self, *, limit: int) -> list[UUID]:
        """Those whose time is over and of which no film is being rendered, and those whose removal was broken off."""
        ...


class Outbox(Protocol):
    def prune(self, older_than_days: int) -> int:
        """Forgets published messages of before."""
        ...

    def drain(self, publish: Callable[[Sequence[Message]], None], *, limit: int = 500) -> int:
        """Publishes committed messages in order and marks them; what `publish` raises leaves them for the next time."""
        ...


class Ledger(Protocol):
    """The one state there is."""

    @property
    def jobs(self) -> Jobs: ...
    @property
    def videos(self) -> Videos: ...
    @property
    def chunks(self) -> Chunks: ...
    @property
    def indexes(self) -> Indexes: ...
    @property
    def summaries(self) -> Summaries: ...
    @property
    def questions(self) -> Questions: ...
    @property
    def conversations(self) -> Conversations: ...
    @property
    def spending(self) -> Spending: ...
    @property
    def analytics(self) -> Analytics: ...
    @property
    def keys(self) -> Keys: ...
    @property
    def mails(self) -> Mails: ...
    @property
    def rejections(self) -> Rejections: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def projects(self) -> Projects: ...
    def ping(self) -> None:
        """Raises `Unavailable` when the database does not answer."""
        ...


# ------------------------------------------------------------------------------------------- objects
class Objects(Protocol):
    """S3. A missing object raises `NotFound("object_missing")`, a service failure `Unavailable`."""

    def head(self, ref: ObjectRef) -> ObjectInfo: ...
    def read(self, ref: ObjectRef, *, limit: int) -> bytes:
        """The whole object; BadInput("object_too_large") beyond `limit` bytes."""
        ...

    def stream(self, ref: ObjectRef) -> Iterator[bytes]:
        """The bytes in order, in pieces of a few MiB; reconnects where it broke off."""
        ...

    def write(self, bucket: str, key: str, data: bytes, *, content_type: str) -> ObjectRef: ...
    def write_stream(self, bucket: str, key: str, pieces: Iterable[bytes], *, content_type: str) -> ObjectRef:
        """Multipart with flat memory; aborted if `pieces` raises, so that no half object appears."""
        ...

    def under(self, bucket: str, prefix: str) -> Iterator[ObjectInfo]:
        """The newest versions of what lies under a prefix."""
        ...

    def delete(self, bucket: str, keys: Iterable[str]) -> int:
        """Deletes every version of these keys; how many objects or versions went."""
        ...

    def delete_version(self, ref: ObjectRef) -> int:
        """Only the version that `ref` is pinned to."""
        ...

    def delete_prefix(self, bucket: str, prefix: str) -> int: ...
    def presign_get(self, ref: ObjectRef, *, seconds: int, filename: str | None = None) -> str: ...
    def presign_parts(self, bucket: str, key: str, *, size: int, content_type: str, seconds: int) -> UploadGrant: ...
    def sent_parts(self, bucket: str, key: str, upload_id: str) -> list[SentPart]:
        """What has arrived of a granted upload, in order; `NotFound("upload_missing")` when it has come to its end."""
        ...

    def presign_again(
        self, bucket: str, key: str, upload_id: str, *, size: int, numbers: Sequence[int], seconds: int
    ) -> tuple[dict[int, str], datetime]:
        """New URLs for parts, by their numbers from 1, and when they expire; BadInput("part_unknown")."""
        ...

    def part_size(self, size: int) -> int:
        """Of which size the parts of a granted upload of so many bytes are."""
        ...

    def complete_parts(self, bucket: str, key: str, upload_id: str, etags: Sequence[str]) -> ObjectRef: ...


class Downloads(Protocol):
    """Files from the internet's public addresses, as far as strangers may name them."""

    def fetch(self, url: str, target: Path, *, most: int, seconds: float) -> None:
        """At most so many bytes within so many seconds.

        BadInput url_wrong, url_port, url_not_public, download_refused, download_too_large, download_slow or
        download_failed.
        """
        ...


@dataclass(frozen=True)
class UploadGrant:
    """A multipart upload: PUT each `part_size` bytes to its URL, then complete with the ETags in order."""

    upload_id: str
    part_size: int
    urls: tuple[str, ...]
    expires: datetime


@dataclass(frozen=True)
class SentPart:
    """A part of a multipart upload that the store holds; `number` counts from 1."""

    number: int
    size: int
    etag: str


# ------------------------------------------------------------------------------------ streams, queues
class Publisher(Protocol):
    def publish(self, messages: Sequence[Message]) -> None:
        """Sends each to the stream or queue that its destination names; raises `Unavailable` if any was refused."""
        ...


class Queue(Protocol):
    """One SQS queue."""

    def receive(self, *, most: int = 1, wait: int = 20, visibility: int | None = None) -> list[QueueMessage]: ...
    def extend(self, message: QueueMessage, seconds: int) -> None: ...
    def delete(self, message: QueueMessage) -> None: ...
    def send(self, body: str, *, attributes: Mapping[str, str] | None = None) -> None: ...
    def depth(self) -> Mapping[str, int]:
        """Messages that are `visible`, `in_flight` and `delayed`, about."""
        ...


# ------------------------------------------------------------------------------------ media and speech
class Media(Protocol):
    """Reads media files. What can't be used raises `BadMedia`."""

    def probe(self, path: Path) -> MediaInfo: ...
    def extract_audio(self, path: Path, target: Path, *, progress: Progress | None = None) -> float:
        """16 kHz mono 16-bit PCM WAV at `target`; its seconds. Memory does not grow with length."""
        ...

    def thumbnails(
        self, path: Path, folder: Path, *, every: float, width: int = 640, progress: Progress | None = None
    ) -> list[tuple[float, Path]]:
        """JPEG stills: one each `every` seconds; empty when there is no picture."""
        ...

    def poster(self, path: Path, target: Path, *, width: int = 1280) -> bool:
        """A telling still (not a black one where there is a better); False when there is no picture."""
        ...

    def subtitles(self, path: Path) -> Transcript | None:
        """The first usable embedded text subtitle track."""
        ...


@dataclass(frozen=True)
class SpeechRequest:
    """`audio`: local 16 kHz mono WAV; `media`: where the original lies, for services that fetch it themselves."""

    job_id: UUID
    audio: Path
    media: ObjectRef
    language: str | None
    duration: float


@dataclass(frozen=True)
class Pending:
    """A service works on it; its completion event will carry `token`."""

    token: str


class Recogniser(Protocol):
    @property
    def name(self) -> str: ...
    def transcribe(self, request: SpeechRequest, *, progress: Progress | None = None) -> Transcript | Pending: ...


class TranscriptionService(Protocol):
    """The service behind `Pending`."""

    def job_of(self, token: str) -> UUID | None:
        """The job that a token was given for; None if it is not one of this installation's."""
        ...

    def result(self, token: str) -> Transcript:
        """The finished transcript; `Unavailable` while it runs, `BadMedia` with the service's reason if it failed."""
        ...


# -------------------------------------------------------------------------------- language and vectors
class TokenCounter(Protocol):
    def count(self, texts: Sequence[str]) -> list[int]:
        """WordPiece tokens of each text, without special ones."""
        ...


class Embedder(Protocol):
    @property
    def model(self) -> str: ...
    @property
    def dimensions(self) -> int: ...
    def embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        """Unit vectors, one per text, in order. Batches inside; waits out rate limits within reason."""
        ...


class VectorIndex(Protocol):
    """Cosine search in one space. Vectors of different spaces never meet."""

    def upsert(self, items: Sequence[VectorItem]) -> None: ...
    def query(self, vector: Sequence[float], *, limit: int, where: SearchFilter) -> list[Hit]:
        """Best first; score is cosine similarity."""
        ...

    def delete_video(self, video_id: UUID) -> int:
        """From every space; how many vectors went (as far as the store tells)."""
        ...

    def clear_video(self, video_id: UUID) -> None:
        """From this space alone."""
        ...

    def drop(self) -> None:
        """Everything in this space."""
        ...


class VectorSource(Protocol):
    """Vectors to be copied. Keys have an order, in which pages follow each other."""

    @property
    def dimensions(self) -> int: ...
    def count(self) -> int: ...
    def page(self, after: str | None, limit: int) -> list[tuple[str, VectorItem]]:
        """The next ones behind the key `after`, each with its key; empty at the end."""
        ...

    def sample(self, most: int) -> list[VectorItem]:
        """Some of them, the same each time, from everywhere."""
        ...

    def nearest(self, vector: Sequence[float], limit: int) -> list[tuple[UUID, float | None]]:
        """Passages, best first; their cosine similarities where the source measures by them."""
        ...


@dataclass(frozen=True)
class OpenIndex:
    """An index with what embeds for it and what keeps its vectors."""

    index: Index
    embedder: Embedder
    vectors: VectorIndex


@dataclass(frozen=True)
class Prompt:
    """`rules` are this product's own words; `data`, one JSON document, is what strangers said: material, never orders.

    `schema` is a JSON schema in which every property is required and no other allowed; `name` (letters, digits, `_`)
    is its name.
    """

    rules: str
    data: str
    name: str
    schema: Mapping[str, Any]
    most_tokens: int


@dataclass(frozen=True)
class Completion:
    """What a language model wrote. `cut`: it did not come to its end. `refused`: it, or its guard, declined."""

    text: str
    finished: Literal["whole", "cut", "refused"]
    usage: Usage


class LanguageModel(Protocol):
    @property
    def name(self) -> str: ...
    def complete(self, prompt: Prompt, *, seconds: float, hear: Callable[[str], None] | None = None) -> Completion:
        """What the model makes of it, within about so many seconds, all tries together.

        `hear` is given the text so far whenever it has grown; a try that is repeated begins anew.

        The text should be a document of the schema. Not every server can hold its model to that, so it is to be read
        as a stranger's. `Unavailable` while the service fails (at once after repeated failures), `Misconfigured` when
        key, model or quota are at fault, `BadInput` for a text that it does not take.
        """
        ...


class Answerer(Protocol):
    """Turns passages into an answer; the extractive one needs no language model."""

    def answer(self, question: Question, passages: Sequence[tuple[Chunk, Video]]) -> Answer: ...


Tell = Callable[[Claim, Sequence[Citation]], None]
"""Is given each claim of an answer once it is verified, and the citations that it stands on."""


@runtime_checkable
class AloudAnswerer(Answerer, Protocol):
    """One that can tell its claims while it is still at work."""

    def answer_aloud(self, question: Question, passages: Sequence[tuple[Chunk, Video]], tell: Tell) -> Answer:
        """The answer is what counts: it may have other claims than were told if something failed in between."""
        ...


class Workspace(Protocol):
    """A private folder that is gone afterwards, whatever happens."""

    def __call__(self, job_id: UUID) -> AbstractContextManager[Path]: ...
