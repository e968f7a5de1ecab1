"""How fast transcripts are cut into passages of a token budget, beside text splitters with the same tokenizer.

    python -m benchmarks.chunking [FOLDER | FILE ...] [--budget 256]

Files: QMSum meetings, WebVTT, SubRip, the project's or Amazon Transcribe's JSON, or plain text with a segment a line.
Without any, a text is made up. Everything runs once, from cold, on one thread, the garbage collector off while the
clock runs; what is timed is CPU seconds. Splitters that are not installed are left out:
pip install langchain-text-splitters semchunk chonkie
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from benchmarks.table import print_table
from video_pipeline.language.minilm_files import TOKENIZER, model_file
from video_pipeline.language.tokens import WordPieceCounter
from video_pipeline.transcripts.model import Passage, Segment, Transcript, Word
from video_pipeline.transcripts.packing import pack
from video_pipeline.transcripts.read import read_transcript

MINIMUM = 40
# Seconds a word takes where the text has no times of its own.
PACE = 0.4
MADE_UP_CHARACTERS = 4_000_000


@dataclass(frozen=True)
class Task:
    """What everyone gets: the same texts, the same budget, the same tokenizer."""

    transcripts: list[Transcript]
    texts: list[str]
    tokenizer: Tokenizer
    tokenizer_file: Path
    budget: int

    @property
    def megabytes(self) -> float:
        return sum(len(text.encode()) for text in self.texts) / 1e6

    def count(self, text: str) -> int:
        return len(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def count_all(self, texts: Sequence[str]) -> list[int]:
        return [len(each) for each in self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]


@dataclass(frozen=True)
class Result:
    name: str
    seconds: float
    chunks: list[str]
    times: str = "none"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Speed of cutting transcripts into passages, beside text splitters.")
    parser.add_argument("paths", nargs="*", type=Path, metavar="FOLDER|FILE")
    parser.add_argument("--budget", type=int, default=256, help="tokens in a passage at most (256)")
    options = parser.parse_args(arguments)
    task, origin = _task(options.paths, options.budget)
    print(f"{task.megabytes:.2f} MB in {len(task.texts)} texts, {origin}; budget {task.budget} tokens (WordPiece)")
    # The same for all: left alone, the tokenizer takes every core for batches and one for single texts.
    with _environment(TOKENIZERS_PARALLELISM="false", RAYON_NUM_THREADS="1"):
        results = [*_ours(task), *_peers(task)]
        _report(task, _timed("tokenizer alone (limit)", lambda: _encode_everything(task)), results)
    with _environment(TOKENIZERS_PARALLELISM="true"):
        _report_parallel(task)


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    yield
    os.environ.clear()
    os.environ.update(before)


# ---------------------------------------------------------------------------------------------- input
def _task(paths: Sequence[Path], budget: int) -> tuple[Task, str]:
    file = model_file(TOKENIZER)
    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    files = [
        file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path]) if file.is_file()
    ]
    transcripts = [_read(file) for file in files] if paths else [_made_up(tokenizer)]
    texts = ["\n".join(segment.text for segment in transcript.segments) for transcript in transcripts]
    origin = f"from {len(files)} files" if paths else "made up from the tokenizer's vocabulary (no path given)"
    return Task(transcripts, texts, tokenizer, file, budget), origin


def _read(file: Path) -> Transcript:
    data = file.read_bytes()
    if file.suffix == ".json" and b'"meeting_transcripts"' in data:
        turns = json.loads(data)["meeting_transcripts"]
        return _paced((turn["speaker"], turn["content"]) for turn in turns)
    if file.suffix == ".txt":
        return _paced((None, line) for line in data.decode().splitlines())
    return read_transcript(data, filename=file.name)


def _paced(turns: Iterator[tuple[str | None, str]]) -> Transcript:
    segments: list[Segment] = []
    clock = 0.0
    for speaker, text in turns:
        if text.strip():
            end = round(clock + PACE * len(text.split()), 3)
            segments.append(Segment(start=clock, end=end, text=text.strip(), speaker=speaker))
            clock = end
    return Transcript(segments=tuple(segments), source="import")


def _made_up(tokenizer: Tokenizer) -> Transcript:
    """Turns of one to twelve sentences; words are as unequally frequent as in speech."""
    chance = random.Random(7)
    words = sorted(word for word in tokenizer.get_vocab() if word.isascii() and word.isalpha() and len(word) > 1)
    chance.shuffle(words)
    weights = [1 / (rank + 3) for rank in range(len(words))]
    turns: list[tuple[str | None, str]] = []
    length = 0
    while length < MADE_UP_CHARACTERS:
        sentences = (chance.choices(words, weights, k=chance.randint(3, 25)) for _ in range(chance.randint(1, 12)))
        turns.append((f"Speaker {chance.randint(1, 6)}", " ".join(" ".join(each) + "." for each in sentences)))
        length += len(turns[-1][1])
    return _paced(iter(turns))


def _with_words(transcript: Transcript) -> Transcript:
    return transcript.model_copy(update={"segments": tuple(map(_spoken, transcript.segments))})


def _spoken(segment: Segment) -> Segment:
    texts = segment.text.split()
    each = (segment.end - segment.start) / len(texts)
    words = (
        Word(text=text, start=segment.start + n * each, end=segment.start + (n + 1) * each)
        for n, text in enumerate(texts)
    )
    return segment.model_copy(update={"words": tuple(words), "text": " ".join(texts)})


# ------------------------------------------------------------------------------------------ measuring
def _timed(name: str, run: Callable[[], Sequence[str] | Sequence[Passage]], times: str = "none") -> Result:
    gc.collect()
    gc.disable()
    began = time.process_time()
    found = run()
    seconds = time.process_time() - began
    gc.enable()
    return Result(name, seconds, [each if isinstance(each, str) else each.text for each in found], times)


def _encode_everything(task: Task) -> list[str]:
    task.count_all(task.texts)
    return []


def _pack(task: Task, transcripts: Sequence[Transcript], count: Callable[[Sequence[str]], list[int]]) -> list[Passage]:
    minimum = min(MINIMUM, task.budget // 4)
    return [each for one in transcripts for each in pack(one, count, budget=task.budget, minimum=minimum)]


def _ours(task: Task) -> Iterator[Result]:
    counter = WordPieceCounter(task.tokenizer_file)
    yield _timed("video-pipeline", lambda: _pack(task, task.transcripts, counter.count), "segments")
    yield _timed("video-pipeline, words known", lambda: _pack(task, task.transcripts, counter.count), "segments")
    yield _timed("video-pipeline, plain tokenizer", lambda: _pack(task, task.transcripts, task.count_all), "segments")
    spoken = [_with_words(transcript) for transcript in task.transcripts]
    fresh = WordPieceCounter(task.tokenizer_file)
    yield _timed("video-pipeline, timed words", lambda: _pack(task, spoken, fresh.count), "words")


def _peers(task: Task) -> Iterator[Result]:
    for package, run in (("chonkie", _chonkie), ("semchunk", _semchunk), ("langchain-text-splitters", _langchain)):
        try:
            label = f"{package} {version(package)}"
        except PackageNotFoundError:
            print(f"{package}: not installed")
        else:
            yield from run(task, label)


def _chonkie(task: Task, label: str) -> Iterator[Result]:
    from chonkie import RecursiveChunker, SentenceChunker, TokenChunker

    tokenizer: Any = task.tokenizer
    chunkers: dict[str, Any] = {
        "Token": TokenChunker(tokenizer=tokenizer, chunk_size=task.budget, chunk_overlap=0),
        "Recursive": RecursiveChunker(tokenizer=tokenizer, chunk_size=task.budget),
        "Sentence": SentenceChunker(tokenizer=tokenizer, chunk_size=task.budget, chunk_overlap=0),
    }
    for name, chunker in chunkers.items():

        def run(chunker: Any = chunker) -> list[str]:
            return [chunk.text for text in task.texts for chunk in chunker.chunk(text)]

        yield _timed(f"{label} {name}", run)


def _semchunk(task: Task, label: str) -> Iterator[Result]:
    chunker = import_module("semchunk").chunkerify(task.count, task.budget)
    yield _timed(label, lambda: [chunk for chunks in chunker(task.texts) for chunk in chunks])


def _langchain(task: Task, label: str) -> Iterator[Result]:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=task.budget, chunk_overlap=0, length_function=task.count)
    yield _timed(f"{label} Recursive", lambda: [chunk for text in task.texts for chunk in splitter.split_text(text)])


# ------------------------------------------------------------------------------------------ reporting
def _report(task: Task, limit: Result, results: Sequence[Result]) -> None:
    head = ["", "MB/s", "x tokenizer", "chunks", "tokens", "over", "kept", "times"]
    rows = [[limit.name, f"{task.megabytes / limit.seconds:.2f}", "1.00", *[""] * 5]]
    rows += [_row(task, limit, result) for result in results]
    print_table(f"Cutting text to {task.budget} tokens, one thread", head, rows)
    print(
        "  tokens: mean of a chunk; over: chunks over budget; kept: all of the text, in order; times: of what, if any"
    )
    peers = [result.seconds for result in results if result.times == "none"]
    if peers:
        print(
            f"  video-pipeline takes 1/{min(peers) / results[0].seconds:.1f} of the time of the fastest of the others."
        )


def _row(task: Task, limit: Result, result: Result) -> list[str]:
    tokens = task.count_all(result.chunks)
    return [
        result.name,
        f"{task.megabytes / result.seconds:.2f}",
        f"{limit.seconds / result.seconds:.2f}",
        str(len(tokens)),
        f"{sum(tokens) / len(tokens):.0f}",
        str(sum(count > task.budget for count in tokens)),
        "yes" if _bare(result.chunks) == _bare(task.texts) else "no",
        result.times,
    ]


def _bare(texts: Sequence[str]) -> str:
    return "".join("".join(texts).split())


def _report_parallel(task: Task) -> None:
    counter = WordPieceCounter(task.tokenizer_file)
    began = time.perf_counter()
    _pack(task, task.transcripts, counter.count)
    seconds = time.perf_counter() - began
    cores = os.cpu_count()
    print(
        f"  With the tokenizer on all {cores} cores, by the clock: video-pipeline {task.megabytes / seconds:.2f} MB/s."
    )


if __name__ == "__main__":
    main()
