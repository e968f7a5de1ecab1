"""Where modules lie and what they import. Parsing is what takes long: its answers are kept by the file's content."""

from __future__ import annotations

import ast
import functools
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path


class Imports:
    """`find` says where a module lies, and is asked once for each.

    Notes of an earlier run are used where there are any; those that cannot be read are made anew.
    """

    def __init__(self, find: Callable[[str], Path | None], notes: Path | None = None) -> None:
        self.find = functools.cache(find)
        self._notes = notes
        self._known = _read(notes) if notes else {}
        self._used: dict[str, list[str]] = {}
        self.of = functools.cache(self._of)

    def _of(self, path: Path) -> list[str]:
        """Also what is imported inside functions, or for types alone: a few kilobytes more are no harm."""
        source = path.read_bytes()
        key = hashlib.sha256(source).hexdigest()
        names = self._known.get(key)
        self._used[key] = list(_imported(source)) if names is None else names
        return self._used[key]

    def keep(self) -> None:
        """Writes what this run has used."""
        if self._notes and self._used != self._known:
            self._notes.parent.mkdir(parents=True, exist_ok=True)
            self._notes.write_text(json.dumps(self._used), encoding="utf-8")


def _read(notes: Path) -> dict[str, list[str]]:
    try:
        known = json.loads(notes.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _imported(source: bytes) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call):
            yield from _looked_into(node)


def _looked_into(call: ast.Call) -> Iterator[str]:
    """The package whose data `importlib.resources.files("…")` finds."""
    if isinstance(call.func, ast.Name) and call.func.id == "files":
        yield from (each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str))
