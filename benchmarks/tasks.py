"""What is trained: the architectures, with their initial weights, data and FLOPs.

Needs NumPy alone, for every contestant imports it: all start from the same weights, in
Keras's order and layout, and see the same batches.
"""

import math
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np


class Task(NamedTuple):
    """An architecture of certain sizes, and how it is trained.

    The contestants have a function for each architecture.  `optimizer` is the name of
    one that works as Keras's do, with its options and with Keras's defaults.
    """

    architecture: str
    sizes: dict
    batch: int
    optimizer: str = "adam"
    options: dict = {"learning_rate": 1e-3}  # noqa: RUF012 (nobody changes it)
    one_hot: bool = False

    @classmethod
    def of(cls, fields):
        """Returns the task that `_asdict` and JSON have made a dict of."""
        sizes = {
            name: tuple(size) if isinstance(size, list) else size
            for name, size in fields["sizes"].items()
        }
        return cls(**fields | {"sizes": sizes})

    def without_dropout(self):
        """Returns the task with nothing random in it, to compare losses."""
        if "rate" not in self.sizes:
            return self
        return self._replace(sizes=self.sizes | {"rate": 0.0})

    def weights(self):
        """Returns the initial weights, in the order of Keras's `get_weights`."""
        rng = np.random.default_rng(0)
        return [
            (rng.standard_normal(shape) * scale + offset).astype("float32")
            for shape, scale, offset in SHAPES[self.architecture](**self.sizes)
        ]

    def batches(self, steps):
        """Returns inputs and targets, each with the batches along its first axis."""
        return batches(
            self.architecture,
            tuple(self.sizes.items()),
            self.batch,
            steps,
            self.one_hot,
        )

    def epoch(self, steps):
        """Returns inputs and targets with one sample per row, as `fit` takes them."""
        return tuple(a.reshape(-1, *a.shape[2:]) for a in self.batches(steps))

    def parameters(self):
        """Returns how many numbers the optimizer updates."""
        shapes = SHAPES[self.architecture](**self.sizes)
        frozen = 0
        if self.architecture == "cifar_convnet":  # moving means and variances
            frozen = 2 * sum(CIFAR_CHANNELS)
        return sum(math.prod(shape) for shape, _, _ in shapes) - frozen

    def flops(self):
        """Returns the floating-point operations that one training step can't avoid.

        Products and convolutions alone: forward, the gradients of the weights, and the
        gradients of the inputs but for the first layer's.
        """
        forward, first = FORWARD_FLOPS[self.architecture](**self.sizes)
        return self.batch * (3 * forward - first)

    def predicting_flops(self):
        """Returns the floating-point operations that one prediction can't avoid."""
        return self.batch * FORWARD_FLOPS[self.architecture](**self.sizes)[0]

    def updated_bytes(self):
        """Returns the bytes that the optimizer reads and writes in one step."""
        passes = {"adam": 7, "adamw": 7, "sgd": 5}[self.optimizer]
        return passes * 4 * self.parameters()


# Initial weights: (shape, standard deviation, mean) of each, in Keras's order ---------


def dense(inputs, units):
    """Kernel and bias."""
    return [((inputs, units), inputs**-0.5, 0), ((units,), 0, 0)]


def convolution(size, inputs, filters):
    """Kernel and bias."""
    scale = (2 / (size * size * inputs)) ** 0.5
    return [((size, size, inputs, filters), scale, 0), ((filters,), 0, 0)]


def batch_normalization(channels):
    """Scale, centre, moving mean and moving variance."""
    return [((channels,), 0, mean) for mean in (1, 0, 0, 1)]


def layer_normalization(width):
    """Scale and centre."""
    return [((width,), 0, 1), ((width,), 0, 0)]


def mlp_shapes(widths):
    return [w for pair in pairwise(widths) for w in dense(*pair)]


def mnist_convnet_shapes(hidden, rate):
    widths = (1600, hidden, 10) if hidden else (1600, 10)
    return [*convolution(3, 1, 32), *convolution(3, 32, 64), *mlp_shapes(widths)]


CIFAR_CHANNELS = (32, 64, 128)


def cifar_convnet_shapes():
    return [
        *convolution(3, 3, 32),
        *convolution(3, 32, 32),
        *batch_normalization(32),
        *convolution(3, 32, 64),
        *convolution(3, 64, 64),
        *batch_normalization(64),
        *convolution(3, 64, 128),
        *batch_normalization(128),
        *dense(128, 10),
    ]


