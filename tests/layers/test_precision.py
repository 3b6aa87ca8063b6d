"""Dtype policies: every layer computes in float16 with float32 weights, if told to."""

import numpy as np
import pytest

from minikeras import Input, Sequential, config, layers, ops, optimizers
from minikeras.dtype_policies import reset_dtype_policy
from minikeras.kernels.fast import fast
from minikeras.values import backends, use_backend
from minikeras.values.autocast import AutocastVariable

BACKENDS = [name for name, kernels in backends.BACKENDS.items() if kernels is not None]

RANDOM = np.random.default_rng(0)
STEPS = RANDOM.normal(size=(2, 4, 3)).astype("float32")
IMAGES = RANDOM.normal(size=(2, 6, 6, 3)).astype("float32")
INDICES = np.array([[1, 2], [0, 4]])

CASES = [
    (lambda: layers.Dense(2, activation="gelu"), STEPS),
    (lambda: layers.EinsumDense("abc,cd->abd", output_shape=(None, 5)), STEPS),
    (lambda: layers.Embedding(5, 3), INDICES),
    (lambda: layers.Conv1D(4, 2), STEPS),
    (lambda: layers.Conv2D(4, 3, activation="relu"), IMAGES),
    (lambda: layers.MaxPooling2D(), IMAGES),
    (lambda: layers.AveragePooling2D(2), IMAGES),
    (lambda: layers.GlobalAveragePooling1D(), STEPS),
    (lambda: layers.BatchNormalization(), STEPS),
    (lambda: layers.LayerNormalization(), STEPS),
    (lambda: layers.GroupNormalization(3), STEPS),
    (lambda: layers.RMSNormalization(), STEPS),
    (lambda: layers.UnitNormalization(), STEPS),
    (lambda: layers.Normalization(mean=1.0, variance=2.0), STEPS),
    (lambda: layers.SpectralNormalization(layers.Dense(2)), STEPS),
    (lambda: layers.SimpleRNN(2), STEPS),
    (lambda: layers.LSTM(3), STEPS),
    (lambda: layers.GRU(3, return_sequences=True), STEPS),
    (lambda: layers.Bidirectional(layers.LSTM(2)), STEPS),
    (lambda: layers.TimeDistributed(layers.Dense(2)), STEPS),
    (lambda: layers.MultiHeadAttention(2, 3), (STEPS, STEPS)),
    (lambda: layers.Attention(), [STEPS, STEPS]),
    (lambda: layers.Dropout(0.5), STEPS),
    (lambda: layers.GaussianNoise(0.5), STEPS),
    (lambda: layers.AlphaDropout(0.5), STEPS),
    (lambda: layers.Softmax(), STEPS),
    (lambda: layers.PReLU(), STEPS),
    (lambda: layers.ELU(), STEPS),
    (lambda: layers.Activation("swish"), STEPS),
    (lambda: layers.Flatten(), STEPS),
    (lambda: layers.Reshape((12,)), STEPS),
    (lambda: layers.ZeroPadding2D(), IMAGES),
    (lambda: layers.UpSampling2D(), IMAGES),
    (lambda: layers.Add(), [STEPS, STEPS]),
    (lambda: layers.Dot(1), [STEPS, STEPS]),
    (lambda: layers.Concatenate(), [STEPS, STEPS]),
    (lambda: layers.Lambda(lambda x: x * 2.0), STEPS),
]


@pytest.fixture
def mixed():
    """Makes layers compute by mixed_float16, if they name no other policy."""
    config.set_dtype_policy("mixed_float16")
    yield
    reset_dtype_policy()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("make", "x"), CASES, ids=[type(make()).__name__ for make, _ in CASES]
)
def test_a_layer_in_mixed_precision(make, x, backend, mixed):
    inputs = x if isinstance(x, tuple) else (x,)
    with use_backend(backend):
        layer = make()
        y = layer(*inputs, training=True)
        assert y.dtype == "float16"
        assert {v.dtype for v in layer.weights} <= {"float32"}
        if layer.trainable_weights:
            ops.sum(ops.cast(y, "float32")).backward()
        for weight in layer.trainable_weights:
            assert weight.grad.dtype == "float32"
            assert np.isfinite(weight.grad).all()
        narrow = layer(*inputs)
        reset_dtype_policy()
        wide = make()
        wide(*inputs)
        wide.set_weights(layer.get_weights())
        np.testing.assert_allclose(narrow, wide(*inputs), rtol=1e-2, atol=1e-2)


