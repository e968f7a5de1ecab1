"""The media port on PyAV."""

from __future__ import annotations

from pathlib import Path

from video_pipeline.media.audio import extract_audio
from video_pipeline.media.probe import probe
from video_pipeline.media.stills import poster, thumbnails
from video_pipeline.media.subtitles import subtitles
from video_pipeline.model import MediaInfo
from video_pipeline.ports import Progress
from video_pipeline.transcripts.model import Transcript


class PyAvMedia:
    """Implements `ports.Media`. Holds nothing, so one serves any number of threads."""

    def probe(self, path: Path) -> MediaInfo:
        return probe(path)

    def extract_audio(self, path: Path, target: Path, *, progress: Progress | None = None) -> float:
        return extract_audio(path, target, progress)

    def thumbnails(
        self, path: Path, folder: Path, *, every: float, width: int = 640, progress: Progress | None = None
    ) -> list[tuple[float, Path]]:
        return thumbnails(path, folder, every=every, width=width, progress=progress)

    def poster(self, path: Path, target: Path, *, width: int = 1280) -> bool:
        return poster(path, target, width=width)

    def subtitles(self, path: Path) -> Transcript | None:
        return subtitles(path)
