"""`projects.rendering.Films` by this package's own renderer."""

from __future__ import annotations

from pathlib import Path

from video_pipeline.ports import Progress
from video_pipeline.slideshow.faces import Faces
from video_pipeline.slideshow.manifest import Manifest
from video_pipeline.slideshow.rendering import Rendered, render
from video_pipeline.slideshow.sound import seconds_of


class Slideshows:
    """Measures sounds, and renders manifests in this process."""

    def __init__(self, faces: Faces | None = None) -> None:
        self._faces = faces

    def seconds(self, sound: Path) -> float:
        return float(seconds_of(sound))

    def render(self, manifest: Manifest, folder: Path, target: Path, progress: Progress) -> Rendered:
        return render(manifest, folder, target, faces=self._faces, progress=progress)
