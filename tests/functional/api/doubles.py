"""Objects, vectors, embeddings and messages in memory."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from video_pipeline.errors import BadInput, NotFound
from video_pipeline.extractive import terms
from video_pipeline.model import Hit, Message, ObjectInfo, ObjectRef, SearchFilter, VectorItem
from video_pipeline.ports import UploadGrant


class MemoryObjects:
    """`ports.Objects` in memory. Parts of a granted upload are put by `put_part`."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], tuple[bytes, str]] = {}
        self.parts: dict[str, list[bytes]] = {}
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

    def presign_parts(self, bucket: str, key: str, *, size: int, content_type: str, seconds: int) -> UploadGrant:
        upload_id = f"multipart-{len(self.parts)}"
        self.parts[upload_id] = []
        part_size = max(1000, -(-size // 100))
        urls = tuple(f"https://s3.example/{upload_id}/{number}" for number in range(-(-size // part_size)))
        return UploadGrant(upload_id, part_size, urls, datetime.now(UTC) + timedelta(seconds=seconds))

    def put_part(self, url: str, data: bytes) -> str:
        self.parts[url.split("/")[-2]].append(data)
        return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'

    def complete_parts(self, bucket: str, key: str, upload_id: str, etags: Sequence[str]) -> ObjectRef:
        if len(etags) != len(self.parts[upload_id]):
            raise BadInput("upload_parts_wrong", "The parts are not those named.")
        return self.write(bucket, key, b"".join(self.parts[upload_id]), content_type="video/mp4")


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
