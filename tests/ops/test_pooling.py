"""ops.max_pool and ops.average_pool: what they take, and in which order of axes."""

import numpy as np
import pytest

from minikeras import ops

IMAGES = np.arange(2 * 4 * 6 * 3, dtype="float32").reshape(2, 4, 6, 3)


@pytest.mark.parametrize("pool", [ops.max_pool, ops.average_pool])
def test_channels_may_be_first(pool):
    last = pool(IMAGES, (2, 3), 2, "same")
    first = pool(IMAGES.transpose(0, 3, 1, 2), (2, 3), 2, "same", "channels_first")
    np.testing.assert_array_equal(first.numpy().transpose(0, 2, 3, 1), last.numpy())


def test_strides_are_the_window_if_not_given():
    np.testing.assert_array_equal(
        ops.max_pool(IMAGES, 2).numpy(), IMAGES[:, 1::2, 1::2]
    )
    assert ops.max_pool(IMAGES, (2, 3)).shape == (2, 2, 2, 3)


@pytest.mark.parametrize("pool", [ops.max_pool, ops.average_pool])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((IMAGES[0, 0], 2), "Pooling takes inputs of 3, 4 or 5 axes"),
        ((IMAGES[None, None], 2), "Pooling takes inputs of 3, 4 or 5 axes"),
        ((IMAGES, (2, 2, 2)), "`pool_size` argument must be an integer or a tuple of"),
        ((IMAGES, 0), "`pool_size` argument must be an integer or a tuple of 2"),
        ((IMAGES, 2, 0), "`strides` argument must be an integer or a tuple of 2"),
        ((IMAGES, 2, None, "full"), "`padding` argument must be one of valid, same"),
        ((IMAGES, 2, None, "same", "last"), "`data_format` argument must be"),
        ((IMAGES, 5), r"No window of \(5, 5\) fits into shape \(2, 4, 6, 3\)"),
    ],
)
def test_mistakes_are_named(pool, arguments, message):
    with pytest.raises(ValueError, match=message):
        pool(*arguments)


def test_integers():
    x = IMAGES.astype("int32")
    assert ops.max_pool(x, 2).dtype == "int32"
    assert ops.average_pool(x, 2).dtype == "float32"
