from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import features

from video_pipeline.errors import BadInput, Misconfigured
from video_pipeline.slideshow import writing
from video_pipeline.slideshow.captions import Cue, cues_of
from video_pipeline.slideshow.fonts import Fonts, Run, plain
from video_pipeline.slideshow.lettering import Overlay, Style, drawn, set_text
from video_pipeline.slideshow.manifest import Manifest, manifest_of
from video_pipeline.slideshow.sampling import Bytes
from video_pipeline.slideshow.timing import slots
from video_pipeline.slideshow.writing import Scribe, notes_for
from video_pipeline.transcripts.model import Segment, Transcript

FRAME = (640, 360)
FONTS = Fonts()
CAPTION = Style(size=0.047, bottom=0.93, width=0.8, ground=True)
words = st.text(st.sampled_from("abcdefgWM éαж"), min_size=1, max_size=300).filter(str.strip)


def _said(*times: tuple[float, float, str]) -> Transcript:
    return Transcript(segments=tuple(Segment(start=a, end=b, text=said) for a, b, said in times), source="sidecar")


def _planes(level: int = 100) -> tuple[Bytes, Bytes, Bytes]:
    small = (FRAME[1] // 2, FRAME[0] // 2)
    return np.full(FRAME[::-1], level, np.uint8), np.full(small, 60, np.uint8), np.full(small, 200, np.uint8)


def test_characters_that_no_font_has_are_named_and_never_drawn_as_boxes() -> None:
    with pytest.raises(BadInput, match=r"日 \(U\+65E5\)") as refused:
        FONTS.runs("Tokyo 日本")
    assert refused.value.code == "font_lacks_characters"
    assert "track" in refused.value.hint


def _knowing(*letters: str) -> Fonts:
    fonts = Fonts()
    fonts._letters = [frozenset(map(ord, each)) for each in letters]
    return fonts


def test_what_the_first_font_lacks_is_written_by_the_next() -> None:
    fonts = _knowing("abc ", "жd ")
    assert fonts.runs("ab ж c") == [Run("ab ", 0), Run("ж ", 1), Run("c", 0)]
    assert fonts.runs("dd") == [Run("dd", 1)]


def test_text_that_runs_left_is_one_run_or_refused() -> None:
    assert FONTS.runs("مرحبا بالعالم") == [Run("مرحبا بالعالم", 0)]
    with pytest.raises(BadInput, match="right to left"):
        _knowing("אב ", "גד ").runs("אב גד")


def test_joined_scripts_need_a_shaper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "check", lambda name: False)
    with pytest.raises(Misconfigured, match="libfribidi"):
        Fonts().load(Run("سلام", 0), 20)
    assert Fonts().load(Run("Hello", 0), 20).getlength("Hello") > 20


def test_a_font_that_is_none_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"\0\1\0\0" + bytes(80), b"OTTO" + bytes(100), b"wOF2" * 30):
        (tmp_path / "own.ttf").write_bytes(content)
        with pytest.raises(BadInput, match=r"own\.ttf") as refused:
            Fonts([tmp_path / "own.ttf"])
        assert refused.value.code == "font_unusable"


def test_unseen_characters_and_lines_are_taken_out() -> None:
    assert plain(" e\u0301\u200d\ufe0f\n x\0 ") == "é x"


@given(text=words)
def test_no_letter_is_lost_and_every_line_fits(text: str) -> None:
    text = plain(text)
    pages = set_text(text, CAPTION, FRAME, FONTS)
    lines = ["".join(run.text for run in line) for page in pages for line in page.lines]
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    for page in pages:
        assert len(page.lines) <= CAPTION.lines
        for line in page.lines:
            assert sum(FONTS.load(run, page.size).getlength(run.text) for run in line) <= CAPTION.width * FRAME[0] + 1


def test_a_long_title_becomes_smaller_instead_of_more_lines() -> None:
    style = Style(size=0.1, least=0.04, bottom=0.5, width=0.8, lines=3, centred=True)
    [short], [long] = set_text("Harbour", style, FRAME, FONTS), set_text("A harbour " * 9, style, FRAME, FONTS)
    assert short.size == 36
    assert long.size < 30
    assert len(long.lines) == 3


