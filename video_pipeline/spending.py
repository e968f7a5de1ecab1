"""What paid services take is noted for the job or question that it was for, and stops when the day's budget is spent.

Days are those of UTC. Calls under way when the budget ends are paid all the same: a day may cost somewhat more.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from video_pipeline.errors import PipelineError, Resting
from video_pipeline.model import Expense, Usage
from video_pipeline.ports import (
    Completion,
    Embedder,
    LanguageModel,
    Pending,
    Progress,
    Prompt,
    Recogniser,
    SpeechRequest,
    Spending,
)
from video_pipeline.pricing import PriceList
from video_pipeline.transcripts.model import Transcript

logger = logging.getLogger(__name__)


@dataclass
class Account:
    """For whom is paid, and how many US dollars that were so far."""

    job_id: UUID | None = None
    question_id: UUID | None = None
    usd: float = 0.0


_account: ContextVar[Account | None] = ContextVar("account", default=None)


@contextmanager
def spent_for(*, job_id: UUID | None = None, question_id: UUID | None = None) -> Iterator[Account]:
    """What is paid inside, in this thread, is for that job or question."""
    with charged(Account(job_id, question_id)) as account:
        yield account


@contextmanager
def charged(account: Account) -> Iterator[Account]:
    """What is paid inside, in this thread, is put to that account."""
    token = _account.set(account)
    try:
        yield account
    finally:
        _account.reset(token)


class State(NamedTuple):
    """In US dollars; `resumes_at` when today's budget is spent."""

    usd_a_day: float | None
    spent_today: float
    resumes_at: datetime | None


class Purse:
    """`budget`: US dollars a day, or None for no limit."""

    def __init__(
        self,
        spending: Spending,
        prices: PriceList,
        budget: float | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._spending = spending
        self.prices = prices
        self._budget = budget
        self._clock = clock

    def allow(self) -> None:
        """Raises `Resting("budget_spent")`, with the time until the next day, when nothing more may be paid today."""
        if self._budget is None:
            return
        state = self.state()
        if state.resumes_at is None:
            return
        raise Resting(
            "budget_spent",
            f"The budget of {self._budget:.2f} US dollars a day is spent.",
            hint="It goes on tomorrow (UTC), or with a higher DAILY_BUDGET_USD.",
            delay=(state.resumes_at - self._clock()).total_seconds() + 1,
            spent=state.spent_today,
        )

    def state(self) -> State:
        """How today stands."""
        now = self._clock().astimezone(UTC)
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        spent = self._spending.since(today)
        over = self._budget is not None and spent >= self._budget
        return State(self._budget, round(spent, 6), today + timedelta(days=1) if over else None)

    def pay(self, expense: Expense) -> None:
        """Notes it. A ledger that does not answer must not lose what was paid for: it is logged then."""
        priced = self.prices.priced(expense)
        account = _account.get() or Account()
        account.usd += priced.usd or 0.0
        try:
            self._spending.add(priced, job_id=account.job_id, question_id=account.question_id)
        except PipelineError:
            logger.exception("expense not noted", extra={"expense": priced.model_dump(exclude_none=True)})

    def embedded(self, usage: Usage) -> None:
        """What an embedder reports."""
        self.pay(_tokens("embedding", usage))


class PaidEmbedder:
    """An `Embedder` that pays, and that has to ask first. Questions are embedded in any case: each costs next to
    nothing, and without it no video could be asked about."""

    def __init__(self, inner: Embedder, purse: Purse) -> None:
        self._inner = inner
        self._purse = purse

    @property
    def model(self) -> str:
        return self._inner.model

    @property
    def dimensions(self) -> int:
        return self._inner.dimensions

    def embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        account = _account.get()
        if account is None or account.question_id is None:
            self._purse.allow()
        return self._inner.embed(texts)


class PaidModel:
    """A `LanguageModel` that pays."""

    def __init__(self, inner: LanguageModel, purse: Purse) -> None:
        self._inner = inner
        self._purse = purse

    @property
    def name(self) -> str:
        return self._inner.name

    def complete(self, prompt: Prompt, *, seconds: float, hear: Callable[[str], None] | None = None) -> Completion:
        self._purse.allow()
        completion = self._inner.complete(prompt, seconds=seconds, hear=hear)
        self._purse.pay(_tokens("language", completion.usage))
        return completion


class PaidRecogniser:
    """A `Recogniser` that hands sound to a service and pays for each job there once."""

    def __init__(self, inner: Recogniser, purse: Purse, *, model: str) -> None:
        self._inner = inner
        self._purse = purse
        self._model = model

    @property
    def name(self) -> str:
        return self._inner.name

    def transcribe(self, request: SpeechRequest, *, progress: Progress | None = None) -> Transcript | Pending:
        self._purse.allow()
        heard = self._inner.transcribe(request, progress=progress)
        if isinstance(heard, Pending):
            sound = Expense(service="transcription", model=self._model, seconds=request.duration, reference=heard.token)
            self._purse.pay(sound)
        return heard


def _tokens(service: str, usage: Usage) -> Expense:
    return Expense.model_validate(
        {
            "service": service,
            "model": usage.model,
            "calls": usage.calls,
            "input_tokens": usage.prompt_tokens,
            "output_tokens": usage.completion_tokens,
        }
    )
