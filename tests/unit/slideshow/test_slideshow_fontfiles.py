"""Fonts of strangers: which letters they have, and what of them is never given to FreeType."""

from __future__ import annotations

import re
import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.slideshow.typefaces import Map, broken, composed, groups, triangle, typeface
from video_pipeline.errors import BadInput
from video_pipeline.slideshow.captions import Cue
from video_pipeline.slideshow.fontfiles import letters_in
from video_pipeline.slideshow.fonts import Fonts, Run, judged
from video_pipeline.slideshow.manifest import manifest_of
from video_pipeline.slideshow.timing import slots
from video_pipeline.slideshow.writing import notes_for

DEJAVU = Path(__file__).parents[3] / "video_pipeline" / "papers" / "fonts" / "DejaVuSans.ttf"


def _letters(folder: Path, data: bytes, name: str = "own.ttf") -> str:
    """The characters under U+1000."""
    path = folder / name
    path.write_bytes(data)
    letters = letters_in(path)
    return "".join(chr(code) for code in range(0x1000) if code in letters)


def _refusal(folder: Path, data: bytes, name: str = "own.ttf") -> BadInput:
    path = folder / name
    path.write_bytes(data)
    with pytest.raises(BadInput) as refused:
        judged(path)
    return refused.value


def _segments(*rows: tuple[int, int, int, int], behind: bytes = b"") -> bytes:
    ends, starts, deltas, offsets = (struct.pack(f">{len(rows)}H", *column) for column in zip(*rows, strict=True))
    head = struct.pack(">HHHHHHH", 4, 0, 0, 2 * len(rows), 0, 0, 0)
    return head + ends + b"\0\0" + starts + deltas + offsets + behind


# Glyphs 1 to 3 are there; a character whose glyph is 0, or not there, would be drawn as a box.
@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("deltas", _segments((67, 65, 65536 - 64, 0), (0xFFFF, 0xFFFF, 1, 0))),
        ("deltas to what is missing", _segments((68, 64, 65536 - 64, 0))),
        ("glyphs in a row", _segments((68, 64, 0, 2), behind=struct.pack(">5H", 0, 1, 2, 3, 4))),
        ("list", struct.pack(">HHHHH5H", 6, 0, 0, 64, 5, 0, 1, 2, 3, 9)),
        ("wide list", struct.pack(">HHLLLL5H", 10, 0, 0, 0, 64, 5, 0, 1, 2, 3, 9)),
        ("groups", groups((65, 66, 1), (67, 67, 3))),
        ("groups to what is missing", groups((64, 70, 0))),
        ("one glyph", groups((64, 64, 0), (65, 67, 2), (68, 68, 9), kind=13)),
        ("list that says too much", struct.pack(">HHHHH4H", 6, 0, 0, 64, 60_000, 0, 1, 2, 3)),
    ],
)
def test_letters_are_those_that_have_a_glyph(tmp_path: Path, kind: str, data: bytes) -> None:
    assert _letters(tmp_path, typeface("ABC", maps=[(3, 10, data)])) == "ABC", kind


@pytest.mark.parametrize(
    ("maps", "known"),
    [
        ([(3, 10, groups((65, 65, 1))), (3, 1, groups((66, 66, 2)))], "A"),
        ([(0, 3, groups((65, 65, 1))), (3, 1, groups((66, 66, 2)))], "B"),
        ([(1, 0, groups((65, 65, 1))), (0, 5, groups((66, 66, 2))), (0, 3, groups((67, 67, 3)))], "C"),
    ],
)
def test_the_map_is_the_one_that_freetype_takes(tmp_path: Path, maps: list[Map], known: str) -> None:
    data = typeface("ABC", [triangle(100), triangle(300), triangle(700)], maps=maps)
    assert _letters(tmp_path, data) == known
    fonts = Fonts([tmp_path / "own.ttf"])
    missing = fonts.load(Run("?", 0), 100).getbbox("?")
    drawn = {each for each in "ABC" if fonts.load(Run(each, 0), 100).getbbox(each) != missing}
    assert drawn == set(known)


def test_a_collection_gives_its_first_font(tmp_path: Path) -> None:
    head, font = struct.pack(">4sLLL", b"ttcf", 0x10000, 1, 16), bytearray(typeface("AB"))
    for number in range(struct.unpack_from(">H", font, 4)[0]):
        place = 12 + 16 * number + 8
        struct.pack_into(">L", font, place, struct.unpack_from(">L", font, place)[0] + len(head))
    assert _letters(tmp_path, head + font, "two.ttc") == "AB"
    judged(tmp_path / "two.ttc")


ENDLESS = [composed(number + 1, number + 1) for number in range(1, 60)]


