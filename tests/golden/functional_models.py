"""Graphs of layers and operations, written once for Keras and for minikeras.

Each function takes the library; beside it are the inputs that the model is called on.
"""

from typing import Any

import numpy as np


def operations(keras: Any) -> Any:
    """Operators, indexing and operations between layers; outputs in a dict."""
    ops = keras.ops
    inputs = keras.Input((4,), name="a")
    x = keras.layers.Dense(3, name="d")(inputs)
    y = ops.mean(ops.relu(x) + x * 2, axis=-1, keepdims=True)
    dropped = keras.layers.Dropout(0.5)(x, training=False)
    joined = ops.concatenate([x, dropped], axis=1)
    return keras.Model(inputs, {"z": y[:, 0], "w": [joined]}, name="operations")


def masked(keras: Any) -> Any:
    """A mask that becomes a part of the graph."""
    inputs = keras.Input((4,), name="a", dtype="int32")
    x = keras.layers.Embedding(10, 3, mask_zero=True)(inputs)
    x = keras.layers.Dropout(0.2)(keras.layers.LSTM(2)(x))
    return keras.Model(inputs, keras.layers.BatchNormalization()(x), name="masked")


def shared(keras: Any) -> Any:
    """A shared layer, a chain and a graph as layers, nested inputs and outputs."""
    left, right = keras.Input((4,), name="left"), keras.Input((3,), name="right")
    encode = keras.layers.Dense(3, activation="tanh", name="encode")
    x = keras.Input((3,), name="inner_input")
    two = keras.layers.Dense(2, name="two")(x), keras.layers.Dense(1, name="one")(x)
    inner = keras.Model(x, list(two), name="inner")
    chain = keras.Sequential([keras.layers.Dense(3, name="first")], name="chain")
    total = keras.layers.Add(name="add")([encode(chain(left)), encode(right)])
    p, q = inner(total)
    again, _ = inner(right)
    outputs = [p, [q, keras.ops.maximum(again, 0.5)]]
    return keras.Model({"left": left, "right": right}, outputs, name="shared")


def attention(keras: Any) -> Any:
    """Operations with settings of all kinds: axes, equations, sections, bounds."""
    ops = keras.ops
    inputs = keras.Input((5, 4), name="query")
    attend = keras.layers.MultiHeadAttention(2, 3, name="attend")
    x = attend(inputs, inputs, use_causal_mask=True)
    rows = ops.reshape(ops.transpose(x, (0, 2, 1)), (-1, 20))
    rows = ops.where(rows > 0, rows, ops.zeros_like(rows))
    both = ops.einsum("bij,bkj->bik", inputs, x)
    first, rest = ops.split(both, [2], axis=2)
    outputs = [rows, ops.sum(first, axis=(1, 2)), -rest / 3.0, ops.max(rest, axis=1)]
    return keras.Model([inputs], outputs, name="attention")


def residual(keras: Any) -> Any:
    """Convolutions with a way around them, and an activation function."""
    inputs = keras.Input((6, 6, 3), name="image")
    x = keras.layers.Conv2D(4, 3, padding="same", name="wide")(inputs)
    x = keras.layers.ReLU(name="relu")(keras.layers.BatchNormalization(name="bn")(x))
    around = keras.layers.Conv2D(4, 1, name="around")(inputs)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(
        keras.layers.Add(name="sum")([x, around])
    )
    x = keras.layers.Dense(2, name="scores")(keras.activations.gelu(x))
    return keras.Model(inputs, x, name="residual")


def some(*shape: int) -> np.ndarray:
    """Returns numbers that are the same each time."""
    return np.random.default_rng(0).normal(size=shape).astype("float32")


MODELS = {
    "operations": (operations, some(2, 4)),
    "masked": (masked, np.array([[1, 2, 0, 0], [3, 4, 5, 0]], "int32")),
    "shared": (shared, {"left": some(2, 4), "right": some(2, 3)}),
    "attention": (attention, [some(2, 5, 4)]),
    "residual": (residual, some(2, 6, 6, 3)),
}


def weights_for(model: Any) -> list[np.ndarray]:
    """Returns weights for a model that are the same each time; none is negative."""
    generator = np.random.default_rng(1)
    return [
        np.abs(generator.normal(size=weight.shape)).round(3).astype("float32")
        for weight in model.weights
    ]
