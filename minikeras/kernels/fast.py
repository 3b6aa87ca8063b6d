"""The compiled kernels, layered over NumPy: the same results, sooner.

Separate from `minikeras._fast`, which imports nothing of ours and may be absent: this
module can always be imported, and says what is there.
"""

import importlib
import sys
from typing import Any, NamedTuple

from minikeras._fast.built_from import changed_source
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


class Compiled(NamedTuple):
    """What was found of compiled kernels.

    `functions` are {kernel name: compiled function}, `absent` {module name: why it is
    not there}.  `refusal` is why what is there must not be used, or None.
    """

    functions: dict[str, Function]
    absent: dict[str, str]
    refusal: str | None = None


def load() -> Compiled:
    """Imports the compiled modules.

    A module that was not compiled is absent alone.  One that is not of the sources that
    are here, or does not fit to the others or to NumPy, says that any may be so: an
    argument taken for another one is a wrong number or a crash, not an error.  Then
    none is used.
    """
    changed = changed_source()
    if changed is not None:
        return Compiled({}, {}, f"{changed} has changed since they were compiled")
    functions: dict[str, Function] = {}
    absent: dict[str, str] = {}
    for module_name in ("arrays", *MODULES):
        try:
            module = importlib.import_module(f"minikeras._fast.{module_name}")
        except ModuleNotFoundError as error:
            absent[module_name] = str(error)
            continue
        # Whatever it is: Cython and NumPy raise TypeError, ValueError, ImportError, …
        except Exception as error:
            reason = f"the module {module_name} was compiled for others than are here"
            return Compiled({}, {}, f"{reason} ({type(error).__name__}: {error})")
        if module_name == "arrays":
            module.fall_back_on(reference)
        functions |= {
            name: vars(module)[name] for name in TABLE if name in vars(module)
        }
    return Compiled(functions, absent)


def layered(found: Compiled) -> tuple[KernelSet, None] | tuple[None, str]:
    """Returns the set of compiled kernels and None, or None and why there is none."""
    if found.refusal is not None:
        return None, (
            f"The compiled kernels are out of date: {found.refusal}. Run `make build` "
            "in a checkout, or reinstall minikeras."
        )
    if found.functions:
        return KernelSet("fast", found.functions, over=reference), None
    reason = next(iter(found.absent.values()))
    return None, f"The compiled kernels are absent: {reason}. {REMEDY}"


def compiled() -> dict[str, list[str]]:
    """Returns {module of minikeras._fast: the names of its kernels}, for `doctor`."""
    modules: dict[str, list[str]] = {}
    for name, function in compiled_functions.items():
        modules.setdefault(function.__module__.rpartition(".")[2], []).append(name)
    return modules


found = load()
compiled_functions, absent, refusal = found
fast, why_absent = layered(found)

# How compiled work is run; None if nothing is compiled, or it is refused.
tasks = sys.modules.get("minikeras._fast.tasks") if fast is not None else None

# What a replay of compiled kernels is kept on; None likewise.
Tape = getattr(tasks, "Tape", None)

# What copies the rows of batches into the inputs of such a replay.
Feed: Any = getattr(tasks, "Feed", None)

# Makes one task of updates of many weights; without kernels there are no tasks.
updates = sys.modules.get("minikeras._fast.updates") if fast is not None else None
join_updates: Any = getattr(updates, "join_updates", lambda tape: False)


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


def give_back_memory() -> None:
    """Gives what was freed back to the system, where compiled code knows how to."""
    if tasks is not None:
        tasks.give_back_memory()
