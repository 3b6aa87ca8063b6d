"""Graphs that are thousands of calls deep: nothing recurses, nothing takes long."""

import copy
import json
import pickle
import sys
import time

import numpy as np
import pytest

from minikeras import Input, Model, layers
from minikeras.models import clone_model, model_from_json


@pytest.fixture
def little_stack():
    limit = sys.getrecursionlimit()
    # pytest itself is some 100 frames deep.
    sys.setrecursionlimit(350)
    yield
    sys.setrecursionlimit(limit)


def chain_of(depth):
    x = out = Input((2,))
    for i in range(depth // 2):
        out = layers.Dense(2, use_bias=False, name=f"dense_{i}")(out) + 1.0
    return Model(x, out)


def test_a_chain_of_5000_calls_does_all_that_a_model_does(little_stack):
    model = chain_of(5000)
    assert len(model.operations) == 5001
    x = np.ones((3, 2), "float32")
    expected = model(x).numpy()
    text = model.to_json()
    again = model_from_json(text)
    assert json.loads(again.to_json()) == json.loads(text)
    for other in (again, clone_model(model)):
        other.set_weights(model.get_weights())
        np.testing.assert_array_equal(other(x).numpy(), expected)


def test_a_chain_of_1000_calls_trains_and_is_copied(little_stack):
    model = chain_of(1000)
    model.compile("sgd", "mse", jit_compile=False)
    model.fit(np.ones((4, 2)), np.ones((4, 2)), batch_size=2, verbose=0)
    x = np.ones((3, 2), "float32")
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(other(x).numpy(), model(x).numpy())
        assert other.output_names == model.output_names
        assert other.get_config() == model.get_config()
        part = Model(other.inputs, other.get_layer("dense_3").output)
        assert len(part.operations) == 8


def test_twice_the_depth_takes_twice_the_time():
    def seconds(depth):
        start = time.process_time()
        model_from_json(chain_of(depth).to_json())
        return time.process_time() - start

    seconds(100)
    assert seconds(4000) < 5 * seconds(2000)
