"""A mail in the bucket becomes a question, or is set aside with a reason; never a dead letter, never an answer."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from tests.mails import OWN, SES, mail
from video_pipeline.errors import BadInput, NotFound, Unavailable
from video_pipeline.events import QuestionAsked, read_event
from video_pipeline.mail.addresses import Welcome
from video_pipeline.mail.threads import conversation_reference
from video_pipeline.model import Message, ObjectRef
from video_pipeline.receiving import Receiving
from video_pipeline.topology import INGESTION, LIMITS

REF = ObjectRef(bucket="media", key="mail/1")


@dataclass
class World:
    raw: bytes | Exception
    known: dict[tuple[str, UUID], UUID] = field(default_factory=dict)
    recently: int = 0
    messages: list[Message] = field(default_factory=list)

    def read(self, ref: ObjectRef, *, limit: int) -> bytes:
        if isinstance(self.raw, Exception):
            raise self.raw
        return self.raw

    def conversation(self, recipient: str, *, ids: Sequence[UUID], provider_ids: Sequence[str]) -> UUID | None:
        return next((self.known[recipient, each] for each in ids if (recipient, each) in self.known), None)

    def recent(self, recipient: str, *, seconds: float) -> int:
        return self.recently

    def publish(self, messages: Sequence[Message]) -> None:
        self.messages += messages

    def accept(self, welcome: Sequence[str] = ("example.com",), own: str = OWN) -> list[QuestionAsked]:
        me = cast("Any", self)
        Receiving(me, me, me, own_address=own, welcome=Welcome(welcome)).accept(REF)
        assert {each.destination for each in self.messages} <= {INGESTION.name}
        return [cast("QuestionAsked", read_event(each.body).body) for each in self.messages]


def test_a_mail_becomes_a_question_of_its_author() -> None:
    (asked,) = World(mail("When does it open?\n\n-- \nAnn")).accept()
    assert (asked.query, asked.email, asked.conversation_id) == ("When does it open?", "ann@example.com", None)
    assert asked.thread is not None
    assert asked.thread.message_id == "<m1@example.com>"


def test_the_same_mail_twice_is_the_same_question_and_another_one_is_not() -> None:
    ids = []
    for raw in (mail(), mail(), mail(Message_ID="<m2@example.com>"), mail(Message_ID=""), mail(Message_ID="")):
        world = World(raw)
        world.accept()
        ids.append(json.loads(world.messages[0].body)["id"])
    assert ids[0] == ids[1]
    assert ids[3] == ids[4]
    assert len(set(ids)) == 3


def test_a_reply_goes_on_with_the_conversation_of_its_author_and_of_nobody_else() -> None:
    conversation = uuid4()
    reply = mail(References=conversation_reference(conversation, "videos.example"))
    (asked,) = World(reply, known={("ann@example.com", conversation): conversation}).accept()
    assert asked.conversation_id == conversation
    (other,) = World(reply, known={("bob@example.com", conversation): conversation}).accept()
    assert other.conversation_id is None


@pytest.mark.parametrize(
    ("reason", "world", "welcome"),
    [
        ("sender_not_verified", World(mail(head=SES.replace("dmarc=pass", "dmarc=fail"))), ["example.com"]),
        ("sender_not_allowed", World(mail()), ["partner.example"]),
        ("sender_not_allowed", World(mail()), []),
        ("auto_submitted", World(mail(Auto_Submitted="auto-replied")), ["example.com"]),
        ("nothing_asked", World(mail("?!", Subject="")), ["example.com"]),
        ("too_many_mails", World(mail(), recently=LIMITS.mails_an_hour), ["example.com"]),
        ("mail_author_unclear", World(b"no mail at all"), ["example.com"]),
        ("object_too_large", World(BadInput("object_too_large", "It is.")), ["example.com"]),
        ("gone", World(NotFound("object_missing", "It is.")), ["example.com"]),
    ],
)
def test_what_is_not_obeyed_is_set_aside_with_its_reason(
    reason: str, world: World, welcome: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert world.accept(welcome) == []
    assert [vars(each)["reason"] for each in caplog.records] == [reason]


def test_without_an_address_of_its_own_nothing_is_received() -> None:
    assert World(mail()).accept(own="") == []


def test_a_failing_service_brings_the_mail_again() -> None:
    with pytest.raises(Unavailable):
        World(Unavailable("aws_unavailable", "Later.")).accept()
