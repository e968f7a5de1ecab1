"""What is said, as it is shown on a film: from a file of captions to cues one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Final

from video_pipeline.errors import BadCaptions
from video_pipeline.transcripts.model import Transcript
from video_pipeline.transcripts.read import read_transcript
from video_pipeline.transcripts.writers import captions_of

_MOST_BYTES: Final = 32 * 1024**2


@dataclass(frozen=True)
class Cue:
    """Text and when it is shown, in milliseconds."""

    start: int
    end: int
    text: str


def transcript_in(path: Path) -> Transcript:
    """Whatever the project reads: WebVTT, SubRip, a transcript. BadCaptions."""
    if path.stat().st_size > _MOST_BYTES:
        raise BadCaptions("captions_too_large", f"{path.name} has more than {_MOST_BYTES // 1024**2} MiB.")
    return read_transcript(path.read_bytes(), filename=path.name)


def cues_of(transcript: Transcript, seconds: float) -> Sequence[Cue]:
    """Never two at once: what begins together is one cue, and what begins takes the place of what was there."""
    end = round(seconds * 1000)
    ordered = sorted(captions_of(transcript), key=attrgetter("start"))
    together = [list(group) for _, group in groupby(ordered, key=attrgetter("start"))]
    following = [*(group[0].start for group in together[1:]), end]
    made = [
        Cue(
            start=group[0].start,
            end=min(max(each.end for each in group), then, end),
            text="\n".join(line for each in group for line in each.lines),
        )
        for group, then in zip(together, following, strict=True)
    ]
    return [cue for cue in made if cue.end > cue.start]
