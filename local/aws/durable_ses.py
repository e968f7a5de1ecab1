"""SES that delivers into the journal: what was sent can be read here, and goes nowhere."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from email import message_from_string, policy
from typing import Any, Final
from urllib.parse import unquote

from local.aws import moto_patches
from local.aws.gate import Application, Environ, StartResponse
from local.aws.journal import Journal
from local.aws.patching import replace

PATH: Final = "/_emulator/mails"
SCHEMA: Final = """
create table if not exists mails (
    position integer primary key autoincrement, id text not null unique, sent real not null, recipients text not null,
    raw text not null);
"""
_KEPT: Final = 1_000
_SHOWN: Final = 200


class MailStore:
    """The newest mails."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        journal.define(SCHEMA)

    def add(self, key: str, recipients: Iterable[str], raw: str) -> None:
        values = (key, time.time(), json.dumps(list(dict.fromkeys(recipients))), raw)
        with self._journal.transaction() as transaction:
            transaction.execute("insert into mails (id, sent, recipients, raw) values (?, ?, ?, ?)", values)
            transaction.execute("delete from mails where position <= (select max(position) from mails) - ?", (_KEPT,))

    def newest(self) -> list[dict[str, Any]]:
        rows = self._journal.rows(
            "select id, sent, recipients, raw from mails order by position desc limit ?", (_SHOWN,)
        )
        return [_described(*row) for row in rows]

    def raw(self, key: str) -> str | None:
        found: str | None = self._journal.value("select raw from mails where id = ?", (key,))
        return found


def _described(key: str, sent: float, recipients: str, raw: str) -> dict[str, Any]:
    headers = message_from_string(raw.partition("\r\n\r\n")[0] + "\r\n\r\n", policy=policy.default)
    return {
        "id": key,
        "sent_at": datetime.fromtimestamp(sent, UTC).isoformat(timespec="milliseconds"),
        "from": str(headers["From"] or ""),
        "to": json.loads(recipients),
        "subject": str(headers["Subject"] or ""),
        "size": len(raw),
    }


def install(journal: Journal) -> MailStore:
    """Makes moto's SES write down what it is given to send."""
    store = MailStore(journal)
    patched: list[str] = []

    def patch() -> None:
        if not patched:  # both versions of the interface end in one place
            patched.append("ses")
            _patch(store)

    for service in ("ses", "sesv2"):
        moto_patches.register(service, patch)
    return store


def _patch(store: MailStore) -> None:
    from moto.ses.models import RawMessage, SESBackend

    send = SESBackend.send_raw_email

    @replace(SESBackend, "send_raw_email")
    def send_raw_email(self: SESBackend, source: str, destinations: list[str], raw_data: str) -> RawMessage:
        message = send(self, source, destinations, raw_data)
        self.sent_messages.remove(message)
        store.add(message.id, message.destinations, raw_data)
        return message


class MailDesk:
    """`GET /_emulator/mails` lists what was sent, the newest first; `…/{id}` is that mail as it was handed over."""

    def __init__(self, store: MailStore, otherwise: Application) -> None:
        """`otherwise` answers every other path."""
        self._store = store
        self._otherwise = otherwise

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", ""))
        if path == PATH:
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps({"mails": self._store.newest()}).encode()]
        if not path.startswith(f"{PATH}/"):
            return self._otherwise(environ, start_response)
        raw = self._store.raw(unquote(path.removeprefix(f"{PATH}/")))
        start_response("404 Not Found" if raw is None else "200 OK", [("Content-Type", "message/rfc822")])
        return [(raw or "").encode()]
