"""Models that are graphs of layers."""

import copy

import numpy as np
import pytest

from minikeras import (
    Function,
    Input,
    Model,
    Operation,
    Sequential,
    Variable,
    layers,
    metrics,
    ops,
)
from minikeras.models import Functional
from minikeras.models.capturable import is_capturable, parts_of
from minikeras.values.naming import reset_names


@pytest.fixture(autouse=True)
def fresh_names():
    reset_names()


def ones(*shape):
    return np.ones(shape, "float32")


def test_a_model_of_two_tensors_is_functional():
    x = Input((4,), name="x")
    model = Model(x, layers.Dense(3)(x))
    assert isinstance(model, Functional)
    assert model.name == "functional"
    assert model.built
    assert model.input is x
    assert (model.input_shape, model.output_shape) == ((None, 4), (None, 3))
    assert (model.input_names, model.output_names) == (["x"], ["dense"])
    assert model(ones(2, 4)).shape == (2, 3)


def test_it_computes_what_its_layers_compute():
    x = Input((4,))
    hidden = layers.Dense(3, activation="tanh")
    scores = layers.Dense(2)
    model = Model(x, scores(layers.Add()([hidden(x), hidden(x)])))
    data = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    h = hidden(data)
    np.testing.assert_array_equal(model(data).numpy(), scores(h + h).numpy())
    assert len(model.weights) == 4


def test_layers_are_in_the_order_of_their_depth():
    a, b = Input((2,), name="a"), Input((2,), name="b")
    deep = layers.Dense(2, name="second")(layers.Dense(2, name="first")(a))
    out = layers.Add(name="sum")([layers.Dense(2, name="beside")(b), deep])
    model = Model([a, b], out)
    names = [layer.name for layer in model.layers]
    assert names == ["a", "b", "first", "beside", "second", "sum"]
    assert model.get_layer("beside") is model.layers[3]


def test_inputs_may_be_given_by_name_in_order_or_alone():
    a, b = Input((2,), name="a"), Input((1,), name="b")
    model = Model([a, b], layers.Concatenate()([a, b]))
    expected = [[1, 1, 2]]
    for inputs in (
        [ones(1, 2), 2 * ones(1, 1)],
        (ones(1, 2), 2 * ones(1, 1)),
        {"b": 2 * ones(1, 1), "a": ones(1, 2), "unused": ones(1, 1)},
        [ones(1, 2), 2 * ones(1)],
    ):
        np.testing.assert_array_equal(model(inputs).numpy(), expected)
    single = Model([a], a)
    for inputs in (ones(1, 2), [ones(1, 2)], {"a": ones(1, 2)}):
        assert single(inputs).shape == (1, 2)


def test_structures_are_kept():
    inputs = {"a": Input((2,), name="a"), "b": [Input((2,), name="c")]}
    total = layers.Add()([inputs["a"], inputs["b"][0]])
    model = Model(inputs, {"total": total, "parts": (inputs["a"], [total])})
    out = model({"a": ones(1, 2), "b": [ones(1, 2)]})
    assert out.keys() == {"total", "parts"}
    assert isinstance(out["parts"], tuple)
    np.testing.assert_array_equal(out["parts"][1][0].numpy(), [[2, 2]])
    shapes = model.compute_output_shape({"a": (7, 2), "b": [(7, 2)]})
    assert shapes == {"total": (7, 2), "parts": ((7, 2), [(7, 2)])}


def test_a_model_may_end_where_another_goes_on():
    x = Input((4,))
    model = Model(x, layers.Dense(2)(layers.Dense(3, name="hidden")(x)))
    part = Model(model.inputs, model.get_layer("hidden").output)
    assert part.layers == model.layers[:2]
    np.testing.assert_array_equal(
        part(ones(1, 4)).numpy(), model.get_layer("hidden")(ones(1, 4)).numpy()
    )


def test_a_model_may_begin_in_the_middle():
    x = Input((4,))
    hidden = layers.Dense(3)(x)
    out = layers.Dense(2, name="last")(hidden)
    head = Model(hidden, out)
    assert head.input_shape == (None, 3)
    assert head.layers[1].name == "last"
    assert len(head.get_layer("last")._inbound_nodes) == 2
    assert head(ones(5, 3)).shape == (5, 2)


