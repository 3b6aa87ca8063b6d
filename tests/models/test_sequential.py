"""Sequential: when it is built, what it refuses, what it knows of its shapes."""

import time

import numpy as np
import pytest

from minikeras import Input, Sequential, layers, ops, saving


def test_with_an_input_it_is_built_as_layers_are_added():
    model = Sequential([Input((3,))])
    assert not model.built
    model.add(layers.Dense(4))
    assert model.built
    assert model.output_shape == (None, 4)
    model.add(layers.Dense(2))
    assert model.output_shape == (None, 2)
    assert len(model.weights) == 4


def test_without_one_the_first_batch_builds_it():
    model = Sequential([layers.Dense(4), layers.Dense(2)])
    assert model.weights == []
    assert model(np.ones((5, 3))).shape == (5, 2)
    assert model.input_shape == (None, 3)


def test_input_dim_on_the_first_layer_is_an_input():
    with pytest.warns(UserWarning, match="Input"):
        model = Sequential([layers.Dense(4, input_dim=3)])
    assert model.input_shape == (None, 3)


def test_weights_have_the_paths_of_model_and_layer():
    model = Sequential([Input((3,)), layers.Dense(2, name="scores")], name="net")
    assert [w.path for w in model.weights] == ["net/scores/kernel", "net/scores/bias"]


def test_pop_goes_back_to_the_layer_before():
    model = Sequential([Input((3,)), layers.Dense(4), layers.Dense(2)])
    assert model.pop().units == 2
    assert model.output_shape == (None, 4)
    assert model.built
    model.add(layers.Dense(5))
    assert model(np.ones((1, 3))).shape == (1, 5)
    model.pop()
    model.pop()
    with pytest.raises(IndexError, match="empty"):
        model.pop()


@pytest.mark.parametrize("thing", [3, layers.Dense, lambda x: x, None])
def test_what_is_no_layer_is_refused(thing):
    with pytest.raises(ValueError, match="Only instances of"):
        Sequential([thing])


def test_two_layers_of_one_name_are_refused():
    with pytest.raises(ValueError, match="'twin' is taken"):
        Sequential([layers.Dense(1, name="twin"), layers.Dense(1, name="twin")])


def test_one_layer_may_appear_twice():
    shared = layers.Dense(3)
    model = Sequential([Input((3,)), shared, shared])
    assert len(model.weights) == 2


def test_a_layer_may_appear_very_often():
    """To append it takes no longer after very many others."""
    several = [layers.Dropout(0.5) for _ in range(4000)]
    took = []
    for before in (several[:1], several):
        model, layer = Sequential(before), layers.Dropout(0.5)
        began = time.process_time()
        for _ in range(4000):
            model.add(layer)
        took.append(time.process_time() - began)
    assert took[1] < 5 * took[0]


def test_an_input_goes_first_and_once():
    with pytest.raises(ValueError, match="already been configured"):
        Sequential([Input((3,)), Input((3,))])
    with pytest.raises(ValueError, match="already been configured"):
        Sequential([layers.Dense(2), Input((3,))])


def test_another_shape_is_refused_once_built():
    model = Sequential([layers.Dense(2)])
    model.build((None, 4))
    model.build((None, 4))
    with pytest.raises(ValueError, match=r"\(None, 4\).*\(None, 5\)"):
        model.build((None, 5))


def test_an_empty_model_cannot_be_called():
    with pytest.raises(ValueError, match="no layers"):
        Sequential()(np.ones((1, 2)))


@pytest.mark.parametrize("name", ["inputs", "outputs", "input_shape", "output_shape"])
def test_shapes_are_unknown_before_building(name):
    with pytest.raises(AttributeError, match="not built"):
        getattr(Sequential([layers.Dense(2)]), name)


def test_layers_hides_the_input_and_is_a_copy():
    model = Sequential([Input((3,)), layers.Dense(2)])
    model.layers.clear()
    assert [type(layer).__name__ for layer in model.layers] == ["Dense"]


def test_get_layer_by_name_and_by_index():
    model = Sequential([layers.Dense(2, name="a"), layers.Dense(2, name="b")])
    assert model.get_layer("b") is model.get_layer(index=1)
    with pytest.raises(ValueError, match=r"No such layer: c.*'a', 'b'"):
        model.get_layer("c")
    with pytest.raises(ValueError, match="index 5"):
        model.get_layer(index=5)
    with pytest.raises(ValueError, match="name or an index"):
        model.get_layer()


def test_models_nest():
    inner = Sequential([layers.Dense(4), layers.Dense(3)], name="inner")
    model = Sequential([Input((2,)), inner, layers.Dense(1)], name="outer")
    assert model(np.ones((5, 2))).shape == (5, 1)
    assert model.weights[0].path.startswith("outer/inner/dense")


def test_the_config_makes_an_equal_model():
    model = Sequential(
        [Input((3,)), layers.Dense(4, activation="relu"), layers.Dropout(0.5)]
    )
    again = Sequential.from_config(model.get_config())
    assert again.get_config() == model.get_config()
    assert again.output_shape == model.output_shape


@pytest.mark.parametrize("shape", [5, (-3,), (3.5,), None])
def test_shapes_that_are_none(shape):
    with pytest.raises(ValueError, match="shape"):
        Input(shape)


def test_layers_come_in_a_list():
    with pytest.raises(ValueError, match="takes a list of layers"):
        Sequential(layers.Dense(3), layers.Dense(2))


