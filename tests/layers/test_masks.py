"""Masks: how they travel on tensors, and where they end."""

import numpy as np
import pytest

from minikeras import Input, Model, Tensor, layers


def test_masks_travel_on_tensors_to_the_layers_that_support_them():
    x = Tensor(np.ones((2, 3), "float32"))
    x._keras_mask = Tensor(np.array([True, False]))
    assert layers.Activation("relu")(x)._keras_mask is x._keras_mask
    with pytest.warns(UserWarning, match="mask ends here"):
        layers.Flatten()(x)


class PassesOn(layers.Layer):
    def call(self, inputs):
        return inputs


def masked(dtype):
    x = Tensor(np.ones((2, 3), dtype), requires_grad=True) * 1.0
    x._keras_mask = Tensor([[True, True, False]] * 2)
    return x


def test_a_mask_ends_where_it_is_not_supported_and_the_input_keeps_it():
    x = masked("float32")
    with pytest.warns(UserWarning, match="the mask ends here"):
        out = PassesOn()(x)
    assert not hasattr(out, "_keras_mask")
    assert hasattr(x, "_keras_mask")
    assert out.requires_grad


def test_a_mask_survives_the_cast_to_the_dtype_of_the_layer():
    out = layers.Activation("relu")(masked("float64"))
    assert out.dtype == "float32"
    assert out._keras_mask.shape == (2, 3)


def test_a_mask_that_is_given_as_none_is_that_of_the_inputs():
    """As where a layer hands on the mask that it was given, or not."""
    x = np.ones((1, 3, 2), "float32")
    carrying = Tensor(x)
    carrying._keras_mask = Tensor([[True, False, False]])
    layer = layers.LSTM(2, kernel_initializer="ones")
    expected = layer(carrying).numpy()
    assert not np.allclose(layer(x), expected)
    np.testing.assert_array_equal(layer(carrying, mask=None), expected)
    symbolic = Input((3,))
    embedded = layers.Embedding(5, 2, mask_zero=True)(symbolic)
    assert layers.Activation("relu")(embedded)._keras_mask._keras_history is not None
    model = Model(symbolic, layer(embedded, mask=None))
    words = np.array([[1, 0, 0]])
    np.testing.assert_array_equal(model(words), layer(model.layers[1](words)))
