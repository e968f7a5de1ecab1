"""Packs what is installed in a folder into layers. Run with Python 3.11, whose byte code Lambda reads.

    package.py [FOLDER [NAME.zip=package,package,... ...] NAME.zip]

The last layer holds what the others don't name. Without arguments: layer.zip of this folder.
"""

from __future__ import annotations

import compileall
import hashlib
import sys
import zipfile
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Final

HERE: Final = Path(__file__).resolve().parent
LIMIT: Final = 50 * 1024**2
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)


def main(folder: Path = HERE, *layers: str) -> int:
    if sys.version_info[:2] != (3, 11):
        sys.stderr.write("Python 3.11 is needed: its byte code is what Lambda reads. Set PYTHON.\n")
        return 1
    python = folder / "python"
    if not python.is_dir():
        sys.stderr.write(f"There is no python/ in {folder.name}: install it first.\n")
        return 1
    # Unchecked, so that neither times nor paths of this machine matter. Some packages carry files for other Pythons.
    compileall.compile_dir(
        python, quiet=2, stripdir=str(folder), prependdir="/opt", invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
        force=True,
    )  # fmt: skip
    left = sorted(path for name in ("python", "minilm") for path in (folder / name).rglob("*") if path.is_file())
    sys.stdout.write(f"{sum(path.stat().st_size for path in left) / 1024**2:.1f} MiB when unpacked\n")
    for layer in layers or ("layer.zip",):
        name, _, named = layer.partition("=")
        chosen = [path for path in left if not named or path.relative_to(python).parts[0] in named.split(",")]
        taken = set(chosen)
        left = [path for path in left if path not in taken]
        if not _packed(folder, folder / name, chosen):
            return 1
    return 0


def _packed(folder: Path, target: Path, files: list[Path]) -> bool:
    _pack(folder, target, files)
    size = target.stat().st_size
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    sys.stdout.write(f"{target.name} {size / 1024**2:.1f} MiB, sha256 {digest}\n")
    if size > LIMIT:
        target.unlink()
        sys.stderr.write(f"That is beyond the {LIMIT // 1024**2} MiB that Lambda takes.\n")
    return size <= LIMIT


def _pack(folder: Path, target: Path, files: list[Path]) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in files:
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _MOMENT)
            entry.external_attr = 0o100755 << 16 if path.suffix == ".so" else 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())


if __name__ == "__main__":
    where, *wanted = sys.argv[1:] or [str(HERE)]
    sys.exit(main(Path(where).resolve(), *wanted))
