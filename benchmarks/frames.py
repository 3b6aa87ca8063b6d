"""Counts the Python frames from a user's line to the arithmetic, and prints them.

    python -m benchmarks.frames

A frame is one function that a reader steps into.  The user's own frame counts, and so
does the kernel that computes: `x @ w` is the user's line, the operator, the call of the
primitive, its rule, and the kernel.  `vjp` is counted to the rule, as the kernel comes
after whatever the rule does.
"""

import sys

import numpy as np

from minikeras import Input, Sequential, Tensor, layers
from minikeras.kernels.kernel_set import KernelSet
from minikeras.kernels.reference import reference
from minikeras.values import using

x = np.ones((2, 3), "float32")
y = np.ones((2, 2), "float32")
w = np.ones((3, 2), "float32")


def stacks_at(kernel, user):
    """Runs a user's function, and returns the stack of every call of a kernel in it."""
    original = getattr(reference, kernel)
    stacks = []

    def noting(*inputs, **parameters):
        stacks.append([*names_from(user, sys._getframe(1)), f"k.{kernel}"])
        return original(*inputs, **parameters)

    with using(Tensor, KernelSet("noting", {kernel: noting}, over=reference)):
        user()
    return stacks


def names_from(user, frame):
    """Returns the qualified names of the frames from a user's function to a frame."""
    names = []
    while frame.f_code is not user.__code__:
        names.append(frame.f_code.co_qualname)
        frame = frame.f_back
    return [user.__name__, *reversed(names)]


def multiply():
    return Tensor(x) @ Tensor(w)


def differentiate():
    a = Tensor(x, requires_grad=True)
    (a * a).backward(x)


dense = layers.Dense(2)
dense(x)


def call_dense():
    return dense(x)


model = Sequential([Input((3,)), layers.Dense(2)])
model.compile(optimizer="sgd", loss="mse")
model.fit(x, y, verbose=0)


def fit():
    model.fit(x, y, verbose=0)


def main():
    """Prints each stack, its length and the budget."""
    rows = [
        ("x @ w", 5, stacks_at("matmul", multiply)[0]),
        ("a vjp", 4, stacks_at("multiply", differentiate)[-1][:-1]),
        ("Dense(x)", 6, stacks_at("matmul", call_dense)[0]),
        (
            "fit",
            10,
            next(s for s in stacks_at("matmul", fit) if "Stepping.train_step" in s),
        ),
    ]
    for line, budget, names in rows:
        print(f"{line}: {len(names)} frames (budget {budget})")
        print("    " + " → ".join(names))


if __name__ == "__main__":
    main()
