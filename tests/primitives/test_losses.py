"""What the losses from logits mean, and that they are stable where it matters."""

import math

import numpy as np
import pytest

from minikeras.kernels.scalar import scalar
from minikeras.kernels.shapes import shapes
from minikeras.kernels.shapes.shape_dtype import ShapeDtype
from minikeras.primitives.losses import (
    sigmoid_cross_entropy,
    softmax_cross_entropy,
    sparse_softmax_cross_entropy,
)
from tests.kernels.sets import ARRAY_SETS

every_set = pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


# --- Softmax --------------------------------------------------------------------------


@every_set
@both_dtypes
def test_equal_logits_cost_the_logarithm_of_the_classes(kernels, dtype):
    logits = np.zeros((2, 5), dtype)
    targets = np.eye(5, dtype=dtype)[[1, 3]]
    loss = softmax_cross_entropy.forward(kernels, logits, targets)
    np.testing.assert_allclose(loss, [math.log(5)] * 2, rtol=1e-7)


@every_set
@both_dtypes
def test_huge_logits_cost_their_difference(kernels, dtype):
    logits = np.array([[1e4, -1e4, 0.0], [-1e4, 1e4, 0.0]], dtype)
    targets = np.array([[1, 0, 0], [0.5, 0, 0.5]], dtype)
    loss = softmax_cross_entropy.forward(kernels, logits, targets)
    np.testing.assert_array_equal(loss, [0.0, 15000.0])
    labels = np.array([1, 2])
    loss = sparse_softmax_cross_entropy.forward(kernels, logits, labels)
    np.testing.assert_array_equal(loss, [20000.0, 10000.0])


@every_set
@both_dtypes
def test_a_masked_class_adds_nothing_unless_it_is_the_target(kernels, dtype):
    logits = np.array([[0.0, -np.inf, 0.0]], dtype)
    one_hot = np.eye(3, dtype=dtype)
    loss = softmax_cross_entropy.forward(kernels, logits, one_hot[[0]])
    np.testing.assert_allclose(loss, [math.log(2)], rtol=1e-7)
    loss = softmax_cross_entropy.forward(kernels, logits, one_hot[[1]])
    np.testing.assert_array_equal(loss, [np.inf])
    gradients = softmax_cross_entropy.vjp(
        kernels, (True, False), np.ones(1, dtype), None, logits, one_hot[[0]]
    )
    np.testing.assert_allclose(gradients[0], [[-0.5, 0, 0.5]], rtol=1e-6)


@every_set
def test_the_gradient_weighs_probabilities_by_the_sum_of_the_targets(kernels):
    logits = np.log([[1.0, 2.0, 5.0]])
    targets = np.array([[0.5, 1.0, 0.5]])  # sums to 2
    logits_grad, targets_grad = softmax_cross_entropy.vjp(
        kernels, (True, True), np.array([10.0]), None, logits, targets
    )
    p = np.array([[1, 2, 5]]) / 8
    np.testing.assert_allclose(logits_grad, 10 * (2 * p - targets), rtol=1e-12)
    np.testing.assert_allclose(targets_grad, -10 * np.log(p), rtol=1e-12)


@every_set
@pytest.mark.parametrize("wanted", [(True, False), (False, True), (False, False)])
def test_what_is_not_wanted_is_none(kernels, wanted):
    x = np.ones((2, 3))
    for primitive in (softmax_cross_entropy, sigmoid_cross_entropy):
        grad = primitive.forward(kernels, x, x)
        gradients = primitive.vjp(kernels, wanted, grad, grad, x, x)
        assert [gradient is not None for gradient in gradients] == list(wanted)


@every_set
def test_labels_are_one_hot_targets(kernels):
    generator = np.random.default_rng(3)
    logits = generator.normal(size=(4, 3, 7))
    labels = generator.integers(0, 7, (4, 3))
    targets = np.eye(7)[labels]
    grad = generator.normal(size=(4, 3))
    dense = softmax_cross_entropy.forward(kernels, logits, targets)
    sparse = sparse_softmax_cross_entropy.forward(kernels, logits, labels)
    np.testing.assert_allclose(sparse, dense, rtol=1e-12)
    wanted = (True, False)
    [dense, _] = softmax_cross_entropy.vjp(kernels, wanted, grad, None, logits, targets)
    [sparse, none] = sparse_softmax_cross_entropy.vjp(
        kernels, wanted, grad, None, logits, labels
    )
    np.testing.assert_allclose(sparse, dense, rtol=1e-12)
    assert none is None


