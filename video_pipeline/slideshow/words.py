"""A picture while it is spoken of: words of its title, query or name are looked for in what is said."""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from heapq import nsmallest
from pathlib import PurePosixPath
from typing import Final

from video_pipeline.slideshow.manifest import Image
from video_pipeline.slideshow.timing import spread
from video_pipeline.transcripts.model import Segment, Transcript

_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_STEM: Final = 6  # letters; enough to tell words apart, few enough for their endings not to matter
_CHOICE: Final = 50
_CLOSEST: Final = 1.0  # second between two changes


def by_words(images: Sequence[Image], transcript: Transcript, seconds: float) -> list[Image]:
    """The images with times, in the order in which they are spoken of; each is shown once.

    Those that nobody speaks of fill, in their own order, the times that are longest without a change.
    """
    anchors = _anchors(images, [each for each in transcript.segments if each.start < seconds])
    begins = [each.start for each in transcript.segments]
    queues = [[images[index]] for _, index in anchors]
    edges = [time for time, _ in anchors]
    if edges and edges[0] < _CLOSEST:
        edges[0] = 0.0
    else:
        edges, queues = [0.0, *edges], [[], *queues]
    spoken_of = {index for _, index in anchors}
    for index, image in enumerate(images):
        if index not in spoken_of:
            queues[_emptiest(edges, queues, seconds)].append(image)
    if not queues[0]:
        edges, queues = [0.0, *edges[2:]], queues[1:]
    return [
        each
        for queue, begin, end in zip(queues, edges, [*edges[1:], seconds], strict=True)
        for each in spread(queue, begins, begin, end)
    ]


def _emptiest(edges: Sequence[float], queues: Sequence[Sequence[Image]], seconds: float) -> int:
    lengths = [end - begin for begin, end in zip(edges, [*edges[1:], seconds], strict=True)]
    return max(range(len(queues)), key=lambda n: (lengths[n] / (len(queues[n]) + 1), -n))


def _anchors(images: Sequence[Image], segments: Sequence[Segment]) -> list[tuple[float, int]]:
    """When which image is spoken of, in order of time; the surest matches are given their place first."""
    said = [_stems(each.text) for each in segments]
    spread_over = Counter(stem for stems in said for stem in stems)
    worth = {stem: math.log(1 + len(said) / count) for stem, count in spread_over.items()}
    rated = [
        (-math.fsum(worth[stem] for stem in common), segment.start, index)
        for index, wanted in enumerate(map(_wanted, images))
        for segment, common in _best(segments, said, wanted, worth)
    ]
    placed: dict[int, float] = {}
    taken: list[float] = [-_CLOSEST, math.inf]
    for _, start, index in sorted(rated):
        after = bisect_left(taken, start)
        if index not in placed and taken[after] - start >= _CLOSEST and start - taken[after - 1] >= _CLOSEST:
            placed[index] = start
            taken.insert(after, start)
    return sorted((start, index) for index, start in placed.items())


def _best(
    segments: Sequence[Segment], said: Sequence[set[str]], wanted: set[str], worth: Mapping[str, float]
) -> Sequence[tuple[Segment, set[str]]]:
    """Of the segments that speak of a picture those that do most: any of them will do if they are many."""
    speaking = ((segment, wanted & stems) for segment, stems in zip(segments, said, strict=True) if wanted & stems)
    return nsmallest(_CHOICE, speaking, key=lambda each: (-math.fsum(worth[stem] for stem in each[1]), each[0].start))


def _wanted(image: Image) -> set[str]:
    return _stems(f"{image.title or ''} {image.query or ''}") or _stems(PurePosixPath(image.file).stem)


def _stems(text: str) -> set[str]:
    plain = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return {word[:_STEM] for word in _WORD.findall(plain.casefold().replace("_", " "))}
