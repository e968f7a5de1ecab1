"""What a font file of a stranger has letters for, read without trusting any number in it.

Drawing is FreeType's, by Pillow. Two things are read here before it sees a font: which characters there are, which
Pillow does not tell, and how glyphs are put together of others, since FreeType does not bound that: a few hundred bytes
can keep it busy for years.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from video_pipeline.errors import BadInput
from video_pipeline.topology import LIMITS

_MOST_TABLES: Final = 256
_CODES: Final = 0x110000
_NESTED: Final = 16  # glyphs in glyphs in glyphs
_PARTS: Final = 1_000  # of one glyph, counted to the last
_ALL_PARTS: Final = 500_000  # of all glyphs
_OUTLINES: Final = frozenset({b"glyf", b"CFF ", b"CFF2"})
_READ: Final = frozenset({b"cmap", b"head", b"maxp", b"loca"})
_KINDS: Final = frozenset({b"\0\1\0\0", b"true", b"OTTO"})
_COLLECTION: Final = b"ttcf"
_TAKEN: Final = "Name a TrueType or OpenType font: .ttf, .otf or .ttc."
_FOREIGN: Final = {
    b"wOFF": "is packed for web pages (WOFF)",
    b"wOF2": "is packed for web pages (WOFF2)",
    b"%!PS": "is a PostScript font",
    b"\x80\x01": "is a PostScript font",
    b"PK\x03\x04": "is an archive; unpack it",
}
_WIDE_LIST, _ONE_GLYPH = 10, 13  # kinds of maps from characters to glyphs
# Of a component of a glyph.
_WORDS, _SCALE, _MORE, _TWO_SCALES, _MATRIX = 0x1, 0x8, 0x20, 0x40, 0x80


class Letters:
    """The characters that a font has a glyph for."""

    def __init__(self) -> None:
        self._known = bytearray(_CODES)

    def __contains__(self, code: object) -> bool:
        return isinstance(code, int) and 0 <= code < _CODES and bool(self._known[code])

    def add(self, first: int, last: int) -> None:
        """Both included."""
        self._known[first : last + 1] = b"\1" * (last + 1 - first)

    def __bool__(self) -> bool:
        return 1 in self._known


class _Damaged(Exception):
    """Says what is wrong."""


def letters_in(path: Path, *, trusted: bool = False) -> Letters:
    """BadInput font_unusable says why nothing can be written with it. `trusted`: how it is built is not looked at."""
    most = LIMITS.project_font_bytes
    if path.stat().st_size > most:
        raise _unusable(path, f"has more than {most // 1024**2} MiB", "Cut it down.")
    data = path.read_bytes()
    try:
        tables = _tables(path, data)
        if not trusted and b"glyf" in tables:
            _check_parts(tables)
        found = _letters(tables)
    except (_Damaged, struct.error, KeyError) as error:
        said = str(error) if isinstance(error, _Damaged) else "is damaged"
        raise _unusable(path, said, "Use another copy of it, or another font.") from error
    if not found:
        raise _unusable(path, "has no letters by Unicode", "Use another font.")
    return found


def _unusable(path: Path, said: str, hint: str = _TAKEN) -> BadInput:
    return BadInput("font_unusable", f"The font {path.name} {said}.", hint=hint)


def _tables(path: Path, data: bytes) -> Mapping[bytes, bytes]:
    """Of the first font of a collection. One that is there twice, or not whole, FreeType might read differently."""
    start = struct.unpack_from(">L", data, 12)[0] if data[:4] == _COLLECTION else 0
    if data[start : start + 4] not in _KINDS:
        foreign = next((said for begins, said in _FOREIGN.items() if data.startswith(begins)), "is no font")
        raise _unusable(path, foreign if data else "is empty")
    (count,) = struct.unpack_from(">H", data, start + 4)
    if count > _MOST_TABLES:
        raise _Damaged("is damaged")
    view = memoryview(data)
    found: dict[bytes, bytes] = {}
    for number in range(count):
        tag, _, offset, length = struct.unpack_from(">4sLLL", data, start + 12 + 16 * number)
        if tag in _READ or tag in _OUTLINES:
            if tag in found or offset + length > len(data):
                raise _Damaged("is damaged")
            found[tag] = bytes(view[offset : offset + length])
    if not _OUTLINES & found.keys():
        raise _unusable(path, "has no outlines", "Name one that is not made of small pictures.")
    return found


# ------------------------------------------------------------------------------------------ characters
class _Map(NamedTuple):
    platform: int
    encoding: int
    offset: int

    @property
    def full(self) -> bool:
        """Of all characters, not of the first 65,536 alone."""
        return (self.platform, self.encoding) in {(3, 10), (0, 4)}

    @property
    def unicode(self) -> bool:
        return (self.platform == 0 and self.encoding != 5) or (self.platform, self.encoding) == (3, 1)


def _letters(tables: Mapping[bytes, bytes]) -> Letters:
    """By the map that FreeType chooses: the last that is full, else the last there is."""
    cmap, glyphs = tables[b"cmap"], _glyphs(tables)
    (count,) = struct.unpack_from(">H", cmap, 2)
    maps = [_Map(*struct.unpack_from(">HHL", cmap, 4 + 8 * number)) for number in range(min(count, _MOST_TABLES))]
    ranked = sorted((each for each in maps if each.full or each.unicode), key=lambda each: each.full)
    found = Letters()
    if ranked:
        table = cmap[ranked[-1].offset :]
        (form,) = struct.unpack_from(">H", table)
        for first, last in _READERS[form](table, glyphs) if form in _READERS else ():
            found.add(first, last)
    return found


def _glyphs(tables: Mapping[bytes, bytes]) -> int:
    count: int = struct.unpack_from(">H", tables[b"maxp"], 4)[0]
    return count


def _by_segments(table: bytes, glyphs: int) -> Iterator[tuple[int, int]]:
    """Format 4. Glyph 0 stands for what is missing, so each character's is looked up."""
    count, behind = struct.unpack_from(">H", table, 6)[0] // 2, 0
    offsets_at = 16 + 6 * count
    columns = (struct.unpack_from(f">{count}H", table, at) for at in (14, 16 + 2 * count, 16 + 4 * count, offsets_at))
    for number, (end, start, delta, offset) in enumerate(zip(*columns, strict=True)):
        place = offsets_at + 2 * number + offset - 2 * start
        for code in range(max(start, behind), min(end, 0xFFFE) + 1):
            glyph = _word(table, place + 2 * code) if offset else code
            if (glyph or not offset) and 0 < (glyph + delta) & 0xFFFF < glyphs:
                yield code, code
        behind = max(behind, end + 1)