@pytest.mark.parametrize(
    ("said", "data"),
    [
        ("is empty", b""),
        ("is no font", b"hello"),
        (r"packed for web pages \(WOFF2\)", b"wOF2" + bytes(99)),
        ("PostScript", b"%!PS-AdobeFont-1.0"),
        ("archive", b"PK\x03\x04" + bytes(99)),
        ("no outlines", typeface(without=["glyf"])),
        ("is damaged", typeface(without=["cmap"])),
        ("is damaged", typeface(without=["maxp"])),
        ("is damaged", typeface(without=["hhea"])),
        ("is damaged", typeface()[:300]),
        ("is damaged", typeface()[:40]),
        ("no letters", typeface(maps=[])),
        ("no letters", typeface(maps=[(3, 10, b"\0\x02" + bytes(600))])),
        ("out of order", typeface(maps=[(3, 10, groups((0, 0x10FFFF, 1), (0, 0x10FFFF, 1)))])),
        ("out of order", typeface(maps=[(3, 10, groups((0, 0xFFFFFFFF, 1)))])),
        ("made of letters without end", typeface("A", [composed(1)])),
        ("made of too many", typeface("A", [*ENDLESS[:10], b""])),
        ("made of letters without end", typeface("A", [*ENDLESS, b""])),
        ("made of too many", typeface("AB", [composed(*[2] * 5_000), triangle()])),
        ("is damaged", typeface("A", [broken()])),
        ("is damaged", typeface("A", [triangle(32_000)], units=16)),
    ],
    ids=str,
)
def test_what_can_not_be_used_is_refused_with_a_sentence(tmp_path: Path, said: str, data: bytes) -> None:
    refused = _refusal(tmp_path, data)
    assert (refused.code, bool(refused.hint)) == ("font_unusable", True)
    assert re.search(f"own.ttf .*{said}", refused.message), refused.message


def test_a_font_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "own.ttf").open("wb") as file:
        file.truncate(33 * 1024**2)
    with pytest.raises(BadInput, match="more than 32 MiB"):
        judged(tmp_path / "own.ttf")


def test_a_table_that_is_there_twice_is_refused_since_others_may_read_the_other(tmp_path: Path) -> None:
    data = bytearray(typeface())
    place = data.index(b"hhea")
    data[place : place + 4] = b"glyf"
    assert "damaged" in _refusal(tmp_path, bytes(data)).message


def test_glyphs_of_glyphs_are_drawn_as_long_as_there_is_an_end_to_them(tmp_path: Path) -> None:
    steps = [composed(number + 1) for number in range(1, 10)]
    path = tmp_path / "own.ttf"
    path.write_bytes(typeface("A", [*steps, triangle()]))
    judged(path)
    assert Fonts([path]).load(Run("A", 0), 40).getmask("A").getbbox()


@given(place=st.integers(0, DEJAVU.stat().st_size - 1), byte=st.integers(0, 255), cut=st.none() | st.integers(0, 9_999))
@settings(max_examples=60, deadline=None)
def test_no_damage_leads_to_anything_but_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, place: int, byte: int, cut: int | None
) -> None:
    data = bytearray(DEJAVU.read_bytes())
    data[place] = byte
    path = tmp_path_factory.mktemp("fonts") / "own.ttf"
    path.write_bytes(data[:cut])
    with suppress(BadInput):
        judged(path)


# ------------------------------------------------------------------------------- while a film is planned
def _written(font: Path, text: str, **manifest: object) -> None:
    wanted = manifest_of({"images": [{"file": "a.jpg"}], "height": 360, **manifest})
    made = slots(wanted.images, seconds=2.0, fps=30, crossfade=0.0)
    notes_for(wanted, made, [Cue(0, 1000, text)], Fonts([font]))


@pytest.mark.parametrize(
    ("glyph", "why"), [(broken(), "its outline is missing"), (triangle(32_000), "it is as large as a house")]
)
def test_a_letter_that_a_font_can_not_draw_is_named_before_the_first_frame(
    tmp_path: Path, glyph: bytes, why: str
) -> None:
    path = tmp_path / "own.ttf"
    units = 1000 if why.startswith("its") else 200
    path.write_bytes(typeface("ABZ ", [triangle(), triangle(), glyph, b""], units=units))
    _written(path, "AB BA")
    with pytest.raises(BadInput, match=r"own\.ttf can't draw Z \(U\+005A\)") as refused:
        _written(path, "AB ZA")
    assert refused.value.code == "font_broken"
    with pytest.raises(BadInput, match=r"Z \(U\+005A\)"):
        _written(path, "AB", title="ZAB")


def test_each_letter_is_proved_at_the_size_at_which_it_is_drawn(tmp_path: Path) -> None:
    path = tmp_path / "own.ttf"
    path.write_bytes(typeface("AB "))
    fonts = Fonts([path])
    for size in (20, 30):
        fonts.prove(Run("ABBA", 0), size, 2)
        assert {(0, size, "A"), (0, size, "B")} <= fonts._proved
