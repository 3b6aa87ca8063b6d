"""Losses made from functions: what becomes of them when they are saved."""

import numpy as np
import pytest

from minikeras import losses
from minikeras.losses.loss import LossFunctionWrapper


def test_a_wrapped_function_comes_back_from_its_config():
    loss = LossFunctionWrapper(losses.mean_absolute_error, reduction="sum")
    again = LossFunctionWrapper.from_config(loss.get_config())
    y_true, y_pred = np.zeros((2, 1), "float32"), np.ones((2, 1), "float32")
    assert float(again(y_true, y_pred)) == float(loss(y_true, y_pred)) == 2.0
    with pytest.raises(ValueError, match="loss identifier: 'nonsense'"):
        LossFunctionWrapper.from_config({"fn": "nonsense"})


@pytest.mark.parametrize("shape", [(4, 2), (3,), (3, 6)])
def test_weights_of_another_size_are_refused(shape):
    y = np.zeros((4, 6, 3), "float32")
    with pytest.raises(ValueError, match=r"\(4, 6\); got shape \(" + str(shape[0])):
        losses.MeanSquaredError()(y, y, sample_weight=np.ones(shape, "float32"))
