"""Indexes: which one serves, what is missing in the one that is being built, and the switch between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from video_pipeline.database import Connection, Database, Queries, Row
from video_pipeline.errors import Conflict, NotFound
from video_pipeline.model import Chunk, Failure, Index, IndexFailure, IndexReport, IndexSpec, Message
from video_pipeline.store import lexicon, rows

SQL = Queries(Path(__file__).with_name("indexes.sql"))
JOBS = Queries(Path(__file__).with_name("jobs.sql"))
_SHOWN_FAILURES: Final = 50


class PostgresIndexes:
    """`ports.Indexes` on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def serving(self, first: IndexSpec) -> Index:
        with self._database.transaction() as connection:
            row = connection.execute(SQL["serving"]).fetchone()
            if row is None:
                connection.execute(SQL["one_at_a_time"])
                connection.execute(SQL["first"], _new(first, "first use"))
                row = connection.execute(SQL["serving"]).fetchone() or {}
        return _index(row)

    def building(self) -> Index | None:
        return self._maybe("building")

    def live(self) -> list[Index]:
        return self._all("live")

    def retired(self) -> list[Index]:
        return self._all("retired")

    def begin(self, spec: IndexSpec, requested_by: str) -> Index:
        with self._database.transaction() as connection:
            connection.execute(SQL["one_at_a_time"])
            row = connection.execute(SQL["building"]).fetchone()
            if row is not None and _index(row).spec == spec:
                connection.execute(SQL["forget_failures"], row)
                return _index(row)
            connection.execute(SQL["give_up"])
            return _index(connection.execute(SQL["begin"], _new(spec, requested_by)).fetchone() or {})

    def get(self, index_id: UUID) -> Index:
        row = self._row("by_id", {"id": index_id})
        if row is None:
            raise NotFound("index_not_found", f"There is no index {index_id}.")
        return _index(row)

    def waiting(self, index_id: UUID, *, limit: int, after: UUID | None = None) -> list[UUID]:
        values = {"id": index_id, "limit": limit, "after": after}
        with self._database.transaction() as connection:
            return [row["id"] for row in connection.execute(SQL["waiting"], values)]

    def take_in(self, index_id: UUID, video_id: UUID, chunks: Sequence[Chunk]) -> None:
        values = {"id": index_id, "index_id": index_id, "video_id": video_id, "passages": len(chunks)}
        with self._database.transaction() as connection:
            self._hold(connection, values)
            connection.execute(SQL["drop_chunks"], values)
            with connection.cursor() as cursor:
                cursor.executemany(JOBS["add_chunk"], [rows.chunk_values(each, index_id) for each in chunks])
            lexicon.write(connection, index_id, video_id, chunks)
            connection.execute(SQL["taken_in"], values)

    def _hold(self, connection: Connection, values: dict[str, Any]) -> None:
        if connection.execute(SQL["hold_building"], values).fetchone() is None:
            raise Conflict("index_not_building", f"The index {values['id']} is not being built any more.")
        if connection.execute(SQL["hold_video"], values).fetchone() is None:
            raise NotFound("video_not_found", f"There is no video {values['video_id']}.")

    def failed(self, index_id: UUID, video_id: UUID, failure: Failure) -> None:
        values = {"id": index_id, "video_id": video_id, "failure": rows.as_json(failure)}
        with self._database.transaction() as connection:
            connection.execute(SQL["failed"], values)

    def report(self, index_id: UUID) -> IndexReport:
        with self._database.transaction() as connection:
            index = connection.execute(SQL["by_id"], {"id": index_id}).fetchone()
            if index is None:
                raise NotFound("index_not_found", f"There is no index {index_id}.")
            return self._report(connection, index)

    def _report(self, connection: Connection, index: Row) -> IndexReport:
        counts = connection.execute(SQL["counts"], {"id": index["id"]}).fetchone() or {}
        found = connection.execute(SQL["failures"], {"id": index["id"], "limit": _SHOWN_FAILURES})
        failures = tuple(IndexFailure.model_validate(row) for row in found)
        return IndexReport(index=_index(index), failures=failures, **counts)

    def switch(
        self, index_id: UUID, *, without_failed: bool, cut_again: Callable[[UUID, UUID], Message]
    ) -> IndexReport:
        with self._database.transaction() as connection:
            connection.execute(SQL["one_at_a_time"])
            index = connection.execute(SQL["by_id"], {"id": index_id}).fetchone()
            if index is None:
                raise NotFound("index_not_found", f"There is no index {index_id}.")
            if index["state"] != "building":
                return self._report(connection, index)
            # Jobs first: one that completes at this moment is waited for, and counted below.
            connection.execute(SQL["hold_serving"])
            sent_back = connection.execute(SQL["send_back"]).fetchall()
            report = self._report(connection, index)
            if report.waiting or (report.failed and not without_failed):
                connection.rollback()
                return report
            connection.execute(SQL["abandon_stages"], {"ids": [row["id"] for row in sent_back]})
            rows.put_out(connection, [cut_again(row["id"], row["video_id"]) for row in sent_back])
            connection.execute(SQL["retire"])
            connection.execute(SQL["serve"], {"id": index_id})
            return self._report(connection, connection.execute(SQL["by_id"], {"id": index_id}).fetchone() or {})

    def move(self, index: Index, spec: IndexSpec, *, cut_again: Callable[[UUID, UUID], Message]) -> Index:
        values = {"id": index.id, "seen": rows.as_json(index.spec), "spec": rows.as_json(spec)}
        with self._database.transaction() as connection:
            connection.execute(SQL["one_at_a_time"])
            connection.execute(SQL["hold_serving"])
            row = connection.execute(SQL["move"], values).fetchone()
            if row is None:
                raise Conflict("index_changed", f"The index {index.space} does not serve as it did any more.")
            sent_back = connection.execute(SQL["send_back"]).fetchall()
            connection.execute(SQL["abandon_stages"], {"ids": [each["id"] for each in sent_back]})
            rows.put_out(connection, [cut_again(each["id"], each["video_id"]) for each in sent_back])
        return _index(row)

    def videos_of(self, index_id: UUID) -> list[UUID]:
        with self._database.transaction() as connection:
            return [row["video_id"] for row in connection.execute(SQL["videos_of"], {"id": index_id})]

    def dropped(self, index_id: UUID) -> None:
        with self._database.transaction() as connection:
            connection.execute(SQL["forget_chunks"], {"id": index_id})
            connection.execute(SQL["dropped"], {"id": index_id})

    def _maybe(self, query: str) -> Index | None:
        row = self._row(query, {})
        return _index(row) if row else None

    def _row(self, query: str, values: dict[str, Any]) -> Row | None:
        with self._database.transaction() as connection:
            return connection.execute(SQL[query], values).fetchone()

    def _all(self, query: str) -> list[Index]:
        with self._database.transaction() as connection:
            return [_index(row) for row in connection.execute(SQL[query])]


def _new(spec: IndexSpec, requested_by: str) -> dict[str, Any]:
    index_id = uuid4()
    return {
        "id": index_id,
        "space": f"{spec.model}@{spec.dimensions}-{index_id.hex[:8]}",
        "spec": rows.as_json(spec),
        "requested_by": requested_by,
    }


def _index(row: Row) -> Index:
    return Index.model_validate({name: row[name] for name in Index.model_fields})
