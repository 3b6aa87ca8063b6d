"""Losses that are nested otherwise than the outputs, and those of whole structures."""

from collections import namedtuple

import numpy as np
import pytest

from minikeras import Input, Model, Tensor, layers, losses, ops
from minikeras.models.compiled_loss import CompiledLoss

Pair = namedtuple("Pair", ["left", "right"])
X = np.array([[1.0], [2.0]], "float32")
ONES = np.ones((2, 1), "float32")


def model_of(arranged):
    """Returns a model whose outputs are x, 2x and 3x, arranged by a function."""
    x = Input((1,))
    outputs = (layers.Activation("linear", name=f"times{n}")(n * x) for n in (1, 2, 3))
    return Model(x, arranged(*outputs))


def evaluated(model, y, sample_weight=None, **settings):
    model.compile(optimizer="sgd", **settings)
    return model.evaluate(X, y, sample_weight=sample_weight, return_dict=True)


def distance(y_true, y_pred):
    """The mean distance of two outputs, which it wants as a pair."""
    (a, b), (c, d) = y_true, y_pred
    return ops.abs(a - c) + ops.abs(b - d)


# The mean squared errors of x, 2x and 3x from 1 are 0.5, 5 and 14.5, the mean
# distances 0.5, 2 and 3.5.
LIST = model_of(lambda a, b, c: [a, b])
NESTED = model_of(lambda a, b, c: {"p": (a, b), "q": c})


@pytest.mark.parametrize(
    ("loss", "total"),
    [
        (["mse", ["mae"]], 2.5),
        ([["mse"], ["mae"]], 2.5),
        (["mse", ["mse", "mae"]], 7.5),
        ([None, ["mse", "mae"]], 7.0),
        ({"times1": "mse", "times2": ["mse", "mae"]}, 7.5),
    ],
)
def test_losses_listed_for_one_output_add_up(loss, total):
    assert evaluated(LIST, [ONES, ONES], loss=loss)["loss"] == pytest.approx(total)


def test_both_losses_of_an_output_are_logged():
    logs = evaluated(LIST, [ONES, ONES], loss=["mse", ["mse", "mae"]])
    expected = {"times1_loss": 0.5, "times2_loss": 5.0, "times2_loss_1": 2.0}
    assert logs == pytest.approx({"loss": 7.5, **expected})


def test_one_output_takes_a_list_in_a_list():
    model = model_of(lambda a, b, c: b)
    assert evaluated(model, ONES, loss=[["mse"]]) == {"loss": 5.0}


@pytest.mark.parametrize(
    ("loss", "logs"),
    [
        (
            {"p": ("mse", "mae")},
            {"loss": 2.5, "p/times1_loss": 0.5, "p/times2_loss": 2},
        ),
        ({"p": (None, "mae")}, {"loss": 2.0}),
        ({"q": "mse"}, {"loss": 14.5}),
        ({"p": distance}, {"loss": 2.5}),
        (
            {"p": [distance, ("mse", None)], "q": "mae"},
            {"loss": 6.5, "p_loss": 2.5, "p/times1_loss": 0.5, "q_loss": 3.5},
        ),
    ],
)
def test_parts_of_nested_outputs_have_losses(loss, logs):
    y = {"p": (ONES, ONES), "q": ONES}
    assert evaluated(NESTED, y, loss=loss) == pytest.approx(logs)


def test_a_function_compares_all_outputs_and_others_some():
    logs = evaluated(LIST, [ONES, ONES], loss=(distance, ["mse", "mae"]))
    expected = {"times1_times2_loss": 2.5, "times1_loss": 0.5, "times2_loss": 2.0}
    assert logs == pytest.approx({"loss": 5.0, **expected})


def test_named_tuples_are_structures():
    model = model_of(lambda a, b, c: Pair(a, b))
    y = Pair(ONES, ONES)
    assert evaluated(model, y, loss=Pair("mse", "mae"))["loss"] == 2.5
    assert evaluated(model, y, loss=[distance, Pair("mse", "mae")])["loss"] == 5.0


def test_the_configuration_of_a_loss_is_one_loss():
    config = losses.serialize(losses.MeanSquaredError())
    assert evaluated(LIST, [ONES, ONES], loss=config)["loss"] == 5.5


