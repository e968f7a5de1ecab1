"""Plain text of what a stranger wrote: no markup, no links, nothing that can't be seen."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Final

# Controls, halves of characters, and what has no width or turns the direction of what follows.
_UNSEEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff"
    "\ud800-\udfff\U000e0000-\U000e0fff]+"
)
_TAG: Final = re.compile(r"<[A-Za-z/!?][^>]*(?:>|$)")
_IMAGE_OR_LINK: Final = re.compile(r"!?\[([^\]\[]*)\]\([^)]*(?:\)|$)")
_REFERENCE: Final = re.compile(r"!?\[([^\]\[]*)\]\[[^\]\[]*\]")
# Numbers in brackets are ours to give.
_NUMBER: Final = re.compile(r"\s*[\[【]\s*\d[\d\s,;–-]*[\]】]")
_MARKS: Final = re.compile(r"[*_~`|]{2,}|`|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)")
_LINE_START: Final = re.compile(r"^\s*(?:#{1,6}|[-*+>])\s+", re.MULTILINE)
_ADDRESS: Final = re.compile(
    r"\b[a-z][a-z0-9+.-]*://\S+|\b(?:javascript|data|mailto|tel):\S+|\bwww\.\S+|\b[\w.+-]+@[\w-]+\.\w+|"
    r"\b(?:[\w-]+\.)+(?:com|net|org|info|biz|io|dev|app|ai|co|xyz|site|online|top|shop|link|click|eu|de|uk|fr|ru|cn)\b"
    r"(?:/\S*)?",
    re.IGNORECASE,
)
_ROUNDS: Final = 4


def plain(text: str, *, most: int) -> str:
    """One line of at most `most` characters, without HTML, Markdown and numbers in brackets."""
    bare = text[: 4 * most]
    for _ in range(_ROUNDS):
        # Taking something away may leave markup behind: "<scr<b>ipt>", or "&amp;lt;".
        before, bare = bare, _without_markup(html.unescape(bare))
        if bare == before:
            break
    else:
        bare = bare.replace("<", " ").replace("&", " ")
    return _shortened(" ".join(_UNSEEN.sub(" ", bare).split()), most)


def foreign_addresses(text: str, known: Iterable[str]) -> list[str]:
    """Links and addresses in a text that stand in none of the `known` ones."""
    heard = " ".join(known).casefold()
    found = [each.group().rstrip(".,;:!?)]}>\"'") for each in _ADDRESS.finditer(html.unescape(text))]
    return [each for each in found if each.casefold() not in heard]


def _without_markup(text: str) -> str:
    text = _TAG.sub(" ", _UNSEEN.sub(" ", _LINE_START.sub("", text)))
    text = _REFERENCE.sub(r"\1", _IMAGE_OR_LINK.sub(r"\1", text))
    return _MARKS.sub("", _NUMBER.sub("", text))


def _shortened(line: str, most: int) -> str:
    if len(line) <= most:
        return line
    kept = line[: most - 1]
    return (kept.rpartition(" ")[0] or kept) + "…"
