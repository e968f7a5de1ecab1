"""The dashboard: files that its build left, under the path at which people reach the API."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from video_pipeline.dashboard import ASSETS, EACH_TIME, FOREVER, PAGES, placed, policy


def install(app: FastAPI, folder: Path, *, public_url: str, stores: list[str]) -> None:
    """Shows the build in `folder`; `stores` are the origins where media lie. To come before the API's own pages."""
    headers = {"Content-Security-Policy": policy(stores), "Cache-Control": EACH_TIME}

    def show() -> HTMLResponse:
        # Read each time: a new build under a running server has other files beside its page.
        page = placed((folder / "index.html").read_text(encoding="utf-8"), urlsplit(public_url).path)
        return HTMLResponse(page, headers=headers)

    def icon() -> FileResponse:
        return FileResponse(folder / "icon.svg", headers={"Cache-Control": EACH_TIME})

    for path in PAGES:
        app.add_api_route(path, show, include_in_schema=False)
    app.add_api_route("/icon.svg", icon, include_in_schema=False)
    app.mount(f"/{ASSETS}", _Kept(directory=folder / ASSETS))


class _Kept(StaticFiles):
    """Lets browsers keep what is found."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = FOREVER
        return response
