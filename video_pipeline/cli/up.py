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
    empty: Annotated[bool, typer.Option("--empty", help="Only AWS, and in it nothing: for Terraform to fill.")] = False,
    attach: Annotated[
        str | None, typer.Option(metavar="URL", help="Set to work what was deployed to this AWS endpoint.")
    ] = None,
    suffix: Annotated[str | None, typer.Option(metavar="S", help="With --attach: the environment suffix.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="With --attach: a variable of the worker. Repeatable."),
    ] = None,
) -> None:
    """Start the whole system on this machine; it runs until Ctrl-C.

    With --empty and --attach in two terminals, it is made by Terraform in between.
    """
    if not _installed():
        message = "The part that runs everything on one machine is not installed beside this command."
        raise Misconfigured("local_missing", message, hint="Run it in a checkout: `make up`.")
    given = ["--data", str(data or system_of(context).data), "--api-port", str(api_port), "--aws-port", str(aws_port)]
    given += ["--empty"] if empty else []
    given += _attached(context, attach, suffix) if attach else []
    for setting in settings or ():
        given += ["--set", setting]
    # It takes this process's place, so that Ctrl-C and the exit code are its own.
    os.execv(sys.executable, [sys.executable, "-m", _MODULE, *given])  # noqa: S606


def _attached(context: typer.Context, url: str, suffix: str | None) -> list[str]:
    """What the flags before `up`, and the environment, say of a deployed system holds here as well."""
    above = context.find_root().params
    named = {"--suffix": suffix or above.get("suffix"), "--region": above.get("region")}
    return ["--attach", url, *(part for flag, value in named.items() if value for part in (flag, str(value)))]


def _installed() -> bool:
    try:
        return importlib.util.find_spec(f"{_MODULE}.__main__") is not None
    except ModuleNotFoundError:
        return False
