"""Activation layers: as Keras's, and what they refuse."""

import numpy as np
import pytest

from minikeras import Input, Sequential, Tensor, layers
from tests.golden.golden_files import read
from tests.layers.golden_layers import agrees_with_keras

CASES = read("activation_layers")
ROWS = np.array([[1.0, -2.0, 0.5], [3.0, 3.0, -5.0]], "float32")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_it_does_what_keras_does(case):
    agrees_with_keras(case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_shape_is_known_without_numbers(case):
    layer = getattr(layers, case["class"].removeprefix("layers."))(**case["keywords"])
    [x] = case["inputs"]
    assert layer.compute_output_shape((None, *x.shape[1:])) == (None, *x.shape[1:])


@pytest.mark.parametrize(
    ("cls", "name"),
    [
        (layers.ReLU, "max_value"),
        (layers.ReLU, "negative_slope"),
        (layers.ReLU, "threshold"),
        (layers.LeakyReLU, "negative_slope"),
    ],
)
def test_arguments_are_not_negative(cls, name):
    with pytest.raises(ValueError, match=f"{name} of a {cls.__name__} layer cannot be"):
        cls(**{name: -0.1})
    if name != "max_value":
        with pytest.raises(ValueError, match="cannot be None or a negative value"):
            cls(**{name: None})


def test_elu_needs_a_number():
    with pytest.raises(TypeError, match="ELU needs a number; got alpha=None"):
        layers.ELU(None)


def test_slopes_are_learned_only_where_inputs_are_negative():
    layer = layers.PReLU(alpha_initializer="ones")
    x = Tensor(np.array([[-2.0, 0.0, 3.0]], "float32"), requires_grad=True)
    layer(x).backward(Tensor(np.ones((1, 3), "float32")))
    np.testing.assert_array_equal(layer.alpha.grad.numpy(), [-2.0, 0.0, 0.0])
    np.testing.assert_array_equal(x.grad.numpy(), [[1.0, 0.0, 1.0]])


@pytest.mark.parametrize("axes", [0, [3], (-1,)])
def test_shared_axes_are_axes_of_a_sample(axes):
    with pytest.raises(ValueError, match="shares slopes along axes from 1 to 2"):
        layers.PReLU(shared_axes=axes)(np.ones((2, 3, 4), "float32"))


def test_sizes_are_known_where_slopes_are_not_shared():
    with pytest.raises(ValueError, match="Put axis 1 into shared_axes"):
        layers.PReLU()(Input((None, 3)))
    assert layers.PReLU(shared_axes=1)(Input((None, 3))).shape == (None, None, 3)


def test_inputs_keep_the_shape_that_slopes_were_made_for():
    layer = layers.PReLU()
    layer(ROWS)
    with pytest.raises(ValueError, match="expected axis 1 of input shape to have val"):
        layer(ROWS[:, :2])


def test_a_mask_takes_part_and_is_handed_on():
    mask = np.array([[True, False, True], [False, False, False]])
    x = Tensor(ROWS)
    x._keras_mask = Tensor(mask)
    y = layers.Softmax()(x)
    np.testing.assert_array_equal(y.numpy() > 0, mask)
    np.testing.assert_allclose(y.numpy().sum(axis=1), [1.0, 0.0], rtol=1e-6)
    np.testing.assert_array_equal(y._keras_mask.numpy(), mask)


def test_scores_far_below_zero_are_not_taken_for_masked():
    mask = np.array([[True, False, True]])
    y = layers.Softmax()(np.full((1, 3), -1e9, "float32"), mask=mask)
    np.testing.assert_array_equal(y.numpy(), [[0.5, 0.0, 0.5]])


def test_a_model_of_them_is_saved_and_trained():
    kinds = (layers.ReLU, layers.LeakyReLU, layers.PReLU, layers.ELU)
    hidden = [part for kind in kinds for part in (layers.Dense(8), kind())]
    model = Sequential([Input((3,)), *hidden, layers.Dense(2), layers.Softmax()])
    again = Sequential.from_config(model.get_config())
    assert again.get_config() == model.get_config()
    model.compile("adam", "sparse_categorical_crossentropy")
    x = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
    losses = model.fit(x, x[:, 0] > 0, epochs=8, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("shape", [(2, 4), (4,), (1, 2, 3)])
def test_a_mask_that_does_not_broadcast_is_refused(shape):
    with pytest.raises(ValueError, match="mask of a Softmax"):
        layers.Softmax()(ROWS, mask=np.ones(shape, "bool"))
