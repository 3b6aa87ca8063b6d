"""Layers that disturb training: what they say of themselves, and their noise."""

import numpy as np
import pytest

from minikeras import Input, Sequential, layers
from minikeras.optimizers import Adam
from minikeras.values.naming import reset_names
from tests.golden.golden_files import read

CASES = read("regularization")
ONES = np.ones((400, 40, 10), "float32")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_it_does_what_keras_does_outside_of_training(case):
    reset_names()
    cls = getattr(layers, case["class"].removeprefix("layers."))
    layer = cls(**case["keywords"])
    config = case["config"]
    assert layer.get_config() == config
    assert list(layer.get_config()) == list(config)
    assert cls.from_config(config).get_config() == config
    assert layer.built == case["built"]
    assert layer.supports_masking == case["supports_masking"]
    assert [variable.path for variable in layer.variables] == case["variables"]
    outputs = layer(case["inputs"])
    assert outputs.dtype == case["outputs"].dtype
    np.testing.assert_array_equal(outputs.numpy(), case["outputs"])
    for ours, keras in zip(layer.losses, case["losses"], strict=True):
        np.testing.assert_allclose(ours.numpy(), keras, rtol=1e-6)


NOISY = {
    "spatial": (lambda **kw: layers.SpatialDropout1D(0.25, **kw), 1.0, 3**-0.5, 0.03),
    "noise": (lambda **kw: layers.GaussianNoise(0.5, **kw), 1.0, 0.5, 0.01),
    "gaussian": (lambda **kw: layers.GaussianDropout(0.25, **kw), 1.0, 3**-0.5, 0.01),
}


@pytest.mark.parametrize("name", NOISY)
def test_noise_has_the_mean_and_the_deviation_that_it_should(name):
    make, mean, deviation, tolerance = NOISY[name]
    noise = make(seed=1)(ONES, training=True).numpy()
    assert abs(noise.mean() - mean) < tolerance
    assert abs(noise.std() - deviation) < tolerance


def test_alpha_dropout_keeps_mean_0_and_variance_1():
    x = np.random.default_rng(0).normal(size=ONES.shape).astype("float32")
    for noise_shape in (None, (None, None, None)):
        y = layers.AlphaDropout(0.3, noise_shape, seed=1)(x, training=True).numpy()
        assert abs(y.mean()) < 0.02
        assert abs(y.var() - 1.0) < 0.02


def test_alpha_dropout_of_ones_has_two_values():
    """a = ((1 - r)(1 + r α²))^-½ and b = -a α r for r = 0.25, α = -1.7581."""
    y = layers.AlphaDropout(0.25, seed=1)(ONES, training=True).numpy()
    values, counts = np.unique(y, return_counts=True)
    np.testing.assert_allclose(values, [-1.1435442, 1.2484393], rtol=1e-6)
    assert abs(counts[0] / y.size - 0.25) < 0.01


def test_what_is_dropped_together_shares_its_noise():
    y = layers.SpatialDropout1D(0.5, seed=1)(ONES, training=True).numpy()
    assert (y == y[:, :1]).all()
    assert (y != y[:, :, :1]).any()
    images = np.ones((50, 6, 4, 5), "float32")
    y = layers.SpatialDropout2D(0.5, "channels_first", 1)(images, training=True).numpy()
    assert (y == y[:, :, :1, :1]).all()
    assert (y != y[:, :1]).any()
    volumes = np.ones((50, 2, 3, 4, 5), "float32")
    y = layers.SpatialDropout3D(0.5, seed=1)(volumes, training=True).numpy()
    assert (y == y[:, :1, :1, :1]).all()
    assert (y != y[..., :1]).any()
    y = layers.AlphaDropout(0.5, (None, 1, None), 1)(ONES, training=True).numpy()
    assert (y == y[:, :1]).all()
    assert (y != y[:, :, :1]).any()


@pytest.mark.parametrize("name", NOISY)
def test_a_seed_repeats_the_noise_and_each_call_draws_anew(name):
    make = NOISY[name][0]
    layer = make(seed=7)
    first, second = (layer(ONES, training=True).numpy() for _ in range(2))
    np.testing.assert_array_equal(make(seed=7)(ONES, training=True).numpy(), first)
    assert (first != second).any()


@pytest.mark.parametrize("cls", [layers.GaussianDropout, layers.AlphaDropout])
def test_not_everything_can_be_dropped(cls):
    with pytest.raises(ValueError, match="needs a rate below 1"):
        cls(1.0)


@pytest.mark.parametrize("amount", [-0.1, 1.5, "a", None])
@pytest.mark.parametrize(
    "name", ["GaussianNoise", "GaussianDropout", "AlphaDropout", "SpatialDropout1D"]
)
def test_amounts_are_between_0_and_1(name, amount):
    with pytest.raises(ValueError, match="between 0 and 1"):
        getattr(layers, name)(amount)


def test_factors_are_not_negative():
    with pytest.raises(ValueError, match="l1"):
        layers.ActivityRegularization(l1=-1.0)


def test_channels_need_images():
    with pytest.raises(ValueError, match="expected ndim=4, found ndim=3"):
        layers.SpatialDropout2D(0.5)(ONES, training=True)


def test_a_model_of_them_is_saved_and_trained():
    model = Sequential(
        [
            Input((6, 4)),
            layers.SpatialDropout1D(0.02),
            layers.GaussianNoise(0.02),
            layers.GaussianDropout(0.02),
            layers.AlphaDropout(0.02),
            layers.ActivityRegularization(l2=1e-4),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    again = Sequential.from_config(model.get_config())
    assert again.get_config() == model.get_config()
    model.compile(Adam(0.01), "mse")
    x = np.random.default_rng(0).normal(size=(64, 6, 4)).astype("float32")
    losses = model.fit(x, x[:, 0, 0], epochs=10, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
