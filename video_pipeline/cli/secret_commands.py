"""`video-pipeline secrets`: the tokens of other services, given to a deployed suffix without showing them to anyone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from video_pipeline.cli.console import moment, note, say, say_json, say_table
from video_pipeline.cli.files import existing
from video_pipeline.cli.system import System, system_of
from video_pipeline.errors import BadInput, Misconfigured
from video_pipeline.topology import LOCAL_SUFFIX, SECRETS, resource_name

app = typer.Typer(
    help="Give a deployed suffix the tokens of other services.", no_args_is_help=True, rich_markup_mode=None
)
_TYPES: Final = {secret.removesuffix("-secret"): secret for secret in SECRETS}
Suffix = Annotated[str | None, typer.Option(metavar="S", help="Environment suffix of the deployed system.")]


@app.command("set")
def set_secret(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"One of {', '.join(_TYPES)}.")],
    suffix: Suffix = None,
    from_file: Annotated[Path | None, typer.Option(metavar="FILE", help="Read the value from here.")] = None,
) -> None:
    """Give a secret its value.

    It is asked for without showing it, read from standard input where that is no terminal, or from a file. Never give
    it as an argument: those stay in the shell's history.
    """
    from video_pipeline.cli.secret_values import checked_value, set_value

    if name not in _TYPES:
        # Not quoted: it may be the value, given in the wrong place.
        raise typer.BadParameter(f"it is not one of {', '.join(_TYPES)}.", param_hint="NAME")
    system = _deployed(context, suffix)
    resource = resource_name(_TYPES[name], system.suffix)
    value = checked_value(_content(name, from_file))
    with system.reaching() as clients:
        new = set_value(clients.secrets, resource, value)
    say(f"{'set' if new else 'unchanged'}: {resource}")
    if new:
        note("What runs takes it up within five minutes.")


@app.command("list")
def list_secrets(
    context: typer.Context,
    suffix: Suffix = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Show which secrets have a value, and since when."""
    from video_pipeline.cli.secret_values import state_of

    system = _deployed(context, suffix)
    with system.reaching() as clients:
        found = {name: state_of(clients.secrets, resource_name(each, system.suffix)) for name, each in _TYPES.items()}
    if as_json:
        rows = [{"name": name, "secret": each.name, "since": each.since} for name, each in found.items()]
        say_json(rows)
    else:
        said = {name: moment(each.since) or "no value yet" for name, each in found.items()}
        say_table(("NAME", "SECRET", "SINCE"), [(name, found[name].name, since) for name, since in said.items()])


def _deployed(context: typer.Context, suffix: str | None) -> System:
    system = system_of(context).named(suffix)
    if system.suffix == LOCAL_SUFFIX:
        message = "The system on this machine keeps no secrets: it reads its environment."
        raise Misconfigured("no_secrets_here", message, hint="Name a deployed system by --suffix.")
    return system


def _content(name: str, path: Path | None) -> bytes:
    from video_pipeline.cli.secret_values import MOST_BYTES

    most = MOST_BYTES + 3  # enough to see that it is too long, a new line or not
    if path is not None:
        with existing(path).open("rb") as file:
            return file.read(most)
    if not sys.stdin.isatty():
        return sys.stdin.buffer.read(most)
    typed = typer.prompt(f"Value of the {name} secret", hide_input=True, err=True, default="", show_default=False)
    try:
        return str(typed).encode()
    except UnicodeEncodeError:
        raise BadInput("secret_not_text", "The value is not UTF-8 text.") from None  # the cause would quote it
