"""The moves of jobs. Each method is one transaction; each update names the state that it starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from video_pipeline.database import Connection, Database, Queries
from video_pipeline.errors import Conflict, NotFound, Unavailable
from video_pipeline.model import (
    Chunk,
    Failure,
    Job,
    MediaInfo,
    Message,
    ObjectRef,
    StageAttempt,
    Thumbnail,
    TranscriptRecord,
    Video,
    start_message,
    work_message,
)
from video_pipeline.ports import Identified, Submission
from video_pipeline.store import lexicon, rows
from video_pipeline.store.imports import Imports
from video_pipeline.store.leases import Leases, Policy
from video_pipeline.store.listings import JobListing
from video_pipeline.store.restarts import Restarts
from video_pipeline.store.sweep import Sweep
from video_pipeline.topology import CHUNK, EMBED, RECEIVE, SUMMARISE, progress_at

SQL = Queries(Path(__file__).with_name("jobs.sql"))


def job_token(job_id: UUID) -> str:
    """What a job waits for when another one is making the same video."""
    return f"job:{job_id}"


class PostgresJobs(Leases, Sweep, Imports, Restarts, JobListing):
    """`ports.Jobs` on PostgreSQL."""

    def __init__(self, database: Database, policy: Policy) -> None:
        self._database = database
        self._policy = policy

    # ------------------------------------------------------------------------------------ arriving
    def submit(self, submissions: Sequence[Submission]) -> list[tuple[Job, bool]]:
        ids = [each.source.job_id for each in submissions]
        # Backwards, so that of several for one job the first counts.
        wanted = dict(zip(reversed(ids), reversed(submissions), strict=True))
        documents = ",".join(_document(job_id, each) for job_id, each in wanted.items())
        with self._database.transaction() as connection:
            new = connection.execute(SQL["submit"], {"jobs": f"[{documents}]"}).fetchall()
            started = [start_message(row["id"], wanted[row["id"]].source) for row in new if row["ready"]]
            rows.put_out(connection, started)
            fresh = {row["id"] for row in new}
            old = connection.execute(SQL["by_ids"], {"ids": [each for each in wanted if each not in fresh]}).fetchall()
        jobs = {row["id"]: rows.job(row) for row in [*new, *old]}
        answers = []
        for each in ids:
            answers.append((jobs[each], each in fresh))
            fresh.discard(each)  # a repeat within the batch is no second new job
        return answers

    def uploaded(self, job_id: UUID, media: ObjectRef, size: int) -> bool:
        values = {"id": job_id, "media": rows.as_json(media), "size": size}
        with self._database.transaction() as connection:
            moved = connection.execute(SQL["uploaded"], values).fetchone()
            if moved:
                rows.put_out(connection, [work_message(job_id)])
        return moved is not None

    def wants_segment(self, job_id: UUID, index: int) -> bool:
        with self._database.transaction() as connection:
            row = connection.execute(SQL["wants_segment"], {"id": job_id, "index": index}).fetchone()
        return bool(row and row["wanted"])

    def segment_arrived(self, job_id: UUID, index: int) -> tuple[int, bool]:
        with self._database.transaction() as connection:
            # The row is locked first: two last segments at the same time must not both count to all but one.
            row = self._lock(connection, job_id)
            if rows.job(row).cancelled:
                return row["received"], False
            added = connection.execute(SQL["add_segment"], {"id": job_id, "index": index}).rowcount
            if not added:
                return row["received"], False
            count = row["source"]["segments"]
            progress = progress_at(RECEIVE, (row["received"] + 1) / count)
            values = {"id": job_id, "count": count, "progress": progress}
            after = connection.execute(SQL["count_segment"], values).fetchone() or {}
            if after["ready"]:
                rows.put_out(connection, [work_message(job_id)])
            return after["received"], after["ready"]

    # ------------------------------------------------------------------------------------- looking
    def get(self, job_id: UUID) -> Job:
        with self._database.transaction() as connection:
            row = connection.execute(SQL["by_ids"], {"ids": [job_id]}).fetchone()
        if row is None:
            raise NotFound("job_not_found", f"There is no job {job_id}.", hint="List them with `video-pipeline jobs`.")
        return rows.job(row)

    def find_upload(self, media: ObjectRef) -> Job | None:
        return self._one("by_upload", {"bucket": media.bucket, "key": media.key})

    def timeline(self, job_id: UUID) -> list[StageAttempt]:
        with self._database.transaction() as connection:
            return [rows.stage_attempt(row) for row in connection.execute(SQL["timeline"], {"id": job_id})]

    # -------------------------------------------------------------------------------------- stages
    def begin_stage(self, job_id: UUID, stage: str, worker: str) -> None:
        values = {"id": job_id, "stage": stage, "worker": worker, "progress": progress_at(stage)}
        with self._database.transaction() as connection:
            if connection.execute(SQL["move_stage"], values).fetchone() is None:
                raise _lease_lost(job_id, worker)
            connection.execute(SQL["abandon_stages"], {"id": job_id})
            connection.execute(SQL["open_stage"], values)

    def enter(self, job_id: UUID, stage: str, runner: str) -> Job | None:
        values = {"id": job_id, "stage": stage, "worker": runner}
        with self._database.transaction() as connection:
            row = connection.execute(SQL["enter_stage"], values).fetchone()
            if row is None:
                return None
            connection.execute(SQL["abandon_stages"], values)
            connection.execute(SQL["open_stage"], values)
        return rows.job(row)

    def end_stage(
        self,
        job_id: UUID,
        stage: str | None,
        *,
        status: str = "completed",
        failure: Failure | None = None,
        detail: Mapping[str, Any] | None = None,
        worker: str | None = None,
    ) -> None:
        with self._database.transaction() as connection:
            self._close(connection, job_id, stage, status=status, failure=failure, detail=detail, worker=worker)

    def report(self, job_id: UUID, stage: str, fraction: float) -> None:
        values = {"id": job_id, "stage": stage, "progress": progress_at(stage, fraction)}
        with self._database.transaction() as connection:
            connection.execute(SQL["report"], values)

    def note(self, job_id: UUID, text: str) -> None:
        with self._database.transaction() as connection:
            connection.execute(SQL["note"], {"id": job_id, "text": text})

    # -------------------------------------------------------------------------------------- videos
    def identify(self, job_id: UUID, worker: str, video: Video) -> Identified:
        with self._database.transaction() as connection:
            self._held(connection, job_id, worker)
            found = self._find_or_add(connection, video)
            connection.execute(SQL["bind_video"], {"id": job_id, "video_id": video.id})
            if not found.fresh and not found.indexed:
                token = job_token(found.video.job_id)
                connection.execute(SQL["wait"], {"id": job_id, "worker": worker, "token": token})
                self._close(connection, job_id, None, detail={"same_as": str(found.video.job_id)})
        return found

    def _find_or_add(self, connection: Connection, video: Video) -> Identified:
        values = {**_video_values(video), "job_id": video.job_id}
        added = connection.execute(SQL["add_video"], values).fetchone()
        if added:
            return Identified(rows.video(added), fresh=True)
        maker: UUID = (connection.execute(SQL["maker"], {"id": video.id}).fetchone() or {})["job_id"]
        # Job before video, as everywhere, or two could wait for each other; and held, so that it can't end between
        # this look and the decision to wait for it.
        owner = rows.job(self._lock(connection, maker))
        known = rows.video(connection.execute(SQL["lock_video"], {"id": video.id}).fetchone() or {})
        if known.job_id != maker:
            raise Unavailable("video_taken", "Another job has just taken this film.", delay=1)
        if known.erased_at is None and maker == video.job_id:
            return Identified(known, fresh=True)
        if known.erased_at is None and known.indexed_at is not None:
            return Identified(known, fresh=False, indexed=True)
        if known.erased_at is None and not owner.finished:
            return Identified(known, fresh=False)
        if connection.execute(SQL["erasing"], {"id": video.id}).fetchone():
            raise Unavailable("erasure_running", "This film is being erased at this moment.", delay=60)
        taken = connection.execute(SQL["take_video"], values).fetchone() or {}
        return Identified(rows.video(taken), fresh=True)

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
        stills = None if thumbnails is None else Jsonb([each.model_dump() for each in thumbnails])
        values = {"id": video_id, "info": rows.as_json(info), "poster": poster, "thumbnails": stills}
        with self._database.transaction() as connection:
            connection.execute(SQL["describe"], {**values, "language": language, "recorded_on": recorded_on})

    # ----------------------------------------------------------------------------------- moving on
    def wait_for(self, job_id: UUID, worker: str, token: str) -> None:
        with self._database.transaction() as connection:
            values = {"id": job_id, "worker": worker, "token": token}
            if connection.execute(SQL["wait"], values).fetchone() is None:
                raise _lease_lost(job_id, worker)

    def transcript_ready(
        self, job_id: UUID, record: TranscriptRecord, *, emit: Sequence[Message], worker: str | None = None
    ) -> bool:
        values = {"id": job_id, "worker": worker, "progress": progress_at(CHUNK)}
        with self._database.transaction() as connection:
            row = connection.execute(SQL["transcribed"], values).fetchone()
            if row is None:
                return self._nothing_or_lost(job_id, worker)
            saved = {"video_id": row["video_id"], "record": rows.as_json(record)}
            connection.execute(SQL["save_transcript"], saved)
            detail = {
                "source": record.source,
                "engine": record.engine,
                "words": record.words,
                "quality": record.quality,
            }
            self._close(connection, job_id, None, detail=detail)
            rows.put_out(connection, emit)
        return True

    def chunks_ready(self, job_id: UUID, chunks: Sequence[Chunk], *, index_id: UUID, emit: Sequence[Message]) -> bool:
        values = {"id": job_id, "index_id": index_id, "progress": progress_at(EMBED)}
        with self._database.transaction() as connection:
            if connection.execute(SQL["hold_serving"], values).fetchone() is None:
                raise Unavailable("index_switched", "Another index has just begun to serve.", delay=1)
            row = connection.execute(SQL["chunked"], values).fetchone()
            if row is None:
                return False
            connection.execute(SQL["drop_chunks"], values | row)
            connection.execute(SQL["stale"], row)
            with connection.cursor() as cursor:
                cursor.executemany(SQL["add_chunk"], [rows.chunk_values(each, index_id) for each in chunks])
            lexicon.write(connection, index_id, row["video_id"], chunks)
            self._close(connection, job_id, CHUNK, detail={"passages": len(chunks)})
            rows.put_out(connection, emit)
        return True

    def embedded(self, job_id: UUID, *, emit: Sequence[Message], detail: Mapping[str, Any] | None = None) -> bool:
        values = {"id": job_id, "progress": progress_at(SUMMARISE)}
        with self._database.transaction() as connection:
            row = connection.execute(SQL["embedded"], values).fetchone()
            if row is None:
                return False
            connection.execute(SQL["indexed"], row)
            self._close(connection, job_id, EMBED, detail=detail)
            rows.put_out(connection, emit)
        return True

    def complete(
        self,
        job_id: UUID,
        *,
        emit: Sequence[Message] = (),
        note: str | None = None,
        worker: str | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> bool:
        with self._database.transaction() as connection:
            row = connection.execute(SQL["complete"], {"id": job_id, "worker": worker}).fetchone()
            if row is None:
                return self._nothing_or_lost(job_id, worker)
            connection.execute(SQL["indexed"], row)
            if note:
                connection.execute(SQL["note"], {"id": job_id, "text": note})
            same = f"The same film as that of job {job_id}; it was not processed twice."
            connection.execute(SQL["complete_waiting"], {"video_id": row["video_id"], "note": same})
            self._close(connection, job_id, None, detail=detail)
            rows.put_out(connection, emit)
        return True

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
        values: dict[str, Any] = {"id": job_id, "worker": worker, "failure": rows.as_json(failure)}
        values |= {"attempt": seen.attempt if seen else None, "stage": seen.stage if seen else None}
        with self._database.transaction() as connection:
            row = connection.execute(SQL["fail"], values).fetchone()
            if row is None:
                return self._nothing_or_lost(job_id, worker)
            if resend:
                connection.execute(SQL["drop_segments"], {"id": job_id})
                connection.execute(SQL["reset_segments"], {"id": job_id})
            self._close(connection, job_id, None, status="failed", failure=failure)
            self._succeed(connection, row["video_id"])
            rows.put_out(connection, emit)
        return True

    def postpone(self, job_id: UUID, stage: str, failure: Failure, delay: float) -> None:
        with self._database.transaction() as connection:
            if connection.execute(SQL["postpone"], {"id": job_id, "stage": stage, "delay": delay}).fetchone():
                self._close(connection, job_id, stage, status="failed", failure=failure)

    def retry_later(self, job_id: UUID, worker: str, failure: Failure, delay: float, *, counts: bool = True) -> None:
        with self._database.transaction() as connection:
            waiting = {"failure": rows.as_json(failure), "delay": delay, "counts": counts}
            values = {"id": job_id, "worker": worker, **waiting}
            if connection.execute(SQL["retry_later"], values).fetchone() is None:
                raise _lease_lost(job_id, worker)
            self._close(connection, job_id, None, status="failed", failure=failure)
            rows.put_out(connection, [work_message(job_id, delay)])

    # ------------------------------------------------------------------------------------- helpers
    def _succeed(self, connection: Connection, video_id: UUID | None) -> None:
        """The oldest of the jobs that wait for this film takes the place of the one that failed."""
        next_one = connection.execute(SQL["succeed_waiting"], {"video_id": video_id}).fetchone()
        if next_one:
            values = {"video_id": video_id, "other": job_token(next_one["id"])}
            connection.execute(SQL["wait_for_other"], values)
            rows.put_out(connection, [work_message(next_one["id"])])

    def _one(self, query: str, values: Mapping[str, Any]) -> Job | None:
        with self._database.transaction() as connection:
            row = connection.execute(SQL[query], values).fetchone()
        return rows.job(row) if row else None

    def _nothing_or_lost(self, job_id: UUID, worker: str | None) -> bool:
        if worker is not None:
            raise _lease_lost(job_id, worker)
        return False


def _document(job_id: UUID, wanted: Submission) -> str:
    """JSON put together from JSON: several times faster than through Python's dictionaries."""
    ready = "true" if wanted.ready else "false"
    source, options = (each.model_dump_json(exclude_none=True) for each in (wanted.source, wanted.options))
    return f'{{"id":"{job_id}","source":{source},"options":{options},"ready":{ready}}}'


def _video_values(video: Video) -> dict[str, Any]:
    return {
        "id": video.id,
        "sha256": video.sha256,
        "title": video.title,
        "filename": video.filename,
        "media": rows.as_json(video.media),
        "language": video.language,
        "recorded_on": video.recorded_on,
        "metadata": Jsonb(video.metadata),
    }


def _lease_lost(job_id: UUID, worker: str) -> Conflict:
    return Conflict("lease_lost", f"Job {job_id} is no longer held by {worker}.")
