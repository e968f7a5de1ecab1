"""Transcripts of made-up meetings, as long as one likes, that always come out the same."""

from __future__ import annotations

import random
from collections.abc import Sequence
from uuid import UUID

from video_pipeline.transcripts.model import Segment, Transcript, Word

VIDEO = UUID(int=7)
SUBJECTS = {
    "budget": "budget euros costs spending invoice figures accounts savings salaries quarter".split(),  # noqa: SIM905
    "garden": "garden roses watering flowers trees hedge lawn compost seeds greenhouse".split(),  # noqa: SIM905
    "rocket": "rocket engine launch orbit fuel payload countdown thrust satellite telemetry".split(),  # noqa: SIM905
    "kitchen": "kitchen oven recipe flour baking dough butter sauce pasta seasoning".split(),  # noqa: SIM905
}
_FRAMES = (
    "We should look at the {} and then the {} before anybody talks of the {}.",
    "The {} was better than the {} last time, because of the {}.",
    "In my view the {} needs more of the {} than the {} ever did.",
    "Nobody has checked the {} against the {} since the {} came.",
)


def timed(turns: Sequence[tuple[str | None, str]], *, words: bool = False, **about: object) -> Transcript:
    """A third of a second for each word."""
    segments: list[Segment] = []
    now = 0.0
    for speaker, text in turns:
        spoken = text.split()
        each = tuple(
            Word(text=word, start=round(now + at / 3, 3), end=round(now + (at + 1) / 3, 3))
            for at, word in enumerate(spoken)
        )
        end = round(now + len(spoken) / 3, 3)
        segments.append(Segment(start=round(now, 3), end=end, text=text, speaker=speaker, words=each if words else ()))
        now = end
    fields: dict[str, object] = {"language": "en", "source": "import", "quality": "captions", "duration": now, **about}
    return Transcript.model_validate({"segments": tuple(segments), **fields})


def meeting(*subjects: str, turns: int = 40, seed: int = 1, words: bool = False) -> Transcript:
    """So many turns about each subject, by three people."""
    chance = random.Random(seed)
    said: list[tuple[str | None, str]] = []
    for subject in subjects:
        for _ in range(turns):
            frame = chance.choice(_FRAMES)
            said.append((chance.choice(("Ann", "Bob", "Cleo")), frame.format(*chance.sample(SUBJECTS[subject], 3))))
    return timed(said, words=words)
