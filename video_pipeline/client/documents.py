"""What the API answers, as it travels: JSON objects. A newer API may say more.

Ids are UUIDs and times ISO 8601 as text; `start`, `end` and `duration` are seconds.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

Status = Literal["queued", "processing", "completed", "failed"]


class Error(TypedDict):
    code: str
    message: str
    hint: str


class Stage(TypedDict):
    stage: str
    attempt: int
    status: Literal["running", "completed", "failed", "skipped", "abandoned"]
    started_at: str
    finished_at: str | None
    error: Error | None
    detail: dict[str, Any]


class Job(TypedDict):
    job_id: str
    status: Status
    progress: float
    current_stage: str
    error: Error | None
    video_id: str | None
    title: str | None
    filename: str
    notes: list[str]
    created_at: str
    updated_at: str
    started_at: str | None
    finished_at: str | None


class JobWithStages(Job):
    stages: list[Stage]


class UploadParts(TypedDict):
    part_size: int
    urls: list[str]
    expires_at: str
    complete_url: str
    captions_url: str | None


class QueueDepth(TypedDict):
    name: str
    dead_letters: bool
    visible: int
    in_flight: int
    delayed: int


class Queues(TypedDict):
    queues: list[QueueDepth]


class DeadLetter(TypedDict):
    id: str
    queue: str
    kind: Literal["rejected_record", "failed_batch", "message"]
    consumer: str
    source: str
    position: str
    reason: Error
    since: str | None


class DeadLetters(TypedDict):
    items: list[DeadLetter]
    more: bool


class RedriveOutcome(TypedDict):
    id: str
    redriven: bool
    records: int
    code: str
    message: str


class Redriven(TypedDict):
    outcomes: list[RedriveOutcome]


class Upload(TypedDict):
    job_id: str
    status: Status
    video_url: str
    estimated_completion: str | None
    status_url: str
    parts: UploadParts | None


class VideoRef(TypedDict):
    id: str
    title: str


class Video(VideoRef):
    filename: str
    duration: float | None
    language: str | None
    recorded_on: str | None
    has_picture: bool | None
    has_sound: bool | None
    metadata: dict[str, str]
    poster_url: str | None
    job_id: str
    created_at: str
    indexed_at: str | None


class TranscriptOrigin(TypedDict):
    language: str | None
    source: str
    engine: str
    quality: str
    confidence: float | None
    segments: int
    words: int
    notes: list[str]


class VideoWithDetails(Video):
    sha256: str
    info: dict[str, Any] | None
    transcript: TranscriptOrigin | None


class Match(TypedDict):
    text: str
    highlight_start: int
    highlight_end: int
    start: float
    end: float
    exact: bool
    speakers: list[str]
    link: str


class Matches(TypedDict):
    video_id: str
    query: str
    total: int
    items: list[Match]


class Thumbnail(TypedDict):
    at: float
    url: str


class Playback(TypedDict):
    url: str
    download_url: str
    expires_at: str
    poster_url: str | None
    thumbnails: list[Thumbnail]
    captions_url: str | None


class Erasure(TypedDict):
    video_id: str
    status: Literal["erased", "pending"]
    receipt: dict[str, Any] | None


class Project(TypedDict):
    project_id: str
    title: str | None
    state: Literal["collecting", "rendering", "rendered", "failed", "removed"]
    images: int
    has_audio: bool
    has_captions: bool
    has_film: bool
    job_id: str | None
    video_job_id: str | None
    created_by: str
    created_at: str
    updated_at: str
    expires_at: str | None


class ProjectFile(TypedDict):
    file: str
    url: str


class ProjectWithDetails(Project):
    manifest: dict[str, Any]
    files: list[ProjectFile]
    progress: float | None
    error: Error | None


class Film(TypedDict):
    project_id: str
    video_url: str
    download_url: str
    captions_url: str | None
    expires_at: str
    current: bool
    seconds: float
    size: int
    sha256: str
    rendered_at: str


class AuditEvent(TypedDict):
    at: str
    who: str
    what: str
    detail: dict[str, Any]


class Removal(TypedDict):
    project_id: str
    files: int
    films: int
    captions: int
    video_job_id: str | None


class Passage(TypedDict):
    id: str
    position: int
    text: str
    quality: str


class Result(TypedDict):
    chunk: Passage
    score: float
    video: VideoRef
    start: float
    end: float
    speakers: list[str]
    link: str


class Citation(TypedDict):
    number: int
    video_id: str
    title: str
    chunk_id: str
    quote: str
    start: float
    end: float
    speaker: str | None
    quality: str
    link: str


class Answer(TypedDict):
    query: str
    results: list[Result]
    answer: str | None
    citations: list[Citation]
    engine: str


class KeptAnswer(Answer):
    question_id: str
    answered_at: str


class Counts(TypedDict):
    questions: int
    unanswered: int
    videos: int
    video_seconds: float
    jobs_completed: int
    jobs_failed: int


class DayCounts(Counts):
    date: str
    answer_ms_median: int | None
    answer_ms_p95: int | None


class Unanswered(TypedDict):
    query: str
    times: int
    last_asked: str


class Analytics(TypedDict):
    date_from: str
    date_to: str
    totals: Counts
    days: list[DayCounts]
    unanswered: list[Unanswered]
