"""From seconds to frames: which slide is seen when, so that all of them together are as long as the sound."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from video_pipeline.errors import BadInput
from video_pipeline.slideshow.manifest import Image

_SHORTEST: Final = 0.4  # of a fair share of the time, for a slide that makes room for a sentence


@dataclass(frozen=True)
class Slot:
    """Frames `[first, last)` in which a slide can be seen, those in which it comes and goes included.

    It is alone from `alone` to `leaving`; before and after, it is blended with its neighbours.
    """

    first: int
    alone: int
    leaving: int
    last: int

    def share(self, frame: int) -> float:
        """How much of the slide's time is over, 0..1."""
        return (frame - self.first) / max(1, self.last - self.first - 1)


def slots(images: Sequence[Image], *, seconds: float, fps: int, crossfade: float) -> list[Slot]:
    """One slot for each image. The last frame ends within half a frame of the sound.

    BadInput too_many_images or images_after_sound.
    """
    total = max(1, round(seconds * fps))
    edges = [0, *_changes(images, seconds, fps), total]
    if any(after <= before for before, after in pairwise(edges)):
        raise _too_tight(images, seconds)
    fades = [0, *_fades(edges, round(crossfade * fps)), 0]
    return [
        Slot(
            first=edges[n] - fades[n] // 2,
            alone=edges[n] + (fades[n] + 1) // 2,
            leaving=edges[n + 1] - fades[n + 1] // 2,
            last=edges[n + 1] + (fades[n + 1] + 1) // 2,
        )
        for n in range(len(images))
    ]


def _changes(images: Sequence[Image], seconds: float, fps: int) -> list[int]:
    """The frames at which one slide follows another. A slide stays until the next one starts."""
    if images[0].start is None:
        return [round(seconds * fps * n / len(images)) for n in range(1, len(images))]
    return [round((each.start or 0.0) * fps) for each in images[1:]]


def _fades(edges: Sequence[int], wished: int) -> list[int]:
    """Frames of each crossfade: no slide is blended for more than half of its time."""
    lengths = [after - before for before, after in pairwise(edges)]
    return [min(wished, before // 2, after // 2) for before, after in pairwise(lengths)]


def spread(images: Sequence[Image], moments: Iterable[float], begin: float, end: float) -> list[Image]:
    """The images with times from `begin` to `end`: each about as long, changing at one of `moments` if one is near."""
    inside = sorted({each for each in moments if begin < each < end})
    share = (end - begin) / max(1, len(images))
    times = [begin]
    for number in range(1, len(images)):
        wish = begin + share * number
        least = times[-1] + (end - times[-1]) / (len(images) - number + 1) * _SHORTEST
        near = inside[bisect_left(inside, max(least, wish - share / 2)) : bisect_right(inside, wish + share / 2)]
        times.append(_nearest(near, wish))
    return [
        each.model_copy(update={"start": round(start, 3), "end": round(stop, 3)})
        for each, (start, stop) in zip(images, pairwise([*times, end]), strict=True)
    ]


def _nearest(moments: Sequence[float], wish: float) -> float:
    """`wish` itself where there is none."""
    return min(moments, key=lambda moment: abs(moment - wish)) if moments else wish


def _too_tight(images: Sequence[Image], seconds: float) -> BadInput:
    late = next((each for each in images if (each.start or 0.0) >= seconds), None)
    if late is not None:
        return BadInput(
            "images_after_sound",
            f"{late.file} starts at {late.start} s, but the sound ends at {seconds:.3f} s.",
            hint="Change its times, or use the whole sound.",
        )
    return BadInput(
        "too_many_images",
        f"{len(images)} pictures don't fit into {seconds:.3f} s of sound: some would get no frame.",
        hint="Leave some out.",
    )
