"""Layers around layers, and around functions: state, masks, configurations, files."""

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, layers, ops
from minikeras.saving import load_model, register_keras_serializable

X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")


@register_keras_serializable("tests")
def scaled(x, factor=2.0, training=None):
    return x * (factor if training else 1.0)


class Around(layers.Wrapper):
    """Adds its input to what the layer inside makes of it."""

    def call(self, inputs):
        return inputs + self.layer(inputs)


def test_a_wrapper_builds_and_owns_the_layer_inside():
    wrapper = Around(layers.Dense(3, name="inside"), name="around")
    wrapper(X)
    assert [v.path for v in wrapper.weights] == [
        "around/inside/kernel",
        "around/inside/bias",
    ]
    wrapper.trainable = False
    assert not wrapper.layer.trainable


def test_the_config_of_a_wrapper_has_that_of_the_layer():
    wrapper = Around(layers.Dense(3, activation="relu"))
    again = Around.from_config(wrapper.get_config())
    assert again.get_config() == wrapper.get_config()
    assert again.layer is not wrapper.layer


def test_spectral_normalization_brings_the_largest_singular_value_to_1():
    layer = layers.SpectralNormalization(layers.Dense(4), power_iterations=50)
    layer.build((None, 3))
    layer.layer.kernel.assign(np.random.default_rng(1).normal(size=(3, 4)) * 5)
    layer(X)
    assert np.linalg.norm(layer.layer.kernel, 2) > 2  # only training changes it
    layer(X, training=True)
    np.testing.assert_allclose(np.linalg.norm(layer.layer.kernel, 2), 1, rtol=1e-4)


def test_spectral_normalization_leaves_a_kernel_of_zeros():
    layer = layers.SpectralNormalization(layers.Dense(2, kernel_initializer="zeros"))
    np.testing.assert_array_equal(layer(X, training=True), np.zeros((8, 2)))
    assert np.isfinite(layer.vector_u).all()


def test_a_normalized_layer_trains_recorded_as_it_does_step_by_step():
    found = []
    for jit_compile in (True, False):
        model = Sequential([Input((3,)), layers.SpectralNormalization(layers.Dense(1))])
        model.set_weights([np.ones((3, 1)), np.ones((1, 1)), np.zeros(1)])
        model.compile("sgd", "mse", jit_compile=jit_compile)
        model.fit(X, X[:, :1], batch_size=2, epochs=2, shuffle=False, verbose=0)
        found.append(model.get_weights())
    for recorded, run in zip(*found, strict=True):
        np.testing.assert_array_equal(recorded, run)


def test_a_symbolic_call_in_training_changes_no_kernel():
    layer = layers.SpectralNormalization(layers.Dense(2))
    layer.build((None, 3))
    before = layer.get_weights()
    layer(Input((3,)), training=True)
    for a, b in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_function_gets_training_if_it_takes_it():
    layer = layers.Lambda(scaled, arguments={"factor": 3.0})
    np.testing.assert_array_equal(layer(X), X)
    np.testing.assert_array_equal(layer(X, training=True), X * np.float32(3))


def test_a_function_that_needs_numbers_says_its_shape():
    layer = layers.Lambda(lambda x: x.numpy().sum(axis=1), output_shape=())
    out = layer(Input((3,)))
    assert out.shape == (None,)


def test_the_mask_of_a_function_is_what_is_said():
    embedded = layers.Embedding(4, 2, mask_zero=True)(np.array([[1, 0]]))
    with pytest.warns(UserWarning, match="the mask ends here"):
        layers.Lambda(scaled)(embedded)
    kept = layers.Lambda(scaled, mask=lambda inputs, mask: mask)(embedded)
    np.testing.assert_array_equal(kept._keras_mask, [[True, False]])


def test_functions_with_names_are_saved_and_others_are_not(tmp_path):
    x = Input((3,))
    model = Model(x, layers.Lambda(scaled, arguments={"factor": 3.0})(x))
    model.save(tmp_path / "model.keras")
    again = load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.predict(X, verbose=0), X)
    with pytest.raises(ValueError, match="lambda has no name"):
        layers.Lambda(lambda x: x).get_config()


def test_a_step_with_a_function_of_a_user_is_not_recorded_by_itself():
    model = Sequential([Input((3,)), layers.Lambda(scaled), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(X, X[:, :1], batch_size=2, epochs=2, verbose=0)
    with pytest.raises(RuntimeError, match="no program"):
        _ = model.train_program


def test_a_pipeline_is_its_layers_in_a_row():
    pipeline = layers.Pipeline([layers.Dense(4), layers.Dropout(0.5)], name="row")
    out = pipeline(X, training=True)
    assert out.shape == (8, 4)
    assert (np.asarray(out) == 0).any()
    again = layers.deserialize(layers.serialize(pipeline))
    assert again.get_config() == pipeline.get_config()
    with pytest.raises(ValueError, match="Pipeline takes layers"):
        layers.Pipeline([ops.relu])


def test_a_pipeline_trains_unless_it_is_told_otherwise():
    pipeline = layers.Pipeline([layers.Dropout(0.5, seed=1)])
    x = np.ones((1, 100), "float32")
    assert (pipeline(x).numpy() == 0).any()
    assert (pipeline(x, training=False).numpy() == 1).all()
    model = Sequential([pipeline])
    model.compile()
    assert (model.predict(x, verbose=0) == 1).all()


@pytest.mark.parametrize(
    "layer",
    [
        layers.Embedding(5, 2, mask_zero=True),
        layers.Masking(),
        layers.GlobalAveragePooling1D(),
        layers.Lambda(abs, mask=lambda inputs, mask: mask),
    ],
    ids=lambda layer: layer.name,
)
def test_the_mask_of_a_layer_may_be_asked_for_by_name(layer):
    x = np.ones((2, 3), "int32")
    mask = layer.compute_mask(x, mask=x > 0)
    assert mask is None or np.asarray(mask).all()
