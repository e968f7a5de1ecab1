"""What was put aside: looking at dead letters without taking them away, and putting them back where they came from."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, Protocol

from video_pipeline.errors import BadInput, NotFound, PipelineError
from video_pipeline.letters import (
    SENT_AT,
    BatchInfo,
    DataObject,
    DeadLetter,
    FailedBatch,
    Outcome,
    Reason,
    RecordOrigin,
    RejectedLetter,
    parse_letter,
    read_letter,
    source_queue,
)
from video_pipeline.model import ObjectRef, QueueMessage
from video_pipeline.ports import Objects, Queue
from video_pipeline.topology import DEAD_LETTER_QUEUES, LIMITS, QUEUES, STREAM_CONSUMERS

__all__ = [
    "MOST",
    "NAMES",
    "DataObject",
    "DeadLetter",
    "DeadLetters",
    "Outcome",
    "Reason",
    "RecordOrigin",
    "RejectedLetter",
    "Streams",
]

logger = logging.getLogger(__name__)
NAMES: Final = tuple(queue.name for queue in DEAD_LETTER_QUEUES)
MOST: Final = 1_000
_PEEK_SECONDS: Final = 30
_WORK_SECONDS: Final = 120
_PER_RECEIVE: Final = 10
# Whoever else looks hides letters for a moment, and the second look waits for it.
_LOOKS: Final = 2


class Streams(Protocol):
    """The deployment's streams, by resource type."""

    def put(self, stream: str, records: Iterable[tuple[str, bytes]]) -> int:
        """Puts records (partition key and content) in order; how many."""
        ...

    def between(self, stream: str, shard: str, first: str, last: str) -> Iterator[tuple[str, bytes]]:
        """The records from one sequence number to another; `NotFound("records_expired")` when they are gone."""
        ...


