from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from video_pipeline.database import Database
from video_pipeline.model import Turn
from video_pipeline.store.ledger import PostgresLedger
from video_pipeline.topology import LIMITS


@pytest.fixture
def ledger(database: Database) -> Iterator[PostgresLedger]:
    return PostgresLedger(database)


def turn(number: int, *videos: UUID) -> Turn:
    return Turn(asked=f"{number}?", query=f"What is {number}?", answer=None, chunk_ids=(uuid4(),), video_ids=videos)


def test_turns_come_back_in_order_to_their_owner_only(ledger: PostgresLedger) -> None:
    mine, other = uuid4(), uuid4()
    turns = [turn(number) for number in range(3)]
    for each in turns:
        ledger.conversations.add(mine, "key:1", each)
    ledger.conversations.add(other, "key:1", turn(9))
    assert ledger.conversations.turns(mine, "key:1") == turns
    assert ledger.conversations.turns(mine, "key:2") == []
    assert ledger.conversations.turns(uuid4(), "key:1") == []


def test_only_the_last_turns_are_kept(ledger: PostgresLedger, database: Database) -> None:
    conversation_id = uuid4()
    turns = [turn(number) for number in range(LIMITS.conversation_turns + 4)]
    for each in turns:
        ledger.conversations.add(conversation_id, "me", each)
    assert ledger.conversations.turns(conversation_id, "me") == turns[4:]
    with database.transaction() as connection:
        (row,) = connection.execute("select count(*) as kept from conversation_turns").fetchall()
    assert row["kept"] == LIMITS.conversation_turns


def test_old_turns_are_neither_shown_nor_kept(ledger: PostgresLedger, database: Database) -> None:
    conversation_id = uuid4()
    ledger.conversations.add(conversation_id, "me", turn(1))
    assert ledger.conversations.prune() == 0
    with database.transaction() as connection:
        connection.execute(
            "update conversation_turns set created_at = now() - make_interval(days => %s)",
            [LIMITS.conversation_days + 1],
        )
    assert ledger.conversations.turns(conversation_id, "me") == []
    assert (ledger.conversations.prune(), ledger.conversations.prune()) == (1, 0)
