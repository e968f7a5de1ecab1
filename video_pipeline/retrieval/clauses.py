"""A question that asks for several things, taken apart: what answers one need not be near what answers another."""

from __future__ import annotations

import re
from typing import Final

from video_pipeline.retrieval.wording import content

_MOST: Final = 3
_ASKING: Final = r"(?:(?:at|by|for|from|in|of|on|to|with)\s+)?(?:who|whom|whose|what|when|where|which|why|how)|about"
_BETWEEN: Final = re.compile(
    rf"(?:\s*(?:[?;؟]\s|？)\s*(?:and\s+)?|,?\s+and\s+(?:also\s+)?(?=(?:{_ASKING})\b))(?=\w)", re.IGNORECASE
)
# What holds one of these needs what was said before it.
_POINTING: Final = re.compile(
    r"\b(?:it|its|they|them|their|he|him|his|she|her|this|that|these|those|there|ones?)\b", re.IGNORECASE
)


def clauses(query: str) -> list[str]:
    """The things asked for, up to three, each a question by itself; the whole query where it can't be taken apart.

    Questions one after the other are told apart in any language, joined ones in English.
    """
    found = [each for each in _BETWEEN.split(query) if each.strip()]
    apart = 1 < len(found) <= _MOST and all(map(content, found)) and not any(map(_POINTING.search, found[1:]))
    return found if apart else [query]
