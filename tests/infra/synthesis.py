"""A stack as Terraform reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib import ROOT  # noqa: F401 (before cdktf)
from video_pipeline.topology import FUNCTIONS


@dataclass(frozen=True)
class Synthesised:
    """A stack as Terraform reads it."""

    document: Mapping[str, Any]
    path: Path

    def beside(self, name: str) -> Synthesised:
        """The stack `name` of the same suffix."""
        folder = self.path.parent
        return read(folder.parent / folder.name.replace("tap-", f"{name}-", 1) / self.path.name)

    def resources(self, kind: str) -> dict[str, Any]:
        """By id."""
        found: dict[str, Any] = self.document["resource"].get(kind, {})
        return found

    @property
    def every(self) -> list[tuple[str, str, Any]]:
        """Kind, id and content of each resource."""
        return [
            (kind, name, content) for kind, all_ in self.document["resource"].items() for name, content in all_.items()
        ]


def synthesise(
    folder: Path,
    suffix: str,
    *,
    layers: tuple[Path, ...] | None = None,
    dashboard: Path | None = None,
    **settings: Any,
) -> Synthesised:
    """The main stack; without layers with stand-ins for layers and archives, whose content is tested elsewhere.

    `layers`: the one of most functions first.
    """
    from cdktf import App

    from lib.archives import build_all
    from lib.artifacts import Artifacts
    from lib.environments import environment_for
    from lib.naming import Names
    from main import compose

    folder.mkdir(parents=True, exist_ok=True)
    if layers is None:
        layers = tuple(folder / f"{name}.zip" for name in ("layer", "codecs", "packages"))
        for path in (*layers, *(folder / f"{each.unit}.zip" for each in FUNCTIONS)):
            path.write_bytes(b"PK\x05\x06" + bytes(18))
    else:
        build_all([each.unit for each in FUNCTIONS], folder)
    app = App(outdir=str(folder / "cdktf.out"))
    artifacts = Artifacts(layers[0], layers[1:], folder, dashboard)
    compose(app, Names(suffix), environment_for(suffix, settings), artifacts)
    app.synth()
    path = folder / "cdktf.out" / "stacks" / f"tap-{suffix}" / "cdk.tf.json"
    return read(path)


def read(path: Path) -> Synthesised:
    return Synthesised(json.loads(path.read_text(encoding="utf-8")), path)


def build_of(folder: Path) -> Path:
    """A dashboard's build as Vite leaves it."""
    (folder / "assets").mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(
        '<!doctype html><head><base href="/" /><script type="module" src="./assets/index-1a2b.js"></script></head>',
        encoding="utf-8",
    )
    (folder / "icon.svg").write_text("<svg/>", encoding="utf-8")
    (folder / "assets" / "index-1a2b.js").write_text("started()", encoding="utf-8")
    (folder / ".vite").mkdir(exist_ok=True)
    (folder / ".vite" / "manifest.json").write_text("{}", encoding="utf-8")
    (folder / "assets" / "index-3c4d.css").write_text("body{}", encoding="utf-8")
    return folder
