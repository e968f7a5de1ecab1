"""What paid services ask, from one data file: prices.json, or one like it that the settings name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from video_pipeline.errors import Misconfigured
from video_pipeline.model import Expense

BUNDLED: Final = Path(__file__).with_name("prices.json")
_MILLION: Final = 1_000_000
_GIGABYTE: Final = 1_000_000_000
Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tokens(_Part):
    """US dollars for a million tokens that a model is given, and that it writes."""

    input: Price
    output: Price = 0


class PriceList(_Part):
    """By model's name; a version at its end (`gpt-4.1-mini-2025-04-14`) is not looked at."""

    as_of: str
    currency: str
    million_tokens: dict[str, Tokens]
    minute_of_sound: dict[str, Price]
    least_seconds_of_sound: Price
    gigabyte_month: Price

    @classmethod
    def read(cls, path: Path | None = None) -> Self:
        """`Misconfigured` when there is no such file, or it has another form."""
        path = path or BUNDLED
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise Misconfigured(
                "prices_unreadable",
                f"The price list {path} can't be read.",
                hint="It has the form of video_pipeline/prices.json; PRICES_FILE names it.",
            ) from error

    def priced(self, expense: Expense) -> Expense:
        """With its price, if the list knows one."""
        return expense.model_copy(update={"usd": self._usd(expense)})

    def storage(self, size: int) -> float:
        """US dollars a month for so many bytes."""
        return size / _GIGABYTE * self.gigabyte_month

    def _usd(self, expense: Expense) -> float | None:
        if expense.service == "transcription":
            minute = self.minute_of_sound.get(expense.model)
            return None if minute is None else max(expense.seconds, self.least_seconds_of_sound) / 60 * minute
        tokens = self._tokens(expense.model)
        if tokens is None:
            return None
        return (expense.input_tokens * tokens.input + expense.output_tokens * tokens.output) / _MILLION

    def _tokens(self, model: str) -> Tokens | None:
        """The longest name that it begins with, followed by a version or nothing."""
        fitting = [name for name in self.million_tokens if model == name or model.startswith(f"{name}-20")]
        return self.million_tokens[max(fitting, key=len)] if fitting else None
