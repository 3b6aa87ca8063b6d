"""Graphs of layers are, and compute, what they do in Keras."""

import json

import numpy as np
import pytest

import minikeras
from minikeras.saving import deserialize_keras_object, serialize_keras_object
from minikeras.tree import flatten
from minikeras.values.naming import reset_names
from tests.golden.functional_models import MODELS, weights_for
from tests.golden.golden_files import read


@pytest.fixture(params=read("functional"), ids=lambda case: case["name"])
def case(request):
    return request.param


@pytest.fixture
def model(case):
    reset_names()
    make, _ = MODELS[case["name"]]
    return make(minikeras)


def as_json(model):
    return json.loads(json.dumps(serialize_keras_object(model)))


def assert_computes(model, case):
    _, inputs = MODELS[case["name"]]
    model.set_weights(weights_for(model))
    for x, expected in zip(flatten(model(inputs)), case["outputs"], strict=True):
        np.testing.assert_allclose(x.numpy(), expected, rtol=2e-5, atol=1e-6)


def test_the_configuration_is_that_of_keras(model, case):
    assert as_json(model) == case["config"]


def test_layers_and_operations_have_the_order_of_keras(model, case):
    assert [operation.name for operation in model.operations] == case["operations"]
    assert [layer.name for layer in model.layers] == case["layers"]
    assert [weight.path for weight in model.weights] == case["weights"]
    assert model.output_names == case["output_names"]
    assert model.input_shape == case["input_shape"]
    assert model.output_shape == case["output_shape"]


def test_the_outputs_are_those_of_keras(model, case):
    assert_computes(model, case)


def test_a_configuration_of_keras_makes_the_same_model(case):
    model = deserialize_keras_object(case["config"])
    assert_computes(model, case)
    assert as_json(model) == case["config"]
