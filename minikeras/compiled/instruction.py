"""What a recorded computation is made of: buffers, and kernel calls between them.

A buffer is a place for an array, not the array: so that a recording can be rewritten
and given other memory before it runs.
"""

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import numpy as np

from minikeras.kernels.kernel_set import KernelSet
from minikeras.kernels.table import SHAPE_ONLY, TABLE
from minikeras.values.variable import Variable

# Inputs that an update reads; it writes all others.
ONLY_READ = ("grad", "learning_rate", "product", "step", "value")


class Buffer:
    """A place for an array: what it is called, and what the array looks like.

    A view has a `base`, the buffer whose memory it shows.  `array` is there from the
    start for inputs and Variables; results get theirs when the program is linked.
    """

    __slots__ = ("array", "base", "dtype", "name", "shape", "strides")

    def __init__(
        self,
        like: "np.ndarray | Buffer",
        name: str,
        *,
        base: "Buffer | None" = None,
        array: np.ndarray | None = None,
    ) -> None:
        self.shape: tuple[int, ...] = like.shape
        self.dtype: np.dtype[Any] = like.dtype
        self.strides: tuple[int, ...] = like.strides
        self.name = name
        self.base = base
        self.array: Any = array

    @property
    def root(self) -> "Buffer":
        """The buffer whose memory this is: its own, unless it is a view."""
        return self if self.base is None else self.base

    @property
    def nbytes(self) -> int:
        """How much memory its numbers take."""
        return self.dtype.itemsize * prod(self.shape)

    def looks_like(self, other: "Buffer") -> bool:
        """Whether arrays of both have their numbers at the same places."""
        return (
            self.shape == other.shape
            and self.dtype == other.dtype
            and self.strides == other.strides
        )

    def __repr__(self) -> str:
        return f"<{self.name} {self.shape} {self.dtype}>"


class Instruction(NamedTuple):
    """One kernel call: `kernel(*inputs, **parameters)`, into `out` unless it is an
    update.

    Inputs are Buffers, Python numbers and None; `out` is a Buffer, a tuple of Buffers
    for a kernel with several results, or None.
    """

    name: str
    kind: str
    kernel: Callable[..., Any]
    inputs: tuple[Any, ...]
    parameters: dict[str, Any]
    out: Any

    @property
    def results(self) -> tuple[Buffer, ...]:
        """The Buffers that it fills."""
        return as_tuple(self.out)

    def buffers(self) -> list[Buffer]:
        """Returns the Buffers among the inputs."""
        return [x for x in self.inputs if isinstance(x, Buffer)]

    def arrays(self) -> tuple[Any, ...]:
        """Returns the inputs as the kernel takes them, once they have their memory."""
        return tuple(x.array if isinstance(x, Buffer) else x for x in self.inputs)

    def keywords(self) -> dict[str, Any]:
        """Returns the parameters, with where to write the result."""
        if self.out is None or self.kind == "view":
            return self.parameters
        out = self.out
        arrays = tuple(x.array for x in out) if isinstance(out, tuple) else out.array
        return {**self.parameters, "out": arrays}

    def __str__(self) -> str:
        arguments = [x.name if isinstance(x, Buffer) else repr(x) for x in self.inputs]
        arguments += [
            f"{key}={readable(value)}" for key, value in self.parameters.items()
        ]
        call = f"{self.name}({', '.join(arguments)})"
        if not self.results:
            return call
        names = ", ".join(x.name for x in self.results)
        kinds = ", ".join(f"{x.shape} {x.dtype}" for x in self.results)
        return f"{names} = {call}    {kinds}"


def readable(parameter: Any) -> str:
    """Returns a parameter as one would write it; a slice as in an index.

    >>> readable((slice(None), slice(1, None), -1))
    '[:, 1:, -1]'
    """
    if not isinstance(parameter, tuple) or slice not in map(type, parameter):
        return repr(parameter)
    parts = []
    for part in parameter:
        if isinstance(part, slice):
            first, last, step = (
                "" if x is None else repr(x) for x in (part.start, part.stop, part.step)
            )
            parts.append(f"{first}:{last}:{step}" if step else f"{first}:{last}")
        else:
            parts.append("..." if part is ... else repr(part))
    return f"[{', '.join(parts)}]"


class Recording(NamedTuple):
    """The kernel calls of one run of a function, in order, and what they are between.

    `inputs` are to be filled before a replay, `outputs` hold its results, in the
    structure that the function returned, and `updated` are the Variables that it
    changes.
    """

    inputs: list[Buffer]
    instructions: list[Instruction]
    outputs: Any
    updated: list[Variable]
    kernels: KernelSet


def read_by(instruction: Instruction) -> list[Buffer]:
    """Returns the Buffers whose numbers a call reads."""
    ignored = SHAPE_ONLY.get(instruction.name, ())
    return [
        x
        for position, x in enumerate(instruction.inputs)
        if isinstance(x, Buffer) and position not in ignored
    ]


def written_by(update: Instruction) -> list[Buffer]:
    """Returns the Buffers that an update changes."""
    names = TABLE[update.name].inputs
    return [
        x for x, name in zip(update.inputs, names, strict=True) if name not in ONLY_READ
    ]


def as_tuple(out: Any) -> tuple[Any, ...]:
    """Returns what a kernel call gave as a tuple: several arrays, one or none."""
    if out is None:
        return ()
    return out if isinstance(out, tuple) else (out,)
