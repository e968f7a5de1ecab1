"""Small fonts, good and bad: each letter is a triangle, unless a test says otherwise."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from reportlab.pdfbase.ttfonts import TTFontMaker

Map = tuple[int, int, bytes]  # platform, encoding and what follows from them


def triangle(side: int = 500) -> bytes:
    head = struct.pack(">hhhhhHH", 1, 0, 0, side, side, 2, 0)
    return head + bytes([1, 1, 1]) + struct.pack(">hhhhhh", 0, side, -side, 0, 0, side) + b"\0"


def composed(*glyphs: int) -> bytes:
    """A glyph that is made of others."""
    made = struct.pack(">hhhhh", -1, 0, 0, 500, 500)
    for number, glyph in enumerate(glyphs, 1):
        made += struct.pack(">HHhh", 0x3 | (0x20 if number < len(glyphs) else 0), glyph, 0, 0)
    return made


def broken() -> bytes:
    """A glyph whose outline is not there."""
    return struct.pack(">hhhhhHH", 1, 0, 0, 500, 500, 60_000, 0)


def groups(*given: tuple[int, int, int], kind: int = 12) -> bytes:
    """Characters in a row and the first one's glyph."""
    rows = b"".join(struct.pack(">LLL", *each) for each in given)
    return struct.pack(">HHLLL", kind, 0, 16 + len(rows), 0, len(given)) + rows


def typeface(
    letters: str = "ABC",
    glyphs: Sequence[bytes] | None = None,
    *,
    maps: Sequence[Map] | None = None,
    units: int = 1000,
    without: Sequence[str] = (),
) -> bytes:
    """A TrueType font: `glyphs` follow the one for what is missing, in the order of `letters`."""
    drawn = [triangle(), *(glyphs if glyphs is not None else [triangle()] * len(letters))]
    known = groups(*sorted((ord(each), ord(each), number) for number, each in enumerate(letters, 1)))
    tables = _tables(drawn, units) | {"cmap": _cmap(maps if maps is not None else [(3, 10, known)])}
    maker = TTFontMaker()
    for name in tables.keys() - set(without):
        maker.add(name, tables[name])
    made: bytes = maker.makeStream()
    return made


def _cmap(maps: Sequence[Map]) -> bytes:
    head, body = struct.pack(">HH", 0, len(maps)), b""
    for platform, encoding, data in maps:
        head += struct.pack(">HHL", platform, encoding, 4 + 8 * len(maps) + len(body))
        body += data
    return head + body


def _tables(glyphs: Sequence[bytes], units: int) -> dict[str, bytes]:
    count = len(glyphs)
    places = [sum(map(len, glyphs[:number])) for number in range(count + 1)]
    dates, box = (0, 0), (0, 0, 500, 500)
    return {
        "head": struct.pack(">HHHHLLHHQQhhhhHHhhh", 1, 0, 1, 0, 0, 0x5F0F3CF5, 0, units, *dates, *box, 0, 8, 2, 1, 0),
        "hhea": struct.pack(">HHhhhHhhhhhhhhhhhH", 1, 0, 800, -200, 0, 600, *[0] * 11, count),
        "maxp": struct.pack(">LH13H", 0x10000, count, 64, 8, 64, 8, 2, *[0] * 6, 8, 64),
        "hmtx": struct.pack(">Hh", 600, 0) * count,
        "loca": struct.pack(f">{count + 1}L", *places),
        "glyf": b"".join(glyphs),
        "name": struct.pack(">HHH", 0, 0, 6),
        "post": struct.pack(">LLhhLLLLL", 0x30000, *[0] * 8),
    }
