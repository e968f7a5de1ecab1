"""A summary as a Word document. Its fonts are those of the reader, so that it holds any script."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from docx import Document
from docx.document import Document as Paper
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from video_pipeline.papers.scripts import runs_from_the_right
from video_pipeline.summaries.outline import Part, Piece

_STYLES: Final = {
    "title": "Title",
    "heading": "Heading 1",
    "subheading": "Heading 2",
    "text": "Normal",
    "item": "List Bullet",
    "quote": "Quote",
    "small": "Normal",
}
_LINK: Final = RGBColor(0x1D, 0x4E, 0xD8)
_GREY: Final = RGBColor(0x55, 0x55, 0x55)
# The document says nothing of when it was written: the same summary is the same document.
_MOMENT: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - the library takes no other
_TITLE_CHARS: Final = 255


def write_docx(parts: Sequence[Part], *, language: str | None = None) -> bytes:
    paper = Document()
    properties = paper.core_properties
    properties.title, properties.author = parts[0].text[:_TITLE_CHARS], "video-pipeline"
    properties.language = language or ""
    properties.created = properties.modified = _MOMENT
    from_right = runs_from_the_right(part.text for part in parts)
    for part in parts:
        _add(paper, part, from_right=from_right)
    target = io.BytesIO()
    paper.save(target)
    return target.getvalue()


def _add(paper: Paper, part: Part, *, from_right: bool) -> None:
    paragraph = paper.add_paragraph(style=_STYLES[part.role])
    if from_right:
        paragraph._p.get_or_add_pPr().append(OxmlElement("w:bidi"))  # noqa: SLF001 - the library has no other way
    for piece in part.pieces:
        run = _linked(paragraph, piece) if piece.link else paragraph.add_run(piece.text)
        run.bold = piece.strong or None
        if part.role == "small":
            run.font.size, run.font.color.rgb = Pt(9), _GREY


def _linked(paragraph: Paragraph, piece: Piece) -> Run:
    """A run inside a hyperlink, which the library reads and does not write."""
    reference = paragraph.part.relate_to(str(piece.link), RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), reference)
    run = paragraph.add_run(piece.text)
    run.font.color.rgb, run.font.underline = _LINK, True
    link.append(run._r)  # noqa: SLF001
    paragraph._p.append(link)  # noqa: SLF001
    return run
