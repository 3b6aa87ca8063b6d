"""Models by subclassing: state found in attributes, built by calls, trained as all."""

import copy

import numpy as np
import pytest

import minikeras
from minikeras import Model, layers, losses, optimizers
from minikeras.config import use_backend
from minikeras.values.backends import BACKENDS
from minikeras.values.naming import reset_names
from tests.golden.golden_files import read
from tests.models.mini_gpt import mini_gpt

BATCH = np.ones((2, 3), "float32")
AVAILABLE = [name for name, kernels in BACKENDS.items() if kernels is not None]
CLOSE = {"rtol": 2e-5, "atol": 2e-6}


class Stack(Model):
    """Layers in a list, in a dict, and one alone."""

    def __init__(self, width=4, **kwargs):
        super().__init__(**kwargs)
        self.floors = [layers.Dense(width) for _ in range(2)]
        self.rooms = {"attic": layers.Dense(width)}
        self.roof = layers.Dense(1)

    def call(self, inputs):
        for floor in self.floors:
            inputs = floor(inputs)
        return self.roof(self.rooms["attic"](inputs))


class House(Model):
    """A model in a model."""

    def __init__(self):
        super().__init__()
        self.stack = Stack(name="stack")
        self.door = layers.Dense(1, name="door")

    def call(self, inputs):
        return self.door(self.stack(inputs))


# --- A transformer --------------------------------------------------------------------


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("backend", AVAILABLE)
@pytest.mark.parametrize("case", read("gpt"), ids=lambda case: case["name"])
def test_a_transformer_trains_as_in_keras(case, backend, jit_compile):
    with use_backend(backend):
        model, x, y = built_transformer(case)
        np.testing.assert_allclose(model(x).numpy(), case["outputs"], **CLOSE)
        name, options = case["optimizer"]
        model.compile(
            getattr(optimizers, name)(**options),
            losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
            jit_compile=jit_compile,
        )
        log = model.fit(x, y, batch_size=3, epochs=2, shuffle=False, verbose=0)
        evaluated = model.evaluate(x, y, verbose=0)
        predicted = model.predict(x, verbose=0)
    assert log.history.keys() == case["history"].keys()
    for key, values in log.history.items():
        np.testing.assert_allclose(values, case["history"][key], rtol=1e-5)
    for weight, keras in zip(model.weights, case["trained"], strict=True):
        if not weight.path.endswith("key/bias"):
            np.testing.assert_allclose(
                weight.numpy(), keras, **TRAINED, err_msg=weight.path
            )
    np.testing.assert_allclose(evaluated, case["evaluated"], rtol=1e-5)
    np.testing.assert_allclose(predicted, case["predicted"], **TRAINED)


# The bias of keys adds the same number to all scores of a query, which changes no
# weight: its gradient is 0 but for rounding, and Adam divides that by itself.
TRAINED = {"rtol": 1e-4, "atol": 2e-5}


def built_transformer(case):
    """Returns the model of a case with its initial weights, its inputs and targets."""
    reset_names()
    model = mini_gpt(minikeras, **case["sizes"])
    model(case["x"])
    assert [w.path for w in model.weights] == [path for path, _ in case["weights"]]
    model.set_weights([weight for _, weight in case["weights"]])
    return model, case["x"], case["y"]


def test_a_transformer_is_summed_up(capsys):
    model, _, _ = built_transformer(read("gpt")[0])
    model.summary()
    text = capsys.readouterr().out
    for name in ("embedding (Embedding)", "block_1 (Block)", "(6, 4, 6)"):
        assert name in text
    assert f"Total params: {sum(w.size for w in model.weights)}" in text


# --- State ----------------------------------------------------------------------------


def test_a_model_finds_the_weights_of_all_its_attributes():
    reset_names()
    house = House()
    assert house.weights == []
    house(BATCH)
    assert [w.path for w in house.weights] == [
        f"house/{layer}/{weight}"
        for layer in (*(f"stack/dense{n}" for n in ("", "_1", "_2", "_3")), "door")
        for weight in ("kernel", "bias")
    ]
    assert house.layers == [house.stack, house.door]
    assert house.get_layer("stack") is house.stack


def test_nested_models_are_summed_up(capsys):
    reset_names()
    house = House()
    house(BATCH)
    house.summary(expand_nested=True)
    text = capsys.readouterr().out
    assert "stack (Stack)" in text
    assert "└ dense_3 (Dense)" in text


def test_a_model_can_be_built_without_data():
    stack = Stack()
    stack.build((None, 3))
    assert stack.built
    assert len(stack.weights) == 8
    assert stack.compute_output_shape((None, 3)) == (None, 1)


def test_the_first_batch_of_fit_builds():
    house = House()
    house.compile("sgd", "mse")
    house.fit(BATCH, np.ones((2, 1)), verbose=0)
    assert len(house.trainable_weights) == 10
    assert house.predict(BATCH, verbose=0).shape == (2, 1)


@pytest.mark.parametrize("structure", [list, dict])
def test_inputs_may_be_lists_and_dicts(structure):
    class Sum(Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)

        def call(self, inputs):
            first, second = inputs.values() if structure is dict else inputs
            return self.dense(first) + self.dense(second)

    inputs = [BATCH, BATCH] if structure is list else {"a": BATCH, "b": BATCH}
    model = Sum()
    model.compile("sgd", "mse")
    history = model.fit(inputs, np.ones((2, 1)), verbose=0).history
    assert np.isfinite(history["loss"]).all()


# --- Mistakes -------------------------------------------------------------------------


@pytest.mark.parametrize("base", [Model, layers.Layer])
def test_a_forgotten_super_init_is_named(base):
    class Forgetful(base):
        def __init__(self):
            self.dense = layers.Dense(2)

        def call(self, inputs):
            return self.dense(inputs)

    thing = Forgetful()
    for use in (lambda: thing(BATCH), lambda: thing.name):
        with pytest.raises(
            RuntimeError, match=r"'Forgetful'.*`super\(\).__init__\(\)`"
        ):
            use()
    if base is Model:
        with pytest.raises(RuntimeError, match="forgot to call"):
            thing.compile("sgd", "mse")
        with pytest.raises(RuntimeError, match="forgot to call"):
            thing.fit(BATCH, BATCH)


def test_what_is_missing_keeps_the_words_of_its_error():
    model = minikeras.Sequential([layers.Dense(1)])
    with pytest.raises(AttributeError, match="no inputs yet: it is not built"):
        _ = model.inputs
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = model.nothing
    assert not hasattr(copy.copy(layers.Dense(2)), "nothing")


def test_layers_is_no_name_for_an_attribute():
    class Named(Model):
        def __init__(self):
            super().__init__()
            self.layers = [layers.Dense(1)]

    with pytest.raises(AttributeError, match="another name"):
        Named()


def test_the_config_of_a_constructor_is_its_plain_arguments_or_what_it_says():
    config = Stack(3).get_config()
    assert config["width"] == 3
    assert Stack.from_config(config).get_config() == config

    class Saved(Stack):
        def __init__(self, width, **kwargs):
            super().__init__(width, **kwargs)
            self.width = width

        def get_config(self):
            return {**super().get_config(), "width": self.width}

    config = Saved(3, name="saved").get_config()
    assert config["width"] == 3
    assert Saved.from_config(config).name == "saved"
