"""The public face of operations: nodes of symbolic calls."""

import inspect
import pickle

import numpy as np
import pytest

import minikeras
from minikeras import (
    Function,
    Input,
    KerasTensor,
    Sequential,
    Tensor,
    activations,
    layers,
    ops,
)
from minikeras.ops import functions
from minikeras.ops.public import KINDS, PublicOperation
from minikeras.tree import flatten, map_structure
from minikeras.values import naming
from tests.ops.calls import CALLS

EXAMPLES = [
    pytest.param(name, example, id=f"{name}-{i}")
    for name, examples in CALLS.items()
    for i, example in enumerate(examples)
]
# They give no Tensors, or none that depend on numbers.
WITHOUT_NODES = {"convert_to_numpy", "dtype", "is_tensor", "ndim", "shape", "size"}


def is_array(x):
    return isinstance(x, np.ndarray)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_a_symbolic_call_is_one_node_that_does_the_same_again(name, example):
    naming.reset_names()
    arrays = [x for x in flatten([example.arguments, example.keywords]) if is_array(x)]
    if not arrays:
        return
    stands_for = [KerasTensor(x.shape, x.dtype.name) for x in arrays]
    waiting = iter(stands_for)

    def symbol_of(x):
        return next(waiting) if is_array(x) else x

    keywords = {key: example.keywords[key] for key in sorted(example.keywords)}
    args, kwargs = map_structure(symbol_of, (tuple(example.arguments), keywords))
    symbols = getattr(ops, name)(*args, **kwargs)
    function = Function(stands_for, symbols)
    assert [type(x) for x in function.operations] == [PublicOperation]
    [operation] = function.operations
    assert len(operation._inbound_nodes) == 1
    # No others were made on the way: then there would be more names.
    assert operation.name == naming.snake_case(operation._class_name)
    assert set(naming._counters) <= {operation.name, "function", "keras_tensor"}
    inputs = [Tensor(x) for x in arrays]
    waiting = iter(inputs)
    args, kwargs = map_structure(symbol_of, (tuple(example.arguments), keywords))
    expected = getattr(functions, name)(*args, **kwargs)
    for x, y in zip(flatten(function(inputs)), flatten(expected), strict=True):
        np.testing.assert_array_equal(x.numpy(), y.numpy())


def test_every_operation_has_a_face():
    names = {name for name, x in vars(functions).items() if inspect.isfunction(x)}
    public = {name for name, x in vars(ops).items() if inspect.isfunction(x)}
    assert names == public - {"__getattr__"}
    for name in names:
        face, function = getattr(ops, name), getattr(functions, name)
        assert inspect.unwrap(face) is function
        assert face.__doc__ == function.__doc__


def test_no_symbol_no_node():
    before = dict.fromkeys(KINDS, 0)
    assert isinstance(ops.add(1.0, 2.0), Tensor)
    assert before.keys() == KINDS.keys()
    x = Input((3,))
    for name in sorted(WITHOUT_NODES - {"convert_to_numpy"}):
        getattr(ops, name)(x)
    assert not x._keras_history.operation._outbound_nodes


def test_sizes_are_those_of_the_run():
    x = Input((None,))
    function = Function(x, [ops.mean(x, axis=1), ops.quantile(x, 0.5, axis=1)])
    for sides in ((2, 3), (4, 7)):
        array = np.random.default_rng(0).normal(size=sides)
        mean, median = function(array)
        np.testing.assert_allclose(mean.numpy(), array.mean(1))
        np.testing.assert_allclose(median.numpy(), np.median(array, 1))


