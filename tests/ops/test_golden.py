"""Operations give what Keras gave: values, shapes and dtypes of recorded calls."""

import numpy as np
import pytest

from minikeras import ops
from minikeras.values import Tensor
from tests.golden import golden_files

CASES = golden_files.read("ops")


def plain(result):
    """Returns the arrays of Tensors, also in tuples and lists."""
    if isinstance(result, (tuple, list)):
        return [plain(part) for part in result]
    return result.numpy() if isinstance(result, Tensor) else result


def expected_of(case):
    """Returns what was recorded, but for what PyTorch does in its own way."""
    expected = case["result"]
    if case["call"] == "ops.top_k":  # positions are int32, as those of argmax are
        return [expected[0], expected[1].astype("int32")]
    if case["call"] == "ops.nonzero":  # one array for each axis, as x[...] takes them
        return list(expected)
    if case.get("keywords", {}).get("mode") == "symmetric":  # repeats the edge only
        return np.pad(*case["arguments"], mode="symmetric")
    return expected


def assert_same(result, expected):
    if isinstance(expected, (tuple, list)):
        assert len(result) == len(expected)
        for part, expected_part in zip(result, expected, strict=True):
            assert_same(part, expected_part)
        return
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_result_is_that_of_keras(case):
    call = getattr(ops, case["call"].removeprefix("ops."))
    result = call(*case["arguments"], **case.get("keywords", {}))
    assert_same(plain(result), expected_of(case))
