"""`question.asked` records of the ingestion stream: each is answered once, and the answer kept for whoever asks for it.

Promise: a question is answered once, however often its record comes; a failing service brings the record again; a
question that can't be asked goes to the dead-letter queue with its reason.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse

from lambdas.batch import consume
from video_pipeline.api.models.queries import QueryResponse
from video_pipeline.errors import NotFound
from video_pipeline.events import Event, QuestionAsked
from video_pipeline.logs import bound, configure
from video_pipeline.model import Question, SearchFilter, identifier
from video_pipeline.settings import QuestionSettings
from video_pipeline.transcripts.model import primary_tag
from video_pipeline.wiring import QuestionHost, open_question


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
        try:
            host().ledger.questions.get(question_id)
        except NotFound:
            question = _question(asked)
            answer = QueryResponse.of(host().answering.ask(question))
            host().ledger.questions.save(question_id, question, answer.model_dump(mode="json"))


def _question(asked: QuestionAsked) -> Question:
    where = SearchFilter(
        video_ids=asked.video_ids,
        speakers=asked.speakers,
        date_from=asked.date_from,
        date_to=asked.date_to,
        language=primary_tag(asked.language),
    )
    return Question(query=asked.query, top_k=asked.top_k, min_score=asked.min_score, filter=where)
