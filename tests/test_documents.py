"""What the documents say is run: every example gives what stands beside it."""

import doctest
from pathlib import Path

import pytest

from minikeras import config
from minikeras.values.naming import reset_names

ROOT = Path(__file__).parent.parent
DOCUMENTS = ["README.md", "docs/adding-an-operation.md", "docs/saving.md"]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_examples(document):
    backend = config.backend()
    reset_names()
    try:
        found = doctest.testfile(
            str(ROOT / document),
            module_relative=False,
            optionflags=doctest.NORMALIZE_WHITESPACE,
        )
    finally:
        config.set_backend(backend)
    assert found.attempted > 5
    assert found.failed == 0
