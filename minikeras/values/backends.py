"""Which kernels compute: one switch for the process, and a way to differ for a block.

A class of values holds its choice in `active`, a `threading.local`: what a thread sets
is its own, and where a thread has set nothing it sees the class attribute, which is the
choice of the process.  Reading it costs one attribute look-up.
"""

import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from minikeras.autograd.value import Value
from minikeras.kernels.fast import fast, refusal, why_absent
from minikeras.kernels.kernel_set import KernelSet
from minikeras.kernels.reference import reference
from minikeras.kernels.scalar import scalar
from minikeras.kernels.shapes import shapes
from minikeras.lazy import LoadedOnUse

if TYPE_CHECKING:
    from minikeras.kernels import loops
else:
    loops = LoadedOnUse("minikeras.kernels.loops")

# What there is to choose from.  The loops, which are for reading and for stepping
# through, stay a module until they are chosen.
BACKENDS: dict[str, Any] = {"loops": loops, "numpy": reference, "fast": fast}


class ArrayKernels(threading.local):
    """What Tensors compute with."""

    kernels = reference


class ScalarKernels(threading.local):
    """What Scalars compute with."""

    kernels = scalar


class ShapeKernels(threading.local):
    """What KerasTensors compute with."""

    kernels = shapes


def backend() -> str:
    """Returns the name of the backend that computes here: "loops", "numpy" or "fast".

    That is the choice of this thread inside `use_backend`, else that of the process; a
    kernel set of one's own goes by its own name.
    """
    return ARRAY_KERNELS.kernels.name


def set_backend(backend: str) -> None:
    """Makes Tensors compute with plain "loops", with "numpy" or with "fast" kernels.

    Holds for the whole process, from the next operation on; values made before can be
    used with those made after.

    Raises: ValueError if there is no such backend; RuntimeError if "fast" is not
    compiled.
    """
    ArrayKernels.kernels = kernels_of(backend)


@contextmanager
def use_backend(name: str) -> Iterator[None]:
    """Computes with another backend inside a `with` block, in this thread only.

    >>> import minikeras
    >>> with minikeras.config.use_backend("loops"):
    ...     minikeras.ops.add(1.0, 2.0)
    Tensor(3.0, dtype=float32)
    """
    with switched(ARRAY_KERNELS, kernels_of(name)):
        yield


@contextmanager
def using(kind: type[Value], kernels: KernelSet) -> Iterator[KernelSet]:
    """Makes a class of values compute with any kernel set, in this thread, for a block.

    `kind` is Scalar or Tensor; watched and recording sets are used this way.
    """
    with switched(kind.active, kernels):
        yield kernels


@contextmanager
def switched(active: threading.local, kernels: KernelSet) -> Iterator[None]:
    """Sets this thread's choice, and afterwards puts back what was there."""
    before = vars(active).get("kernels")
    active.kernels = kernels
    try:
        yield
    finally:
        if before is None:
            del active.kernels
        else:
            active.kernels = before


@contextmanager
def device(device_name: str) -> Iterator[None]:
    """Computes on a device inside a `with` block: on "cpu", the only one there is.

    Raises: ValueError for another one.
    """
    if str(device_name).lower() not in ("cpu", "cpu:0"):
        raise ValueError(
            f'There is one device here, "cpu"; got device_name={device_name!r}.'
        )
    yield


def kernels_of(name: str) -> KernelSet:
    """Returns the kernel set of a backend."""
    if name not in BACKENDS:
        raise ValueError(
            f"There is no backend {name!r}. Choose one of "
            f"{', '.join(map(repr, BACKENDS))}."
        )
    kernels: KernelSet | None = loops.loops if name == "loops" else BACKENDS[name]
    if kernels is None:
        raise RuntimeError(
            f'The "fast" backend is not there. {why_absent} Until then choose "numpy".'
        )
    return kernels


def choose_at_import() -> None:
    """Follows MINIKERAS_BACKEND; else takes `fast` where compiled, else `numpy`."""
    name = os.environ.get("MINIKERAS_BACKEND")
    if name:
        set_backend(name)
        return
    if fast is not None:
        set_backend("fast")
        return
    set_backend("numpy")
    if refusal is None:
        message = (
            "minikeras runs on NumPy: its compiled kernels are missing. "
            "`python -m minikeras doctor` says why; MINIKERAS_BACKEND=numpy silences "
            "this."
        )
    else:
        message = f"{why_absent} Until then minikeras runs on NumPy."
    warnings.warn(message, RuntimeWarning, stacklevel=2)


ARRAY_KERNELS = ArrayKernels()
SCALAR_KERNELS = ScalarKernels()
SHAPE_KERNELS = ShapeKernels()

choose_at_import()
