"""What is written on a film and when: its title, titles and credits of pictures, captions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from video_pipeline.slideshow.canvas import Frame
from video_pipeline.slideshow.captions import Cue
from video_pipeline.slideshow.fonts import Fonts, plain
from video_pipeline.slideshow.lettering import Overlay, Setting, Style, drawn, prove, set_text
from video_pipeline.slideshow.manifest import Manifest
from video_pipeline.slideshow.timing import Slot

_TITLE_SECONDS: Final = 5.0
_FADE: Final = 0.2  # seconds
_SAFE: Final = 0.9  # of the frame's width; what lies outside may be cut off by a screen
_TALL_BOTTOM: Final = 0.8  # phones put their buttons over what is below


@dataclass(frozen=True)
class Note:
    """One page of text in frames `[first, last)`."""

    first: int
    last: int
    setting: Setting
    style: Style

    def strength(self, frame: int, fade: int) -> float:
        """It comes and goes softly, even if it is there for a moment only."""
        soft = max(1, min(fade, (self.last - self.first) // 2))
        return min(1.0, (frame - self.first + 1) / soft, (self.last - frame) / soft)


class Scribe:
    """Writes notes on frames, each composed when it is first seen and forgotten when it is gone."""

    def __init__(self, notes: Sequence[Note], frame: tuple[int, int], fps: int, fonts: Fonts) -> None:
        self._coming = sorted(notes, key=attrgetter("first"), reverse=True)
        self._frame, self._fonts, self._fade = frame, fonts, round(_FADE * fps)
        self._shown: list[tuple[Note, Overlay]] = []

    def write(self, number: int, into: Frame) -> None:
        """Frames are asked for in order."""
        while self._coming and self._coming[-1].first <= number:
            note = self._coming.pop()
            if number < note.last:
                self._shown.append((note, drawn(note.setting, note.style, self._frame, self._fonts)))
        self._shown = [each for each in self._shown if number < each[0].last]
        for note, overlay in self._shown:
            overlay.lay(into, note.strength(number, self._fade))


def notes_for(manifest: Manifest, slots: Sequence[Slot], cues: Sequence[Cue], fonts: Fonts) -> list[Note]:
    """`cues` are those to be burnt in. BadInput font_lacks_characters or font_broken before anything is drawn."""
    texts = [*_of_pictures(manifest, slots), *_of_captions(manifest, cues)]
    notes = [
        note
        for first, last, text, style in texts
        if (words := plain(text)) and last > first
        for note in _pages(first, last, set_text(words, style, manifest.frame, fonts), style)
    ]
    for note in notes:
        prove(note.setting, fonts)
    return notes


_Text = tuple[int, int, str, Style]


def _of_pictures(manifest: Manifest, slots: Sequence[Slot]) -> Iterator[_Text]:
    if manifest.title:
        last = min(slots[0].leaving, round(_TITLE_SECONDS * manifest.fps))
        yield 0, last, manifest.title, _title()
    for image, slot in zip(manifest.images, slots, strict=True):
        if image.title:
            yield slot.alone, slot.leaving, image.title, _name()
        if image.credit and manifest.show_credits:
            yield slot.alone, slot.leaving, image.credit, _credit()


def _of_captions(manifest: Manifest, cues: Sequence[Cue]) -> Iterator[_Text]:
    style = _caption(tall=manifest.frame[1] > manifest.frame[0])
    for cue in cues:
        first, last = (round(time * manifest.fps / 1000) for time in (cue.start, cue.end))
        yield first, last, cue.text, style


def _pages(first: int, last: int, settings: Sequence[Setting], style: Style) -> Iterator[Note]:
    """Each as long as its share of the letters."""
    weights = [sum(len(run.text) for line in each.lines for run in line) for each in settings]
    done, start = 0, first
    for setting, weight in zip(settings, weights, strict=True):
        done += weight
        end = first + round((last - first) * done / sum(weights))
        if end > start:
            yield Note(start, end, setting, style)
        start = end


def _title() -> Style:
    return Style(size=0.1, least=0.045, bottom=0.5, width=0.8, lines=3, centred=True)


def _name() -> Style:
    return Style(size=0.042, least=0.03, bottom=0.14, width=_SAFE, align="left", lines=2)


def _credit() -> Style:
    return Style(size=0.021, least=0.018, bottom=0.985, width=0.96, align="right", lines=2)


def _caption(*, tall: bool) -> Style:
    if tall:
        return Style(size=0.047, bottom=_TALL_BOTTOM, width=0.86, lines=3, ground=True)
    return Style(size=0.047, bottom=0.93, width=0.8, ground=True)
