"""Times our product of matrices against NumPy's, on the shapes of training steps.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/products.py
    OMP_NUM_THREADS=2 OPENBLAS_NUM_THREADS=2 python benchmarks/products.py mlp

The two are timed in turns of a millisecond or more, and the ratio of each pair of turns
is taken: a busy machine slows both. Before ours there is a pause, as the threads of
NumPy's BLAS spin on for a while. A line shows our median time and speed, the median of
NumPy's time / ours, and the ratio of the fastest turns, which neighbours disturb less:
above 1, we are faster. Of a layer y = x w there are three products: itself, and the
gradients xᵀ g of w and g wᵀ of x.
"""

import argparse
import statistics
import time

import numpy as np

from minikeras.kernels.fast import fast, threads, why_absent

# rows, terms and columns of y = x w; or a stack of such products.
LAYERS = {
    "small mlp": [(32, 100, 64), (32, 64, 10)],
    "mlp": [(128, 784, 512), (128, 512, 512), (128, 512, 10)],
    "one example": [(1, 784, 512), (1, 512, 512), (1, 512, 10)],
    "lstm": [(32, 128, 512), (2560, 128, 512), (32, 128, 1)],
    "gpt": [(2048, 128, 128), (2048, 128, 512), (2048, 512, 128), (2048, 128, 96)],
    "attention": [(64, 128, 32, 128), (64, 128, 128, 32)],
    "square": [(n, n, n) for n in (8, 64, 256, 1024)],
}
TURNS = 31
SECONDS = 0.001  # of one turn
PAUSE = 0.03  # longer than OpenBLAS spins


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("layers", nargs="*", help=", ".join(LAYERS))
    parser.add_argument("--dtype", default="float32")
    arguments = parser.parse_args()
    if fast is None:
        raise SystemExit(why_absent)
    for name in arguments.layers or LAYERS:
        for shape in LAYERS[name]:
            for what, x, y in products_of(shape, arguments.dtype):
                seconds, ratio, best = compare(x, y)
                work = 2 * np.prod(x.shape) * y.shape[-1]
                print(
                    f"{name:12} {what:4} {x.shape!s:>16} @ {y.shape!s:16}"
                    f"{seconds * 1e6:10.2f} µs {work / seconds * 1e-9:7.1f} GFLOP/s"
                    f"{ratio:7.2f} {best:7.2f}",
                    flush=True,
                )


def products_of(shape, dtype):
    """Returns (what it is, x, y) for a product and its gradients."""
    *stack, rows, terms, columns = shape
    generator = np.random.default_rng(0)
    x = generator.normal(size=(*stack, rows, terms)).astype(dtype)
    w = generator.normal(size=(*stack, terms, columns)).astype(dtype)
    grad = generator.normal(size=(*stack, rows, columns)).astype(dtype)
    return [
        ("x w", x, w),
        ("xᵀg", np.swapaxes(x, -1, -2), grad),
        ("g wᵀ", grad, np.swapaxes(w, -1, -2)),
    ]


def compare(x, y):
    """Returns our median time, the median ratio of the turns, that of the fastest."""
    out = np.empty(np.matmul(x, y).shape, x.dtype)
    ours = calls_of_turn(fast.matmul, x, y, out)
    theirs = calls_of_turn(np.matmul, x, y, out)
    times, others = [], []
    for _ in range(TURNS):
        time.sleep(PAUSE if threads() > 1 else 0)
        times.append(turn(fast.matmul, x, y, out, ours))
        others.append(turn(np.matmul, x, y, out, theirs))
    ratios = [theirs / ours for ours, theirs in zip(times, others, strict=True)]
    return (
        statistics.median(times),
        statistics.median(ratios),
        min(others) / min(times),
    )


def calls_of_turn(function, x, y, out):
    """Returns how many calls fill a turn, after warming up."""
    fastest = min(turn(function, x, y, out, 1) for _ in range(5))
    return max(1, round(SECONDS / fastest))


def turn(function, x, y, out, calls):
    """Returns the seconds of one call."""
    start = time.perf_counter()
    for _ in range(calls):
        function(x, y, out=out)
    return (time.perf_counter() - start) / calls


if __name__ == "__main__":
    main()