def test_weights_have_the_structure_of_the_losses():
    loss, weights = (distance, ["mse", "mae"]), (2.0, [10.0, np.float32(0.5)])
    logs = evaluated(LIST, [ONES, ONES], loss=loss, loss_weights=weights)
    assert logs["loss"] == pytest.approx(2 * 2.5 + 10 * 0.5 + 0.5 * 2)
    with pytest.raises(ValueError, match="a number for each loss"):
        evaluated(LIST, [ONES, ONES], loss=loss, loss_weights=[1.0, 2.0])


def test_targets_are_for_the_outputs_that_have_losses():
    model = model_of(lambda a, b, c: [a, b, c])
    assert evaluated(model, ONES, loss=[None, "mse", None]) == {"loss": 5.0}
    assert evaluated(model, [ONES, ONES], loss=["mse", None, "mae"])["loss"] == 4.0


def test_targets_of_nested_outputs_may_be_a_flat_list():
    assert evaluated(NESTED, [ONES] * 3, loss="mse")["loss"] == pytest.approx(20.0)


def test_a_loss_of_several_outputs_takes_the_weights_of_samples_once():
    weight = np.array([2.0, 0.0], "float32")
    logs = evaluated(
        NESTED, {"p": (ONES, ONES), "q": ONES}, weight, loss={"p": distance}
    )
    assert logs["loss"] == pytest.approx(1.0)
    weights = {"p": (weight, 2 * weight), "q": weight}
    with pytest.raises(ValueError, match="one `sample_weight`"):
        evaluated(NESTED, {"p": (ONES, ONES), "q": ONES}, weights, loss={"p": distance})


@pytest.mark.parametrize(
    "loss",
    [{"p": "mse"}, {"p": ["mse"]}, {"r": "mse"}, {"q": {"a": "mse"}}, {"p": ("mse",)}],
)
def test_what_fits_no_output_is_refused(loss):
    with pytest.raises(ValueError, match="does not fit the outputs"):
        evaluated(NESTED, {"p": (ONES, ONES), "q": ONES}, loss=loss)


def test_compute_loss_may_have_other_outputs_than_the_model():
    class Halves(Model):
        def compute_loss(self, x, y, y_pred, sample_weight=None):
            halves = [y_pred[:, :1], y_pred[:, 1:]]
            return super().compute_loss(x, y, halves, sample_weight)

    x = Input((2,))
    model = Halves(x, layers.Dense(2, "sigmoid", name="both")(x))
    model.compile("sgd", loss=["mse", "binary_crossentropy"])
    history = model.fit(np.ones((4, 2)), (np.ones((4, 1)), np.zeros((4, 1))), epochs=2)
    assert set(history.history) == {
        "loss",
        "mse_loss",
        "binary_crossentropy_loss",
    }
    with pytest.raises(ValueError, match="does not fit the outputs"):
        model.fit(np.ones((4, 2)), (np.ones((4, 1)),) * 3)


def test_training_on_a_structure_of_outputs_is_recorded_as_it_is():
    def weights_after(jit_compile):
        x = Input((3,))
        ends = [layers.Dense(1, kernel_initializer="ones")(x) for _ in range(2)]
        model = Model(x, tuple(ends))
        loss = [distance, ("mse", losses.MeanAbsoluteError())]
        weights = [1.0, (0.5, 2.0)]
        model.compile("sgd", loss, loss_weights=weights, jit_compile=jit_compile)
        data = np.linspace(-1, 1, 24, dtype="float32").reshape(8, 3)
        model.fit(data, (data[:, :1], data[:, 1:2]), batch_size=2, shuffle=False)
        return model.get_weights()

    for recorded, eager in zip(weights_after(True), weights_after(False), strict=True):
        np.testing.assert_array_equal(recorded, eager)


def test_outputs_may_come_in_a_dict_after_a_list():
    loss = CompiledLoss(["mse", "mae"], output_names=["a", "b"])
    loss.build([X, X], [X, X])
    for y_pred in ([Tensor(X), Tensor(X)], {"a": Tensor(X), "b": Tensor(X)}):
        value = loss({"a": ONES, "b": ONES}, y_pred)
        assert float(value) == pytest.approx(0.5 + 0.5)
