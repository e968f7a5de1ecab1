"""Mails that people send become questions: who wrote is checked, what they typed is asked, machines are not answered.

A mail that is not obeyed is set aside with a line in the log that says why; nobody gets a mail about it, since who
wrote it is not known. The object stays until it expires.
"""

from __future__ import annotations

import hashlib
import logging
from typing import Final
from uuid import UUID

from video_pipeline.errors import BadInput, NotFound
from video_pipeline.events import QuestionAsked, submit
from video_pipeline.mail.addresses import Welcome, checked_address
from video_pipeline.mail.reading import Incoming, read_mail
from video_pipeline.mail.verdicts import objection
from video_pipeline.model import ObjectRef
from video_pipeline.ports import Mails, Objects, Publisher
from video_pipeline.topology import LIMITS

logger = logging.getLogger(__name__)
_HOUR: Final = 3600.0


class Receiving:
    def __init__(
        self, mails: Mails, objects: Objects, publisher: Publisher, *, own_address: str, welcome: Welcome
    ) -> None:
        """`own_address`: whom people write to. `welcome`: who may ask by mail; nobody if it names nobody."""
        self._mails = mails
        self._objects = objects
        self._publisher = publisher
        self._own_address = checked_address(own_address) if own_address else ""
        self._welcome = welcome

    def accept(self, ref: ObjectRef) -> None:
        """Asks what the mail at `ref` asks, as `question.asked`; the same mail twice is the same question."""
        try:
            raw = self._objects.read(ref, limit=LIMITS.mail_bytes)
            incoming = read_mail(raw, own_address=self._own_address)
            reason = self._objection(incoming)
        except NotFound:
            reason = "gone"
        except BadInput as error:
            reason = error.code
        if reason:
            logger.warning("mail set aside", extra={"reason": reason, "object": ref.uri})
            return
        self._ask(incoming, raw)

    def _objection(self, incoming: Incoming) -> str | None:
        if not self._own_address:
            return "mail_not_configured"
        if reason := objection(incoming.headers, incoming.author) or incoming.automatic:
            return reason
        if not self._welcome.names(incoming.author):
            return "sender_not_allowed"
        if not any(character.isalnum() for character in incoming.question):
            return "nothing_asked"
        # Whatever two machines may find to say to each other, it comes to an end here.
        if self._mails.recent(incoming.author, seconds=_HOUR) >= LIMITS.mails_an_hour:
            return "too_many_mails"
        return None

    def _ask(self, incoming: Incoming, raw: bytes) -> None:
        asked = QuestionAsked(
            query=incoming.question,
            email=incoming.author,
            conversation_id=self._conversation(incoming),
            thread=incoming.thread,
        )
        unique = incoming.thread.message_id or hashlib.sha256(raw).hexdigest()
        self._publisher.publish([submit(asked, subject=f"mail:{incoming.author}", unique=unique)])
        logger.info("mail became a question", extra={"follow_up": asked.conversation_id is not None})

    def _conversation(self, incoming: Incoming) -> UUID | None:
        """The one that a mail to this very author belongs to: nobody joins the conversation of another."""
        return self._mails.conversation(incoming.author, ids=incoming.conversations, provider_ids=incoming.named)
