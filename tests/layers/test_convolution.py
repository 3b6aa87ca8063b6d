"""Convolution layers: as Keras's, in one to three dimensions."""

import numpy as np
import pytest

from minikeras import Input, Sequential, Tensor, activations, layers, ops, optimizers
from minikeras.kernels.kernel_set import watched
from minikeras.values import using
from tests.golden.golden_files import read
from tests.kernels.sets import ARRAY_SETS
from tests.layers.golden_layers import agrees_with_keras

CASES = [case for case in read("convolution") if "class" in case]
IMAGES = np.ones((2, 6, 6, 4), "float32")


@pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_it_does_what_keras_does(case, kernels):
    with using(Tensor, kernels):
        agrees_with_keras(case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_shape_is_known_without_numbers_or_weights(case):
    layer = getattr(layers, case["class"].removeprefix("layers."))(**case["keywords"])
    [x], sides = case["inputs"], case["outputs"].shape
    assert layer.compute_output_shape(x.shape) == sides
    assert layer.compute_output_shape((None, *x.shape[1:])) == (None, *sides[1:])
    unknown = [None] * x.ndim
    unknown[layer.channel_axis] = x.shape[layer.channel_axis]
    for guess, side in zip(layer.compute_output_shape(unknown), sides, strict=True):
        assert guess is None or guess == side
    assert not layer.built


def test_bias_and_relu_are_one_kernel():
    names = []
    x = Tensor(IMAGES)
    watching = watched(ARRAY_SETS[0], lambda name, *_: names.append(name))
    with using(Tensor, watching):
        layer = layers.Conv2D(3, 3, activation="relu")
        fused = layer(x)
        assert "convolution_bias_relu" in names
        layer.activation = activations.linear
        plain = layer(x)
        assert names[-1] == "convolution_bias"
    np.testing.assert_array_equal(fused.numpy(), ops.relu(plain).numpy())


def test_a_model_of_convolutions_learns_where_an_edge_is():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(64, 8, 8, 1)).astype("float32")
    x *= np.linspace(0, 2, 64, dtype="float32").reshape(64, 1, 1, 1)
    y = np.abs(x[:, :, 1:] - x[:, :, :-1]).mean(axis=(1, 2))
    model = Sequential(
        [
            Input((8, 8, 1)),
            layers.Conv2D(8, (1, 2), activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(1),
        ]
    )
    model.compile(optimizer=optimizers.Adam(0.02), loss="mse")
    first = model.evaluate(x, y, verbose=0)
    model.fit(x, y, epochs=30, verbose=0, shuffle=False)
    assert model.evaluate(x, y, verbose=0) < first / 20


def test_integers_become_floats():
    bytes_ = np.full((1, 3, 3, 1), 255, "uint8")
    layer = layers.Conv2D(1, 3, kernel_initializer="ones")
    out = layer(bytes_)
    assert out.dtype == "float32"
    assert out.numpy().item() == 9 * 255


def test_the_names_of_old_are_there():
    assert layers.Convolution1D is layers.Conv1D
    assert layers.Convolution2D is layers.Conv2D
    assert layers.Convolution3D is layers.Conv3D


@pytest.mark.parametrize("value", [0, -1, 2.5, "4", None, True])
def test_filters_and_groups_are_positive_integers(value):
    with pytest.raises(ValueError, match="`filters` of a convolution must be a pos"):
        layers.Conv2D(value, 2)
    with pytest.raises(ValueError, match="`groups` of a convolution must be a pos"):
        layers.Conv2D(4, 2, groups=value)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"kernel_size": 0}, "`kernel_size` argument must be"),
        ({"kernel_size": (2,)}, "`kernel_size` argument must be"),
        ({"kernel_size": (2, -1)}, "`kernel_size` argument must be"),
        ({"strides": (1, 2, 3)}, "`strides` argument must be"),
        ({"dilation_rate": 0}, "`dilation_rate` argument must be"),
        ({"padding": "causal"}, "`padding` argument must be one of valid, same"),
        ({"padding": 1}, "`padding` argument must be one of valid, same"),
        ({"data_format": "last"}, "`data_format` argument must be"),
        ({"groups": 3}, "multiple of the number of groups.*groups=3, filters=4"),
        ({"strides": 2, "dilation_rate": (1, 2)}, "either strides or a dilation"),
    ],
)
def test_mistakes_in_arguments_are_named(keywords, message):
    with pytest.raises(ValueError, match=message):
        layers.Conv2D(**{"filters": 4, "kernel_size": 2, **keywords})


@pytest.mark.parametrize(
    ("keywords", "shape", "message"),
    [
        ({}, (1, 4, 4), "expected ndim=4, found ndim=3"),
        ({}, (1, 4, 4, None), "needs to know the number of channels"),
        ({"groups": 2}, (1, 4, 4, 3), "multiple of the number of groups.*3 channels"),
        ({"kernel_size": 5}, (None, 4, 4, 3), "window of 5, over 4 numbers"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_before_there_are_weights(
    keywords, shape, message
):
    layer = layers.Conv2D(**{"filters": 4, "kernel_size": 2, **keywords})
    with pytest.raises(ValueError, match=message):
        layer.build(shape)
    assert not layer.built
    assert layer.weights == []


def test_other_channels_than_at_first_are_refused():
    layer = layers.Conv2D(4, 2)
    layer(IMAGES)
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have"):
        layer(IMAGES[..., :3])
