"""Normalization layers: as Keras's, in training and out of it."""

import numpy as np
import pytest

from minikeras import Sequential, Tensor, config, layers, ops, optimizers
from minikeras.values.naming import reset_names
from tests.golden.golden_files import read
from tests.layers.golden_layers import agrees_with_keras

CASES = read("normalization")
LAYERS = [case for case in CASES if "class" in case]
SERIES = [case for case in CASES if "averages" in case]
ADAPTED = [case for case in CASES if "data" in case]
CLOSE = {"rtol": 2e-5, "atol": 2e-6}


@pytest.mark.parametrize("case", LAYERS, ids=lambda case: case["name"])
@pytest.mark.filterwarnings("ignore:LayerNormalization.rms_scaling")
def test_it_does_what_keras_does(case):
    agrees_with_keras(case)


@pytest.mark.parametrize("case", SERIES, ids=lambda case: case["name"])
def test_averages_become_what_keras_makes_of_them(case):
    reset_names()
    layer = layers.BatchNormalization(**case["keywords"])
    assert layer.get_config() == case["config"]
    layer.build(case["inputs"].shape)
    layer.set_weights(case["weights"])
    averages = [weight for weight in layer.weights if "_" in weight.name]
    for turn, training in enumerate((False, True, True, False)):
        x = Tensor(case["inputs"] + np.float32(turn), requires_grad=True)
        output = layer(x, training=training, **case["call"])
        ops.sum(output * case["cotangent"]).backward()
        np.testing.assert_allclose(output.numpy(), case["outputs"][turn], **CLOSE)
        np.testing.assert_allclose(x.grad.numpy(), case["gradients"][turn], **CLOSE)
        for weight, value in zip(averages, case["averages"][turn], strict=True):
            np.testing.assert_allclose(weight.numpy(), value, **CLOSE)


@pytest.mark.parametrize("case", ADAPTED, ids=lambda case: case["name"])
def test_adapting_finds_what_keras_finds(case):
    reset_names()
    layer = layers.Normalization(**case["keywords"])
    layer.adapt(case["data"])
    assert layer.get_config() == case["config"]
    for weight, (path, trainable, value) in zip(
        layer.weights, case["weights"], strict=True
    ):
        assert (weight.path, weight.trainable) == (path, trainable)
        np.testing.assert_allclose(weight.numpy(), value, **CLOSE)
    np.testing.assert_allclose(layer.mean.numpy(), case["mean"], **CLOSE)
    np.testing.assert_allclose(layer(case["data"]).numpy(), case["outputs"], **CLOSE)


def test_adapting_again_forgets_what_was_before():
    layer = layers.Normalization()
    assert layer.mean is None
    layer.adapt(np.full((3, 2), 7.0))
    layer.adapt(np.array([[1.0, 2.0], [3.0, 6.0]]))
    np.testing.assert_array_equal(layer.mean.numpy(), [[2.0, 4.0]])
    np.testing.assert_array_equal(layer.variance.numpy(), [[1.0, 4.0]])


def test_given_statistics_are_constants_of_a_recorded_step():
    x = np.random.default_rng(0).normal(3.0, 2.0, (16, 2)).astype("float32")
    norm = layers.Normalization(mean=3.0, variance=4.0)
    model = Sequential([norm, layers.Dense(1)])
    model.compile("sgd", "mse", jit_compile=True)
    history = model.fit(x, x[:, :1], batch_size=4, epochs=2, verbose=0).history
    assert history["loss"][1] < history["loss"][0]
    assert norm.weights == []


def test_the_variance_is_that_of_the_population():
    layer = layers.BatchNormalization()
    layer(np.array([[1.0], [3.0]]), training=True)
    np.testing.assert_allclose(layer.moving_mean.numpy(), [0.02], rtol=1e-6)
    np.testing.assert_allclose(layer.moving_variance.numpy(), [1.0], rtol=1e-6)


