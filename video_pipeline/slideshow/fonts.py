"""Which font writes which characters: those that the manifest names, then the one that the product brings along.

A character that none of them has is an error before anything is drawn, never an empty box in a film.
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final, NamedTuple

from PIL import ImageFont, features

from video_pipeline.errors import BadInput, Misconfigured

_BROUGHT: Final = ("DejaVuSans-Bold.ttf", "DejaVuSans.ttf")
_MOST_BYTES: Final = 32 * 1024**2
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs"})
_TO_THE_LEFT: Final = frozenset({"R", "AL", "AN"})
_JOINED: Final = frozenset({"Mn", "Mc"})
_HINT: Final = "Name one that has in the manifest's `fonts`, or show the captions as a track."
_NAMED: Final = 5  # characters that an error names


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
        """BadInput font_unusable names the one that is no TrueType font."""
        brought = _brought()
        self._paths = [*own, *brought]
        self._letters = [*(_letters_of(path) for path in own), *brought.values()]
        self._loaded: dict[tuple[int, int, bool], ImageFont.FreeTypeFont] = {}

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

    def _font_for(self, letter: str) -> int | None:
        return next((n for n, letters in enumerate(self._letters) if ord(letter) in letters), None)


def _is_seen(letter: str) -> bool:
    return unicodedata.category(letter) not in _UNSEEN and not 0xFE00 <= ord(letter) <= 0xFE0F


def _runs_left(text: str) -> bool:
    return any(unicodedata.bidirectional(each) in _TO_THE_LEFT for each in text)


def _needs_shaping(text: str) -> bool:
    return _runs_left(text) or any(unicodedata.category(each) in _JOINED for each in text)


@cache
def _brought() -> dict[Path, frozenset[int]]:
    folder = Path(str(files("video_pipeline.papers"))) / "fonts"
    return {path: _letters_of(path) for path in (folder / name for name in _BROUGHT)}


def _letters_of(path: Path) -> frozenset[int]:
    from reportlab.pdfbase.ttfonts import TTFError, TTFontFile  # a film without words does not wait for it

    unusable = BadInput(
        "font_unusable", f"{path.name} is no TrueType font that can be read.", hint="Name a .ttf file with outlines."
    )
    if path.stat().st_size > _MOST_BYTES:
        raise BadInput("font_unusable", f"{path.name} has more than {_MOST_BYTES // 1024**2} MiB.", hint="Cut it down.")
    try:
        found = frozenset(TTFontFile(str(path)).charToGlyph)
        _opened(path, 20, ImageFont.Layout.BASIC).getmask("A")
    except (TTFError, struct.error, OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise unusable from error
    if not found:
        raise unusable
    return found


def _opened(path: Path, size: int, engine: ImageFont.Layout) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size, layout_engine=engine)


def _lacks(letters: Sequence[str]) -> BadInput:
    unique = list(dict.fromkeys(letters))
    named = ", ".join(f"{each} (U+{ord(each):04X})" for each in unique[:_NAMED])
    more = f" and {len(unique) - _NAMED} more" if len(unique) > _NAMED else ""
    return BadInput(
        "font_lacks_characters",
        f"No font has {named}{more}.",
        hint=_HINT,
    )