class DeadLetters:
    """The dead-letter queues of one deployment. `wait` is how many seconds to listen before a queue counts as empty."""

    def __init__(self, queues: Callable[[str], Queue], streams: Streams, objects: Objects, *, wait: int = 1) -> None:
        """`queues` gives the queue of a resource type."""
        self._queues = queues
        self._streams = streams
        self._objects = objects
        self._wait = wait

    def letters(self, queue: str | None = None) -> list[DeadLetter]:
        """The letters of one queue or of all, a thousand each at most; they are hidden for as long as this takes."""
        names = [_known(queue)] if queue else list(NAMES)
        with ThreadPoolExecutor(len(names)) as pool:
            return [letter for letters in pool.map(self._peek, names) for letter in letters]

    def find(self, letter_id: str, queue: str | None = None) -> DeadLetter:
        """`NotFound("letter_missing")` if it is in none of the queues, or in another one's hands just now."""
        for _ in range(_LOOKS):
            for letter in self.letters(queue):
                if letter.id == letter_id:
                    return letter
        raise _missing(letter_id)

    def content(self, letter: DeadLetter) -> bytes:
        """The rejected record's own bytes, or the message as it is."""
        parsed = parse_letter(letter.body)
        return self._data(parsed) if isinstance(parsed, RejectedLetter) else letter.body.encode()

    def redrive(self, queue: str, letter_id: str | None = None, *, replacement: bytes | None = None) -> list[Outcome]:
        """Puts one letter, or all there are now, back where they came from, and only then deletes them.

        `replacement` takes the place of what one letter carries, mended. `NotFound("letter_missing")` as `find`.
        """
        if replacement is not None and letter_id is None:
            raise BadInput("replacement_ambiguous", "A replacement is for one letter.", hint="Name the letter.")
        source = self._queues(_known(queue))
        with self._held(source, _WORK_SECONDS) as held:
            if letter_id is not None and letter_id not in held:
                raise _missing(letter_id)
            chosen = [letter_id] if letter_id is not None else list(held)
            return [self._redrive(queue, source, held, each, replacement) for each in chosen]

    def redrive_named(self, queue: str, letter_ids: Sequence[str]) -> list[Outcome]:
        """As `redrive`; a letter that is not there, perhaps because it was redriven, is an outcome: letter_missing."""
        source = self._queues(_known(queue))
        with self._held(source, _WORK_SECONDS) as held:
            if not held.keys() >= set(letter_ids):
                self._collect(source, held, _WORK_SECONDS)
            return [
                self._redrive(queue, source, held, each, None) if each in held else _gone(queue, each)
                for each in dict.fromkeys(letter_ids)
            ]

    def depths(self) -> dict[str, Mapping[str, int]]:
        """How many messages are `visible`, `in_flight` and `delayed` in every queue, about."""
        names = [queue.name for queue in QUEUES]
        with ThreadPoolExecutor(len(names)) as pool:
            return dict(zip(names, pool.map(lambda name: self._queues(name).depth(), names), strict=True))

    # ------------------------------------------------------------------------------------------- peek
    def _peek(self, name: str) -> list[DeadLetter]:
        with self._held(self._queues(name), _PEEK_SECONDS) as held:
            return [read_letter(name, message) for message in held.values()]

    @contextmanager
    def _held(self, queue: Queue, seconds: int) -> Iterator[dict[str, QueueMessage]]:
        """Everything in the queue by id. What is still in the dictionary at the end is visible again at once."""
        held: dict[str, QueueMessage] = {}
        try:
            self._collect(queue, held, seconds)
            yield held
        finally:
            for message in held.values():
                _release(queue, message)

    def _collect(self, queue: Queue, held: dict[str, QueueMessage], seconds: int) -> None:
        while len(held) < MOST:
            received = queue.receive(most=_PER_RECEIVE, wait=self._wait, visibility=seconds)
            fresh = any(message.id not in held for message in received)
            held.update({message.id: message for message in received})
            if not fresh:
                return

    # ---------------------------------------------------------------------------------------- redrive
    def _redrive(
        self, name: str, queue: Queue, held: dict[str, QueueMessage], letter_id: str, replacement: bytes | None
    ) -> Outcome:
        message = held[letter_id]
        try:
            queue.extend(message, _WORK_SECONDS)
            records = self._put_back(name, message, replacement)
            queue.delete(message)
        except PipelineError as error:
            logger.warning("letter not redriven", extra={"letter": letter_id, "queue": name, "reason": error.code})
            return Outcome(id=letter_id, queue=name, redriven=False, code=error.code, message=str(error))
        del held[letter_id]
        return Outcome(id=letter_id, queue=name, redriven=True, records=records)

    def _put_back(self, name: str, message: QueueMessage, replacement: bytes | None) -> int:
        match parse_letter(message.body):
            case RejectedLetter() as letter:
                return self._put_record(letter, replacement)
            case FailedBatch() as failed:
                return self._put_batch(name, failed.batch, replacement)
        source = source_queue(name)
        if source is None:
            raise BadInput("source_unknown", "Nothing says where this message came from.", hint="Send it by hand.")
        own = {key: value for key, value in message.attributes.items() if key != SENT_AT}
        body = message.body if replacement is None else _text(replacement)
        self._queues(source).send(body, attributes=own | {"redrive": "true"})
        return 1

    def _put_record(self, letter: RejectedLetter, replacement: bytes | None) -> int:
        content = self._data(letter) if replacement is None else replacement
        if letter.source.stream:
            key = letter.source.partition_key or hashlib.sha256(content).hexdigest()
            return self._streams.put(letter.source.stream, [(key, content)])
        if letter.source.queue:
            self._queues(letter.source.queue).send(_text(content), attributes={"redrive": "true"})
            return 1
        raise BadInput("source_unknown", "The letter does not say where its record came from.", hint="Put it by hand.")

    def _put_batch(self, name: str, batch: BatchInfo, replacement: bytes | None) -> int:
        if batch.stream is None:
            raise BadInput("source_unknown", f"The stream {batch.stream_arn} is none of this deployment.")
        if replacement is not None and batch.size != 1:
            message = f"The letter stands for {batch.size} records, so it is unclear which one is replaced."
            raise BadInput("replacement_ambiguous", message, hint="Redrive it without, then mend what is rejected.")
        records = self._streams.between(batch.stream, batch.shard, batch.first, batch.last)
        types = next((each.event_types for each in STREAM_CONSUMERS if each.dead_letter == name), ())
        wanted = (record for record in records if not types or _event_type(record[1]) in types)
        return self._streams.put(
            batch.stream, ((key, data if replacement is None else replacement) for key, data in wanted)
        )

    def _data(self, letter: RejectedLetter) -> bytes:
        if letter.data is not None:
            try:
                return base64.b64decode(letter.data, validate=True)
            except binascii.Error as error:
                raise BadInput("letter_malformed", f"The data of letter {letter.id} is not base64.") from error
        if letter.data_object is not None:
            at = ObjectRef(bucket=letter.data_object.bucket, key=letter.data_object.key)
            return self._objects.read(at, limit=LIMITS.segment_bytes)
        message = f"The record of letter {letter.id} was not kept."
        raise BadInput("data_not_kept", message, hint="Redrive it with a replacement.")


def _release(queue: Queue, message: QueueMessage) -> None:
    try:
        queue.extend(message, 0)
    except PipelineError as error:
        logger.info("letter stays hidden for a while", extra={"letter": message.id, "reason": error.code})


def _known(queue: str) -> str:
    if queue not in NAMES:
        message = f"There is no dead-letter queue {queue!r}."
        raise BadInput("queue_unknown", message, hint=f"There are {', '.join(NAMES)}.")
    return queue


def _gone(queue: str, letter_id: str) -> Outcome:
    message = "It is not there any more, or someone else looks at it just now."
    return Outcome(id=letter_id, queue=queue, redriven=False, code="letter_missing", message=message)


def _missing(letter_id: str) -> NotFound:
    hint = "`video-pipeline dlq list` shows what is there; a letter that someone else looks at is hidden for a moment."
    return NotFound("letter_missing", f"There is no dead letter {letter_id}.", hint=hint)


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise BadInput("not_text", "A queue takes only text in UTF-8.") from error


def _event_type(data: bytes) -> str | None:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return None
    kind = document.get("type") if isinstance(document, dict) else None
    return kind if isinstance(kind, str) else None
