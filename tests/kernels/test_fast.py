"""The fast set is compiled kernels over NumPy, or None and the reason."""

import importlib

import pytest

from minikeras.kernels import fast as module
from minikeras.kernels.reference import reference
from minikeras.kernels.table import TABLE


@pytest.mark.parametrize("error", [ModuleNotFoundError("no arrays"), ValueError("ABI")])
def test_without_compiled_kernels_there_is_a_reason(monkeypatch, error):
    def refuse(name):
        raise error

    monkeypatch.setattr(importlib, "import_module", refuse)
    functions, absent = module.load()
    assert functions == {}
    assert set(absent) == {"arrays", *module.MODULES}
    kernels, reason = module.layered(functions, absent)
    assert kernels is None
    assert str(error) in reason
    assert "install a C compiler" in reason


def test_what_is_not_compiled_is_numpys():
    kernels, reason = module.layered({"add": max}, {"softmax": "not there"})
    assert reason is None
    assert kernels.add is max
    assert kernels.own == {"add"}
    assert all(
        getattr(kernels, name) is getattr(reference, name)
        for name in TABLE
        if name != "add"
    )


def test_the_kernels_of_each_module_are_listed():
    """`doctor` shows them."""
    listed = module.compiled()
    names = [name for kernels in listed.values() for name in kernels]
    assert sorted(names) == sorted(module.compiled_functions)
    assert set(listed) <= set(module.MODULES)
    assert (module.fast is None) == (not names) == (module.why_absent is not None)


def test_threads_can_be_chosen_where_there_are_compiled_kernels():
    before = module.threads()
    if module.fast is None:
        assert before == 1
        module.set_threads(1)
        with pytest.raises(RuntimeError, match="Only compiled kernels have threads"):
            module.set_threads(2)
        return
    module.set_threads(3)
    assert module.threads() == 3
    module.set_threads(before)
