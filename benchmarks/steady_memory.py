"""Trains for 20,000 steps without Python's cyclic collector, and prints the memory.

    python -m benchmarks.steady_memory [steps]

Nothing may grow: neither Python's memory blocks nor the process.  Each way of training
has its line for each quarter of the steps.
"""

import gc
import resource
import sys

import numpy as np

from minikeras import Input, Sequential, layers, utils

WAYS = {"recorded": True, "step by step": False}


class Slices(utils.PyDataset):
    """Batches that two threads cut from arrays."""

    def __init__(self, x, y):
        super().__init__(workers=2)
        self.x, self.y = x, y

    def __len__(self):
        return len(self.x) // 8

    def __getitem__(self, index):
        rows = slice(8 * index, 8 * index + 8)
        return self.x[rows], self.y[rows]


def model_to_train(jit_compile):
    """Returns a small model with all that a step may have."""
    model = Sequential([Input((16,)), layers.Dense(32, "relu")])
    model.add(layers.BatchNormalization())
    model.add(layers.Dropout(0.2))
    model.add(layers.Dense(4, "softmax", kernel_regularizer="l2"))
    loss = "sparse_categorical_crossentropy"
    model.compile("adam", loss, metrics=["accuracy"], jit_compile=jit_compile)
    return model


def megabytes():
    """Returns the memory that the process holds now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def main(steps):
    """Prints the memory after each quarter, for each way."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8 * 500, 16)).astype("float32")
    y = rng.integers(0, 4, len(x))
    gc.disable()
    for kind, arguments in {"arrays": (x, y), "a dataset": (Slices(x, y),)}.items():
        for way, jit_compile in WAYS.items():
            model = model_to_train(jit_compile)
            print(f"{way}, from {kind}:")
            for quarter in range(4):
                model.fit(*arguments, epochs=steps // 4 // 500, verbose=0)
                blocks = sys.getallocatedblocks()
                done = (quarter + 1) * (steps // 4)
                print(f"  {done:6} steps {blocks:8} blocks {megabytes():8.1f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
