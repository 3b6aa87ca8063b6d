"""Times every compiled kernel against the reference, and shows where it wins.

    python -m benchmarks.kernels                 all that is compiled, float32
    python -m benchmarks.kernels exp softmax     these
    python -m benchmarks.kernels --dtype float64

The two are timed in turns, less than a millisecond each, and the ratio of each pair of
turns is taken: a busy machine slows both. A line shows, for each size, the median time
of the compiled kernel and the median of reference / compiled: above 1, it is faster. A
kernel that wins at no size is marked, and should not be kept.  Kernels of whole layers
take the sizes of the workloads, a line each (`benchmarks.kernel_cases`).
"""

import argparse
import statistics
import time

import numpy as np

from benchmarks import kernel_cases
from minikeras.kernels.fast import fast, why_absent
from minikeras.kernels.reference import reference
from minikeras.kernels.table import TABLE

SHAPES = ((4, 4), (32, 64), (128, 512), (1024, 1024))
TURNS = 41
SECONDS = 0.0005  # of one turn: short, so that most have the processor for themselves

# What parameters are, where they are the same for every kernel and shape.
PARAMETERS = {
    "alpha": 1.0,
    "approximate": False,
    "axis": -1,
    "beta": 0.0,
    "beta_1": 0.9,
    "beta_2": 0.999,
    "classes": 10,
    "dtype": "float32",
    "epsilon": 1e-7,
    "high": 5,
    "keepdims": False,
    "key": (slice(None),),
    "l1": 0.0,
    "l2": 0.0,
    "low": 0,
    "maximum": 0.75,
    "mean": 0.0,
    "minimum": 0.25,
    "momentum": 0.9,
    "negative_slope": 0.1,
    "nesterov": False,
    "pad_width": ((1, 1), (0, 0)),
    "power": -0.5,
    "rate": 0.5,
    "reverse": False,
    "rho": 0.9,
    "shrinkage": 0.0,
    "stddev": 1.0,
    "value": 0.5,
}
# (kernel, parameter) where they are not.
EXCEPTIONS = {
    ("cast", "dtype"): "float64",
    ("expand_dims", "axis"): 0,
    ("getitem", "key"): (slice(None),),
    ("getitem_grad", "key"): (slice(None),),
    ("pad", "pad_width"): ((1, 1), (1, 1)),
    ("random_integers", "dtype"): "int32",
    ("take", "axis"): 0,
    ("take_grad", "axis"): 0,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kernels", nargs="*")
    parser.add_argument("--dtype", default="float32")
    arguments = parser.parse_args()
    if fast is None:
        raise SystemExit(why_absent)
    names = arguments.kernels or sorted(fast.own)
    print(" " * 32 + "".join(f"{shape!s:>20}" for shape in SHAPES))
    layers = [name for name in names if name in kernel_cases.FAMILIES]
    for name in [name for name in names if name not in layers]:
        results = [
            compare(name, *arguments_of(name, shape, arguments.dtype))
            for shape in SHAPES
        ]
        line = "".join(f"{t * 1e6:11.2f} µs {ratio:5.2f}" for t, ratio in results)
        wins = any(ratio > 1 for _, ratio in results)
        print(f"{name:32}{line}{'' if wins else '   wins nowhere'}", flush=True)
    for name in layers:
        for label, inputs, parameters in kernel_cases.cases(name, arguments.dtype):
            seconds, ratio = compare(name, inputs, parameters)
            print(
                f"{name:32}{label:32}{seconds * 1e6:11.2f} µs {ratio:5.2f}", flush=True
            )


def compare(name, inputs, parameters):
    """Returns the compiled kernel's median time and the median ratio of the turns."""
    ours, theirs = getattr(fast, name), getattr(reference, name)
    times, ratios = [], []
    calls_of_ours = calls_of_turn(ours, inputs, parameters)
    calls_of_theirs = calls_of_turn(theirs, inputs, parameters)
    for _ in range(TURNS):
        time_of_ours = turn(ours, inputs, parameters, calls_of_ours)
        times.append(time_of_ours)
        ratios.append(turn(theirs, inputs, parameters, calls_of_theirs) / time_of_ours)
    return statistics.median(times), statistics.median(ratios)


def calls_of_turn(function, inputs, parameters):
    """Returns how many calls fill a turn, after warming up."""
    fastest = min(turn(function, inputs, parameters, 1) for _ in range(5))
    return max(1, round(SECONDS / fastest))


def turn(function, inputs, parameters, calls):
    """Returns the seconds of one call."""
    start = time.perf_counter()
    for _ in range(calls):
        function(*inputs, **parameters)
    return (time.perf_counter() - start) / calls


def arguments_of(name, shape, dtype):
    """Returns inputs and parameters for a kernel, by what the table calls them."""
    kernel = TABLE[name]
    generator = np.random.default_rng(0)
    inputs = [input_of(name, n, shape, dtype, generator) for n in kernel.inputs]
    parameters = {
        n: shape if n == "shape" else EXCEPTIONS.get((name, n), PARAMETERS.get(n))
        for n in kernel.parameters
    }
    return inputs, parameters


def input_of(name, argument, shape, dtype, generator):
    """Returns an array of numbers between 0 and 1, or what the argument's name says."""
    numbers = generator.uniform(0.01, 1, shape).astype(dtype)
    if argument == "condition" or name.startswith("logical"):
        return numbers > 0.5
    if argument == "indices" and name.startswith("take_along_axis"):
        return generator.integers(0, min(shape), shape)
    if argument in ("indices", "labels"):
        return generator.integers(0, min(shape), shape[0])
    if argument in ("bias", "like"):
        return numbers[0]
    if argument == "state":
        return np.array([1, 0])
    if argument == "step":
        return np.array(10)
    if argument in ("learning_rate", "product"):
        return np.array(0.001, dtype)
    if name.startswith("matmul") and argument == "y":
        return generator.uniform(size=(shape[1], shape[1])).astype(dtype)
    return numbers


if __name__ == "__main__":
    main()