def test_models_are_layers():
    inner_input = Input((3,))
    inner = Model(inner_input, layers.Dense(2)(inner_input), name="inner")
    chain = Sequential([layers.Dense(3)], name="chain")
    x = Input((4,))
    model = Model(x, inner(chain(x)))
    assert [layer.name for layer in model.layers] == ["input_layer_1", "chain", "inner"]
    assert len(model.weights) == 4
    assert chain.input.shape == (None, 4)
    np.testing.assert_array_equal(
        model(ones(2, 4)).numpy(), inner(chain(ones(2, 4))).numpy()
    )


def test_a_subclass_may_give_its_graph_to_its_constructor():
    class Small(Model):
        def __init__(self, units):
            x = Input((3,))
            super().__init__(inputs=x, outputs=layers.Dense(units)(x), name="small")
            self.units = units

    first, second = Small(2), Small(5)
    assert isinstance(first, Functional)
    assert type(first) is Small
    assert first.name == "small"
    assert second(ones(1, 3)).shape == (1, 5)


def test_training_reaches_the_layers():
    x = Input((4,))
    model = Model(x, layers.Dropout(0.5, seed=1)(x))
    np.testing.assert_array_equal(model(ones(8, 4)).numpy(), ones(8, 4))
    assert not np.array_equal(model(ones(8, 4), training=True).numpy(), ones(8, 4))
    assert not np.array_equal(model.call(ones(8, 4), training=True).numpy(), ones(8, 4))
    # What a layer was called with counts where the model is called with nothing.
    model = Model(x, layers.Dropout(0.5, seed=1)(x, training=True))
    assert not np.array_equal(model(ones(8, 4)).numpy(), ones(8, 4))
    np.testing.assert_array_equal(model(ones(8, 4), training=False).numpy(), ones(8, 4))


def test_masks_go_through():
    x = Input((3,), dtype="int32")
    vectors = layers.Embedding(5, 2, mask_zero=True)(x)
    lstm = layers.LSTM(4)
    model = Model(x, lstm(vectors))
    ids = np.array([[1, 2, 0]])
    expected = lstm(model.layers[1](ids[:, :2]))
    np.testing.assert_allclose(model(ids).numpy(), expected.numpy(), rtol=1e-6)


def test_an_optional_input_may_be_none():
    class Pick(layers.Layer):
        def call(self, x, y=None):
            return x if y is None else x + y

    x, y = Input((2,), name="x"), Input((2,), name="y", optional=True)
    model = Model([x, y], Pick()(x, y))
    np.testing.assert_array_equal(model([ones(1, 2), None]).numpy(), [[1, 1]])
    np.testing.assert_array_equal(model([ones(1, 2), ones(1, 2)]).numpy(), [[2, 2]])
    with pytest.raises(ValueError, match="'x' is not optional"):
        model([None, ones(1, 2)])


def test_a_layer_that_returns_its_input_has_an_output_of_its_own():
    x = Input((2,))
    same = layers.Identity()(x)
    assert same is not x
    assert [layer.name for layer in Model(x, same).layers][1:] == ["identity"]


def test_errors_name_the_layers():
    x, other = Input((2,), name="x"), Input((2,), name="other")
    joined = layers.Add(name="join")([x, other])
    with pytest.raises(ValueError, match=r"disconnected.*other.*'x'"):
        Model(x, joined)
    with pytest.raises(ValueError, match='"twin" is used 2 times'):
        Model(x, layers.Dense(1, name="twin")(layers.Dense(1, name="twin")(x)))
    with pytest.raises(ValueError, match="must be KerasTensors"):
        Model(x, ones(1, 2))
    model = Model([x, other], joined)
    with pytest.raises(ValueError, match="structure of `inputs`"):
        model([ones(1, 2)])
    with pytest.raises(ValueError, match=r"'other'.*path '1'.*found shape=\(1, 3\)"):
        model([ones(1, 2), ones(1, 3)])
    with pytest.raises(AttributeError, match="never been called"):
        _ = layers.Dense(2).output
    with pytest.warns(UserWarning, match="Received key 'z'"):
        Model({"z": x}, x)


