"""All values of a model by the paths of its Variables."""

import numpy as np
import pytest

from minikeras import Input, Sequential, Tensor, layers


def trained():
    model = Sequential(
        [Input((3,)), layers.Dense(2, name="first"), layers.Dropout(0.5)], name="model"
    )
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(np.ones((4, 3)), np.zeros((4, 2)), verbose=0)
    return model


def test_it_has_the_kinds_and_paths_of_keras():
    tree = trained().get_state_tree(value_format="numpy_array")
    assert list(tree) == [
        "trainable_variables",
        "non_trainable_variables",
        "optimizer_variables",
        "metrics_variables",
    ]
    assert list(tree["trainable_variables"]["model"]["first"]) == ["kernel", "bias"]
    [(optimizer, slots)] = tree["optimizer_variables"].items()
    assert optimizer.startswith("adam")
    assert "model_first_kernel_momentum" in slots
    assert tree["metrics_variables"]["loss"]["count"].shape == ()


def test_values_go_out_and_in_again():
    model = trained()
    tree = model.get_state_tree()
    assert type(tree["trainable_variables"]["model"]["first"]["bias"]) is Tensor
    before = [np.array(v) for v in (*model.variables, *model.optimizer.variables)]
    model.fit(np.ones((4, 3)), np.zeros((4, 2)), verbose=0)
    model.set_state_tree(tree)
    after = [*model.variables, *model.optimizer.variables]
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("tree", "match"),
    [
        ({"weights": {}}, "Unknown variable name"),
        ({"trainable_variables": {"nope": 1.0}}, "No Variable has the path 'nope'"),
        (
            {
                "trainable_variables": {
                    "model": {"first": {"bias": [1, 1], "kernel": [1]}}
                }
            },
            r"shape of model/first/kernel is \(3, 2\)",
        ),
    ],
)
def test_a_tree_that_does_not_fit_changes_nothing(tree, match):
    model = trained()
    before = model.get_weights()
    with pytest.raises(ValueError, match=match):
        model.set_state_tree(tree)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_unknown_format():
    with pytest.raises(ValueError, match="value_format"):
        trained().get_state_tree(value_format="lists")


def test_a_model_that_is_not_compiled_has_weights_alone():
    tree = Sequential([Input((3,)), layers.Dense(2)]).get_state_tree()
    assert tree["trainable_variables"]
    assert tree["optimizer_variables"] == tree["metrics_variables"] == {}


def test_two_variables_of_one_path_have_no_place():
    class Twice(layers.Layer):
        def build(self, input_shape):
            self.a, self.b = self.add_weight(name="a"), self.add_weight(name="a")

    layer = Twice()
    layer.build((None, 2))
    with pytest.raises(ValueError, match="Two Variables have the path"):
        Sequential([layer]).get_state_tree()
