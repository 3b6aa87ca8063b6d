"""Arithmetic and comparison: special values, kinks, and what Keras leaves open."""

import numpy as np
import pytest

from minikeras import ops
from minikeras.values import Tensor

INF, NAN = np.inf, np.nan


def values(result):
    return result.numpy().tolist()


def slopes(function, *numbers):
    """Returns the derivatives of a function by each of its arguments."""
    arguments = [
        Tensor(np.float32(x) * np.ones(1), requires_grad=True) for x in numbers
    ]
    function(*arguments).backward([1.0])
    return [0.0 if x.grad is None else x.grad.item() for x in arguments]


@pytest.mark.parametrize(
    ("function", "at", "expected"),
    [
        (ops.maximum, (1.0, 1.0), [0.5, 0.5]),
        (ops.minimum, (1.0, 1.0), [0.5, 0.5]),
        (ops.abs, (0.0,), [0.0]),
        (ops.sign, (0.0,), [0.0]),
        (lambda x: ops.clip(x, 0.0, 1.0), (1.0,), [1.0]),
        (lambda x: ops.clip(x, 0.0, 1.0), (0.0,), [1.0]),
        (lambda x: ops.clip(x, 0.0, 1.0), (1.5,), [0.0]),
        (ops.round, (1.5,), [0.0]),
        (ops.floor, (2.0,), [0.0]),
        (ops.logaddexp, (3.0, 3.0), [0.5, 0.5]),
        (ops.divide_no_nan, (2.0, 0.0), [0.0, 0.0]),
        (ops.divide_no_nan, (2.0, 4.0), [0.25, -0.125]),
    ],
)
def test_derivatives_at_kinks_are_chosen(function, at, expected):
    assert slopes(function, *at) == pytest.approx(expected)


def test_where_passes_gradients_on_the_side_it_chose():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = Tensor([3.0, 4.0], requires_grad=True)
    ops.where([True, False], x, y).backward([1.0, 1.0])
    assert values(x.grad) == [1.0, 0.0]
    assert values(y.grad) == [0.0, 1.0]


def test_division_by_zero_is_what_ieee_says():
    result = values(ops.divide([1.0, -1.0, 0.0], 0.0))
    assert result[:2] == [INF, -INF]
    assert np.isnan(result[2])
    assert values(ops.divide_no_nan([1.0, -1.0, 0.0], 0.0)) == [0.0, 0.0, 0.0]


def test_whole_division_rounds_down_and_the_rest_has_the_sign_of_the_divisor():
    x, y = [7, -7, 7, -7], [2, 2, -2, -2]
    assert values(ops.floor_divide(x, y)) == [3, -4, -4, 3]
    assert values(ops.mod(x, y)) == [1, 1, -1, -1]
    assert values(ops.mod([True, False], True)) == [0, 0]


def test_powers_of_integers_are_integers():
    assert values(ops.power([2, 3, -2], 3)) == [8, 27, -8]
    assert values(ops.power(2, [10, 0])) == [1024, 1]
    assert values(ops.power([2], -1)) == [0]


def test_rounding_goes_to_even_neighbours():
    assert values(ops.round([0.5, 1.5, -0.5, 2.4])) == [0.0, 2.0, 0.0, 2.0]
    np.testing.assert_allclose(values(ops.round([2.345, -1.25], 1)), [2.3, -1.2])
    assert values(ops.round([1234, 15], decimals=-1)) == [1230, 20]


def test_clip_takes_limits_that_are_arrays():
    assert values(ops.clip([1.0, 2.0, 3.0], [1.5, 1.0, 1.0], 2.0)) == [1.5, 2.0, 2.0]
    assert values(ops.clip([-5, 5], 0.5, 1.5)) == [0.5, 1.5]


def test_nan_and_infinities_are_replaced():
    x = np.array([NAN, INF, -INF, 1.0], "float32")
    limits = np.finfo("float32")
    assert values(ops.nan_to_num(x)) == [0.0, limits.max, limits.min, 1.0]
    assert values(ops.nan_to_num(x, nan=1, posinf=2, neginf=3)) == [1, 2, 3, 1]
    assert values(ops.nan_to_num([1, 2])) == [1, 2]


def test_logaddexp_neither_overflows_nor_vanishes():
    assert values(ops.logaddexp([1e4, -1e4], 0.0)) == [1e4, 0.0]
    assert values(ops.logaddexp([-INF], -INF)) == [-INF]
    assert values(ops.logaddexp([INF], 0.0)) == [INF]


@pytest.mark.parametrize(
    ("x", "y", "close"),
    [
        (1.0, 1.0 + 1e-6, True),
        (1.0, 1.1, False),
        (0.0, 1e-9, True),
        (INF, INF, True),
        (INF, -INF, False),
        (1.0, INF, False),
        (NAN, NAN, False),
    ],
)
def test_closeness(x, y, close):
    assert bool(ops.isclose(x, y)) is close
    assert bool(ops.isclose(NAN, NAN, equal_nan=True))
    assert bool(ops.isclose(100, 101, rtol=0.1))


def test_numbers_are_true_unless_they_are_zero():
    assert values(ops.logical_and([1, 0, 2], [1.5, 1.0, 0.0])) == [True, False, False]
    assert values(ops.logical_not([0.0, NAN, 3.0])) == [True, False, False]
    assert values(ops.logical_or(0, [0, 1])) == [False, True]
    assert values(ops.logical_xor([True, True], [False, True])) == [True, False]


def test_where_needs_both_sides_or_neither():
    assert [x.tolist() for x in map(np.asarray, ops.where([[0, 1], [1, 0]]))] == [
        [0, 1],
        [1, 0],
    ]
    with pytest.raises(ValueError, match="x1=given, x2=None"):
        ops.where([True], 1.0)


def test_numbers_alone_become_tensors():
    for result in (ops.add(1, 2), ops.maximum(1.5, 2), ops.where(True, 1, 2)):
        assert isinstance(result, Tensor)
    assert ops.add(1, 2).dtype == "int32"
    assert ops.add(1, 2.0).dtype == "float32"
    assert ops.equal(1, 1.0).item() is True


def test_conj_and_copy():
    x = Tensor([1.0])
    assert ops.conj(x) is x
    copied = ops.copy(x)
    assert copied.numpy() is not x.numpy()
    assert values(copied) == [1.0]
