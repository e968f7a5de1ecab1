"""Scripts that are written without spaces between words: Chinese, Japanese, Thai, Lao, Khmer, Burmese."""

from __future__ import annotations

import re
from typing import Final

_LETTERS: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
# Vowels that are written before the letter they follow in speech.
_LEADING: Final = "\u0e40-\u0e44\u0ec0-\u0ec4"
# What can't begin a line: vowel and tone signs, small kana, the marks that lengthen, closing punctuation.
_TRAILING: Final = (
    "\u0e2f-\u0e3a\u0e45-\u0e4e\u0eaf-\u0ebc\u0ec6-\u0ecd\u102b-\u103e\u1056-\u1059\u17b4-\u17d3"
    "\u3005ぁぃぅぇぉっゃゅょゎ\u3099-\u309eァィゥェォッャュョヮ\u30fb-\u30fe\u31f0-\u31ff\uff67-\uff70\uff9e\uff9f"
    "、。〉》」』】〕〗〟！），．：；？］｝｡｣､…‥’”!),.:;?%\\]}"
    "\u0300-\u036f\ufe00-\ufe0f\U000e0100-\U000e01ef"
)
_LETTER: Final = re.compile(f"[{_LETTERS}]")
_RUN: Final = re.compile(f"[{_LETTERS}]+")
_CLUSTER: Final = re.compile(f"[{_LEADING}]*[{_LETTERS}][{_TRAILING}]*|[^{_LETTERS}]+")


def has_unsegmented(text: str) -> bool:
    """Whether words in `text` may follow each other without a space."""
    return not text.isascii() and _LETTER.search(text) is not None


def paired(text: str) -> str:
    """Runs of such letters as overlapping pairs with blanks between them: what stands for words where none are told
    apart. Other text stays as it is."""
    return text if not has_unsegmented(text) else _RUN.sub(_pairs, text)


def _pairs(run: re.Match[str]) -> str:
    letters = run.group()
    return f" {' '.join(letters[at : at + 2] for at in range(max(1, len(letters) - 1)))} "


def clusters(text: str) -> list[tuple[int, int]]:
    """The smallest pieces between which `text` may be cut: (first, last) of each, together all of it."""
    return [found.span() for found in _CLUSTER.finditer(text)]
