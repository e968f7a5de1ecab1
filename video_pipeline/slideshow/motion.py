"""Which part of a picture is seen when.

A motion goes from one window to another. Every window on the way is a mean of the two, so what lies in both of them
is never out of sight: that is how faces stay whole. Which windows these are follows from the shape of the picture,
what matters in it or draws the eye, how long it is seen and its turn, and from nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final, Protocol

_ZOOM_A_SECOND: Final = 0.03
_ZOOM: Final = (1.05, 1.2)
_PAN_A_SECOND: Final = 0.05  # of the window's side
_MOST_CUT: Final = 0.4  # a picture that would lose more than this share is shown whole, before its own blur
_WHOLE: Final = 0.92  # of the frame, for a picture that is shown whole: room to zoom without cutting it
_UNKNOWN: Final = 0.3  # with nothing known, the middle of this size must stay in sight
_NEARLY: Final = 0.9  # a cut that leaves this share of the height, or more, takes next to nothing away below
_DRAWN: Final = 0.9  # of the closest window, which has what draws the eye: it must stay in sight
_PANORAMA: Final = 2.0  # a picture this many times as long as it is wide is passed along
_ALONG_A_SECOND: Final = 0.2  # of the window's side
_SEEN: Final = 0.75  # how much of a panorama must pass by; else it is shown whole
_SEEN_OF_MARKED: Final = 0.4  # the same where what matters is marked, which is seen all the time
_POINT: Final = 0.1  # a point stands for an area of this size
_AIR: Final = 0.06  # of the picture, so that what matters does not touch the frame's edge
_SWING: Final = 0.75  # how far the speed swings about its mean: slow at both ends, nowhere still


@dataclass(frozen=True)
class Box:
    """A part of a picture, from its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2

    def holds(self, other: Box, slack: float = 1e-6) -> bool:
        return (
            self.x <= other.x + slack
            and self.y <= other.y + slack
            and self.x + self.width >= other.x + other.width - slack
            and self.y + self.height >= other.y + other.height - slack
        )

    def around(self, other: Box) -> Box:
        """The smallest that holds both."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        right = max(self.x + self.width, other.x + other.width)
        bottom = max(self.y + self.height, other.y + other.height)
        return Box(x, y, right - x, bottom - y)

    def between(self, other: Box, share: float) -> Box:
        """The mean of both, `share` of it the other."""
        return Box(
            self.x + (other.x - self.x) * share,
            self.y + (other.y - self.y) * share,
            self.width + (other.width - self.width) * share,
            self.height + (other.height - self.height) * share,
        )

    def moved(self, x: float, y: float) -> Box:
        return Box(self.x + x, self.y + y, self.width, self.height)

    def scaled(self, across: float, down: float) -> Box:
        return Box(self.x * across, self.y * down, self.width * across, self.height * down)


@dataclass(frozen=True)
class Motion:
    """From `start` to `end`, both in pixels of the picture; with `whole`, in the frame's, before a blurred ground."""

    start: Box
    end: Box
    whole: bool = False

    def at(self, share: float) -> Box:
        """The window when `share` of the time is over."""
        return self.start.between(self.end, eased(share))


def eased(share: float) -> float:
    """Progress of a motion that starts and ends gently: smooth to every order, and never still."""
    return share - _SWING * math.sin(2 * math.pi * share) / (2 * math.pi)


@dataclass(frozen=True)
class Face:
    """A head that was found, with hair and chin, as shares of the picture. What is not `sure` is kept where it costs
    nothing."""

    head: Box
    sure: bool


class Drawing(Protocol):
    """What draws the eye in a picture."""

    @property
    def faces(self) -> tuple[Face, ...]:
        """Empty where nobody was found, or looked for."""
        ...

    def middle(self, width: float, height: float) -> tuple[float, float]:
        """Of the window of that size in which there is most to see; all as shares of the picture."""
        ...


def motion_for(
    picture: tuple[int, int],
    frame: tuple[int, int],
    matters: tuple[Box, ...],
    seconds: float,
    turn: int,
    drawing: Drawing | None = None,
) -> Motion:
    """`picture` and `frame` as width and height; `matters` as shares of the picture; `turn` counts the slides."""
    width, height = picture
    aspect = frame[0] / frame[1]
    widest = Box(0, 0, min(width, height * aspect), min(height, width / aspect))
    faces = drawing.faces if drawing is not None and not matters else ()
    keep = _kept(matters).scaled(width, height)
    if 1 - widest.width * widest.height / (width * height) > _MOST_CUT:
        marked = keep if matters else _heads(tuple(face for face in faces if face.sure), widest, picture)
        along = _along(picture, widest, marked, seconds, turn)
        return along or _before_its_blur(frame, seconds, turn)
    heads = _heads(faces, widest, picture)
    keep = heads or keep
    if not _fit(keep, _tight(widest) if heads else widest):
        return _before_its_blur(frame, seconds, turn)
    if drawing is not None and not matters and not heads:
        keep = _up_to_the_edge(_drawn(drawing, _closer(widest, keep, seconds), picture), widest, picture)
    closest = _closer(widest, keep, seconds)
    close = _nearest(closest, keep.middle, keep, picture)
    far = _nearest(widest, _aside(widest, close, picture, seconds), keep, picture)
    return Motion(far, close) if turn % 2 == 0 else Motion(close, far)


def whole_in(picture: tuple[int, int], frame: tuple[int, int]) -> Box:
    """Where in the frame a picture stands that is shown whole."""
    scale = _WHOLE * min(frame[0] / picture[0], frame[1] / picture[1])
    width, height = picture[0] * scale, picture[1] * scale
    return Box((frame[0] - width) / 2, (frame[1] - height) / 2, width, height)


