from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from video_pipeline.cli import main
from video_pipeline.slideshow.choosing import timed
from video_pipeline.slideshow.manifest import read_manifest
from video_pipeline.slideshow.rendering import said_in

Make = Callable[..., Path]


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr("sys.argv", ["video-pipeline", "slideshow", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


SAMPLE = Path(__file__).parents[3] / "samples" / "slideshow"


def _seconds(path: Path) -> float:
    with av.open(str(path)) as film:
        return float(film.streams.video[0].duration * film.streams.video[0].time_base)


def test_a_folder_becomes_a_film_as_long_as_the_sound(
    tmp_path: Path, sound: Make, photo: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "said.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:00.800\nHello\n\n00:01.250 --> 00:02.000\nHarbour\n")
    photo("a2.jpg")
    photo("a10.jpg", seed=2)
    track, out = sound(2, rate=22_050), tmp_path / "out.mp4"
    chosen = ("--height", 120, "--fps", 24, "--timing", "pauses", "--captions", tmp_path / "said.vtt")
    assert _run(monkeypatch, tmp_path, "--audio", track, "-o", out, *chosen) == 0
    assert _seconds(out) == 2
    assert "2.00 s for 2.00 s of sound" in capsys.readouterr().err


def test_a_manifest_names_everything_and_flags_change_it(
    tmp_path: Path, sound: Make, photo: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo("a.jpg")
    sound(1)
    document = {"images": [{"file": "a.jpg"}], "audio": {"file": "sound.wav"}, "height": 240}
    (tmp_path / "manifest.json").write_text(json.dumps(document))
    assert _run(monkeypatch, tmp_path, "-o", tmp_path / "out.mp4", "--height", 120, "--shape", "1:1", "-q") == 0
    with av.open(str(tmp_path / "out.mp4")) as film:
        assert (film.streams.video[0].width, film.streams.video[0].height) == (120, 120)


def test_what_is_missing_is_said_in_one_line(
    tmp_path: Path, photo: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(monkeypatch, tmp_path, "-o", tmp_path / "out.mp4") == 4
    assert "There are no pictures" in capsys.readouterr().err
    photo("a.jpg")
    assert _run(monkeypatch, tmp_path, "-o", tmp_path / "out.mp4") == 4
    assert "--audio" in capsys.readouterr().err


def test_the_sample_becomes_a_film_as_long_as_its_story_each_picture_while_it_is_spoken_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.mp4"
    assert _run(monkeypatch, SAMPLE, "--audio", SAMPLE / "story.wav", "-o", out, "--height", 120, "-q") == 0
    with av.open(str(SAMPLE / "story.wav")) as story:
        heard = float(story.streams.audio[0].duration * story.streams.audio[0].time_base)
    assert abs(_seconds(out) - heard) <= 1 / 30
    manifest = read_manifest(SAMPLE / "manifest.json")
    shown = timed(manifest, SAMPLE / "story.wav", heard, said_in(manifest, SAMPLE)).images
    assert [(each.file, each.start) for each in shown] == [
        ("harbour.jpg", 0),
        ("bakery.jpg", 3.632),
        ("hills.jpg", 7.388),
        ("lighthouse.jpg", 10.351),
        ("market.jpg", 13.312),
    ]


def test_captions_become_a_track_where_that_is_wished(
    tmp_path: Path, sound: Make, photo: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    photo("a.jpg")
    (tmp_path / "said.srt").write_text("1\n00:00:00,100 --> 00:00:00,900\nHello\n")
    sound(1)
    out = tmp_path / "out.mp4"
    given = (tmp_path, "--audio", tmp_path / "sound.wav", "-o", out, "--height", 120, "--show", "track")
    assert _run(monkeypatch, *given) == 4
    assert "--captions" in capsys.readouterr().err
    assert _run(monkeypatch, *given, "--captions", tmp_path / "said.srt") == 0
    with av.open(str(out)) as film:
        assert len(film.streams.subtitles) == 1
    assert "Hello" in (tmp_path / "out.vtt").read_text()
    assert "captions in" in capsys.readouterr().err
