"""`video-pipeline keys`: who may use the API. Speaks to the database, because it makes the first key too.

The database of a deployed suffix is out of reach: its administration function is asked.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final, Protocol
from uuid import UUID

import typer

from video_pipeline.cli.console import clean, moment, note, say, say_json, say_table
from video_pipeline.cli.system import System, system_of
from video_pipeline.errors import NotFound
from video_pipeline.topology import ADMINISTRATION

if TYPE_CHECKING:
    from video_pipeline.model import ApiKey, Scope
    from video_pipeline.ports import Keys

app = typer.Typer(help="Make, list and revoke the keys of the API.", no_args_is_help=True, rich_markup_mode=None)
# Whoever names a database means that one.
_DATABASE: Final = ("DATABASE_URL", "DATABASE_SECRET_ARN")
Json = Annotated[bool, typer.Option("--json", help="Print JSON only.")]


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who or what will use it.")],
    operate: Annotated[bool, typer.Option("--operate", help="It may look after queues and dead letters, too.")] = False,
    as_json: Json = False,
) -> None:
    """Make a key and print it, this once."""
    with _desk(context) as desk:
        key, text = desk.create(name, ("operate",) if operate else ())
    if as_json:
        say_json(key.model_dump(mode="json") | {"key": text})
        return
    say(text)
    note(f"This is the only time that key {key.id} is shown.")


@app.command("list")
def list_keys(context: typer.Context, as_json: Json = False) -> None:
    """List the keys, revoked ones too; none can be shown again."""
    with _desk(context) as desk:
        found = desk.all()
    if as_json:
        say_json([key.model_dump(mode="json") for key in found])
    elif not found:
        say("There are no keys yet.")
    else:
        head = ("KEY", "BEGINS WITH", "CREATED", "LAST USED", "REVOKED", "MAY", "NAME")
        times = [(moment(key.created_at), moment(key.last_used_at), moment(key.revoked_at)) for key in found]
        rows = zip(found, times, strict=True)
        say_table(
            head, [(key.id, f"vp_{key.prefix}", *each, " ".join(key.scopes) or "-", key.name) for key, each in rows]
        )


@app.command()
def revoke(
    context: typer.Context, key_id: Annotated[UUID, typer.Argument(metavar="ID", help="As `keys list` shows it.")]
) -> None:
    """Revoke a key: whoever uses it is refused from now on."""
    with _desk(context) as desk:
        if not desk.revoke(key_id):
            message = f"There is no key {key_id} that could be revoked."
            raise NotFound("key_missing", message, hint="`video-pipeline keys list` shows what there is.")
    say(clean(f"revoked: {key_id}"))


class _Desk(Protocol):
    def create(self, name: str, scopes: Sequence[Scope] = ()) -> tuple[ApiKey, str]: ...
    def all(self) -> list[ApiKey]: ...
    def revoke(self, key_id: UUID) -> bool: ...


class _StoredKeys:
    """The keys of a database within reach."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self.all = keys.all
        self.revoke = keys.revoke

    def create(self, name: str, scopes: Sequence[Scope] = ()) -> tuple[ApiKey, str]:
        from video_pipeline.keys import create_key

        return create_key(self._keys, name, scopes)


@contextmanager
def _desk(context: typer.Context) -> Iterator[_Desk]:
    from video_pipeline.cli.deployed import RemoteKeys

    system = system_of(context)
    if not system.deployed or any(name in os.environ for name in _DATABASE):
        with _stored(system) as keys:
            yield _StoredKeys(keys)
        return
    function = system.function(ADMINISTRATION)
    with system.reaching() as clients:
        yield RemoteKeys(clients, function)


@contextmanager
def _stored(system: System) -> Iterator[Keys]:
    from video_pipeline.cli.stored import settings_for
    from video_pipeline.settings import DatabaseSettings
    from video_pipeline.wiring import open_ledger

    ledger = open_ledger(settings_for(system, DatabaseSettings, database_pool=1))
    try:
        yield ledger.keys
    finally:
        ledger.close()