def test_operators_are_operations():
    x = Input((4,))
    y = -(abs(2.0 - x * x / 3.0) ** 2) @ ops.ones((4, 2))
    y = ((y + 1) // 2 % 3)[:, 1:]
    both = (y < 0.5) & ~(y >= 1.0) | (y < 0.0) ^ (y != y)
    function = Function(x, [y, both, x.T, round(x), x.reshape((-1,))])
    array = np.random.default_rng(1).normal(size=(5, 4))
    z = -(abs(2.0 - array * array / 3.0) ** 2) @ np.ones((4, 2))
    z = ((z + 1) // 2 % 3)[:, 1:]
    results = function(Tensor(array))
    np.testing.assert_allclose(results[0].numpy(), z)
    np.testing.assert_array_equal(
        results[1].numpy(), (z < 0.5) & ~(z >= 1.0) | (z < 0.0) ^ (z != z)
    )
    np.testing.assert_array_equal(results[2].numpy(), array.T)
    np.testing.assert_array_equal(results[3].numpy(), np.round(array))
    names = {operation.name for operation in function.operations}
    assert {"absolute", "true_divide", "matmul", "get_item", "logical_or"} <= names


def test_activations_are_operations():
    x = Input((3,))
    names = activations.FUNCTIONS.keys() - {"linear", "threshold"}
    function = Function(x, [activations.get(name)(x) for name in names])
    array = np.random.default_rng(2).normal(size=(2, 3))
    results = function(Tensor(array))
    for name, result in zip(names, results, strict=True):
        expected = activations.FUNCTIONS[name](Tensor(array))
        np.testing.assert_array_equal(result.numpy(), expected.numpy(), err_msg=name)


def test_inside_of_a_layer_nothing_is_a_node():
    class Composite(minikeras.Layer):
        def call(self, x):
            return ops.relu(x) + activations.tanh(x) * 2.0

    x = Input((3,))
    assert len(Function(x, Composite()(x)).operations) == 2
    assert len(x._keras_history.operation._outbound_nodes) == 1


def test_what_a_function_does_inside_of_an_operation_is_no_node():
    naming.reset_names()
    x, total = Input((3,)), KerasTensor((3,))

    def step(carry, row):
        carry = carry + ops.relu(row) * 2.0
        return carry, carry

    for mapped in (ops.map, ops.vectorized_map):
        y = mapped(lambda row: ops.relu(row) * 2.0, x)
        assert y.shape == (None, 3)
        function = Function(x, y)
        assert len(function.operations) == 2
        array = np.arange(-3.0, 3.0).reshape(2, 3)
        np.testing.assert_array_equal(
            function(Tensor(array)).numpy(), 2 * array.clip(0)
        )
    rows = KerasTensor((4, 3))
    carry, sums = ops.scan(step, total, rows)
    assert (carry.shape, sums.shape) == ((3,), (4, 3))
    function = Function([total, rows], [carry, sums])
    assert [operation.name for operation in function.operations] == ["scan"]
    last, _ = function([ops.zeros((3,)), ops.ones((4, 3))])
    np.testing.assert_array_equal(last.numpy(), [8, 8, 8])
    assert ops.fori_loop(0, 3, lambda i, v: v + i, total)._keras_history


@pytest.mark.parametrize("module", [ops, activations])
def test_pickle_finds_public_functions(module):
    public = {name: x for name, x in vars(module).items() if inspect.isfunction(x)}
    assert len(public) > 20
    for name, function in public.items():
        assert pickle.loads(pickle.dumps(function)) is function, name


@pytest.mark.parametrize(
    "make",
    [
        *(
            lambda name=name: layers.Activation(name)
            for name in activations.FUNCTIONS
            if name != "threshold"  # it wants two numbers
        ),
        lambda: layers.LSTM(2),
        lambda: layers.GRU(2),
        lambda: layers.Bidirectional(layers.SimpleRNN(2)),
        lambda: layers.Lambda(ops.relu),
    ],
)
def test_models_of_public_functions_are_pickled(make):
    model = Sequential([Input((3, 4)), make()])
    again = pickle.loads(pickle.dumps(model))
    x = np.linspace(-1, 1, 24).reshape(2, 3, 4)
    np.testing.assert_array_equal(again(x).numpy(), model(x).numpy())
