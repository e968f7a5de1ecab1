"""Thumbnails and posters: at the right time, upright, in true proportions, telling."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from video_pipeline.media import stills
from video_pipeline.media.reader import PyAvMedia

media = PyAvMedia()


def _image(path: Path) -> Any:
    """A JPEG as an array of height, width and RGB."""
    assert path.read_bytes().startswith(b"\xff\xd8\xff")
    with av.open(str(path)) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24").astype(int)


def _level(path: Path) -> float:
    return float(_image(path).mean())


@pytest.mark.parametrize(
    ("name", "codec"), [("f.mp4", "libx264"), ("f.mkv", "libx264"), ("f.ts", "libx264"), ("f.avi", "mpeg4")]
)
def test_a_still_is_made_every_so_many_seconds(film: Any, tmp_path: Path, name: str, codec: str) -> None:
    path = film(name, video=codec, seconds=10.0, gop=5)  # brightness rises from 20 to 220
    made = media.thumbnails(path, tmp_path / "thumbs", every=2.5)
    assert [at for at, _ in made] == pytest.approx([0.0, 2.5, 5.0, 7.5], abs=0.6)  # a keyframe every half second
    for at, file in made:
        assert _level(file) == pytest.approx(20 + 20 * at, abs=8)


def test_names_of_stills_sort_by_time(film: Any, tmp_path: Path) -> None:
    made = media.thumbnails(film(seconds=12.0), tmp_path / "thumbs", every=1.0)
    assert [file.name for _, file in made] == sorted(file.name for _, file in made)
    assert {file for _, file in made} == set((tmp_path / "thumbs").iterdir())


def test_pictures_between_rare_keyframes_are_decoded(film: Any, tmp_path: Path) -> None:
    path = film(seconds=10.0, gop=1000)
    made = media.thumbnails(path, tmp_path / "thumbs", every=2.0)
    assert [at for at, _ in made] == pytest.approx([0.0, 2.0, 4.0, 6.0, 8.0], abs=0.01)
    assert [_level(file) for _, file in made] == pytest.approx([20, 60, 100, 140, 180], abs=4)


def test_decoding_between_keyframes_ends_at_its_budget(
    film: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stills, "_DECODED_BETWEEN", 30)
    made = media.thumbnails(film(seconds=10.0, gop=1000), tmp_path / "thumbs", every=2.0)
    assert [at for at, _ in made] == [0.0, 2.0]


def test_a_long_video_is_sampled_more_thinly(film: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stills, "_MOST_STILLS", 4)
    made = media.thumbnails(film(seconds=12.0), tmp_path / "thumbs", every=0.5)
    assert [at for at, _ in made] == pytest.approx([0.0, 3.0, 6.0, 9.0], abs=0.01)


def test_stills_are_scaled_down_but_never_up(film: Any, tmp_path: Path) -> None:
    path = film(size=(320, 180))
    [(_, small), *_] = media.thumbnails(path, tmp_path / "small", every=30, width=128)
    [(_, large), *_] = media.thumbnails(path, tmp_path / "large", every=30, width=640)
    assert _image(small).shape == (72, 128, 3)
    assert _image(large).shape == (180, 320, 3)


def test_anamorphic_pictures_get_their_true_proportions(film: Any, tmp_path: Path) -> None:
    path = film(size=(120, 120), aspect=Fraction(2))
    assert media.poster(path, tmp_path / "poster.jpg", width=240)
    assert _image(tmp_path / "poster.jpg").shape == (120, 240, 3)


@pytest.mark.parametrize(
    ("rotation", "shape", "corner"),
    [
        (0, (120, 200), (0, 0)),
        (90, (200, 120), (1, 0)),  # turned counter-clockwise: the top left corner goes to the bottom left
        (180, (120, 200), (1, 1)),
        (-90, (200, 120), (0, 1)),
    ],
)
def test_a_camera_held_sideways_gives_upright_stills(
    film: Any, tmp_path: Path, rotation: int, shape: tuple[int, int], corner: tuple[int, int]
) -> None:
    picture = film.plain((200, 120), 20)
    picture[:40, :60] = (250, 0, 0)
    path = film(size=(200, 120), rotation=rotation, picture=lambda _: picture)
    assert media.poster(path, tmp_path / "poster.jpg", width=1000)
    image = _image(tmp_path / "poster.jpg")
    assert image.shape[:2] == shape
    down, across = corner
    red = image[10 if not down else -10, 10 if not across else -10]
    assert red[0] > 200
    assert image[-10 if not down else 10, -10 if not across else 10][0] < 60


def test_the_poster_is_not_a_black_or_a_blank_picture(film: Any, tmp_path: Path) -> None:
    def picture(at: float) -> Any:
        if 5.0 <= at < 7.0:
            return np.random.default_rng(1).integers(0, 255, (90, 160, 1), dtype=np.uint8).repeat(3, axis=2)
        return film.plain((160, 90), 0 if at < 5 else 255)

    assert media.poster(film(seconds=10.0, picture=picture), tmp_path / "poster.jpg")
    assert _image(tmp_path / "poster.jpg").std() > 30


def test_there_are_no_stills_of_sound(film: Any, tmp_path: Path) -> None:
    song = film("song.mp3", video=None, audio="libmp3lame", cover=True)
    assert media.thumbnails(song, tmp_path / "thumbs", every=1.0) == []
    assert not media.poster(song, tmp_path / "poster.jpg")
    assert not (tmp_path / "poster.jpg").exists()


def test_a_picture_that_can_not_be_decoded_costs_only_its_stills(film: Any, tmp_path: Path) -> None:
    path = film("odd.avi", video="ffv1", audio="pcm_s16le")
    assert media.probe(path).has_video
    assert media.thumbnails(path, tmp_path / "thumbs", every=1.0) == []
    assert not media.poster(path, tmp_path / "poster.jpg")
    assert media.extract_audio(path, tmp_path / "out.wav") == pytest.approx(2.0, abs=0.1)


def test_a_video_cut_off_gives_the_stills_that_are_there(film: Any, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (90, 160, 3), dtype=np.uint8)
    path = film("cut.mkv", seconds=10.0, picture=lambda _: noise)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    made = media.thumbnails(path, tmp_path / "thumbs", every=1.0)
    assert [at for at, _ in made] == sorted({at for at, _ in made})
    assert 3 <= len(made) <= 6


def test_progress_of_stills_rises_to_one(film: Any, tmp_path: Path) -> None:
    told: list[float] = []
    media.thumbnails(film(seconds=4.0), tmp_path / "thumbs", every=1.0, progress=told.append)
    assert told == [0.25, 0.5, 0.75, 1.0]


def test_near_keyframes_nothing_is_decoded_in_between(
    film: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stills, "_DECODED_BETWEEN", 0)
    made = media.thumbnails(film(seconds=10.0, gop=5), tmp_path / "thumbs", every=2.0)
    assert [at for at, _ in made] == pytest.approx([0.0, 2.0, 4.0, 6.0, 8.0], abs=0.01)
