"""`video-pipeline put`: a record on a stream, byte for byte."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from video_pipeline.cli.console import say
from video_pipeline.cli.files import existing
from video_pipeline.cli.system import system_of
from video_pipeline.errors import BadInput
from video_pipeline.topology import INGESTION, LIMITS, STREAMS

_NAMES: Final = [stream.name for stream in STREAMS]
_KEY_CHARS: Final = 256


def put(
    context: typer.Context,
    record: Annotated[
        str, typer.Argument(metavar="RECORD", help="File that holds one record; - reads standard input.")
    ],
    stream: Annotated[str, typer.Option(help=f"One of {', '.join(_NAMES)}.")] = INGESTION.name,
) -> None:
    """Put a file's bytes on a stream as one record.

    They are put as they are, readable or not, under the `subject` of an event or a hash of the bytes as partition key.
    """
    from video_pipeline.aws.stream import KinesisStreams, StreamRecord

    if stream not in _NAMES:
        raise typer.BadParameter(f"{stream!r} is not one of {', '.join(_NAMES)}.", param_hint="--stream")
    content = _content(record)
    system = system_of(context)
    with system.reaching() as clients:
        publisher = KinesisStreams(clients.kinesis, system.suffix).publisher(stream)
        shard, position = publisher.put_one(StreamRecord(partition_key(content), content))
    say(f"put: {stream} {shard} {position}")


def partition_key(content: bytes) -> str:
    """The subject of what looks like an event; anything else gets a key of its own."""
    try:
        document: Any = json.loads(content)
    except (ValueError, RecursionError):
        document = None
    subject = document.get("subject") if isinstance(document, dict) else None
    if isinstance(subject, str) and subject.isprintable() and 1 <= len(subject) <= _KEY_CHARS:
        return subject
    return hashlib.sha256(content).hexdigest()


def _content(record: str) -> bytes:
    if record == "-":
        content = sys.stdin.buffer.read(LIMITS.segment_bytes + 1)
    else:
        path = existing(Path(record))
        with path.open("rb") as file:
            content = file.read(LIMITS.segment_bytes + 1)
    if not content:
        raise BadInput("record_empty", "There is nothing to put: the record is empty.")
    return content
