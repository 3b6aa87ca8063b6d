"""The shape of an output is told without building what is asked."""

import numpy as np
import pytest

from minikeras import KerasTensor, Sequential, layers

# Layers with weights, the shape of their inputs, and that of the output.
SHAPES = [
    (layers.Dense(5), (None, 3), (None, 5)),
    (layers.EinsumDense("abc,cde->abde", (None, 2, 4)), (7, None, 3), (7, None, 2, 4)),
    (layers.EinsumDense("ab...,bc->ac...", 5), (None, 3, 6, 7), (None, 5, 6, 7)),
    (layers.EinsumDense("...x,xy->...y", 5), (None, 4, 3), (None, 4, 5)),
    (layers.Embedding(9, 4), (None, 3), (None, 3, 4)),
    (layers.PReLU(), (None, 3), (None, 3)),
    (layers.Normalization(), (None, 3), (None, 3)),
    (layers.BatchNormalization(), (None, 6, 3), (None, 6, 3)),
    (layers.LayerNormalization(axis=[-1, -2]), (None, 6, 3), (None, 6, 3)),
    (layers.GroupNormalization(3), (None, 6, 3), (None, 6, 3)),
    (layers.RMSNormalization(), (None, 6, 3), (None, 6, 3)),
    (layers.SpectralNormalization(layers.Dense(5)), (None, 3), (None, 5)),
    (layers.TimeDistributed(layers.Dense(5)), (None, 2, 3), (None, 2, 5)),
    (layers.Bidirectional(layers.LSTM(5)), (None, 2, 3), (None, 10)),
    (layers.Attention(True), [(2, 3, 4), (2, 6, 5), (2, 6, 4)], (2, 3, 5)),
    (layers.AdditiveAttention(), [(2, 3, 4), (2, 6, 4), (2, 6, 4)], (2, 3, 4)),
    (Sequential([layers.Dense(4), layers.Dense(2)]), (None, 3), (None, 2)),
]


@pytest.mark.parametrize(("layer", "given", "expected"), SHAPES)
def test_asking_for_the_shape_of_the_output_builds_nothing(layer, given, expected):
    assert layer.compute_output_shape(given) == expected
    assert not layer.built
    assert layer.weights == []


@pytest.mark.parametrize(("layer", "given", "expected"), SHAPES)
def test_the_output_has_the_shape_that_was_told(layer, given, expected):
    shapes = given if isinstance(given, list) else [given]
    inputs = [KerasTensor(shape) for shape in shapes]
    layer = type(layer).from_config(layer.get_config())
    output = layer(inputs if isinstance(given, list) else inputs[0])
    assert output.shape == expected


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (layers.BatchNormalization(axis=3), (None, 6, 3)),
        (layers.LayerNormalization(axis=[1, 3]), (None, 6, 3)),
        (layers.RMSNormalization(axis=-4), (None, 6, 3)),
    ],
    ids=repr,
)
def test_an_axis_that_is_not_there_has_no_output(layer, shape):
    with pytest.raises(ValueError, match="out of bounds"):
        layer.compute_output_shape(shape)


def test_an_equation_that_does_not_fit_has_no_output():
    with pytest.raises(ValueError, match="a letter for each axis"):
        layers.EinsumDense("abc,cd->abd", (None, 7)).compute_output_shape((None, 4))


LOOKING = [layers.MultiHeadAttention(2, 3), layers.GroupQueryAttention(3, 4, 2)]


@pytest.mark.parametrize("layer", LOOKING, ids=repr)
def test_what_a_query_finds_has_its_shape(layer):
    shapes = {"query_shape": (None, 3, 4), "value_shape": (None, 5, 6)}
    assert layer.compute_output_shape(**shapes) == (None, 3, 4)
    assert layer.compute_output_shape(**shapes, key_shape=(2, 5, 7)) == (None, 3, 4)
    assert not layer.built


@pytest.mark.parametrize("layer", LOOKING, ids=repr)
@pytest.mark.parametrize(
    ("key_shape", "words"),
    [
        ((2, 1, 7), "except the last one, must be equal"),
        ((2, 5), "except the last one, must be equal"),
        (7, "a shape of key, such as"),
        (KerasTensor((2, 5, 6)), "a shape of key, such as"),
    ],
)
def test_keys_of_other_times_than_the_values_are_refused(layer, key_shape, words):
    with pytest.raises(ValueError, match=words):
        layer.compute_output_shape((2, 3, 4), (2, 5, 6), key_shape=key_shape)
    with pytest.raises(ValueError, match="same number of axes"):
        layer.compute_output_shape((2, 4), (2, 5, 6))


def test_layers_asked_for_a_shape_are_built_for_another():
    class Doubled(layers.Layer):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def compute_output_shape(self, input_shape):
            return self.dense.compute_output_shape(input_shape)

        def call(self, inputs):
            return self.dense(inputs)

    layer = Doubled()
    assert layer.compute_output_shape((None, 3)) == (None, 2)
    assert layer(np.ones((1, 5), "float32")).shape == (1, 2)


@pytest.mark.parametrize("kind", [tuple, list])
def test_shapes_that_a_layer_says_keep_their_structure(kind):
    class Twice(layers.Layer):
        def compute_output_shape(self, input_shape):
            return kind((input_shape, input_shape))

    outputs = Twice().compute_output_spec(KerasTensor((2, 3)))
    assert type(outputs) is kind
    assert [x.shape for x in outputs] == [(2, 3)] * 2


def test_the_shape_of_the_inputs_may_be_given_by_name():
    assert layers.Dense(3).compute_output_shape(input_shape=(None, 2)) == (None, 3)
    shapes = [(2, 3, 4), (2, 5, 6), (2, 5, 4)]
    attention = layers.Attention()
    assert attention.compute_output_shape(input_shape=shapes) == (2, 3, 6)
