"""Writes text once and lays it over frames: white, outlined, on a dark ground where it must be read at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from video_pipeline.slideshow.canvas import Frame
from video_pipeline.slideshow.fonts import Fonts, Run
from video_pipeline.slideshow.sampling import Bytes

Words = NDArray[np.uint16]
_LEADING: Final = 1.25  # of the letters' size, from line to line
_OUTLINE: Final = 0.07  # of the letters' size
_GROUND: Final = 0.62  # how much of the picture a ground hides
_HALO: Final = 0.25  # of the letters' size: how far a shade reaches where there is no ground
_SHADE: Final = 0.9
_INNER: Final = 0.6  # of the letters' size, between ground and letters
_BLACK, _WHITE, _COLOURLESS = 16, 235, 128  # as limited range has them
_ONE: Final = 256
_ROUNDS: Final = 8  # halvings in search of the narrowest lines


@dataclass(frozen=True)
class Style:
    """Where and how large something is written. Sizes are shares of the frame's short side, `least` for long text.

    `bottom` is where the lowest line ends, as a share of the frame's height; the middle of the text with `centred`.
    """

    size: float
    bottom: float
    width: float
    align: Literal["left", "middle", "right"] = "middle"
    lines: int = 2
    least: float | None = None
    ground: bool = False
    centred: bool = False


@dataclass(frozen=True)
class Setting:
    """Text as it is set: lines of runs, and the letters' size in pixels."""

    lines: tuple[tuple[Run, ...], ...]
    size: int


class Overlay:
    """A text over a part of the frame."""

    def __init__(self, alpha: NDArray[np.float64], light: NDArray[np.float64], left: int, top: int) -> None:
        """Even in size and place; `light` is what is added, its share of the frame already taken off."""
        self._left, self._top = left, top
        height, width = alpha.shape
        small = alpha.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
        self._layers = [_layer(alpha, light), *[_layer(small, small * _COLOURLESS)] * 2]

    def lay(self, into: Frame, strength: float) -> None:
        """Over the frame's planes; `strength` 0..1 is how far it has appeared."""
        for number, (plane, (alpha, light)) in enumerate(zip(into, self._layers, strict=True)):
            halves = 2 if number else 1
            top, left = self._top // halves, self._left // halves
            _mix(plane[top : top + alpha.shape[0], left : left + alpha.shape[1]], alpha, light, strength)


def _layer(alpha: NDArray[np.float64], light: NDArray[np.float64]) -> tuple[Words, Words]:
    return np.rint(alpha * _ONE).astype(np.uint16), np.rint(light * _ONE).astype(np.uint16)


