"""The network all-MiniLM-L6-v2 (BERT: 6 layers of 384, 12 heads) as an ONNX graph, drawn from its published weights.

Inputs `ids` and `mask` (int64, texts by tokens; mask is 1 where there is a token), output `vectors` (float32, texts by
384): the mean of the last layer over the tokens, at unit length. Standard operators only, so any runtime can run it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

WIDTH: Final = 384
MOST_TOKENS: Final = 256
_LAYERS: Final = 6
_HEADS: Final = 12
_EPSILON: Final = 1e-12
_OPSET: Final = 20
_IR_VERSION: Final = 9

Array = NDArray[Any]


class _Graph:
    """Grows node by node. `weights` stay beside it, so that the runtime can take them as they lie in memory."""

    def __init__(self, tensors: Mapping[str, Array]) -> None:
        self.weights: dict[str, Array] = {}
        self._tensors = tensors
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []

    def op(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """Adds a node with one output; the output's name."""
        name = output or f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, value: object, kind: type[np.generic] = np.int64) -> str:
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.array(value, dtype=kind), name))
        return name

    def weight(self, name: str, array: Array | None = None) -> str:
        """A tensor of the model file, or `array` under that name."""
        self.weights[name] = np.ascontiguousarray(self._tensors[name] if array is None else array, dtype=np.float32)
        return name

    def dense(self, source: str, *names: str) -> str:
        """`source @ W.T + b`; layers with the same source are one product, their results side by side."""
        matrix = np.concatenate([self._tensors[f"{name}.weight"].T for name in names], axis=1)
        bias = np.concatenate([self._tensors[f"{name}.bias"] for name in names])
        product = self.op("MatMul", source, self.weight(f"{names[0]}.weight", matrix))
        return self.op("Add", product, self.weight(f"{names[0]}.bias", bias))

    def norm(self, source: str, name: str) -> str:
        scale, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.op("LayerNormalization", source, scale, bias, axis=-1, epsilon=_EPSILON)

    def thirds(self, source: str) -> list[str]:
        names = [f"Split_{len(self._nodes)}_{part}" for part in range(3)]
        self._nodes.append(helper.make_node("Split", [source], names, axis=-1, num_outputs=3))
        return names

    def model(self) -> ModelProto:
        inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["text", "token"]) for name in ("ids", "mask")]
        output = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["text", WIDTH])
        weights = [_kept_outside(name, array) for name, array in self.weights.items()]
        graph = helper.make_graph(self._nodes, "minilm", inputs, [output], initializer=[*self._constants, *weights])
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)


def build(tensors: Mapping[str, Array]) -> tuple[bytes, dict[str, Array]]:
    """The serialised model, and the weights that it names and that the runtime must be given with it."""
    graph = _Graph(tensors)
    present = graph.op("Cast", "mask", to=TensorProto.FLOAT)
    barred = _barred(graph, present)
    state = _embedded(graph)
    for number in range(_LAYERS):
        state = _layer(graph, f"encoder.layer.{number}", state, barred)
    _pooled(graph, state, present)
    return graph.model().SerializeToString(), graph.weights


def _embedded(graph: _Graph) -> str:
    """Word plus position; there is only one segment, so its embedding is a part of every position's."""
    segment = graph.weight("embeddings.token_type_embeddings.weight")
    words = graph.op("Gather", graph.weight("embeddings.word_embeddings.weight"), "ids")
    tokens = graph.op("Slice", graph.op("Shape", "ids"), graph.constant([1]), graph.constant([2]))
    zero = graph.constant([0])
    places = graph.op("Slice", graph.weight("embeddings.position_embeddings.weight"), zero, tokens, zero)
    places = graph.op("Add", places, graph.op("Gather", segment, graph.constant(0)))
    return graph.norm(graph.op("Add", words, places), "embeddings.LayerNorm")


def _barred(graph: _Graph, present: str) -> str:
    """What is added to attention scores: 0 for a token, so much less for padding that its share becomes exactly 0."""
    absent = graph.op("Sub", graph.constant(1, np.float32), present)
    penalty = graph.op("Mul", absent, graph.constant(np.finfo(np.float32).min, np.float32))
    return graph.op("Unsqueeze", penalty, graph.constant([1, 2]))


def _layer(graph: _Graph, name: str, state: str, barred: str) -> str:
    attended = graph.dense(_attention(graph, f"{name}.attention.self", state, barred), f"{name}.attention.output.dense")
    state = graph.norm(graph.op("Add", attended, state), f"{name}.attention.output.LayerNorm")
    hidden = graph.op("Gelu", graph.dense(state, f"{name}.intermediate.dense"))
    return graph.norm(graph.op("Add", graph.dense(hidden, f"{name}.output.dense"), state), f"{name}.output.LayerNorm")


def _attention(graph: _Graph, name: str, state: str, barred: str) -> str:
    projected = graph.thirds(graph.dense(state, f"{name}.query", f"{name}.key", f"{name}.value"))
    by_head = graph.constant([0, 0, _HEADS, WIDTH // _HEADS])
    query, key, value = (graph.op("Reshape", each, by_head) for each in projected)
    query, value = (graph.op("Transpose", each, perm=[0, 2, 1, 3]) for each in (query, value))
    scores = graph.op("MatMul", query, graph.op("Transpose", key, perm=[0, 2, 3, 1]))
    scaled = graph.op("Mul", scores, graph.constant(1 / math.sqrt(WIDTH / _HEADS), np.float32))
    shares = graph.op("Softmax", graph.op("Add", scaled, barred), axis=-1)
    mixed = graph.op("Transpose", graph.op("MatMul", shares, value), perm=[0, 2, 1, 3])
    return graph.op("Reshape", mixed, graph.constant([0, 0, WIDTH]))


def _pooled(graph: _Graph, state: str, present: str) -> None:
    over_tokens = graph.constant([1])
    kept = graph.op("Mul", state, graph.op("Unsqueeze", present, graph.constant([2])))
    total = graph.op("ReduceSum", kept, over_tokens, keepdims=0)
    mean = graph.op("Div", total, graph.op("ReduceSum", present, over_tokens, keepdims=1))
    graph.op("Div", mean, graph.op("ReduceL2", mean, over_tokens, keepdims=1), output="vectors")


def _kept_outside(name: str, array: Array) -> TensorProto:
    """A reference to data that is not in the model's file; its location is a formality."""
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=array.shape, data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="memory")
    return tensor
