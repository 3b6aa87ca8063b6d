"""Products of every size around the edges of a tile, exact on small integers."""

import numpy as np
import pytest

from tests.kernels.sets import ARRAY_SETS
from tests.strategies import LAYOUTS

every_set = pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def integers(shape, dtype):
    """Returns small integers, in no order: their products and sums are exact."""
    count = int(np.prod(shape))
    return (np.arange(count) * 7 % 11 - 5).astype(dtype).reshape(shape)


@every_set
@both_dtypes
def test_every_number_of_rows_and_columns(kernels, dtype):
    for rows in range(27):
        for columns in (0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33):
            x, y = integers((rows, 3), dtype), integers((3, columns), dtype)
            np.testing.assert_array_equal(kernels.matmul(x, y), x @ y)


@every_set
@both_dtypes
@pytest.mark.parametrize("depth", [0, 1, 5, 1023, 1024, 1025])
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (9, 18), (2, 17)])
def test_sums_of_any_length(kernels, dtype, rows, depth, columns):
    x, y = integers((rows, depth), dtype), integers((depth, columns), dtype)
    np.testing.assert_array_equal(kernels.matmul(x, y), x @ y)


@every_set
@pytest.mark.parametrize("layout_of_x", LAYOUTS)
@pytest.mark.parametrize("layout_of_y", LAYOUTS)
def test_every_pair_of_layouts(kernels, layout_of_x, layout_of_y):
    x = layout_of_x(integers((20, 6), "float32"))
    y = layout_of_y(integers((6, 21), "float32"))
    np.testing.assert_array_equal(kernels.matmul(x, y), np.array(x) @ np.array(y))


@every_set
@both_dtypes
@pytest.mark.parametrize(
    ("x", "y"),
    [
        ((3, 4, 5), (5, 6)),
        ((5, 2), (3, 2, 4)),
        ((2, 1, 3, 4), (5, 4, 2)),
        ((0, 3, 4), (4, 2)),
        ((2, 0, 3, 4), (1, 4, 2)),
        ((2, 3, 0), (0, 2)),
    ],
)
def test_stacks(kernels, dtype, x, y):
    x, y = integers(x, dtype), integers(y, dtype)
    expected = np.matmul(x, y)
    out = kernels.matmul(x, y)
    assert out.shape == expected.shape
    np.testing.assert_array_equal(out, expected)


@every_set
def test_large_products_and_stacks_of_them(kernels):
    """Above the sizes that a fast set computes itself."""
    x, y = integers((2, 90, 40), "float32"), integers((40, 80), "float32")
    expected = np.matmul(x, y)
    np.testing.assert_array_equal(kernels.matmul(x, y), expected)
    np.testing.assert_array_equal(kernels.matmul(x[:, ::-1], y), expected[:, ::-1])
    out = np.empty(expected.shape[::-1], "float32").T
    assert kernels.matmul(x, y, out=out) is out
    np.testing.assert_array_equal(out, expected)


@every_set
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_stacks_that_do_not_broadcast_are_refused(kernels, dtype):
    with pytest.raises(ValueError, match="broadcast"):
        kernels.matmul(np.ones((2, 3, 4), dtype), np.ones((3, 4, 2), dtype))
