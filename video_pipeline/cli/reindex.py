"""`video-pipeline reindex`: the archive cut and embedded anew, after a change of model or of the passages' size.

On this machine this process does the work; a deployed suffix has a state machine for it.
"""

from __future__ import annotations

import getpass
import json
import time
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from video_pipeline.cli.console import line, note, say, say_json, say_table
from video_pipeline.cli.exits import FAILED
from video_pipeline.cli.system import System, system_of
from video_pipeline.topology import REINDEXING, REINDEXING_AT_ONCE

if TYPE_CHECKING:
    from video_pipeline.model import IndexReport
    from video_pipeline.reindexing import Reindexing

_POLL_SECONDS: Final = 2.0


def reindex(
    context: typer.Context,
    status: Annotated[bool, typer.Option("--status", help="Only show how far it is.")] = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="Also if the settings ask for nothing new.")] = False,
    without_failed: Annotated[
        bool, typer.Option("--without-failed", help="Switch although videos failed: they can't be found any more.")
    ] = False,
    at_once: Annotated[int, typer.Option(min=1, max=32, help="Videos at once, on this machine.")] = REINDEXING_AT_ONCE,
    wait: Annotated[bool, typer.Option(help="Follow a deployed system's work to its end.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Cut and embed all videos anew, as the settings ask now.

    The old index serves until the new one holds every video. Run it again after a failure: it goes on where it stopped.
    """
    system = system_of(context)
    wish = {"requested_by": getpass.getuser(), "anyway": anyway, "without_failed": without_failed}
    if system.deployed:
        report = _status(system) if status else _deployed(system, wish, wait=wait)
    else:
        report = _here(system, wish, only_status=status, at_once=at_once)
    _tell(report, as_json=as_json)
    if not status and wait and report.index.state != "serving":
        raise typer.Exit(FAILED)


# -------------------------------------------------------------------------------------- on this machine
def _here(system: System, wish: dict[str, Any], *, only_status: bool, at_once: int) -> IndexReport:
    from video_pipeline.reindexing import drive

    reindexing = _opened(system)
    if only_status:
        return reindexing.status()
    report = reindexing.begin(wish["requested_by"], anyway=wish["anyway"])
    if report.index.state == "serving":
        note("The settings ask for nothing new; --anyway makes a new index all the same.")
        return report
    return drive(
        reindexing,
        report.index.id,
        at_once=at_once,
        without_failed=wish["without_failed"],
        tell=lambda now: note(_progress(now)),
    )


def _opened(system: System) -> Reindexing:
    from video_pipeline.cli.stored import settings_for
    from video_pipeline.settings import ReindexingSettings
    from video_pipeline.wiring import open_reindexing

    settings = settings_for(system, ReindexingSettings, environment_suffix=system.suffix, aws_region=system.region)
    with system.reaching() as clients:
        return open_reindexing(settings, clients)


# --------------------------------------------------------------------------------------------- deployed
def _deployed(system: System, wish: dict[str, Any], *, wait: bool) -> IndexReport:
    from video_pipeline.aws.errors import translated

    machine = system.deployment.reindexing_machine
    with system.reaching() as clients:
        client = clients.of("stepfunctions")
        with translated("states:StartExecution", machine):
            execution = client.start_execution(stateMachineArn=machine, input=json.dumps(wish))["executionArn"]
        note(f"Started {execution}.")
        while wait:
            with translated("states:DescribeExecution", execution):
                state = client.describe_execution(executionArn=execution)["status"]
            note(f"{state.lower()}: {_progress(_status(system))}")
            if state != "RUNNING":
                break
            time.sleep(_POLL_SECONDS)
    return _status(system)


def _status(system: System) -> IndexReport:
    from video_pipeline.cli.deployed import ask
    from video_pipeline.model import IndexReport

    with system.reaching() as clients:
        answer = ask(clients, system.function(REINDEXING), do="status")
    # The state machine is told more than people are.
    return IndexReport.model_validate({name: answer[name] for name in IndexReport.model_fields})


# ------------------------------------------------------------------------------------------- for people
def _progress(report: IndexReport) -> str:
    return f"{report.done} videos done, {report.failed} failed, {report.waiting} waiting"


def _tell(report: IndexReport, *, as_json: bool) -> None:
    if as_json:
        say_json(report.model_dump(mode="json"))
        return
    index = report.index
    spec = index.spec
    say(f"Index {index.id} ({index.state}): {spec.model}, {spec.dimensions} dimensions, in {spec.store}")
    say(f"Passages of at most {spec.chunk_tokens} tokens; asked for by {line(index.requested_by)}.")
    if index.state == "serving":
        say("It answers all questions.")
        return
    say(_progress(report))
    if report.failures:
        head = ("VIDEO", "REASON", "TRIES", "TITLE", "WHAT WENT WRONG")
        rows = [
            (each.video_id, each.failure.code, each.tries, each.title, each.failure.message) for each in report.failures
        ]
        say_table(head, rows)
        say("The old index goes on serving. Run `video-pipeline reindex` again when the cause is mended.")
