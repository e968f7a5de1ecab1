"""What `projects make` was given: pictures, a sound, captions and fonts, named one by one or by a manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from video_pipeline.cli.files import existing
from video_pipeline.cli.progress import Steps
from video_pipeline.errors import BadInput

if TYPE_CHECKING:
    from video_pipeline.client import Client
    from video_pipeline.slideshow.manifest import Manifest

_WEB: Final = ("http://", "https://")
_MANIFEST: Final = "manifest.json"


@dataclass(frozen=True)
class Given:
    """All of it is there. `manifest`, if there is one, says everything else; its names are of files in `folder`."""

    pictures: Sequence[str | Path]
    audio: Path
    captions: Path | None = None
    fonts: Sequence[Path] = ()
    manifest: Manifest | None = None
    folder: Path = Path()


def given(named: Sequence[str], audio: Path | None, captions: Path | None, **wishes: str | None) -> Given:
    """`wishes` take the place of what a manifest says. BadInput names the first thing that is missing."""
    path = _manifest_in(named)
    if path is not None:
        return _of_manifest(path, audio, captions, wishes)
    if audio is None:
        raise BadInput("no_audio", "There is no sound.", hint="Name it, with --audio or in a manifest.")
    pictures = _pictures(named)
    return Given(pictures, existing(audio), existing(captions) if captions else None)


def send(api: Client, project_id: str, brought: Given, shown: Steps) -> None:
    """Into a project that is new."""
    for number, picture in enumerate(brought.pictures):
        shown.show("Sending the pictures", number / len(brought.pictures))
        api.add_image(project_id, picture)
    for number, font in enumerate(brought.fonts):
        shown.show("Sending the fonts", number / len(brought.fonts))
        api.add_font(project_id, font)
    shown.show("Sending the sound", 0.0)
    api.set_audio(project_id, brought.audio)
    if brought.captions:
        text = brought.captions.read_text(encoding="utf-8", errors="replace")
        api.set_captions(project_id, brought.captions.name, text, timing=None if brought.manifest else "pauses")
    if brought.manifest:
        sent = api.project(project_id)["manifest"]
        api.replace_manifest(project_id, _as_sent(brought, brought.manifest, sent))


def _manifest_in(named: Sequence[str]) -> Path | None:
    """A manifest says all there is, so it stands alone."""
    if len(named) != 1 or named[0].startswith(_WEB):
        return None
    path = Path(named[0])
    if path.is_dir() and (path / _MANIFEST).is_file():
        return path / _MANIFEST
    return existing(path) if path.suffix.lower() == ".json" else None


def _of_manifest(path: Path, audio: Path | None, captions: Path | None, wishes: Mapping[str, str | None]) -> Given:
    from video_pipeline.slideshow.folder import verified
    from video_pipeline.slideshow.manifest import manifest_of, read_manifest

    folder, manifest = path.parent, read_manifest(path)
    wanted = {name: wish for name, wish in wishes.items() if wish is not None}
    manifest = manifest_of({**manifest.model_dump(exclude_unset=True), **wanted})
    own = [None if audio else manifest.audio, None if captions else manifest.captions]
    verified((*manifest.images, *manifest.fonts, *filter(None, own)), folder)
    sound, said = (
        existing(flag) if flag else folder / named.file if named else None
        for flag, named in ((audio, manifest.audio), (captions, manifest.captions))
    )
    if sound is None:
        raise BadInput("no_audio", "There is no sound.", hint="Name it, with --audio or in the manifest.")
    # The same picture may stand in it more than once.
    pictures = list(dict.fromkeys(folder / each.file for each in manifest.images))
    fonts = list(dict.fromkeys(folder / each.file for each in manifest.fonts))
    return Given(pictures, sound, said, fonts, manifest, folder)


def _as_sent(brought: Given, manifest: Manifest, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest with the names that its files have in the project, which knows them by their content."""
    from video_pipeline.slideshow.folder import sha256_of

    names = {each["sha256"]: each["file"] for each in (*sent["images"], *(sent.get("fonts") or ()))}
    document = manifest.model_dump(mode="json", exclude_unset=True)
    for kind in ("images", "fonts"):
        for each in document.get(kind) or ():
            each["sha256"] = sha256_of(brought.folder / each["file"])
            each["file"] = names[each["sha256"]]
    document["audio"] = sent["audio"]
    if brought.captions:
        document["captions"] = sent["captions"] | ({"show": manifest.captions.show} if manifest.captions else {})
    return document


def _pictures(named: Sequence[str]) -> list[str | Path]:
    from video_pipeline.slideshow.folder import images_in

    found: list[str | Path] = []
    for each in named:
        path = Path(each)
        if each.startswith(_WEB):
            found.append(each)
        elif path.is_dir():
            found += [path / image.file for image in images_in(path)]
        else:
            found.append(existing(path))
    return found
