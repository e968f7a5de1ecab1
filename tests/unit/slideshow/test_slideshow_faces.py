from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from video_pipeline.errors import Misconfigured
from video_pipeline.slideshow import faces
from video_pipeline.slideshow.faces import Faces, faces_by
from video_pipeline.slideshow.motion import Box
from video_pipeline.slideshow.yunet import STRIDES, Found


class _Told:
    """Finds what it is told, as (left, top, width, height) in pixels and how likely, where its middle's cell is."""

    def __init__(self, *faces: tuple[tuple[float, float, float, float], float], stride: int = 8) -> None:
        self._faces, self._stride = faces, stride
        self.seen: list[NDArray[np.float32]] = []

    def run(self, picture: NDArray[np.float32]) -> Found:
        self.seen.append(picture)
        made = [self._empty(picture, stride) for stride in STRIDES]
        likely, places = made[STRIDES.index(self._stride)]
        for (left, top, width, height), share in self._faces:
            x, y = (left + width / 2) / self._stride, (top + height / 2) / self._stride
            cell = int(y), int(x)
            likely[cell] = share
            places[cell] = (x - cell[1], y - cell[0], np.log(width / self._stride), np.log(height / self._stride))
        return made

    @staticmethod
    def _empty(picture: NDArray[np.float32], stride: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        shape = picture.shape[0] // stride, picture.shape[1] // stride
        return np.zeros(shape, np.float32), np.zeros((*shape, 4), np.float32)


def _photo(width: int = 640, height: int = 400) -> Image.Image:
    return Image.new("RGB", (width, height), (250, 120, 10))


def test_a_head_is_the_face_with_hair_and_chin_as_shares_of_the_picture() -> None:
    (face,) = Faces(_Told(((80, 60, 40, 50), 0.9))).found(_photo())
    assert face.sure
    around = Box(80 / 320, 60 / 200, 40 / 320, 50 / 200)
    assert face.head.holds(around)
    assert around.y - face.head.y == pytest.approx(0.35 * around.height, abs=1 / 256)
    assert face.head.y + face.head.height - around.y - around.height == pytest.approx(0.12 * 0.25, abs=1 / 256)
    assert face.head.width == pytest.approx(1.3 * around.width, abs=2 / 256)


def test_one_face_that_is_found_in_many_places_is_one_and_the_surest_comes_first() -> None:
    told = _Told(((80, 60, 40, 50), 0.7), ((88, 62, 40, 50), 0.95), ((80, 70, 40, 50), 0.8), ((200, 60, 40, 50), 0.65))
    found = Faces(told).found(_photo())
    assert [face.sure for face in found] == [True, False]
    assert found[0].head.holds(Box(88 / 320, 62 / 200, 40 / 320, 50 / 200))


def test_what_is_hardly_a_face_is_none() -> None:
    assert Faces(_Told(((80, 60, 40, 50), 0.59))).found(_photo()) == ()


@pytest.mark.parametrize("stride", STRIDES)
def test_large_and_small_faces_are_read_on_the_same_scale(stride: int) -> None:
    (face,) = Faces(_Told(((64, 48, 96, 96), 0.9), stride=stride)).found(_photo())
    assert face.head.holds(Box(64 / 320, 48 / 200, 96 / 320, 96 / 200))


def test_the_network_sees_blue_green_and_red_in_multiples_of_32_and_never_an_enlarged_picture() -> None:
    told = _Told()
    for size in ((640, 400), (100, 70), (5000, 20)):
        Faces(told).found(_photo(*size))
    assert [each.shape for each in told.seen] == [(224, 320, 3), (96, 128, 3), (32, 320, 3)]
    assert told.seen[0][0, 0].tolist() == [10, 120, 250]
    assert told.seen[0][210, 0].tolist() == [0, 0, 0]


shares = st.floats(0, 1, width=32)


@settings(max_examples=40)
@given(data=st.data())
def test_whatever_the_network_says_heads_lie_in_the_picture(data: st.DataObject) -> None:
    random = np.random.default_rng(data.draw(st.integers(0, 10_000)))

    class Wild:
        def run(self, picture: NDArray[np.float32]) -> Found:
            sizes = [(picture.shape[0] // stride, picture.shape[1] // stride) for stride in STRIDES]
            wild = [random.normal(0, 40, (*size, 4)).astype(np.float32) for size in sizes]
            return [(random.uniform(0, 1, size).astype(np.float32), one) for size, one in zip(sizes, wild, strict=True)]

    whole = Box(0, 0, 1, 1)
    assert all(whole.holds(face.head) for face in Faces(Wild()).found(_photo(90, 60)))


def test_the_last_digits_of_what_is_computed_change_nothing() -> None:
    found = [Faces(_Told(((80, 60, 40 + step, 50), 0.9))).found(_photo()) for step in (0, 1e-5)]
    assert found[0] == found[1]


def test_the_model_beside_the_code_is_found_and_without_any_nobody_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faces, "BROUGHT", tmp_path / "brought.onnx")
    assert faces_by(None) is None
    (tmp_path / "brought.onnx").write_bytes(b"weights")
    with pytest.raises(Misconfigured, match=r"brought\.onnx is not the published model"):
        faces_by(None)
