"""Loading the AWS bindings and writing the whole stack, beside the plain import of the same package."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence

from benchmarks.table import print_table

PLAIN = "import cdktf_cdktf_provider_aws"
LAZY = """
import pathlib, tempfile
from tests.infra.synthesis import synthesise
with tempfile.TemporaryDirectory() as folder:
    synthesise(pathlib.Path(folder), "bench")
"""


def main(arguments: Sequence[str] | None = None) -> None:
    argparse.ArgumentParser(prog="python -m benchmarks.synth", description=__doc__).parse_args(arguments)
    _seconds(LAZY)  # fills jsii's cache
    stack, plain = min(_seconds(LAZY) for _ in range(3)), _seconds(PLAIN)
    rows = [
        ["plain import of the bindings, nothing made", f"{plain:.1f}", "1.0x"],
        ["both stacks, from start to written JSON", f"{stack:.1f}", f"{plain / stack:.1f}x"],
    ]
    print_table("Writing the stack (jsii's cache warm, best of three)", ["", "seconds", "faster"], rows)


def _seconds(code: str) -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", code], check=True, stderr=subprocess.DEVNULL)
    return time.monotonic() - began


if __name__ == "__main__":
    main()
