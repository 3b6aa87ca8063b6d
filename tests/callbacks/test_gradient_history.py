"""The norms of gradients, layer by layer, without changing the training."""

import numpy as np
import pytest

from minikeras import Input, Sequential, callbacks, layers, ops
from minikeras.utils import set_random_seed

X = np.random.default_rng(2).normal(size=(12, 3)).astype("float32")
Y = X[:, :1] * 2.0 + 1.0


def make_model(jit_compile="auto"):
    set_random_seed(4)
    model = Sequential([Input((3,)), layers.Dense(4, "tanh", name="one")])
    model.add(layers.Dropout(0.25))
    model.add(layers.Dense(1, name="two"))
    model.compile("sgd", "mse", jit_compile=jit_compile)
    return model


def fit(model, *used, epochs=3):
    model.fit(X, Y, batch_size=4, epochs=epochs, verbose=0, callbacks=list(used))
    return model.get_weights()


@pytest.mark.parametrize("jit_compile", ["auto", True, False])
@pytest.mark.parametrize(
    ("frequency", "steps"),
    [
        ("epoch", [(0, 0), (1, 0), (2, 0)]),
        (1, [(epoch, batch) for epoch in range(3) for batch in range(3)]),
        (2, [(epoch, batch) for epoch in range(3) for batch in (0, 2)]),
    ],
)
def test_training_is_the_same_and_norms_are_kept(frequency, steps, jit_compile):
    gradients = callbacks.GradientHistory(frequency)
    model = make_model(jit_compile)
    found = fit(model, gradients)
    for a, b in zip(found, fit(make_model(jit_compile)), strict=True):
        np.testing.assert_array_equal(a, b)
    assert gradients.steps == steps
    assert list(gradients.norms) == ["one", "two"]
    assert all(len(norms) == len(steps) for norms in gradients.norms.values())
    assert model.jit_compile == jit_compile


def test_the_norm_is_that_of_the_gradient():
    set_random_seed(4)
    model = Sequential([Input((3,)), layers.Dense(1, name="only")])
    model.compile("sgd", "mse")
    kernel, bias = model.get_weights()
    gradients = callbacks.GradientHistory()
    model.fit(X, Y, batch_size=12, shuffle=False, verbose=0, callbacks=[gradients])
    error = 2 * (X @ kernel + bias - Y) / len(X)
    expected = np.sqrt(np.sum((X.T @ error) ** 2) + np.sum(error) ** 2)
    assert gradients.norms["only"][0] == pytest.approx(expected, rel=1e-5)


def test_the_table_has_a_row_per_layer():
    gradients = callbacks.GradientHistory()
    fit(make_model(), gradients, epochs=20)
    head, one, two = gradients.table(most=3).splitlines()
    assert head.split() == ["epoch/batch", "0/0", "10/0", "19/0"]
    assert one.split()[1] == f"{gradients.norms['one'][0]:.2e}"
    assert two.split()[0] == "two"


def test_the_plot_names_the_layers(tmp_path):
    gradients = callbacks.GradientHistory(1)
    fit(make_model(), gradients)
    picture = gradients.plot(tmp_path / "gradients.svg")
    text = (tmp_path / "gradients.svg").read_text()
    assert picture.title == "Norms of gradients"
    assert ">one</text>" in text
    assert ">two</text>" in text
    with pytest.raises(ValueError, match=r"expected \.svg"):
        gradients.plot("gradients.png")


def test_nothing_recorded_is_nothing_to_plot():
    with pytest.raises(ValueError, match="nothing to plot"):
        callbacks.GradientHistory().plot()


@pytest.mark.parametrize("frequency", [0, -1, "batch", True, 1.5])
def test_what_is_no_frequency_is_refused(frequency):
    with pytest.raises(ValueError, match="each 'epoch', or every so many batches"):
        callbacks.GradientHistory(frequency)


class Still(Sequential):
    """Changes its weights without a gradient."""

    def train_step(self, data):
        return {"loss": ops.convert_to_tensor(1.0)}


def test_a_step_without_gradients_is_said():
    model = Still([Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="no gradient in the weights"):
        fit(model, callbacks.GradientHistory())


def test_it_goes_on_behind_what_it_remembered():
    gradients = callbacks.GradientHistory()
    fit(make_model(), gradients)
    again = callbacks.GradientHistory()
    again.set_state(gradients.get_state())
    assert (again.norms, again.steps) == (gradients.norms, gradients.steps)