def lstm_shapes(length, vocabulary, width):
    return [
        ((vocabulary, width), 0.05, 0),
        ((width, 4 * width), width**-0.5, 0),
        ((width, 4 * width), width**-0.5, 0),
        ((4 * width,), 0, 0),
        *dense(width, 1),
    ]


def gpt_shapes(vocabulary, length, width, heads, blocks):
    head = width // heads
    projection = [((width, heads, head), width**-0.5, 0), ((heads, head), 0, 0)]
    block = [
        *layer_normalization(width),
        *projection * 3,
        ((heads, head, width), width**-0.5, 0),
        ((width,), 0, 0),
        *layer_normalization(width),
        *dense(width, 4 * width),
        *dense(4 * width, width),
    ]
    embeddings = [((vocabulary, width), 0.05, 0), ((length, width), 0.05, 0)]
    last = [*layer_normalization(width), *dense(width, vocabulary)]
    return [*embeddings, *block * blocks, *last]


SHAPES = {
    "mlp": mlp_shapes,
    "mnist_convnet": mnist_convnet_shapes,
    "cifar_convnet": cifar_convnet_shapes,
    "lstm": lstm_shapes,
    "gpt": gpt_shapes,
}


# FLOPs of a sample's forward pass, and those of layers without an input gradient ------


def mlp_flops(widths):
    layers = [2 * a * b for a, b in pairwise(widths)]
    return sum(layers), layers[0]


def mnist_convnet_flops(hidden, rate):
    first = 2 * 26 * 26 * 9 * 32
    last, _ = mlp_flops((1600, hidden, 10) if hidden else (1600, 10))
    return first + 2 * 11 * 11 * 9 * 32 * 64 + last, first


def cifar_convnet_flops():
    layers = [
        (1024, 3, 32),
        (1024, 32, 32),
        (256, 32, 64),
        (256, 64, 64),
        (64, 64, 128),
    ]
    flops = [2 * pixels * 9 * inputs * filters for pixels, inputs, filters in layers]
    return sum(flops) + 2 * 128 * 10, flops[0]


def lstm_flops(length, vocabulary, width):
    return length * 2 * (2 * width * 4 * width) + 2 * width, 0


def gpt_flops(vocabulary, length, width, heads, blocks):
    projections = 2 * (4 + 8) * width * width  # of a token
    attention = 2 * 2 * width * (length + 1) / 2  # the causal half of two products
    block = length * (projections + attention)
    return blocks * block + length * 2 * width * vocabulary, 0


FORWARD_FLOPS = {
    "mlp": mlp_flops,
    "mnist_convnet": mnist_convnet_flops,
    "cifar_convnet": cifar_convnet_flops,
    "lstm": lstm_flops,
    "gpt": gpt_flops,
}


# Data ---------------------------------------------------------------------------------


def load(path):
    """Returns the pictures that benchmarks.fashion_mnist has put into a file.

    Shapes: x_train (n, 28, 28, 1) in [0, 1], y_train (n,); x_test, y_test likewise.
    """
    with np.load(path) as arrays:
        return dict(arrays)


@lru_cache(maxsize=2)
def batches(architecture, sizes, batch, steps, one_hot):
    """Returns inputs (steps, batch, ...) and targets, always the same."""
    rng = np.random.default_rng(1)
    sizes = dict(sizes)
    samples = (steps, batch)
    if architecture == "gpt":
        shape = (*samples, sizes["length"] + 1)
        text = rng.integers(0, sizes["vocabulary"], shape, "int32")
        return text[..., :-1].copy(), text[..., 1:].copy()
    if architecture == "lstm":
        tokens = rng.integers(0, sizes["vocabulary"], (*samples, sizes["length"]))
        labels = rng.integers(0, 2, (*samples, 1))
        return tokens.astype("int32"), labels.astype("float32")
    if architecture == "mlp":
        inputs = rng.standard_normal((*samples, sizes["widths"][0]), "float32")
        classes = sizes["widths"][-1]
    else:
        side, channels = {"mnist_convnet": (28, 1), "cifar_convnet": (32, 3)}[
            architecture
        ]
        inputs = rng.random((*samples, side, side, channels), "float32")
        classes = 10
    labels = rng.integers(0, classes, samples, "int32")
    return inputs, np.eye(classes, dtype="float32")[labels] if one_hot else labels
