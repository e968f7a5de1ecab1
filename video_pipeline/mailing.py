"""Answers go out by mail: each once, with pictures of the moments that it quotes; what found none goes to a person too.

A mail is claimed in the ledger before it is handed over and settled afterwards; the claim is given once, so that no
redelivery sends it again. What is lost between the two is `doubtful` and told, never repeated (decision 21).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from textwrap import shorten
from typing import Any, Final
from uuid import UUID

from video_pipeline.errors import BadInput, PipelineError, Unavailable
from video_pipeline.mail.addresses import Welcome, checked_address, domain_of
from video_pipeline.mail.composing import Letter, compose
from video_pipeline.mail.threads import conversation_reference
from video_pipeline.mail.wording import Content, Page, Passage, to_asker, to_human
from video_pipeline.model import MailRecord, MailThread, ObjectRef, Video
from video_pipeline.ports import Mailer, Mails, Objects, Videos

logger = logging.getLogger(__name__)
_MOST_PICTURES: Final = 6
_PICTURE_BYTES: Final = 512 * 1024
_MOST_CLOSEST: Final = 3
_SUBJECT: Final = 100


@dataclass(frozen=True)
class Asked:
    """A question that wants its answer by mail."""

    question_id: UUID
    query: str
    email: str
    conversation_id: UUID
    thread: MailThread


class Mailing:
    def __init__(
        self,
        mails: Mails,
        videos: Videos,
        objects: Objects,
        mailer: Mailer,
        *,
        results_bucket: str,
        sender: str,
        human: str,
        welcome: Welcome,
    ) -> None:
        """`human`: who gets what found no answer; empty: nobody. `welcome`: who may get mail, if it names anybody."""
        self._mails = mails
        self._videos = videos
        self._objects = objects
        self._mailer = mailer
        self._bucket = results_bucket
        self._sender = checked_address(sender)
        self._human = checked_address(human) if human else ""
        self._welcome = welcome

    def admitted(self, email: str) -> str:
        """The address, checked. BadInput("email_malformed") or ("email_not_allowed")."""
        address = checked_address(email)
        if self._welcome and not self._welcome.names(address):
            raise BadInput(
                "email_not_allowed",
                "This installation sends no mail to that address.",
                hint="Use an address that MAIL_ALLOWED names, or have it added.",
            )
        return address

    def send(self, asked: Asked, answer: Mapping[str, Any]) -> None:
        """Sends what is still to be sent. `answer` is the document that is kept of the answer."""
        content, pictures = self._content(asked, answer)
        self._once(self._record(asked, "answer", asked.email), self._to_asker(asked, content, pictures))
        if content.passed_on:
            self._once(self._record(asked, "human", self._human), self._to_human(asked, content, pictures))

    # ------------------------------------------------------------------------------------------ once
    def _record(self, asked: Asked, kind: Any, recipient: str) -> MailRecord:
        return MailRecord(
            question_id=asked.question_id, kind=kind, recipient=recipient, conversation_id=asked.conversation_id
        )

    def _once(self, mail: MailRecord, letter: Letter) -> None:
        raw = compose(letter)
        if not self._mails.claim(mail):
            return
        try:
            taken_as = self._mailer.send(raw, sender=letter.sender, recipient=letter.recipient)
        except PipelineError:
            self._mails.release(mail)
            raise
        self._mails.settle(mail, taken_as)
        if taken_as is None:
            logger.error("mail doubtful", extra={"question_id": str(mail.question_id), "kind": mail.kind})
        else:
            logger.info("mail sent", extra={"kind": mail.kind, "mail_id": taken_as, "bytes": len(raw)})

    # --------------------------------------------------------------------------------------- letters
    def _to_asker(self, asked: Asked, content: Content, pictures: Mapping[str, bytes]) -> Letter:
        letter = self._letter(asked, "answer", asked.email, to_asker(content), pictures)
        about = asked.thread.subject
        subject = f"Re: {about}" if about else f"Answer: {shorten(asked.query, _SUBJECT, placeholder=' …')}"
        root = conversation_reference(asked.conversation_id, domain_of(self._sender))
        own = [asked.thread.message_id] if asked.thread.message_id else []
        references = dict.fromkeys([root, *asked.thread.references, *own])
        return replace(letter, subject=subject, references=tuple(references), in_reply_to=own[0] if own else root)

    def _to_human(self, asked: Asked, content: Content, pictures: Mapping[str, bytes]) -> Letter:
        letter = self._letter(asked, "human", self._human, to_human(content, asked.email), pictures)
        subject = f"Unanswered: {shorten(asked.query, _SUBJECT, placeholder=' …')}"
        return replace(letter, subject=subject, reply_to=asked.email)

    def _letter(self, asked: Asked, kind: str, recipient: str, page: Page, pictures: Mapping[str, bytes]) -> Letter:
        return Letter(
            sender=self._sender,
            recipient=recipient,
            subject="",
            page=page,
            date=datetime.now(UTC),
            message_id=f"<{kind}.{asked.question_id.hex}@{domain_of(self._sender)}>",
            pictures=pictures,
        )

    # --------------------------------------------------------------------------------------- content
    def _content(self, asked: Asked, answer: Mapping[str, Any]) -> tuple[Content, Mapping[str, bytes]]:
        text = answer["answer"]
        said = [_cited(each) for each in answer["citations"]]
        if text is None:
            said = [_found(each) for each in answer["results"][:_MOST_CLOSEST]]
        pictures: dict[str, bytes] = {}
        passages = tuple(self._pictured(asked, said, pictures))
        passed_on = text is None and bool(self._human)
        content = Content(
            question=asked.query,
            answer=text,
            passages=passages,
            passed_on=passed_on,
            unsaid=answer.get("unsaid"),
            understood=answer.get("understood"),
        )
        return content, pictures

    def _pictured(
        self, asked: Asked, said: Sequence[tuple[UUID, Passage]], pictures: dict[str, bytes]
    ) -> Iterator[Passage]:
        """Each with the still of its moment, if there is one; fills `pictures`."""
        videos = self._videos.by_ids({video_id for video_id, _ in said})
        for number, (video_id, passage) in enumerate(said, start=1):
            if video_id not in videos:
                # Its erasure forgets the answer too, which is then made again without it.
                raise Unavailable("video_being_erased", "A video that the answer quotes is being erased.")
            name = f"still-{number}.{asked.question_id.hex}@{domain_of(self._sender)}"
            picture = self._still(videos[video_id], passage.start) if number <= _MOST_PICTURES else None
            if picture is not None:
                pictures[name] = picture
            yield replace(passage, picture=name if picture is not None else None)

    def _still(self, video: Video, at: float) -> bytes | None:
        """The last one before the moment, else the poster. A mail without a picture is better than none."""
        before = [still.key for still in video.thumbnails if still.at <= at]
        key = before[-1] if before else video.poster
        if key is None:
            return None
        try:
            return self._objects.read(ObjectRef(bucket=self._bucket, key=key), limit=_PICTURE_BYTES)
        except BadInput as error:
            logger.warning("mail without a picture", extra={"reason": error.code, "key": key})
            return None


def _cited(citation: Mapping[str, Any]) -> tuple[UUID, Passage]:
    passage = Passage(
        title=citation["title"],
        start=citation["start"],
        text=citation["quote"],
        link=citation["link"],
        speaker=citation.get("speaker") or "",
        number=citation["number"],
        low=citation["quality"] == "low",
    )
    return UUID(str(citation["video_id"])), passage


def _found(result: Mapping[str, Any]) -> tuple[UUID, Passage]:
    passage = Passage(
        title=result["video"]["title"],
        start=result["start"],
        text=result["chunk"]["text"],
        link=result["link"],
        speaker=", ".join(result["speakers"]),
        low=result["chunk"]["quality"] == "low",
    )
    return UUID(str(result["video"]["id"])), passage
