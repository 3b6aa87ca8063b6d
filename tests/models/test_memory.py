"""Training leaves nothing behind: no cycles, no growth, with the collector off."""

import gc
import sys

import numpy as np
import pytest

from minikeras import Input, Sequential, layers


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
