"""Everything that the API can do, by name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from video_pipeline.client import documents
from video_pipeline.client.projects import Projects
from video_pipeline.client.wire import File, Parameter, part
from video_pipeline.errors import Unavailable

Form = Literal["json", "vtt", "srt"]


_FIRST_PAUSE: Final = 0.3
_LONGEST_PAUSE: Final = 2.0
_ACCEPT: Final[Mapping[Form, str]] = {"json": "application/json", "vtt": "text/vtt", "srt": "application/x-subrip"}


class Client(Projects):
    """The API at `url` for whoever has `key`. Documents are the JSON that the API describes at /docs."""

    # --------------------------------------------------------------------------------------- putting in
    def upload(
        self,
        file: Path | File,
        *,
        title: str | None = None,
        language: str | None = None,
        recorded_on: str | None = None,
        metadata: Mapping[str, str] | None = None,
        captions: File | None = None,
    ) -> documents.Upload:
        """Sends a file as it is read, in memory that doesn't grow with it."""
        if isinstance(file, Path):
            with file.open("rb") as content:
                return self.upload(
                    (file.name, content, "application/octet-stream"),
                    title=title,
                    language=language,
                    recorded_on=recorded_on,
                    metadata=metadata,
                    captions=captions,
                )
        kept = json.dumps(dict(metadata)) if metadata else None
        fields = _given(title=title, language=language, recorded_on=recorded_on, metadata=kept)
        # The file comes last, because the API reads the form as it arrives.
        files = [("captions", captions), ("file", file)] if captions else [("file", file)]
        sent: documents.Upload = self._form("upload", fields, files)
        return sent

    def import_transcript(
        self,
        filename: str,
        content: str,
        *,
        title: str | None = None,
        language: str | None = None,
        recorded_on: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> documents.Upload:
        """A transcript whose film is not there: WebVTT, SubRip, or JSON."""
        about = _given(title=title, language=language, recorded_on=recorded_on, metadata=dict(metadata or {}))
        body = about | {"filename": filename, "content": content}
        sent: documents.Upload = self._json("POST", "transcripts", body=body)
        return sent

    # --------------------------------------------------------------------------------------------- jobs
    def job(self, job_id: object) -> documents.JobWithStages:
        found: documents.JobWithStages = self._json("GET", f"status/{part(job_id)}")
        return found

    def finished(self, job_id: object, *, within: float = 3600.0) -> documents.JobWithStages:
        """Waits for a job's end, good or bad. Unavailable("job_unfinished") after about `within` seconds."""
        pause, left = _FIRST_PAUSE, within
        while (job := self.job(job_id))["status"] not in ("completed", "failed"):
            if left < pause:
                message = f"Job {job['job_id']} is still {job['status']} ({job['current_stage']})."
                raise Unavailable("job_unfinished", message, hint="Wait longer.")
            self._sleep(pause)
            left, pause = left - pause, min(_LONGEST_PAUSE, pause * 1.3)
        return job

    def jobs(
        self,
        most: int = 50,
        *,
        status: str | Sequence[str] | None = None,
        stage: str | None = None,
        video_id: str | None = None,
        code: str | None = None,
        text: str | None = None,
        date_from: str | None = None,
        date_to: str | None = None,
        sort: str | None = None,
    ) -> list[documents.Job]:
        """The newest first, unless `sort` says otherwise."""
        return self.items(
            "jobs",
            most,
            status=status,
            stage=stage,
            video_id=video_id,
            code=code,
            q=text,
            date_from=date_from,
            date_to=date_to,
            sort=sort,
        )

    def cancel(self, job_id: object) -> documents.JobWithStages:
        return self._wish(job_id, "cancel")

    def retry(self, job_id: object) -> documents.JobWithStages:
        return self._wish(job_id, "retry")

    def rerun(self, job_id: object, stage: str) -> documents.JobWithStages:
        return self._wish(job_id, "rerun", {"stage": stage})

    # ------------------------------------------------------------------------------------- looking after
    def queues(self) -> list[documents.QueueDepth]:
        """These want a key that may operate, and so do dead letters."""
        found: documents.Queues = self._json("GET", "queues")
        return found["queues"]

    def dead_letters(self, queue: str | None = None, most: int = 200) -> list[documents.DeadLetter]:
        """The oldest first."""
        found: documents.DeadLetters = self._json("GET", "dead-letters", {"queue": queue, "limit": most})
        return found["items"]

    def redrive(self, queue: str, letters: Sequence[str]) -> list[documents.RedriveOutcome]:
        """Puts them back where they came from; repeating it is harmless."""
        body = {"queue": queue, "letters": list(letters)}
        found: documents.Redriven = self._json("POST", "dead-letters/redrive", body=body)
        return found["outcomes"]

    def _wish(self, job_id: object, wish: str, body: Mapping[str, Any] | None = None) -> documents.JobWithStages:
        found: documents.JobWithStages = self._json("POST", f"jobs/{part(job_id)}/{wish}", body=body)
        return found

    # ------------------------------------------------------------------------------------------- videos
    def videos(
        self,
        most: int = 50,
        *,
        text: str | None = None,
        language: str | None = None,
        indexed: bool | None = None,
        date_from: str | None = None,
        date_to: str | None = None,
        sort: str | None = None,
    ) -> list[documents.Video]:
        """The newest first, unless `sort` says otherwise."""
        return self.items(
            "videos",
            most,
            q=text,
            language=language,
            indexed=indexed,
            date_from=date_from,
            date_to=date_to,
            sort=sort,
        )

    def video(self, video_id: object) -> documents.VideoWithDetails:
        found: documents.VideoWithDetails = self._json("GET", f"videos/{part(video_id)}")
        return found

    def transcript(self, video_id: object, form: Form = "json") -> str:
        """The file's text."""
        return self._text(f"videos/{part(video_id)}/transcript", _ACCEPT[form])

    def search_transcript(self, video_id: object, words: str, *, skip: int = 0, limit: int = 50) -> documents.Matches:
        params: dict[str, Parameter] = {"q": words, "skip": skip, "limit": limit}
        found: documents.Matches = self._json("GET", f"videos/{part(video_id)}/transcript/search", params)
        return found

    def playback(self, video_id: object, *, thumbnails: bool = True) -> documents.Playback:
        params = {"thumbnails": thumbnails}
        found: documents.Playback = self._json("GET", f"videos/{part(video_id)}/playback", params)
        return found

    def erase(self, video_id: object) -> documents.Erasure:
        found: documents.Erasure = self._json("DELETE", f"videos/{part(video_id)}")
        return found

    # ---------------------------------------------------------------------------------------- questions
    def ask(
        self,
        query: str,
        *,
        top_k: int = 5,
        min_score: float | None = None,
        video_id: str | None = None,
        video_ids: Sequence[str] = (),
        speaker_ids: Sequence[str] = (),
        date_from: str | None = None,
        date_to: str | None = None,
        **more: Any,
    ) -> documents.Answer:
        """`more`: what else the API takes with a question."""
        narrowed = _given(
            video_id=video_id,
            video_ids=list(video_ids),
            speaker_ids=list(speaker_ids),
            date_from=date_from,
            date_to=date_to,
            **more,
        )
        # Zero is a bound, too.
        least = {} if min_score is None else {"min_score": min_score}
        body = {"query": query, "top_k": top_k, **least, **narrowed}
        found: documents.Answer = self._json("POST", "query", body=body)
        return found

    def question(self, question_id: object) -> documents.KeptAnswer:
        """The answer to one that came as a record."""
        found: documents.KeptAnswer = self._json("GET", f"questions/{part(question_id)}")
        return found

    def analytics(self, date_from: str | None = None, date_to: str | None = None) -> documents.Analytics:
        params = {"date_from": date_from, "date_to": date_to}
        found: documents.Analytics = self._json("GET", "analytics", params)
        return found


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}
