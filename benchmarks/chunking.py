"""How fast transcripts are cut into passages of a token budget, beside text splitters with the same tokenizer.

    python -m benchmarks.chunking [FOLDER | FILE ...] [--budget 256]

Files: QMSum meetings, WebVTT, SubRip, the project's or Amazon Transcribe's JSON, or plain text with a segment a line.
Without any, a text is made up. All take turns three times, each time from cold, on one thread, with the garbage
collector off while the clock runs; the best of the three counts, in CPU seconds. Splitters that are not installed are
left out: pip install langchain-text-splitters semchunk chonkie
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
from video_pipeline.errors import BadCaptions
from video_pipeline.language.minilm_files import TOKENIZER, model_file
from video_pipeline.language.tokens import WordPieceCounter
from video_pipeline.transcripts.model import Passage, Segment, Transcript, Word
from video_pipeline.transcripts.packing import pack
from video_pipeline.transcripts.read import read_transcript

ROUNDS = 3
MINIMUM = 40
# Seconds a word takes where the text has no times of its own.
PACE = 0.4
MADE_UP_CHARACTERS = 1_000_000
OURS = "video-pipeline"
OURS_TIMED = f"{OURS}, timed words"
LIMIT = "tokenizer alone (limit)"

Run = Callable[[], Sequence[str]]
Count = Callable[[Sequence[str]], list[int]]


@dataclass(frozen=True)
class Task:
    """What everyone gets: the same texts, the same budget, the same tokenizer."""

    transcripts: list[Transcript]
    texts: list[str]
    tokenizer: Tokenizer
    budget: int

    @property
    def megabytes(self) -> float:
        return sum(len(text.encode()) for text in self.texts) / 1e6

    def count(self, text: str) -> int:
        return len(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def count_all(self, texts: Sequence[str]) -> list[int]:
        return [len(each) for each in self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]


@dataclass(frozen=True)
class Contestant:
    """`make` prepares one run from cold, outside of the clock. `times`: what its chunks have times of."""

    name: str
    make: Callable[[], Run]
    times: str = "none"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Speed of cutting transcripts into passages, beside text splitters.")
    parser.add_argument("paths", nargs="*", type=Path, metavar="FOLDER|FILE")
    parser.add_argument("--budget", type=int, default=256, help="tokens in a passage at most (256)")
    options = parser.parse_args(arguments)
    task, origin = _task(options.paths, options.budget)
    print(f"{task.megabytes:.2f} MB in {len(task.texts)} texts, {origin}; WordPiece tokens of MiniLM")
    # The same for all: left alone, the tokenizer takes every core for batches and one for single texts.
    with _environment(TOKENIZERS_PARALLELISM="false", RAYON_NUM_THREADS="1"):
        contestants = [Contestant(LIMIT, lambda: lambda: _only_count(task)), *_ours(task), *_peers(task)]
        _report(task, contestants, _outcomes(contestants))
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
    tokenizer = Tokenizer.from_file(str(model_file(TOKENIZER)))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    files = [file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    transcripts = list(_transcripts(files)) if paths else [_made_up(tokenizer)]
    if not any(transcript.segments for transcript in transcripts):
        raise SystemExit("There is no transcript to cut.")
    texts = ["\n".join(segment.text for segment in transcript.segments) for transcript in transcripts]
    origin = "from the files given" if paths else "made up from the tokenizer's vocabulary (no path given)"
    return Task(transcripts, texts, tokenizer, budget), origin


def _transcripts(files: Sequence[Path]) -> Iterator[Transcript]:
    for file in files:
        if file.suffix in {".json", ".vtt", ".srt", ".txt"}:
            try:
                yield _read(file)
            except BadCaptions as error:
                print(f"left out: {file.name}: {error.message}")


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


# ---------------------------------------------------------------------------------------- contestants
def _only_count(task: Task) -> list[str]:
    task.count_all(task.texts)
    return []


def _ours(task: Task) -> Iterator[Contestant]:
    spoken = [_with_words(transcript) for transcript in task.transcripts]
    used = _fresh()
    used(task.texts)
    yield Contestant(OURS, lambda: _packing(task, task.transcripts, _fresh()), "segments")
    yield Contestant(f"{OURS}, words known", lambda: _packing(task, task.transcripts, used), "segments")
    yield Contestant(f"{OURS}, plain tokenizer", lambda: _packing(task, task.transcripts, task.count_all), "segments")
    yield Contestant(OURS_TIMED, lambda: _packing(task, spoken, _fresh()), "words")


def _fresh() -> Count:
    return WordPieceCounter(model_file(TOKENIZER)).count


def _packing(task: Task, transcripts: Sequence[Transcript], count: Count) -> Run:
    return lambda: [passage.text for passage in _pack(task, transcripts, count)]


def _pack(task: Task, transcripts: Sequence[Transcript], count: Count) -> list[Passage]:
    minimum = min(MINIMUM, task.budget // 4)
    return [each for one in transcripts for each in pack(one, count, budget=task.budget, minimum=minimum)]


def _peers(task: Task) -> Iterator[Contestant]:
    for package, peers in (("chonkie", _chonkie), ("semchunk", _semchunk), ("langchain-text-splitters", _langchain)):
        try:
            label = f"{package} {version(package)}"
        except PackageNotFoundError:
            print(f"{package}: not installed")
        else:
            yield from peers(task, label)


def _chonkie(task: Task, label: str) -> Iterator[Contestant]:
    from chonkie import RecursiveChunker, SentenceChunker, TokenChunker

    def running(chunker: Any) -> Run:
        return lambda: [chunk.text for text in task.texts for chunk in chunker.chunk(text)]

    tokenizer: Any = task.tokenizer
    size = task.budget
    yield Contestant(f"{label} Token", lambda: running(TokenChunker(tokenizer, size, 0)))
    yield Contestant(f"{label} Recursive", lambda: running(RecursiveChunker(tokenizer, size)))
    yield Contestant(f"{label} Sentence", lambda: running(SentenceChunker(tokenizer, size, 0)))


def _semchunk(task: Task, label: str) -> Iterator[Contestant]:
    def make() -> Run:
        # Its memory of texts hangs on the function that counts, so each run gets one of its own.
        def count(text: str) -> int:
            return task.count(text)

        chunker = import_module("semchunk").chunkerify(count, task.budget)
        return lambda: [chunk for chunks in chunker(task.texts) for chunk in chunks]

    yield Contestant(label, make)


def _langchain(task: Task, label: str) -> Iterator[Contestant]:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    def make() -> Run:
        splitter = RecursiveCharacterTextSplitter(chunk_size=task.budget, chunk_overlap=0, length_function=task.count)
        return lambda: [chunk for text in task.texts for chunk in splitter.split_text(text)]

    yield Contestant(f"{label} Recursive", make)


# ------------------------------------------------------------------------------- measuring, reporting
@dataclass
class Outcome:
    seconds: float = float("inf")
    chunks: Sequence[str] = ()


def _outcomes(contestants: Sequence[Contestant]) -> dict[str, Outcome]:
    outcomes = {contestant.name: Outcome() for contestant in contestants}
    for _ in range(ROUNDS):
        for contestant in contestants:
            seconds, chunks = _clocked(contestant.make())
            best = min(seconds, outcomes[contestant.name].seconds)
            outcomes[contestant.name] = Outcome(best, chunks)
    return outcomes


def _clocked(run: Run) -> tuple[float, Sequence[str]]:
    gc.collect()
    gc.disable()
    began = time.process_time()
    chunks = run()
    seconds = time.process_time() - began
    gc.enable()
    return seconds, chunks


def _report(task: Task, contestants: Sequence[Contestant], outcomes: dict[str, Outcome]) -> None:
    head = ["", "MB/s", "x limit", "chunks", "tokens", "over", "kept", "times"]
    limit = outcomes[LIMIT].seconds
    rows: list[list[str]] = []
    for name, times in ((each.name, each.times) for each in contestants):
        seconds = outcomes[name].seconds
        quality = [*_quality(task, outcomes[name].chunks), times] if name != LIMIT else [""] * 5
        rows.append([name, f"{task.megabytes / seconds:.2f}", f"{limit / seconds:.2f}", *quality])
    print_table(f"Cutting text to {task.budget} tokens, one thread", head, rows)
    print("  tokens: mean of a chunk; over: chunks over budget; kept: all of the text, in order; times: of what")
    peers = [outcome.seconds for name, outcome in outcomes.items() if not name.startswith((OURS, LIMIT))]
    for name in (OURS, OURS_TIMED) if peers else ():
        print(f"  {name}: {min(peers) / outcomes[name].seconds:.1f} x the fastest of the others")


def _quality(task: Task, chunks: Sequence[str]) -> list[str]:
    tokens = task.count_all(chunks)
    kept = "yes" if _bare(chunks) == _bare(task.texts) else "no"
    over = sum(count > task.budget for count in tokens)
    return [str(len(tokens)), f"{sum(tokens) / len(tokens):.0f}", str(over), kept]


def _bare(texts: Sequence[str]) -> str:
    return "".join("".join(texts).split())


def _report_parallel(task: Task) -> None:
    run = _packing(task, task.transcripts, _fresh())
    began = time.perf_counter()
    run()
    speed = task.megabytes / (time.perf_counter() - began)
    print(f"  With the tokenizer on all {os.cpu_count()} cores, by the clock: {OURS} {speed:.2f} MB/s")


if __name__ == "__main__":
    main()
