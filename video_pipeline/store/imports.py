"""The move that begins in the middle: a transcript is here, its film is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from video_pipeline.database import Connection, Database, Queries
from video_pipeline.model import Message, Video
from video_pipeline.ports import Identified, Imported
from video_pipeline.store import rows
from video_pipeline.topology import CHUNK, TRANSCRIBE, progress_at

SQL = Queries(Path(__file__).with_name("jobs.sql"))
_WORKER: Final = "import"


class Imports:
    """The part of `ports.Jobs` that takes transcripts."""

    _database: Database

    if TYPE_CHECKING:

        def _find_or_add(self, connection: Connection, video: Video) -> Identified: ...
        def _close(
            self, connection: Connection, job_id: UUID, stage: str | None, *, detail: Mapping[str, Any] | None = None
        ) -> None: ...

    def imported(self, imported: Imported, *, emit: Sequence[Message]) -> bool:
        source = imported.source
        values = {
            "id": source.job_id,
            "worker": _WORKER,
            "video_id": imported.video.id,
            "source": rows.as_json(source),
            "options": rows.as_json(imported.options),
            "bucket": source.media.bucket,
            "key": source.media.key,
            "stage": TRANSCRIBE,
            "progress": progress_at(CHUNK),
        }
        with self._database.transaction() as connection:
            connection.execute(SQL["import"], values)
            connection.execute(SQL["open_stage"], values)
            found = self._find_or_add(connection, imported.video)
            connection.execute(SQL["bind_video"], values)
            if found.fresh:
                self._take(connection, values, imported)
                rows.put_out(connection, emit)
            elif found.indexed:
                note = f"The same transcript as {found.video.title!r} ({found.video.id}), which is indexed already."
                connection.execute(SQL["complete"], values)
                connection.execute(SQL["note"], {**values, "text": note})
            else:
                connection.execute(SQL["wait"], {**values, "token": f"job:{found.video.job_id}"})
            self._close(connection, source.job_id, None, detail=_told(imported))
        return found.fresh

    def _take(self, connection: Connection, values: Mapping[str, Any], imported: Imported) -> None:
        record = imported.record
        known = dict.fromkeys(("poster", "thumbnails", "recorded_on"))
        known |= {"info": rows.as_json(imported.info), "language": record.language}
        connection.execute(SQL["describe"], {**known, "id": imported.video.id})
        connection.execute(SQL["transcribed"], values)
        connection.execute(SQL["save_transcript"], {**values, "record": rows.as_json(record)})
        for note in imported.notes:
            connection.execute(SQL["note"], {**values, "text": note})


def _told(imported: Imported) -> dict[str, Any]:
    record = imported.record
    return {"source": record.source, "words": record.words, "quality": record.quality}
