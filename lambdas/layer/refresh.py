"""`python lambdas/layer/refresh.py`: writes requirements.txt, what functions need of Pipfile.lock, pinned by hash."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
# What only the worker, the command line or one machine uses. Whatever they alone bring along is named too.
LEFT_OUT = {
    "av", "click", "cykooz-resizer", "dnspython", "filelock", "flatbuffers", "fsspec", "hf-xet", "huggingface-hub",
    "markdown-it-py", "mdurl", "ml-dtypes", "numpy", "onnx", "onnxruntime", "pocketsphinx",
    "protobuf", "pygments", "pyyaml", "rich", "safetensors", "shellingham", "sounddevice", "typer", "uvicorn",
}  # fmt: skip


def main() -> None:
    locked: dict[str, Any] = json.loads((HERE.parent.parent / "Pipfile.lock").read_text(encoding="utf-8"))["default"]
    lines = [
        "# Written by refresh.py from Pipfile.lock.",
        *(_line(n, locked[n]) for n in sorted(locked.keys() - LEFT_OUT)),
    ]
    (HERE / "requirements.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _line(name: str, pinned: dict[str, Any]) -> str:
    extras = f"[{','.join(pinned['extras'])}]" if pinned.get("extras") else ""
    marker = f" ; {pinned['markers']}" if pinned.get("markers") else ""
    return " ".join([f"{name}{extras}{pinned['version']}{marker}", *(f"--hash={each}" for each in pinned["hashes"])])


if __name__ == "__main__":
    main()
