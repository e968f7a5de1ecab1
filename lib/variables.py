"""Environment variables of a process, derived from its settings class: no name is written twice."""

from __future__ import annotations

from collections.abc import Mapping

from video_pipeline.settings import BY_UNIT


def variables(unit: str, facts: Mapping[str, str]) -> dict[str, str]:
    """What `facts`, by field name, say about the fields of the unit's settings."""
    return {name.upper(): facts[name] for name in BY_UNIT[unit].model_fields if name in facts}
