"""Dense, Dropout, Flatten, Input: what they compute and what they refuse."""

import numpy as np
import pytest

from minikeras import Input, KerasTensor, layers


@pytest.mark.parametrize("units", [0, -1, 2.5, "a", None])
def test_units_must_be_a_positive_integer(units):
    with pytest.raises(ValueError, match="expected a positive integer"):
        layers.Dense(units)


def test_dropout_scales_what_it_keeps_and_rests_outside_of_training():
    layer = layers.Dropout(0.75, seed=1)
    x = np.ones((100, 100), "float32")
    out = np.asarray(layer(x, training=True))
    assert set(np.unique(out)) == {0.0, 4.0}
    assert abs(out.mean() - 1) < 0.1
    np.testing.assert_array_equal(layer(x), x)


def test_dropout_of_whole_columns():
    out = np.asarray(
        layers.Dropout(0.5, noise_shape=(None, 1), seed=2)(
            np.ones((50, 4)), training=True
        )
    )
    assert (out == out[:, :1]).all()
    assert len(np.unique(out)) == 2


@pytest.mark.parametrize("rate", [-0.1, 1.1, "a", None])
def test_dropout_rates_outside_are_refused(rate):
    with pytest.raises(ValueError, match="between 0 and 1"):
        layers.Dropout(rate)


def test_dropping_everything_gives_zeros():
    out = layers.Dropout(1.0)(np.ones((3, 3), "float32"), training=True)
    np.testing.assert_array_equal(out, np.zeros((3, 3)))


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 5), (2,), (0, 3, 2)])
def test_flatten_keeps_the_samples(shape):
    x = np.arange(np.prod(shape), dtype="float32").reshape(shape)
    out = layers.Flatten()(x)
    features = int(np.prod(shape[1:])) if len(shape) > 1 else 1
    assert out.shape == (shape[0], features)
    np.testing.assert_array_equal(out, x.reshape(shape[0], features))


def test_flatten_moves_channels_to_the_end():
    x = np.arange(24, dtype="float32").reshape(1, 2, 3, 4)
    out = layers.Flatten(data_format="channels_first")(x)
    np.testing.assert_array_equal(out, x.transpose(0, 2, 3, 1).reshape(1, -1))


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((None, None, 3), (None, None)),
        ((4, None, 3), (4, None)),
        ((None, 2), (None, 2)),
    ],
)
def test_flatten_leaves_unknown_sizes_unknown(shape, expected):
    assert layers.Flatten()(KerasTensor(shape)).shape == expected


@pytest.mark.parametrize(
    "layer",
    [
        layers.Dense(3),
        layers.Dense(3, use_bias=False),
        layers.EinsumDense("ab,bc->ac", 3, bias_axes="c"),
        layers.Conv1D(3, 1),
        layers.Conv1D(3, 1, use_bias=False),
    ],
    ids=repr,
)
def test_an_activation_that_was_taken_away_is_none(layer):
    x = np.array([[1.0, -2.0]])
    x = x[None] if isinstance(layer, layers.Conv1D) else x
    linear = layer(x)
    layer.activation = None
    np.testing.assert_array_equal(layer(x), linear)
    assert layer.get_config()["activation"] is None


@pytest.mark.parametrize("cls", [layers.Dropout, layers.AlphaDropout])
@pytest.mark.parametrize("noise_shape", ["13", 3, (), (2, 0), (-1, 2), (2.0, 1)])
def test_a_noise_shape_that_is_none_is_refused(cls, noise_shape):
    with pytest.raises(ValueError, match="noise_shape"):
        cls(0.5, noise_shape=noise_shape)


def test_the_shape_of_an_input_may_be_of_numpy_integers():
    entrance = Input((np.int64(5), None), batch_size=np.int32(2))
    assert entrance.shape == (2, 5, None)
    assert all(type(size) in (int, type(None)) for size in entrance.shape)
    with pytest.raises(ValueError, match="no size"):
        Input((np.float64(5),))


def test_an_entrance_says_that_it_is_dense():
    with pytest.warns(UserWarning, match="`input_shape`"):
        entrance = layers.InputLayer(input_shape=(5,))
    assert entrance.batch_shape == (None, 5)
    assert entrance.sparse is entrance.ragged is False
    assert entrance.call() is None
