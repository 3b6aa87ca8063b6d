"""The doctor: what it finds on a healthy installation, and on broken ones."""

import os
import re
from importlib.metadata import PackageNotFoundError

import numpy as np
import pytest

import minikeras
from minikeras import datasets, doctor
from minikeras.doctor import Finding
from minikeras.kernels import fast as compiled


def text_of(findings, what):
    """Returns what was found out about one thing."""
    [text] = [finding.text for finding in findings if finding.what == what]
    return text


def test_a_healthy_installation_has_no_faults(capsys):
    assert doctor.run() == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"minikeras {minikeras.__version__}\n")
    assert printed.endswith("All well.\n")
    for title in ("Backends", "Compiled kernels", "BLAS", "Data"):
        assert re.search(f"^{title}", printed, re.MULTILINE)
    assert np.__version__ in printed


def test_a_fault_is_marked_and_makes_the_exit_status_1(monkeypatch, capsys):
    found = [Finding("this", "is broken", is_fault=True), Finding("that", "is not")]
    monkeypatch.setattr(doctor, "backends", lambda: iter(found))
    assert doctor.run() == 1
    printed = capsys.readouterr().out
    assert "! this           is broken\n  that           is not\n" in printed
    assert printed.endswith("Faults found: 1, see the lines with a !\n")


def test_a_missing_package_is_a_fault_only_if_it_is_needed(monkeypatch):
    def nowhere(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "version", nowhere)
    faults = {finding.what: finding.is_fault for finding in doctor.versions()}
    assert faults["rich"]
    assert not faults["pooch"]


@pytest.mark.parametrize(
    ("number", "is_fault"), [("1.26.4", True), ("2.0.0rc1", False)]
)
def test_too_old_a_numpy_is_a_fault(number, is_fault, monkeypatch):
    monkeypatch.setattr(np, "__version__", number)
    assert Finding("NumPy", number, is_fault) in list(doctor.versions())


@pytest.mark.parametrize(
    ("named", "kernels", "why"),
    [
        ("numpy", object(), "as MINIKERAS_BACKEND=numpy says"),
        (None, object(), "since it is compiled"),
        (None, None, "since nothing is compiled"),
    ],
)
def test_the_default_backend_has_its_reason(named, kernels, why, monkeypatch):
    monkeypatch.setattr(compiled, "fast", kernels)
    monkeypatch.delenv("MINIKERAS_BACKEND", raising=False)
    if named:
        monkeypatch.setenv("MINIKERAS_BACKEND", named)
    assert doctor.why_default() == why


def test_a_backend_that_computes_something_else_is_a_fault():
    expected = doctor.weights_after_training("numpy")
    assert not doctor.compared("loops", expected).is_fault
    assert doctor.compared("loops", expected + 1e-4).is_fault
    assert doctor.compared("loops", expected * float("nan")).is_fault


def test_a_backend_that_fails_is_a_fault_with_its_error(monkeypatch):
    def fails(backend):
        raise OSError("the shared object is damaged")

    monkeypatch.setattr(doctor, "weights_after_training", fails)
    found = doctor.compared("fast", np.zeros(3))
    assert found.is_fault
    assert found.text == "fails: OSError: the shared object is damaged"


def test_nothing_compiled_is_told_but_is_no_fault(monkeypatch):
    monkeypatch.setattr(compiled, "fast", None)
    monkeypatch.setattr(compiled, "why_absent", "Nothing is compiled. Type this.")
    monkeypatch.setattr(compiled, "compiled", dict)
    monkeypatch.setattr(compiled, "absent", {"arrays": "No module named arrays"})
    findings = [*doctor.backends(), *doctor.compiled_kernels()]
    assert text_of(findings, "fast") == "Nothing is compiled. Type this."
    assert text_of(findings, "in all").startswith("0 of ")
    assert not any(finding.is_fault for finding in findings)


def test_kernels_that_are_out_of_date_are_a_fault(monkeypatch):
    monkeypatch.delenv("MINIKERAS_BACKEND", raising=False)
    monkeypatch.setattr(compiled, "fast", None)
    monkeypatch.setattr(compiled, "refusal", "add.pyx has changed")
    monkeypatch.setattr(compiled, "why_absent", "Out of date. Build them.")
    findings = list(doctor.backends())
    assert Finding("fast", "Out of date. Build them.", is_fault=True) in findings
    assert text_of(findings, "default").endswith(
        "since what is compiled is out of date"
    )


def test_a_part_that_is_not_compiled_is_a_fault(monkeypatch):
    monkeypatch.setattr(compiled, "compiled", lambda: {"shape": ["copy"]})
    monkeypatch.setattr(compiled, "absent", {"softmax": "built for another NumPy"})
    findings = list(doctor.compiled_kernels())
    assert text_of(findings, "shape") == "1: copy"
    absent = Finding("softmax", "absent: built for another NumPy", is_fault=True)
    assert absent in findings


def test_the_threads_of_blas_are_counted_or_not_known(monkeypatch):
    threads = doctor.blas_threads()
    assert threads is None or 1 <= threads <= 4 * os.cpu_count()
    monkeypatch.setattr(doctor, "blas_threads", lambda: None)
    for variable in doctor.THREADS:
        monkeypatch.delenv(variable, raising=False)
    text = text_of(doctor.blas(), "threads")
    assert text == "not known how many (no variable sets them)"
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert text_of(doctor.blas(), "threads").endswith("(OMP_NUM_THREADS=3)")


def test_damaged_digits_are_a_fault(monkeypatch):
    def damaged():
        raise ValueError("digits.npz is damaged")

    monkeypatch.setattr(datasets.digits, "load_data", damaged)
    expected = Finding("digits", "digits.npz is damaged", is_fault=True)
    assert expected in list(doctor.data())


def test_it_says_where_each_dataset_is_and_where_it_was_looked_for(
    monkeypatch, tmp_path
):
    monkeypatch.setenv("MINIKERAS_DATA", str(tmp_path / "nowhere"))
    monkeypatch.setattr(datasets.fashion_mnist, "find", lambda: tmp_path)
    monkeypatch.setattr(datasets.mnist, "find", lambda: None)
    findings = list(doctor.data())
    assert text_of(findings, "fashion_mnist") == str(tmp_path)
    assert text_of(findings, "mnist").startswith("not on this computer")
    looked = [finding.text for finding in findings if finding.what == "looked in"]
    assert looked[0] == f"{tmp_path / 'nowhere'} (no folder)"
    assert not any(finding.is_fault for finding in findings)
