"""What there is to compute with, and what is wrong with it: for who asks for help."""

import ctypes
import os
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import numpy as np

import minikeras
from minikeras import config, datasets, layers, utils
from minikeras.datasets.file_set import search_folders
from minikeras.kernels import fast as compiled
from minikeras.kernels.table import TABLE
from minikeras.models import Sequential

CLOSE = 1e-5  # between the weights of two backends after the same steps

# What tells the number of threads in the libraries that NumPy may use for products.
THREAD_COUNTERS = (
    "scipy_openblas_get_num_threads64_",
    "scipy_openblas_get_num_threads",
    "openblas_get_num_threads64_",
    "openblas_get_num_threads",
    "MKL_Get_Max_Threads",
)
# Environment variables that set it.
THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")


class Finding(NamedTuple):
    """What was looked at, what was found, and whether that is a fault."""

    what: str
    text: str
    is_fault: bool = False


def run() -> int:
    """Prints all findings; returns 1 if there is a fault among them, else 0.

    A fault is something that minikeras promises and that does not work here. What is
    merely not installed is none.
    """
    faults = []
    for title, findings in (
        (f"minikeras {minikeras.__version__}", versions()),
        ("Backends", backends()),
        ("Compiled kernels", compiled_kernels()),
        ("BLAS, for NumPy's products of matrices", blas()),
        ("Data", data()),
    ):
        print(title)
        for finding in findings:
            mark = "!" if finding.is_fault else " "
            print(f"{mark} {finding.what:<14} {finding.text}")
            if finding.is_fault:
                faults.append(finding)
        print()
    print(
        f"Faults found: {len(faults)}, see the lines with a !"
        if faults
        else "All well."
    )
    return 1 if faults else 0


def versions() -> Iterator[Finding]:
    """Finds the versions of Python and of the packages, and the computer."""
    python = f"{platform.python_version()} ({platform.python_implementation()})"
    yield Finding("Python", python)
    yield Finding("NumPy", np.__version__, numbers_in(np.__version__) < (2, 0))
    yield package("rich", "summaries and tables need it: pip install rich", needed=True)
    yield package("pooch", "downloads of data need it: pip install pooch", needed=False)
    cores = f"{usable_cores()} of {os.cpu_count()} cores"
    yield Finding("computer", f"{platform.system()} {platform.machine()}, {cores}")


def package(name: str, use: str, needed: bool) -> Finding:
    """Finds the version of a package, or says what it would be good for."""
    try:
        return Finding(name, version(name))
    except PackageNotFoundError:
        return Finding(name, f"not installed; {use}", is_fault=needed)


def numbers_in(text: str) -> tuple[int, ...]:
    """Returns the first two numbers of a version.

    >>> numbers_in("2.4.1")
    (2, 4)
    """
    return tuple(int(part) for part in text.split(".")[:2])


def usable_cores() -> int:
    """Returns how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def backends() -> Iterator[Finding]:
    """Finds the default backend, and whether all backends compute the same."""
    yield Finding("default", f"{config.backend()}, {why_default()}")
    expected = weights_after_training("numpy")
    yield Finding("numpy", "the judge of the others")
    for backend in ("loops", "fast"):
        if backend == "fast" and compiled.fast is None:
            refused = compiled.refusal is not None
            yield Finding("fast", str(compiled.why_absent), is_fault=refused)
            continue
        yield compared(backend, expected)


def why_default() -> str:
    """Returns why the default backend is what it is."""
    named = os.environ.get("MINIKERAS_BACKEND")
    if named:
        return f"as MINIKERAS_BACKEND={named} says"
    if compiled.refusal is not None:
        return "since what is compiled is out of date"
    if compiled.fast is None:
        return "since nothing is compiled"
    return "since it is compiled"


def compared(backend: str, expected: np.ndarray) -> Finding:
    """Finds how far a backend is from numpy after the same training."""
    try:
        found = weights_after_training(backend)
    except Exception as error:  # whatever it is, it is what we are here to tell
        return Finding(
            backend, f"fails: {type(error).__name__}: {error}", is_fault=True
        )
    difference = float(np.abs(found - expected).max())
    text = f"a small training ends within {difference:.0e} of numpy's weights"
    return Finding(backend, text, is_fault=not difference <= CLOSE)


def weights_after_training(backend: str) -> np.ndarray:
    """Returns all weights after some steps of a small model, from a fixed seed."""
    random = np.random.default_rng(0)
    x = random.normal(size=(24, 5)).astype("float32")
    y = random.integers(0, 3, size=24)
    with config.use_backend(backend):
        utils.set_random_seed(0)
        model = Sequential([layers.Input((5,)), layers.Dense(7, activation="tanh")])
        model.add(layers.Dropout(0.25))
        model.add(layers.Dense(3, activation="softmax"))
        model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
        model.fit(x, y, batch_size=8, epochs=2, verbose=0)
        return np.concatenate([weight.ravel() for weight in model.get_weights()])


def compiled_kernels() -> Iterator[Finding]:
    """Finds which kernels are compiled, module by module."""
    modules = compiled.compiled()
    count = sum(len(names) for names in modules.values())
    yield Finding("in all", f"{count} of {len(TABLE)}; NumPy computes the others")
    if modules:
        yield Finding("threads", f"{config.threads()} for large arrays")
    for module, names in sorted(modules.items()):
        yield Finding(module, f"{len(names)}: {', '.join(names)}")
    # All or nothing: a part that is absent was not built, or built for another NumPy.
    if modules:
        for module, reason in sorted(compiled.absent.items()):
            yield Finding(module, f"absent: {reason}", is_fault=True)
    found = np.show_config(mode="dicts")["SIMD Extensions"]
    extensions = " ".join([*found["baseline"], *found.get("found", [])])
    yield Finding("processor", f"{extensions} (each kernel takes the best it has)")


def blas() -> Iterator[Finding]:
    """Finds the library that multiplies matrices, and its threads."""
    library = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    yield Finding("library", f"{library['name']} {library['version']}")
    limits = [f"{name}={os.environ[name]}" for name in THREADS if name in os.environ]
    threads = blas_threads()
    count = "not known how many" if threads is None else str(threads)
    yield Finding(
        "threads", f"{count} ({', '.join(limits) or 'no variable sets them'})"
    )


def blas_threads() -> int | None:
    """Returns the number of threads of the BLAS in this process, None if not known."""
    maps = Path("/proc/self/maps")  # what is loaded, where there is such a file
    lines = maps.read_text().splitlines() if maps.exists() else []
    loaded = {line.split(maxsplit=5)[-1] for line in lines if ".so" in line}
    for path in sorted(loaded):
        if "blas" not in path and "mkl" not in path:
            continue
        library = ctypes.CDLL(path)
        for name in THREAD_COUNTERS:
            if hasattr(library, name):
                return int(getattr(library, name)())
    return None


def data() -> Iterator[Finding]:
    """Finds where each dataset would be read from."""
    try:
        datasets.digits.load_data()
        yield Finding("digits", "part of minikeras, and intact")
    except (OSError, ValueError) as error:
        yield Finding("digits", str(error), is_fault=True)
    for dataset in (datasets.fashion_mnist, datasets.mnist):
        name = dataset.__name__.rpartition(".")[2]
        folder = dataset.find()
        absent = "not on this computer; load_data() tries to download it"
        yield Finding(name, absent if folder is None else str(folder))
    for folder in search_folders():
        yield Finding(
            "looked in", f"{folder}{'' if folder.is_dir() else ' (no folder)'}"
        )
