"""Bytes of a text file from anywhere to text, with what was assumed on the way."""

from __future__ import annotations

import codecs
from typing import Final

from video_pipeline.errors import BadCaptions
from video_pipeline.topology import LIMITS

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
# Where a guess is trusted. Latin code pages are left out: they differ in a few letters, and a detector that is given
# a few lines takes French for Central European. There windows-1252 is right far more often than any guess.
_DISTINCT: Final = frozenset(
    {"cp1251", "koi8_r", "gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1253", "cp1255", "cp1256", "tis_620"}
)
_CANDIDATES: Final = ["cp1252", "cp1250", "cp1254", *sorted(_DISTINCT)]
_SAMPLE: Final = 65_536
_BINARY_CONTROLS: Final = bytes(set(range(32)) - {9, 10, 11, 12, 13, 26, 27})
# Control characters carry nothing to read and PostgreSQL refuses NUL; those that separate words become spaces.
_CONTROLS: Final[dict[int, str | None]] = {
    **dict.fromkeys([*range(9), *range(14, 32), *range(127, 160), 0xFEFF], None),
    **dict.fromkeys([0x0B, 0x0C, 0x85], " "),
}


def decode(data: bytes) -> tuple[str, str | None]:
    """The text without byte-order mark and control characters, line ends as `\\n`; and the encoding if it was a guess.

    Raises `BadCaptions` for what is too large, empty or no text.
    """
    _refuse_size(data)
    text, guess = _decode(data)
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS)
    if not text.strip():
        raise BadCaptions("captions_empty", "The captions are empty.", hint="Send a file that has captions in it.")
    return text, guess


def _refuse_size(data: bytes) -> None:
    if len(data) > LIMITS.caption_bytes:
        raise BadCaptions(
            "captions_too_large",
            f"The captions are {len(data)} bytes long; at most {LIMITS.caption_bytes} are read.",
            hint="Check that the file holds captions and not a video.",
        )


def _decode(data: bytes) -> tuple[str, str | None]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace"), None
    _refuse_binary(data)
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError:
        encoding = _guess(data)
        return data.decode(encoding, errors="replace"), encoding


def _refuse_binary(data: bytes) -> None:
    """Text of any 8-bit encoding has next to no control characters; media and archives are full of them."""
    sample = data[:_SAMPLE]
    controls = len(sample) - len(sample.translate(None, _BINARY_CONTROLS))
    if controls > 8 + len(sample) // 100 or b"\0" in sample:
        raise BadCaptions(
            "captions_binary",
            "The captions are not a text file.",
            hint="Send WebVTT (.vtt) or SubRip (.srt) captions, best in UTF-8.",
        )


def _guess(data: bytes) -> str:
    """Only lines that are not plain ASCII tell encodings apart."""
    # Imported when needed: nearly all captions are UTF-8, and this takes longer to load than they take to read.
    from charset_normalizer import from_bytes  # noqa: PLC0415 - see above

    sample = b"\n".join(line for line in data.split(b"\n") if not line.isascii())[:_SAMPLE]
    best = from_bytes(sample, cp_isolation=_CANDIDATES).best()
    return best.encoding if best is not None and best.encoding in _DISTINCT else "cp1252"
