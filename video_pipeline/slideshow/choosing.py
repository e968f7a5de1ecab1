"""When pictures without times of their own change: evenly, at pauses, with the words that they show, or on the beat."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from video_pipeline.errors import BadInput
from video_pipeline.slideshow.beat import beats_of
from video_pipeline.slideshow.manifest import Manifest
from video_pipeline.slideshow.timing import spread
from video_pipeline.slideshow.words import by_words
from video_pipeline.transcripts.model import Transcript


def timed(manifest: Manifest, sound: Path, seconds: float, transcript: Transcript | None) -> Manifest:
    """The manifest with the times that its `timing` asks for. BadInput captions_needed."""
    if manifest.timing in {None, "even"}:
        return manifest
    if manifest.timing == "beat":
        images = spread(manifest.images, beats_of(sound), 0.0, seconds)
    elif transcript is None:
        raise BadInput("captions_needed", f"Timing by {manifest.timing} needs captions.", hint="Name them.")
    elif manifest.timing == "words":
        images = by_words(manifest.images, transcript, seconds)
    else:
        images = spread(manifest.images, _begun(transcript), 0.0, seconds)
    return manifest.model_copy(update={"images": tuple(images), "timing": None})


def _begun(transcript: Transcript) -> Sequence[float]:
    return [each.start for each in transcript.segments]
