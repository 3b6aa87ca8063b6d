"""When layers are built, for which shapes, and what a failure leaves behind."""

import numpy as np
import pytest

from minikeras import Input, KerasTensor, Sequential, Tensor, layers, ops
from tests.layers.small_layers import Scale


def test_building_waits_for_the_first_call_and_happens_once():
    layer = Scale()
    assert not layer.built
    assert layer.weights == []
    layer(np.ones((2, 3), "float32"))
    kernel = layer.factor
    layer(np.ones((5, 3), "float32"))
    assert layer.built
    assert layer.factor is kernel


def test_no_weight_can_be_added_once_built():
    layer = Scale()
    layer(np.ones((2, 3), "float32"))
    with pytest.raises(ValueError, match="cannot add new elements of state"):
        layer.add_weight((1,), "zeros")


def test_inputs_that_are_none_build_what_uses_the_others():
    class Either(layers.Layer):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, inputs):
            given = [x for x in inputs.values() if x is not None]
            return self.dense(sum(given[1:], start=given[0]))

    layer = Either()
    assert layer({"a": KerasTensor((3, 4)), "b": None}).shape == (3, 2)
    assert layer({"a": None, "b": np.ones((1, 4), "float32")}).shape == (1, 2)


class BuildsOnSecondAttempt(layers.Layer):
    def build(self, input_shape):
        self.factor = self.add_weight(input_shape[-1:], "ones")
        if input_shape[-1] != 3:
            raise ValueError("three, please")

    def call(self, inputs):
        return inputs * self.factor


def test_a_build_that_fails_leaves_no_weights():
    layer = BuildsOnSecondAttempt()
    with pytest.raises(ValueError, match="three, please"):
        layer(np.ones((1, 2), "float32"))
    layer(np.ones((1, 3), "float32"))
    assert [weight.shape for weight in layer.weights] == [(3,)]


class Mixes(layers.Layer):
    """Has weights for each of two inputs."""

    def build(self, left_shape, right_shape):
        self.left = self.add_weight(left_shape[-1:], "ones")
        self.right = self.add_weight(right_shape[-1:], "ones")

    def call(self, left, right):
        return ops.sum(left * self.left) + ops.sum(right * self.right)


@pytest.mark.parametrize("by_name", [False, True])
def test_build_gets_the_shape_of_each_argument_that_it_names(by_name):
    left, right = Tensor(np.ones((1, 2), "float32")), np.ones((1, 3), "float32")
    layer = Mixes()
    out = layer(left, right=right) if by_name else layer(left, right)
    assert float(out) == 5.0
    assert [weight.shape for weight in layer.weights] == [(2,), (3,)]


class BuildsWithAnOption(Scale):
    def build(self, input_shape, start=2.0):
        self.factor = self.add_weight(input_shape[-1:], "ones")
        self.factor.assign(self.factor * start)


def test_a_build_may_have_options_beside_the_shape():
    out = BuildsWithAnOption()(np.ones((1, 2), "float32"))
    assert out.numpy().tolist() == [[2.0, 2.0]]


@pytest.mark.parametrize(
    ("layer", "wrong", "right"),
    [
        (layers.Dense(2), (), (3, 4)),
        (layers.LSTM(2), (3, 4), (3, 5, 6)),
        (layers.GRU(2), (3, 4, 5, 6), (3, 5, 6)),
        (layers.Bidirectional(layers.LSTM(2)), (3, 4), (3, 5, 6)),
    ],
    ids=lambda x: getattr(x, "name", None),
)
def test_a_wrong_input_builds_nothing(layer, wrong, right):
    with pytest.raises(ValueError, match="ndim"):
        layer(np.ones(wrong, "float32"))
    assert not layer.built
    assert not layer.weights
    layer(np.ones(right, "float32"))


def test_stacked_sequences_that_are_none_are_named():
    with pytest.raises(ValueError, match=r'"second".*expected ndim=3, found ndim=2'):
        Sequential(
            [Input((5, 3)), layers.LSTM(4), layers.LSTM(4, name="second")],
        )


def test_a_missing_argument_is_named():
    attention = layers.MultiHeadAttention(2, 4, name="heads")
    with pytest.raises(TypeError, match='"heads" was called without value: it needs q'):
        attention(np.ones((2, 5, 3), "float32"))


class WithoutSuffix(Mixes):
    def build(self, left_shape, right):
        pass


class OfAnother(Mixes):
    def build(self, left_shape, middle_shape):
        pass


@pytest.mark.parametrize(
    ("cls", "missing"), [(WithoutSuffix, "right"), (OfAnother, "middle_shape")]
)
def test_several_shapes_have_the_names_of_arguments(cls, missing):
    words = rf"build\(\) of .* needs {missing}, .*call\(\) takes left, right\."
    with pytest.raises(ValueError, match=words):
        cls()(np.ones((1, 2)), np.ones((1, 3)))
