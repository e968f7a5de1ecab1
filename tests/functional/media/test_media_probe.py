"""What a media file is said to be, and which files are refused with which reason."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from video_pipeline.errors import BadMedia
from video_pipeline.media.reader import PyAvMedia
from video_pipeline.model import MediaInfo

media = PyAvMedia()


def test_a_video_is_described_by_its_container_tracks_and_duration(film: Any) -> None:
    info = media.probe(film(seconds=2.0, metadata={"creation_time": "2026-01-02T03:04:05Z"}))
    assert (info.container, info.video_codec, info.audio_codec) == ("mp4", "h264", "aac")
    assert (info.width, info.height, info.frame_rate) == (160, 90, 10.0)
    assert (info.audio_channels, info.sample_rate) == (1, 16_000)
    assert info.duration == pytest.approx(2.0, abs=0.1)
    assert info.created is not None
    assert info.created.startswith("2026-01-02T03:04:05")
    assert info.recorded_on == date(2026, 1, 2)
    assert info.has_audio
    assert info.has_video


@pytest.mark.parametrize("clock", [None, "1904-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9999-01-01", "yesterday"])
def test_a_clock_that_was_never_set_tells_no_day(clock: str | None) -> None:
    assert MediaInfo(container="mp4", duration=1.0, size=1, created=clock).recorded_on is None


@pytest.mark.parametrize(
    ("name", "audio"),
    [
        ("a.mp3", "libmp3lame"),
        ("a.flac", "flac"),
        ("a.wav", "pcm_s16le"),
        ("a.m4a", "aac"),
        ("a.aac", "aac"),
        ("a.mkv", "aac"),
        ("a.ts", "aac"),
    ],
)
def test_the_duration_is_true_in_every_container(film: Any, name: str, audio: str) -> None:
    # Half silence, half tone: a duration guessed from the first bit rate would be far off.
    path = film(name, video=None, audio=audio, sound=[(0.0, film.silence(6)), (6.0, film.beep(6))])
    info = media.probe(path)
    assert info.duration == pytest.approx(12.0, abs=0.15)
    assert not info.has_video


def test_a_recording_without_a_length_in_its_header_is_measured(film: Any) -> None:
    path = film("live.mkv", seconds=3.0, options={"live": "1"})
    with av.open(str(path)) as container:
        assert not container.duration
    assert media.probe(path).duration == pytest.approx(3.0, abs=0.1)


def test_a_file_without_sound_says_so(film: Any) -> None:
    info = media.probe(film(audio=None))
    assert info.has_video
    assert not info.has_audio


def test_cover_art_is_no_video(film: Any) -> None:
    info = media.probe(film("song.mp3", video=None, audio="libmp3lame", cover=True))
    assert info.has_audio
    assert not info.has_video


def test_languages_of_subtitle_tracks_are_listed_as_web_tags(film: Any) -> None:
    cue = film.Cue(0, 1, "hello")
    tracks = [film.Track([cue], "subrip", "ger"), film.Track([cue], "subrip", "eng"), film.Track([cue], "subrip")]
    assert media.probe(film("f.mkv", subtitles=tracks)).subtitle_languages == ("de", "en", "und")


def _text(path: Path) -> None:
    path.write_text("Minutes of the meeting\n" * 200)


def _noise(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(200_000))


def _playlist(path: Path) -> None:
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")


def _session(path: Path) -> None:
    path.write_text("v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 96\n")


def _passwd(path: Path) -> None:
    path.write_text("ffconcat version 1.0\nfile /etc/passwd\n")


@pytest.mark.parametrize(
    ("write", "code"),
    [
        (_text, "not_media"),
        (_noise, "not_media"),
        (_playlist, "not_media"),
        (_session, "not_media"),
        (_passwd, "not_media"),
        (Path.touch, "media_empty"),
        (lambda path: path.write_bytes(b"x"), "not_media"),
        (lambda path: path.write_bytes(b"\x1aE\xdf\xa3" + bytes(100)), "media_damaged"),
        (lambda path: path.write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(12)), "media_truncated"),
    ],
)
def test_what_is_no_media_is_refused_with_its_reason(
    tmp_path: Path, write: Callable[[Path], object], code: str
) -> None:
    path = tmp_path / "talk.mp4"
    write(path)
    with pytest.raises(BadMedia) as refused:
        media.probe(path)
    assert refused.value.code == code
    assert refused.value.hint


@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_an_mp4_cut_before_its_index_is_truncated(film: Any, share: float) -> None:
    path = film()
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(BadMedia) as refused:
        media.probe(path)
    assert refused.value.code == "media_truncated"


def test_a_file_with_subtitles_alone_holds_nothing_to_play(film: Any) -> None:
    path = film("words.mkv", video=None, audio=None, subtitles=[film.Track([film.Cue(0, 1, "hello")], "subrip")])
    with pytest.raises(BadMedia) as refused:
        media.probe(path)
    assert refused.value.code == "no_audio_or_video"


def test_an_absurdly_large_picture_is_refused(film: Any) -> None:
    path = film("wide.mov", video="png", size=(16_400, 2), seconds=0.1, audio=None)
    with pytest.raises(BadMedia) as refused:
        media.probe(path)
    assert refused.value.code == "picture_too_large"


def test_an_absurdly_long_file_is_refused(film: Any) -> None:
    sound = [(0.0, film.beep()), (40 * 3600.0, film.beep())]
    with pytest.raises(BadMedia) as refused:
        media.probe(film("long.mkv", video=None, audio="pcm_s16le", sound=sound))
    assert refused.value.code == "media_too_long"


def test_a_concat_script_does_not_lead_to_the_file_it_names(film: Any, tmp_path: Path) -> None:
    film("secret.mp4", seconds=3.0)
    script = tmp_path / "talk.mp4"
    script.write_text("ffconcat version 1.0\nfile secret.mp4\n")
    with av.open(str(script)) as followed:  # FFmpeg left alone does follow it
        assert [stream.type for stream in followed.streams] == ["video", "audio"]
    with pytest.raises(BadMedia) as refused:
        media.probe(script)
    assert refused.value.code == "not_media"


def test_a_movie_whose_sound_lies_in_another_file_does_not_get_it(film: Any, tmp_path: Path) -> None:
    secret = film("secret.mov", video=None, audio="pcm_s16le", sound=[(0.0, film.beep(1.0))])
    movie = tmp_path / "talk.mov"
    movie.write_bytes(_pointing_elsewhere(secret.read_bytes(), str(secret)))
    lax = {"enable_drefs": "1", "use_absolute_path": "1"}
    with av.open(str(movie), container_options=lax) as followed:  # FFmpeg allowed to does read the other file
        assert any(frame.to_ndarray().any() for frame in followed.decode(audio=0))
    with pytest.raises(BadMedia) as refused:
        media.extract_audio(movie, tmp_path / "out.wav")
    assert refused.value.code == "no_audio"


def _pointing_elsewhere(movie: bytes, target: str) -> bytes:
    """The same movie, without its content, and with an alias to `target` in place of the reference to itself."""
    alias = _alias(target)
    at = movie.index(b"dref") + 12
    changed = bytearray(movie[:at] + alias + movie[at + 12 :])
    for box in (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"):
        place = changed.rindex(box, 0, at) - 4
        (size,) = struct.unpack_from(">I", changed, place)
        struct.pack_into(">I", changed, place, size + len(alias) - 12)
    content = changed.index(b"mdat") - 4
    (size,) = struct.unpack_from(">I", changed, content)
    changed[content + 8 : content + size] = bytes(size - 8)
    return bytes(changed)


def _alias(target: str) -> bytes:
    name, path = target.rpartition("/")[2].encode(), target.encode()
    pad = b"\0" * (len(path) % 2)
    body = struct.pack(">HHH", 0, 2, 0) + bytes(28) + bytes(12) + bytes([len(name)]) + name.ljust(63, b"\0")
    body += bytes(16) + struct.pack(">hh", 0, 0) + bytes(16)
    body += struct.pack(">HH", 2, len(path)) + path + pad
    body += struct.pack(">HH", 18, len(path) - 1) + path[1:] + struct.pack(">hH", -1, 0)
    return struct.pack(">I4sI", 12 + 4 + len(body), b"alis", 0) + bytes(4) + body


@pytest.mark.parametrize(
    "name",
    [
        "board meeting, May.mp4",
        "Größe 会議 🎬.mp4",
        "100%d.mp4",
        "-i.mp4",
        "http:talk.mp4",
        "concat:a|b.mp4",
        "x" * 196 + ".mp4",
    ],
)
def test_odd_file_names_make_no_difference(
    film: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    film().rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    path = Path(name)
    assert media.probe(path).has_video
    assert media.extract_audio(path, tmp_path / "out.wav") > 1.5
    assert media.poster(path, tmp_path / "poster.jpg")


def test_a_missing_file_is_not_the_senders_mistake(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        media.probe(tmp_path / "gone.mp4")


def test_metadata_that_is_not_utf8_does_no_harm(film: Any) -> None:
    path = film("t.mkv", metadata={"title": "Zurich-Zurich"})
    path.write_bytes(path.read_bytes().replace(b"Zurich-Zurich", b"Z\xfcrich-Z\xfcrich"))
    assert media.probe(path).duration == pytest.approx(2.0, abs=0.1)


def test_the_pixels_of_anamorphic_video_are_reported_as_stored(film: Any) -> None:
    info = media.probe(film(size=(90, 90), aspect=Fraction(2)))
    assert (info.width, info.height) == (90, 90)
