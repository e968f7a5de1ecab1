"""Objects, vectors, embeddings and messages in memory."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from video_pipeline.errors import BadInput, NotFound
from video_pipeline.model import Hit, Message, ObjectInfo, ObjectRef, QueueMessage, SearchFilter, VectorItem
from video_pipeline.ports import SentPart, UploadGrant
from video_pipeline.terms import terms


class MemoryObjects:
    """`ports.Objects` in memory. Parts of a granted upload are put by `put_part`."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], tuple[bytes, str]] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.largest_piece = 0

    def write(self, bucket: str, key: str, data: bytes, *, content_type: str) -> ObjectRef:
        self.kept[bucket, key] = (data, content_type)
        return self.head(ObjectRef(bucket=bucket, key=key)).ref

    def write_stream(self, bucket: str, key: str, pieces: Iterable[bytes], *, content_type: str) -> ObjectRef:
        collected = bytearray()
        for piece in pieces:
            self.largest_piece = max(self.largest_piece, len(piece))
            collected += piece
        return self.write(bucket, key, bytes(collected), content_type=content_type)

    def head(self, ref: ObjectRef) -> ObjectInfo:
        if (ref.bucket, ref.key) not in self.kept:
            raise NotFound("object_missing", f"There is no object {ref.uri}.")
        data, content_type = self.kept[ref.bucket, ref.key]
        etag = hashlib.sha256(data).hexdigest()[:32]
        return ObjectInfo(ref=ref.model_copy(update={"etag": etag}), size=len(data), content_type=content_type)

    def read(self, ref: ObjectRef, *, limit: int) -> bytes:
        self.head(ref)
        return self.kept[ref.bucket, ref.key][0]

    def stream(self, ref: ObjectRef) -> Iterator[bytes]:
        self.head(ref)
        yield self.kept[ref.bucket, ref.key][0]

    def under(self, bucket: str, prefix: str) -> Iterator[ObjectInfo]:
        for held, key in sorted(self.kept):
            if held == bucket and key.startswith(prefix):
                yield self.head(ObjectRef(bucket=bucket, key=key))

    def delete(self, bucket: str, keys: Iterable[str]) -> int:
        return sum(self.kept.pop((bucket, key), None) is not None for key in keys)

    def delete_prefix(self, bucket: str, prefix: str) -> int:
        return self.delete(bucket, [key for held, key in list(self.kept) if held == bucket and key.startswith(prefix)])

    def presign_get(self, ref: ObjectRef, *, seconds: int, filename: str | None = None) -> str:
        return f"https://{ref.bucket}.s3.example/{ref.key}?expires={seconds}&download={filename or ''}"

    def sent_parts(self, bucket: str, key: str, upload_id: str) -> list[SentPart]:
        if upload_id not in self.parts:
            raise NotFound("upload_missing", "The upload does not exist any more.")
        numbered = sorted(self.parts[upload_id].items())
        return [SentPart(number + 1, len(data), _etag(data)) for number, data in numbered]

    def presign_again(
        self, bucket: str, key: str, upload_id: str, *, size: int, numbers: Sequence[int], seconds: int
    ) -> tuple[dict[int, str], datetime]:
        if max(numbers) > -(-size // self.part_size(size)):
            raise BadInput("part_unknown", "The upload has no such part.")
        urls = {number: f"https://s3.example/{upload_id}/{number - 1}" for number in numbers}
        return urls, datetime.now(UTC) + timedelta(seconds=seconds)

    def part_size(self, size: int) -> int:
        return max(1000, -(-size // 100))

    def presign_parts(self, bucket: str, key: str, *, size: int, content_type: str, seconds: int) -> UploadGrant:
        upload_id = f"multipart-{len(self.parts)}"
        self.parts[upload_id] = {}
        part_size = self.part_size(size)
        urls = tuple(f"https://s3.example/{upload_id}/{number}" for number in range(-(-size // part_size)))
        return UploadGrant(upload_id, part_size, urls, datetime.now(UTC) + timedelta(seconds=seconds))

    def put_part(self, url: str, data: bytes) -> str:
        upload_id, number = url.split("/")[-2:]
        self.parts[upload_id][int(number)] = data
        return _etag(data)

    def complete_parts(self, bucket: str, key: str, upload_id: str, etags: Sequence[str]) -> ObjectRef:
        if len(etags) != len(self.parts[upload_id]):
            raise BadInput("upload_parts_wrong", "The parts are not those named.")
        return self.write(
            bucket, key, b"".join(data for _, data in sorted(self.parts[upload_id].items())), content_type="video/mp4"
        )


def _etag(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


class WordVectors:
    """Texts that share words are alike."""

    model = "words"
    dimensions = 64

    def embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        return [self._one(text) for text in texts]

    def _one(self, text: str) -> tuple[float, ...]:
        vector = [0.001] * self.dimensions
        for term in terms(text):
            vector[sum(map(ord, term)) % self.dimensions] += 1.0
        length = math.hypot(*vector)
        return tuple(each / length for each in vector)


class MemoryVectors:
    """`ports.VectorIndex` by brute force."""

    def __init__(self) -> None:
        self.items: dict[UUID, VectorItem] = {}

    def upsert(self, items: Sequence[VectorItem]) -> None:
        self.items |= {item.chunk_id: item for item in items}

    def query(self, vector: Sequence[float], *, limit: int, where: SearchFilter) -> list[Hit]:
        hits = [
            Hit(
                chunk_id=item.chunk_id,
                video_id=item.video_id,
                score=sum(a * b for a, b in zip(vector, item.vector, strict=True)),
            )
            for item in self.items.values()
            if (not where.video_ids or item.video_id in where.video_ids)
            and (not where.speakers or set(where.speakers) & set(item.speakers))
            and (where.date_from or "") <= item.date <= (where.date_to or "9999")
        ]
        return sorted(hits, key=lambda hit: -hit.score)[:limit]

    def clear_video(self, video_id: UUID) -> None:
        self.delete_video(video_id)

    def drop(self) -> None:
        self.items.clear()

    def delete_video(self, video_id: UUID) -> int:
        gone = [each for each, item in self.items.items() if item.video_id == video_id]
        return len([self.items.pop(each) for each in gone])


@dataclass
class Published:
    messages: list[Message] = field(default_factory=list)

    def publish(self, messages: Sequence[Message]) -> None:
        self.messages += messages


class MemoryQueue:
    """`ports.Queue` in memory: what was received is hidden until it is given back or deleted."""

    def __init__(self) -> None:
        self.waiting: list[QueueMessage] = []
        self.taken: dict[str, QueueMessage] = {}

    def send(self, body: str, *, attributes: Mapping[str, str] | None = None) -> None:
        made = str(uuid4())
        self.waiting.append(QueueMessage(id=made, receipt=made, body=body, receives=0, attributes=attributes or {}))

    def receive(self, *, most: int = 1, wait: int = 20, visibility: int | None = None) -> list[QueueMessage]:
        received, self.waiting = self.waiting[:most], self.waiting[most:]
        self.taken |= {message.receipt: message for message in received}
        return received

    def extend(self, message: QueueMessage, seconds: int) -> None:
        if seconds == 0:
            self.waiting.append(self.taken.pop(message.receipt))

    def delete(self, message: QueueMessage) -> None:
        self.taken.pop(message.receipt)

    def depth(self) -> Mapping[str, int]:
        return {"visible": len(self.waiting), "in_flight": len(self.taken), "delayed": 0}


class MemoryStreams:
    """`deadletters.Streams` in memory."""

    def __init__(self) -> None:
        self.records: dict[str, list[tuple[str, bytes]]] = {}

    def put(self, stream: str, records: Iterable[tuple[str, bytes]]) -> int:
        before = len(self.records.setdefault(stream, []))
        self.records[stream] += records
        return len(self.records[stream]) - before

    def between(self, stream: str, shard: str, first: str, last: str) -> Iterator[tuple[str, bytes]]:
        raise NotFound("records_expired", "The records are no longer on the stream.")
