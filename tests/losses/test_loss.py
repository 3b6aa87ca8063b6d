"""Losses made from functions: what becomes of them when they are saved."""

import numpy as np
import pytest

from minikeras import Tensor, losses, metrics
from minikeras.losses.loss import LossFunctionWrapper
from minikeras.values.naming import reset_names


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


def share_missed(y_true, y_pred):
    return 1.0 - y_pred[..., 0] * y_true[..., 0]


class Doubled(losses.Loss):
    def __init__(self, factor=2.0, **keywords):
        super().__init__(**keywords)
        self.factor = factor

    def call(self, y_true, y_pred):
        return self.factor * (y_true - y_pred)[..., 0]

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


def test_a_function_of_ones_own_comes_back_with_custom_objects():
    custom = {"share_missed": share_missed}
    config = losses.serialize(share_missed)
    assert losses.deserialize(config, custom) is share_missed
    wrapped = losses.serialize(LossFunctionWrapper(share_missed))
    assert losses.deserialize(wrapped, custom).fn is share_missed
    for unknown in (config, wrapped, "share_missed"):
        with pytest.raises(ValueError, match="'share_missed'"):
            losses.deserialize(unknown)


def test_a_class_of_ones_own_comes_back_with_custom_objects():
    config = losses.serialize(Doubled(3.0, reduction="sum"))
    again = losses.deserialize(config, {"Doubled": Doubled})
    assert (again.factor, again.reduction) == (3.0, "sum")
    with pytest.raises(ValueError, match="Doubled"):
        losses.deserialize(config)


def test_targets_arrive_in_the_dtype_of_the_loss():
    y_true = np.array([[0], [2]], "uint8")
    assert float(Doubled(1.0)(y_true, np.array([[1.0], [1.0]]))) == 0.0

    def below(y_true, y_pred):
        return y_true - 1  # 255 in uint8

    assert float(LossFunctionWrapper(below)(y_true, np.zeros((2, 1)))) == 0.0


def test_names_are_numbered_like_those_of_layers():
    reset_names()
    assert [Doubled().name for _ in range(2)] == ["doubled", "doubled_1"]
    assert losses.Huber().name == "huber_loss"


@pytest.mark.parametrize("given", ["Huber", losses.Huber, losses.Huber(), "huber"])
def test_get_takes_names_classes_objects_and_functions(given):
    assert losses.get(losses.get(given)) is not None
    assert isinstance(losses.get(given), losses.Huber) or losses.get(given) is (
        losses.huber
    )


@pytest.mark.parametrize("given", ["Mse", "huber_loss", "logcosh", 3, ["mse"]])
def test_get_refuses_what_is_no_loss(given):
    with pytest.raises(ValueError, match="Could not interpret loss identifier"):
        losses.get(given)


@pytest.mark.parametrize("q", [0, 1, -0.5])
def test_the_exponent_of_a_generalized_crossentropy_lies_between_0_and_1(q):
    with pytest.raises(ValueError, match=r"interval \(0, 1\)"):
        losses.CategoricalGeneralizedCrossEntropy(q=q)


def test_a_crossentropy_of_one_class_warns():
    one = np.ones((2, 1), "float32")
    with pytest.warns(SyntaxWarning, match="single class"):
        losses.categorical_crossentropy(one, one)
    with pytest.raises(ValueError, match="`axis` must be of type `int`"):
        losses.categorical_crossentropy(one, one, axis=True)


def test_values_of_a_loss_need_not_be_tensors():
    loss = LossFunctionWrapper(lambda y_true, y_pred: np.array([1, 2, 6]))
    y = np.zeros((3, 1), "float32")
    assert float(loss(y, y)) == 3.0
    assert float(loss(y, y, sample_weight=[1.0, 1.0, 0.0])) == 1.0


@pytest.mark.parametrize(
    ("loss", "y_true"),
    [
        (losses.SparseCategoricalCrossentropy(), [[0, 1]]),
        (losses.CategoricalCrossentropy(), [[[1, 0], [0, 1]]]),
        (losses.CategoricalFocalCrossentropy(), [[[1, 0], [0, 1]]]),
    ],
    ids=lambda given: getattr(given, "name", None),
)
def test_a_row_of_zeros_under_a_mask_counts_nothing(loss, y_true):
    y_true = np.array(y_true)
    x = Tensor(np.array([[[0.5, 0.5], [0.0, 0.0]]], "float32"), requires_grad=True)
    y_pred = x * 1.0
    y_pred._keras_mask = Tensor(np.array([[True, False]]))
    value = loss(y_true, y_pred)
    value.backward()
    alone = Tensor(np.array([[[0.5, 0.5]]], "float32"), requires_grad=True)
    expected = loss(y_true[:, :1], alone)
    expected.backward()
    np.testing.assert_allclose(value.numpy(), expected.numpy(), rtol=1e-6)
    np.testing.assert_allclose(x.grad[0, 0].numpy(), alone.grad[0, 0].numpy(), 1e-6)
    np.testing.assert_array_equal(x.grad[0, 1].numpy(), [0.0, 0.0])

    metric = metrics.MeanMetricWrapper(loss.fn)
    metric.update_state(y_true, y_pred)
    np.testing.assert_allclose(
        float(metric.result()), loss(y_true[:, :1], alone).numpy(), rtol=1e-6
    )


def test_equal_vectors_have_the_least_loss_and_the_largest_metric():
    y = np.array([[3.0, 4.0], [-1.0, 2.0]], "float32")
    assert float(losses.CosineSimilarity()(y, y)) == pytest.approx(-1)
    assert float(metrics.CosineSimilarity()(y, y)) == pytest.approx(1)
