"""Losses and metrics for several outputs, as Keras takes and reports them."""

import numpy as np
import pytest

from minikeras import Input, Model, Variable, layers, losses, utils
from tests.golden.golden_files import read

CASES = read("compiled")


class Through(Model):
    """Puts its two inputs out, in a structure; knows their names like a functional."""

    def __init__(self, structure):
        super().__init__()
        self.structure = structure
        self.names = "a" if structure in ("one", "onelist") else "ab"

    @property
    def output_names(self):
        return list(self.names)

    def call(self, inputs):
        return self.arranged(*inputs)

    def arranged(self, a, b):
        return {
            "list": [a, b],
            "tuple": (a, b),
            "dict": {"x": a, "y": b},
            "nested": {"p": [a, b]},
            "one": a,
            "onelist": [a],
        }[self.structure]


def functional(structure):
    """Returns a graph that does the same."""
    inputs = [Input((1,)), Input((1,))]
    a, b = (
        layers.Activation("linear", name=name)(x)
        for name, x in zip("ab", inputs, strict=True)
    )
    return Model(inputs, Through(structure).arranged(a, b))


@pytest.mark.parametrize("make", [Through, functional])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_as_keras(case, make):
    model = make(case["structure"])
    model.compile(**case["settings"])
    arguments = {
        "y": case["y"],
        "sample_weight": case["sample_weight"],
        "verbose": 0,
    }
    if "error" in case:
        with pytest.raises(ValueError, match=r"outputs|keys|targets"):
            model.evaluate(case["x"], **arguments)
        return
    expected = case["result"]
    logs = model.evaluate(case["x"], **arguments, return_dict=True)
    assert logs == pytest.approx(expected["logs"])
    assert list(logs) == list(expected["logs"])
    assert model.evaluate(case["x"], **arguments) == pytest.approx(expected["in_order"])
    assert model.metrics_names == expected["names"]


class Heads(Model):
    """Two heads on the same features; `names` are those of its outputs."""

    capturable = True

    def __init__(self, as_dict=True):
        super().__init__()
        self.classes, self.number = layers.Dense(3, "softmax"), layers.Dense(1)
        self.as_dict = as_dict

    def call(self, inputs):
        outputs = {"classes": self.classes(inputs), "number": self.number(inputs)}
        return outputs if self.as_dict else list(outputs.values())


LOSSES = {"classes": "sparse_categorical_crossentropy", "number": "mse"}


def data():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(20, 4)).astype("float32")
    return x, {"classes": np.arange(20) % 3, "number": x[:, :1] * 2}


def trained(jit_compile, **settings):
    utils.set_random_seed(0)
    model = Heads()
    model.compile("sgd", LOSSES, jit_compile=jit_compile, **settings)
    x, y = data()
    weights = {"classes": np.linspace(0, 1, 20), "number": np.ones(20)}
    history = model.fit(x, y, sample_weight=weights, batch_size=8, epochs=3, verbose=0)
    return model, history.history


def test_recorded_steps_give_the_bits_of_eager_ones():
    settings = {
        "loss_weights": {"classes": 0.5, "number": 2.0},
        "metrics": {"classes": ["acc"], "number": ["mae"]},
        "weighted_metrics": {"classes": ["acc"]},
    }
    (eager, said), (recorded, recorded_said) = (
        trained(jit_compile, **settings) for jit_compile in (False, True)
    )
    assert recorded.train_program is not None
    assert recorded_said == said
    for a, b in zip(eager.get_weights(), recorded.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_loss_is_the_weighted_sum_of_those_of_the_outputs():
    _, history = trained(False, loss_weights={"classes": 0.5, "number": 2.0})
    expected = 0.5 * np.array(history["classes_loss"]) + 2 * np.array(
        history["number_loss"]
    )
    np.testing.assert_allclose(history["loss"], expected, rtol=1e-5)


def test_a_weight_that_is_a_variable_may_be_assigned_between_epochs():
    weight = Variable(1.0, trainable=False)
    model = Heads()
    model.compile("sgd", LOSSES, loss_weights={"classes": weight, "number": 0.0})
    x, y = data()
    first = model.evaluate(x, y, verbose=0)[0]
    weight.assign(3.0)
    assert model.evaluate(x, y, verbose=0)[0] == pytest.approx(3 * first, rel=1e-6)


def test_outputs_without_names_are_known_by_their_losses():
    model = Heads(as_dict=False)
    model.compile("sgd", ["mse", "mse"], metrics=["mae", "mae"])
    x, y = data()
    one_hot = np.eye(3)[y["classes"]]
    logs = model.evaluate(x, [one_hot, y["number"]], verbose=0, return_dict=True)
    assert list(logs) == ["loss", "mae", "mae_1", "mse_loss", "mse_loss_1"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": {"classes": "mse", "numbers": "mse"}}, r"`loss`.*\['classes', 'numb"),
        ({"loss": ["mse"]}, r"`loss` does not fit .* 2 outputs .*; got \['mse'\]"),
        ({"loss": LOSSES, "metrics": ["mae"]}, r"`metrics` .*\['classes', 'number'\]"),
        ({"loss": "mse", "loss_weights": [1.0]}, "`loss_weights` does not fit"),
        (
            {"loss": "mse", "loss_weights": {"classes": 1.0}},
            "needs a number for output 'number'; got None",
        ),
        ({"loss": {"classes": None}}, "No loss to compute"),
        ({"loss": {"classes": "mse", "number": "nope"}}, "loss identifier: 'nope'"),
    ],
)
def test_what_does_not_fit_is_said_at_the_first_batch(settings, message):
    model = Heads()
    model.compile("sgd", **settings)
    x, y = data()
    with pytest.raises(ValueError, match=message):
        model.fit(x, y, verbose=0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"classes": np.full(20, 3)}, "from 0 to 2: .* got 3 at position"),
        ({"classes": np.full(20, 0.5)}, "whole numbers; got 0.5"),
        ({"classes": np.eye(3)[np.zeros(20, int)]}, "Are they one-hot"),
        ({"number": np.zeros((20, 2))}, r"'number' compares .*\(20, 2\)"),
    ],
)
def test_wrong_targets_are_refused_with_the_name_of_their_output(wrong, message):
    model = Heads()
    model.compile("sgd", LOSSES)
    x, y = data()
    [name] = wrong
    with pytest.raises(ValueError, match=f"(?s)for output '{name}'.*") as error:
        model.fit(x, y | wrong, verbose=0)
    assert error.match(message)


