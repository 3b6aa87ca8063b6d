"""A kernel set is a vocabulary: an object whose attributes are functions, by name.

Sets are layered when they are built, so that `k.matmul` *is* the function: looking it
up is one attribute of one object, and calling it adds no frame.
"""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

from minikeras.kernels.table import TABLE

Function: TypeAlias = Callable[..., Any]


class KernelSet:
    """A named set of kernels.

    `over` is the set that serves what is not given here: `fast` is built over
    `reference`, and so has every kernel from the start.

    >>> import numpy as np
    >>> from minikeras.kernels.reference import reference
    >>> shout = {"negative": lambda x, out=None: print("called")}
    >>> loud = KernelSet("loud", shout, over=reference)
    >>> loud.negative(np.ones(2))
    called
    >>> loud.add is reference.add
    True
    """

    # Called before numbers are handed to Python; a recording set refuses.
    on_read: Callable[[], None] | None = None

    def __init__(
        self,
        name: str,
        functions: Mapping[str, Function],
        over: "KernelSet | None" = None,
    ) -> None:
        unknown = sorted(set(functions) - set(TABLE))
        if unknown:
            raise ValueError(
                f"Kernel set {name!r} defines {', '.join(unknown)}, which the table of "
                "kernels does not know. Declare them in kernels/table.py."
            )
        present = {**(over.functions() if over is not None else {}), **functions}
        self.__dict__.update(
            {kernel: present.get(kernel) or absent(name, kernel) for kernel in TABLE}
        )
        self.name = name
        self.own = frozenset(functions)
        self.present = frozenset(present)

    def functions(self) -> dict[str, Function]:
        """Returns {kernel name: function}, in the order of the table."""
        return {name: self.__dict__[name] for name in TABLE if name in self.present}

    if TYPE_CHECKING:
        # Only a checker is told that any name may be a kernel: with this method Python
        # would take a detour at every look-up, and there are some in every operation.
        def __getattr__(self, name: str) -> Any: ...

    def __repr__(self) -> str:
        return f"<kernels: {self.name}>"

    def __str__(self) -> str:
        return self.name


def absent(kernel_set: str, name: str) -> Function:
    """Returns what stands for a kernel that a set does not have: it says so."""

    def kernel(*inputs: Any, **parameters: Any) -> Any:
        raise NotImplementedError(
            f"The kernel set {kernel_set!r} has no kernel {name!r}."
        )

    return kernel


def collect(*modules: ModuleType) -> dict[str, Function]:
    """Returns {kernel name: function} from the files of a set, one file per family.

    A module gives what the table says is of its family, so what it imports from another
    is not taken twice.
    """
    families = {m.__name__.rpartition(".")[2]: vars(m) for m in modules}
    return {
        name: families[kernel.family][name]
        for name, kernel in TABLE.items()
        if name in families.get(kernel.family, ())
    }


def watched(
    kernels: KernelSet,
    observe: Callable[[str, tuple[Any, ...], dict[str, Any], Any], None],
) -> KernelSet:
    """Returns the same set, with a call of `observe` after each call of a kernel.

    It is called as `observe(name, inputs, parameters, out)`.  The tracer, the step
    debugger, the profiler and the finder of non-finite numbers are such observers.
    """

    def watch(name: str, function: Function) -> Function:
        def kernel(*inputs: Any, **parameters: Any) -> Any:
            out = function(*inputs, **parameters)
            observe(name, inputs, parameters, out)
            return out

        return kernel

    functions = {name: watch(name, f) for name, f in kernels.functions().items()}
    return KernelSet(f"watched {kernels.name}", functions)
