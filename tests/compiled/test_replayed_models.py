"""The law of the compiled step, for models of every kind of layer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import (
    Input,
    Model,
    Sequential,
    config,
    layers,
    losses,
    optimizers,
    utils,
)
from minikeras.values.backends import BACKENDS

AVAILABLE = [name for name, kernels in BACKENDS.items() if kernels is not None]
FAST = [name for name in AVAILABLE if name != "loops"]  # loops over images take minutes


@st.composite
def image_layers(draw):
    """Draws layers for images of 7 × 6 × 2."""
    chosen = [
        layers.Conv2D(
            draw(st.integers(1, 4)),
            draw(st.integers(1, 3)),
            strides=draw(st.integers(1, 2)),
            padding=draw(st.sampled_from(["same", "valid"])),
            activation=draw(st.sampled_from([None, "relu", "gelu"])),
            use_bias=draw(st.booleans()),
        )
    ]
    if draw(st.booleans()):
        chosen += [layers.BatchNormalization(momentum=0.8), layers.Activation("relu")]
    pooling = draw(st.sampled_from([None, "max", "average"]))
    if pooling == "max":
        chosen.append(layers.MaxPooling2D(2, padding="same"))
    elif pooling == "average":
        chosen.append(layers.AveragePooling2D(2, strides=1, padding="same"))
    chosen.append(
        draw(st.sampled_from([layers.Flatten, layers.GlobalAveragePooling2D]))()
    )
    return [Input((7, 6, 2)), *chosen]


@st.composite
def sequence_layers(draw):
    """Draws layers for sequences of 5 numbers below 11."""
    recurrent = draw(st.sampled_from([layers.LSTM, layers.GRU, layers.SimpleRNN]))
    return [
        Input((5,), dtype="int32"),
        layers.Embedding(11, 4, mask_zero=draw(st.booleans())),
        recurrent(
            draw(st.integers(1, 3)),
            go_backwards=draw(st.booleans()),
            dropout=draw(st.sampled_from([0.0, 0.4])),
        ),
    ]


class Transformer(Model):
    """One block of attention over a sequence."""

    capturable = True

    def __init__(self, heads, causal, rate):
        super().__init__()
        self.causal = causal
        self.embedding = layers.Embedding(11, 6)
        self.normalization = layers.LayerNormalization()
        self.attention = layers.MultiHeadAttention(heads, 3, dropout=rate)
        self.add = layers.Add()
        self.hidden = layers.Dense(8, activation="gelu")
        self.flatten = layers.Flatten()
        self.scores = layers.Dense(3)

    def call(self, inputs):
        x = self.embedding(inputs)
        y = self.normalization(x)
        x = self.add([x, self.attention(y, y, use_causal_mask=self.causal)])
        return self.scores(self.flatten(self.hidden(x)))


OPTIMIZERS = {
    "momentum": lambda: optimizers.SGD(0.05, momentum=0.9),
    "adamw": lambda: optimizers.AdamW(0.01, global_clipnorm=1.0),
}


def state_after_training(make, x, y, seed, optimizer, jit_compile):
    """Trains a model; returns all that training has changed, and what it reported."""
    utils.set_random_seed(seed)
    model = make()
    model.compile(
        OPTIMIZERS[optimizer](),
        losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=jit_compile,
    )
    history = model.fit(x, y, batch_size=4, epochs=3, verbose=0).history
    evaluated = [model.evaluate(x, y, batch_size=4, verbose=0) for _ in range(2)]
    predicted = [model.predict(x, batch_size=4, verbose=0) for _ in range(2)]
    state = [np.array(v) for v in (*model.variables, *model.optimizer.variables)]
    return state, history, evaluated, predicted


def assert_replaying_equals_running(make, x, y, seed, optimizer):
    """Compares the two ways to train, bit for bit."""
    eager, replayed = (
        state_after_training(make, x, y, seed, optimizer, jit_compile)
        for jit_compile in (False, True)
    )
    for a, b in zip(eager[0], replayed[0], strict=True):
        np.testing.assert_array_equal(a, b)
    assert eager[1] == replayed[1]
    assert eager[2] == replayed[2]
    for a, b in zip(eager[3], replayed[3], strict=True):
        np.testing.assert_array_equal(a, b)


def labels(seed):
    return np.random.default_rng(seed).integers(0, 3, 10)


@pytest.mark.parametrize("backend", FAST)
@given(data=st.data(), seed=st.integers(0, 2**16))
def test_convolutional_models(backend, data, seed):
    chosen = data.draw(image_layers())
    configs = [layer.get_config() for layer in chosen[1:]]
    classes = [type(layer) for layer in chosen[1:]]

    def make():
        copies = [
            cls.from_config(config)
            for cls, config in zip(classes, configs, strict=True)
        ]
        return Sequential([Input((7, 6, 2)), *copies, layers.Dense(3)])

    x = np.random.default_rng(seed).normal(size=(10, 7, 6, 2)).astype("float32")
    with config.use_backend(backend):
        assert_replaying_equals_running(make, x, labels(seed), seed, "momentum")


@pytest.mark.parametrize("backend", FAST)
@given(data=st.data(), seed=st.integers(0, 2**16))
def test_recurrent_models(backend, data, seed):
    _, embedding, recurrent = data.draw(sequence_layers())

    def make():
        return Sequential(
            [
                Input((5,), dtype="int32"),
                layers.Embedding.from_config(embedding.get_config()),
                type(recurrent).from_config(recurrent.get_config()),
                layers.Dense(3),
            ]
        )

    x = np.random.default_rng(seed).integers(0, 11, (10, 5)).astype("int32")
    with config.use_backend(backend):
        assert_replaying_equals_running(make, x, labels(seed), seed, "adamw")


@pytest.mark.parametrize("backend", FAST)
@given(
    heads=st.integers(1, 3),
    causal=st.booleans(),
    rate=st.sampled_from([0.0, 0.3]),
    seed=st.integers(0, 2**16),
)
def test_models_with_attention(backend, heads, causal, rate, seed):
    x = np.random.default_rng(seed).integers(0, 11, (10, 5)).astype("int32")
    with config.use_backend(backend):
        assert_replaying_equals_running(
            lambda: Transformer(heads, causal, rate), x, labels(seed), seed, "adamw"
        )
