"""`video-pipeline queues`: how much lies where."""

from __future__ import annotations

from typing import Annotated

import typer

from video_pipeline.cli.console import say_json, say_table
from video_pipeline.cli.system import system_of
from video_pipeline.topology import QUEUES, resource_name


def queues(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False
) -> None:
    """Show how many messages wait, are in flight and are delayed in every queue, as SQS counts them (about)."""
    from video_pipeline.aws.queue import SqsQueue

    system = system_of(context)
    with system.reaching() as clients:
        found = {each.name: SqsQueue(clients.sqs, resource_name(each.name, system.suffix)).depth() for each in QUEUES}
    if as_json:
        say_json(found)
    else:
        rows = [
            (name, *(depth[state] for state in ("visible", "in_flight", "delayed"))) for name, depth in found.items()
        ]
        say_table(("QUEUE", "WAITING", "IN FLIGHT", "DELAYED"), rows)
