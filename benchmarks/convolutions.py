"""Times our convolutions and their gradients against PyTorch's, of training steps.

    OMP_NUM_THREADS=1 python benchmarks/convolutions.py
    OMP_NUM_THREADS=2 python benchmarks/convolutions.py cifar

in an environment that has torch. A line shows our median time and speed, as if nothing
were skipped at the borders, and our time / PyTorch's: of the medians, and of the
fastest calls, which neighbours disturb less. PyTorch's is the better of its two orders
of axes. The three take turns. On one thread processor time is taken: what other
processes do matters little to that.
"""

import argparse
import os
import statistics
import time

import numpy as np
import torch

from minikeras.kernels.fast import fast, why_absent

# (images, side, channels), (taps, filters), padding, stride
LAYERS = {
    "mnist": [((128, 28, 1), (3, 32), 0, 1), ((128, 13, 32), (3, 64), 0, 1)],
    "cifar": [
        ((64, 32, 3), (3, 32), 1, 1),
        ((64, 32, 32), (3, 32), 1, 1),
        ((64, 16, 32), (3, 64), 1, 1),
        ((64, 16, 64), (3, 64), 1, 1),
        ((64, 8, 64), (3, 128), 1, 1),
    ],
    "others": [
        ((32, 14, 32), (5, 64), 2, 1),
        ((64, 16, 64), (1, 64), 0, 1),
        ((64, 32, 32), (3, 64), 1, 2),
    ],
}
SECONDS = 0.6  # for all turns of one comparison
THREADS = int(os.environ.get("OMP_NUM_THREADS", "1"))
CLOCK = time.thread_time if THREADS == 1 else time.perf_counter


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("layers", nargs="*", help=", ".join(LAYERS))
    arguments = parser.parse_args()
    if fast is None:
        raise SystemExit(why_absent)
    torch.set_num_threads(THREADS)
    for name in arguments.layers or LAYERS:
        for layer in LAYERS[name]:
            work, calls = calls_of(*layer)
            for what, ours, *theirs in calls:
                (median, best), *others = take_turns(ours, *theirs)
                print(
                    f"{name:8} {what:15} {layer!s:38} {median * 1e3:8.3f} ms "
                    f"{work / median * 1e-9:6.1f} GFLOP/s "
                    f"{median / min(m for m, _ in others):6.2f} "
                    f"{best / min(b for _, b in others):6.2f}",
                    flush=True,
                )


def calls_of(images, kernel, padding, stride):
    """Returns the work, and (what, our call, PyTorch's two) of the three kernels."""
    n, side, channels = images
    taps, filters = kernel
    generator = np.random.default_rng(0)
    x = generator.normal(size=(n, side, side, channels)).astype("float32")
    w = generator.normal(size=(taps, taps, channels, filters)).astype("float32")
    window = {
        "strides": (stride, stride),
        "padding": ((padding, padding),) * 2,
        "dilation": (1, 1),
        "groups": 1,
    }
    out = fast.convolution(x, w, **window)
    grad = generator.normal(size=out.shape).astype("float32")
    x_grad, w_grad = np.empty_like(x), np.empty_like(w)
    work = 2 * out.size * taps * taps * channels

    def forward(x, w, grad):
        return torch.nn.functional.conv2d(x, w, stride=stride, padding=padding)

    def backward(x, w, grad, *wanted):
        return torch.ops.aten.convolution_backward(
            *(grad, x, w, None, [stride, stride], [padding, padding]),
            *([1, 1], False, [0, 0], 1, wanted),
        )

    first = [torch.from_numpy(a.transpose(0, 3, 1, 2).copy()) for a in (x, grad)]
    weights = torch.from_numpy(w.transpose(3, 2, 0, 1).copy())
    given = [first[0], weights, first[1]]
    orders = [given, [a.contiguous(memory_format=torch.channels_last) for a in given]]
    return work, [
        (
            "forward",
            lambda: fast.convolution(x, w, **window, out=out),
            *(lambda a=a: forward(*a) for a in orders),
        ),
        (
            "input gradient",
            lambda: fast.convolution_input_grad(grad, x, w, **window, out=x_grad),
            *(lambda a=a: backward(*a, True, False, False) for a in orders),
        ),
        (
            "kernel gradient",
            lambda: fast.convolution_kernel_grad(grad, x, w, **window, out=w_grad),
            *(lambda a=a: backward(*a, False, True, False) for a in orders),
        ),
    ]


def take_turns(*functions):
    """Returns the median and the shortest time of each function."""
    for function in functions:
        function()
    times = [[] for _ in functions]
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        for function, taken in zip(functions, times, strict=True):
            start = CLOCK()
            function()
            taken.append(CLOCK() - start)
    return [(statistics.median(taken), min(taken)) for taken in times]


if __name__ == "__main__":
    with torch.no_grad():
        main()
