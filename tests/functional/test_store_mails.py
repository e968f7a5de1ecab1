"""The ledger's part of mails on PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest

from video_pipeline.database import Database
from video_pipeline.model import MailRecord
from video_pipeline.store.mails import PostgresMails


@pytest.fixture
def mails(database: Database) -> PostgresMails:
    return PostgresMails(database)


def record(**changes: Any) -> MailRecord:
    given = {"question_id": uuid4(), "kind": "answer", "recipient": "Ann@example.com", "conversation_id": uuid4()}
    return MailRecord.model_validate({**given, **changes})


def age(database: Database, mail: MailRecord, seconds: float) -> None:
    with database.transaction() as connection:
        connection.execute(
            "update mails set claimed_at = now() - make_interval(secs => %s) where question_id = %s",
            [seconds, mail.question_id],
        )


def test_of_many_at_once_one_may_send(mails: PostgresMails) -> None:
    mail = record()
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: mails.claim(mail), range(24))) == 1
    assert mails.claim(record(question_id=mail.question_id, kind="human"))


def test_what_was_not_taken_can_be_claimed_again_and_what_was_taken_can_not(mails: PostgresMails) -> None:
    mail = record()
    assert mails.claim(mail)
    mails.release(mail)
    assert mails.claim(mail)
    mails.settle(mail, "ses-1")
    mails.release(mail)
    assert not mails.claim(mail)
    (kept,) = mails.of_question(mail.question_id)
    assert (kept.state, kept.provider_id, kept.recipient) == ("sent", "ses-1", "ann@example.com")
    assert kept.settled_at is not None


def test_a_mail_without_an_answer_is_doubtful_and_stays_claimed(mails: PostgresMails) -> None:
    mail = record()
    mails.claim(mail)
    mails.settle(mail, None)
    assert [each.state for each in mails.of_question(mail.question_id)] == ["doubtful"]
    mails.release(mail)
    assert not mails.claim(mail)


def test_whose_sender_died_is_doubted_once_and_sent_if_it_lived_after_all(
    mails: PostgresMails, database: Database
) -> None:
    lost, fresh = record(), record()
    for mail in (lost, fresh):
        mails.claim(mail)
    age(database, lost, 600)
    assert [each.question_id for each in mails.doubt(120)] == [lost.question_id]
    assert mails.doubt(120) == []
    mails.settle(lost, "ses-2")
    mails.settle(lost, None)
    assert [each.state for each in mails.of_question(lost.question_id)] == ["sent"]


def test_a_conversation_is_found_by_its_id_or_by_a_mail_of_it_and_only_for_who_had_it(mails: PostgresMails) -> None:
    first = record()
    mails.claim(first)
    mails.settle(first, "ses-3")

    def found(recipient: str, ids: list[UUID], provider_ids: list[str]) -> UUID | None:
        return mails.conversation(recipient, ids=ids, provider_ids=provider_ids)

    assert found("ANN@example.com", [first.conversation_id], []) == first.conversation_id
    assert found("ann@example.com", [], ["x", "ses-3"]) == first.conversation_id
    assert found("ann@example.com", [uuid4()], ["x"]) is None
    assert found("eve@example.com", [first.conversation_id], ["ses-3"]) is None
    passed_on = record(kind="human", recipient="desk@example.com")
    mails.claim(passed_on)
    assert found("desk@example.com", [passed_on.conversation_id], []) is None


def test_mails_of_the_last_while_are_counted_and_old_ones_forgotten(mails: PostgresMails, database: Database) -> None:
    old, new = record(), record()
    for mail in (old, new):
        mails.claim(mail)
    age(database, old, 2 * 86_400)
    assert mails.recent("ann@EXAMPLE.com", seconds=3600) == 1
    assert mails.recent("bob@example.com", seconds=3600) == 0
    assert mails.prune(1) == 1
    assert (mails.of_question(old.question_id), len(mails.of_question(new.question_id))) == ([], 1)
