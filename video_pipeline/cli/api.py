"""The API of the system that is meant."""

from __future__ import annotations

from typing import Final

from video_pipeline.cli.system import START, System
from video_pipeline.client import Client
from video_pipeline.client.wire import LOOPBACK, host_of

_NOT_OURS: Final = "Check VIDEO_PIPELINE_API_URL."


def api_of(system: System) -> Client:
    hint = START if host_of(system.api_url) in LOOPBACK else _NOT_OURS
    return Client(system.api_url, system.api_key, hint=hint)
