"""Validation takes the last samples, as Keras does."""

import numpy as np
import pytest

from minikeras.models.validation_split import train_validation_split


@pytest.mark.parametrize(
    ("samples", "fraction", "cut"),
    [(10, 0.25, 7), (2, 0.1, 1), (3, 0.5, 1), (100, 0.33, 67)],
)
def test_validation_takes_the_last_samples(samples, fraction, cut):
    (x, _, _), (x_val, _, _) = train_validation_split(
        np.arange(samples), None, None, fraction
    )
    assert x.tolist() == list(range(cut))
    assert x_val.tolist() == list(range(cut, samples))


@pytest.mark.parametrize("fraction", [1.0, 1.5, -0.5, "a"])
def test_fractions_that_are_none(fraction):
    with pytest.raises(ValueError, match="validation_split"):
        train_validation_split(np.arange(10), None, None, fraction)


def test_a_split_that_leaves_nothing_is_refused():
    with pytest.raises(ValueError, match="not sufficient"):
        train_validation_split(np.arange(1), None, None, 0.5)
