"""A project's manifest as it grows: the document that a slideshow is rendered from, though it may lack pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from video_pipeline.errors import BadInput, Conflict
from video_pipeline.model import Project
from video_pipeline.slideshow.manifest import MOST_FONTS, MOST_IMAGES, Manifest, manifest_of

Document = Mapping[str, Any]
Kind = Literal["images", "fonts"]
_MOST: Final[Mapping[Kind, int]] = {"images": MOST_IMAGES, "fonts": MOST_FONTS}
# Stands for the pictures that are still to come, so that the rest can be looked at before.
_SOME: Final = ({"file": "images/some"},)


def empty(wishes: Document) -> dict[str, Any]:
    """BadInput manifest_invalid for wishes that no slideshow can fulfil."""
    return valid({"version": 1, **wishes, "images": []})


def valid(document: Document) -> dict[str, Any]:
    """The document. BadInput manifest_invalid says what is wrong with it."""
    manifest_of({**document, "images": document["images"] or _SOME})
    return dict(document)


def with_one_more(document: Document, kind: Kind, given: Document) -> dict[str, Any]:
    """BadInput manifest_full, or manifest_invalid for times that don't go with the others."""
    there, most = document.get(kind) or [], _MOST[kind]
    if len(there) >= most:
        hint = "Take one out, with the manifest."
        raise BadInput("manifest_full", f"The project has {most} {kind}, which are the most.", hint=hint)
    return valid({**document, kind: [*there, dict(given)]})


def with_input(document: Document, name: str, given: Document, **more: Any) -> dict[str, Any]:
    """With its `audio` or `captions`."""
    return valid({**document, name: dict(given), **more})


def complete(document: Document) -> Manifest:
    """What can be rendered. BadInput no_images or no_audio."""
    if not document["images"]:
        raise BadInput("no_images", "The project has no pictures.", hint="Add some.")
    if not document.get("audio"):
        raise BadInput("no_audio", "The project has no sound.", hint="Add it; the film is as long as it.")
    return manifest_of(document)


def replaced(project: Project, document: Document) -> dict[str, Any]:
    """Another manifest of the same files; hashes that it leaves out are filled in.

    BadInput input_unknown for a file that is none of this project's, input_changed for another hash.
    """
    known = {each["file"]: each["sha256"] for each in inputs(project.manifest)}
    manifest_of(document)
    following = {**document, "images": [_known(each, known) for each in document["images"]]}
    for name in ("audio", "captions"):
        if document.get(name):
            following[name] = _known(document[name], known)
    following["fonts"] = [_known(each, known) for each in document.get("fonts") or ()]
    return valid(
        {key: value for key, value in following.items() if value is not None and (value != [] or key == "images")}
    )


def inputs(document: Document) -> list[Document]:
    """Every file that it names."""
    single = [document[name] for name in ("audio", "captions") if document.get(name)]
    return [*document["images"], *single, *(document.get("fonts") or ())]


def files(document: Document) -> set[str]:
    return {each["file"] for each in inputs(document)}


def find(given: Iterable[Document], sha256: str) -> Document | None:
    return next((each for each in given if each["sha256"] == sha256), None)


def at_rest(project: Project) -> None:
    """Conflict project_rendering while a film is made of it."""
    if project.state == "rendering":
        raise Conflict(
            "project_rendering",
            "A film of this project is being rendered.",
            hint=f"Wait for its end, or cancel job {project.job_id}.",
        )


def _known(given: Document, known: Mapping[str, str]) -> dict[str, Any]:
    file = given["file"]
    if file not in known:
        raise BadInput("input_unknown", f"{file} is none of this project's files.", hint="Add it first.")
    if given.get("sha256") not in {None, known[file]}:
        raise BadInput("input_changed", f"{file} has another SHA-256 in this project.", hint="Leave the hash out.")
    return {**given, "sha256": known[file]}
