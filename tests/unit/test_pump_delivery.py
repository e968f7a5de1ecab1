"""Retrying, splitting and giving up: nothing is lost, nothing overtakes, a bad record does not block its shard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.pump.answers import Answer, NotInvoked
from local.pump.delivery import LONGEST_PAUSE, Batch, Condition, Delivery, StreamRecord, pause_before
from local.pump.mapping import Mapping

ERROR = Answer(error={"errorType": "RuntimeError", "errorMessage": "no"})
GOOD = Answer(payload={"batchItemFailures": []})
Function = Callable[[Sequence[str]], Answer]


def mapping(**changes: object) -> Mapping:
    base = {"max_retries": 2, "bisect_on_error": True, "reports_failures": True} | changes
    return Mapping("arn:aws:kinesis:us-east-1:1:stream/s", "function", batch_size=10, **base)


def records(count: int, arrived: float = 0.0) -> list[StreamRecord]:
    return [StreamRecord(str(number), "key", b"{}", arrived) for number in range(1, count + 1)]


def report(*sequences: str) -> Answer:
    return Answer(payload={"batchItemFailures": [{"itemIdentifier": each} for each in sequences]})


@dataclass
class Recorder:
    """The world as a delivery sees it."""

    function: Function
    invoked: list[list[str]] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    discarded: list[tuple[list[str], Condition, int]] = field(default_factory=list)
    paused: list[float] = field(default_factory=list)

    def invoke(self, records: Sequence[StreamRecord]) -> Answer:
        sequences = [record.sequence for record in records]
        self.invoked.append(sequences)
        return self.function(sequences)

    def settle(self, last: StreamRecord) -> None:
        self.settled.append(last.sequence)

    def discard(self, batch: Batch, condition: Condition) -> None:
        self.discarded.append(([record.sequence for record in batch.records], condition, batch.attempts))

    def pause(self, seconds: float) -> None:
        self.paused.append(seconds)


def deliver(function: Function, count: int, **changes: object) -> Recorder:
    world = Recorder(function)
    Delivery(mapping(**changes), world).deliver(records(count))
    return world


def failing_with(*poison: str) -> Function:
    return lambda sequences: ERROR if set(poison) & set(sequences) else GOOD


def reporting(*poison: str) -> Function:
    return lambda sequences: report(*(each for each in sequences if each in poison))


def test_a_good_batch_is_settled_at_its_end() -> None:
    world = deliver(failing_with(), 3)
    assert (world.invoked, world.settled, world.discarded) == ([["1", "2", "3"]], ["3"], [])


def test_a_failed_batch_is_split_until_the_bad_record_stands_alone() -> None:
    world = deliver(failing_with("3"), 4, max_retries=1)
    assert world.invoked == [["1", "2", "3", "4"], ["1", "2"], ["3", "4"], ["3"], ["3"], ["4"]]
    assert world.discarded == [(["3"], "RetryAttemptsExhausted", 2)]
    assert world.settled == ["2", "3", "4"]


def test_splitting_uses_up_no_retry() -> None:
    world = deliver(failing_with("1"), 8, max_retries=3)
    assert world.invoked.count(["1"]) == 4


def test_without_splitting_the_whole_batch_is_retried_and_given_up() -> None:
    world = deliver(failing_with("2"), 3, bisect_on_error=False, reports_failures=False)
    assert world.invoked == [["1", "2", "3"]] * 3
    assert world.discarded == [(["1", "2", "3"], "RetryAttemptsExhausted", 3)]


def test_everything_before_the_first_reported_failure_is_settled() -> None:
    world = deliver(reporting("3", "4"), 5, bisect_on_error=False, max_retries=1)
    assert world.invoked == [["1", "2", "3", "4", "5"], ["3", "4", "5"]]
    assert world.settled[0] == "2"
    assert world.discarded == [(["3", "4", "5"], "RetryAttemptsExhausted", 2)]


def test_a_reported_failure_splits_the_batch_where_it_is() -> None:
    world = deliver(reporting("3"), 5, max_retries=0)
    assert world.invoked == [["1", "2", "3", "4", "5"], ["3", "4", "5"], ["3", "4"], ["3"], ["4"], ["5"]]
    assert world.discarded == [(["3"], "RetryAttemptsExhausted", 1)]


def test_reports_count_for_nothing_unless_the_mapping_asks_for_them() -> None:
    world = deliver(reporting("2"), 3, reports_failures=False)
    assert (world.settled, world.discarded) == (["3"], [])


def test_pauses_before_retries_grow_and_splits_do_not_wait() -> None:
    world = deliver(failing_with("1"), 2, max_retries=3)
    assert world.paused == [pause_before(1), pause_before(2), pause_before(3)]
    assert world.paused == sorted(world.paused)
    assert pause_before(1_000) == LONGEST_PAUSE


def test_without_a_limit_it_is_retried_until_it_works() -> None:
    left = iter([ERROR] * 20)
    world = deliver(lambda _: next(left, GOOD), 1, max_retries=-1)
    assert (len(world.invoked), world.discarded, world.settled) == (21, [], ["1"])


def test_a_function_that_can_not_be_reached_costs_no_retry() -> None:
    left = iter(range(9))

    def function(_: Sequence[str]) -> Answer:
        if next(left, None) is not None:
            raise NotInvoked("no process")
        return GOOD

    world = deliver(function, 2, max_retries=0)
    assert (world.settled, world.discarded) == (["2"], [])


def test_records_that_are_too_old_are_not_tried() -> None:
    world = Recorder(failing_with())
    old, young = records(4)[:2], [StreamRecord(str(n), "key", b"", 95.0) for n in (3, 4)]
    Delivery(mapping(max_record_age=10), world, now=lambda: 100.0).deliver([*old, *young])
    assert world.discarded == [(["1", "2"], "RecordAgeExceeded", 0)]
    assert world.invoked == [["3", "4"]]
    assert world.settled == ["2", "4"]


def test_a_record_that_grows_too_old_between_retries_is_given_up() -> None:
    clock = iter(range(0, 1_000, 4))
    world = Recorder(failing_with("1"))
    Delivery(mapping(max_record_age=10, max_retries=-1), world, now=lambda: float(next(clock))).deliver(records(1))
    assert [condition for _, condition, _ in world.discarded] == ["RecordAgeExceeded"]
    assert world.invoked == [["1"]] * 3


def test_records_do_not_age_while_nobody_is_there_to_take_them() -> None:
    world = Recorder(failing_with())
    Delivery(mapping(max_record_age=10), world, since=95.0, now=lambda: 100.0).deliver(records(2, arrived=0.0))
    assert (world.discarded, world.settled) == ([], ["2"])


# ------------------------------------------------------------------------------- whatever may go wrong
class Stopped(Exception):
    """The power goes off."""


@dataclass
class Chaos:
    """A world that fails as told, and holds the delivery to its promise at every settling."""

    flaws: dict[str, int]  # how often each record fails before it works
    interruptions: list[int]  # after how many actions the pump ends, each time it runs
    reports: bool
    acts: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    fates: dict[str, str] = field(default_factory=dict)
    position: int = 0

    def _act(self) -> None:
        self.acts += 1
        if self.interruptions and self.acts >= self.interruptions[0]:
            self.interruptions.pop(0)
            self.acts = 0
            raise Stopped

    def invoke(self, records: Sequence[StreamRecord]) -> Answer:
        self._act()
        sequences = [record.sequence for record in records]
        assert sequences == [str(self.position + offset + 1) for offset in range(len(sequences))], "out of order"
        broken = [each for each in sequences if self.failed[each] < self.flaws.get(each, 0)]
        self.failed.update(broken)
        if broken and not self.reports:
            return ERROR
        for each in sequences:
            if each not in broken:
                self.fates.setdefault(each, "processed")
        return report(*broken)

    def settle(self, last: StreamRecord) -> None:
        for number in range(self.position + 1, int(last.sequence) + 1):
            assert str(number) in self.fates, f"{number} was settled but neither processed nor given up"
        assert int(last.sequence) > self.position
        self.position = int(last.sequence)

    def discard(self, batch: Batch, condition: Condition) -> None:
        self._act()
        for record in batch.records:
            self.fates.setdefault(record.sequence, condition)

    def pause(self, _: float) -> None:
        self._act()


@settings(max_examples=300)
@given(
    count=st.integers(1, 24),
    flaws=st.dictionaries(st.integers(1, 24).map(str), st.integers(1, 9), max_size=8),
    interruptions=st.lists(st.integers(1, 12), max_size=6),
    bisect=st.booleans(),
    reports=st.booleans(),
    retries=st.integers(0, 4),
)
def test_every_record_is_processed_or_given_up_in_order_whatever_happens(
    count: int, flaws: dict[str, int], interruptions: list[int], bisect: bool, reports: bool, retries: int
) -> None:
    world = Chaos(flaws, interruptions, reports)
    rules = mapping(bisect_on_error=bisect, reports_failures=reports, max_retries=retries)
    while world.position < count:
        try:
            Delivery(rules, world).deliver(records(count)[world.position :])
        except Stopped:
            continue
    assert set(world.fates) == {str(number) for number in range(1, count + 1)}


@settings(max_examples=100)
@given(count=st.integers(1, 32), poison=st.sets(st.integers(1, 32), max_size=5), reports=st.booleans())
def test_where_batches_are_split_only_the_bad_records_are_given_up(count: int, poison: set[int], reports: bool) -> None:
    bad = {str(number) for number in poison if number <= count}
    world = deliver(reporting(*bad) if reports else failing_with(*bad), count, reports_failures=reports)
    assert {each for sequences, _, _ in world.discarded for each in sequences} == bad


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_the_second_half_waits_for_the_first(count: int) -> None:
    world = deliver(failing_with("1"), count)
    firsts = [sequences[0] for sequences in world.invoked]
    assert firsts == sorted(firsts, key=int)
