"""How an estimate of costs is written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

README: Final = Path(__file__).parent / "README.md"
BEGIN: Final = "<!-- costs: begin -->"
END: Final = "<!-- costs: end -->"
_TOTAL: Final = "together"


def markdown(title: str, columns: Sequence[tuple[str, Mapping[str, float]]], *, digits: int) -> list[str]:
    """Lines of a table: a row for everything that costs something in any column, and their sum."""
    rows = list(dict.fromkeys(what for _, costs in columns for what in costs))
    lines = [_line([title, *(name for name, _ in columns)]), _line(["---", *("---:" for _ in columns)])]
    lines += [_line([what, *(_money(costs.get(what), digits) for _, costs in columns)]) for what in rows]
    totals = (f"**{sum(costs.values()):.2f}**" for _, costs in columns)
    return [*lines, _line([f"**{_TOTAL}**", *totals])]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _money(usd: float | None, digits: int) -> str:
    if usd is None:
        return ""
    smallest = 10**-digits
    return f"{usd:.{digits}f}" if usd >= smallest / 2 else f"< {smallest:.{digits}f}"


def plain(title: str, rows: Sequence[tuple[str, float, str, float]]) -> str:
    """For a terminal: what, how much of which unit, US dollars."""
    lines = [f"{what:40} {quantity:>14,.4g} {unit:24} {usd:>10.4f}" for what, quantity, unit, usd in rows]
    total = sum(usd for *_, usd in rows)
    return "\n".join([title, *lines, f"{_TOTAL:40} {'':>14} {'USD':24} {total:>10.2f}", "", ""])


def replaced(text: str, table: str) -> str:
    """`text` with `table` between its two markers; ValueError when they are not there."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{README.name} lacks {BEGIN} or {END}")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"
