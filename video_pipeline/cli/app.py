"""The commands, and what becomes of everything that goes wrong in them. What is slow to import is imported in use."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from video_pipeline.cli import (
    analytics,
    asking,
    costs,
    dead,
    doctor,
    evaluate,
    exits,
    ingest,
    jobs,
    key_commands,
    outbox,
    projects,
    put,
    queues,
    reindex,
    secret_commands,
    slideshow,
    summary,
    up,
    vectors,
)
from video_pipeline.cli.console import complain, note
from video_pipeline.cli.system import DATA_FOLDER, Options, System
from video_pipeline.errors import PipelineError

_log = logging.getLogger(__name__)


class Commands(TyperGroup):
    """Every failure ends in one line on standard error and an exit code of the table."""

    def main(self, *args: Any, **extra: Any) -> Any:
        extra["standalone_mode"] = False
        code: object = exits.OK
        try:
            code = super().main(*args, **extra)
        except PipelineError as error:
            _log.debug("refused", exc_info=True)
            complain(str(error))
            code = exits.code_for(error)
        except typer.TyperException as error:
            code = _misused(error)
        except typer.Abort:
            code = exits.INTERRUPTED
        except Exception as error:  # noqa: BLE001 - the last line of defence: a line and a code, no trace
            if _log.isEnabledFor(logging.DEBUG):
                _log.exception("unexpected")
            complain(f"Unexpected: {type(error).__name__}: {error}. Try again with --debug to see where.")
            code = exits.FAULT
        sys.exit(code if isinstance(code, int) else exits.OK)


def _misused(error: typer.TyperException) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "video-pipeline"
    said = error.format_message()
    if type(error).__name__ == "NoArgsIsHelpError":
        note(said)
    else:
        complain(f"{said} Try `{path} --help`.")
    return exits.UNREACHABLE


app: Final = typer.Typer(
    name="video-pipeline",
    cls=Commands,
    epilog=exits.table(),
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def connect(
    context: typer.Context,
    data: Annotated[
        Path, typer.Option(envvar="VIDEO_PIPELINE_DATA", help="Data folder of the system on this machine.")
    ] = DATA_FOLDER,
    api_url: Annotated[
        str | None, typer.Option(envvar="VIDEO_PIPELINE_API_URL", help="Address of the API.", metavar="URL")
    ] = None,
    aws_endpoint_url: Annotated[
        str | None, typer.Option(envvar="AWS_ENDPOINT_URL", help="Address of an AWS that is not AWS.", metavar="URL")
    ] = None,
    region: Annotated[str | None, typer.Option(envvar="AWS_REGION", help="Region of a deployed system.")] = None,
    suffix: Annotated[
        str | None, typer.Option(envvar="ENVIRONMENT_SUFFIX", help="Environment suffix of a deployed system.")
    ] = None,
    debug: Annotated[
        bool, typer.Option("--debug", envvar="VIDEO_PIPELINE_DEBUG", help="Show where an error came from.")
    ] = False,
) -> None:
    """Turns videos into something people can ask.

    The commands speak to the system on this machine, or to the one that flags and the environment name: a deployed
    suffix says itself where its parts are. The key of its API comes from VIDEO_PIPELINE_API_KEY; the system on this
    machine has one of its own.
    """
    logging.basicConfig(level=logging.DEBUG if debug else logging.CRITICAL, stream=sys.stderr)
    for noisy in ("botocore", "boto3", "urllib3", "httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING if debug else logging.CRITICAL)
    context.obj = System(
        Options(
            data=data,
            api_url=api_url,
            api_key=os.environ.get("VIDEO_PIPELINE_API_KEY"),
            aws_endpoint_url=aws_endpoint_url,
            region=region,
            suffix=suffix,
        )
    )


app.command()(up.up)
app.command()(ingest.ingest)
app.command()(put.put)
app.command()(asking.ask)
app.add_typer(jobs.app, name="jobs")
app.command()(jobs.videos)
app.command()(summary.summary)
app.command()(slideshow.slideshow)
app.add_typer(projects.app, name="projects")
app.command()(costs.costs)
app.command()(jobs.search)
app.command()(analytics.analytics)
app.command()(queues.queues)
app.command()(outbox.outbox)
app.command()(doctor.doctor)
app.command()(reindex.reindex)
app.command()(evaluate.evaluate)
app.add_typer(dead.app, name="dlq")
app.add_typer(key_commands.app, name="keys")
app.add_typer(secret_commands.app, name="secrets")
app.add_typer(vectors.app, name="vectors")


def main() -> None:
    """The entry point of `video-pipeline`."""
    app(prog_name="video-pipeline")
