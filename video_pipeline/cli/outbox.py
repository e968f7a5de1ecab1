"""`video-pipeline outbox`: the mails that the system on this machine sent, which go nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from email import message_from_bytes, policy
from typing import Annotated, Any
from urllib.parse import quote

import typer

from video_pipeline.cli.console import clean, line, moment, say, say_json, say_table
from video_pipeline.cli.system import START, System, system_of
from video_pipeline.errors import Conflict, NotFound, NotRunning

_MAILS = "/_emulator/mails"
_SECONDS = 10.0


def outbox(
    context: typer.Context,
    mail: Annotated[str | None, typer.Argument(metavar="[ID]", help="Show this mail.")] = None,
    source: Annotated[bool, typer.Option("--source", help="With ID: print it as it was handed over.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """List the mails that were sent on this machine, the newest first, or read one."""
    system = system_of(context)
    if mail is None:
        _list(system, as_json)
    else:
        raw = _get(system, f"{_MAILS}/{quote(mail, safe='')}")
        say(clean(raw.decode("utf-8", "replace"))) if source else _show(raw, as_json)


def _list(system: System, as_json: bool) -> None:
    import json

    found: Mapping[str, Any] = json.loads(_get(system, _MAILS))
    if as_json:
        say_json(found["mails"])
    elif not found["mails"]:
        say("No mail was sent yet.")
    else:
        rows = [
            (each["id"], moment(each["sent_at"]), ", ".join(each["to"]), each["subject"]) for each in found["mails"]
        ]
        say_table(("ID", "SENT", "TO", "SUBJECT"), rows)


def _show(raw: bytes, as_json: bool) -> None:
    mail = message_from_bytes(raw, policy=policy.default)
    names = ("Date", "From", "To", "Reply-To", "Subject", "Message-ID", "In-Reply-To", "References")
    headers = {name: str(mail[name]) for name in names if mail[name] is not None}
    body = mail.get_body(("plain",))
    text = str(body.get_content()) if body is not None else ""
    if as_json:
        say_json({"headers": headers, "text": text})
        return
    for name, value in headers.items():
        say(f"{name}: {line(value)}")
    say(f"\n{clean(text)}")


def _get(system: System, path: str) -> bytes:
    import httpx

    endpoint = system.aws_endpoint_url
    if endpoint is None:
        raise Conflict("no_outbox", "The mails of a deployed system are on their way.", hint="SES says what went out.")
    try:
        answer = httpx.get(endpoint.rstrip("/") + path, timeout=_SECONDS, trust_env=False)
    except httpx.TransportError as error:
        raise NotRunning(f"Nothing answers at {endpoint}.", hint=START) from error
    if answer.status_code == httpx.codes.NOT_FOUND:
        raise NotFound("mail_not_found", "There is no such mail.", hint="List them with `video-pipeline outbox`.")
    if not answer.is_success:
        raise NotRunning(f"What answers at {endpoint} keeps no outbox.", hint=START)
    return answer.content
