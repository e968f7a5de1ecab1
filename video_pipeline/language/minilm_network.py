"""The tokenizer and the network of all-MiniLM-L6-v2, loaded. Importing this imports onnx and onnxruntime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from video_pipeline.language.minilm_files import TOKENIZER, WEIGHTS, model_file
from video_pipeline.language.minilm_graph import MOST_TOKENS, build
from video_pipeline.language.wellformed import well_formed

# No language needs more characters for 256 tokens, and a tokenizer should not chew on a megabyte.
_READ_CHARS: Final = 100_000

Vector = tuple[float, ...]


class Network:
    """Checks the files of `folder` (or of the package) and loads them; may be used by many threads."""

    def __init__(self, folder: Path | None, threads: int) -> None:
        self._tokenizer = _tokenizer(model_file(TOKENIZER, folder))
        model, weights = build(load_file(model_file(WEIGHTS, folder)))
        # The session computes on the weights where they lie, so they have to live as long as it does.
        self._weights = {name: onnxruntime.OrtValue.ortvalue_from_numpy(array) for name, array in weights.items()}
        self._session = _session(model, self._weights, threads)

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """At most 256 token numbers for each text, at least two."""
        return [self._tokenizer.encode(well_formed(text[:_READ_CHARS])).ids for text in texts]

    def run(self, tokens: Sequence[Sequence[int]]) -> list[Vector]:
        """One pass through the network, padded to the longest."""
        ids = np.zeros((len(tokens), max(map(len, tokens))), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, each in enumerate(tokens):
            ids[row, : len(each)] = each
            mask[row, : len(each)] = 1
        (vectors,) = self._session.run(None, {"ids": ids, "mask": mask})
        return [tuple(row) for row in vectors.tolist()]


def _tokenizer(path: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MOST_TOKENS)
    return tokenizer


def _session(model: bytes, weights: Mapping[str, Any], threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Waiting threads would otherwise spin and take the processor from everything else on the machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_external_initializers(list(weights), list(weights.values()))
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
