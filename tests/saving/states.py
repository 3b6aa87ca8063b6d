"""What tests of saving compare: all that is saved of a model, by its path."""

import numpy as np

from minikeras.saving.state import state_of


def state(model):
    """Returns {path: numbers} of everything that is saved."""
    return {
        f"{path}/{key}": np.array(array)
        for path, group in state_of(model).items()
        for key, array in group.arrays.items()
    }


def assert_same(one, other):
    """Asserts that two states have the same arrays, bit for bit."""
    assert one.keys() == other.keys()
    for path, array in one.items():
        assert array.dtype == other[path].dtype
        np.testing.assert_array_equal(array, other[path], err_msg=path)
