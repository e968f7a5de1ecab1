"""`video-pipeline queues`: how much lies where."""

from __future__ import annotations

from typing import Annotated

import typer

from video_pipeline.cli.console import say_json, say_table
from video_pipeline.cli.system import system_of


def queues(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False
) -> None:
    """Show how many messages wait, are in flight and are delayed in every queue, as SQS counts them (about)."""
    from video_pipeline.wiring import open_dead_letters

    system = system_of(context)
    with system.reaching() as clients:
        found = open_dead_letters(clients, system.suffix).depths()
    if as_json:
        say_json(found)
    else:
        rows = [
            (name, *(depth[state] for state in ("visible", "in_flight", "delayed"))) for name, depth in found.items()
        ]
        say_table(("QUEUE", "WAITING", "IN FLIGHT", "DELAYED"), rows)
