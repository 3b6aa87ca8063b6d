"""What one recorded operation costs, forward and backward, beside other engines.

    python -m benchmarks.engine                               # minikeras
    python -m benchmarks.engine --micrograd PATH/python --torch PATH/python

A chain of 500 alternating additions and products of single numbers, recorded and
differentiated; the time per operation is the chain's by its length.  Where only the
forward pass is timed the graph is recorded all the same.
"""

import argparse
import sys

from benchmarks.interleaved import Contestant, report, serve, take_turns

LENGTH = 500


def chains(make, backward):
    """Returns a function that runs chains over `operations` operations in all."""

    def run(operations):
        for _ in range(operations // LENGTH):
            x, y = make(1.0), make(0.5)
            z = x
            for _ in range(LENGTH // 2):
                z = z * y
                z = z + x
            if backward:
                z.backward()
        return float(getattr(z, "data", z))

    return run


def scalar():
    from minikeras import Scalar

    return Scalar


def tensor():
    import numpy as np

    from minikeras import Tensor

    return lambda number: Tensor(np.array(number, "float32"), requires_grad=True)


def micrograd():
    from micrograd.engine import Value

    return Value


def torch():
    import torch

    return lambda number: torch.tensor(number, requires_grad=True)


MAKERS = {"scalar": scalar, "tensor": tensor, "micrograd": micrograd, "torch": torch}


def main():
    """Runs everybody in turn, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--micrograd", metavar="PYTHON", help="an interpreter that has it"
    )
    parser.add_argument(
        "--torch", metavar="PYTHON", help="an interpreter that has PyTorch"
    )
    parser.add_argument("--operations", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--serve", choices=MAKERS, help=argparse.SUPPRESS)
    parser.add_argument("--backward", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        make = MAKERS[options.serve]()
        serve(lambda: chains(make, options.backward))
        return

    contestants = []

    def enter(name, maker, python=sys.executable, **environment):
        for passes, flags in (("forward", []), ("forward + backward", ["--backward"])):
            command = [python, "-m", "benchmarks.engine", "--serve", maker, *flags]
            contestants.append(Contestant(f"{name}, {passes}", command, 1, environment))

    enter("Scalar", "scalar")
    enter("Tensor (numpy)", "tensor", MINIKERAS_BACKEND="numpy")
    enter("Tensor (fast)", "tensor", MINIKERAS_BACKEND="fast")
    if options.micrograd:
        enter("micrograd", "micrograd", options.micrograd)
    if options.torch:
        enter("PyTorch", "torch", options.torch)
    take_turns(contestants, options.operations, options.rounds)
    report(contestants, unit=1e9, suffix="ns")
    for each in contestants:
        each.close()


if __name__ == "__main__":
    main()
