"""x, y and sample_weight, packed and unpacked."""

import pytest

from minikeras.utils.batch_parts import unpack_x_y_sample_weight


@pytest.mark.parametrize(
    ("batch", "parts"),
    [
        (1, (1, None, None)),
        ((1,), (1, None, None)),
        ([1, 2], (1, 2, None)),
        ((1, 2, 3), (1, 2, 3)),
    ],
)
def test_a_batch_has_one_to_three_parts(batch, parts):
    assert unpack_x_y_sample_weight(batch) == parts


def test_four_parts_are_too_many():
    with pytest.raises(ValueError, match="found a tuple of 4"):
        unpack_x_y_sample_weight((1, 2, 3, 4))
