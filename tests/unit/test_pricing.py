from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import prices as infrastructure
from video_pipeline.errors import Misconfigured
from video_pipeline.model import Expense
from video_pipeline.pricing import BUNDLED, PriceList

PRICES = PriceList.read()


def usd(**taken: object) -> float | None:
    return PRICES.priced(Expense.model_validate(taken)).usd


def test_tokens_cost_what_the_list_says_each_way() -> None:
    taken = {"service": "language", "model": "gpt-4.1-mini", "input_tokens": 1_000_000, "output_tokens": 500_000}
    assert usd(**taken) == pytest.approx(0.40 + 0.80)


@pytest.mark.parametrize("model", ["gpt-4o-mini", "gpt-4o-mini-2024-07-18"])
def test_a_version_at_the_end_of_a_models_name_does_not_matter(model: str) -> None:
    assert usd(service="language", model=model, input_tokens=1_000_000) == pytest.approx(0.15)


@pytest.mark.parametrize("model", ["llama3", "gpt-4o-mini-high", "gpt-4", ""])
def test_a_model_that_is_not_listed_has_no_price_and_is_not_free(model: str) -> None:
    assert usd(service="language", model=model, input_tokens=5) is None


@given(st.floats(0, 50_000))
def test_sound_is_paid_by_the_second_and_for_at_least_fifteen(seconds: float) -> None:
    price = usd(service="transcription", model="amazon-transcribe", seconds=seconds)
    assert price == pytest.approx(max(seconds, 15) / 60 * 0.024)


def test_the_two_price_lists_say_the_same() -> None:
    minute = infrastructure.TRANSCRIBE_MINUTE
    assert minute.in_region("us-east-1") == PRICES.minute_of_sound["amazon-transcribe"]
    for model, token in infrastructure.EMBEDDING_MODELS.items():
        assert token.in_region("us-east-1") * 1_000_000 == pytest.approx(PRICES.million_tokens[model].input)


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[1]", "\x00", BUNDLED.read_text(encoding="utf-8").replace("0.40", "-1")],
    ids=["empty", "nothing", "list", "binary", "negative"],
)
def test_a_list_of_another_form_is_refused_by_its_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "prices.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Misconfigured, match=r"prices\.json can't be read") as refused:
        PriceList.read(path)
    assert refused.value.code == "prices_unreadable"


def test_a_list_that_is_not_there_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        PriceList.read(tmp_path / "none.json")