def test_nothing_is_recorded_inside_of_a_layer():
    class Twice(layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = layers.Dense(2)

        def call(self, x):
            return self.inner(x) * 2.0

    layer = Twice()
    x = Input((3,))
    model = Model(x, layer(x))
    assert not layer.inner._inbound_nodes
    assert len(model.operations) == 2
    assert layer.compute_output_shape((None, 3)) == (None, 2)
    assert len(layer._inbound_nodes) == 1


def test_a_function_has_no_state():
    x = Input((2,))
    function = Function(x, {"y": layers.Dense(3)(x)})
    assert function.name == "function"
    assert function(ones(4, 2))["y"].shape == (4, 3)
    assert function.compute_output_shape((5, 2)) == {"y": (5, 3)}
    with pytest.raises(ValueError, match="expected shape \\(None, 2\\)"):
        function(ones(4, 3))


@pytest.mark.parametrize("jit_compile", [False, True])
def test_fit_is_that_of_a_chain_of_the_same_layers(jit_compile):
    def model_of(cls):
        stack = [layers.Dense(4, activation="relu"), layers.Dense(1)]
        if cls is Sequential:
            model = Sequential([Input((3,)), *stack])
        else:
            x = Input((3,))
            model = Model(x, stack[1](stack[0](x)))
        rng = np.random.default_rng(1)
        model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
        model.compile("adam", "mse", jit_compile=jit_compile)
        return model

    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(16, 3)), rng.normal(size=(16, 1))
    chain, graph = model_of(Sequential), model_of(Functional)
    for model in (chain, graph):
        model.fit(x, y, batch_size=4, epochs=2, verbose=0, shuffle=False)
    for a, b in zip(chain.get_weights(), graph.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(
        chain.predict(x, verbose=0), graph.predict(x, verbose=0)
    )
    if jit_compile:
        listings = [
            model.train_program.listing().splitlines() for model in (graph, chain)
        ]
        assert len(listings[0]) == len(listings[1])


def test_what_is_missing_among_inputs_is_named():
    a, b = Input((2,), name="a"), Input((2,), name="b")
    for structure in ([a, b], {"a": a, "b": b}):
        model = Model(structure, layers.Add()([a, b]))
        with pytest.raises(ValueError, match='Missing data for input "b"'):
            model({"a": ones(1, 2)})


def test_a_chain_may_begin_with_a_graph():
    x = Input((4,))
    first = Model(x, layers.Dense(3)(x))
    chain = Sequential([first, layers.Dense(2)])
    assert chain.built
    assert (chain.input_shape, chain.output_shape) == ((None, 4), (None, 2))
    assert len(chain.weights) == 4


def test_a_copied_chain_is_a_graph_of_its_own():
    chain = Sequential([Input((4,)), layers.Dense(3, name="hidden"), layers.Dense(2)])
    other = copy.deepcopy(chain)
    part = Model(other.inputs, other.get_layer("hidden").output)
    x = ones(2, 4)
    np.testing.assert_array_equal(part(x).numpy(), chain.layers[0](x).numpy())
    assert len(chain.layers[0]._inbound_nodes) == 1


def test_another_model_of_the_same_layers_changes_no_program():
    x = Input((3,))
    model = Model(x, layers.Dense(1)(layers.Dense(4, name="hidden")(x)))
    model.compile("sgd", "mse", jit_compile=True)
    data, target = ones(8, 3), ones(8, 1)
    model.fit(data, target, batch_size=2, verbose=0)
    program = model.train_program
    Model(model.inputs, model.get_layer("hidden").output)(data)
    model.fit(data, target, batch_size=2, verbose=0)
    assert model.train_program is program


def test_an_operation_of_ones_own_is_part_of_a_graph():
    class Power(Operation):
        def __init__(self, exponent, name=None):
            super().__init__(name=name)
            self.exponent = exponent

        def call(self, x):
            return x**self.exponent

    x = Input((2,))
    power = Power(3)
    model = Model(x, power(x))
    np.testing.assert_array_equal(model(2 * ones(1, 2)).numpy(), [[8, 8]])
    assert (power.name, model.operations[1], len(model.layers)) == ("power", power, 1)
    again = Model.from_config(model.get_config(), {"Power": Power})
    assert again.operations[1].get_config() == {"name": "power", "exponent": 3}
    with pytest.raises(NotImplementedError, match=r"no plain values \(exponent\)"):
        Power(ones(2)).get_config()


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_variable_in_a_graph_is_read_when_the_model_is_called(jit_compile):
    x = Input((2,))
    scale = Variable(2.0)
    model = Model(x, x * scale)
    model.compile(jit_compile=jit_compile)
    for value in (2.0, 3.0):
        scale.assign(value)
        for _ in range(3):
            out = model.predict(ones(4, 2), batch_size=2, verbose=0)
            np.testing.assert_array_equal(out, value * ones(4, 2))


def test_a_graph_with_a_function_of_ones_own_is_not_recorded_by_itself():
    x = Input((2,))
    model = Model(x, ops.map(lambda row: row * 2.0, x))
    assert not all(map(is_capturable, parts_of(model)))
    model = Model(x, ops.relu(x) * 2.0)
    assert all(map(is_capturable, parts_of(model)))


def sums(inputs):
    return Model(inputs, layers.Add()(list(inputs.values())))


def test_inputs_of_which_there_are_too_many_are_warned_of():
    model = sums({"a": Input((2,), name="a"), "b": Input((2,), name="b")})
    x = {"a": ones(1, 2), "b": ones(1, 2), "c": ones(1, 5)}
    with pytest.warns(UserWarning, match="structure of `inputs` doesn't match"):
        assert model(x).numpy().tolist() == [[2.0, 2.0]]


def test_a_list_for_named_inputs_is_warned_of():
    model = sums({"a": Input((2,), name="a"), "b": Input((2,), name="b")})
    with pytest.warns(UserWarning, match="structure of `inputs` doesn't match"):
        assert model([ones(1, 2), ones(1, 2)]).numpy().tolist() == [[2.0, 2.0]]


def test_a_list_for_named_inputs_in_no_plain_order_is_refused():
    model = sums({"b": Input((2,), name="b"), "a": Input((2,), name="a")})
    with pytest.raises(ValueError, match="structure of `inputs` doesn't match"):
        model([ones(1, 2), ones(1, 2)])


def test_inputs_nested_otherwise_are_warned_of():
    inputs = [Input((2,)), Input((2,))]
    model = Model(inputs, layers.Subtract()(inputs))
    with pytest.warns(UserWarning, match="structure of `inputs` doesn't match"):
        assert model(([3 * ones(1, 2)], ones(1, 2))).numpy().tolist() == [[2.0, 2.0]]
    for wrong in ([ones(1, 2)] * 3, [{"a": ones(1, 2)}, ones(1, 2)]):
        with pytest.raises(ValueError, match="structure of `inputs` doesn't match"):
            model(wrong)


def test_outputs_keep_their_structure_in_a_configuration():
    x = Input((2,))
    model = Model(x, (layers.Dense(2)(x), [layers.Dense(3)(x)]))
    first, [second] = outputs = Model.from_config(model.get_config())(ones(1, 2))
    assert type(outputs) is tuple
    assert (first.shape, second.shape) == ((1, 2), (1, 3))


def test_a_subclass_that_hands_on_all_arguments_is_made_of_its_configuration():
    class Tempered(Model):
        def __init__(self, *args, temperature=1.0, **kwargs):
            super().__init__(*args, **kwargs)
            self.temperature = temperature

        def get_config(self):
            return {**super().get_config(), "temperature": self.temperature}

    x = Input((2,))
    model = Tempered(inputs=x, outputs=layers.Dense(2)(x), temperature=3.0)
    same = Tempered.from_config(model.get_config())
    assert same.temperature == 3.0
    assert [w.shape for w in same.weights] == [w.shape for w in model.weights]


def test_inputs_that_may_be_none_are_so_in_training():
    class Shifted(layers.Layer):
        def call(self, inputs, shift=None):
            return inputs if shift is None else inputs + shift

    x, shift = Input((2,), name="x"), layers.Input((2,), name="a", optional=True)
    model = Model(
        {"x": x, "a": shift}, layers.Dense(1, name="end")(Shifted()(x, shift))
    )
    model.compile("sgd", "mse")
    for given in (None, ones(4, 2)):
        data = {"x": ones(4, 2), "a": given}
        assert len(model.fit(data, ones(4, 1), epochs=2).history["loss"]) == 2
        assert model.evaluate(data, ones(4, 1)) >= 0
        assert model.predict(data).shape == (4, 1)


def test_a_condition_chooses_between_constants():
    x = Input((3,))
    signs = ops.where(x > 0, 1.0, np.array([-1.0, -2.0, -3.0], "float32"))
    model = Model(x, signs)
    assert model.output_shape == (None, 3)
    np.testing.assert_array_equal(model(np.array([[1.0, -1.0, 2.0]])), [[1, -2, 1]])


def test_a_layer_measures_what_it_is_called_on():
    class Measured(layers.Layer):
        def __init__(self):
            super().__init__()
            self.measured = metrics.Mean(name="size")

        def call(self, inputs):
            self.measured.update_state(ops.abs(inputs))
            return inputs

    x = Input((2,))
    model = Model(x, layers.Dense(1)(Measured()(x)))
    model.compile("sgd", "mse")
    logs = model.evaluate(
        np.full((6, 2), -3.0), np.ones((6, 1)), 4, 0, return_dict=True
    )
    assert logs["size"] == 3.0
