"""Which font writes which characters: those that the manifest names, then the one that the product brings along.

A character that none of them has is an error before anything is drawn, never an empty box in a film.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final, NamedTuple

from PIL import Image, ImageFont, features

from video_pipeline.errors import BadInput, Misconfigured
from video_pipeline.slideshow.fontfiles import letters_in

_BROUGHT: Final = ("DejaVuSans-Bold.ttf", "DejaVuSans.ttf")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs"})
_TO_THE_LEFT: Final = frozenset({"R", "AL", "AN"})
_JOINED: Final = frozenset({"Mn", "Mc"})
_HINT: Final = "Name one that has in the manifest's `fonts`; captions can be a track instead."
_OTHER: Final = "Use another copy of it, or another font."
_NAMED: Final = 5  # characters that an error names
# Of the letters' size: how far a letter may reach. The widest of Arabic is some twelve times as wide as high.
_REACH: Final = 32
_TRIED: Final = 20  # pixels
# What Pillow raises for a glyph that FreeType can't make.
_BROKEN: Final = (OSError, ValueError, MemoryError, Image.DecompressionBombError)


class Run(NamedTuple):
    """Text that one font can write."""

    text: str
    font: int


def plain(text: str) -> str:
    """On one line, composed, without what can't be seen but would be asked of a font."""
    visible = (each for each in unicodedata.normalize("NFC", text) if each.isspace() or _is_seen(each))
    return " ".join("".join(visible).split())


class Fonts:
    """Fonts in the order in which they are asked."""

    def __init__(self, own: Sequence[Path] = ()) -> None:
        """BadInput font_unusable names the one that is no font."""
        brought = _brought()
        self._paths = [*own, *brought]
        self._own = len(own)
        self._letters = [*(judged(path) for path in own), *brought.values()]
        self._loaded: dict[tuple[int, int, bool], ImageFont.FreeTypeFont] = {}
        self._proved: set[tuple[int, int, str]] = set()

    def runs(self, text: str) -> list[Run]:
        """`text`, which is plain, cut where another font is needed.

        BadInput font_lacks_characters. Text that runs to the left is written by one font, since runs are set in order.
        """
        whole = next((n for n, letters in enumerate(self._letters) if all(ord(each) in letters for each in text)), None)
        if whole is not None:
            return [Run(text, whole)]
        chosen = [self._font_for(each) for each in text]
        lacking = [each for each, font in zip(text, chosen, strict=True) if font is None]
        if lacking:
            raise _lacks(lacking)
        if _runs_left(text):
            said = f"No font alone has all letters of \u2068{text[:60]}\u2069, which runs from right to left."
            raise BadInput("font_lacks_characters", said, hint=_HINT)
        found: list[Run] = []
        for each, font in zip(text, chosen, strict=True):
            stays = found and (ord(each) in self._letters[found[-1].font]) and not each.isalpha()
            number = found[-1].font if stays else font or 0
            if found and found[-1].font == number:
                found[-1] = Run(found[-1].text + each, number)
            else:
                found.append(Run(each, number))
        return found

    def load(self, run: Run, size: int) -> ImageFont.FreeTypeFont:
        """For that run in pixels. Misconfigured needs_shaping where the letters of a script can't be joined."""
        joined = _needs_shaping(run.text)
        if joined and not features.check("raqm"):
            raise Misconfigured(
                "needs_shaping",
                "A text in this script can't be written here, since libfribidi is missing.",
                hint="Install it, or show the captions as a track.",
            )
        key = (run.font, size, joined)
        if key not in self._loaded:
            # Simple scripts are set the same way whether there is a shaper or not: same manifest, same bytes.
            engine = ImageFont.Layout.RAQM if joined else ImageFont.Layout.BASIC
            self._loaded[key] = _opened(self._paths[run.font], size, engine)
        return self._loaded[key]

    def length(self, run: Run, size: int) -> float:
        """In pixels. BadInput font_broken."""
        with self.blaming(run):
            return self.load(run, size).getlength(run.text)

    def prove(self, run: Run, size: int, edge: int) -> None:
        """That a font of a stranger can draw it with an outline of `edge` pixels. BadInput font_broken."""
        if run.font >= self._own:
            return
        # Letters that join are drawn in each other's company, all others alone.
        for each in [run.text] if _needs_shaping(run.text) else run.text:
            if (run.font, size, each) not in self._proved:
                with self.blaming(Run(each, run.font)):
                    _try(self.load(run, size), each, size, edge)
                self._proved.add((run.font, size, each))

    @contextmanager
    def blaming(self, run: Run) -> Iterator[None]:
        """Around what is done with a run. BadInput font_broken names font and letters if that fails."""
        try:
            yield
        except _BROKEN as error:
            path = self._paths[run.font]
            said = f"The font {path.name} can't draw {_culprit(path, run.text)}: it is damaged there."
            raise BadInput("font_broken", said, hint=_OTHER) from error

    def _font_for(self, letter: str) -> int | None:
        return next((n for n, letters in enumerate(self._letters) if ord(letter) in letters), None)


def _is_seen(letter: str) -> bool:
    return unicodedata.category(letter) not in _UNSEEN and not 0xFE00 <= ord(letter) <= 0xFE0F


def _runs_left(text: str) -> bool:
    return any(unicodedata.bidirectional(each) in _TO_THE_LEFT for each in text)


def _needs_shaping(text: str) -> bool:
    return _runs_left(text) or any(unicodedata.category(each) in _JOINED for each in text)


@cache
def _brought() -> dict[Path, Container[int]]:
    folder = Path(str(files("video_pipeline.papers"))) / "fonts"
    return {path: letters_in(path, trusted=True) for path in (folder / name for name in _BROUGHT)}


def judged(path: Path) -> Container[int]:
    """The characters of a stranger's font. BadInput font_unusable says why nothing can be written with it."""
    letters = letters_in(path)
    try:
        _try(_opened(path, _TRIED, ImageFont.Layout.BASIC), "A", _TRIED, 1)
    except _BROKEN as error:
        raise BadInput("font_unusable", f"The font {path.name} is damaged.", hint=_OTHER) from error
    return letters


def _try(font: ImageFont.FreeTypeFont, text: str, size: int, edge: int) -> None:
    left, top, right, bottom = font.getbbox(text, stroke_width=edge)
    if max(-top, bottom, -left, right / len(text)) > _REACH * size:
        raise ValueError(f"it reaches from {left}, {top} to {right}, {bottom}")
    font.getmask(text)
    font.getmask(text, stroke_width=edge)


def _culprit(path: Path, text: str) -> str:
    """The first letter that can't be drawn, or all of the text where each can."""
    for each in dict.fromkeys(text):
        try:
            _try(_opened(path, _TRIED, ImageFont.Layout.BASIC), each, _TRIED, 1)
        except _BROKEN:
            return _named(each)
    return f"\u2068{text[:60]}\u2069"


def _named(letter: str) -> str:
    return f"{letter} (U+{ord(letter):04X})"


def _opened(path: Path, size: int, engine: ImageFont.Layout) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size, layout_engine=engine)


def _lacks(letters: Sequence[str]) -> BadInput:
    unique = list(dict.fromkeys(letters))
    named = ", ".join(map(_named, unique[:_NAMED]))
    more = f" and {len(unique) - _NAMED} more" if len(unique) > _NAMED else ""
    return BadInput(
        "font_lacks_characters",
        f"No font has {named}{more}.",
        hint=_HINT,
    )