@every_set
@pytest.mark.parametrize("wrong", [5, -1, 2**31 - 1])
def test_a_label_out_of_range_is_named(kernels, wrong):
    labels = np.array([[0, 4, 2], [1, wrong, 0]])
    message = (
        rf"from 0 to 4: the logits have 5 classes; got {wrong} at position \(1, 1\)"
    )
    with pytest.raises(ValueError, match=message):
        sparse_softmax_cross_entropy.forward(kernels, np.zeros((2, 3, 5)), labels)


@pytest.mark.parametrize("kernels", [*ARRAY_SETS, shapes], ids=str)
@pytest.mark.parametrize(
    ("primitive", "logits", "other", "dtype", "message"),
    [
        (softmax_cross_entropy, (4, 3), (4, 1), "float32", r"\(4, 3\) and .*\(4, 1\)"),
        (softmax_cross_entropy, (4, 3), (3,), "float32", r"\(4, 3\) and .*\(3,\)"),
        (softmax_cross_entropy, (), (), "float32", "at least one axis"),
        (sparse_softmax_cross_entropy, (4, 3), (4, 1), "int32", r"of shape \(4,\)"),
        (sparse_softmax_cross_entropy, (4, 3), (4,), "float32", "integer labels"),
        (sparse_softmax_cross_entropy, (), (), "int32", "at least one axis"),
    ],
)
def test_shapes_that_do_not_fit_are_named(
    kernels, primitive, logits, other, dtype, message
):
    make = ShapeDtype if kernels is shapes else np.zeros
    with pytest.raises(ValueError, match=message):
        primitive.forward(kernels, make(logits, "float32"), make(other, dtype))


# --- Sigmoid --------------------------------------------------------------------------


@every_set
@both_dtypes
def test_sigmoid_cross_entropy_is_its_definition(kernels, dtype):
    x, t = np.meshgrid(np.linspace(-5, 5, 11), [0.0, 0.25, 1.0])
    p = 1 / (1 + np.exp(-x))
    expected = -t * np.log(p) - (1 - t) * np.log(1 - p)
    loss = sigmoid_cross_entropy.forward(kernels, x.astype(dtype), t.astype(dtype))
    np.testing.assert_allclose(
        loss, expected, rtol=1e-6 if dtype == "float32" else 1e-13
    )


@every_set
@both_dtypes
def test_sure_predictions_cost_nothing_or_their_size(kernels, dtype):
    logits = np.array([1e4, -1e4, 1e4, -1e4, np.inf, -np.inf, np.inf], dtype)
    targets = np.array([1, 0, 0, 1, 1, 0, 0], dtype)
    loss = sigmoid_cross_entropy.forward(kernels, logits, targets)
    np.testing.assert_array_equal(loss, [0, 0, 1e4, 1e4, 0, 0, np.inf])


@every_set
@both_dtypes
def test_small_losses_keep_their_digits(kernels, dtype):
    """1 - σ(x) would be 0 from x = 17 on in float32."""
    logits = np.array([20.0, 30.0, 80.0], dtype)
    loss = sigmoid_cross_entropy.forward(kernels, logits, np.ones(3, dtype))
    np.testing.assert_allclose(loss, np.exp(-logits), rtol=1e-6)


@every_set
def test_the_gradient_is_the_error_of_the_probability(kernels):
    logits, targets = np.array([0.0, 100.0, -100.0]), np.array([1.0, 0.0, 1.0])
    logits_grad, targets_grad = sigmoid_cross_entropy.vjp(
        kernels, (True, True), np.full(3, 2.0), None, logits, targets
    )
    np.testing.assert_allclose(logits_grad, [-1, 2, -2], rtol=1e-12)
    np.testing.assert_array_equal(targets_grad, [0, -200, 200])


def test_the_scalar_engine_has_it_too():
    assert sigmoid_cross_entropy.forward(scalar, 0.0, 1.0) == math.log(2)
    assert sigmoid_cross_entropy.forward(scalar, math.inf, 1.0) == 0.0
    assert sigmoid_cross_entropy.forward(scalar, -1e4, 1.0) == 1e4
