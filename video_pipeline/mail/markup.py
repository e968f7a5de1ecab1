"""The text of a mail that comes as HTML alone."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

_UNSEEN: Final = frozenset({"script", "style", "head", "title", "template"})
_BREAKS: Final = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "table", "blockquote", "hr"})
_EMPTY: Final = frozenset({"br", "hr", "img", "meta", "link", "input", "col", "area", "base", "wbr"})
# Where Gmail, Thunderbird, Outlook, Yahoo and Proton begin what they quote.
_QUOTED: Final = re.compile(
    r"gmail_quote|moz-cite-prefix|divRplyFwdMsg|yahoo_quoted|protonmail_quote|appendonsend|mail-editor-reference"
)
_SIGNATURE: Final = re.compile(r"gmail_signature|moz-signature|^Signature$")
_BLANKS: Final = re.compile(r"[ \t\r\n\f\xa0]+")
_RUNS: Final = re.compile(r"\n{3,}")


class _Text(HTMLParser):
    """Collects what can be seen, until a quotation begins; what is quoted lies inside, or all that follows it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden: list[str] = []
        self._over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        marks = " ".join(value or "" for name, value in attrs if name in ("class", "id"))
        self._over = self._over or bool(_QUOTED.search(marks))
        if tag in _BREAKS:
            self.parts.append("\n")
        hides = tag in _UNSEEN or tag == "blockquote" or _SIGNATURE.search(marks)
        if tag not in _EMPTY and (self._hidden or hides):
            self._hidden.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            while self._hidden.pop() != tag:
                pass
        if tag in _BREAKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden and not self._over:
            self.parts.append(_BLANKS.sub(" ", data))


def text_of(html: str) -> str:
    """What a reader sees of it that is not quoted. Any text is accepted."""
    reader = _Text()
    reader.feed(html)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.parts).split("\n")]
    return _RUNS.sub("\n\n", "\n".join(lines)).strip()
