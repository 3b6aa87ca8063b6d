"""A step with any loss gives the same bits recorded as run, on every kernel set."""

import numpy as np
import pytest

from minikeras import Input, Sequential, layers, utils
from minikeras.losses import CLASSES
from minikeras.values.backends import BACKENDS, use_backend

AVAILABLE = [name for name, kernels in BACKENDS.items() if kernels is not None]
N, K = 12, 3
X = np.random.default_rng(0).normal(size=(N, 4)).astype("float32")
NUMBERS = np.arange(N) % K
OF_NUMBERS = (
    "SparseCategoricalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "Circle",
)
OPTIONS = {
    "SparseCategoricalCrossentropy": {"ignore_class": 1},
    "BinaryCrossentropy": {"label_smoothing": 0.1},
    "CategoricalFocalCrossentropy": {"from_logits": True},
    "Dice": {"axis": 1},
    "Tversky": {"axis": 1},
}


def trained(name, jit_compile, **options):
    """Returns what is reported of a training, and the weights."""
    utils.set_random_seed(0)
    logits = options.get("from_logits", False)
    model = Sequential([Input((4,)), layers.Dense(K, None if logits else "softmax")])
    if name == "CTC":
        model = Sequential([Input((4,)), layers.Dense(6 * K), layers.Reshape((6, K))])
    model.compile("sgd", CLASSES[name](**options), jit_compile=jit_compile)
    y = NUMBERS if name in OF_NUMBERS else np.eye(K, dtype=int)[NUMBERS]
    weights = None if name in ("Dice", "Tversky") else np.linspace(0.5, 2.0, N)
    history = model.fit(
        X, y, sample_weight=weights, batch_size=4, epochs=3, verbose=0
    ).history
    return history["loss"], model.get_weights()


@pytest.mark.parametrize("backend", [name for name in AVAILABLE if name != "loops"])
@pytest.mark.parametrize("name", [n for n in CLASSES if n != "LossFunctionWrapper"])
def test_recorded_steps_give_the_bits_of_eager_ones(name, backend):
    with use_backend(backend):
        for options in ({}, OPTIONS.get(name, {})):
            eager, recorded = (trained(name, jit, **options) for jit in (False, True))
            assert eager[0] == recorded[0]
            assert np.all(np.isfinite(eager[0]))
            for a, b in zip(eager[1], recorded[1], strict=True):
                assert np.all(np.isfinite(a))
                np.testing.assert_array_equal(a, b)
