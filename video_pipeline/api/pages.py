"""The few pages that the API shows itself: its documentation, and a player that begins at a given second."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse, RedirectResponse
from starlette.staticfiles import StaticFiles

from video_pipeline.api import policies
from video_pipeline.api.dependencies import ApiDependencies, Deps
from video_pipeline.model import ObjectRef

_STATIC: Final = Path(__file__).with_name("static")
# Swagger UI's own files, kept up to date by this package; nothing is loaded from a third party.
_SWAGGER: Final = Path(str(files("fastapi_offline"))) / "static"

router = APIRouter(include_in_schema=False)


def install(app: FastAPI) -> None:
    app.include_router(router)
    app.mount("/static/swagger", StaticFiles(directory=_SWAGGER))
    app.mount("/static", StaticFiles(directory=_STATIC))


@router.get("/")
def show_root() -> RedirectResponse:
    return RedirectResponse("docs")


@router.get("/docs")
def show_docs() -> FileResponse:
    return _page("docs.html", policies.DOCS)


@router.get("/videos/{video_id:uuid}")
def show_video(deps: Deps) -> FileResponse:
    """Plays a video from `?t=` seconds. The page is the same for every video; it asks the API with the person's key."""
    return _page("player.html", policies.for_player(stores(deps)))


def stores(deps: ApiDependencies) -> list[str]:
    """The origins where media lie."""
    return sorted({_origin(deps, bucket) for bucket in (deps.media_bucket, deps.results_bucket)})


def _page(name: str, policy: str) -> FileResponse:
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-cache"}
    return FileResponse(_STATIC / name, media_type="text/html", headers=headers)


def _origin(deps: ApiDependencies, bucket: str) -> str:
    """Where links into this bucket lead, as the store adapter makes them."""
    url = urlsplit(deps.objects.presign_get(ObjectRef(bucket=bucket, key="any"), seconds=60))
    return f"{url.scheme}://{url.netloc}"
