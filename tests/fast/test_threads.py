"""No compiled kernel gives other bits on other numbers of threads."""

import numpy as np
import pytest

from minikeras._fast import tasks
from minikeras.kernels.fast import fast
from minikeras.kernels.table import TABLE
from tests.accuracy import assert_same_bits
from tests.fast.test_noting import NOTED

COUNTS = (2, 3, 5)
SHAPE = (700, 513)  # some numbers of each kernel's grain, no multiple of anything
CHOSEN = (1300,)  # indices

# What parameters are, where they are the same for every kernel.
PARAMETERS = {
    "alpha": 1.0,
    "approximate": False,
    "axis": -1,
    "beta": 0.1,
    "beta_1": 0.9,
    "beta_2": 0.999,
    "classes": 513,
    "dtype": "float32",
    "epsilon": 1e-7,
    "high": 5,
    "keepdims": False,
    "key": (slice(3, None), slice(None, None, 2)),
    "l1": 0.01,
    "l2": 0.01,
    "low": 0,
    "maximum": 0.75,
    "mean": 0.0,
    "minimum": 0.25,
    "momentum": 0.9,
    "negative_slope": 0.1,
    "nesterov": True,
    "pad_width": ((3, 5), (1, 0)),
    "power": -0.5,
    "rate": 0.5,
    "rho": 0.9,
    "shape": SHAPE,
    "shrinkage": 0.01,
    "stddev": 1.0,
    "value": 0.5,
}
# Inputs that are one number, whatever the shape of the others.
NUMBERS = {"learning_rate": 0.1, "step": 9, "product": 0.5}

# Other parameters that are tried, too: for reductions, one axis after the other.
AXES = ({"axis": 0}, {"axis": (0, 2), "shape": (40, 130, 70)}, {"axis": None})
VARIANTS = {
    **dict.fromkeys(("sum", "mean", "variance", "max", "min", "logsumexp"), AXES),
    **dict.fromkeys(("argmax", "argmin", "softmax", "log_softmax"), AXES[:1]),
    **dict.fromkeys(("take", "take_grad", "take_along_axis_grad"), AXES[:1]),
    "cast": ({"dtype": "int64"}, {"dtype": "bool"}),
    "gelu": ({"approximate": True},),
    "gelu_grad": ({"approximate": True},),
    "random_integers": ({"dtype": "int64"},),
}


@pytest.fixture(autouse=True)
def as_many_threads_as_before():
    before = tasks.threads()
    yield
    tasks.set_threads(before)


def outcome(name, overrides, threads):
    """Returns all arrays of a large call: what it took, changed or not, and gave."""
    parameters = {**PARAMETERS, **overrides}
    if name == "random_integers" and "dtype" not in overrides:
        parameters["dtype"] = "int32"
    rng = np.random.default_rng(0)
    inputs = [array_for(name, kind, parameters, rng) for kind in TABLE[name].inputs]
    given = {key: parameters[key] for key in TABLE[name].parameters}
    tasks.set_threads(threads)
    result = getattr(fast, name)(*inputs, **given)
    return [*inputs, result]


def array_for(name, kind, parameters, rng):
    """Returns a large array that is right for one input of a kernel."""
    shape, axis = parameters["shape"], parameters["axis"]
    if name in ("softmax_cross_entropy", "sparse_softmax_cross_entropy"):
        shape = SHAPE[:1] if kind == "labels" else SHAPE
    if name in ("take", "take_grad") and kind in ("indices", "grad"):
        other = shape[:axis] + shape[axis + 1 :] if axis == 0 else shape[:-1]
        picked = CHOSEN + other if axis == 0 else other + CHOSEN
        shape = CHOSEN if kind == "indices" else picked
    if name == "getitem_grad" and kind == "grad":
        shape = np.empty(shape)[parameters["key"]].shape
    if name == "sum_to_shape_of" and kind == "like":
        shape = shape[1:]
    if kind in ("indices", "labels"):
        return rng.integers(0, 500, shape)
    if kind == "state":
        return np.array([1337, 5], "uint32")
    if kind in NUMBERS:
        return np.array(NUMBERS[kind], "float64")
    if kind == "condition" or name.startswith("logical"):
        return rng.random(shape) < 0.5
    return rng.random(shape, "float32")


@pytest.mark.parametrize("name", NOTED)
def test_threads_change_no_bit(name):
    for overrides in ({}, *VARIANTS.get(name, ())):
        alone = outcome(name, overrides, threads=1)
        for count in COUNTS:
            arrays = outcome(name, overrides, threads=count)
            for x, right in zip(arrays, alone, strict=True):
                if right is not None:
                    assert_same_bits(x, right)


@pytest.mark.parametrize("name", ["add", "where", "gelu_grad", "clip"])
def test_threads_change_no_bit_of_what_is_walked_through(name):
    """Broadcast, transposed, with Python numbers: in blocks."""

    def walked(threads):
        rng = np.random.default_rng(0)
        tasks.set_threads(threads)
        inputs = [rng.random((90, 8, 70, 12), "float32") for _ in TABLE[name].inputs]
        if name == "where":
            inputs[0] = inputs[0] < 0.5
        *others, last = inputs
        last = last.transpose(0, 3, 2, 1)[:, ::3, :, : 1 if others else None]
        inputs = [*(x[:, 1:5, :, ::2] for x in others), last]
        given = {key: PARAMETERS[key] for key in TABLE[name].parameters}
        return getattr(fast, name)(*inputs, **given)

    for count in COUNTS:
        assert_same_bits(walked(count), walked(1))
