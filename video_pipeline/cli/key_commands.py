"""`video-pipeline keys`: who may use the API. Speaks to the database, because it makes the first key too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from video_pipeline.cli.console import clean, moment, note, say, say_json, say_table
from video_pipeline.cli.exits import NotRunning
from video_pipeline.cli.system import START, system_of
from video_pipeline.errors import Misconfigured, NotFound, Unavailable

if TYPE_CHECKING:
    from video_pipeline.ports import Keys

app = typer.Typer(help="Make, list and revoke the keys of the API.", no_args_is_help=True, rich_markup_mode=None)
_PATIENCE = 3.0
Json = Annotated[bool, typer.Option("--json", help="Print JSON only.")]


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who or what will use it.")],
    as_json: Json = False,
) -> None:
    """Make a key and print it, this once."""
    from video_pipeline.keys import create_key

    with _keys(context) as keys:
        key, text = create_key(keys, name)
    if as_json:
        say_json(key.model_dump(mode="json") | {"key": text})
        return
    say(text)
    note(f"This is the only time that key {key.id} is shown.")


@app.command("list")
def list_keys(context: typer.Context, as_json: Json = False) -> None:
    """List the keys, revoked ones too; none can be shown again."""
    with _keys(context) as keys:
        found = keys.all()
    if as_json:
        say_json([key.model_dump(mode="json") for key in found])
    elif not found:
        say("There are no keys yet.")
    else:
        head = ("KEY", "BEGINS WITH", "CREATED", "LAST USED", "REVOKED", "NAME")
        times = [(moment(key.created_at), moment(key.last_used_at), moment(key.revoked_at)) for key in found]
        say_table(head, [(key.id, f"vp_{key.prefix}", *each, key.name) for key, each in zip(found, times, strict=True)])


@app.command()
def revoke(
    context: typer.Context, key_id: Annotated[UUID, typer.Argument(metavar="ID", help="As `keys list` shows it.")]
) -> None:
    """Revoke a key: whoever uses it is refused from now on."""
    with _keys(context) as keys:
        if not keys.revoke(key_id):
            message = f"There is no key {key_id} that could be revoked."
            raise NotFound("key_missing", message, hint="`video-pipeline keys list` shows what there is.")
    say(clean(f"revoked: {key_id}"))


@contextmanager
def _keys(context: typer.Context) -> Iterator[Keys]:
    from video_pipeline.cli.wishes import checked
    from video_pipeline.settings import DatabaseSettings
    from video_pipeline.wiring import database_url, open_ledger

    system = system_of(context)
    given = {"database_url": system.database_url, "database_pool": 1}
    settings = checked(DatabaseSettings, **{name: value for name, value in given.items() if value is not None})
    try:
        _reach(database_url(settings))
    except Misconfigured as error:
        raise system.nothing_described("DATABASE_URL, or DATABASE_SECRET_ARN and DATABASE_HOST") from error
    ledger = open_ledger(settings)
    try:
        yield ledger.keys
    finally:
        ledger.close()


def _reach(url: str) -> None:
    """Services wait half a minute for their database; a person at a terminal wants to know."""
    from video_pipeline.database import Database

    database = Database(url, size=1, wait=_PATIENCE)
    try:
        with database.transaction():
            return
    except Unavailable as error:
        raise NotRunning("The database does not answer.", hint=START) from error
    finally:
        database.close()
