"""The administration function: what an operator and the deployment ask of the database."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from lambdas.administration.handler import handler
from video_pipeline.errors import Unavailable
from video_pipeline.store.migrate import MIGRATIONS

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setattr("lambdas.administration.handler.configure", lambda *_: None)
    return lambda **request: handler(request, None)


@pytest.fixture
def empty_database(postgres: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a database without any table, that the function's environment names."""
    before, _, query = postgres.partition("?")
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("create database administered")
        monkeypatch.setenv("DATABASE_URL", f"{before.rpartition('/')[0]}/administered?{query}")
        yield "administered"
        connection.execute("drop database administered with (force)")


@pytest.mark.usefixtures("empty_database")
def test_the_deployment_migrates_once_whatever_it_sends_besides(ask: Ask) -> None:
    request = {"do": "migrate", "migrations": "a hash", "tf": {"action": "create", "prev_input": None}}
    assert ask(**request) == {"applied": sorted(path.name for path in MIGRATIONS.glob("*.sql"))}
    assert ask(**request) == {"applied": []}


def test_keys_are_made_listed_and_revoked(ask: Ask, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    made = ask(do="create_key", name="laptop")
    text = made.pop("key")
    assert text.startswith(f"vp_{made['prefix']}_")
    assert ask(do="list_keys") == {"keys": [made]}
    assert ask(do="revoke_key", key_id=made["id"]) == {"revoked": made["id"]}
    assert ask(do="revoke_key", key_id=made["id"])["error"]["code"] == "key_missing"


def test_a_key_may_operate_only_when_it_was_made_so(
    ask: Ask, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    assert ask(do="create_key", name="laptop")["scopes"] == []
    assert ask(do="create_key", name="desk", scopes=["operate"])["scopes"] == ["operate"]
    assert [each["scopes"] for each in ask(do="list_keys")["keys"]] == [[], ["operate"]]


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({}, "do"),
        ({"do": "drop_everything"}, "do"),
        ({"do": 7}, "do"),
        ({"do": "create_key"}, "name"),
        ({"do": "create_key", "name": ["x"]}, "name"),
        ({"do": "create_key", "name": "x", "scopes": ["everything"]}, "0"),
        ({"do": "revoke_key", "key_id": "nonsense"}, "key_id"),
        ("migrate", "do"),
        (None, "do"),
    ],
)
def test_what_is_asked_wrongly_is_answered_before_any_database_is_asked(
    request_: object, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr("lambdas.administration.handler.configure", lambda *_: None)
    error = handler(request_, None)["error"]
    assert error["code"] == "administration_unclear"
    assert error["message"].startswith(f"The request is not understood: {said}: ")
    assert "list_keys" in error["hint"]


def test_a_database_that_wakes_late_is_waited_for(
    ask: Ask, postgres: str, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Waking(logging.Handler):
        """Opens the database once a connection to it was refused."""

        refused = 0

        def emit(self, record: logging.LogRecord) -> None:
            if "error connecting" in record.getMessage():
                self.refused += 1
                allow(postgres, empty_database, connections=True)

    waking = Waking()
    allow(postgres, empty_database, connections=False)
    logging.getLogger("psycopg.pool").addHandler(waking)
    try:
        assert ask(do="migrate")["applied"]
    finally:
        logging.getLogger("psycopg.pool").removeHandler(waking)
    assert waking.refused == 1


def test_a_database_that_never_wakes_is_an_error_that_stops_a_deployment(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://nobody@127.0.0.1:9/{uuid4()}")
    monkeypatch.setattr("video_pipeline.wiring.RESUMING_SECONDS", 0.2)
    with pytest.raises(Unavailable, match="does not answer"):
        ask(do="migrate")


def allow(postgres: str, name: str, *, connections: bool) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"alter database {name} allow_connections {connections}")
