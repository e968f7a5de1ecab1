"""The code of each function as an archive that holds what its handler reaches, and no more. Standard library only."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from lib.imports import Imports

ROOT: Final = Path(__file__).resolve().parent.parent
_PRODUCT: Final = "video_pipeline"
_OWN: Final = ("lambdas", _PRODUCT)
_DATA: Final = (".sql", ".json", ".html", ".js", ".css", ".pem", ".svg", ".ttf", ".onnx")
# The oldest moment that a zip can name: the same sources give the same bytes.
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o100644


def build_all(units: Sequence[str], folder: Path) -> list[Path]:
    """`<unit>.zip` for each; an archive whose files are the same as before stays as it is."""
    imports = Imports(_file, folder / "reached.json")
    archives = [build(unit, folder / f"{unit}.zip", imports) for unit in units]
    imports.keep()
    return archives


def build(unit: str, target: Path, imports: Imports | None = None) -> Path:
    """Writes the archive of `lambdas/<unit>`; its handler is `lambdas.<unit>.handler.handler`."""
    modules = reached(f"lambdas.{unit}.handler", imports)
    files = sorted({*modules.values(), *_data_beside(modules.values())})
    contents = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in files}
    digest = _digest(contents)
    if not (target.is_file() and target.read_bytes().endswith(digest)):
        _write(target, contents, digest)
    return target


def _digest(contents: Mapping[str, bytes]) -> bytes:
    """Of names and contents; it is the comment of the archive, and so its last bytes."""
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    return hashlib.sha256(json.dumps(hashes).encode()).hexdigest().encode()


def _write(target: Path, contents: Mapping[str, bytes], digest: bytes) -> None:
    """Beside the target first: half an archive never has its name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(f".{os.getpid()}.part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.comment = digest
        for name, content in contents.items():
            entry = zipfile.ZipInfo(name, _MOMENT)
            entry.external_attr = _MODE << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    unfinished.replace(target)


def reached(module: str, imports: Imports | None = None) -> dict[str, Path]:
    """The project's own modules that importing `module`, or calling anything in them, can load; by name."""
    imports = imports or Imports(_file)
    found: dict[str, Path] = {}
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if path := imports.find(name):
            found[name] = path
            waiting += [*_packages(name), *imports.of(path)]
    return found


def _packages(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts)))


def _file(name: str) -> Path | None:
    """None for what is not ours, or no module."""
    if name.split(".", maxsplit=1)[0] not in _OWN:
        return None
    base = ROOT.joinpath(*name.split("."))
    candidates = (base.with_suffix(".py"), base / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


def _data_beside(modules: Iterable[Path]) -> Iterator[Path]:
    """Data files of the packages that are there: beside their modules, and in folders that are no packages.

    Of the product alone: below `lambdas` lies the layer, built or not, and handlers have no data.
    """
    for package in {path.parent for path in modules if path.is_relative_to(ROOT / _PRODUCT)}:
        for path in package.rglob("*"):
            if path.suffix in _DATA and path.is_file() and _belongs(path.parent, package):
                yield path


def _belongs(folder: Path, package: Path) -> bool:
    """Another package between the two would have to be reached by itself."""
    while folder != package:
        if (folder / "__init__.py").exists():
            return False
        folder = folder.parent
    return True
