from __future__ import annotations

from itertools import count
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from video_pipeline.errors import Misconfigured
from video_pipeline.slideshow.yunet import STRIDES, YuNet, layers_in, read_network


class _Drawn:
    """A network of YuNet's shape with made-up weights, drawn for ONNX with other words than the product's."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._names = (f"v{number}" for number in count())
        self.nodes: list[object] = []
        self.weights: list[object] = []

    def op(self, kind: str, *inputs: str, out: str | None = None, **attributes: object) -> str:
        out = out or next(self._names)
        self.nodes.append(helper.make_node(kind, inputs, [out], **attributes))
        return out

    def constant(self, values: NDArray[np.generic]) -> str:
        name = next(self._names)
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def conv(self, state: str, shape: tuple[int, ...], stride: int = 1, group: int = 1) -> str:
        weights = self._random.normal(0, (1.2 / np.prod(shape[1:])) ** 0.5, shape).astype(np.float32)
        biases = self._random.normal(0, 0.1, shape[0]).astype(np.float32)
        margin = shape[-1] // 2
        named = self.constant(weights), self.constant(biases)
        return self.op("Conv", state, *named, strides=[stride] * 2, pads=[margin] * 4, group=group)

    def pair(self, state: str, entering: int, leaving: int) -> str:
        return self.conv(self.conv(state, (leaving, entering, 1, 1)), (leaving, 1, 3, 3), group=leaving)

    def block(self, state: str, entering: int, leaving: int) -> str:
        return self.op("Relu", self.pair(state, entering, leaving))

    def half(self, state: str) -> str:
        return self.op("MaxPool", state, kernel_shape=[2, 2], strides=[2, 2])

    def double(self, state: str) -> str:
        scales = self.constant(np.array([1, 1, 2, 2], np.float32))
        rounding = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        return self.op("Resize", state, "", scales, mode="nearest", **rounding)


def _file(seed: int) -> bytes:
    net = _Drawn(seed)
    scaled = net.op("Mul", "input", net.constant(np.array(1 / 128, np.float32)))
    state = net.op("Relu", net.conv(scaled, (16, 3, 3, 3), stride=2))
    state = net.half(net.block(state, 16, 16))
    for sides in ((16, 16), (16, 32), (32, 32), (32, 64)):
        state = net.block(state, *sides)
    levels = []
    for _ in STRIDES:
        state = net.block(net.block(net.half(state), 64, 64), 64, 64)
        levels.append(state)
    fine, middle, coarse = levels
    coarse = net.block(coarse, 64, 64)
    middle = net.block(net.op("Add", middle, net.double(coarse)), 64, 64)
    fine = net.block(net.op("Add", fine, net.double(middle)), 64, 64)
    outputs = []
    for name, channels in (("face", 1), ("place", 4), ("thing", 1)):
        for stride, level in zip(STRIDES, (fine, middle, coarse), strict=True):
            outputs.append(f"{name}_{stride}")
            net.op("Identity", net.pair(level, 64, channels), out=outputs[-1])
    graph = helper.make_graph(
        net.nodes,
        "drawn",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, "rows", "columns"])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        initializer=net.weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return bytes(model.SerializeToString())


@pytest.mark.parametrize("size", [(64, 96), (96, 160), (224, 320)])
def test_it_computes_what_the_runtime_for_such_files_computes(size: tuple[int, int]) -> None:
    data = _file(seed=size[0])
    picture = np.random.default_rng(1).uniform(0, 255, (*size, 3)).astype(np.float32)
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_outputs()]
    wanted = dict(zip(names, session.run(None, {"input": picture.transpose(2, 0, 1)[None]}), strict=True))
    made = YuNet(layers_in(data)).run(picture / np.float32(128))
    for stride, (likely, places) in zip(STRIDES, made, strict=True):
        face, thing = (1 / (1 + np.exp(-wanted[f"{name}_{stride}"][0, 0].astype(float))) for name in ("face", "thing"))
        assert likely.dtype == places.dtype == np.float32
        assert likely.std() > 0.001
        np.testing.assert_allclose(likely, np.sqrt(face * thing), atol=1e-4)
        np.testing.assert_allclose(places, wanted[f"place_{stride}"][0].transpose(1, 2, 0), rtol=1e-3, atol=1e-3)


def test_a_file_with_other_bytes_and_one_that_is_not_there_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "other.onnx").write_bytes(_file(seed=1))
    with pytest.raises(Misconfigured, match=r"other\.onnx is not the published model") as changed:
        read_network(tmp_path / "other.onnx")
    with pytest.raises(Misconfigured, match=r"missing\.onnx: No such file") as missing:
        read_network(tmp_path / "missing.onnx")
    assert (changed.value.code, missing.value.code) == ("face_model_changed", "face_model_missing")
    assert "FACE_MODEL" in (changed.value.hint or "")