def test_a_layer_has_the_policy_that_it_names_or_that_of_the_process(mixed):
    assert layers.Dense(1).dtype_policy.name == "mixed_float16"
    assert layers.Dense(1, dtype="float32").dtype_policy.name == "float32"
    assert layers.Dense(1, dtype=np.float64).compute_dtype == "float64"
    again = layers.Dense.from_config(layers.Dense(1).get_config())
    assert again.dtype_policy.name == "mixed_float16"


def test_weights_that_are_not_to_be_cast_are_not():
    class Keeps(layers.Layer):
        def build(self, input_shape):
            self.wide = self.add_weight((3,), "ones", autocast=False)
            self.narrow = self.add_weight((3,), "ones")
            self.count = self.add_weight((), "zeros", dtype="int32")

        def call(self, inputs):
            return self.wide.dtype, self.narrow.dtype, self.count.dtype

    layer = Keeps(dtype="mixed_float16")
    assert layer(STEPS) == ("float32", "float16", "int32")
    assert layer.narrow.dtype == "float32"


def test_a_layer_of_one_dtype_inside_of_a_mixed_one_keeps_to_it(mixed):
    class Outer(layers.Layer):
        def __init__(self):
            super().__init__()
            self.hidden = layers.Dense(2)
            self.scores = layers.Dense(2, dtype="float32")

        def call(self, inputs):
            hidden = self.hidden(inputs)
            return hidden, self.scores(hidden)

    hidden, scores = Outer()(STEPS)
    assert (hidden.dtype, scores.dtype) == ("float16", "float32")


def test_a_policy_is_set_before_the_layer_is_built():
    layer = layers.Dense(2)
    layer.dtype_policy = "mixed_float16"
    assert layer(STEPS).dtype == "float16"
    assert isinstance(layer.kernel, AutocastVariable)
    with pytest.raises(ValueError, match="before it is built"):
        layer.dtype_policy = "float32"


def test_bfloat16_is_refused_with_the_reason():
    for name in ("bfloat16", "mixed_bfloat16"):
        with pytest.raises(ValueError, match="NumPy has no bfloat16"):
            layers.Dense(1, dtype=name)


def model_of_three(auto_scale_loss):
    model = Sequential(
        [
            Input((3,)),
            layers.Dense(8, activation="relu"),
            layers.LayerNormalization(),
            layers.Dense(1, dtype="float32"),
        ]
    )
    weights = np.random.default_rng(1)
    model.set_weights([weights.normal(size=w.shape) for w in model.weights])
    model.compile(
        optimizers.SGD(0.02, momentum=0.9), "mse", auto_scale_loss=auto_scale_loss
    )
    return model


# NumPy says where a scaled gradient is too large for float16; that step is left out.
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
@pytest.mark.parametrize("backend", BACKENDS)
def test_training_scales_the_loss_and_lowers_it(backend, mixed):
    x = STEPS.reshape(-1, 3)
    y = x.sum(axis=1, keepdims=True)
    model = model_of_three(auto_scale_loss=True)
    with use_backend(backend):
        history = model.fit(
            x, y, epochs=12, batch_size=4, shuffle=False, verbose=0
        ).history
    assert isinstance(model.optimizer, optimizers.LossScaleOptimizer)
    assert history["loss"][-1] < history["loss"][0] / 2
    assert all(w.dtype == "float32" for w in model.weights)


@pytest.mark.skipif(fast is None, reason="nothing is compiled")
def test_a_recorded_step_in_mixed_precision_equals_one_that_is_run(mixed):
    x = STEPS.reshape(-1, 3)
    y = x.sum(axis=1, keepdims=True)
    found = []
    for jit_compile in (True, False):
        model = model_of_three(auto_scale_loss=False)
        model.jit_compile = jit_compile
        with use_backend("fast"):
            model.fit(x, y, epochs=4, batch_size=4, verbose=0, shuffle=False)
            found.append([*model.get_weights(), model.predict(x, verbose=0)])
        if jit_compile:
            assert "cast" in model.train_program.listing()
    for recorded, run in zip(*found, strict=True):
        np.testing.assert_array_equal(recorded, run)
