"""The network YuNet (W. Wu, H. Peng and S. Yu, 2023) in numpy: 53,000 weights, which an operator supplies.

The file is `face_detection_yunet_2023mar.onnx` of the OpenCV model zoo, MIT licence. Its SHA-256 is known, so nothing
but that file is read here, and the order of its layers is known. numpy is enough for it; a runtime for such files would
be larger than all that the slideshow's function has room for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from video_pipeline.errors import Misconfigured

PUBLISHED: Final = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
STRIDES: Final = (8, 16, 32)
# Fields of ONNX's messages, by their numbers in onnx.proto.
_GRAPH, _NODE, _TENSOR = 7, 1, 5
_INPUT, _KIND = 1, 4
_SHAPE, _TYPE, _NAME, _RAW = 1, 2, 8, 9
_FLOAT = 1
_NUMBER, _BYTES = 0, 2

Floats = NDArray[np.float32]
Layer = tuple[Floats, Floats]
# For each stride how likely a face has its middle in a cell, and where it then lies: (rows, columns) and (.., 4).
Found = list[tuple[Floats, Floats]]
Field = tuple[int, int | memoryview]


def read_network(path: Path) -> YuNet:
    """Misconfigured face_model_missing, or face_model_changed when the bytes are others than the published ones."""
    hint = "Use face_detection_yunet_2023mar.onnx of the OpenCV model zoo, or no file and no FACE_MODEL."
    try:
        data = path.read_bytes()
    except OSError as error:
        said = f"The model that finds faces can't be read: {path}: {error.strerror}."
        raise Misconfigured("face_model_missing", said, hint=hint) from error
    if hashlib.sha256(data).hexdigest() != PUBLISHED:
        said = f"The file {path} is not the published model that finds faces."
        raise Misconfigured("face_model_changed", said, hint=hint)
    return YuNet(layers_in(data))


class YuNet:
    def __init__(self, layers: list[Layer]) -> None:
        """`layers` are its convolutions in the order of the file, weights (out, in, rows, columns) and biases."""
        self._layers = layers

    def run(self, picture: Floats) -> Found:
        """`picture`: rows and columns in multiples of 32, of blue, green and red from 0 to 255."""
        layers = iter(self._layers)
        state = _halved(_block(_first(picture, next(layers)), layers))
        for _ in range(4):
            state = _block(state, layers)
        fine = _blocks(_halved(state), layers)
        middle = _blocks(_halved(fine), layers)
        coarse = _block(_blocks(_halved(middle), layers), layers)
        middle = _block(middle + _doubled(coarse), layers)
        fine = _block(fine + _doubled(middle), layers)
        levels = fine, middle, coarse
        faces, places, things = ([_pair(level, layers) for level in levels] for _ in range(3))
        sure = (np.sqrt(_share(one) * _share(other))[..., 0] for one, other in zip(faces, things, strict=True))
        return list(zip(sure, places, strict=True))


def layers_in(data: bytes) -> list[Layer]:
    """Every convolution of an ONNX file, in its order."""
    graph = next(each for number, each in _fields(memoryview(data)) if number == _GRAPH)
    tensors: dict[bytes, Floats] = {}
    names: list[list[bytes]] = []
    for number, message in _fields(_message(graph)):
        if number == _TENSOR:
            tensors |= _tensor(_message(message))
        elif number == _NODE:
            parts = [(field, bytes(_message(value))) for field, value in _fields(_message(message))]
            if (_KIND, b"Conv") in parts:
                names.append([value for field, value in parts if field == _INPUT])
    return [(tensors[weights], tensors[biases]) for _, weights, biases in names]


def _tensor(message: memoryview) -> dict[bytes, Floats]:
    """Its name and values; empty for one that is not of 32-bit floats."""
    parts = list(_fields(message))
    shape = [value for field, value in parts if field == _SHAPE and isinstance(value, int)]
    data = {field: _message(value) for field, value in parts}
    if (_TYPE, _FLOAT) not in parts or _RAW not in data:
        return {}
    return {bytes(data[_NAME]): np.frombuffer(data[_RAW], "<f4").reshape(shape)}


def _fields(data: memoryview) -> Iterator[Field]:
    """Of a message as Protocol Buffers write it: number, and value or bytes."""
    place = 0
    while place < len(data):
        key, place = _number(data, place)
        value, place = _number(data, place) if key & 7 in {_NUMBER, _BYTES} else (4, place)
        if key & 7 == _NUMBER:
            yield key >> 3, value
        else:
            yield key >> 3, data[place : place + value]
            place += value


def _number(data: memoryview, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place


def _message(value: int | memoryview) -> memoryview:
    return value if isinstance(value, memoryview) else memoryview(b"")


def _first(state: Floats, layer: Layer) -> Floats:
    """Every second 3 x 3 neighbourhood."""
    padded = np.pad(state, ((1, 1), (1, 1), (0, 0)))
    seen = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (0, 1))[::2, ::2]
    rows, columns = seen.shape[:2]
    weights, biases = layer
    made: Floats = seen.reshape(rows * columns, -1) @ weights.reshape(len(weights), -1).T + biases
    return np.maximum(made, np.float32(0)).reshape(rows, columns, -1)


def _blocks(state: Floats, layers: Iterator[Layer]) -> Floats:
    return _block(_block(state, layers), layers)


def _block(state: Floats, layers: Iterator[Layer]) -> Floats:
    made: Floats = np.maximum(_pair(state, layers), 0)
    return made


def _pair(state: Floats, layers: Iterator[Layer]) -> Floats:
    """Channels are mixed in every place, then every channel with its neighbourhood."""
    weights, biases = next(layers)
    mixed = state @ weights[:, :, 0, 0].T + biases
    return _around(mixed, *next(layers))


def _around(state: Floats, weights: Floats, biases: Floats) -> Floats:
    rows, columns, _ = state.shape
    padded = np.pad(state, ((1, 1), (1, 1), (0, 0)))
    made, part = np.empty_like(state), np.empty_like(state)
    made[:] = biases
    for row in range(3):
        for column in range(3):
            np.multiply(padded[row : row + rows, column : column + columns], weights[:, 0, row, column], out=part)
            made += part
    return made


def _halved(state: Floats) -> Floats:
    """The largest of four."""
    rows = np.maximum(state[::2], state[1::2])
    made: Floats = np.maximum(rows[:, ::2], rows[:, 1::2])
    return made


def _doubled(state: Floats) -> Floats:
    return state.repeat(2, axis=0).repeat(2, axis=1)


def _share(values: Floats) -> Floats:
    half = np.float32(0.5)
    made: Floats = half + half * np.tanh(half * values)  # without the overflow of an exponential
    return made
