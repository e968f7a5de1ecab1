"""Text for people and JSON for programs. What comes from videos, records and servers can't drive the terminal."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import typer

# Control characters and what reverses the direction of text, but not new lines and tabs.
_UNSAFE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_COLOURS: Final = {
    "present": typer.colors.GREEN,
    "missing": typer.colors.RED,
    "unreachable": typer.colors.RED,
    "no value yet": typer.colors.YELLOW,
    "completed": typer.colors.GREEN,
    "failed": typer.colors.RED,
    "processing": typer.colors.YELLOW,
    "running": typer.colors.YELLOW,
}


def clean(text: object) -> str:
    return _UNSAFE.sub("\ufffd", str(text))


def line(text: object) -> str:
    """`text` without any break."""
    return " ".join(clean(text).split())


def say(text: str = "") -> None:
    """To standard output. `text` is clean already."""
    typer.echo(text)


def note(text: str) -> None:
    """To standard error, so that standard output holds results only."""
    typer.echo(text, err=True)


def complain(message: str) -> None:
    note(f"video-pipeline: {line(message)}")


def say_json(value: Any) -> None:
    # On a terminal, control characters of strangers must not reach it raw.
    typer.echo(json.dumps(value, indent=2, ensure_ascii=sys.stdout.isatty(), default=str))


def coloured(word: str) -> str:
    """A status in its colour, where colours are wanted."""
    colour = _COLOURS.get(word)
    return typer.style(word, fg=colour) if colour and colours() else word


def colours() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def say_table(head: Sequence[str], rows: Iterable[Sequence[object]], *, status: int | None = None) -> None:
    """Columns as wide as they need to be, so that ids can be copied and lines be searched; `status` gets its colour."""
    cells = [[line(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    say(_aligned(head, widths))
    for row in cells:
        shown = _aligned(row, widths)
        say(shown if status is None else shown.replace(row[status], coloured(row[status]), 1))


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def clock(seconds: float) -> str:
    """hh:mm:ss, cut to the second."""
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def moment(text: object) -> str:
    """An ISO time in UTC, to the second; empty for none."""
    if not text:
        return ""
    read = text if isinstance(text, datetime) else datetime.fromisoformat(str(text))
    return read.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def megabytes(size: float) -> str:
    return f"{size / 1e6:,.1f} MB"
