"""micrograd's demonstration: 2-16-16-1 on 100 moons, the whole set in each step.

    python -m benchmarks.contestants.moons minikeras|micrograd

The network is a list of rows of numbers, written with operators alone, so that both
engines run the same lines: `Value` of micrograd and `Scalar` of minikeras.

Source: A. Karpathy, micrograd, demo.ipynb: maximum margin loss, a quadratic penalty of
1e-4, and a learning rate that falls from 1 to 0.1 in 100 steps.
"""

import itertools
import math
import random
import sys
from contextlib import nullcontext

from benchmarks.interleaved import serve

WIDTHS = (2, 16, 16, 1)


def moons(samples=100, noise=0.1):
    """Returns points of two interleaved half circles, and their labels, -1 or 1."""
    rng = random.Random(0)
    points, labels = [], []
    for i in range(samples):
        upper = i % 2
        angle = math.pi * rng.random()
        x, y = math.cos(angle), math.sin(angle)
        if not upper:
            x, y = 1 - x, 0.5 - y
        points.append((x + rng.gauss(0, noise), y + rng.gauss(0, noise)))
        labels.append(1.0 if upper else -1.0)
    return points, labels


class Network:
    """Neurons with relu, and one without at the end."""

    def __init__(self, make):
        rng = random.Random(1)
        self.layers = [
            [
                ([make(rng.uniform(-1, 1)) for _ in range(inputs)], make(0.0))
                for _ in range(units)
            ]
            for inputs, units in itertools.pairwise(WIDTHS)
        ]
        self.parameters = [
            p for layer in self.layers for w, bias in layer for p in (*w, bias)
        ]

    def __call__(self, x):
        last = len(self.layers) - 1
        for number, layer in enumerate(self.layers):
            out = []
            for weights, bias in layer:
                total = bias
                for w, x_i in zip(weights, x, strict=True):
                    total = total + w * x_i
                out.append(total if number == last else total.relu())
            x = out
        return x[0]


class Training:
    """Full-batch descent."""

    def __init__(self, make, forget, around=nullcontext):
        self.make, self.forget, self.around = make, forget, around
        self.points, self.labels = moons()
        self.start()

    def start(self):
        self.network = Network(self.make)
        self.count = 0

    def prepare(self, steps):
        pass

    def run(self, steps):
        with self.around():
            for _ in range(steps):
                loss = self.step()
        return loss

    def losses(self, steps):
        self.start()
        return [self.step() for _ in range(steps)]

    def step(self):
        loss = self.loss()
        self.forget(self.network.parameters)
        loss.backward()
        rate = max(0.1, 1.0 - 0.9 * self.count / 100)
        self.count += 1
        for p in self.network.parameters:
            p.data -= rate * float(p.grad)  # ours is a Scalar, and data are floats
        return loss.data

    def loss(self):
        """Returns mean(relu(1 - y·f(x))) + 1e-4 Σ p²."""
        total = 0.0
        for x, y in zip(self.points, self.labels, strict=True):
            total = total + (1.0 - y * self.network(x)).relu()
        penalty = 0.0
        for p in self.network.parameters:
            penalty = penalty + p * p
        return total * (1 / len(self.points)) + penalty * 1e-4


def engine(name):
    """Returns what makes a number, what forgets the gradients of numbers, and what to
    train inside of: graphs of minikeras have no cycles, so nothing has to look for any.
    """

    def forget(parameters):
        for p in parameters:
            p.zero_grad()

    def set_to_zero(parameters):
        for p in parameters:
            p.grad = 0

    if name == "minikeras":
        from minikeras import Scalar
        from minikeras.autograd import collector_paused

        return Scalar, forget, collector_paused
    from micrograd.engine import Value

    return Value, set_to_zero


def main():
    parts = engine(sys.argv[1])
    serve(lambda kind: Training(*parts))


if __name__ == "__main__":
    main()
