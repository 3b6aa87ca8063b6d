"""Reshaping layers: as Keras's; what they refuse, and what stays unknown."""

import numpy as np
import pytest

from minikeras import Input, Sequential, layers
from tests.golden.golden_files import read
from tests.layers.golden_layers import agrees_with_keras

CASES = read("reshaping")
ROWS = np.arange(12, dtype="float32").reshape(2, 6)
IMAGES = np.arange(12, dtype="float32").reshape(1, 2, 3, 2)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_it_does_what_keras_does(case):
    agrees_with_keras(case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_shape_is_known_without_numbers(case):
    layer = getattr(layers, case["class"].removeprefix("layers."))(**case["keywords"])
    [x], sides = case["inputs"], case["outputs"].shape
    assert layer.compute_output_shape(x.shape) == sides
    assert layer.compute_output_shape((None, *x.shape[1:])) == (None, *sides[1:])
    for axis in range(1, x.ndim):
        known = list(x.shape)
        known[axis] = None
        unknown = layer.compute_output_shape(tuple(known))
        for guess, side in zip(unknown, sides, strict=True):
            assert guess is None or guess == side


def test_an_empty_batch_is_reshaped_too():
    assert layers.Reshape((2, -1))(ROWS[:0]).shape == (0, 2, 3)


def test_integers_stay_integers():
    x = IMAGES.astype("int32")
    for layer in (layers.ZeroPadding2D(), layers.UpSampling2D(), layers.Cropping2D()):
        assert layer(x).dtype == "int32"


@pytest.mark.parametrize("target", [(4,), (4, -1), (0, -1), (7, -1), (-1, 0)])
@pytest.mark.parametrize("inputs", [ROWS, Input((6,))])
def test_a_sample_must_fill_the_target_shape(target, inputs):
    with pytest.raises(ValueError, match=r"unchanged. Received: input_shape=\(6,\)"):
        layers.Reshape(target)(inputs)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: layers.Reshape(6), TypeError, "Reshape takes a tuple of sizes"),
        (lambda: layers.Reshape((-1, -1)), ValueError, "at most one unknown dimension"),
        (lambda: layers.Reshape((2.5,)), ValueError, "must be integers, or -1"),
        (lambda: layers.Reshape((-2, 3)), ValueError, "must be integers, or -1"),
        (lambda: layers.Permute((1, 3)), ValueError, "each axis from 1 on once"),
        (lambda: layers.Permute((0, 1)), ValueError, "each axis from 1 on once"),
        (lambda: layers.Permute((2, 2)), ValueError, "each axis from 1 on once"),
        (lambda: layers.RepeatVector(2.0), TypeError, "Expected an integer .* `n`"),
        (lambda: layers.RepeatVector(0), ValueError, "`n` should be a positive"),
        (lambda: layers.UpSampling1D((2,)), TypeError, "integer value for `size`"),
        (lambda: layers.UpSampling1D(0), ValueError, "`size` should be a positive"),
        (lambda: layers.UpSampling2D(2.5), ValueError, "`size` argument must be"),
        (lambda: layers.UpSampling2D((2, 0)), ValueError, "`size` argument must be"),
        (lambda: layers.UpSampling3D((2, 2)), ValueError, "`size` argument must be"),
        (
            lambda: layers.UpSampling2D(interpolation="bicubic"),
            ValueError,
            "'nearest' or 'bilinear'",
        ),
    ],
)
def test_mistakes_are_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    "amount", [-1, "a", None, 1.5, True, (1,), (1, 2, 3), (-1, 2), ((1, 2),), (1, "a")]
)
def test_margins_are_numbers_or_pairs(amount):
    with pytest.raises(ValueError, match="`padding`"):
        layers.ZeroPadding2D(amount)
    with pytest.raises(ValueError, match="`cropping`"):
        layers.Cropping2D(amount)
    with pytest.raises(ValueError, match="`padding`"):
        layers.ZeroPadding1D(amount if amount != (-1, 2) else -1)


def test_numbers_and_pairs_may_be_mixed():
    assert layers.ZeroPadding2D(((1, 2), 3)).padding == ((1, 2), (3, 3))
    assert layers.Cropping3D((1, 2, 3)).cropping == ((1, 1), (2, 2), (3, 3))


@pytest.mark.parametrize("inputs", [IMAGES, Input((2, 3, 2))])
@pytest.mark.parametrize("amount", [1, (1, 0), ((0, 0), (2, 2)), ((2, 0), (0, 0))])
def test_cropping_leaves_something(inputs, amount):
    with pytest.raises(ValueError, match="`cropping` should leave something"):
        layers.Cropping2D(amount)(inputs)


def test_inputs_have_the_right_number_of_axes():
    for layer in (
        layers.Permute((2, 1)),
        layers.RepeatVector(2),
        layers.ZeroPadding2D(),
        layers.Cropping1D(),
        layers.UpSampling3D(),
    ):
        with pytest.raises(ValueError, match=r"expected ndim=\d, found ndim=6"):
            layer(np.ones((1,) * 6, "float32"))


def test_a_model_of_them_is_saved_and_trained():
    model = Sequential(
        [
            Input((6,)),
            layers.Reshape((2, 3, 1)),
            layers.UpSampling2D(interpolation="bilinear"),
            layers.ZeroPadding2D(1),
            layers.Cropping2D(((0, 1), (1, 0))),
            layers.UpSampling2D(),
            layers.Flatten(),
            layers.RepeatVector(2),
            layers.Permute((2, 1)),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    again = Sequential.from_config(model.get_config())
    assert again.get_config() == model.get_config()
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(32, 6)).astype("float32")
    losses = model.fit(x, x[:, :1], epochs=8, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
