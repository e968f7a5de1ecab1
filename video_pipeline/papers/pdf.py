"""A summary as PDF (A4). The same summary gives the same bytes.

Latin, Greek, Cyrillic, Armenian, Georgian and symbols are set in DejaVu Sans, which is embedded in part; Chinese,
Japanese and Korean in the fonts that PDF readers bring along for them. Scripts that need shaping are refused.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont, registerFontFamily
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate

from video_pipeline.errors import BadInput
from video_pipeline.papers.scripts import EAST_ASIAN, east_asian_language, is_mostly_east_asian, shaped_share
from video_pipeline.summaries.outline import Part, Piece

_SANS: Final = "DejaVuSans"
_BOLD: Final = "DejaVuSans-Bold"
_EAST_ASIAN_FONTS: Final = {
    "ja": "HeiseiKakuGo-W5",
    "ko": "HYGothic-Medium",
    "zh": "STSong-Light",
    "zh-hant": "MSung-Light",
}
_MARGIN: Final = 20 * mm
_MOST_SHAPED: Final = 0.05
_MISSING: Final = "□"
_LINK: Final = "#1d4ed8"
_GREY: Final = HexColor("#555555")


def write_pdf(parts: Sequence[Part], *, language: str | None = None) -> bytes:
    """The paper. BadInput("not_acceptable") for a script that it can't be set in."""
    texts = [part.text for part in parts]
    if shaped_share(texts) > _MOST_SHAPED:
        raise BadInput(
            "not_acceptable",
            "The PDF can't be set in this summary's script.",
            hint="Ask for Word or Markdown, which are shown with the fonts of the reader.",
        )
    _register()
    wrap = "CJK" if is_mostly_east_asian(texts) else None
    styles = {name: ParagraphStyle(name, wordWrap=wrap, **style) for name, style in _STYLES.items()}
    drawn: list[Flowable] = [_paragraph(part, styles[part.role], language) for part in parts]
    target = io.BytesIO()
    document = SimpleDocTemplate(
        target,
        pagesize=A4,
        invariant=1,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=parts[0].text,
        creator="video-pipeline",
        lang=language or "und",
    )
    document.build(drawn, onFirstPage=_number, onLaterPages=_number)
    return target.getvalue()


def _paragraph(part: Part, style: ParagraphStyle, language: str | None) -> Paragraph:
    text = "".join(_piece(piece, language) for piece in part.pieces)
    return Paragraph(text, style, bulletText="•" if part.role == "item" else None)


def _piece(piece: Piece, language: str | None) -> str:
    text = _set(piece.text, language)
    text = f"<b>{text}</b>" if piece.strong else text
    return f'<a href={quoteattr(piece.link)} color="{_LINK}">{text}</a>' if piece.link else text


def _set(text: str, language: str | None) -> str:
    """Text as the paragraph's markup, each run of it in a font that has it."""
    made: list[str] = []
    last = 0
    for run in EAST_ASIAN.finditer(text):
        font = _EAST_ASIAN_FONTS[east_asian_language(run.group(), language)]
        made += [_known(text[last : run.start()]), f'<font name="{font}">{escape(run.group())}</font>']
        last = run.end()
    return "".join([*made, _known(text[last:])])


def _known(text: str) -> str:
    glyphs = _register().face.charToGlyph
    return escape("".join(each if each.isspace() or ord(each) in glyphs else _MISSING for each in text))


@cache
def _register() -> TTFont:
    """The fonts, once in each process; the one of plain text."""
    folder = Path(__file__).with_name("fonts")
    sans = TTFont(_SANS, str(folder / "DejaVuSans.ttf"))
    registerFont(sans)
    registerFont(TTFont(_BOLD, str(folder / "DejaVuSans-Bold.ttf")))
    registerFontFamily(_SANS, normal=_SANS, bold=_BOLD, italic=_SANS, boldItalic=_BOLD)
    for name in _EAST_ASIAN_FONTS.values():
        registerFont(UnicodeCIDFont(name))
    return sans


def _number(canvas: Any, document: Any) -> None:
    canvas.setFont(_SANS, 8)
    canvas.setFillColor(_GREY)
    canvas.drawRightString(A4[0] - _MARGIN, _MARGIN / 2, str(document.page))


_TEXT: Final[dict[str, Any]] = {"fontName": _SANS, "fontSize": 10, "leading": 14, "spaceAfter": 4}
_STYLES: Final[dict[str, dict[str, Any]]] = {
    "title": {**_TEXT, "fontName": _BOLD, "fontSize": 18, "leading": 23, "spaceAfter": 8},
    "heading": {**_TEXT, "fontName": _BOLD, "fontSize": 13, "leading": 17, "spaceBefore": 12, "keepWithNext": 1},
    "subheading": {**_TEXT, "fontName": _BOLD, "fontSize": 11, "leading": 15, "spaceBefore": 8, "keepWithNext": 1},
    "text": _TEXT,
    "item": {**_TEXT, "leftIndent": 12, "bulletFontName": _SANS},
    "quote": {**_TEXT, "leftIndent": 14, "borderPadding": (0, 0, 0, 6), "textColor": HexColor("#333333")},
    "small": {**_TEXT, "fontSize": 8.5, "leading": 12, "textColor": _GREY},
}
