"""What an invocation gave, and how much of a batch it says is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Answer:
    """`error` is Lambda's error object (`errorType`, `errorMessage`, …) when the function failed."""

    payload: Any = None
    error: dict[str, Any] | None = None


class NotInvoked(Exception):
    """The function could not be invoked at all: tried again without counting as an attempt."""


class Invoker(Protocol):
    """Where functions run: in processes beside the pump, or in Lambda. Any thread may invoke."""

    def invoke(self, name: str, event: object) -> Answer:
        """Raises `NotInvoked`."""
        ...

    def drain(self, seconds: float) -> bool:
        """Waits until nothing that was invoked is unanswered, at most so long; whether that was reached."""
        ...

    def close(self) -> None: ...


def failures(answer: Answer, identifiers: Sequence[str]) -> set[str] | None:
    """The identifiers that a partial answer reports; empty when all went well; None when the whole batch failed.

    As Lambda judges: an empty answer is success; a reported item without a usable identifier fails the batch.
    """
    if answer.error is not None:
        return None
    if not answer.payload:
        return set()
    if not isinstance(answer.payload, dict):
        return None
    reported = answer.payload.get("batchItemFailures") or []
    if not isinstance(reported, list) or not all(isinstance(item, dict) for item in reported):
        return None
    failed = [item.get("itemIdentifier") for item in reported]
    return set(failed) if all(identifier in identifiers for identifier in failed) else None
