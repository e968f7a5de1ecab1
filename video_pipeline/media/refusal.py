"""Why a file could not be opened, in words that help its sender."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO, Final

from video_pipeline.errors import BadMedia

_ACCEPTED: Final = "MP4, MOV, MKV, WebM, AVI, MP3, WAV, M4A, FLAC or OGG"
_SIGNATURES: Final = (b"\x1aE\xdf\xa3", b"RIFF", b"OggS", b"fLaC", b"ID3", b"FLV\x01", b"0&\xb2u")
_BOXES: Final = {b"ftyp", b"moov", b"moof", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"sidx"}
_MOST_BOXES: Final = 10_000


def refusal(path: Path) -> BadMedia:
    """The error for a file that FFmpeg does not open. A file that can't be read at all raises its own `OSError`."""
    with path.open("rb") as file:
        head = file.read(16)
        if not head:
            return BadMedia("media_empty", "The file is empty.", hint="Upload it again.")
        if head[4:8] in _BOXES and b"moov" not in _top_boxes(file):
            return BadMedia(
                "media_truncated",
                "The file ends before its index (moov): it was cut off, or its recording was not ended.",
                hint="Upload it again, or repair it with the program that recorded it.",
                bytes=path.stat().st_size,
            )
    if head[4:8] in _BOXES or head.startswith(_SIGNATURES):
        return BadMedia(
            "media_damaged",
            "The file begins like a media file, but its header can't be read.",
            hint="Upload it again; if it does not play on your machine either, export it anew.",
        )
    return BadMedia("not_media", "The file is not a video or sound file.", hint=f"Send {_ACCEPTED}.")


def _top_boxes(file: BinaryIO) -> set[bytes]:
    """The types of the top-level boxes of an MP4 file that are wholly there."""
    found: set[bytes] = set()
    size = file.seek(0, 2)
    position = 0
    for _ in range(_MOST_BOXES):
        file.seek(position)
        header = file.read(16)
        length = _box_length(header, size - position)
        if length < 8 or position + length > size:
            break
        found.add(header[4:8])
        position += length
    return found


def _box_length(header: bytes, rest: int) -> int:
    if len(header) < 8:
        return 0
    (length,) = struct.unpack(">I", header[:4])
    if length == 1 and len(header) == 16:
        return int(struct.unpack(">Q", header[8:16])[0])
    return rest if length == 0 else int(length)
