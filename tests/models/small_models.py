"""A small model and data for it, for the tests of training."""

import numpy as np

from minikeras import Input, Sequential, layers, utils


def small_model(units=1, **compiled):
    utils.set_random_seed(1)
    model = Sequential([Input((2,)), layers.Dense(units)])
    model.compile(**({"optimizer": "sgd", "loss": "mse"} | compiled))
    return model


def line(samples=20):
    x = np.linspace(-1, 1, 2 * samples, dtype="float32").reshape(samples, 2)
    return x, x.sum(axis=1, keepdims=True)
