"""`python -m video_pipeline.cli`."""

from __future__ import annotations

from video_pipeline.cli.app import main

main()