def test_weights_of_losses_are_numbers():
    with pytest.raises(ValueError, match="Expected `loss_weights` to be a number"):
        Heads().compile("sgd", LOSSES, loss_weights="much")


def test_losses_may_be_functions_objects_and_classes():
    model = Heads()
    own = losses.SparseCategoricalCrossentropy(name="own")
    model.compile("sgd", {"classes": own, "number": losses.Huber})
    x, y = data()
    logs = model.evaluate(x, y, verbose=0, return_dict=True)
    assert list(logs) == ["classes_loss", "loss", "number_loss"]


class ZedFirst(Model):
    """Puts its input out as it is and doubled, in a dict that begins with z."""

    def call(self, inputs):
        return {"z": inputs, "y": 2 * inputs}


def zed_first_in_a_graph():
    x = Input((1,))
    once = layers.Activation("linear", name="once")(x)
    return Model(x, {"z": once, "y": layers.Rescaling(2, name="twice")(x)})


@pytest.mark.parametrize(
    ("make", "loss", "order"),
    [
        (ZedFirst, "mse", ["z", "y"]),
        (ZedFirst, {"z": "mse", "y": "mse"}, ["z", "y"]),
        (ZedFirst, {"y": "mse", "z": "mse"}, ["y", "z"]),
        (ZedFirst, ["mse", "mse"], ["y", "z"]),
        (zed_first_in_a_graph, "mse", ["y", "z"]),
        (zed_first_in_a_graph, {"z": "mse", "y": "mse"}, ["z", "y"]),
        (zed_first_in_a_graph, {"y": "mse", "z": "mse"}, ["y", "z"]),
        (zed_first_in_a_graph, ["mse", "mse"], ["y", "z"]),
    ],
)
def test_the_losses_of_a_dict_of_outputs_come_in_keras_order(make, loss, order):
    model, x = make(), np.ones((2, 1), "float32")
    model.compile("sgd", loss)
    targets = {"z": np.zeros((2, 1)), "y": np.zeros((2, 1))}
    values = {"z": 1.0, "y": 4.0}
    expected = [5.0, *(values[name] for name in order)]
    assert model.evaluate(x, targets, verbose=0) == expected
    assert model.test_on_batch(x, targets) == expected
    assert model.metrics_names == ["loss", *(f"{name}_loss" for name in order)]
    logs = model.evaluate(x, targets, verbose=0, return_dict=True)
    assert list(logs) == ["loss", "y_loss", "z_loss"]


@pytest.mark.parametrize(
    ("make", "order"), [(ZedFirst, ["z", "y"]), (zed_first_in_a_graph, ["y", "z"])]
)
@pytest.mark.parametrize("batch_size", [2, 4])
def test_a_dict_of_outputs_is_in_keras_order(make, order, batch_size):
    model, x = make(), np.ones((4, 1), "float32")
    assert list(model(x)) == order
    outputs = model.predict(x, batch_size=batch_size, verbose=0)
    assert list(outputs) == order
    np.testing.assert_array_equal(outputs["y"], 2 * x)


class Branches(Model):
    """Two outputs in a list, of which only the second has a loss."""

    def call(self, inputs):
        return [inputs, 2 * inputs]


def compiled_branches(metrics):
    model = Branches()
    model.compile("sgd", [None, "mse"], metrics=metrics)
    return model


def test_one_array_of_targets_is_for_the_output_with_the_loss_and_its_metrics():
    model, x = compiled_branches([[], ["mae"]]), np.ones((4, 1), "float32")
    expected = model.evaluate(x, [None, x], verbose=0)
    assert expected == [1.0, 1.0]
    assert model.evaluate(x, [x], verbose=0) == expected
    assert model.evaluate(x, x, verbose=0) == expected


@pytest.mark.parametrize("metrics", [[["mae"], []], [["mae"], ["mae"]]])
def test_one_array_of_targets_is_not_for_metrics_of_other_outputs(metrics):
    x = np.ones((4, 1), "float32")
    with pytest.raises(ValueError, match=r"`y` does not fit the outputs.*2 outputs"):
        compiled_branches(metrics).evaluate(x, x, verbose=0)


def test_one_array_of_targets_is_not_for_two_outputs():
    model, x = Branches(), np.ones((4, 1), "float32")
    model.compile("sgd", "mse", metrics=[["mae"], ["mae"]])
    with pytest.raises(ValueError, match=r"`y` does not fit the outputs.*2 outputs"):
        model.evaluate(x, x, verbose=0)
