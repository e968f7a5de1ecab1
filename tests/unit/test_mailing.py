"""One question, one mail: claims, what a failing service leaves, who is told, who may be written to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from video_pipeline.errors import BadInput, Misconfigured, NotFound, PipelineError, Unavailable
from video_pipeline.mail.addresses import Welcome
from video_pipeline.mailing import Asked, Mailing
from video_pipeline.model import MailRecord, MailThread, ObjectRef, Thumbnail, Video

VIDEO = Video(
    id=uuid4(),
    sha256="0" * 64,
    title="All hands",
    filename="a.mp4",
    media=ObjectRef(bucket="m", key="a.mp4"),
    job_id=uuid4(),
    poster="poster",
    thumbnails=(Thumbnail(at=0, key="still-0"), Thumbnail(at=30, key="still-30"), Thumbnail(at=60, key="still-60")),
    created_at=datetime.now(UTC),
)
CITATION = {
    "number": 1,
    "video_id": str(VIDEO.id),
    "title": "All hands",
    "chunk_id": str(uuid4()),
    "quote": "It opens in March.",
    "start": 42.5,
    "end": 44.0,
    "speaker": "Ann",
    "quality": "captions",
    "link": "https://videos.example/videos/1?t=42",
}
RESULT = {
    "chunk": {"id": str(uuid4()), "position": 0, "text": "Something else.", "quality": "captions"},
    "score": 0.5,
    "video": {"id": str(VIDEO.id), "title": "All hands"},
    "start": 61.0,
    "end": 70.0,
    "speakers": ["Ann", "Bob"],
    "link": "https://videos.example/videos/1?t=61",
}
ANSWERED: dict[str, Any] = {
    "query": "When?",
    "answer": "“It opens in March.” [1]",
    "citations": [CITATION],
    "results": [],
}
UNANSWERED: dict[str, Any] = {"query": "When?", "answer": None, "citations": [], "results": [RESULT] * 5}


@dataclass
class World:
    """The ledger's part, the videos, the objects and the mail service, all in memory."""

    answers: list[str | PipelineError | None] = field(default_factory=list)
    kept: dict[tuple[UUID, str], MailRecord] = field(default_factory=dict)
    sent: list[EmailMessage] = field(default_factory=list)
    videos: dict[UUID, Video] = field(default_factory=lambda: {VIDEO.id: VIDEO})
    missing: set[str] = field(default_factory=set)

    def claim(self, mail: MailRecord) -> bool:
        fresh = (mail.question_id, mail.kind) not in self.kept
        self.kept.setdefault((mail.question_id, mail.kind), mail)
        return fresh

    def release(self, mail: MailRecord) -> None:
        del self.kept[mail.question_id, mail.kind]

    def settle(self, mail: MailRecord, provider_id: str | None) -> None:
        state = "sent" if provider_id else "doubtful"
        changed = {"state": state, "provider_id": provider_id}
        self.kept[mail.question_id, mail.kind] = mail.model_copy(update=changed)

    def by_ids(self, video_ids: Iterable[UUID]) -> dict[UUID, Video]:
        return {each: self.videos[each] for each in video_ids if each in self.videos}

    def read(self, ref: ObjectRef, *, limit: int) -> bytes:
        if ref.key in self.missing:
            raise NotFound("object_missing", "It is not there.")
        return ref.key.encode()

    def send(self, mail: bytes, *, sender: str, recipient: str) -> str | None:
        answer = self.answers.pop(0) if self.answers else f"ses-{len(self.sent)}"
        if isinstance(answer, PipelineError):
            raise answer
        self.sent.append(message_from_bytes(mail, policy=policy.default))
        return answer

    def mailing(self, human: str = "", welcome: Iterable[str] = ()) -> Mailing:
        own = cast("Any", self)
        return Mailing(
            own,
            own,
            own,
            own,
            results_bucket="results",
            sender="questions@videos.example",
            human=human,
            welcome=Welcome(welcome),
        )

    def states(self) -> list[tuple[str, str]]:
        return [(kind, mail.state) for (_, kind), mail in self.kept.items()]


def asked(**changes: Any) -> Asked:
    given = {"question_id": uuid4(), "query": "When?", "email": "ann@example.com", "conversation_id": uuid4()}
    return Asked(**{**given, "thread": MailThread(), **changes})


def pictures(mail: EmailMessage) -> list[bytes]:
    return [bytes(each.get_content()) for each in mail.walk() if each.get_content_type() == "image/jpeg"]


def test_one_question_is_one_mail_however_often_it_comes() -> None:
    world, question = World(), asked()
    for _ in range(5):
        world.mailing("desk@example.com").send(question, ANSWERED)
    (mail,) = world.sent
    assert (mail["To"], mail["Subject"]) == ("ann@example.com", "Answer: When?")
    assert world.states() == [("answer", "sent")]


def test_a_mail_shows_the_still_before_the_moment() -> None:
    world = World()
    world.mailing().send(asked(), ANSWERED)
    assert pictures(world.sent[0]) == [b"still-30"]


