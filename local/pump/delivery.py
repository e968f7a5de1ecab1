"""How a batch from one shard is brought to its function: retried, split, given up, but never lost and never reordered.

The rules are Lambda's. A failed batch is split in two if the mapping says so, which costs no retry; otherwise it is
retried after a growing pause until its retries are used up, then what it was goes to the failure destination and the
shard goes on. A partial answer settles everything before the first failed record. Records that have become too old go
to the destination without another try.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol

from local.pump.answers import Answer, NotInvoked, failures
from local.pump.mapping import UNLIMITED, Mapping

log = logging.getLogger(__name__)
Condition = Literal["RetryAttemptsExhausted", "RecordAgeExceeded"]
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
UNREACHABLE_PAUSE: Final = 2.0


@dataclass(frozen=True)
class StreamRecord:
    """A record of a shard; `arrived` in seconds since 1970."""

    sequence: str
    partition_key: str
    data: bytes
    arrived: float


@dataclass(frozen=True)
class Batch:
    """Records that are invoked together, and how often they have failed so far."""

    records: tuple[StreamRecord, ...]
    attempts: int = 0
    answer: Answer | None = None


class Outside(Protocol):
    """What a delivery does to the world. `pause` and `discard` raise when the pump stops; nothing is settled then."""

    def invoke(self, records: Sequence[StreamRecord]) -> Answer:
        """Raises `NotInvoked` if the function can't be reached."""
        ...

    def settle(self, last: StreamRecord) -> None:
        """Everything up to here is dealt with, and stays so."""
        ...

    def discard(self, batch: Batch, condition: Condition) -> None:
        """Returns once the failure destination has taken the batch's description."""
        ...

    def pause(self, seconds: float) -> None: ...


class Delivery:
    """`since`: before this moment records did not age, for nobody was there to take them."""

    def __init__(
        self, mapping: Mapping, outside: Outside, *, since: float = 0.0, now: Callable[[], float] = time.time
    ) -> None:
        self._mapping = mapping
        self._outside = outside
        self._since = since
        self._now = now

    def deliver(self, records: Sequence[StreamRecord]) -> None:
        """Returns when every record has been processed or is described at the failure destination."""
        waiting = [Batch(tuple(records))]
        while waiting:
            batch = self._without_aged(waiting.pop())
            if batch.records:
                waiting.extend(reversed(self._attempt(batch)))

    def _attempt(self, batch: Batch) -> list[Batch]:
        """Tries once; what is left to try, in order."""
        if batch.attempts:
            self._outside.pause(pause_before(batch.attempts))
        try:
            answer = self._outside.invoke(batch.records)
        except NotInvoked as refusal:
            log.warning("can't invoke %s: %s", self._mapping.function, refusal)
            self._outside.pause(UNREACHABLE_PAUSE)
            return [batch]
        done = self._done(batch, answer)
        if done:
            self._outside.settle(batch.records[done - 1])
        rest = batch.records[done:]
        if not rest:
            return []
        left = replace(batch, records=rest, answer=answer)
        return self._after_progress(left) if done else self._after_failure(left)

    def _done(self, batch: Batch, answer: Answer) -> int:
        """How many records from the start are settled."""
        if not self._mapping.reports_failures:
            return 0 if answer.error is not None else len(batch.records)
        sequences = [record.sequence for record in batch.records]
        failed = failures(answer, sequences)
        if failed is None:
            return 0
        return next((index for index, sequence in enumerate(sequences) if sequence in failed), len(sequences))

    def _after_progress(self, batch: Batch) -> list[Batch]:
        """The rest begins anew. Where batches are split, this was the split."""
        anew = replace(batch, attempts=0)
        return [anew] if self._mapping.bisect_on_error else self._after_failure(anew)

    def _after_failure(self, batch: Batch) -> list[Batch]:
        if self._mapping.bisect_on_error and len(batch.records) > 1:
            middle = (len(batch.records) + 1) // 2
            first, second = batch.records[:middle], batch.records[middle:]
            return [replace(batch, records=first), replace(batch, records=second)]
        if self._mapping.max_retries == UNLIMITED or batch.attempts < self._mapping.max_retries:
            return [replace(batch, attempts=batch.attempts + 1)]
        self._give_up(replace(batch, attempts=batch.attempts + 1), "RetryAttemptsExhausted")
        return []

    def _without_aged(self, batch: Batch) -> Batch:
        if self._mapping.max_record_age == UNLIMITED:
            return batch
        oldest = self._now() - self._mapping.max_record_age
        fresh = [index for index, each in enumerate(batch.records) if max(each.arrived, self._since) >= oldest]
        first = fresh[0] if fresh else len(batch.records)
        if first:
            self._give_up(replace(batch, records=batch.records[:first]), "RecordAgeExceeded")
        return replace(batch, records=batch.records[first:])

    def _give_up(self, batch: Batch, condition: Condition) -> None:
        facts = {"function": self._mapping.function, "records": len(batch.records), "condition": condition}
        log.error("records given up: they are described in the dead-letter queue", extra=facts)
        self._outside.discard(batch, condition)
        self._outside.settle(batch.records[-1])


def pause_before(attempt: int) -> float:
    """Seconds before retry number `attempt` (from 1)."""
    return float(min(FIRST_PAUSE * 2 ** min(attempt - 1, 16), LONGEST_PAUSE))