def test_a_model_without_an_input_takes_sequences_of_any_length():
    model = Sequential([layers.Embedding(9, 4, mask_zero=True), layers.LSTM(3)])
    short = model.predict(np.array([[1, 2, 3]]), verbose=0)
    long = model.predict(np.array([[1, 2, 3, 0, 0]]), verbose=0)
    np.testing.assert_allclose(short, long, atol=1e-6)


class Looked(layers.Layer):
    """A table of its own, which wants integers."""

    def build(self, input_shape):
        self.table = self.add_weight((9, 2))

    def call(self, inputs):
        return ops.take(self.table, inputs, axis=0)


def test_a_model_without_an_input_is_built_for_the_dtype_that_comes():
    model = Sequential([Looked(), layers.Flatten()])
    assert model.predict(np.array([[1, 2, 3]]), verbose=0).shape == (1, 6)


def test_a_list_of_one_input_is_that_input():
    model = Sequential([Input((3,)), layers.Dense(2)])
    x = np.ones((4, 3), "float32")
    np.testing.assert_array_equal(model([x]), model(x))
    np.testing.assert_array_equal(model.predict([x], verbose=0), model(x))


def test_a_chain_has_an_input_of_its_own_only_in_a_list():
    """As in Keras; once it is called, `input` is what it was called on."""
    model = Sequential([Input((3,)), layers.Dense(2)])
    for name in ("input", "output"):
        with pytest.raises(AttributeError, match=rf"so take \.{name}s\[0\]$"):
            getattr(model, name)
        with pytest.raises(AttributeError, match=r"start its model with an Input$"):
            getattr(Sequential([layers.Dense(2)]), name)
    x = Input((3,))
    y = model(x)
    assert model.input is x
    assert model.output is y


@pytest.mark.parametrize("several", [lambda x: {"a": x}, lambda x: [x, x]])
def test_several_inputs_are_refused(several):
    model = Sequential([Input((3,)), layers.Dense(2)])
    with pytest.raises(ValueError, match=r"takes one input.*Model\(inputs, outputs\)"):
        model(several(np.ones((4, 3), "float32")))


@pytest.mark.parametrize("kind", [list, dict])
def test_a_first_layer_may_take_several_inputs(kind, tmp_path):
    @saving.register_keras_serializable("several")
    class Joined(layers.Layer):
        def call(self, inputs):
            parts = inputs.values() if isinstance(inputs, dict) else inputs
            return ops.concatenate(list(parts), axis=-1)

    x = [np.ones((4, 2), "float32"), np.ones((4, 3), "float32")]
    x = dict(zip("ab", x, strict=True)) if kind is dict else x
    model = Sequential([Joined(), layers.Dense(1)])
    assert model(x).shape == (4, 1)
    assert model.count_params() == 6
    model.compile("sgd", "mse")
    losses = model.fit(x, np.zeros((4, 1)), epochs=2, verbose=0).history["loss"]
    assert losses[1] < losses[0]
    model.save(tmp_path / "several.keras")
    same = saving.load_model(tmp_path / "several.keras")
    np.testing.assert_array_equal(same.predict(x), model.predict(x))
    model.summary()
    with pytest.raises(AttributeError, match="no input_shape yet"):
        model.input_shape  # noqa: B018
    model.add(layers.Dense(3))
    assert model(x).shape == (4, 3)
    closed = Sequential([Input((2,)), layers.Dense(1)])
    with pytest.raises(ValueError, match="takes one input"):
        closed(x)


def test_a_last_axis_of_one_may_be_missing_or_too_much():
    line = Sequential([Input((1,)), layers.Dense(1)])
    line.compile("sgd", "mse")
    x = np.linspace(-1, 1, 8, dtype="float32")
    losses = line.fit(x, 2 * x - 1, epochs=3, verbose=0).history["loss"]
    assert losses[2] < losses[0]
    np.testing.assert_array_equal(line.predict(x), line.predict(x[:, np.newaxis]))
    plane = Sequential([Input((2,)), layers.Dense(1)])
    x = np.ones((3, 2), "float32")
    np.testing.assert_array_equal(plane(x), plane(x[..., np.newaxis]))
    for wrong in (x[..., np.newaxis, np.newaxis], x[0], np.ones((3, 2, 2))):
        with pytest.raises(ValueError, match="is incompatible with the layer"):
            plane(wrong)


class OnNumbersOnly(layers.Layer):
    """Says nothing of shapes."""

    def compute_output_spec(self, *args, **kwargs):
        raise NotImplementedError

    def call(self, inputs):
        return inputs * 2.0


def test_layers_behind_one_that_says_no_shape_are_built_by_the_first_batch(tmp_path):
    model = Sequential([Input((3,)), layers.Dense(4), OnNumbersOnly()], name="net")
    model.add(layers.Dense(1, name="scores"))
    assert len(model.weights) == 2
    assert model.input_shape == (None, 3)
    for unknown in ("outputs", "output_shape"):
        with pytest.raises(AttributeError, match=f"no {unknown}: layer .* symbolic"):
            getattr(model, unknown)
    lines = []
    model.summary(print_fn=lines.append)
    assert "?" in lines[0]
    model.compile("sgd", "mse")
    x = np.ones((4, 3), "float32")
    losses = model.fit(x, np.ones((4, 1)), epochs=2, verbose=0).history["loss"]
    assert losses[1] < losses[0]
    assert len(model.weights) == 4
    model.save(tmp_path / "silent.keras")
    same = saving.load_model(
        tmp_path / "silent.keras", custom_objects={"OnNumbersOnly": OnNumbersOnly}
    )
    np.testing.assert_array_equal(same.predict(x), model.predict(x))
