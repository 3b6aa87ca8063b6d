"""`GradientTape`: gradients of a block of code, asked for by name.

Apart from the engine, which records all the time and needs no tape: this is the way of
writing a training step that many know from TensorFlow.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

from minikeras.autograd.backward import backward_steps, count_uses
from minikeras.autograd.recording import enable_grad, mode, no_grad
from minikeras.autograd.value import AnyNode, Leaf, Value
from minikeras.tree import flatten, pack_like
from minikeras.values.variable import Variable


class GradientTape:
    """Gives the gradients of what is computed in its block.

    Trainable Variables are watched by themselves, unless `watch_accessed_variables` is
    False; other values have to be given to `watch`.  `gradient` may be called once, or
    as often as needed if the tape is `persistent`.  Called inside of the block of this
    or another tape, its results can be differentiated again.

    It touches no `v.value.grad`.

    >>> from minikeras import Tensor
    >>> x = Tensor(3.0)
    >>> with GradientTape() as outer:
    ...     outer.watch(x)
    ...     with GradientTape() as tape:
    ...         tape.watch(x)
    ...         y = x * x * x
    ...     slope = tape.gradient(y, x)
    >>> slope, outer.gradient(slope, x)
    (Tensor(27., dtype=float32), Tensor(18., dtype=float32))
    """

    def __init__(
        self, persistent: bool = False, watch_accessed_variables: bool = True
    ) -> None:
        self.persistent = persistent
        self.watch_accessed_variables = watch_accessed_variables
        self._watched: dict[int, tuple[Value, AnyNode]] = {}
        self._made: list[Value] = []  # whose leaves are of this tape
        self._used = False
        self._block: Any = None  # what switches recording on, while it is

    def __enter__(self) -> Self:
        if self._block is not None:
            raise ValueError("This GradientTape is recording already.")
        self._block = enable_grad()
        self._block.__enter__()
        mode.differentiating += 1
        return self

    def __exit__(self, *error: Any) -> None:
        mode.differentiating -= 1
        self._block.__exit__(*error)
        self._block = None
        for x in self._made:
            x.node = None  # what follows is not to be recorded on its account
        self._made.clear()

    def watch(self, tensor: Any) -> None:
        """Makes gradients with respect to a value, or several, possible.

        Raises: RuntimeError outside of the block; TypeError for what has no fractions.
        """
        if self._block is None:
            raise RuntimeError(
                "watch() needs the tape to record: call it inside of `with "
                "GradientTape() as tape:`, before the value is used."
            )
        for x in flatten(tensor):
            if not isinstance(x, Value) or not has_fractions(x):
                raise TypeError(
                    "A tape watches Tensors, Scalars and Variables of a floating-point "
                    f"dtype; got {x!r}. Convert it with ops.convert_to_tensor(x, "
                    "dtype='float32')."
                )
            if x.node is None:
                x.node = Leaf()
                self._made.append(x)
            self._watched[id(x)] = x, x.node

    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: str = "none",
    ) -> Any:
        """Returns ∂target/∂source for each of the sources, in their structure.

        A target with many elements counts as their sum, several targets as the sum of
        all; `output_gradients` are other cotangents than 1.  Where target does not
        depend on source the gradient is None, or zeros if `unconnected_gradients` is
        "zero".

        Raises: RuntimeError for a second call on a tape that is not persistent, or if a
        Variable has been assigned since; ValueError for a target without fractions.
        """
        if unconnected_gradients not in ("none", "zero"):
            raise ValueError(
                "unconnected_gradients must be 'none' or 'zero'; got "
                f"{unconnected_gradients!r}."
            )
        if self._used and not self.persistent:
            raise RuntimeError(
                "A GradientTape gives gradients once: ask for all of them in one call, "
                "or make it with persistent=True."
            )
        self._used = True
        targets = flatten(target)
        cotangents = flatten(output_gradients)
        if output_gradients is None:
            cotangents = [None] * len(targets)
        nodes = [self.node_of(x) for x in flatten(sources)]
        gradients: list[Any] = [None] * len(nodes)
        for y, cotangent in zip(targets, cotangents, strict=True):
            for i, part in enumerate(gradients_of(y, cotangent, nodes)):
                if part is not None:
                    before = gradients[i]
                    gradients[i] = part if before is None else before + part
        if unconnected_gradients == "zero":
            gradients = [
                zeros_like(x) if grad is None else grad
                for x, grad in zip(flatten(sources), gradients, strict=True)
            ]
        return pack_like(sources, gradients)

    @contextmanager
    def stop_recording(self) -> Iterator[None]:
        """Leaves out what a block inside of the tape's block computes."""
        with no_grad():
            yield

    def reset(self) -> None:
        """Forgets what was watched and asked for, as if the block began here."""
        self._watched.clear()
        self._used = False

    def watched_variables(self) -> tuple[Variable, ...]:
        """Returns the Variables that were given to `watch`."""
        return tuple(x for x, _ in self._watched.values() if isinstance(x, Variable))

    def node_of(self, source: Any) -> AnyNode | None:
        """Returns where the gradient of a source arrives; None if it is not watched."""
        if not isinstance(source, Value):
            raise TypeError(
                "The sources of a gradient are Tensors, Scalars or Variables; got "
                f"{source!r} of type {type(source).__name__}."
            )
        if id(source) in self._watched:
            return self._watched[id(source)][1]
        if isinstance(source, Variable) and not self.watch_accessed_variables:
            return None
        return source.node


