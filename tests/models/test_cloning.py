"""clone_model: the same layers once more, connected in the same way."""

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, layers, ops
from minikeras.models import clone_model


def graph():
    x = Input((3,), name="x")
    shared = layers.Dense(3, name="shared")
    inner = Sequential([layers.Dense(4, name="in_chain")], name="chain")
    h = ops.relu(shared(shared(x))) * 2.0
    return Model({"x": x}, [inner(h), h], name="graph")


def same_outputs(first, second, x):
    second.set_weights(first.get_weights())
    for a, b in zip(first(x), second(x), strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_a_clone_is_connected_alike_and_has_weights_of_its_own():
    model = graph()
    clone = clone_model(model)
    assert clone.name == "graph"
    assert [x.name for x in clone.operations] == [x.name for x in model.operations]
    assert not set(map(id, model.weights)) & set(map(id, clone.weights))
    assert len(clone.weights) == len(model.weights)
    same_outputs(model, clone, {"x": np.ones((2, 3))})


def test_a_chain_is_cloned_with_its_input():
    model = Sequential([Input((3,), name="x"), layers.Dense(2)], name="chain")
    model.compile("sgd", "mse")
    clone = clone_model(model)
    assert (clone.name, clone.input_shape) == ("chain", (None, 3))
    assert clone.compiled
    assert clone.layers[0] is not model.layers[0]
    assert not clone_model(Sequential([layers.Dense(2)])).built
    tensor = Input((3,), name="other")
    assert clone_model(model, input_tensors=[tensor]).inputs[0] is tensor


def test_what_goes_in_a_layers_place_may_be_chosen():
    model = graph()
    seen = []

    def wider(layer):
        seen.append(layer.name)
        config = layer.get_config()
        if isinstance(layer, layers.Dense):
            config["use_bias"] = False
        return type(layer).from_config(config) if config.get("dtype") else layer

    clone = clone_model(model, clone_function=wider)
    assert seen.count("shared") == 1
    assert len(clone.get_layer("shared").weights) == 1
    assert len(clone.get_layer("chain").weights) == 2
    recursive = clone_model(model, clone_function=wider, recursive=True)
    assert len(recursive.get_layer("chain").weights) == 1


def test_how_a_layer_is_called_may_be_chosen():
    def with_dropout(layer, *args, **kwargs):
        out = layer(*args, **kwargs)
        return layers.Dropout(0.5)(out) if isinstance(layer, layers.Dense) else out

    clone = clone_model(graph(), call_function=with_dropout)
    dropouts = [x for x in clone.layers if isinstance(x, layers.Dropout)]
    assert len(dropouts) == 2


def test_a_clone_may_begin_elsewhere():
    model = graph()
    x = Input((3,), batch_size=2, name="x")
    clone = clone_model(model, input_tensors={"x": x})
    assert clone.inputs[0] is x
    same_outputs(model, clone, {"x": np.ones((2, 3))})


def test_what_cannot_be_cloned_is_said():
    class Own(Model):
        def call(self, x):
            return x

    with pytest.raises(ValueError, match="clone_function can be given"):
        clone_model(Own(), clone_function=lambda layer: layer)
    with pytest.raises(ValueError, match="Unexpected keyword"):
        clone_model(graph(), nope=1)
    with pytest.raises(ValueError, match="for graphs"):
        clone_model(Sequential([layers.Dense(1)]), call_function=lambda f, x: f(x))
    with pytest.raises(ValueError, match="same structure"):
        clone_model(graph(), input_tensors=[Input((3,))])
    with pytest.raises(ValueError, match="must be KerasTensors"):
        clone_model(graph(), input_tensors={"x": np.ones(3)})
    chain = Sequential([Input((3,)), layers.Dense(1)])
    with pytest.raises(ValueError, match="single tensor"):
        clone_model(chain, input_tensors=[Input((3,)), Input((3,))])