def _drawn(text: str = "Hello", style: Style = CAPTION) -> Overlay:
    [setting] = set_text(text, style, FRAME, FONTS)
    return drawn(setting, style, FRAME, FONTS)


def test_letters_are_white_on_dark_without_colour_and_the_rest_is_left_alone() -> None:
    luma, blue, red = planes = _planes(180)
    _drawn().lay(planes, 1.0)
    changed = np.argwhere(luma != 180)
    top, left = changed.min(axis=0)
    bottom, right = changed.max(axis=0)
    assert FRAME[1] * 0.8 < top < bottom < FRAME[1] * 0.94
    assert abs((left + right) / 2 - FRAME[0] / 2) < 3
    inside = luma[top : bottom + 1, left : right + 1]
    assert inside.max() == 235
    assert inside.min() < 90
    assert (blue[: top // 2] == 60).all()
    middle = blue[(top + bottom) // 4, left // 2 : right // 2]
    assert 60 < middle.min() < middle.max() <= 128
    assert red.min() < 160


def test_text_appears_softly() -> None:
    light = []
    for strength in (0.0, 0.25, 0.5, 0.75, 1.0):
        planes = _planes(20)
        _drawn().lay(planes, strength)
        light.append(int(planes[0].max()))
    assert light[0] == 20
    assert light == sorted(set(light))
    assert light[-1] == 235


@pytest.mark.parametrize("align", ["left", "middle", "right"])
def test_text_wider_than_the_frame_stays_inside(align: str) -> None:
    planes = _planes()
    _drawn("W" * 12, Style(size=0.2, bottom=1.0, width=1.0, align=align, lines=4, ground=True)).lay(planes, 1.0)
    assert planes[0].max() == 235


def test_cues_follow_each_other_and_end_with_the_film() -> None:
    said = _said((0, 4, "one"), (2, 3, "two"), (2, 5, "three"), (9, 14, "four"), (20, 21, "late"))
    assert cues_of(said, 10) == [Cue(0, 2000, "one"), Cue(2000, 5000, "two\nthree"), Cue(9000, 10_000, "four")]


def _manifest(**more: object) -> Manifest:
    images = [{"file": "a.jpg", "title": "Harbour", "credit": "Ada"}, {"file": "b.jpg"}]
    return manifest_of({"images": images, "height": 360, "fps": 30} | more)


def _texts(manifest: Manifest, *cues: Cue) -> dict[str, tuple[int, int]]:
    made = slots(manifest.images, seconds=20, fps=manifest.fps, crossfade=1.0)
    notes = notes_for(manifest, made, cues, FONTS)
    return {"".join(run.text for line in n.setting.lines for run in line): (n.first, n.last) for n in notes}


def test_titles_and_credits_stand_while_their_picture_is_alone() -> None:
    found = _texts(_manifest(title="Film"), Cue(1000, 2500, "Good morning"))
    assert found == {"Film": (0, 150), "Harbour": (0, 285), "Ada": (0, 285), "Good morning": (30, 75)}
    assert "Ada" not in _texts(_manifest(show_credits=False))


def test_a_caption_of_many_lines_is_shown_page_by_page_in_its_time() -> None:
    found = list(_texts(_manifest(), Cue(3000, 9000, "a sentence without an end " * 8)).values())
    pages = [times for times in found if times not in {(0, 285)}]
    assert len(pages) > 2
    assert (pages[0][0], pages[-1][1]) == (90, 270)
    assert all(before[1] == after[0] for before, after in pairwise(pages))


def test_a_caption_is_composed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    manifest, composed = _manifest(show_credits=False), []
    monkeypatch.setattr(writing, "drawn", lambda *given: composed.append(given[0]) or drawn(*given))
    made = slots(manifest.images, seconds=4, fps=30, crossfade=0)
    cues = [Cue(0, 1000, "one"), Cue(1500, 3000, "two")]
    scribe = Scribe(notes_for(manifest, made, cues, FONTS), FRAME, 30, FONTS)
    seen = []
    for number in range(made[-1].last):
        planes = _planes()
        scribe.write(number, planes)
        seen.append(bool((planes[0][200:] != 100).any()))
    assert len(composed) == 3  # the first picture's title, too
    assert seen == [n < 30 or 45 <= n < 90 for n in range(120)]
