"""set_random_seed: one seed, the same draws everywhere."""

import random as python_random

import numpy as np
import pytest

from minikeras import layers, random
from minikeras.models import Sequential
from minikeras.random import seeds
from minikeras.utils import set_random_seed


def draws():
    """One draw of each generator, and the weights of a layer."""
    model = Sequential([layers.Input((3,)), layers.Dense(2)])
    return [
        python_random.random(),
        np.random.random(),  # noqa: NPY002 - what users' code may call
        *random.normal((2,)).numpy(),
        *model.get_weights()[0].ravel(),
    ]


def test_a_seed_repeats_all_draws():
    set_random_seed(3)
    first = draws()
    assert draws() != first
    set_random_seed(3)
    assert draws() == first
    set_random_seed(4)
    assert not set(first) & (set(draws()) - {0.0})


def test_the_first_seed_of_a_process_gives_what_later_ones_give(monkeypatch):
    monkeypatch.setattr(seeds, "_global_generator", [])
    set_random_seed(3)
    first = draws()
    set_random_seed(3)
    assert draws() == first


def test_a_seed_repeats_a_training_with_dropout_and_shuffling():
    def trained():
        set_random_seed(np.int64(5))
        model = Sequential(
            [layers.Input((3,)), layers.Dense(8), layers.Dropout(0.5), layers.Dense(1)]
        )
        model.compile(optimizer="adam", loss="mse")
        x = np.random.default_rng(0).normal(size=(50, 3))
        model.fit(x, x[:, :1], epochs=2, verbose=0)
        return [weight.tobytes() for weight in model.get_weights()]

    assert trained() == trained()


@pytest.mark.parametrize("seed", [1.5, "1", None, -1, 2**32, True])
def test_what_is_no_seed_is_refused(seed):
    with pytest.raises(ValueError, match="integer from 0 to"):
        set_random_seed(seed)
