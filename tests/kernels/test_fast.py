"""The fast set is compiled kernels over NumPy, or None and the reason."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from minikeras.kernels import fast as module
from minikeras.kernels.fast import Compiled
from minikeras.kernels.reference import reference
from minikeras.kernels.table import TABLE

ROOT = Path(__file__).parent.parent.parent

# What Cython and NumPy raise for modules that were compiled for others.
MISFITS = [
    TypeError("C function minikeras._fast.updates.updated has wrong signature"),
    ImportError("minikeras._fast.tasks does not export expected C function perform"),
    ValueError("numpy.dtype size changed, may indicate binary incompatibility"),
]


def test_without_compiled_kernels_there_is_a_reason(monkeypatch):
    def refuse(name):
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(importlib, "import_module", refuse)
    monkeypatch.setattr(module, "changed_source", lambda: None)
    found = module.load()
    assert found.functions == {}
    assert found.refusal is None
    assert set(found.absent) == {"arrays", *module.MODULES}
    kernels, reason = module.layered(found)
    assert kernels is None
    assert "No module named 'minikeras._fast.arrays'" in reason
    assert "install a C compiler" in reason


@pytest.mark.parametrize("error", MISFITS, ids=lambda error: type(error).__name__)
def test_a_module_that_does_not_fit_the_others_spoils_all(monkeypatch, error):
    class Fits:
        add = max

        @staticmethod
        def fall_back_on(kernels):
            """Does nothing."""

    def load(name):
        if name.endswith("optimizers"):
            raise error
        return Fits

    monkeypatch.setattr(importlib, "import_module", load)
    monkeypatch.setattr(module, "changed_source", lambda: None)
    found = module.load()
    assert found.functions == {}
    kernels, reason = module.layered(found)
    assert kernels is None
    assert "optimizers" in reason
    assert str(error) in reason
    assert "Run `make build`" in reason


def test_kernels_of_other_sources_are_not_even_loaded(monkeypatch):
    def load(name):
        raise AssertionError("A stale module was loaded.")

    monkeypatch.setattr(importlib, "import_module", load)
    monkeypatch.setattr(module, "changed_source", lambda: "updates.pyx")
    kernels, reason = module.layered(module.load())
    assert kernels is None
    assert reason == (
        "The compiled kernels are out of date: updates.pyx has changed since they were "
        "compiled. Run `make build` in a checkout, or reinstall minikeras."
    )


IMPORT_WITH_A_MISFIT = """
import sys, warnings

class Misfit:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("minikeras._fast.a"):  # arrays, activation, adam, ...
            raise TypeError("C function updated has wrong signature")

sys.meta_path.insert(0, Misfit())
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import minikeras
print(minikeras.config.backend(), float(minikeras.ops.sum([1.0, 2.0])))
print(*(warning.message for warning in caught))
try:
    minikeras.config.set_backend("fast")
except RuntimeError as error:
    print(error)
"""


def test_minikeras_can_be_imported_beside_kernels_that_do_not_fit():
    """With NumPy, a warning that says what to do, and a refusal of `fast`."""
    environment = {k: v for k, v in os.environ.items() if k != "MINIKERAS_BACKEND"}
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_WITH_A_MISFIT],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    backend, warning, error = done.stdout.splitlines()
    assert backend == "numpy 3.0"
    assert warning.endswith("Until then minikeras runs on NumPy.")
    assert error.startswith('The "fast" backend is not there.')
    for text in (warning, error):
        assert "out of date" in text
        assert "Run `make build`" in text


def test_what_is_not_compiled_is_numpys():
    found = Compiled({"add": max}, {"softmax": "not there"})
    kernels, reason = module.layered(found)
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


def test_the_readme_tells_what_every_file_is():
    folder = ROOT / "minikeras" / "_fast"
    ends = (".pyx", ".pxd", ".h", ".py")
    names = {path.stem for path in folder.iterdir() if path.suffix in ends}
    text = (folder / "README.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`(\w+)(?:\.\w+)?`", text))
    assert sorted(names - told - {"__init__"}) == []
