"""`video-pipeline costs`: what paid services took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from video_pipeline.cli.console import clean, moment, say, say_json, say_table
from video_pipeline.cli.system import system_of


def costs(
    context: typer.Context,
    job_id: Annotated[str | None, typer.Argument(metavar="ID", help="Of this job alone.")] = None,
    since: Annotated[str | None, typer.Option("--from", metavar="DAY", help="The first day; 30 days back.")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="DAY", help="The last day; today.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Show what paid services took, by day and model, and what is kept.

    Days are those of UTC; prices are those of the price list.
    """
    from video_pipeline.cli.api import api_of

    with api_of(system_of(context)) as api:
        if job_id:
            from urllib.parse import quote

            found: Any = api.get(f"jobs/{quote(job_id, safe='')}/costs")
        else:
            found = api.get("costs", date_from=since, date_to=until)
    if as_json:
        say_json(found)
    elif job_id:
        _say_job(found)
    else:
        _say_days(found)


def _say_job(found: Mapping[str, Any]) -> None:
    _say_lines([("", each) for each in found["lines"]])
    kept = f"{_size(found['stored_bytes'])}, {_usd(found['stored_usd_a_month'])} a month"
    say(f"together: {_usd(found['usd'])}; kept: {kept}")


def _say_days(found: Mapping[str, Any]) -> None:
    _say_lines([(day["day"], each) for day in found["days"] for each in day["lines"]])
    kept, budget = found["storage"], found["budget"]
    say(f"together: {_usd(found['usd'])}, by the prices of {clean(found['prices_as_of'])}")
    say(f"kept:     {kept['films']} films, {_size(kept['bytes'])}, {_usd(kept['usd_a_month'])} a month")
    if budget["usd_a_day"] is not None:
        over = f"; all of it, goes on {moment(budget['resumes_at'])}" if budget["resumes_at"] else ""
        say(f"budget:   {_usd(budget['spent_today'])} of today's {_usd(budget['usd_a_day'])}{over}")


def _say_lines(lines: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    if not lines:
        say("Nothing was paid for.")
        return
    head = ("DAY", "SERVICE", "MODEL", "CALLS", "TOKENS IN", "TOKENS OUT", "MINUTES", "USD")
    say_table(head, [_row(day, each) for day, each in lines])


def _row(day: str, each: Mapping[str, Any]) -> tuple[object, ...]:
    price = "?" if each["unpriced"] == each["calls"] else f"{each['usd']:.6f}{' + ?' if each['unpriced'] else ''}"
    tokens = (each["input_tokens"], each["output_tokens"])
    return (day, each["service"], each["model"], each["calls"], *tokens, f"{each['minutes']:.1f}", price)


def _usd(amount: float) -> str:
    return f"${amount:.2f}" if amount >= 1 or amount == 0 else f"${amount:.6f}"


def _size(count: int) -> str:
    return f"{count / 1_000_000_000:.3f} GB"
