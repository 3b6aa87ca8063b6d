"""A chain of cheap operations, recorded and differentiated: what one operation costs.

    python -m benchmarks.contestants.chains scalar|tensor|micrograd|torch

Additions and products of single numbers by turns.  A step is one chain, forward and
backward, and the release of its graph.  Those of minikeras run with the cyclic
collector paused, as its docs advise for graphs of many small nodes.
"""

import sys
from contextlib import nullcontext

from benchmarks.interleaved import serve


class Chain:
    """Chains of `length` operations."""

    def __init__(self, make, length, around=nullcontext):
        self.make, self.length, self.around = make, length, around

    def prepare(self, steps):
        pass

    def run(self, steps):
        with self.around():
            for _ in range(steps):
                value = self.chain()[0]
        return value

    def losses(self, steps):
        """Returns the result and both derivatives: what there is to compare."""
        return self.chain()

    def chain(self):
        x, y = self.make(1.0), self.make(0.5)
        z = x
        for _ in range(self.length // 2):
            z = z * y
            z = z + x
        z.backward()
        return [float(getattr(v, "data", v)) for v in (z, x.grad, y.grad)]


def scalar():
    from minikeras import Scalar
    from minikeras.autograd import collector_paused

    return Scalar, collector_paused


def tensor():
    import numpy as np

    from minikeras import Tensor
    from minikeras.autograd import collector_paused

    def make(number):
        return Tensor(np.array(number, "float32"), requires_grad=True)

    return make, collector_paused


def micrograd():
    from micrograd.engine import Value

    return Value, nullcontext


def torch():
    import torch

    return lambda number: torch.tensor(number, requires_grad=True), nullcontext


ENGINES = {"scalar": scalar, "tensor": tensor, "micrograd": micrograd, "torch": torch}


def main():
    make, around = ENGINES[sys.argv[1]]()
    serve(lambda kind, length: Chain(make, length, around))


if __name__ == "__main__":
    main()
