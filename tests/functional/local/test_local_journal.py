"""The journal and what is kept in it, without a server."""

from __future__ import annotations

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from moto.sqs.models import Message

from local.aws.bodies import PIECE, Body, BodyStore
from local.aws.durable_kinesis import RecordStore
from local.aws.durable_sqs import MessageStore
from local.aws.journal import Journal
from local.aws.work import discard, later, working

STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/s"
SHARD = "shardId-000000000000"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.sqlite3")


# --------------------------------------------------------------------------------------------- journal
def test_a_failed_transaction_leaves_nothing(journal: Journal) -> None:
    journal.define("create table t (n integer primary key)")
    with pytest.raises(sqlite3.IntegrityError), journal.transaction() as transaction:
        transaction.executemany("insert into t values (?)", [(1,), (1,)])
    assert journal.value("select count(*) from t") == 0
    assert journal.run("insert into t values (1)") == 1


def test_a_second_process_waits_until_the_first_is_gone(tmp_path: Path) -> None:
    first = Journal(tmp_path / "journal.sqlite3")
    first.define("create table t (n integer)")
    opened = threading.Event()

    def second() -> None:
        journal = Journal(tmp_path / "journal.sqlite3")
        journal.run("insert into t values (1)")
        opened.set()
        journal.close()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(second)
        assert not opened.wait(0.5)
        first.close()
        waiting.result(timeout=20)


# --------------------------------------------------------------------------------------------- records
def test_records_expire_only_while_the_system_runs(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1_000_000.0]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    RecordStore(journal).append(STREAM, SHARD, "k", b"kept", 24)
    clock[0] += 30 * 86_400
    store = RecordStore(journal)
    assert [data for _, _, data, _ in store.read(STREAM, SHARD, 0, 10)] == [b"kept"]
    clock[0] += 23 * 3600
    store.trim()
    assert store.read(STREAM, SHARD, 0, 10)
    clock[0] += 2 * 3600
    assert store.read(STREAM, SHARD, 0, 10) == []
    store.trim()
    assert journal.value("select count(*) from records") == 0


def test_sequence_numbers_grow_even_if_the_clock_goes_back_or_the_journal_is_new(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RecordStore(journal)
    first = store.append(STREAM, SHARD, "k", b"1", 24)
    with monkeypatch.context() as patch:
        patch.setattr(time, "time_ns", lambda: 1)
        second = store.append(STREAM, SHARD, "k", b"2", 24)
    assert second > first
    anew = RecordStore(Journal(tmp_path / "other.sqlite3"))
    assert anew.append(STREAM, SHARD, "k", b"3", 24) > second


def test_many_writers_get_different_sequence_numbers(journal: Journal) -> None:
    store = RecordStore(journal)
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda n: store.append(STREAM, SHARD, "k", str(n).encode(), 24), range(200)))
    assert len(set(given)) == 200
    assert [sequence for sequence, *_ in store.read(STREAM, SHARD, 0, 1000)] == sorted(given)


def test_a_waiting_reader_is_woken_and_gives_up_with_its_client(journal: Journal) -> None:
    store = RecordStore(journal)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(store.await_record, 20.0, lambda: False, STREAM, SHARD, 0)
        store.append(STREAM, SHARD, "k", b"x", 24)
        waiting.result(timeout=10)
        gone = pool.submit(store.await_record, 20.0, lambda: True, STREAM, SHARD, 2**62)
        gone.result(timeout=10)


# -------------------------------------------------------------------------------------------- messages
def test_a_new_run_makes_messages_visible_and_a_restarted_process_does_not(journal: Journal) -> None:
    store = MessageStore(journal)
    store.begin("first")
    message = Message("id", "body")
    message.mark_sent()
    message.receipt_handle = "handle"
    message.visible_at = 4e12
    store.add("queue", message)
    store.begin("first")
    assert store.of("queue")[0].visible_at == 4e12
    store.begin("second")
    [restored] = store.of("queue")
    assert (restored.visible_at, restored.receipt_handle, restored.body) == (0.0, "handle", "body")


def test_a_message_that_moves_is_in_one_queue_only(journal: Journal) -> None:
    store = MessageStore(journal)
    message = Message("id", "body")
    message.mark_sent()
    store.add("queue", message)
    store.add("dead letters", message)
    assert store.of("queue") == []
    assert [each.id for each in store.of("dead letters")] == ["id"]


# ---------------------------------------------------------------------------------------------- bodies
@pytest.fixture
def store(tmp_path: Path) -> BodyStore:
    return BodyStore(tmp_path / "objects")


def files(store: BodyStore) -> int:
    return sum(1 for _ in store.folder.glob("*/*"))


def test_a_joined_body_is_read_across_its_files(store: BodyStore) -> None:
    pieces = [b"abc", b"", b"defgh", b"i" * (PIECE + 3)]
    body, whole = store.join(store.write([piece]) for piece in pieces), b"".join(pieces)
    assert (len(body), body.read(), body.md5()) == (len(whole), whole, store.write([whole]).md5())
    for first in range(12):
        for last in (first, first + 1, first + 5, len(whole)):
            assert body[first:last].read() == whole[first:last]
    assert body[-4:].read() == whole[-4:]


def test_a_view_is_copied_and_a_body_is_taken(store: BodyStore) -> None:
    body = store.write([b"abcdef"])
    assert store.own(body) is body
    twin, middle = store.own(body.view()), store.own(body[2:4])
    store.remove(body)
    assert (twin.read(), middle.read(), store.own(b"plain").read()) == (b"abcdef", b"cd", b"plain")


def test_a_write_that_fails_leaves_no_file(store: BodyStore) -> None:
    def breaking() -> object:
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        store.write(breaking())
    assert files(store) == 0


def test_a_sweep_removes_what_nobody_speaks_of(store: BodyStore) -> None:
    kept, _ = store.write([b"kept"]), store.write([b"orphan"])
    assert store.sweep({kept.segments[0].name}) == 1
    assert kept.read() == b"kept"


# ------------------------------------------------------------------------------------------------ work
def test_work_is_settled_once_by_the_outermost_and_not_at_all_after_an_error() -> None:
    settled: list[int] = []

    def settle(work: object) -> None:
        settled.append(id(work))

    with working(settle) as outer, working(settle) as inner:
        assert inner is outer
    assert len(settled) == 1
    with pytest.raises(KeyError), working(settle):
        raise KeyError
    assert len(settled) == 1


def test_notices_and_garbage_wait_for_the_work_they_belong_to(store: BodyStore) -> None:
    told: list[str] = []
    body = store.write([b"x"])
    with working(lambda _: None) as work:
        later(lambda: told.append("inside"))
        discard(body)
        assert told == []
    assert [len(work.notices), work.garbage] == [1, [body]]
    later(lambda: told.append("outside"))
    assert told == ["outside"]


def test_a_failing_settlement_fails_the_request() -> None:
    def settle(_: object) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"), working(settle):
        pass


def test_an_empty_body_has_no_file(store: BodyStore) -> None:
    assert isinstance(store.write([]), Body)
    assert files(store) == 0
