"""How texts are put together for one run of the network, and how long a busy service is waited for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_pipeline.errors import Misconfigured, Unavailable
from video_pipeline.language.minilm import batches
from video_pipeline.language.patience import Patience
from video_pipeline.language.wellformed import well_formed


@given(st.lists(st.integers(2, 256), max_size=200), st.integers(1, 2000))
def test_every_text_is_in_one_batch_and_no_batch_outgrows_the_budget(lengths: list[int], budget: int) -> None:
    made = list(batches(lengths, budget))
    assert sorted(index for batch in made for index in batch) == list(range(len(lengths)))
    for batch in made:
        assert len(batch) == 1 or len(batch) * max(lengths[index] for index in batch) <= budget


@given(st.lists(st.integers(2, 256), min_size=1))
def test_texts_of_like_length_run_together(lengths: list[int]) -> None:
    order = [lengths[index] for batch in batches(lengths, 1024) for index in batch]
    assert order == sorted(lengths, reverse=True)


@given(st.text(st.characters(exclude_categories=())))
def test_what_utf8_can_hold_is_left_alone_and_the_rest_replaced(text: str) -> None:
    clean = well_formed(text)
    assert clean.encode().decode() == clean
    assert clean == "".join("?" if "\ud800" <= letter <= "\udfff" else letter for letter in text)


class Times:
    """A clock that moves when somebody sleeps, and an action that takes a second."""

    def __init__(self, *outcomes: Exception | str) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self.outcomes = list(outcomes)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def act(self) -> str:
        self.now += 1
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def call(self, seconds: float, jitter: Callable[[], float] = lambda: 1.0) -> str:
        return Patience(seconds=seconds, sleep=self.sleep, clock=lambda: self.now, jitter=jitter).call(self.act)


def busy(delay: float | None = None) -> Unavailable:
    return Unavailable("busy", "Not now.", delay=delay)


def test_what_works_at_once_is_not_waited_for() -> None:
    times = Times("done")
    assert times.call(60) == "done"
    assert times.slept == []


def test_pauses_double_up_to_a_cap() -> None:
    times = Times(*[busy()] * 6, "done")
    assert times.call(60) == "done"
    assert times.slept == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]


def test_a_named_delay_is_kept_and_callers_spread_after_it() -> None:
    early, late = Times(busy(10), "done"), Times(busy(10), "done")
    early.call(60, jitter=lambda: 0.0)
    late.call(60, jitter=lambda: 1.0)
    assert (early.slept, late.slept) == ([10.0], [11.0])


@pytest.mark.parametrize(("seconds", "tries"), [(0, 1), (1.4, 1), (1.6, 2), (3.6, 3)])
def test_no_try_begins_after_the_end(seconds: float, tries: int) -> None:
    times = Times(*[busy()] * 9)
    with pytest.raises(Unavailable):
        times.call(seconds)
    assert 9 - len(times.outcomes) == tries


def test_only_unavailable_is_waited_out() -> None:
    times = Times(Misconfigured("broken", "Broken."), "never")
    with pytest.raises(Misconfigured):
        times.call(60)
    assert times.slept == []