def _mix(part: Bytes, alpha: Words, light: Words, strength: float) -> None:
    if strength < 1:
        weight = np.uint32(round(strength * _ONE))
        alpha, light = ((each * weight) >> np.uint32(8) for each in (alpha, light))
        alpha, light = alpha.astype(np.uint16), light.astype(np.uint16)
    mixed = np.uint16(_ONE) - alpha
    mixed *= part
    mixed += light
    mixed += np.uint16(_ONE // 2)
    np.right_shift(mixed, np.uint16(8), out=mixed)
    np.copyto(part, mixed, casting="unsafe")


def set_text(text: str, style: Style, frame: tuple[int, int], fonts: Fonts) -> list[Setting]:
    """The text in pages of at most `style.lines` lines, each as large as it can be; one page if it can be smaller."""
    short = min(frame)
    size = round(style.size * short)
    least = round((style.least or style.size) * short)
    lines = _lines(text, size, style.width * frame[0], fonts)
    while len(lines) > style.lines and size > least:
        size -= 2
        lines = _lines(text, size, style.width * frame[0], fonts)
    if style.least is not None:
        return [_page(lines, size, style, frame, fonts)]
    pages = max(1, -(-len(lines) // style.lines))
    cuts = [round(len(lines) * n / pages) for n in range(pages + 1)]
    return [_page(lines[first:last], size, style, frame, fonts) for first, last in pairwise(cuts)]


def _page(lines: Sequence[str], size: int, style: Style, frame: tuple[int, int], fonts: Fonts) -> Setting:
    """Lines of about the same length are read more easily than a full one and a word."""
    text = " ".join(lines)
    narrow, wide = 0.0, style.width * frame[0]
    for _ in range(_ROUNDS if len(lines) > 1 else 0):
        tried = _lines(text, size, (narrow + wide) / 2, fonts)
        if len(tried) > len(lines):
            narrow = (narrow + wide) / 2
        else:
            wide, lines = (narrow + wide) / 2, tried
    return Setting(tuple(tuple(fonts.runs(line)) for line in lines), size)


def _lines(text: str, size: int, width: float, fonts: Fonts) -> list[str]:
    made: list[str] = []
    space = _width(" ", size, fonts)
    room = 0.0
    for word in _pieces(text, size, width, fonts):
        wide = _width(word, size, fonts)
        if made and wide + space <= room:
            made[-1] += f" {word}"
            room -= wide + space
        else:
            made.append(word)
            room = width - wide
    return made


def _pieces(text: str, size: int, width: float, fonts: Fonts) -> list[str]:
    """Words; those that are wider than a line, as scripts without spaces write them, in parts."""
    made: list[str] = []
    for word in text.split():
        part = word
        while len(part) > 1 and _width(part, size, fonts) > width:
            fits = max(1, min(len(part) - 1, int(len(part) * width / _width(part, size, fonts))))
            made.append(part[:fits])
            part = part[fits:]
        made.append(part)
    return made


def _width(text: str, size: int, fonts: Fonts) -> float:
    return sum(fonts.length(run, size) for run in fonts.runs(text))


def prove(setting: Setting, fonts: Fonts) -> None:
    """That it can be drawn. BadInput font_broken names the font that can't, and the letter."""
    for run in chain.from_iterable(setting.lines):
        fonts.prove(run, setting.size, _edge(setting.size))


def _edge(size: int) -> int:
    return max(1, round(size * _OUTLINE))


def drawn(setting: Setting, style: Style, frame: tuple[int, int], fonts: Fonts) -> Overlay:
    size = setting.size
    edge, inner, leading = _edge(size), round(size * _INNER), round(size * _LEADING)
    widths = [sum(fonts.length(run, size) for run in line) for line in setting.lines]
    width = min(frame[0], _even(max(widths) + 2 * inner))
    height = min(frame[1], _even(leading * len(widths) + inner))
    letters, outline = Image.new("L", (width, height)), Image.new("L", (width, height))
    for number, (line, wide) in enumerate(zip(setting.lines, widths, strict=True)):
        x = {"left": inner, "middle": (width - wide) / 2, "right": width - inner - wide}[style.align]
        base = inner / 2 + leading * number + size
        for run in line:
            with fonts.blaming(run):
                font = fonts.load(run, size)
                ImageDraw.Draw(outline).text((x, base), run.text, 255, font, "ls", stroke_width=edge, stroke_fill=255)
                ImageDraw.Draw(letters).text((x, base), run.text, 255, font, "ls")
            x += fonts.length(run, size)
    shade = outline.filter(ImageFilter.GaussianBlur(size * _HALO))
    alpha, light = _composed(letters, outline, _GROUND if style.ground else np.asarray(shade) / 255 * _SHADE)
    return Overlay(alpha, light, *_place((width, height), style, frame))


def _composed(
    letters: Image.Image, outline: Image.Image, ground: float | NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    white, black = np.asarray(letters) / 255, np.asarray(outline) / 255
    dark = (ground + (1 - ground) * black) * (1 - white)
    return white + dark, white * _WHITE + dark * _BLACK


def _place(size: tuple[int, int], style: Style, frame: tuple[int, int]) -> tuple[int, int]:
    margin = (1 - style.width) / 2 * frame[0]
    spare = frame[0] - size[0]
    left = {"left": margin, "middle": spare / 2, "right": spare - margin}[style.align]
    top = style.bottom * frame[1] - size[1] / (2 if style.centred else 1)
    return _even_in(left, spare), _even_in(top, frame[1] - size[1])


def _even(side: float) -> int:
    return round(side / 2 + 0.5) * 2


def _even_in(place: float, most: int) -> int:
    return int(min(max(place, 0), most) // 2) * 2
