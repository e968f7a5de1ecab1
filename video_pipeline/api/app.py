"""Puts the API together."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from video_pipeline.api import dashboard, pages, problems, streaming
from video_pipeline.api.dependencies import KEY_REQUIRED, ApiDependencies
from video_pipeline.api.middleware import BodyLimit, RequestContext
from video_pipeline.api.models.projects import ImageRequest, ManifestRequest
from video_pipeline.api.models.uploads import UploadRequest
from video_pipeline.api.models.videos import TranscriptDocument
from video_pipeline.api.routers import (
    analytics,
    costs,
    health,
    jobs,
    operations,
    project_files,
    projects,
    query,
    questions,
    summaries,
    transcripts,
    upload,
    videos,
)

PREFIX: Final = "/api/v1"
VERSION: Final = "1.0.0"
_DESCRIPTION: Final = """\
Put videos in, follow their jobs, ask what was said, and play the second at which it was said.

Every route but `/healthz` wants a key, as `X-API-Key` or as a bearer token.
Whatever is refused is answered with problem details (RFC 9457) that carry a stable reason code.
"""
_TAGS: Final = [
    {"name": "upload", "description": "Put a video in."},
    {"name": "jobs", "description": "Follow what happens to it."},
    {"name": "summaries", "description": "Read what a video is about, in JSON, Markdown, PDF or Word."},
    {"name": "videos", "description": "Read, play and erase what is there."},
    {"name": "projects", "description": "Make a film of pictures and a sound."},
    {"name": "questions", "description": "Ask what was said."},
    {"name": "costs", "description": "See what paid services took."},
    {"name": "analytics", "description": "How it is used."},
    {"name": "operations", "description": "Look after queues and dead letters, with a key that may."},
    {"name": "health", "description": "For load balancers."},
]


def create_app(deps: ApiDependencies) -> FastAPI:
    """The application on `deps`: API, its documentation, and a page that plays a moment."""
    app = _empty_app()
    app.state.dependencies = deps
    if deps.dashboard:
        dashboard.install(app, deps.dashboard, public_url=deps.public_url, stores=pages.stores(deps))
    _install(app)
    # The last one added is the outermost: even a refusal by size or an unexpected error is readable across origins.
    app.add_middleware(BodyLimit)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    app.add_middleware(RequestContext)
    if deps.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=deps.cors_origins,
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=["X-API-Key", "Authorization", "Content-Type", "If-None-Match"],
            expose_headers=["X-Request-Id", "Retry-After", "Location", "ETag"],
            max_age=3600,
        )
    return app


class VideoPipelineApi(FastAPI):
    """FastAPI whose description also holds the models that routes mention by reference only."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            made = super().openapi()
            # A transcript leaves out what is not known, so it is described as it is read.
            models: list[tuple[Any, Any]] = [
                (problems.Problem, "serialization"),
                (UploadRequest, "validation"),
                (ImageRequest, "validation"),
                (ManifestRequest, "validation"),
                (TranscriptDocument, "validation"),
            ]
            models += [(each, "serialization") for each in streaming.EVENTS]
            _, extra = models_json_schema(models, ref_template="#/components/schemas/{model}")
            made["components"]["schemas"] |= extra["$defs"]
        return super().openapi()


def described_app() -> FastAPI:
    """Routes and their description without anything behind them."""
    app = _empty_app()
    _install(app)
    return app


def _empty_app() -> FastAPI:
    return VideoPipelineApi(
        title="video-pipeline",
        version=VERSION,
        description=_DESCRIPTION,
        openapi_tags=_TAGS,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
    )


def _install(app: FastAPI) -> None:
    keyed = APIRouter(
        prefix=PREFIX, dependencies=[KEY_REQUIRED], responses=problems.refusals(400, 401, 422, 429, 500, 503)
    )
    for resource in (
        *(upload, transcripts, jobs, summaries, videos, projects, project_files),
        *(query, questions, analytics, costs, operations),
    ):
        keyed.include_router(resource.router)
    app.include_router(keyed)
    app.include_router(health.router, prefix=PREFIX, responses=problems.refusals(503))
    app.include_router(health.router, include_in_schema=False)
    pages.install(app)
    problems.install(app)


def _operation_id(route: APIRoute) -> str:
    return route.name
