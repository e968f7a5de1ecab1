"""Names of what is deployed: `{resource-type}-{environment-suffix}`."""

from __future__ import annotations

import re
from typing import Final

from video_pipeline.topology import resource_name

# The tightest limits meet in the buckets: 63 letters for `results-bucket-123456789012-` and the suffix; the longest
# function, role and load target names leave 64 - 24. Twenty suits them all, and the settings of every process.
LONGEST: Final = 20
_PATTERN: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,18}[a-z0-9]")


class BadSuffix(ValueError):
    """One sentence that says what a suffix looks like."""


def checked_suffix(text: str | None) -> str:
    """The suffix, or `BadSuffix`."""
    if not text:
        raise BadSuffix("Set ENVIRONMENT_SUFFIX (or the context value environmentSuffix), for example to `dev`.")
    if not _PATTERN.fullmatch(text) or "--" in text:
        raise BadSuffix(
            f"The environment suffix {text[:40]!r} can't be used: 2 to {LONGEST} lower-case letters, digits and single"
            " hyphens, not at either end."
        )
    return text


class Names:
    """The names of one environment."""

    def __init__(self, suffix: str) -> None:
        self.suffix = checked_suffix(suffix)

    def __call__(self, resource_type: str) -> str:
        return resource_name(resource_type, self.suffix)

    def function(self, unit: str) -> str:
        return self(unit)

    def log_group(self, owner: str, unit: str) -> str:
        """`/aws/{owner}/{unit}-{suffix}`, as the services themselves write it."""
        return f"/aws/{owner}/{self(unit)}"
