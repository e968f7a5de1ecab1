"""`video-pipeline …`: the same commands against one machine and against a deployed suffix."""

from __future__ import annotations

from video_pipeline.cli.app import main

__all__ = ["main"]
