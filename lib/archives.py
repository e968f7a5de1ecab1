"""The code of each function as an archive that holds what its handler reaches, and no more. Standard library only."""

from __future__ import annotations

import ast
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
_OWN: Final = ("lambdas", "video_pipeline")
_DATA: Final = (".sql", ".json", ".html", ".js", ".css", ".pem", ".svg")
# The oldest moment that a zip can name: the same sources give the same bytes.
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o100644


def build_all(units: Sequence[str], folder: Path) -> list[Path]:
    """`<unit>.zip` for each."""
    return [build(unit, folder / f"{unit}.zip") for unit in units]


def build(unit: str, target: Path) -> Path:
    """Writes the archive of `lambdas/<unit>`; its handler is `lambdas.<unit>.handler.handler`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    modules = reached(f"lambdas.{unit}.handler")
    files = sorted({*modules.values(), *_data_beside(modules.values())})
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in files:
            entry = zipfile.ZipInfo(path.relative_to(ROOT).as_posix(), _MOMENT)
            entry.external_attr = _MODE << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return target


def reached(module: str) -> dict[str, Path]:
    """The project's own modules that importing `module`, or calling anything in them, can load; by name."""
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _file(name)
        if name in found or path is None:
            continue
        found[name] = path
        waiting += [*_packages(name), *_imported(path)]
    return found


def _packages(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts)))


def _imported(path: Path) -> Iterator[str]:
    """Also what is imported inside functions, or for types alone: a few kilobytes more are no harm."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _file(name: str) -> Path | None:
    """None for what is not ours, or no module."""
    if name.split(".", maxsplit=1)[0] not in _OWN:
        return None
    base = ROOT.joinpath(*name.split("."))
    candidates = (base.with_suffix(".py"), base / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


def _data_beside(modules: Iterable[Path]) -> Iterator[Path]:
    """Data files of the packages that are there: beside their modules, and in folders that are no packages."""
    for package in {path.parent for path in modules}:
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
