"""`video-pipeline up`: the whole system on this machine."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from video_pipeline.cli.system import DATA_FOLDER, system_of
from video_pipeline.errors import Misconfigured
from video_pipeline.topology import LOCAL_API_PORT, LOCAL_AWS_PORT

_MODULE = "local"


def up(
    context: typer.Context,
    data: Annotated[Path | None, typer.Option(help="Where everything is kept.", show_default=str(DATA_FOLDER))] = None,
    api_port: Annotated[int, typer.Option(min=0, max=65_535, help="Port of the API; 0: a free one.")] = LOCAL_API_PORT,
    aws_port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Port of the AWS endpoint; 0: a free one.")
    ] = LOCAL_AWS_PORT,
) -> None:
    """Start the whole system on this machine; it runs until Ctrl-C."""
    if not _installed():
        message = "The part that runs everything on one machine is not installed beside this command."
        raise Misconfigured("local_missing", message, hint="Run it in a checkout: `make up`.")
    folder = data or system_of(context).data
    ports = ["--api-port", str(api_port), "--aws-port", str(aws_port)]
    # It takes this process's place, so that Ctrl-C and the exit code are its own.
    os.execv(sys.executable, [sys.executable, "-m", _MODULE, "--data", str(folder), *ports])  # noqa: S606


def _installed() -> bool:
    try:
        return importlib.util.find_spec(f"{_MODULE}.__main__") is not None
    except ModuleNotFoundError:
        return False
