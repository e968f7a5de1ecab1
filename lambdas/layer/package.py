"""Packs python/ and minilm/ into layer.zip. Run by 2-package.sh, with Python 3.11, whose byte code Lambda reads."""

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


def main() -> int:
    if sys.version_info[:2] != (3, 11):
        sys.stderr.write("Python 3.11 is needed: its byte code is what Lambda reads. Set PYTHON.\n")
        return 1
    python, target = HERE / "python", HERE / "layer.zip"
    if not python.is_dir():
        sys.stderr.write("There is no python/ here: run 1-install.sh first.\n")
        return 1
    # Unchecked, so that neither times nor paths of this machine matter. Some packages carry files for other Pythons.
    compileall.compile_dir(
        python, quiet=2, stripdir=str(HERE), prependdir="/opt", invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
        force=True,
    )  # fmt: skip
    _pack(target)
    size = target.stat().st_size
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    sys.stdout.write(f"layer.zip {size / 1024**2:.1f} MiB, sha256 {digest}\n")
    if size > LIMIT:
        target.unlink()
        sys.stderr.write(f"That is beyond the {LIMIT // 1024**2} MiB that Lambda takes.\n")
        return 1
    return 0


def _pack(target: Path) -> None:
    files = sorted(path for folder in ("python", "minilm") for path in (HERE / folder).rglob("*") if path.is_file())
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in files:
            entry = zipfile.ZipInfo(path.relative_to(HERE).as_posix(), _MOMENT)
            entry.external_attr = 0o100755 << 16 if path.suffix == ".so" else 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())


if __name__ == "__main__":
    sys.exit(main())
