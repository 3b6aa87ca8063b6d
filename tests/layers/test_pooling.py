"""Pooling layers: as Keras's, with what is outside of the borders left out."""

import numpy as np
import pytest

from minikeras import Input, Sequential, Tensor, layers
from tests.golden.golden_files import read
from tests.layers.golden_layers import agrees_with_keras

CASES = read("pooling")
LINE = np.arange(1.0, 7.0, dtype="float32").reshape(1, 6, 1)
IMAGE = np.ones((2, 4, 4, 3), "float32")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_it_does_what_keras_does(case):
    agrees_with_keras(case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_shape_is_known_without_numbers(case):
    layer = getattr(layers, case["class"].removeprefix("layers."))(**case["keywords"])
    [x], sides = case["inputs"], case["outputs"].shape
    assert layer.compute_output_shape(x.shape) == sides
    assert layer.compute_output_shape((None, *x.shape[1:])) == (None, *sides[1:])
    unknown = layer.compute_output_shape((None, *[None] * (x.ndim - 2), x.shape[-1]))
    for guess, side in zip(unknown, sides, strict=True):
        assert guess is None or guess == side


@pytest.mark.parametrize(
    ("size", "stride", "expected"),
    [
        (2, 1, [1.5, 2.5, 3.5, 4.5, 5.5, 6.0]),
        (3, 2, [2.0, 4.0, 5.5]),
        (4, 3, [2.5, 5.0]),
    ],
)
def test_what_is_outside_does_not_count_in_an_average(size, stride, expected):
    layer = layers.AveragePooling1D(size, stride, padding="same")
    np.testing.assert_array_equal(layer(LINE).numpy()[0, :, 0], expected)


def test_what_is_outside_is_no_maximum():
    layer = layers.MaxPooling1D(3, 1, padding="same")
    np.testing.assert_array_equal(
        layer(-LINE).numpy()[0, :, 0], [-1, -1, -2, -3, -4, -5]
    )


def test_the_first_of_equal_maxima_has_the_gradient():
    x = Tensor(np.array([[[1.0], [3.0], [3.0], [0.0]]]), requires_grad=True)
    layers.MaxPooling1D(4, dtype="float64")(x).backward()
    np.testing.assert_array_equal(x.grad.numpy()[0, :, 0], [0, 1, 0, 0])


def test_integers_keep_their_dtype_in_a_maximum_and_average_to_floats():
    x = LINE.astype("int32")
    assert layers.MaxPooling1D()(x).dtype == "int32"
    assert layers.GlobalMaxPooling1D()(x).dtype == "int32"
    assert layers.AveragePooling1D(2)(x).dtype == "float32"
    assert layers.GlobalAveragePooling1D()(x).dtype == "float32"


def test_a_mask_ends_at_an_average_and_a_mask_of_nothing_gives_nan():
    layer = layers.GlobalAveragePooling1D()
    x = Tensor(LINE)
    x._keras_mask = Tensor(np.zeros((1, 6), bool))
    y = layer(x)
    assert np.isnan(y.numpy()).all()
    assert getattr(y, "_keras_mask", None) is None


@pytest.mark.parametrize("size", [0, -1, 1.5, True, "2", None, (2,), (2, 2, 2), (2, 0)])
def test_sizes_are_positive_integers(size):
    with pytest.raises(ValueError, match="`pool_size` argument must be an integer or"):
        layers.MaxPooling2D(size)
    if size is not None:
        with pytest.raises(ValueError, match="`strides` argument must be an integer"):
            layers.AveragePooling2D(2, size)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"padding": "causal"}, "`padding` argument must be one of valid, same"),
        ({"padding": None}, "`padding` argument must be one of valid, same"),
        ({"data_format": "channels"}, "`data_format` argument must be 'channels_last'"),
    ],
)
def test_other_words_are_refused(keywords, message):
    with pytest.raises(ValueError, match=message):
        layers.MaxPooling2D(**keywords)


def test_words_may_be_in_capitals():
    layer = layers.MaxPooling2D(padding="SAME", data_format="CHANNELS_LAST")
    assert (layer.padding, layer.data_format) == ("same", "channels_last")


@pytest.mark.parametrize("name", ["MaxPooling2D", "GlobalMaxPooling2D"])
def test_inputs_have_the_right_number_of_axes(name):
    with pytest.raises(ValueError, match="expected ndim=4, found ndim=3"):
        getattr(layers, name)()(IMAGE[0])


@pytest.mark.parametrize("inputs", [IMAGE[:, :1], Input((1, 4, 3))])
def test_a_window_must_fit(inputs):
    with pytest.raises(ValueError, match=r"No window of \(2, 2\) fits into shape"):
        layers.MaxPooling2D()(inputs)


def test_an_empty_batch_stays_one():
    assert layers.MaxPooling2D()(IMAGE[:0]).shape == (0, 2, 2, 3)


def test_short_names_are_the_same_layers():
    for kind, short in (("Average", "Avg"), ("Max", "Max")):
        for dims in "123":
            for where in ("", "Global"):
                long = getattr(layers, f"{where}{kind}Pooling{dims}D")
                assert getattr(layers, f"{where}{short}Pool{dims}D") is long


def test_a_model_of_them_is_built_saved_and_trained():
    model = Sequential(
        [
            Input((8, 8, 2)),
            layers.MaxPooling2D(),
            layers.AveragePooling2D(2),
            layers.GlobalAveragePooling2D(),
            layers.Dense(1),
        ]
    )
    assert model.output_shape == (None, 1)
    again = Sequential.from_config(model.get_config())
    assert again.get_config() == model.get_config()
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(16, 8, 8, 2)).astype("float32")
    y = x.mean(axis=(1, 2, 3))[:, None]
    losses = model.fit(x, y, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
