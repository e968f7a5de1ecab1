"""Slideshow projects, by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from video_pipeline.client import documents
from video_pipeline.client.wire import File, Wire, part

_ROUTES: Final = {"image": "images", "audio": "audio", "font": "fonts"}


class Projects(Wire):
    """What may be done with projects. Files of more than `most_by_form` bytes go past the API, in parts."""

    most_by_form = 4 * 1024**2

    def create_project(self, title: str | None = None, **wishes: Any) -> documents.ProjectWithDetails:
        """`wishes`: how the film is to look, as the API describes it."""
        body = {name: value for name, value in {"title": title, **wishes}.items() if value is not None}
        made: documents.ProjectWithDetails = self._json("POST", "projects", body=body)
        return made

    def projects(self, most: int = 50) -> list[documents.Project]:
        """The newest first."""
        return self.items("projects", most)

    def project(self, project_id: object) -> documents.ProjectWithDetails:
        found: documents.ProjectWithDetails = self._json("GET", f"projects/{part(project_id)}")
        return found

    def add_image(self, project_id: object, image: str | Path | File, **about: Any) -> documents.ProjectWithDetails:
        """By its address (`str`), or as a file. `about`: query, provider, credit, title, start, end."""
        if isinstance(image, str):
            path = f"projects/{part(project_id)}/images"
            fetched: documents.ProjectWithDetails = self._json("POST", path, body={"url": image, **about})
            return fetched
        return self._brought(project_id, "image", image, about)

    def set_audio(self, project_id: object, sound: Path | File) -> documents.ProjectWithDetails:
        return self._brought(project_id, "audio", sound, {})

    def add_font(self, project_id: object, font: Path | File) -> documents.ProjectWithDetails:
        return self._brought(project_id, "font", font, {})

    def set_captions(
        self, project_id: object, filename: str, content: str, *, show: str = "burnt", timing: str | None = None
    ) -> documents.ProjectWithDetails:
        body = {"filename": filename, "content": content, "show": show, "timing": timing}
        changed: documents.ProjectWithDetails = self._json("PUT", f"projects/{part(project_id)}/captions", body=body)
        return changed

    def replace_manifest(self, project_id: object, manifest: Mapping[str, Any]) -> documents.ProjectWithDetails:
        path = f"projects/{part(project_id)}/manifest"
        changed: documents.ProjectWithDetails = self._json("PUT", path, body=manifest)
        return changed

    def render(self, project_id: object, *, ask: bool = False) -> documents.ProjectWithDetails:
        """`ask`: the film becomes a video of its own, which can be asked about."""
        path = f"projects/{part(project_id)}/render"
        ordered: documents.ProjectWithDetails = self._json("POST", path, body={"ask": ask})
        return ordered

    def film(self, project_id: object) -> documents.Film:
        found: documents.Film = self._json("GET", f"projects/{part(project_id)}/film")
        return found

    def audit_trail(self, project_id: object) -> list[documents.AuditEvent]:
        """The oldest first; also of a project that was removed."""
        found: list[documents.AuditEvent] = self._json("GET", f"projects/{part(project_id)}/audit")["events"]
        return found

    def remove_project(self, project_id: object) -> documents.Removal:
        gone: documents.Removal = self._json("DELETE", f"projects/{part(project_id)}")
        return gone

    def _brought(
        self, project_id: object, kind: str, file: Path | File, about: Mapping[str, Any]
    ) -> documents.ProjectWithDetails:
        if isinstance(file, Path) and file.stat().st_size > self.most_by_form:
            return self._in_parts(project_id, kind, file, about)
        path = f"projects/{part(project_id)}/{_ROUTES[kind]}"
        return self._sent(path, file, {name: str(value) for name, value in about.items()})

    def _in_parts(
        self, project_id: object, kind: str, file: Path, about: Mapping[str, Any]
    ) -> documents.ProjectWithDetails:
        """Past the API, which behind API Gateway takes no more than some megabytes at once."""
        path = f"projects/{part(project_id)}/uploads"
        wanted = {"kind": kind, "filename": file.name, "size": file.stat().st_size}
        grant = self._json("POST", path, body=wanted)
        with file.open("rb") as content:
            etags = [self._put(url, content.read(grant["part_size"])) for url in grant["urls"]]
        body = {**about, "kind": kind, "file": grant["file"], "upload_id": grant["upload_id"], "etags": etags}
        done: documents.ProjectWithDetails = self._json("POST", f"{path}/complete", body=body)
        return done

    def _sent(self, path: str, file: Path | File, fields: Mapping[str, str]) -> documents.ProjectWithDetails:
        if isinstance(file, Path):
            with file.open("rb") as content:
                return self._sent(path, (file.name, content, "application/octet-stream"), fields)
        sent: documents.ProjectWithDetails = self._form(path, fields, [("file", file)])
        return sent
