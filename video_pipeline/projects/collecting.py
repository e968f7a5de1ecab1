"""Makes projects and fills them: pictures from their addresses or as files, a sound, captions.

The ledger's manifest is the project; beside its files in the bucket lies a copy, written while nobody else changes it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, Final
from uuid import UUID, uuid4

from video_pipeline import layout
from video_pipeline.errors import BadInput, BadMedia
from video_pipeline.model import ObjectRef, Project, digest, manifest_text
from video_pipeline.ports import Change, Downloads, Ledger, Objects
from video_pipeline.projects import manifests
from video_pipeline.projects.incoming import (
    Hashed,
    bounded,
    check_audio_name,
    check_font_name,
    folder_for_a_while,
    on_disk,
    pieces_of,
)
from video_pipeline.slideshow.folder import sha256_of
from video_pipeline.topology import LIMITS, SENT_SUFFIXES
from video_pipeline.transcripts.read import read_transcript

logger = logging.getLogger(__name__)
# By the first bytes; what else is taken is AVIF.
_SUFFIXES: Final = ((b"\xff\xd8\xff", ".jpg"), (b"\x89PNG", ".png"), (b"RIFF", ".webp"))
_GLANCE: Final = (64, 64)
_SCALABLE: Final = ".jpg"  # read smaller than it is


class Collecting:
    """`by` is who wishes it, for the audit trail."""

    def __init__(
        self,
        ledger: Ledger,
        objects: Objects,
        downloads: Downloads,
        *,
        media_bucket: str,
        days: int = LIMITS.project_days,
    ) -> None:
        """`days`: how long a project lives; 0: for ever."""
        self._projects = ledger.projects
        self._objects = objects
        self._downloads = downloads
        self._bucket = media_bucket
        self._days = days
        # One large picture takes 400 MB while it is looked at.
        self._looking = Lock()

    def create(self, wishes: Mapping[str, Any], by: str) -> Project:
        """`wishes`: fields of the manifest beside its files. BadInput manifest_invalid."""
        document, now = manifests.empty(wishes), datetime.now(UTC)
        project = Project(
            id=uuid4(),
            manifest=document,
            manifest_sha256=digest(manifest_text(document)),
            created_by=by,
            created_at=now,
            updated_at=now,
            expires_at=now + timedelta(days=self._days) if self._days else None,
        )
        made = self._projects.create(project)
        self._write_manifest(made.id, document)
        return made

    # ------------------------------------------------------------------------------------- pictures
    def add_from_url(self, project_id: UUID, url: str, about: Mapping[str, Any], by: str) -> tuple[Project, bool]:
        """As `add_picture`; and as `ports.Downloads` says it."""
        manifests.at_rest(self._projects.get(project_id))
        with folder_for_a_while() as folder:
            path = folder / layout.safe_key_name(url.partition("?")[0].partition("#")[0])
            self._downloads.fetch(url, path, most=LIMITS.project_image_bytes, seconds=LIMITS.image_fetch_seconds)
            fetched = {"source": url[:2000], "fetched_at": datetime.now(UTC).isoformat(timespec="seconds")}
            return self.add_picture(project_id, path, {**about, **fetched}, by)

    def add_uploaded(
        self, project_id: UUID, filename: str, pieces: Iterable[bytes], about: Mapping[str, Any], by: str
    ) -> tuple[Project, bool]:
        manifests.at_rest(self._projects.get(project_id))
        with on_disk(filename, pieces, LIMITS.project_image_bytes) as path:
            return self.add_picture(project_id, path, about, by)

    def add_picture(self, project_id: UUID, path: Path, about: Mapping[str, Any], by: str) -> tuple[Project, bool]:
        """The project, and whether the picture is new to it: the same one is in it once.

        `about`: the other fields of an image of the manifest. `BadMedia` for what is no picture, BadInput
        manifest_invalid for times that don't go with the others.
        """
        project, sha256 = self._projects.get(project_id), sha256_of(path)
        if manifests.find(project.manifest["images"], sha256):
            return project, False
        suffix = self._looked_at(path)
        file = layout.image_file(about.get("query") or path.stem, datetime.now(UTC), suffix)
        image = {"file": file, "sha256": sha256, **about}
        return self._add(project, "images", image, path, by)

    def _looked_at(self, path: Path) -> str:
        """The suffix of what it really is. To its end, or a damaged one would only be found when the film is made."""
        # With the first picture, not before: most that import this, the API's function above all, never see one.
        from video_pipeline.slideshow.pictures import photograph, size_of

        width, height = size_of(path)
        with path.open("rb") as file:
            head = file.read(4)
        suffix = next((suffix for begins, suffix in _SUFFIXES if head.startswith(begins)), ".avif")
        if suffix != _SCALABLE and width * height > LIMITS.project_image_pixels:
            most = LIMITS.project_image_pixels // 10**6
            said = f"{path.name} is {width} x {height} pixels; {most} million are the most for all but JPEG."
            raise BadMedia("image_too_large", said, hint="Shrink it, or send it as JPEG.")
        with self._looking:
            photograph(path, _GLANCE).close()
        return suffix

    # ---------------------------------------------------------------------------------------- fonts
    def add_font(self, project_id: UUID, filename: str, pieces: Iterable[bytes], by: str) -> tuple[Project, bool]:
        """The project, and whether the font is new to it. It is asked after those that are there.

        BadInput unsupported_type, font_unusable, upload_too_large or manifest_full.
        """
        check_font_name(filename)
        manifests.at_rest(self._projects.get(project_id))
        with on_disk(filename, pieces, LIMITS.project_font_bytes) as path:
            project, sha256 = self._projects.get(project_id), sha256_of(path)
            if manifests.find(project.manifest.get("fonts") or (), sha256):
                return project, False
            from video_pipeline.slideshow.fonts import judged  # as with pictures

            with self._looking:
                judged(path)
            font = {"file": layout.sent_file(uuid4(), filename), "sha256": sha256}
            return self._add(project, "fonts", font, path, by)

    def _add(
        self, project: Project, kind: manifests.Kind, given: Mapping[str, Any], path: Path, by: str
    ) -> tuple[Project, bool]:
        file: str = given["file"]
        manifests.with_one_more(project.manifest, kind, given)
        with self._kept_if_named(project.id, file):
            self._store(project.id, file, pieces_of(path))
            project = self._change(project.id, by, lambda now: _adding(now, kind, given))
        return project, file in manifests.files(project.manifest)

    # ------------------------------------------------------------------------------------ the sound
    def set_audio(self, project_id: UUID, filename: str, pieces: Iterable[bytes], by: str) -> Project:
        """In place of the one before. BadInput unsupported_type, BadMedia media_empty, BadInput upload_too_large."""
        check_audio_name(filename)
        manifests.at_rest(self._projects.get(project_id))
        file, hashed = layout.sent_file(uuid4(), filename), Hashed(bounded(pieces, LIMITS.project_audio_bytes))
        with self._kept_if_named(project_id, file):
            self._store(project_id, file, hashed)
            return self.name_audio(project_id, file, hashed.sha256, by)

    def name_audio(self, project_id: UUID, file: str, sha256: str, by: str) -> Project:
        """A file that lies there is the project's sound."""
        return self._set(project_id, "audio", {"file": file, "sha256": sha256}, by)

    def set_captions(
        self, project_id: UUID, filename: str, data: bytes, by: str, *, timing: str | None = None, **more: Any
    ) -> Project:
        """What is said. `timing`: pictures change by it. `more`: further fields of the manifest's captions.

        BadInput unsupported_captions or manifest_invalid, `BadCaptions`.
        """
        if layout.suffix_of(filename) not in SENT_SUFFIXES:
            hint = f"These are taken: {', '.join(SENT_SUFFIXES)}."
            raise BadInput("unsupported_captions", "The file's name does not end like that of captions.", hint=hint)
        read_transcript(data, filename=filename)
        file = layout.sent_file(uuid4(), filename)
        given = {"file": file, "sha256": hashlib.sha256(data).hexdigest(), **more}
        with self._kept_if_named(project_id, file):
            self._store(project_id, file, [data])
            return self._set(project_id, "captions", given, by, **({"timing": timing} if timing else {}))

    # --------------------------------------------------------------------------------- the manifest
    def replace(self, project_id: UUID, document: Mapping[str, Any], by: str) -> Project:
        """Another manifest of the same files. What it does not name any more is deleted. As `manifests.replaced`."""
        before: list[set[str]] = []

        def replacing(project: Project) -> Change | None:
            manifests.at_rest(project)
            before.append(manifests.files(project.manifest))
            following = manifests.replaced(project, document)
            return Change(following, "manifest replaced", {"images": len(following["images"])})

        project = self._change(project_id, by, replacing)
        self._forget(project_id, before[-1] - manifests.files(project.manifest))
        return project

    def _set(self, project_id: UUID, name: str, given: Mapping[str, Any], by: str, **more: Any) -> Project:
        before: list[set[str]] = []

        def setting(project: Project) -> Change | None:
            manifests.at_rest(project)
            before.append(manifests.files(project.manifest))
            known = project.manifest.get(name) or {}
            if known.get("sha256") == given["sha256"]:
                # The same file once more; what is said about it may be new.
                given_now = {**given, "file": known["file"]}
                same = manifests.with_input(project.manifest, name, given_now, **more)
                return None if same == project.manifest else Change(same, f"{name} set", {"file": known["file"]})
            following = manifests.with_input(project.manifest, name, given, **more)
            return Change(following, f"{name} set", {"file": given["file"], "sha256": given["sha256"]})

        project = self._change(project_id, by, setting)
        self._forget(project_id, before[-1] - manifests.files(project.manifest))
        return project

    def _change(self, project_id: UUID, by: str, do: Callable[[Project], Change | None]) -> Project:
        def written(project: Project) -> Change | None:
            change = do(project)
            if change is not None:
                self._write_manifest(project_id, change.manifest)
            return change

        return self._projects.change(project_id, by, written)

    # ----------------------------------------------------------------------------------- the bucket
    def _write_manifest(self, project_id: UUID, document: Mapping[str, Any]) -> None:
        text = manifest_text(document).encode()
        key = layout.manifest_key(project_id)
        self._objects.write(self._bucket, key, text, content_type=layout.content_type(key))

    def _store(self, project_id: UUID, file: str, pieces: Iterable[bytes]) -> ObjectRef:
        key = layout.project_key(project_id, file)
        return self._objects.write_stream(self._bucket, key, pieces, content_type=layout.content_type(key))

    @contextmanager
    def _kept_if_named(self, project_id: UUID, file: str) -> Iterator[None]:
        """What is stored inside stays only if the project names it in the end."""
        try:
            yield
        except Exception:
            self._forget(project_id, {file})
            raise
        if file not in manifests.files(self._projects.get(project_id).manifest):
            self._forget(project_id, {file})

    def _forget(self, project_id: UUID, files: Iterable[str]) -> None:
        keys = [layout.project_key(project_id, file) for file in sorted(files)]
        if keys:
            self._objects.delete(self._bucket, keys)


def _adding(project: Project, kind: manifests.Kind, given: Mapping[str, Any]) -> Change | None:
    manifests.at_rest(project)
    if manifests.find(project.manifest.get(kind) or (), given["sha256"]):
        return None
    detail = {name: given[name] for name in ("file", "sha256", "source") if name in given}
    return Change(manifests.with_one_more(project.manifest, kind, given), f"{kind[:-1]} added", detail)
