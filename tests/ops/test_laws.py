"""What holds for every operation: gradients, symbolic shapes, backends, arguments."""

import inspect

import numpy as np
import pytest

from minikeras import ops
from minikeras.config import use_backend
from minikeras.kernels.fast import fast
from minikeras.values import KerasTensor, Tensor, Variable
from tests.ops.calls import CALLS

EXAMPLES = [
    pytest.param(name, example, id=f"{name}-{i}")
    for name, examples in CALLS.items()
    for i, example in enumerate(examples)
]

# These take no arrays, or functions, or answer with no Tensor: they have tests of
# their own.
WITHOUT_EXAMPLES = {
    *("arange", "empty", "eye", "identity", "ones", "tri", "zeros"),
    *("cond", "fori_loop", "map", "scan", "vectorized_map", "while_loop"),
    *("custom_gradient", "grad", "value_and_grad"),
    *("convert_to_numpy", "dtype", "is_tensor", "ndim", "shape", "size"),
    *("bincount", "nonzero"),  # the numbers decide on the shape
}
# The result depends on an unknown size in a way that shapes cannot tell.
NEEDS_SIZES = {
    *("cross", "scatter_update", "unravel_index", "full"),
    *("conv", "batch_normalization", "layer_normalization"),  # those of their weights
}
CONSTANT = {"stop_gradient", "zeros_like", "ones_like", "full_like", "floor", "ceil"}
BACKENDS = ["loops", "numpy", *(["fast"] if fast is not None else [])]


def test_every_operation_has_examples_or_a_reason():
    public = {name for name, thing in vars(ops).items() if inspect.isfunction(thing)}
    public.discard("__getattr__")
    assert public == set(CALLS) | WITHOUT_EXAMPLES


def leaves(value):
    """Returns what is in nested lists and tuples, in order."""
    if isinstance(value, (list, tuple)):
        return [leaf for part in value for leaf in leaves(part)]
    return [value]


def with_arrays(value, make):
    """Returns the same structure with something made of every array."""
    if isinstance(value, (list, tuple)):
        return type(value)(with_arrays(part, make) for part in value)
    return make(value) if isinstance(value, np.ndarray) else value


def evaluate(name, example, make):
    """Calls an operation on what `make` makes of arrays; returns results and inputs."""
    made = []

    def remember(array):
        made.append(make(array))
        return made[-1]

    arguments = with_arrays(example.arguments, remember)
    keywords = {key: with_arrays(x, remember) for key, x in example.keywords.items()}
    return leaves(getattr(ops, name)(*arguments, **keywords)), made


def is_float(x):
    return x.dtype in ("float16", "float32", "float64")


def value_of(name, example, arrays, cotangents):
    """Returns Σ cotangent · result, for other arrays in place of the example's."""
    remaining = iter(arrays)
    results, _ = evaluate(name, example, lambda array: Tensor(next(remaining)))
    floating = [x.numpy() for x in results if is_float(x)]
    return sum(np.sum(c * x) for c, x in zip(cotangents, floating, strict=True))


def moved(x, step, direction):
    """Returns an array a step further, if it is one of floats."""
    return x + step * direction if x.dtype.kind == "f" else x


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_gradients_match_central_differences(name, example):
    generator = np.random.default_rng(1)
    arrays = []
    results, inputs = evaluate(
        name,
        example,
        lambda array: (
            arrays.append(array) or Tensor(array, requires_grad=array.dtype.kind == "f")
        ),
    )
    floating = [x for x in results if is_float(x)]
    cotangents = [generator.normal(size=x.shape) for x in floating]
    directions = [generator.normal(size=x.shape) for x in inputs]
    slope = 0.0
    for x, cotangent in zip(floating, cotangents, strict=True):
        if x.requires_grad:
            x.backward(Tensor(cotangent.astype(x.dtype)), retain_graph=True)
    for x, direction in zip(inputs, directions, strict=True):
        if x.grad is not None:
            assert x.grad.shape == x.shape
            assert x.grad.dtype == x.dtype
            slope += np.sum(x.grad.numpy() * direction)
    if name in CONSTANT:
        assert slope == 0
        return
    step = 1e-6
    ahead, behind = (
        value_of(
            name,
            example,
            [moved(x, s, d) for x, d in zip(arrays, directions, strict=True)],
            cotangents,
        )
        for s in (step, -step)
    )
    assert (ahead - behind) / (2 * step) == pytest.approx(slope, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_symbolic_shapes_are_those_of_real_results(name, example):
    results, _ = evaluate(name, example, Tensor)
    symbolic, inputs = evaluate(
        name, example, lambda array: KerasTensor(array.shape, array.dtype.name)
    )
    if not inputs:
        return
    for x, real in zip(symbolic, results, strict=True):
        assert isinstance(x, KerasTensor)
        assert (x.shape, x.dtype) == (real.shape, real.dtype)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_an_unknown_first_size_agrees_with_every_size(name, example):
    if name in NEEDS_SIZES:
        return
    results, _ = evaluate(name, example, Tensor)
    symbolic, _ = evaluate(
        name,
        example,
        lambda array: KerasTensor((None, *array.shape[1:]), array.dtype.name),
    )
    for x, real in zip(symbolic, results, strict=True):
        assert x.dtype == real.dtype
        assert len(x.shape) == real.ndim
        for unknown, side in zip(x.shape, real.shape, strict=True):
            assert unknown in (None, side)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_every_backend_gives_the_same_result(name, example, backend):
    with use_backend("numpy"):
        expected, _ = evaluate(name, example, Tensor)
    with use_backend(backend):
        results, _ = evaluate(name, example, Tensor)
    for x, reference in zip(results, expected, strict=True):
        assert (x.shape, x.dtype) == (reference.shape, reference.dtype)
        np.testing.assert_allclose(x.numpy(), reference.numpy(), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_arrays_and_variables_serve_as_well_as_tensors(name, example):
    expected, _ = evaluate(name, example, Tensor)
    for make in (lambda array: array, lambda array: Variable(array, name="weight")):
        results, _ = evaluate(name, example, make)
        for x, tensor in zip(results, expected, strict=True):
            assert type(x) is Tensor
            np.testing.assert_array_equal(x.numpy(), tensor.numpy())


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_arguments_are_not_changed(name, example):
    copies = [x.copy() for x in leaves(list(example.arguments)) if hasattr(x, "copy")]
    for array in leaves(list(example.arguments)):
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    evaluate(name, example, Tensor)
    again = [x for x in leaves(list(example.arguments)) if hasattr(x, "copy")]
    for x, before in zip(again, copies, strict=True):
        np.testing.assert_array_equal(x, before)
