"""Regularizers: what they cost, their gradients, names and configurations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import ops, regularizers
from minikeras.initializers import Orthogonal
from minikeras.regularizers import get
from minikeras.values import Tensor
from tests.strategies import arrays

SIX = np.ones(6, "float32")


@pytest.mark.parametrize(
    ("regularizer", "x", "cost"),
    [
        (regularizers.L1(0.01), -SIX, 0.06),
        (regularizers.L2(0.01), SIX, 0.06),
        (regularizers.L2(0.5), 2 * SIX, 12.0),
        (regularizers.L1L2(0.1, 0.2), SIX[:2], 0.6),
        (regularizers.L1L2(0.1, 0.0), 2 * SIX, 1.2),
        (regularizers.L1L2(), SIX, 0.0),
        (regularizers.Regularizer(), SIX, 0.0),
        (regularizers.OrthogonalRegularizer(), np.ones((2, 3), "float32"), 0.01),
        (
            regularizers.OrthogonalRegularizer(1.0, mode="columns"),
            np.array([[1, 0, 0], [1, 1, 0]], "float32"),
            0.2357022613286972,
        ),
        (
            regularizers.OrthogonalRegularizer(1.0),
            np.array([[1, 0, 0], [1, 1, 0], [1, 2, 3]], "float32"),
            0.5137715935707092,
        ),
    ],
)
def test_costs_are_those_of_keras(regularizer, x, cost):
    assert float(regularizer(x)) == pytest.approx(cost, rel=1e-6)


def test_gradients():
    x = Tensor(np.array([-2.0, 0.0, 3.0]), requires_grad=True)
    regularizers.L1L2(0.1, 0.5)(x).backward()
    np.testing.assert_allclose(x.grad.numpy(), [-2.1, 0.0, 3.1])


def test_names_have_the_defaults_of_keras():
    assert get("l1").get_config() == {"l1": 0.01}
    assert get("l2").get_config() == {"l2": 0.01}
    assert get("L1L2").get_config() == {"l1": 0.0, "l2": 0.0}
    assert get("OrthogonalRegularizer").get_config() == {"factor": 0.01, "mode": "rows"}
    with pytest.raises(ValueError, match="regularizer identifier: 'l1_l2'"):
        get("l1_l2")


def test_get_takes_all_that_keras_takes():
    assert get(None) is None
    assert get(abs) is abs
    assert type(get(regularizers.L2)) is regularizers.L2
    assert get({"class_name": "L2", "config": {"l2": 0.3}}).l2 == 0.3
    with pytest.raises(ValueError, match=r"identifier: 0\.01"):
        get(0.01)


@pytest.mark.parametrize("factor", [-1, "a", float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["l1", "l2"])
def test_factors_are_finite_and_not_negative(name, factor):
    with pytest.raises(ValueError, match=f"argument {name}"):
        regularizers.L1L2(**{name: factor})


def test_orthogonal_regularizer_refuses_what_it_cannot_do():
    with pytest.raises(ValueError, match="rank 2"):
        regularizers.OrthogonalRegularizer()(SIX)
    with pytest.raises(ValueError, match="mode"):
        regularizers.OrthogonalRegularizer(mode="diagonals")


@pytest.mark.parametrize(
    "name", [x for x in regularizers.CLASSES if x != "Regularizer"]
)
def test_configurations_make_the_same_regularizer(name):
    regularizer = regularizers.CLASSES[name]()
    config = regularizers.serialize(regularizer)
    assert (config["module"], config["class_name"]) == ("keras.regularizers", name)
    again = regularizers.deserialize(config)
    assert type(again) is type(regularizer)
    assert again.get_config() == regularizer.get_config()


def test_custom_objects_name_classes_of_ones_own():
    class Count(regularizers.Regularizer):
        def __call__(self, x):
            return float(x.size)

        def get_config(self):
            return {}

    config = regularizers.serialize(Count())
    assert type(regularizers.deserialize(config, {"Count": Count})) is Count
    assert type(regularizers.deserialize("Count", {"Count": Count})) is Count
    assert regularizers.serialize(None) is None


def test_a_regularizer_that_says_nothing_about_its_arguments_is_not_saved():
    class Silent(regularizers.Regularizer):
        def __init__(self, factor):
            self.factor = factor

    with pytest.raises(NotImplementedError, match="Silent defines no get_config"):
        regularizers.serialize(Silent(0.5))


@given(
    x=arrays("float64", values=[0.0, 1.0, -2.0, 3.0]),
    factor=st.sampled_from([-2, 0, 4]),
)
def test_costs_grow_with_the_size_of_weights(x, factor):
    """L1 as their size, L2 as its square; nothing is cheaper than zero."""
    for cls, power in ((regularizers.L1, 1), (regularizers.L2, 2)):
        cost = float(cls(0.5)(x))
        assert cost >= 0
        assert float(cls(0.5)(factor * x)) == abs(factor) ** power * cost


@given(rows=st.integers(2, 5), columns=st.integers(5, 8), mode=st.sampled_from("rc"))
def test_orthogonal_matrices_cost_nothing(rows, columns, mode):
    orthogonal = Orthogonal(seed=rows)((rows, columns), "float64")
    regularizer = regularizers.OrthogonalRegularizer(
        1.0, {"r": "rows", "c": "columns"}[mode]
    )
    matrix = orthogonal if mode == "r" else ops.transpose(orthogonal)
    assert float(regularizer(matrix)) < 1e-12
    assert float(regularizer(ops.ones_like(matrix))) == pytest.approx(1.0)


@pytest.mark.parametrize("factor", [None, -1, "a", float("nan")])
def test_the_factor_of_orthogonality_is_finite_and_not_negative(factor):
    with pytest.raises(ValueError, match="argument factor: expected a non-negative"):
        regularizers.OrthogonalRegularizer(factor)


@pytest.mark.parametrize(("mode", "shape"), [("rows", (1, 3)), ("columns", (3, 1))])
def test_a_single_row_is_orthogonal_to_all_others(mode, shape):
    # Keras divides by the number of pairs, which is 0: nan.
    regularizer = regularizers.OrthogonalRegularizer(1.0, mode)
    assert float(regularizer(np.ones(shape, "float32"))) == 0.0
