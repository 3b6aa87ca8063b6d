"""Steps per second of the README's program, beside NumPy by hand and PyTorch eager.

    python -m benchmarks.program
    python -m benchmarks.program --torch PATH/python    # and PyTorch, from elsewhere

Dense 64 relu on 100 inputs, Dense 10 softmax, categorical crossentropy, Adam, batch 32.
Everybody starts from the same weights and sees the same batches.  minikeras runs
through `model.fit` with metrics=['accuracy'], so it computes the accuracy too, and
Keras's clipped crossentropy from probabilities; the others run a bare loop with the
loss from logits.  Medians of interleaved runs on one thread.
"""

import argparse
import sys
from functools import cache

import numpy as np

from benchmarks.interleaved import Contestant, report, serve, take_turns

INPUTS, HIDDEN, CLASSES, BATCH = 100, 64, 10, 32


@cache
def data(steps):
    """Returns inputs, one-hot targets and the four initial weights, always the same."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((steps * BATCH, INPUTS)).astype("float32")
    y = np.eye(CLASSES, dtype="float32")[rng.integers(0, CLASSES, steps * BATCH)]
    w1 = (rng.standard_normal((INPUTS, HIDDEN)) * 0.1).astype("float32")
    w2 = (rng.standard_normal((HIDDEN, CLASSES)) * 0.1).astype("float32")
    return x, y, [w1, np.zeros(HIDDEN, "float32"), w2, np.zeros(CLASSES, "float32")]


def minikeras_fit(jit_compile):
    """Trains through model.fit."""
    from minikeras.layers import Dense, Input
    from minikeras.models import Sequential

    def run(steps):
        x, y, weights = data(steps)
        model.set_weights(weights)
        for variable in model.optimizer.variables:
            if "learning_rate" not in variable.path:
                variable.assign(np.zeros(variable.shape, variable.dtype))
        history = model.fit(x, y, batch_size=BATCH, epochs=1, shuffle=False, verbose=0)
        return history.history["loss"][-1]

    model = Sequential()
    model.add(Input((INPUTS,)))
    model.add(Dense(units=HIDDEN, activation="relu"))
    model.add(Dense(units=CLASSES, activation="softmax"))
    model.compile(
        optimizer="adam",
        loss="categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=jit_compile,
    )
    x, y, _ = data(3)
    model.fit(x, y, batch_size=BATCH, verbose=0)
    return run


def numpy_by_hand():
    """Trains with the derivatives written out by hand."""

    def run(steps):
        x, y, initial = data(steps)
        weights = [weight.copy() for weight in initial]
        moments = [np.zeros_like(w) for w in weights]
        squares = [np.zeros_like(w) for w in weights]
        total = 0.0
        for step in range(steps):
            rows = slice(step * BATCH, (step + 1) * BATCH)
            a, t = x[rows], y[rows]
            w1, b1, w2, b2 = weights
            h = np.maximum(a @ w1 + b1, 0)
            z = h @ w2 + b2
            p = np.exp(z - z.max(axis=1, keepdims=True))
            p /= p.sum(axis=1, keepdims=True)
            total += -np.mean(np.log(np.maximum((p * t).sum(axis=1), 1e-7)))
            dz = (p - t) / BATCH
            dh = (dz @ w2.T) * (h > 0)
            gradients = [a.T @ dh, dh.sum(axis=0), h.T @ dz, dz.sum(axis=0)]
            rate = 1e-3 * np.sqrt(1 - 0.999 ** (step + 1)) / (1 - 0.9 ** (step + 1))
            for w, m, v, g in zip(weights, moments, squares, gradients, strict=True):
                m += 0.1 * (g - m)
                v += 0.001 * (g * g - v)
                w -= rate * m / (np.sqrt(v) + 1e-7)
        return float(total / steps)

    return run


def torch_eager():
    """Trains with PyTorch, eagerly, with its fused Adam."""
    import torch

    def run(steps):
        x, y, weights = data(steps)
        with torch.no_grad():
            for parameter, weight in zip(parameters, weights, strict=True):
                parameter.copy_(torch.from_numpy(weight))
        optimizer = torch.optim.Adam(parameters, lr=1e-3, eps=1e-7, fused=True)
        xs, ys = torch.from_numpy(x), torch.from_numpy(y)
        total = torch.zeros(())
        for step in range(steps):
            rows = slice(step * BATCH, (step + 1) * BATCH)
            optimizer.zero_grad()
            hidden = torch.relu(xs[rows] @ parameters[0] + parameters[1])
            scores = hidden @ parameters[2] + parameters[3]
            loss = torch.nn.functional.cross_entropy(scores, ys[rows])
            loss.backward()
            optimizer.step()
            total += loss.detach()
        return float(total / steps)

    parameters = [torch.tensor(w, requires_grad=True) for w in data(1)[2]]
    return run


SETUPS = {
    "minikeras": lambda: minikeras_fit(False),
    "minikeras-captured": lambda: minikeras_fit(True),
    "numpy": numpy_by_hand,
    "torch": torch_eager,
}


def main():
    """Runs everybody in turn, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--torch", metavar="PYTHON", help="an interpreter that has PyTorch"
    )
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--serve", choices=SETUPS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(SETUPS[options.serve])
        return

    def contestant(name, setup, python=sys.executable, **environment):
        command = [python, "-m", "benchmarks.program", "--serve", setup]
        return Contestant(name, command, environment=environment)

    contestants = [contestant("NumPy by hand", "numpy")]
    for backend in ("numpy", "fast"):
        for setup, kind in (("minikeras", "eager"), ("minikeras-captured", "captured")):
            name = f"minikeras fit, {backend}, {kind}"
            contestants.append(contestant(name, setup, MINIKERAS_BACKEND=backend))
    if options.torch:
        contestants.append(
            contestant("PyTorch eager, raw loop", "torch", options.torch)
        )
    take_turns(contestants, options.steps, options.rounds)
    report(contestants)
    for each in contestants:
        each.close()


if __name__ == "__main__":
    main()
