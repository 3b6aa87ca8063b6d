"""The compiled kernels, layered over NumPy: the same results, sooner.

Separate from `minikeras._fast`, which imports nothing of ours and may be absent: this
module can always be imported, and says what is there.
"""

import importlib
import sys
from typing import Any

from minikeras.kernels.kernel_set import Function, KernelSet
from minikeras.kernels.reference import reference
from minikeras.kernels.table import TABLE

# A file of minikeras/_fast each, without the driver.
MODULES = (
    "activation",
    "adam",
    "adaptive",
    "attention",
    "batch_normalization",
    "comparison",
    "convolution",
    "elementary",
    "elementwise",
    "extremes",
    "indexing",
    "indexing_gradients",
    "layer_normalization",
    "losses",
    "matmul",
    "optimizers",
    "pooling",
    "random",
    "recurrent",
    "reduction",
    "shape",
    "softmax",
)

REMEDY = (
    "To compile them, install a C compiler (Debian: apt install build-essential), then "
    "run `make build` in a checkout or reinstall minikeras."
)


def load() -> tuple[dict[str, Function], dict[str, str]]:
    """Returns {kernel name: compiled function} and {module name: why it is absent}."""
    functions: dict[str, Function] = {}
    absent: dict[str, str] = {}
    for module_name in ("arrays", *MODULES):
        try:
            module = importlib.import_module(f"minikeras._fast.{module_name}")
        except (
            ImportError,
            ValueError,
        ) as error:  # ValueError: built for another NumPy
            absent[module_name] = str(error)
            continue
        if module_name == "arrays":
            module.fall_back_on(reference)
        functions |= {
            name: vars(module)[name] for name in TABLE if name in vars(module)
        }
    return functions, absent


def layered(
    functions: dict[str, Function], absent: dict[str, str]
) -> tuple[KernelSet, None] | tuple[None, str]:
    """Returns the set of compiled kernels and None, or None and why there is none."""
    if functions:
        return KernelSet("fast", functions, over=reference), None
    reason = next(iter(absent.values()))
    return None, f"The compiled kernels are absent: {reason}. {REMEDY}"


def compiled() -> dict[str, list[str]]:
    """Returns {module of minikeras._fast: the names of its kernels}, for `doctor`."""
    modules: dict[str, list[str]] = {}
    for name, function in compiled_functions.items():
        modules.setdefault(function.__module__.rpartition(".")[2], []).append(name)
    return modules


compiled_functions, absent = load()
fast, why_absent = layered(compiled_functions, absent)

# How compiled work is run; None if nothing is compiled.
tasks = sys.modules.get("minikeras._fast.tasks")

# What a replay of compiled kernels is kept on; None likewise.
Tape = getattr(tasks, "Tape", None)

# What copies the rows of batches into the inputs of such a replay.
Feed: Any = getattr(tasks, "Feed", None)

# Makes one task of updates of many weights; without kernels there are no tasks.
join_updates: Any = getattr(
    sys.modules.get("minikeras._fast.updates"), "join_updates", lambda tape: False
)


def threads() -> int:
    """Returns how many threads a large kernel may run on, the caller's included."""
    return 1 if tasks is None else tasks.threads()


def set_threads(count: int) -> None:
    """Chooses how many threads a large kernel may run on; without kernels only 1."""
    if tasks is not None:
        tasks.set_threads(count)
    elif count != 1:
        raise RuntimeError(
            f"Only compiled kernels have threads; {count} were asked for. {why_absent}"
        )
