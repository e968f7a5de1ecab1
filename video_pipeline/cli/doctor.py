"""`video-pipeline doctor`: what is there, what answers, what is missing, and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from video_pipeline.cli.console import note, say_json, say_table
from video_pipeline.cli.exits import FAILED
from video_pipeline.cli.system import system_of
from video_pipeline.topology import LOCAL_SUFFIX

if TYPE_CHECKING:
    from video_pipeline.cli.checkup import Finding


def doctor(
    context: typer.Context,
    suffix: Annotated[
        str | None, typer.Option(metavar="S", help="Environment suffix of a deployed system; none: this machine's.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Check that everything a system is made of is there and answers.

    Nothing is changed. The exit code is 0 only if nothing is missing or out of reach.
    """
    from video_pipeline.cli.checks import of_this_machine
    from video_pipeline.cli.checkup import run
    from video_pipeline.cli.deployed_checks import of_deployment

    system = system_of(context).named(suffix)
    with system.reaching() as clients:
        expected = of_this_machine if system.suffix == LOCAL_SUFFIX else of_deployment
        findings = run(expected(system, clients))
    if as_json:
        say_json([asdict(each) for each in findings])
    else:
        _say(findings)
    if any(each.bad for each in findings):
        raise typer.Exit(FAILED)


def _say(findings: Sequence[Finding]) -> None:
    rows = [(each.state, each.kind, each.name, each.detail, each.todo) for each in findings]
    say_table(("STATE", "KIND", "NAME", "DETAIL", "WHAT TO DO"), rows, status=0)
    counted = Counter(each.state for each in findings)
    note(", ".join(f"{count} {state}" for state, count in counted.items()))
