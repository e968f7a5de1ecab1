"""`python -m local.evaluation`: starts a system of its own, feeds it QMSum's meetings and says how well it finds.

What it does is what anybody can do with a running system: `video-pipeline evaluate --qmsum DIR`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from local.run import Options, System
from local.supervisor import CannotStart


def main() -> int:
    given = _arguments()
    try:
        with System(Options(data=given.data, api_port=0, aws_port=0), say=_say) as system:
            command = [sys.executable, "-m", "video_pipeline.cli", "--data", str(system.places.folder), "evaluate"]
            wanted = ["--qmsum", str(given.qmsum), "--split", given.split]
            return subprocess.run([*command, *wanted], check=False).returncode  # noqa: S603 - our own program
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.evaluation", description=__doc__)
    parser.add_argument(
        "--qmsum", type=Path, required=True, metavar="DIR", help="QMSum's folder with val, test or both"
    )
    parser.add_argument("--split", default="val", help="train, val or test (val)")
    parser.add_argument("--data", type=Path, default=Path(".local/evaluation"), help="where its archive is kept")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
