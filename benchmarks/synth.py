"""`python main.py` for the whole stack, beside the same program with the plain import of the AWS bindings."""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.table import print_table

ROOT = Path(__file__).resolve().parent.parent
LAYERS = [ROOT / "lambdas" / each for each in ("layer/layer.zip", "media_layer/packages.zip")]
OURS = ["main.py"]
# Once the package is there, `lib` leaves it, and Node, as they are.
PLAIN = ["-c", "import cdktf_cdktf_provider_aws, runpy; runpy.run_path('main.py', run_name='__main__')"]
ROUNDS = 3


def main(arguments: Sequence[str] | None = None) -> None:
    argparse.ArgumentParser(prog="python -m benchmarks.synth", description=__doc__).parse_args(arguments)
    if not all(each.exists() for each in LAYERS):
        print("Left out: the stack needs the layers of the functions (`make layer`).")
        return
    _run(OURS)  # fills the caches of jsii, Python and the archives, for both
    runs = [(_run(PLAIN), _run(OURS)) for _ in range(ROUNDS)]
    contents = {content for pair in runs for _, content in pair}
    plain, ours = ([each[0] for each in column] for column in zip(*runs, strict=True))
    ratio = statistics.median(plain) / statistics.median(ours)
    rows = [["plain import of the bindings", *_figures(plain), "1.0x"], ["main.py", *_figures(ours), f"{ratio:.1f}x"]]
    title = "Writing both stacks, from start to finished files (whole processes by turns, caches warm)"
    print_table(title, ["", "median s", "from", "to", "faster"], rows)
    print("  The files are the same." if len(contents) == 1 else "  THE FILES DIFFER.")


def _figures(seconds: Sequence[float]) -> list[str]:
    return [f"{each:.2f}" for each in (statistics.median(seconds), min(seconds), max(seconds))]


def _run(program: Sequence[str]) -> tuple[float, str]:
    """Seconds, and a hash over all files written."""
    with tempfile.TemporaryDirectory() as folder:
        surroundings = os.environ | {"ENVIRONMENT_SUFFIX": "bench", "CDKTF_OUTDIR": folder}
        surroundings.pop("PYTHONDONTWRITEBYTECODE", None)  # warm means with byte code
        began = time.monotonic()
        subprocess.run([sys.executable, *program], cwd=ROOT, env=surroundings, check=True, capture_output=True)
        return time.monotonic() - began, _hash(Path(folder))


def _hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
