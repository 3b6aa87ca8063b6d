"""Crossentropies: Keras's numbers, extremes, and what is refused."""

import math

import numpy as np
import pytest

from minikeras import ops
from minikeras.values import Tensor

WORST = 16.118095  # -log ε, ε = 1e-7 in float32


def values(result):
    return result.numpy().tolist()


def test_probabilities_are_kept_from_zero_and_one():
    assert values(ops.binary_crossentropy([1.0], [0.0])) == pytest.approx([WORST])
    right = values(ops.binary_crossentropy([0.0, 1.0], [0.5, 1.0]))
    assert right == pytest.approx([math.log(2), 1.1920929e-7])
    assert values(ops.categorical_crossentropy([[1.0, 0.0]], [[0.0, 1.0]])) == (
        pytest.approx([WORST])
    )
    assert values(ops.sparse_categorical_crossentropy([0], [[0.0, 1.0]])) == (
        pytest.approx([WORST])
    )


def test_probabilities_of_classes_are_made_to_sum_to_one():
    half = pytest.approx([math.log(2)])
    assert values(ops.categorical_crossentropy([[0.0, 1.0]], [[0.2, 0.2]])) == half
    assert values(ops.sparse_categorical_crossentropy([1], [[0.2, 0.2]])) == half


@pytest.mark.parametrize("logit", [-1e4, -30.0, 50.0, 1e4])
def test_logits_may_be_large(logit):
    wrong = ops.binary_crossentropy([1.0, 0.0], [logit, logit], from_logits=True)
    assert values(wrong) == pytest.approx([max(-logit, 0), max(logit, 0)], abs=1e-12)
    pair = np.array([[logit, 0.0]], "float32")
    expected = [max(-logit, 0.0)]
    loss = ops.categorical_crossentropy([[1.0, 0.0]], pair, from_logits=True)
    assert values(loss) == pytest.approx(expected, abs=1e-12)
    loss = ops.sparse_categorical_crossentropy([0], pair, from_logits=True)
    assert values(loss) == pytest.approx(expected, abs=1e-12)


def test_both_forms_agree():
    logits = np.random.default_rng(0).normal(size=(5, 3))
    labels = np.array([0, 2, 1, 1, 0])
    targets = np.eye(3)[labels]
    shares = ops.softmax(logits)
    expected = ops.categorical_crossentropy(targets, logits, from_logits=True).numpy()
    for loss in (
        ops.categorical_crossentropy(targets, shares),
        ops.categorical_crossentropy(targets, 3.0 * shares),
        ops.sparse_categorical_crossentropy(labels, shares),
        ops.sparse_categorical_crossentropy(labels[:, None], shares),
        ops.sparse_categorical_crossentropy(labels, logits, from_logits=True),
        ops.categorical_crossentropy(targets.T, logits.T, from_logits=True, axis=0),
        ops.sparse_categorical_crossentropy(labels, ops.transpose(shares), axis=0),
    ):
        np.testing.assert_allclose(loss.numpy(), expected, rtol=1e-6)


def test_integers_and_bools_are_targets_too():
    shares = [[0.25, 0.75]]
    for target in ([[0, 1]], [[False, True]]):
        for loss in (ops.binary_crossentropy, ops.categorical_crossentropy):
            assert loss(target, shares).dtype == "float32"
    assert values(ops.sparse_categorical_crossentropy([1.0], shares)) == pytest.approx(
        [-math.log(0.75)]
    )


def test_gradients_are_zero_where_probabilities_were_cut_off():
    output = Tensor([0.0, 0.5, 1.0], requires_grad=True)
    ops.sum(ops.binary_crossentropy([1.0, 1.0, 0.0], output)).backward()
    assert values(output.grad) == [0.0, -2.0, 0.0]


@pytest.mark.parametrize(
    "loss", [ops.binary_crossentropy, ops.categorical_crossentropy]
)
def test_shapes_must_agree(loss):
    for target in ([[0.0, 1.0, 0.0]], [0.0, 1.0], [[0.0]]):
        with pytest.raises(ValueError, match="must have the same shape"):
            loss(target, [[0.2, 0.8]])


@pytest.mark.parametrize("from_logits", [True, False])
def test_labels_must_fit(from_logits):
    outputs = [[0.2, 0.8], [0.5, 0.5]]
    for labels in ([0], [[0, 1], [1, 0]], 0):
        with pytest.raises(ValueError, match="needs targets of the shape"):
            ops.sparse_categorical_crossentropy(labels, outputs, from_logits)
    for labels in ([0, 2], [-1, 0]):
        with pytest.raises((ValueError, IndexError)):
            ops.sparse_categorical_crossentropy(labels, outputs, from_logits)


def test_classes_need_an_axis():
    with pytest.raises(ValueError, match="axis of classes"):
        ops.categorical_crossentropy(1.0, 1.0)
    with pytest.raises(ValueError, match="axis of classes"):
        ops.sparse_categorical_crossentropy(0, 1.0)
