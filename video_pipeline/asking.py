"""Questions that are answered later: accepted here, put on the stream, answered by whoever reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from video_pipeline.errors import Conflict
from video_pipeline.events import QuestionAsked, event_identifier, submit
from video_pipeline.model import identifier
from video_pipeline.ports import Publisher

if TYPE_CHECKING:
    from video_pipeline.mailing import Mailing


class Asking:
    def __init__(self, publisher: Publisher, mailing: Mailing | None) -> None:
        """Without `mailing` no answer can be had by mail."""
        self._publisher = publisher
        self._mailing = mailing

    def ask(self, asked: QuestionAsked, *, unique: str) -> UUID:
        """The question's id, once its record is on the stream. The same `unique` is the same question.

        Conflict("mail_not_configured"), or BadInput for an address that no mail may go to.
        """
        if asked.email is not None:
            asked = asked.model_copy(update={"email": self._admitted(asked.email)})
        subject = f"question:{unique}"
        self._publisher.publish([submit(asked, subject=subject, unique=unique)])
        return identifier("question", event_identifier(asked, subject=subject, unique=unique))

    def _admitted(self, email: str) -> str:
        if self._mailing is None:
            message = "This installation sends no mail."
            raise Conflict("mail_not_configured", message, hint="Leave `email` out, or have MAIL_FROM set.")
        return self._mailing.admitted(email)
