"""The examples in docstrings give what stands beside them."""

import doctest

import pytest

from benchmarks import pictures, tables


@pytest.mark.parametrize("module", [pictures, tables])
def test_examples(module):
    found = doctest.testmod(module)
    assert found.attempted > 1
    assert found.failed == 0
