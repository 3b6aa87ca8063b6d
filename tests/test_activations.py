"""Activations: Keras's values and derivatives, names, and stable extremes."""

import numpy as np
import pytest

from minikeras import activations, ops
from minikeras.activations import get
from minikeras.values import Tensor
from tests.golden import golden_files

CASES = {case["name"]: case for case in golden_files.read("activations")}
INPUTS = CASES.pop("inputs")
MEANINGS = next(
    case["meanings"]
    for case in golden_files.read("names")
    if case["name"] == "activations.get"
)


def cotangent_for(shape):
    """Returns the cotangent that was used for the recording."""
    count = int(np.prod(shape))
    weights = 1.0 + (np.arange(count) * 3 % 7) * 0.25
    return weights.reshape(shape).astype("float32")


def function_of(path):
    namespace, name = path.split(".")
    return getattr({"activations": activations, "ops": ops}[namespace], name)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_values_and_gradients_are_those_of_keras(case):
    function = function_of(case["call"])
    x = Tensor(INPUTS[case["x"]], requires_grad=True)
    out = function(x, **case["keywords"])
    assert out.dtype == "float32"
    np.testing.assert_allclose(out.numpy(), case["result"], rtol=2e-6, atol=1e-6)
    if "gradient" in case:
        out.backward(Tensor(cotangent_for(out.shape)))
        gradient = x.grad.numpy()
        np.testing.assert_allclose(gradient, case["gradient"], rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize(("name", "meaning"), MEANINGS.items())
def test_names_mean_what_they_mean_to_keras(name, meaning):
    if meaning is None:
        with pytest.raises(ValueError, match="activation function identifier"):
            get(name)
    else:
        assert get(name) is getattr(activations, meaning)


def test_none_is_linear_and_functions_serve_as_they_are():
    def cube(x):
        return x * x * x

    assert get(None) is activations.linear
    assert get(cube) is cube
    with pytest.raises(ValueError, match="identifier: 3"):
        get(3)


@pytest.mark.parametrize("name", activations.FUNCTIONS)
def test_a_name_comes_back_from_the_function_it_stands_for(name):
    function = getattr(activations, name)
    assert activations.serialize(function) == name
    assert activations.deserialize(name) is function


def test_functions_are_read_from_the_configuration_that_keras_writes():
    config = {
        "module": "builtins",
        "class_name": "function",
        "config": "relu",
        "registered_name": "function",
    }
    assert get(config) is activations.relu
    with pytest.raises(ValueError, match="identifier"):
        get({"class_name": "relu"})


def test_functions_of_ones_own_are_named_by_custom_objects():
    def cube(x):
        return x * x * x

    assert activations.deserialize("cube", custom_objects={"cube": cube}) is cube
    assert activations.serialize(cube)["config"] == "cube"
    with pytest.raises(ValueError, match="lambda"):
        activations.serialize(lambda x: x)


def test_defaults_are_those_of_keras():
    x = np.array([-3.0, -1.0], "float32")
    np.testing.assert_allclose(activations.leaky_relu(x).numpy(), [-0.6, -0.2])
    np.testing.assert_allclose(activations.gelu(x).numpy()[1], -0.158655, atol=1e-6)
    np.testing.assert_allclose(ops.gelu(x).numpy()[1], -0.158808, atol=1e-6)
    assert activations.hard_sigmoid(1.0).item() == pytest.approx(2 / 3)
    assert activations.hard_silu(-1.0).item() == pytest.approx(-1 / 3)


def slope(function, at):
    x = Tensor(np.array(at, "float64"), requires_grad=True)
    function(x).backward()
    return x.grad.item()


@pytest.mark.parametrize(
    ("function", "at", "expected"),
    [
        (activations.relu, 0.0, 0.0),
        (activations.leaky_relu, 0.0, 0.2),
        (activations.relu6, 0.0, 0.0),
        (activations.relu6, 6.0, 0.0),
        (activations.hard_sigmoid, -3.0, 0.0),
        (activations.hard_sigmoid, 3.0, 0.0),
        (activations.softsign, 0.0, 1.0),
        (activations.hard_tanh, 1.0, 1.0),
    ],
)
def test_derivatives_at_kinks_are_chosen(function, at, expected):
    assert slope(function, at) == pytest.approx(expected)


def test_bent_relu_is_continuous_only_where_keras_is():
    x = np.array([-1.0, 0.5, 1.0, 2.0, 5.0], "float32")
    bent = activations.relu(x, negative_slope=0.1, max_value=3.0, threshold=1.0)
    np.testing.assert_allclose(bent.numpy(), [-0.2, -0.05, 0.0, 2.0, 3.0], atol=1e-7)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_extremes_neither_overflow_nor_vanish(dtype):
    x = np.array([-1e4, -100.0, 100.0, 1e4], dtype)
    assert ops.sigmoid(x).numpy()[1] > 0
    np.testing.assert_allclose(ops.softplus(x).numpy()[2:], [100.0, 1e4])
    np.testing.assert_allclose(ops.log_sigmoid(x).numpy()[:2], [-1e4, -100.0])
    np.testing.assert_array_equal(ops.log_softmax(x).numpy(), x - x[-1])
    mish = activations.mish(x).numpy()
    np.testing.assert_allclose(mish, [0, 0, 100, 1e4], atol=1e-40)


def test_softmax_takes_masks_of_minus_infinity():
    x = np.array([[0.0, -np.inf, 0.0]], "float32")
    np.testing.assert_array_equal(ops.softmax(x).numpy(), [[0.5, 0.0, 0.5]])
    np.testing.assert_array_equal(
        ops.log_softmax(x, axis=(0, 1)).numpy()[0, 1], -np.inf
    )


def test_integers_become_floats_except_under_relu():
    x = np.array([-1, 0, 8])
    assert activations.relu(x).dtype == "int64"
    np.testing.assert_array_equal(activations.relu6(x).numpy(), [0, 0, 6])
    assert activations.sigmoid(x).dtype == "float32"


def test_relu_is_zero_where_its_threshold_is_its_largest_value():
    x = np.array([-np.inf, -1.0, 5.0, 6.0, np.inf], "float32")
    out = activations.relu(x, max_value=5.0, threshold=5.0)
    np.testing.assert_array_equal(out.numpy(), [0, 0, 0, 5, 5])
    out = activations.relu(x[1:], negative_slope=0.5, max_value=5.0, threshold=5.0)
    np.testing.assert_array_equal(out.numpy(), [-3, 0, 5, 5])
    assert activations.relu(x.astype("float16"), max_value=5.0).dtype == "float16"
