"""What an answer looks like as a mail: the same content as text and as HTML. Every word of others is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from textwrap import shorten
from typing import Final

_EXCERPT: Final = 300
_LOW: Final = "low-quality transcript"
_AGAIN: Final = "Reply to this mail to ask further."
_CLOSEST: Final = "What comes closest:"
_PASSED_ON: Final = "Your question was passed on to a person, who may write to you."
_LEFT_OUT: Final = "The videos hold nothing that answers it. Reply to this mail to write to whoever asked."


@dataclass(frozen=True)
class Passage:
    """Something that was said. `number` is that of a citation; `picture` names the image that is shown beside it."""

    title: str
    start: float
    text: str
    link: str
    speaker: str = ""
    number: int | None = None
    low: bool = False
    picture: str | None = None

    @property
    def where(self) -> str:
        whole = int(self.start)
        clock = f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
        return " · ".join(each for each in (self.title, clock, self.speaker, _LOW if self.low else "") if each)

    @property
    def mark(self) -> str:
        return f"[{self.number}]" if self.number is not None else "–"

    @property
    def quote(self) -> str:
        return f"“{self.text}”" if self.number is not None else f"“{shorten(self.text, _EXCERPT, placeholder=' …')}”"


@dataclass(frozen=True)
class Content:
    """`answer` is None when the videos hold none; `unsaid` may say so in the question's language, and `passages` are
    those that come closest. `understood`: what a question that refers to the one before was taken to ask."""

    question: str
    answer: str | None
    passages: Sequence[Passage]
    passed_on: bool = False
    unsaid: str | None = None
    understood: str | None = None

    @property
    def asked(self) -> str:
        understood = f"\n(understood as: {self.understood})" if self.understood else ""
        return f"{self.question}{understood}"


@dataclass(frozen=True)
class Page:
    """A mail's content in both forms."""

    text: str
    html: str


def to_asker(content: Content) -> Page:
    """For who asked."""
    answer = content.answer or content.unsaid or "The videos do not say."
    closest = _CLOSEST if content.answer is None and content.passages else ""
    after = [_PASSED_ON] if content.passed_on else []
    return _page(f"You asked: {content.asked}", [answer, closest], content.passages, [*after, _AGAIN])


def to_human(content: Content, asker: str) -> Page:
    """For the person who looks after questions that found no answer; a reply goes to who asked."""
    closest = _CLOSEST if content.passages else ""
    return _page(f"{asker} asked: {content.asked}", [_LEFT_OUT, closest], content.passages, [])


def _page(head: str, before: Sequence[str], passages: Sequence[Passage], after: Sequence[str]) -> Page:
    said, ended = [each for each in before if each], [each for each in after if each]
    return Page(text=_text(head, said, passages, ended), html=_html(head, said, passages, ended))


def _text(head: str, before: Sequence[str], passages: Sequence[Passage], after: Sequence[str]) -> str:
    shown = [f"{each.mark} {each.where}\n    {each.quote}\n    {each.link}" for each in passages]
    return "\n\n".join([head, *before, *shown, *after]) + "\n"


# ---------------------------------------------------------------------------------------------- HTML
# Mail programs know tables and inline styles, and little else.
_FONT: Final = "font-family:-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif;font-size:15px;line-height:1.5"
_GREY: Final = "color:#57606a"


def _html(head: str, before: Sequence[str], passages: Sequence[Passage], after: Sequence[str]) -> str:
    body = [
        _paragraph(head, _GREY),
        *(_paragraph(each) for each in before),
        '<table role="presentation" cellpadding="0" cellspacing="0" style="border-collapse:collapse">',
        *(_row(each) for each in passages),
        "</table>",
        *(_paragraph(each, _GREY) for each in after),
    ]
    return (
        '<!doctype html><html><head><meta charset="utf-8"></head>'
        f'<body style="margin:0;padding:16px;{_FONT};color:#1f2328">\n' + "\n".join(body) + "\n</body></html>\n"
    )


def _paragraph(text: str, style: str = "") -> str:
    return f'<p style="margin:0 0 14px;{style}">{_escaped(text)}</p>'


def _row(passage: Passage) -> str:
    link = escape(passage.link)
    picture = ""
    if passage.picture:
        source, what = escape(f"cid:{passage.picture}"), escape(f"The picture at {passage.where}")
        picture = f'<a href="{link}"><img src="{source}" width="160" alt="{what}" style="border:0;display:block"></a>'
    where = f'<a href="{link}" style="color:#0969da">{escape(f"{passage.mark} {passage.where}")}</a>'
    return (
        f'<tr><td style="vertical-align:top;padding:0 12px 14px 0">{picture}</td>'
        f'<td style="vertical-align:top;padding:0 0 14px">{where}<br>{_escaped(passage.quote)}</td></tr>'
    )


def _escaped(text: str) -> str:
    return escape(text).replace("\n", "<br>\n")
