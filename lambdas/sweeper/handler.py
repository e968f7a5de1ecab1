"""A scheduled event: one pass of the sweeper over the ledger. It may run at any time, twice, or be cut short."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from video_pipeline.logs import configure
from video_pipeline.settings import SweeperSettings
from video_pipeline.sweeping import Sweeping
from video_pipeline.wiring import open_sweeper


@cache
def sweeping() -> Sweeping:
    settings = SweeperSettings()
    configure("sweeper", settings.log_level)
    return open_sweeper(settings)


def handler(_event: object, _context: object) -> Mapping[str, int]:
    """Answers how many were found, by kind."""
    return sweeping().sweep()
