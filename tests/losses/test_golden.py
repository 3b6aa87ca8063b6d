"""Losses against what Keras computes: values, and gradients of the predictions."""

import numpy as np
import pytest

from minikeras import Tensor, losses, ops
from tests.golden.golden_files import read

RECORDED = [*read("losses"), *read("more_losses")]
CASES = [case for case in RECORDED if "call" in case or "class" in case]
SPELLINGS = [case for case in RECORDED if case["name"].startswith("ctc_loss")]
CONFIGS = [case for case in RECORDED if "config" in case]


def close(actual, expected):
    np.testing.assert_allclose(np.asarray(actual), expected, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_as_keras(case):
    y_pred = Tensor(case["y_pred"], requires_grad=True)
    if "mask" in case:
        y_pred._keras_mask = Tensor(case["mask"])
    if "call" in case:
        function = getattr(losses, case["call"].removeprefix("losses."))
        out = function(case["y_true"], y_pred, **case["keywords"])
    else:
        loss = getattr(losses, case["class"].removeprefix("losses."))(
            **case["keywords"]
        )
        out = loss(case["y_true"], y_pred, sample_weight=case.get("sample_weight"))
    assert out.shape == case["result"].shape
    assert out.dtype == str(case["result"].dtype)
    close(out, case["result"])
    out.backward(case["cotangent"])
    close(y_pred.grad, case["gradient"])


@pytest.mark.parametrize("case", CONFIGS, ids=lambda case: case["name"])
def test_written_down_as_keras_does(case):
    loss = losses.deserialize(case["config"])
    assert losses.serialize(loss) == case["config"]
    assert list(loss.get_config()) == list(case["config"]["config"])


@pytest.mark.parametrize("case", SPELLINGS, ids=lambda case: case["name"])
def test_spelling_as_keras(case):
    close(ops.ctc_loss(*case["arguments"]), case["result"])


def test_no_samples_cost_nothing():
    empty = np.zeros((0, 3), "float32")
    assert float(losses.MeanSquaredError()(empty, empty)) == 0.0


def test_a_reduction_that_is_none():
    with pytest.raises(ValueError, match="reduction='average'"):
        losses.MeanSquaredError(reduction="average")


def test_labels_where_one_hot_was_expected():
    with pytest.raises(ValueError, match="sparse_categorical_crossentropy"):
        losses.categorical_crossentropy(np.array([[1], [0]]), np.ones((2, 3)) / 3)
