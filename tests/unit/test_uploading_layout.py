from __future__ import annotations

import re
import unicodedata
from uuid import UUID

from hypothesis import example, given
from hypothesis import strategies as st

from video_pipeline import layout
from video_pipeline.topology import LIMITS

VIDEO = UUID("00000000-0000-4000-8000-000000000001")


@given(st.text(max_size=2000))
@example("0.A.")
@example("0.A.☃")
@example(".A")
@example("a." + "B-" * 40)
def test_any_name_becomes_a_short_plain_key_that_stays_in_its_folder(name: str) -> None:
    safe = layout.safe_key_name(name)
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,90}", safe)
    assert ".." not in safe
    assert not safe.startswith(".")
    assert layout.safe_key_name(safe) == safe


@given(st.text(max_size=2000))
def test_any_name_can_be_shown_on_one_line(name: str) -> None:
    shown = layout.display_name(name)
    assert len(shown) <= LIMITS.filename_chars
    assert "/" not in shown
    assert "\\" not in shown
    assert all(unicodedata.category(each) not in ("Cc", "Cs") for each in shown)
    shown.encode()


@given(st.text(max_size=600), st.sampled_from([".mp4", ".MKV", ".flac"]))
def test_the_suffix_of_media_survives_in_the_shown_name_and_in_the_key(stem: str, suffix: str) -> None:
    name = f"a{stem}b{suffix}"
    assert layout.suffix_of(layout.display_name(name)) == suffix.lower()
    assert layout.safe_key_name(name).endswith(suffix.lower())


def test_everything_made_of_a_video_lies_under_its_prefix() -> None:
    (prefix,) = layout.results_prefixes(VIDEO)
    made = [
        *(layout.transcript_key(VIDEO, form) for form in ("json", "vtt", "srt")),
        layout.chunks_key(VIDEO, VIDEO),
        layout.poster_key(VIDEO),
        layout.thumbnail_key(VIDEO, 3600.5),
    ]
    assert len(set(made)) == len(made)
    assert all(key.startswith(prefix) for key in made)
    assert not layout.poster_key(UUID(int=VIDEO.int + 1)).startswith(prefix)


def test_segments_and_thumbnails_sort_in_their_order() -> None:
    segments = [layout.segment_key("u", index) for index in (0, 9, 10, 99_999)]
    stills = [layout.thumbnail_key(VIDEO, seconds) for seconds in (0, 9.5, 10, 86_400)]
    assert segments == sorted(segments)
    assert stills == sorted(stills)
