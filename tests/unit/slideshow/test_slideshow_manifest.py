from __future__ import annotations

from pathlib import Path

import pytest

from video_pipeline.errors import BadInput
from video_pipeline.slideshow.manifest import manifest_of, read_manifest


def _image(name: str = "a.jpg", **more: object) -> dict[str, object]:
    return {"file": name} | more


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"images": []}, "images"),
        ({}, "images"),
        ({"version": 2, "images": [_image()]}, "version"),
        ({"images": [_image(start=0, end=5), _image("b.jpg", start=4, end=9)]}, "b.jpg starts at 4"),
        ({"images": [_image(start=0, end=5), _image("b.jpg")]}, "either all pictures have times or none"),
        ({"images": [_image(start=3)]}, "start and end go together"),
        ({"images": [_image(start=3, end=3)]}, "ends at 3"),
        ({"images": [_image("../secret.jpg")]}, "below the manifest's folder"),
        ({"images": [_image("/etc/passwd")]}, "below the manifest's folder"),
        ({"images": [_image(matters=[{"x": 1.2, "y": 0}])]}, "matters"),
        ({"images": [_image(sha256="1234")]}, "sha256"),
        ({"images": [_image()], "fps": 29}, "fps"),
        ({"images": [_image()], "height": 1081}, "height"),
        ({"images": [_image()], "crossfade": float("nan")}, "crossfade"),
        ({"images": [_image()], "colour": "red"}, "colour"),
    ],
)
def test_a_wrong_manifest_is_refused_with_the_place_that_is_wrong(document: object, said: str) -> None:
    with pytest.raises(BadInput) as refused:
        manifest_of(document)
    assert refused.value.code == "manifest_invalid"
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("shape", "height", "frame"),
    [("16:9", 1080, (1920, 1080)), ("9:16", 1080, (1080, 1920)), ("1:1", 720, (720, 720)), ("16:9", 482, (856, 482))],
)
def test_the_frame_has_the_wished_shape_in_even_pixels(shape: str, height: int, frame: tuple[int, int]) -> None:
    assert manifest_of({"images": [_image()], "shape": shape, "height": height}).frame == frame


def test_a_manifest_survives_being_written(tmp_path: Path) -> None:
    made = manifest_of({"images": [_image(credit="Ada", matters=[{"x": 0.5, "y": 0.25}])], "title": "Harbour"})
    (tmp_path / "manifest.json").write_text(made.model_dump_json())
    assert read_manifest(tmp_path / "manifest.json") == made


def test_what_is_no_json_or_not_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(BadInput, match="not JSON"):
        read_manifest(tmp_path / "manifest.json")
    with pytest.raises(BadInput, match="can't be read"):
        read_manifest(tmp_path / "other.json")