def test_a_frozen_layer_uses_its_averages_and_keeps_them():
    x = np.array([[1.0, 5.0], [3.0, -5.0]], "float32")
    layer = layers.BatchNormalization()
    in_training = layer(x, training=True).numpy()
    before = layer.get_weights()
    layer.trainable = False
    frozen = layer(x, training=True).numpy()
    np.testing.assert_array_equal(frozen, layer(x).numpy())
    assert not np.array_equal(frozen, in_training)
    for weight, old in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)
    layer.trainable = True
    np.testing.assert_array_equal(layer(x, training=True).numpy(), in_training)
    assert [w.name for w in layer.trainable_weights] == ["gamma", "beta"]


@pytest.mark.parametrize("options", [{}, {"trainable": False}, {"renorm": True}])
def test_a_recorded_step_moves_the_averages_as_an_eager_one(options):
    x = np.random.default_rng(0).normal(2.0, 3.0, (24, 3)).astype("float32")
    y = x[:, :1] - x[:, 1:2]
    weights = []
    for jit_compile in (True, False):
        norm = layers.BatchNormalization(momentum=0.8, **options)
        model = Sequential([layers.Dense(4), norm, layers.Dense(1)])
        model.build((None, 3))
        for i, weight in enumerate(model.weights):
            weight.assign(np.cos(np.arange(weight.size) + i).reshape(weight.shape) + 1)
        model.compile(optimizers.SGD(1e-5), "mse", jit_compile=jit_compile)
        model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)
        weights.append(model.get_weights())
    for captured, eager in zip(*weights, strict=True):
        assert np.isfinite(eager).all()
        np.testing.assert_array_equal(captured, eager)


def test_masked_positions_do_not_count():
    x = np.arange(12.0).reshape(2, 3, 2).astype("float32")
    mask = np.array([[True, True, False], [True, False, False]])
    spoilt = np.where(mask[..., None], x, np.float32(1e6))
    layer, other = (layers.BatchNormalization(momentum=0.5) for _ in range(2))
    expected = layer(x, training=True, mask=mask).numpy()
    actual = other(spoilt, training=True, mask=mask).numpy()
    np.testing.assert_allclose(actual[mask], expected[mask], rtol=1e-6)
    for ours, theirs in zip(layer.weights, other.weights, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_masks_are_handed_on():
    x = np.array([[1, 0, 2]])
    for layer in (layers.BatchNormalization(), layers.LayerNormalization()):
        embedded = layers.Embedding(3, 4, mask_zero=True)(x)
        np.testing.assert_array_equal(layer(embedded)._keras_mask.numpy(), x != 0)


@pytest.mark.parametrize(
    "layer",
    [
        layers.BatchNormalization(),
        layers.LayerNormalization(),
        layers.GroupNormalization(groups=2),
        layers.RMSNormalization(),
        layers.UnitNormalization(),
    ],
    ids=lambda layer: layer.name,
)
def test_the_shape_is_known_without_numbers(layer):
    assert layer.compute_output_shape((None, None, 4)) == (None, None, 4)
    integers = layer(np.arange(8).reshape(1, 2, 4))
    assert integers.shape == (1, 2, 4)
    assert integers.dtype == "float32"


def test_any_axis_may_be_normalized():
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    layer = layers.LayerNormalization(axis=1, dtype="float64")
    turned = layers.LayerNormalization(dtype="float64")(x.swapaxes(1, 2)).numpy()
    np.testing.assert_allclose(layer(x).numpy(), turned.swapaxes(1, 2), rtol=1e-12)
    assert layer.gamma.shape == (3,)


def test_zeros_have_no_direction():
    x = Tensor(np.zeros((2, 3)), requires_grad=True)
    y = layers.UnitNormalization(dtype="float64")(x)
    ops.sum(y).backward()
    np.testing.assert_array_equal(y.numpy(), np.zeros((2, 3)))
    assert np.isfinite(x.grad.numpy()).all()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: layers.BatchNormalization(synchronized=True), ValueError, "one proc"),
        (
            lambda: layers.BatchNormalization(renorm=True, renorm_clipping={"a": 1}),
            ValueError,
            "invalid keys",
        ),
        (
            lambda: layers.BatchNormalization(
                renorm=True, renorm_clipping={"rmax": 1, "rmin": 2}
            ),
            ValueError,
            "rmax should be greater",
        ),
        (
            lambda: layers.BatchNormalization(
                renorm=True, renorm_clipping={"dmax": -1}
            ),
            ValueError,
            "dmax should be non-negative",
        ),
        (lambda: layers.BatchNormalization(virtual=2), ValueError, "Unrecognized"),
        (
            lambda: layers.BatchNormalization(axis=3).build((2, 3)),
            ValueError,
            "Axis 3 .* out of bounds",
        ),
        (
            lambda: layers.BatchNormalization().build((2, None)),
            ValueError,
            "needs to know the size of axis -1",
        ),
        (lambda: layers.LayerNormalization(axis="a"), TypeError, "received: 'a'"),
        (
            lambda: layers.LayerNormalization(axis=[1, -1]).build((2, 3)),
            ValueError,
            "different axes of known size",
        ),
        (lambda: layers.GroupNormalization(0), ValueError, "Received: groups=0"),
        (
            lambda: layers.GroupNormalization(3).build((2, 4)),
            ValueError,
            r"groups \(3\) must be a multiple of the number of channels \(4\)",
        ),
        (
            lambda: layers.GroupNormalization(5).build((2, 4)),
            ValueError,
            r"groups \(5\) cannot be more than the number of channels \(4\)",
        ),
        (
            lambda: layers.GroupNormalization(2).build((2, None)),
            ValueError,
            "Axis -1 of input tensor should have a defined dimension",
        ),
        (lambda: layers.Normalization(mean=3.0), ValueError, "both `mean` and `var"),
        (
            lambda: layers.Normalization(mean=[1.0, 2.0], variance=3.0),
            ValueError,
            r"mean shape \(2,\) and variance shape \(\)",
        ),
        (
            lambda: layers.Normalization(mean=3.0, variance=1.0).adapt(np.ones((2, 3))),
            ValueError,
            "nothing to adapt",
        ),
        (
            lambda: layers.Normalization().build((2, None)),
            ValueError,
            r"known shape. Received axis=\(-1,\)",
        ),
        (
            lambda: built_for_three(layers.Normalization()).adapt(np.ones((2, 4))),
            ValueError,
            r"data.shape=\(2, 4\)",
        ),
        (lambda: layers.UnitNormalization(axis=1.5), TypeError, "received: 1.5"),
    ],
)
def test_mistakes_are_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