def _word(table: bytes, place: int) -> int:
    return int.from_bytes(table[place : place + 2])


def _by_list(table: bytes, glyphs: int) -> Iterator[tuple[int, int]]:
    """Formats 6 and 10: a glyph for each of some characters in a row."""
    wide = table[1] == _WIDE_LIST
    first, count = struct.unpack_from(">LL", table, 12) if wide else struct.unpack_from(">HH", table, 6)
    begin = 20 if wide else 10
    for number in range(min(count, (len(table) - begin) // 2, _CODES - first)):
        if 0 < _word(table, begin + 2 * number) < glyphs:
            yield first + number, first + number


def _by_groups(table: bytes, glyphs: int) -> Iterator[tuple[int, int]]:
    """Formats 12 and 13: characters in a row, in groups one after the other; with a glyph each, or with one for all."""
    one = table[1] == _ONE_GLYPH
    (count,) = struct.unpack_from(">L", table, 12)
    behind = 0
    for first, last, glyph in struct.iter_unpack(">LLL", table[16 : 16 + 12 * min(count, (len(table) - 16) // 12)]):
        if not behind <= first <= last < _CODES:
            raise _Damaged("is damaged: its characters are out of order")
        behind = last + 1
        begin = first if glyph else first + (last + 1 - first if one else 1)
        end = last if one and glyph < glyphs else min(last, first + glyphs - 1 - glyph)
        if begin <= end:
            yield begin, end


_READERS: Final[Mapping[int, Callable[[bytes, int], Iterator[tuple[int, int]]]]] = {
    4: _by_segments,
    6: _by_list,
    _WIDE_LIST: _by_list,
    12: _by_groups,
    _ONE_GLYPH: _by_groups,
}


# ---------------------------------------------------------------------------------------------- glyphs
def _check_parts(tables: Mapping[bytes, bytes]) -> None:
    """Glyphs may be made of glyphs, but not of so many, nor of themselves."""
    parts = _parts(tables)
    weights: dict[int, tuple[int, int]] = {}

    def weigh(glyph: int, deep: int) -> tuple[int, int]:
        """All parts of it to the last, and how deep they go."""
        if deep > _NESTED:
            raise _Damaged("has letters that are made of letters without end")
        if glyph not in weights:
            within = [weigh(each, deep + 1) for each in parts.get(glyph, ())]
            weights[glyph] = 1 + sum(many for many, _ in within), 1 + max((low for _, low in within), default=0)
        many, low = weights[glyph]
        if many > _PARTS or low + deep > _NESTED:
            raise _Damaged("has letters that are made of too many others")
        return many, low

    for glyph in parts:
        weigh(glyph, 0)


def _parts(tables: Mapping[bytes, bytes]) -> Mapping[int, list[int]]:
    """Of which others a glyph is made, where it is."""
    count, (long,) = _glyphs(tables), struct.unpack_from(">h", tables[b"head"], 50)
    places = struct.unpack_from(f">{count + 1}{'L' if long else 'H'}", tables[b"loca"])
    glyphs = tables[b"glyf"]
    found: dict[int, list[int]] = {}
    total = 0
    for number, (offset, following) in enumerate(pairwise(places)):
        begin = offset if long else 2 * offset
        if following != offset and glyphs[begin : begin + 1] >= b"\x80":  # fewer than no outlines of its own
            found[number] = _components(glyphs, begin + 10)
            total += len(found[number])
        if total > _ALL_PARTS:
            raise _Damaged("has letters that are made of too many others")
    return found


def _components(glyphs: bytes, place: int) -> list[int]:
    found: list[int] = []
    more = True
    while more and place + 4 <= len(glyphs):
        flags, glyph = struct.unpack_from(">HH", glyphs, place)
        found.append(glyph)
        if len(found) > _PARTS:
            raise _Damaged("has letters that are made of too many others")
        scales = 2 if flags & _SCALE else 4 if flags & _TWO_SCALES else 8 if flags & _MATRIX else 0
        place += 4 + (4 if flags & _WORDS else 2) + scales
        more = bool(flags & _MORE)
    return found
