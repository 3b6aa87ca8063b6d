"""Models for the tests of recorded steps, with layers that do or do not allow it."""

import numpy as np
import pytest

from minikeras import Input, Sequential, layers
from minikeras.config import use_backend
from minikeras.values.backends import fast

needs_kernels = pytest.mark.skipif(fast is None, reason="nothing is compiled")

X = np.random.default_rng(0).normal(size=(24, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


class Doubled(layers.Layer):
    """A user's layer that says nothing about recording."""

    def call(self, inputs):
        return inputs * 2.0


class DoubledForGood(Doubled):
    capturable = True


def model_with(*inside, loss="mse", optimizer="sgd", measured=None, **options):
    model = Sequential([Input((3,)), *inside, layers.Dense(1)])
    model.compile(optimizer, loss, metrics=measured, **options)
    return model


def trained(model, **options):
    with use_backend("fast"):
        model.fit(X, Y, batch_size=8, epochs=2, verbose=0, **options)
    return model


def is_recorded(model):
    try:
        model.train_program  # noqa: B018  # it raises if there is none
    except RuntimeError:
        return False
    return True
