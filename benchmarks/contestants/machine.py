"""The limits of the machine: the largest product per second, and memory's bandwidth.

    python -m benchmarks.contestants.machine

A run measures one of them: steps are products of 2048 × 2048 matrices in float32, or
copies of so many bytes, shared between as many threads as there are processors.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from benchmarks.interleaved import serve

SIDE = 2048


class Product:
    """NumPy's matrix product, of the BLAS that NumPy comes with."""

    def __init__(self):
        rng = np.random.default_rng(0)
        self.x, self.y = rng.random((2, SIDE, SIDE), "float32")
        self.out = np.empty_like(self.x)

    def prepare(self, steps):
        pass

    def run(self, steps):
        for _ in range(steps):
            np.matmul(self.x, self.y, out=self.out)
        return self.out[0, 0]


class Copy:
    """Reads half of so many bytes and writes the other half, again and again."""

    def __init__(self, size):
        threads = int(os.environ["OMP_NUM_THREADS"])
        shape = threads, size // (8 * threads)
        self.source, self.target = np.ones(shape, "float32"), np.zeros(shape, "float32")
        self.pool = ThreadPoolExecutor(threads)

    def prepare(self, steps):
        self.steps = steps

    def run(self, steps):
        list(self.pool.map(self.copy, self.source, self.target))
        return self.target[0, 0]

    def copy(self, source, target):
        for _ in range(self.steps):
            np.copyto(target, source)  # without the GIL


def build(kind, size=0):
    return Product() if kind == "product" else Copy(size)


if __name__ == "__main__":
    serve(build)