def test_a_mail_without_a_picture_is_better_than_none() -> None:
    world = World(missing={"still-30"})
    world.mailing().send(asked(), ANSWERED)
    assert pictures(world.sent[0]) == []
    world.videos[VIDEO.id] = VIDEO.model_copy(update={"thumbnails": (), "poster": None})
    world.mailing().send(asked(), ANSWERED)
    assert "<img" not in str(world.sent[1])


def test_a_service_that_refuses_for_now_leaves_the_mail_to_be_sent() -> None:
    world, question = World(answers=[Unavailable("aws_unavailable", "Later.")]), asked()
    with pytest.raises(Unavailable):
        world.mailing().send(question, ANSWERED)
    assert world.states() == []
    world.mailing().send(question, ANSWERED)
    assert world.states() == [("answer", "sent")]


def test_a_mail_that_nobody_knows_of_is_never_sent_again() -> None:
    world, question = World(answers=[None]), asked()
    for _ in range(3):
        world.mailing().send(question, ANSWERED)
    assert len(world.sent) == 1
    assert world.states() == [("answer", "doubtful")]


def test_what_found_no_answer_goes_to_a_person_too_whose_reply_reaches_the_asker() -> None:
    world = World()
    world.mailing("desk@example.com").send(asked(), UNANSWERED)
    to_asker, to_human = world.sent
    assert (to_asker["To"], to_human["To"]) == ("ann@example.com", "desk@example.com")
    assert (to_human["Reply-To"], to_human["Subject"]) == ("ann@example.com", "Unanswered: When?")
    assert len(pictures(to_asker)) == 3
    assert world.states() == [("answer", "sent"), ("human", "sent")]


def test_a_mail_says_it_in_the_questions_language_and_what_a_follow_up_was_taken_to_ask() -> None:
    world = World()
    told = {"unsaid": "Das sagen die Videos nicht.", "understood": "Wann öffnet das Studio?"}
    world.mailing().send(asked(query="Und wann?"), UNANSWERED | told)
    body = world.sent[0].get_body(("plain",))
    assert body is not None
    for said in (*told.values(), "You asked: Und wann?"):
        assert said in body.get_content()
    assert "do not say" not in body.get_content()


def test_without_a_person_nobody_else_is_told() -> None:
    world = World()
    world.mailing().send(asked(), UNANSWERED)
    assert [mail["To"] for mail in world.sent] == ["ann@example.com"]
    assert "passed on" not in str(world.sent[0])


def test_the_second_mail_is_made_up_for_alone() -> None:
    world, question = World(answers=["ses-1", Unavailable("aws_unavailable", "Later.")]), asked()
    with pytest.raises(Unavailable):
        world.mailing("desk@example.com").send(question, UNANSWERED)
    world.mailing("desk@example.com").send(question, UNANSWERED)
    assert [mail["To"] for mail in world.sent] == ["ann@example.com", "desk@example.com"]


def test_a_mail_answers_the_mail_that_asked_and_names_its_conversation() -> None:
    world, conversation = World(), uuid4()
    thread = MailThread(message_id="<m2@example.com>", references=("<m1@example.com>",), subject="Lisbon")
    world.mailing().send(asked(thread=thread, conversation_id=conversation), ANSWERED)
    (mail,) = world.sent
    root = f"<c.{conversation.hex}@videos.example>"
    assert str(mail["References"]).split() == [root, "<m1@example.com>", "<m2@example.com>"]
    assert (mail["In-Reply-To"], mail["Subject"]) == ("<m2@example.com>", "Re: Lisbon")


def test_mails_of_one_conversation_stand_together_also_when_no_mail_asked() -> None:
    world, conversation = World(), uuid4()
    for _ in range(2):
        world.mailing().send(asked(conversation_id=conversation), ANSWERED)
    assert {mail["In-Reply-To"] for mail in world.sent} == {f"<c.{conversation.hex}@videos.example>"}
    assert len({mail["Message-ID"] for mail in world.sent}) == 2


def test_nothing_is_shown_of_a_video_that_is_being_erased() -> None:
    world = World(videos={})
    with pytest.raises(Unavailable) as caught:
        world.mailing().send(asked(), ANSWERED)
    assert caught.value.code == "video_being_erased"
    assert (world.sent, world.kept) == ([], {})


def test_only_who_is_welcome_gets_mail_when_a_list_says_who_that_is() -> None:
    assert World().mailing().admitted("eve@elsewhere.example") == "eve@elsewhere.example"
    mailing = World().mailing(welcome=["example.com"])
    assert mailing.admitted("ann@example.com") == "ann@example.com"
    with pytest.raises(BadInput) as caught:
        mailing.admitted("eve@elsewhere.example")
    assert caught.value.code == "email_not_allowed"


def test_a_wrong_setting_is_named_at_the_start() -> None:
    with pytest.raises(BadInput, match="'desk'"):
        World().mailing(human="desk")
    with pytest.raises(Misconfigured, match="MAIL_ALLOWED"):
        World().mailing(welcome=["all of them"])
