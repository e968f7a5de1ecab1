"""Where sentences end, as far as punctuation tells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

# Scripts without spaces end a sentence anywhere; elsewhere `3.14` and `example.com` must stay whole.
_END: Final = re.compile(r"(?:[.!?…।؟۔][\"'”’»)\]}]*(?= )|[。！？｡]+[\"'”’»)\]}」』）】]*)")
_CLOSERS: Final = "\"'”’»)]}」』）】"
_ENDS: Final = (".", "!", "?", "…", "。", "！", "？", "｡", "।", "؟", "۔")
# What people say in the middle of a sentence far more often than at its end.
_ABBREVIATIONS: Final = frozenset({"mr.", "mrs.", "ms.", "dr.", "prof.", "vs.", "e.g.", "i.e.", "approx."})


def ends_sentence(text: str) -> bool:
    """Whether `text` (a word or more) ends with the end of a sentence; not after `Mr.` or an initial like `J.`"""
    bare = text.rstrip().rstrip(_CLOSERS)
    if not bare.endswith(_ENDS):
        return False
    if bare[-1] != ".":
        return True
    last = bare[-16:].split()[-1].lstrip("\"'“‘«([")
    initial = len(last) == 2 and last[0].isupper() and last != "I."
    return not initial and last.lower() not in _ABBREVIATIONS


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """(first, last) of each sentence of a single-spaced text, without the space between."""
    first = 0
    for end in _END.finditer(text):
        if ends_sentence(text[max(first, end.end() - 24) : end.end()]):
            yield first, end.end()
            first = end.end() + text.startswith(" ", end.end())
    if first < len(text):
        yield first, len(text)