def _drawn(drawing: Drawing, closest: Box, picture: tuple[int, int]) -> Box:
    x, y = drawing.middle(closest.width / picture[0], closest.height / picture[1])
    width, height = closest.width * _DRAWN, closest.height * _DRAWN
    left = min(max(x * picture[0] - width / 2, 0.0), picture[0] - width)
    top = min(max(y * picture[1] - height / 2, 0.0), picture[1] - height)
    return Box(left, top, width, height)


def _up_to_the_edge(drawn: Box, widest: Box, picture: tuple[int, int]) -> Box:
    """Heads are cut off above. So the upper edge stays in sight, where what draws the eye does as well, or where what
    is lost below is next to nothing.
    """
    reach, room = drawn.y + drawn.height, _tight(widest).height
    if reach > room and widest.height < _NEARLY * picture[1]:
        return drawn
    return Box(drawn.x, 0, drawn.width, min(reach, room))


def _along(picture: tuple[int, int], window: Box, marked: Box | None, seconds: float, turn: int) -> Motion | None:
    """A panorama passes by at a quiet pace, as long as enough of it can be seen in the time."""
    if max(picture) < _PANORAMA * min(picture):
        return None
    wide = window.width < picture[0]
    side, length = (window.width, picture[0]) if wide else (window.height, picture[1])
    first, last = 0.0, length - side
    if marked is not None:
        begin, extent = (marked.x, marked.width) if wide else (marked.y, marked.height)
        first, last = max(first, begin + extent - side), min(last, begin)
    way = min(last - first, seconds * _ALONG_A_SECOND * side)
    if way <= 0 or (side + way) / length < (_SEEN_OF_MARKED if marked else _SEEN):
        return None
    middle = (first + last) / 2
    here, there = (
        window.moved(place, 0) if wide else window.moved(0, place) for place in (middle - way / 2, middle + way / 2)
    )
    return Motion(here, there) if turn % 2 == 0 else Motion(there, here)


def _heads(faces: tuple[Face, ...], widest: Box, picture: tuple[int, int]) -> Box | None:
    """All heads with air if they fit into a cut; else the sure ones, whether these fit or not."""
    every, sure = [face.head for face in faces], [face.head for face in faces if face.sure]
    for heads in (every, sure):
        if heads and _fit(found := _together([_area(each) for each in heads]).scaled(*picture), _tight(widest)):
            return found
    return _together(sure).scaled(*picture) if sure else None


def _tight(widest: Box) -> Box:
    """What must hold found heads, so that a cut still has room to move."""
    return widest.scaled(1 / _ZOOM[0], 1 / _ZOOM[0])


def _fit(keep: Box, window: Box) -> bool:
    return keep.width <= window.width and keep.height <= window.height


def _kept(matters: tuple[Box, ...]) -> Box:
    if not matters:
        return Box((1 - _UNKNOWN) / 2, (1 - _UNKNOWN) / 2, _UNKNOWN, _UNKNOWN)
    return _together([_area(each) for each in matters])


def _together(boxes: Sequence[Box]) -> Box:
    return reduce(Box.around, boxes)


def _area(mark: Box) -> Box:
    """A point becomes an area, and an area has air around it; nothing reaches over the picture's edge."""
    middle, width, height = mark.middle, max(mark.width + _AIR, _POINT), max(mark.height + _AIR, _POINT)
    left, top = max(0.0, middle[0] - width / 2), max(0.0, middle[1] - height / 2)
    right, bottom = min(1.0, middle[0] + width / 2), min(1.0, middle[1] + height / 2)
    return Box(left, top, right - left, bottom - top)


def _zoom(seconds: float) -> float:
    return min(max(1 + _ZOOM_A_SECOND * seconds, _ZOOM[0]), _ZOOM[1])


def _before_its_blur(frame: tuple[int, int], seconds: float, turn: int) -> Motion:
    far = Box(0, 0, *frame)
    zoom = min(_zoom(seconds), 1 / _WHOLE)
    close = Box(0, 0, frame[0] / zoom, frame[1] / zoom)
    close = close.moved((frame[0] - close.width) / 2, (frame[1] - close.height) / 2)
    return Motion(far, close, whole=True) if turn % 2 == 0 else Motion(close, far, whole=True)


def _closer(widest: Box, keep: Box, seconds: float) -> Box:
    """As close as the time allows, but not so close that what matters does not fit."""
    zoom = max(1.0, min(_zoom(seconds), widest.width / keep.width, widest.height / keep.height))
    return Box(0, 0, widest.width / zoom, widest.height / zoom)


def _aside(widest: Box, close: Box, picture: tuple[int, int], seconds: float) -> tuple[float, float]:
    """The middle from which to travel: towards the side on which there is more of the picture."""
    share = _PAN_A_SECOND * seconds
    x, y = close.middle
    toward = (1 if x < picture[0] / 2 else -1), (1 if y < picture[1] / 2 else -1)
    return x + toward[0] * share * widest.width, y + toward[1] * share * widest.height


def _nearest(window: Box, middle: tuple[float, float], keep: Box, picture: tuple[int, int]) -> Box:
    """The window moved as near to `middle` as it can be inside the picture, with all that must be kept."""
    return window.moved(
        _between(middle[0] - window.width / 2, window.width, keep.x, keep.width, picture[0]),
        _between(middle[1] - window.height / 2, window.height, keep.y, keep.height, picture[1]),
    )


def _between(wish: float, side: float, keep: float, kept: float, limit: int) -> float:
    lowest, highest = max(0.0, keep + kept - side), min(limit - side, keep)
    return min(max(wish, lowest), highest)
