"""The dashboard: files that its build left, under the path at which people reach the API."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from video_pipeline.api.policies import for_dashboard

PAGES: Final = ("/", "/ask", "/jobs", "/jobs/{id}", "/operations", "/settings", "/upload", "/videos/{id}")
# The build's own mark for where it lies; every other address in it is relative to this one.
_BASE: Final = '<base href="/" />'
# A file's name holds the digest of its content.
_FOREVER: Final = "public, max-age=31536000, immutable"


def install(app: FastAPI, folder: Path, *, public_url: str, stores: list[str]) -> None:
    """Shows the build in `folder`; `stores` are the origins where media lie. To come before the API's own pages."""
    headers = {"Content-Security-Policy": for_dashboard(stores), "Cache-Control": "no-cache"}

    def show() -> HTMLResponse:
        # Read each time: a new build under a running server has other files beside its page.
        page = _placed((folder / "index.html").read_text(encoding="utf-8"), public_url)
        return HTMLResponse(page, headers=headers)

    def icon() -> FileResponse:
        return FileResponse(folder / "icon.svg", headers={"Cache-Control": "no-cache"})

    for path in PAGES:
        app.add_api_route(path, show, include_in_schema=False)
    app.add_api_route("/icon.svg", icon, include_in_schema=False)
    app.mount("/assets", _Kept(directory=folder / "assets"))


def _placed(page: str, public_url: str) -> str:
    path = f"{urlsplit(public_url).path.rstrip('/')}/"
    return page.replace(_BASE, f'<base href="{escape(path)}" />', 1)


class _Kept(StaticFiles):
    """Lets browsers keep what is found."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = _FOREVER
        return response
