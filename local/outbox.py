"""`/dev/outbox` of the API on one machine: the mails that would have gone out, for people and for programs.

What is shown was written by strangers: it stands in a frame without scripts, and pictures come from the mail alone.
"""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from typing import Annotated, Any, Final
from urllib.parse import quote, urlsplit

import httpx
from fastapi import FastAPI, Header, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

PATH: Final = "/dev/outbox"
_MAILS: Final = "/_emulator/mails"
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_PAGE: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; frame-ancestors 'none'"
_MAIL: Final = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox allow-popups"
_STYLE: Final = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}"
    "td,th{padding:.3rem 1rem .3rem 0;text-align:left;vertical-align:top}"
    "iframe{width:100%;height:60vh;border:1px solid #ccc}"
)


def before(application: Any, endpoint: str) -> Any:
    """`application` (ASGI), with the outbox of the emulated AWS at `endpoint` in front of it."""
    outbox = _outbox(endpoint)

    async def either(scope: Any, receive: Any, send: Any) -> None:
        own = scope["type"] == "http" and (scope["path"] + "/").startswith(f"{PATH}/")
        await (outbox if own else application)(scope, receive, send)

    return either


def _outbox(endpoint: str) -> FastAPI:
    app = FastAPI(openapi_url=None)
    client = httpx.Client(base_url=endpoint, timeout=10, trust_env=False)

    @app.middleware("http")
    async def here_only(request: Request, call_next: Any) -> Any:
        """Another site's name for this machine must not let its pages read these."""
        if urlsplit(f"//{request.headers.get('host', '')}").hostname not in _LOOPBACK:
            return PlainTextResponse("The outbox is shown on this machine alone.", status_code=403)
        return await call_next(request)

    @app.get(PATH)
    def mails(accept: Annotated[str | None, Header()] = None) -> Response:
        found = client.get(_MAILS).raise_for_status().json()
        browser = "text/html" in (accept or "")
        return _html(_listed(found["mails"])) if browser else JSONResponse(found)

    @app.get(PATH + "/{key}")
    def mail(key: str) -> Response:
        raw = _raw(client, key)
        return _nothing() if raw is None else _html(_shown(key, _read(raw)))

    @app.get(PATH + "/{key}/source")
    def source(key: str) -> Response:
        raw = _raw(client, key)
        return _nothing() if raw is None else PlainTextResponse(raw.decode("utf-8", "replace"))

    @app.get(PATH + "/{key}/page")
    def page(key: str) -> Response:
        raw = _raw(client, key)
        return _nothing() if raw is None else _html(_framed(key, _read(raw)), _MAIL)

    @app.get(PATH + "/{key}/pictures/{name}")
    def picture(key: str, name: str) -> Response:
        raw = _raw(client, key)
        pictures = {} if raw is None else _pictures(_read(raw))
        return Response(pictures[name], media_type="image/jpeg") if name in pictures else _nothing()

    return app


def _raw(client: httpx.Client, key: str) -> bytes | None:
    answer = client.get(f"{_MAILS}/{quote(key, safe='')}")
    return answer.content if answer.is_success else None


def _read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def _nothing() -> Response:
    return PlainTextResponse("There is no such mail.", status_code=404)


def _html(text: str, security: str = _PAGE) -> Response:
    return HTMLResponse(text, headers={"Content-Security-Policy": security, "Cache-Control": "no-store"})


def _listed(mails: list[dict[str, Any]]) -> str:
    rows = "".join(
        f"<tr><td>{escape(each['sent_at'][:19])}</td><td>{escape(', '.join(each['to']))}</td>"
        f'<td><a href="{PATH}/{quote(each["id"], safe="")}">{escape(each["subject"]) or "(no subject)"}</a></td></tr>'
        for each in mails
    )
    table = f"<table><tr><th>Sent (UTC)</th><th>To</th><th>Subject</th></tr>{rows}</table>"
    return _around("Outbox", table if mails else "<p>No mail was sent yet.</p>")


def _shown(key: str, mail: EmailMessage) -> str:
    names = ("Date", "From", "To", "Reply-To", "Subject", "Message-ID", "In-Reply-To", "References")
    rows = "".join(
        f"<tr><th>{name}</th><td>{escape(str(mail[name]))}</td></tr>" for name in names if mail[name] is not None
    )
    text = mail.get_body(("plain",))
    plain = f"<pre>{escape(text.get_content())}</pre>" if text is not None else ""
    base = f"{PATH}/{quote(key, safe='')}"
    frame = f'<iframe sandbox="allow-popups" src="{base}/page" title="The mail"></iframe>'
    links = f'<p><a href="{PATH}">All mails</a> · <a href="{base}/source">Source</a></p>'
    return _around(str(mail["Subject"] or "Mail"), f"{links}<table>{rows}</table>{frame}<h2>Text</h2>{plain}")


def _around(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>"
    )


def _framed(key: str, mail: EmailMessage) -> str:
    html = mail.get_body(("html",))
    text = str(html.get_content()) if html is not None else "<p>This mail has no HTML.</p>"
    for name in _pictures(mail):
        text = text.replace(f"cid:{name}", f"{PATH}/{quote(key, safe='')}/pictures/{quote(name, safe='')}")
    return text.replace("<a ", '<a target="_blank" rel="noopener" ')


def _pictures(mail: EmailMessage) -> dict[str, bytes]:
    """By Content-ID."""
    parts = [part for part in mail.walk() if part.get_content_type() == "image/jpeg" and part["Content-ID"]]
    return {str(part["Content-ID"]).strip("<>"): bytes(part.get_content()) for part in parts}