def gradients_of(
    target: Any, cotangent: Any, nodes: list[AnyNode | None]
) -> list[Value | None]:
    """Returns the gradients of a target with respect to the values of some nodes.

    Leaves come in one walk.  A value in between has one of its own, since the walk does
    not go on behind what it looks for.
    """
    if not isinstance(target, Value) or not has_fractions(target):
        raise ValueError(
            "The target of a gradient must be a Tensor or a Scalar of a floating-point "
            f"dtype; got {target!r}."
        )
    found: dict[AnyNode, Any] = {}
    if target.node is not None:
        count_uses(target.node, only_fresh=True)  # or the values would not be those
        wanted = [x for x in nodes if x is not None]
        leaves = [x for x in wanted if type(x) is Leaf]
        if leaves:
            found |= walk(target, target.node, cotangent, leaves)
        for x in wanted:
            if type(x) is not Leaf:
                found |= walk(target, target.node, cotangent, [x])
    return [None if x is None else found.get(x) for x in nodes]


def walk(
    target: Any, root: AnyNode, cotangent: Any, nodes: Sequence[AnyNode]
) -> dict[AnyNode, Value | None]:
    """Returns {node: gradient} of one walk from the root, a target's node."""
    again = mode.differentiating > 0
    kind = target.result
    grad = target.active.kernels.ones_like(target.data)
    if cotangent is not None:
        grad = target.cotangent(cotangent)
    found: dict[AnyNode, Any] = dict.fromkeys(nodes)
    if root in found:  # a target is its own source
        return found | {root: kind.wrap(grad)}
    if again:
        grad = cotangent if isinstance(cotangent, Value) else kind.wrap(grad)
    steps = backward_steps(
        root,
        grad,
        target.recorded if again else target.active.kernels,
        kind=kind if again else None,
        targets=found,
        retain_graph=True,  # the losses of two tapes may have a part in common
    )
    for _ in steps:
        pass
    return {
        node: x if x is None or isinstance(x, Value) else kind.wrap(x)
        for node, x in found.items()
    }


def has_fractions(x: Value) -> bool:
    """Whether a value is a float, or of a floating-point dtype."""
    return isinstance(x.data, float) or x.data.dtype.kind == "f"


def zeros_like(x: Value) -> Value:
    """Returns zeros that look like a value."""
    return x.result.wrap(x.active.kernels.zeros_like(x.data))
