"""Files of a project that go past the API into the bucket, in presigned parts: large pictures, long sounds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID, uuid4

from video_pipeline import layout
from video_pipeline.errors import BadInput, NotFound
from video_pipeline.model import ObjectInfo, ObjectRef, Project
from video_pipeline.ports import Ledger, Objects, UploadGrant
from video_pipeline.projects import manifests
from video_pipeline.projects.collecting import Collecting
from video_pipeline.projects.incoming import check_audio_name, check_font_name, check_size
from video_pipeline.topology import LIMITS

Kind = Literal["image", "audio", "font"]
_MOST: Final[Mapping[Kind, int]] = {
    "image": LIMITS.project_image_bytes,
    "audio": LIMITS.project_audio_bytes,
    "font": LIMITS.project_font_bytes,
}
_CHECKS: Final[Mapping[Kind, Callable[[str], None]]] = {"audio": check_audio_name, "font": check_font_name}


@dataclass(frozen=True)
class Granted:
    """`file`: its name in the project."""

    file: str
    parts: UploadGrant


class Sending:
    def __init__(
        self, ledger: Ledger, objects: Objects, collecting: Collecting, *, media_bucket: str, grant_seconds: int = 3600
    ) -> None:
        self._projects = ledger.projects
        self._objects = objects
        self._collecting = collecting
        self._bucket = media_bucket
        self._grant_seconds = grant_seconds

    def grant(self, project_id: UUID, kind: Kind, filename: str, size: int) -> Granted:
        """Where its parts are to be put. BadInput unsupported_type or upload_too_large, Conflict project_rendering."""
        manifests.at_rest(self._projects.get(project_id))
        if kind in _CHECKS:
            _CHECKS[kind](filename)
        check_size(size, _MOST[kind])
        file = layout.sent_file(uuid4(), filename)
        key = layout.project_key(project_id, file)
        kind_of = layout.content_type(key)
        parts = self._objects.presign_parts(
            self._bucket, key, size=size, content_type=kind_of, seconds=self._grant_seconds
        )
        return Granted(file, parts)

    def complete(
        self,
        project_id: UUID,
        kind: Kind,
        file: str,
        upload_id: str,
        etags: Sequence[str],
        about: Mapping[str, Any],
        by: str,
    ) -> tuple[Project, bool]:
        """As `Collecting.add_picture`. Repeatable. NotFound upload_missing, BadInput upload_parts_wrong."""
        project = self._projects.get(project_id)
        if file in manifests.files(project.manifest):
            return project, False
        _check_place(file)
        key = layout.project_key(project_id, file)
        try:
            stored = self._objects.head(self._objects.complete_parts(self._bucket, key, upload_id, etags))
        except NotFound as error:
            hint = "Ask for another one."
            raise NotFound("upload_missing", "There is no such upload of this project.", hint=hint) from error
        return self._taken(project_id, kind, file, stored, about, by)

    def _taken(
        self, project_id: UUID, kind: Kind, file: str, stored: ObjectInfo, about: Mapping[str, Any], by: str
    ) -> tuple[Project, bool]:
        try:
            check_size(stored.size, _MOST[kind])
            project, new = self._as_wished(project_id, kind, file, stored, about, by)
        except BadInput:
            self._objects.delete(self._bucket, [stored.ref.key])
            raise
        # A picture or font lies under its own name now.
        if file not in manifests.files(project.manifest):
            self._objects.delete(self._bucket, [stored.ref.key])
        return project, new

    def _as_wished(
        self, project_id: UUID, kind: Kind, file: str, stored: ObjectInfo, about: Mapping[str, Any], by: str
    ) -> tuple[Project, bool]:
        if kind == "audio":
            return self._as_audio(project_id, file, stored, by)
        name, pieces = file.rpartition("/")[2], self._objects.stream(stored.ref)
        if kind == "font":
            return self._collecting.add_font(project_id, name, pieces, by)
        return self._collecting.add_uploaded(project_id, name, pieces, about, by)

    def _as_audio(self, project_id: UUID, file: str, stored: ObjectInfo, by: str) -> tuple[Project, bool]:
        check_audio_name(file)
        project = self._collecting.name_audio(project_id, file, self._sha256(stored.ref), by)
        return project, file in manifests.files(project.manifest)

    def _sha256(self, ref: ObjectRef) -> str:
        digest = hashlib.sha256()
        for piece in self._objects.stream(ref):
            digest.update(piece)
        return digest.hexdigest()


def _check_place(file: str) -> None:
    """One of those that `grant` gives, or completing would reach other files."""
    parts = file.split("/")
    try:
        wrong = len(parts) != 3 or file != layout.sent_file(UUID(parts[1]), parts[2])
    except ValueError:
        wrong = True
    if wrong:
        raise BadInput("upload_missing", "This file was not granted.", hint="Complete it with the `file` of its grant.")
