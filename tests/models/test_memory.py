"""Training needs little memory, and leaves nothing behind: no cycles, no growth."""

import gc
import sys
import tracemalloc
from itertools import pairwise

import numpy as np
import pytest

from minikeras import Input, Sequential, layers
from minikeras.config import use_backend
from minikeras.kernels.fast import fast


@pytest.fixture
def no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def trained_model(jit_compile):
    model = Sequential([Input((4,)), layers.Dense(8, activation="tanh")])
    model.add(layers.Dropout(0.5, seed=1))
    model.add(layers.Dense(3, activation="softmax"))
    model.compile(
        "adam",
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=jit_compile,
    )
    return model


def train(model, steps):
    x = np.ones((4 * steps, 4), "float32")
    model.fit(x, np.zeros(4 * steps, "int32"), batch_size=4, verbose=0)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_steps_make_no_reference_cycles(no_collector, jit_compile):
    model = trained_model(jit_compile)
    train(model, 5)
    gc.collect()
    train(model, 5)
    of_five = gc.collect()
    train(model, 100)
    assert gc.collect() == of_five  # what one call of fit leaves, however many steps


@pytest.mark.parametrize("jit_compile", [False, True])
def test_memory_does_not_grow_with_steps(no_collector, jit_compile):
    model = trained_model(jit_compile)
    data = np.ones((4, 4), "float32"), np.zeros(4, "int32")
    blocks = []
    for _ in range(3):
        for _ in range(300):
            model.train_on_batch(*data)
        gc.collect()  # empties Python's lists of free tuples, which count as used
        blocks.append(sys.getallocatedblocks())
    assert blocks[2] - blocks[1] < 200  # an object kept at every step would be 300


def peak_of(work):
    """Returns the most bytes that Python and NumPy held at a time while it ran."""
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.skipif(fast is None, reason="nothing is compiled")
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize(("optimizer", "arrays"), [("sgd", 2), ("adam", 4)])
def test_weights_gradients_and_slots_are_all_that_is_held(
    optimizer, arrays, jit_compile
):
    """From the first weight that is drawn to the last step that is replayed."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((32, 64), "float32"), rng.integers(0, 4, 32)
    widths = (64, 1024, 1024, 4)

    def build_and_train():
        model = Sequential([Input((64,))])
        for units in widths[1:-1]:
            model.add(layers.Dense(units, activation="relu"))
        model.add(layers.Dense(widths[-1], activation="softmax"))
        loss = "sparse_categorical_crossentropy"
        model.compile(optimizer, loss, jit_compile=jit_compile)
        model.fit(x, y, batch_size=8, verbose=0)

    with use_backend("fast"):
        train(trained_model(jit_compile), 5)  # what is imported late is there then
        peak = peak_of(build_and_train)
    weights = 4 * sum((a + 1) * b for a, b in pairwise(widths))
    assert peak < (arrays + 0.5) * weights
