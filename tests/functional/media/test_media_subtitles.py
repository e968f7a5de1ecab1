"""Subtitle tracks inside a file become a transcript."""

from __future__ import annotations

from typing import Any

import pytest
from av.stream import Disposition

from video_pipeline.media.reader import PyAvMedia

media = PyAvMedia()


@pytest.mark.parametrize(
    ("name", "codec"), [("f.mp4", "mov_text"), ("f.mkv", "subrip"), ("f.mkv", "ass"), ("f.mkv", "webvtt")]
)
def test_a_text_track_is_read_with_times_and_language(film: Any, name: str, codec: str) -> None:
    cues = [film.Cue(0.5, 1.25, "Good morning & welcome"), film.Cue(1.5, 2.5, "{\\i1}two{\\i0}\\Nlines")]
    found = media.subtitles(film(name, seconds=3.0, subtitles=[film.Track(cues, codec, "fre")]))
    assert found is not None
    assert (found.source, found.quality, found.language, found.engine) == ("embedded", "captions", "fr", codec)
    assert [(s.start, s.end, s.text) for s in found.segments] == [
        (pytest.approx(0.5, abs=0.03), pytest.approx(1.25, abs=0.03), "Good morning & welcome"),
        (pytest.approx(1.5, abs=0.03), pytest.approx(2.5, abs=0.03), "two lines"),
    ]


def test_speakers_named_by_the_track_are_kept(film: Any) -> None:
    styled = film.Track([film.Cue(0, 1, "Hello", "Ann Lee"), film.Cue(1, 2, "Hi", "Bo")], "ass")
    found = media.subtitles(film("f.mkv", subtitles=[styled]))
    assert found is not None
    assert [(s.speaker, s.text) for s in found.segments] == [("Ann Lee", "Hello"), ("Bo", "Hi")]


def test_overlapping_empty_and_endless_cues_are_bearable(film: Any) -> None:
    cues = [
        film.Cue(0.2, 1.5, "first"),
        film.Cue(1.0, 1.8, "across"),
        film.Cue(2.0, 2.2, "{\\b1}{\\b0} "),
        film.Cue(2.5, 2.5, "open end"),
        film.Cue(3.0, 3.5, "{\\p1}m 0 0 l 100 0 100 100{\\p0}"),
        film.Cue(3.2, 60.0, "too long"),
    ]
    found = media.subtitles(film("f.mkv", seconds=4.0, subtitles=[film.Track(cues, "ass")]))
    assert found is not None
    assert [s.text for s in found.segments] == ["first", "across", "open end", "too long"]
    assert [s.start for s in found.segments] == sorted(s.start for s in found.segments)
    assert all(s.end > s.start for s in found.segments)


def test_the_full_default_track_comes_before_forced_and_other_ones(film: Any) -> None:
    def track(text: str, disposition: Disposition) -> Any:
        return film.Track([film.Cue(0, 1, text)], "subrip", "eng", disposition)

    tracks = [track("signs", Disposition.forced), track("other", Disposition(0)), track("main", Disposition.default)]
    found = media.subtitles(film("f.mkv", subtitles=tracks))
    assert found is not None
    assert found.text == "main"


def test_a_track_without_words_gives_way_to_the_next(film: Any) -> None:
    empty, full = film.Track([film.Cue(0, 1, " ")], "subrip"), film.Track([film.Cue(0, 1, "words")], "subrip")
    found = media.subtitles(film("f.mkv", subtitles=[empty, full]))
    assert found is not None
    assert found.text == "words"


def test_a_file_without_subtitles_has_none(film: Any) -> None:
    assert media.subtitles(film()) is None


def test_cues_keep_the_players_clock(film: Any) -> None:
    """The container's clock starts at an hour; its first second is still 0:00."""
    track = film.Track([film.Cue(3601.0, 3602.0, "words")], "subrip")
    sound = [(3600.0, film.beep(3.0))]
    found = media.subtitles(film("f.mkv", video=None, audio="pcm_s16le", sound=sound, subtitles=[track]))
    assert found is not None
    assert found.segments[0].start == pytest.approx(1.0, abs=0.05)


def test_markup_in_cues_stays_text(film: Any) -> None:
    cue = film.Cue(0, 1, "if a <b> c --> d & e")
    found = media.subtitles(film(subtitles=[film.Track([cue], "mov_text")]))
    assert found is not None
    assert found.text == "if a <b> c --> d & e"
