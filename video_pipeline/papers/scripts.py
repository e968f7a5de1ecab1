"""Which writing a text is in, as far as it decides about fonts and direction."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Final

# Han, kana, hangul, and the punctuation and wide forms that belong to them.
EAST_ASIAN: Final = re.compile(
    "[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef]+"
)
_HANGUL: Final = re.compile("[\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff]")
_KANA: Final = re.compile("[\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f]")
# Scripts whose letters change their form or order with their neighbours, besides those that run from right to left.
_SHAPED: Final = re.compile("[\u0900-\u0dff\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff]")


def east_asian_language(text: str, language: str | None) -> str:
    """`ja`, `ko`, `zh` or `zh-hant`: what the East Asian letters of a text are, by letters, then by language."""
    tag = (language or "").lower().replace("_", "-")
    if _HANGUL.search(text):
        return "ko"
    if _KANA.search(text) or tag.startswith("ja"):
        return "ja"
    if tag.startswith("ko"):
        return "ko"
    return "zh-hant" if re.match("zh-(?:hant|tw|hk|mo)", tag) else "zh"


def is_mostly_east_asian(texts: Iterable[str]) -> bool:
    letters, those = _counted(texts, lambda each: bool(EAST_ASIAN.match(each)))
    return those * 2 > letters


def runs_from_the_right(texts: Iterable[str]) -> bool:
    """Whether most of it is Arabic, Hebrew or the like."""
    letters, those = _counted(texts, _is_from_right)
    return those * 2 > letters


def shaped_share(texts: Iterable[str]) -> float:
    """How much of the letters needs shaping or another direction, 0..1."""
    letters, those = _counted(texts, lambda each: _is_from_right(each) or bool(_SHAPED.match(each)))
    return those / letters if letters else 0.0


def _is_from_right(letter: str) -> bool:
    return unicodedata.bidirectional(letter) in ("R", "AL")


def _counted(texts: Iterable[str], fits: Callable[[str], bool]) -> tuple[int, int]:
    """Letters, and those of them that fit."""
    letters = [each for text in texts for each in text if each.isalpha()]
    return len(letters), sum(map(fits, letters))
