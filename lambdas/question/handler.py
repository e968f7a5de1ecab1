"""`question.asked` records of the ingestion stream: each is answered once, the answer kept, and mailed if it is wanted.

Promise: a question is answered once and mailed once, however often its record comes; a failing service brings the
record again; a question that can't be asked goes to the dead-letter queue with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final
from uuid import UUID

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse

from lambdas.batch import consume
from video_pipeline.api.models.queries import QueryResponse
from video_pipeline.errors import Misconfigured, NotFound
from video_pipeline.events import Event, QuestionAsked
from video_pipeline.logs import bound, configure
from video_pipeline.mailing import Asked, Mailing
from video_pipeline.model import MailThread, Question, SearchFilter, identifier
from video_pipeline.settings import QuestionSettings
from video_pipeline.transcripts.model import primary_tag
from video_pipeline.wiring import QuestionHost, open_question

# Whose conversations those of records are: whoever may write to the stream takes part in them.
_RECORDS: Final = "records"


@cache
def host() -> QuestionHost:
    settings = QuestionSettings()
    configure("question", settings.log_level)
    return open_question(settings)


def handler(event: dict[str, Any], _context: object) -> PartialItemFailureResponse:
    """Answers `batchItemFailures`."""
    return consume(event, host(), unit="question", kind=QuestionAsked, do=_answer)


def _answer(event: Event, asked: QuestionAsked) -> None:
    question_id = identifier("question", event.envelope.id)
    with bound(question_id=question_id):
        letter = _letter(question_id, asked)
        answer = _answered(question_id, asked)
        if letter is not None:
            _mailing().send(letter, answer)


def _answered(question_id: UUID, asked: QuestionAsked) -> Mapping[str, Any]:
    """The document that is kept of the answer, which is made once."""
    questions = host().ledger.questions
    try:
        kept = questions.get(question_id)
    except NotFound:
        question = _question(question_id, asked)
        answer = host().answering.ask(question, owner=_owner(asked), question_id=question_id)
        questions.save(question_id, question, QueryResponse.of(answer).model_dump(mode="json"))
        kept = questions.get(question_id)
    document: Mapping[str, Any] = kept["answer"]
    return document


def _owner(asked: QuestionAsked) -> str:
    """Whose conversation it is: that of who gets the mail, or of who asked."""
    return f"mail:{asked.email.lower()}" if asked.email else asked.asked_by or _RECORDS


def _letter(question_id: UUID, asked: QuestionAsked) -> Asked | None:
    """Refused before anything is spent on an answer that nobody would get."""
    if asked.email is None:
        return None
    return Asked(
        question_id=question_id,
        query=asked.query,
        email=_mailing().admitted(asked.email),
        conversation_id=asked.conversation_id or question_id,
        thread=asked.thread or MailThread(),
    )


def _mailing() -> Mailing:
    mailing = host().mailing
    if mailing is None:
        raise Misconfigured("mail_not_configured", "This installation sends no mail.", hint="Set MAIL_FROM.")
    return mailing


def _question(question_id: UUID, asked: QuestionAsked) -> Question:
    """By mail, the first question begins a conversation that replies go on with."""
    where = SearchFilter(
        video_ids=asked.video_ids,
        speakers=asked.speakers,
        date_from=asked.date_from,
        date_to=asked.date_to,
        language=primary_tag(asked.language),
    )
    return Question(
        query=asked.query,
        top_k=asked.top_k,
        min_score=asked.min_score,
        filter=where,
        conversation_id=asked.conversation_id or (question_id if asked.email else None),
    )
