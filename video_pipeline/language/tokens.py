"""Counts the tokens that a BERT-like model will see, fast enough to be asked about every word of an archive."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Final

from tokenizers import Tokenizer
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from video_pipeline.errors import Misconfigured

# Bounds on what is remembered: some 20 MB at most.
_MOST_WORDS: Final = 100_000
_WORD_CHARS: Final = 32
# About how much text is looked at together; bounds the memory that counting takes.
_BLOCK_CHARS: Final = 1_000_000
# Python splits words here; the tokenizer deletes them as control characters and so joins what they stand between.
_JOINING: Final = re.compile("[\x0b\x0c\x1c-\x1f\x85]")


class WordPieceCounter:
    """Tokens of texts without special ones, exactly as many as the tokenizer makes.

    BERT's tokenizer cuts at white space before anything else. So a text has as many tokens as its words have together,
    and each word is tokenised once and remembered. Several threads may share a counter.
    """

    def __init__(self, tokenizer_file: Path) -> None:
        """`tokenizer_file`: a `tokenizer.json`. Raises `Misconfigured` when it can't be read or is not BERT's kind."""
        self._tokenizer = _load(tokenizer_file)
        self._known: dict[str, int] = {}
        self._lock = Lock()

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, in order."""
        counts: list[int] = []
        with self._lock:
            for block in _blocks(texts):
                counts += self._count(block)
        return counts

    def _count(self, texts: Sequence[str]) -> list[int]:
        known = self._known.__getitem__
        counts: list[int] = []
        unknown: list[int] = []
        for text in texts:
            try:
                counts.append(sum(map(known, _words(text))))
            except KeyError:
                unknown.append(len(counts))
                counts.append(0)
        if unknown:
            for position, count in zip(unknown, self._learn([texts[each] for each in unknown]), strict=True):
                counts[position] = count
        return counts

    def _learn(self, texts: Sequence[str]) -> list[int]:
        """Counts texts with words that are not known yet, and keeps the words that may come again."""
        split = [_words(text) for text in texts]
        fresh = list(set().union(*split) - self._known.keys())
        encoded = self._tokenizer.encode_batch_fast(fresh, add_special_tokens=False)
        self._known.update(zip(fresh, map(len, encoded), strict=True))
        counts = [sum(map(self._known.__getitem__, words)) for words in split]
        if len(self._known) > _MOST_WORDS:
            self._known.clear()
        for word in fresh:
            if len(word) > _WORD_CHARS:
                self._known.pop(word, None)
        return counts


def _words(text: str) -> list[str]:
    """What can be counted apart; the whole text where white space is not what it seems."""
    if not text.isprintable() and _JOINING.search(text):
        return [text]
    return text.split()


def _blocks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    first = size = 0
    for position, text in enumerate(texts):
        size += len(text)
        if size > _BLOCK_CHARS:
            yield texts[first : position + 1]
            first, size = position + 1, 0
    yield texts[first:]


def _load(file: Path) -> Tokenizer:
    if not file.is_file():
        raise Misconfigured("tokenizer_missing", f"There is no tokenizer at {file}.", hint="Install the model's files.")
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:  # the library has no finer class for any failure
        raise Misconfigured("tokenizer_unreadable", f"{file} can't be read as a tokenizer: {error}") from error
    if not isinstance(tokenizer.normalizer, BertNormalizer) or not isinstance(
        tokenizer.pre_tokenizer, BertPreTokenizer
    ):
        raise Misconfigured(
            "tokenizer_unsupported",
            f"{file} does not cut text at white space as BERT's tokenizer does.",
            hint="Passages are measured with a WordPiece tokenizer, such as the one of all-MiniLM-L6-v2.",
        )
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