def built_for_three(layer):
    layer.build((None, 3))
    return layer


def test_a_mask_of_another_shape_is_refused():
    layer = layers.BatchNormalization()
    with pytest.raises(ValueError, match="one dimension less than the inputs"):
        layer(np.ones((2, 3, 2)), training=True, mask=np.ones((2, 3, 1), bool))


def test_another_number_of_channels_is_refused():
    layer = layers.BatchNormalization()
    layer(np.ones((2, 3)))
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have val"):
        layer(np.ones((2, 4)))


def test_rescaling_takes_an_axis_for_channels_first():
    layer = layers.Rescaling(np.array([1.0, 10.0]), dtype="float64")
    again = layers.Rescaling.from_config(layer.get_config())
    x = np.ones((1, 2, 3, 3))
    config.set_image_data_format("channels_first")
    try:
        outputs = again(x).numpy()
    finally:
        config.set_image_data_format("channels_last")
    np.testing.assert_array_equal(outputs[0, :, 0, 0], [1.0, 10.0])


def test_the_scale_is_fixed_when_the_layer_is_made():
    layer = layers.Rescaling(2)
    assert layer.weights == []
    with pytest.raises(AttributeError):
        layer.scale = 3


@pytest.mark.parametrize(
    "layer",
    [
        layers.GroupNormalization(1, dtype="mixed_float16"),
        layers.LayerNormalization(dtype="mixed_float16"),
    ],
    ids=repr,
)
def test_what_is_too_large_for_float16_is_standardized(layer):
    x = np.array([[1e5, -1e5, 1e5, -1e5]], "float32")
    y = layer(x)
    assert y.dtype == "float16"
    np.testing.assert_array_equal(y, [[1.0, -1.0, 1.0, -1.0]])
