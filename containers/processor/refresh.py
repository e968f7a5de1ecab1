"""`python containers/processor/refresh.py`: writes requirements.txt, what the worker needs of Pipfile.lock, by hash.

And that of the layers that the slideshow's function has, which does a part of the worker's work.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
# Named one by one, as most of the product's packages are for others. What is missing here keeps the worker from
# starting in its test. sounddevice, which pocketsphinx wants for microphones, stays away.
NEEDED: Final = (
    "annotated-types", "av", "aws-lambda-powertools", "boto3", "botocore", "certifi", "charset-normalizer",
    "cykooz-resizer", "jmespath", "numpy", "pillow", "pocketsphinx", "psycopg", "psycopg-binary", "psycopg-pool",
    "pydantic", "pydantic-core", "pydantic-settings", "python-dateutil", "python-dotenv", "s3transfer", "six",
    "typing-extensions", "typing-inspection", "urllib3",
)  # fmt: skip
MEDIA_LAYER: Final = HERE.parent.parent / "lambdas" / "media_layer"
# No slideshow listens.
NOT_IN_LAYER: Final = {"pocketsphinx"}


def main() -> None:
    locked: dict[str, Any] = json.loads((HERE.parent.parent / "Pipfile.lock").read_text(encoding="utf-8"))["default"]
    _write(HERE, [_line(name, locked[name]) for name in NEEDED])
    _write(MEDIA_LAYER, [_line(name, locked[name]) for name in NEEDED if name not in NOT_IN_LAYER])


def _write(folder: Path, lines: list[str]) -> None:
    text = "\n".join(["# Written by containers/processor/refresh.py from Pipfile.lock.", *lines])
    (folder / "requirements.txt").write_text(text + "\n", encoding="utf-8")


def _line(name: str, pinned: dict[str, Any]) -> str:
    extras = f"[{','.join(pinned['extras'])}]" if pinned.get("extras") else ""
    marker = f" ; {pinned['markers']}" if pinned.get("markers") else ""
    return " ".join([f"{name}{extras}{pinned['version']}{marker}", *(f"--hash={each}" for each in pinned["hashes"])])


if __name__ == "__main__":
    main()
