from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from video_pipeline.errors import BadCaptions, BadInput
from video_pipeline.media.subtitles import subtitles
from video_pipeline.slideshow.folder import images_in
from video_pipeline.slideshow.manifest import Manifest, manifest_of
from video_pipeline.slideshow.rendering import render

Make = Callable[..., Path]
SAID = "WEBVTT\n\n00:00.500 --> 00:01.000\n<v Ada>Hello &amp; harbour\n\n00:02.000 --> 00:02.500\n<i>Bye</i>\n"


def _manifest(folder: Path, **captions: object) -> Manifest:
    (folder / "said.vtt").write_text(SAID)
    return manifest_of(
        {
            "images": images_in(folder),
            "audio": {"file": "sound.wav"},
            "captions": {"file": "said.vtt"} | captions,
            "height": 360,
            "fps": 24,
        }
    )


def _light(path: Path) -> list[float]:
    """How bright the place is where captions stand."""
    with av.open(str(path)) as film:
        return [float(np.percentile(f.to_ndarray()[300:330, 280:360], 99)) for f in film.decode(video=0)]


def test_burnt_captions_are_seen_while_they_are_said(tmp_path: Path, sound: Make, photo: Make) -> None:
    photo("a.jpg", mode="L")
    sound(3)
    made = render(_manifest(tmp_path), tmp_path, tmp_path / "out.mp4")
    assert made.captions is None
    plain = manifest_of(_manifest(tmp_path).model_dump() | {"captions": None})
    render(plain, tmp_path, tmp_path / "plain.mp4")
    brighter = [a - b > 20 for a, b in zip(_light(tmp_path / "out.mp4"), _light(tmp_path / "plain.mp4"), strict=True)]
    assert all(brighter[15:21])
    assert all(brighter[51:57])
    assert not any(brighter[:11] + brighter[26:47] + brighter[62:])


def test_a_track_of_captions_can_be_read_back_and_lies_beside_the_film(
    tmp_path: Path, sound: Make, photo: Make
) -> None:
    photo("a.jpg")
    sound(2.2)
    made = render(_manifest(tmp_path, show="track"), tmp_path, tmp_path / "out.mp4")
    found = subtitles(tmp_path / "out.mp4")
    assert found is not None
    assert [(each.start, each.end, each.text) for each in found.segments] == [
        (0.5, 1.0, "Hello & harbour"),
        (2.0, 2.2, "Bye"),
    ]
    assert made.captions == tmp_path / "out.vtt"
    beside = (tmp_path / "out.vtt").read_text()
    assert "<v Ada>Hello" in beside
    assert "00:00:02.000 --> 00:00:02.200" in beside, "it ends with the film"


def test_captions_that_cannot_be_used_are_refused_before_anything_is_made(
    tmp_path: Path, sound: Make, photo: Make
) -> None:
    photo("a.jpg")
    sound(3)
    manifest = _manifest(tmp_path)
    for content, code in ((SAID.replace("Bye", "日本"), "font_lacks_characters"), ("nothing", "captions_unreadable")):
        (tmp_path / "said.vtt").write_text(content)
        with pytest.raises(BadInput) as refused:
            render(manifest, tmp_path, tmp_path / "out.mp4")
        if isinstance(refused.value, BadCaptions):
            assert refused.value.code.startswith("captions_")
        else:
            assert refused.value.code == code
    assert not list(tmp_path.glob("*.mp4"))


def test_a_font_of_ones_own_is_an_input_like_any_other(tmp_path: Path, sound: Make, photo: Make) -> None:
    photo("a.jpg")
    sound(1)
    manifest = manifest_of(_manifest(tmp_path).model_dump() | {"fonts": [{"file": "own.ttf"}]})
    with pytest.raises(BadInput) as refused:
        render(manifest, tmp_path, tmp_path / "out.mp4")
    assert refused.value.code == "input_missing"
    (tmp_path / "own.ttf").write_bytes(b"no font")
    with pytest.raises(BadInput) as refused:
        render(manifest, tmp_path, tmp_path / "out.mp4")
    assert refused.value.code == "font_unusable"
