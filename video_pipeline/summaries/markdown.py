"""A summary as Markdown. What strangers or a language model wrote is text there, whatever it looks like."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from video_pipeline.model import Video
from video_pipeline.summaries.document import Summary
from video_pipeline.summaries.outline import Link, Part, Piece, outline

_BEFORE: Final = {
    "title": "# ",
    "heading": "## ",
    "subheading": "### ",
    "item": "- ",
    "quote": "> ",
    "text": "",
    "small": "",
}
_MARKS: Final = re.compile(r"([\\`*_\[\]<>~$&])")
# At the start of a line these begin a list, a heading, a rule or a setext underline.
_STARTS: Final = re.compile(r"^(\s*)([-+=#]|\d+[.)])")
# What some renderers make a link of though nobody wrote one: an address, or what looks like one.
_ADDRESS: Final = re.compile(r"(?i)\b(https?|ftp|javascript|data|vbscript|file|mailto)(?=\s*:)|\b(www)(?=\.)|@")


def markdown_of(summary: Summary, video: Video, link: Link) -> str:
    """CommonMark. The only links are those to moments of the video."""
    parts = outline(summary, video, link)
    lines = [_line(parts[0])]
    for before, part in pairwise(parts):
        # Items of one list stand together; quotes are paragraphs of their own.
        together = before.role == part.role == "item"
        lines += [_line(part)] if together else ["", _line(part)]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """The same text, of which no Markdown renderer makes markup or a link."""
    line = " ".join(text.split())
    marked = _MARKS.sub(r"\\\1", line)
    unlinked = _ADDRESS.sub(lambda found: f"&#{ord(found.group()[0])};{found.group()[1:]}", marked)
    return _STARTS.sub(_quieted, unlinked)


def _quieted(found: re.Match[str]) -> str:
    blank, mark = found.groups()
    return f"{blank}\\{mark}" if len(mark) == 1 else f"{blank}{mark[:-1]}\\{mark[-1]}"


def _line(part: Part) -> str:
    text = "".join(map(_piece, part.pieces)).strip()
    return f"{_BEFORE[part.role]}*{text}*" if part.role == "small" else f"{_BEFORE[part.role]}{text}"


def _piece(piece: Piece) -> str:
    text = escaped(piece.text)
    if not text:
        return ""
    before = " " if piece.text[:1].isspace() else ""
    after = " " if piece.text[-1:].isspace() else ""
    text = f"**{text}**" if piece.strong else text
    return f"{before}[{text}]({piece.link}){after}" if piece.link else f"{before}{text}{after}"
