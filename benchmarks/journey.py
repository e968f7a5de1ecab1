"""Seconds from `put` to answerable: a record on the stream, until a question finds the film.

The whole system of one machine runs, warm. The limit beside it is the sum of what has to be done at least: reading the
media and embedding its passages, called directly in one process.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import boto3
import httpx
from botocore.config import Config

from benchmarks.table import print_table
from local.run import Options, System

SAMPLES = Path(__file__).parents[1] / "samples"
FILM = SAMPLES / "town-hall.mp4"


def run(system: System, http: httpx.Client, number: int) -> float:
    """One film of its own (other bytes at its end), from the record to the first answer that shows it."""
    session = boto3.session.Session("local", "local", region_name="us-east-1")
    config = Config(s3={"addressing_style": "path"}, proxies={})
    s3 = session.client("s3", endpoint_url=system.aws_endpoint_url, config=config)
    kinesis = session.client("kinesis", endpoint_url=system.aws_endpoint_url, config=config)
    key = f"bench/film-{number}.mp4"
    s3.put_object(
        Bucket="media-bucket-local", Key=key.replace(".mp4", ".vtt"), Body=FILM.with_suffix(".vtt").read_bytes()
    )
    s3.put_object(Bucket="media-bucket-local", Key=key, Body=FILM.read_bytes() + os.urandom(16))
    data = {"uri": f"s3://media-bucket-local/{key}", "title": f"Film {number}"}
    event = {"specversion": "1.0", "id": str(uuid4()), "source": "bench", "type": "video.submitted", "data": data}
    begun = time.perf_counter()
    kinesis.put_record(StreamName="ingestion-stream-local", PartitionKey=key, Data=json.dumps(event).encode())
    while not _found(http, f"Film {number}"):
        time.sleep(0.05)
    return time.perf_counter() - begun


def _found(http: httpx.Client, title: str) -> bool:
    answer = http.post("/api/v1/query", json={"query": "launch", "top_k": 50}).raise_for_status().json()
    return any(result["video"]["title"] == title for result in answer["results"])


def at_least() -> float:
    """The same work without streams, queues, ledger and object store."""
    from video_pipeline.language.minilm import MiniLm
    from video_pipeline.language.minilm_files import model_file
    from video_pipeline.language.tokens import WordPieceCounter
    from video_pipeline.media.reader import PyAvMedia
    from video_pipeline.transcripts.packing import pack
    from video_pipeline.transcripts.read import read_transcript

    model, counter, media = MiniLm(), WordPieceCounter(model_file("tokenizer.json")), PyAvMedia()
    model.embed(["warm"])
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        info = media.probe(FILM)
        media.poster(FILM, Path(folder) / "poster.jpg")
        media.thumbnails(FILM, Path(folder), every=30)
        captions = FILM.with_suffix(".vtt")
        transcript = read_transcript(captions.read_bytes(), filename=captions.name, duration=info.duration)
        model.embed([each.text for each in pack(transcript, counter.count, budget=240, minimum=40)])
        return time.perf_counter() - begun


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=int, default=5)
    count = parser.parse_args(arguments).films
    with tempfile.TemporaryDirectory(prefix="vp-bench-") as folder:
        begun = time.perf_counter()
        with System(Options(data=Path(folder) / "data", api_port=0, aws_port=0)) as system:
            started = time.perf_counter() - begun
            with httpx.Client(
                base_url=system.api_url, headers={"X-API-Key": system.api_key}, timeout=30, trust_env=False
            ) as http:
                run(system, http, 0)
                times = [run(system, http, number) for number in range(1, count + 1)]
    limit, median = at_least(), statistics.median(times)
    print_table(
        f"From put to answerable (captions beside the film; median of {count}, warm)",
        ("what", "seconds", "ratio"),
        [
            ("the same work, called directly in one process", f"{limit:.2f}", "1.0x"),
            ("record on the stream until a question finds it", f"{median:.2f}", f"{median / limit:.1f}x"),
            ("first start of the whole system", f"{started:.1f}", ""),
        ],
    )


if __name__ == "__main__":
    main()
