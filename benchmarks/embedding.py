"""Texts per second of the embedded model, beside the same network written plainly in numpy.

Both compute the same vectors; the run says how far apart they are. Texts have about 195 tokens, as passages do.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from benchmarks.table import print_table
from video_pipeline.language.minilm import MiniLm
from video_pipeline.language.minilm_files import TOKENIZER, WEIGHTS, model_file

Array = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Sequence[Sequence[float]]]

QUESTION = "What did they decide about the budget for next year?"
_SPEECH = (
    "the team decided to move the launch date because testing showed that the remote control needs another button and "
    "marketing wants a brighter colour so we agreed on yellow rubber for the first ten thousand units which will cost "
    "about twelve euros each if the supplier keeps the price we talked about in the meeting on Tuesday afternoon"
)


class PlainMiniLm:
    """The forward pass of BERT as its paper gives it, one text at a time: a peer, and an independent check."""

    def __init__(self) -> None:
        self._weights: Mapping[str, Array] = load_file(model_file(WEIGHTS))
        self._tokenizer = Tokenizer.from_file(str(model_file(TOKENIZER)))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(256)

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [self._embed(self._tokenizer.encode(text).ids) for text in texts]

    def _embed(self, ids: Sequence[int]) -> list[float]:
        weights = self._weights
        state = weights["embeddings.word_embeddings.weight"][ids]
        state = state + weights["embeddings.position_embeddings.weight"][: len(ids)]
        state = self._norm(state + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for layer in range(6):
            state = self._layer(state, f"encoder.layer.{layer}")
        mean = state.mean(axis=0)
        unit: list[float] = (mean / np.linalg.norm(mean)).tolist()
        return unit

    def _layer(self, state: Array, name: str) -> Array:
        attended = self._dense(self._attend(state, f"{name}.attention.self"), f"{name}.attention.output.dense")
        state = self._norm(attended + state, f"{name}.attention.output.LayerNorm")
        hidden = _gelu(self._dense(state, f"{name}.intermediate.dense"))
        return self._norm(self._dense(hidden, f"{name}.output.dense") + state, f"{name}.output.LayerNorm")

    def _attend(self, state: Array, name: str) -> Array:
        heads = []
        query, key, value = (self._dense(state, f"{name}.{part}") for part in ("query", "key", "value"))
        for first in range(0, 384, 32):
            own = slice(first, first + 32)
            scores = query[:, own] @ key[:, own].T / np.float32(math.sqrt(32))
            shares = np.exp(scores - scores.max(axis=1, keepdims=True))
            heads.append(shares / shares.sum(axis=1, keepdims=True) @ value[:, own])
        return np.concatenate(heads, axis=1)

    def _dense(self, state: Array, name: str) -> Array:
        result: Array = state @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return result

    def _norm(self, state: Array, name: str) -> Array:
        centred = state - state.mean(axis=1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=1, keepdims=True) + np.float32(1e-12))
        result: Array = centred / spread * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        return result


def _gelu(value: Array) -> Array:
    result: Array = value * np.float32(0.5) * (1 + _erf(value / np.float32(math.sqrt(2))))
    return result


def _erf(value: Array) -> Array:
    """Numpy has none; this is formula 7.1.26 of Abramowitz and Stegun, right to 1.5e-7."""
    size = np.abs(value)
    term = 1 / (1 + np.float32(0.3275911) * size)
    total = np.zeros_like(term)
    for factor in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        total = (total + np.float32(factor)) * term
    result: Array = np.sign(value) * (1 - total * np.exp(-size * size))
    return result


def passages(count: int, seed: int = 1) -> list[str]:
    """Made-up passages of 100 to 240 words."""
    dice, words = random.Random(seed), _SPEECH.split()
    return [" ".join(dice.choices(words, k=dice.randint(100, 240))) for _ in range(count)]


def rate(embed: Embed, texts: Sequence[str], together: int) -> float:
    """Texts per second, `together` at a time."""
    begun = time.perf_counter()
    for first in range(0, len(texts), together):
        embed(texts[first : first + together])
    return len(texts) / (time.perf_counter() - begun)


def latency(embed: Embed, times: int = 10) -> float:
    """Median milliseconds of one question."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        embed([QUESTION])
        taken.append(1000 * (time.perf_counter() - begun))
    return statistics.median(taken)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=48)
    count = parser.parse_args(arguments).texts
    texts, ours, plain = passages(count), MiniLm(), PlainMiniLm()
    few = texts[: max(1, count // 8)]
    begun = time.perf_counter()
    ours.embed([QUESTION])
    loading = time.perf_counter() - begun
    apart = np.abs(np.array(ours.embed(few)) - np.array(plain.embed(few))).max()
    ways: list[tuple[str, Embed, Sequence[str], int]] = [
        ("numpy, one by one (peer)", plain.embed, few, 1),
        ("onnxruntime, one by one", ours.embed, texts, 1),
        ("onnxruntime, 64 at a time", ours.embed, texts, 64),
    ]
    # In turns, and the best of each, so that what else the machine does falls on all alike.
    turns = [[(rate(embed, some, size), latency(embed)) for _, embed, some, size in ways] for _ in range(3)]
    best = [(max(speed for speed, _ in way), min(wait for _, wait in way)) for way in zip(*turns, strict=True)]
    print_table(
        f"Embedding (loaded in {loading:.2f} s; greatest difference of two vectors {apart:.1e})",
        ("how", "texts/s", "ratio", "a question, ms"),
        [
            (name, f"{speed:.1f}", f"{speed / best[0][0]:.1f}x", f"{wait:.1f}")
            for (name, *_), (speed, wait) in zip(ways, best, strict=True)
        ],
    )


if __name__ == "__main__":
    main()
