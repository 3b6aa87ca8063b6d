"""Where draws start from: seeds, generators, and the state that they keep.

Separate from the distributions, which all ask here for their numbers.
"""

import random as python_random
from collections.abc import Mapping, Sequence
from typing import Any, Self, TypeAlias

import numpy as np

from minikeras.saving.saveable import Saveable
from minikeras.values import KerasTensor, Tensor, Variable
from minikeras.values.naming import auto_name

# Python's own generator chooses the seeds of those who name none.
_seeds = python_random.Random()
_global_generator: list["SeedGenerator"] = []


class SeedGenerator(Saveable):
    """The state of a sequence of draws: a Variable [seed, counter].

    Each draw uses the pair, and adds 1 to the counter.  The Variable lets a model save
    where it was, and lets a recorded training step draw new numbers in every replay.

    >>> generator = SeedGenerator(1337)
    >>> generator.next(), generator.next()
    (Tensor([1337 0], dtype=uint32), Tensor([1337 1], dtype=uint32))

    Raises: ValueError if the seed is no integer.
    """

    def __init__(
        self, seed: int | None = None, name: str | None = None, **kwargs: Any
    ) -> None:
        if kwargs:
            raise ValueError(f"Unrecognized keyword arguments: {kwargs}.")
        if seed is not None and not is_whole(seed):
            raise ValueError(
                f"Argument `seed` must be an integer. Received: seed={seed!r}"
            )
        self.name = name or auto_name("SeedGenerator")
        self._initial_seed = seed
        seed = new_seed() if seed is None else int(seed)
        self.state = Variable(
            np.array([seed % 2**32, 0], "uint32"),
            trainable=False,
            name="seed_generator_state",
        )
        self.state.path = f"{self.name}/seed_generator_state"

    def next(self, ordered: bool = True) -> Tensor:
        """Returns the current pair, and moves on.

        If not `ordered`, seed and counter both jump: s ← 5387 (s + 1) mod 933199.
        """
        state = self.state
        current = state.active.kernels.copy(state.data)
        if ordered:
            state.active.kernels.advance_seed(state.data)
        else:
            state.assign((state + 1) * 5387 % 933199)
        return Tensor.wrap(current)

    def dropout_mask(self, shape: Sequence[int], rate: float, dtype: str) -> Tensor:
        """Returns 0 with probability `rate`, else 1 / (1 - rate), and moves on."""
        return draw(self, "dropout_mask", shape=shape, rate=rate, dtype=dtype)

    def _saved_variables(self) -> list[Variable]:
        return [self.state]

    def _stays_as_it_is(self, store: Mapping[str, Any]) -> bool:
        """Keras saves no random states: without one in the file it stays as it is."""
        return not store

    def get_config(self) -> dict[str, Any]:
        """Returns what `from_config` needs; the counter is in `state`."""
        return {"seed": self._initial_seed, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Makes a generator from what `get_config` returned."""
        return cls(**config)


# What the drawing starts from: see the docstring of `minikeras.random`.
Seed: TypeAlias = int | SeedGenerator | None


def is_whole(value: Any) -> bool:
    """Whether a value is an integer, of Python or NumPy."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def new_seed() -> int:
    """Returns a seed for somebody who was given none."""
    return _seeds.randint(1, 10**9)


def set_seed(seed: int) -> None:
    """Starts anew all draws that name no seed, and the choice of seeds for them."""
    state = global_generator().state  # the same one: a recorded step may draw from it
    _seeds.seed(seed)
    state.assign(np.array([new_seed(), 0], state.dtype))


def get_state() -> dict[str, Any]:
    """Returns where the choice of seeds is, for those who name none, as plain values.

    The state of the generator that draws for them is `global_generator().state`.
    """
    return state_of(_seeds)


def set_state(state: dict[str, Any]) -> None:
    """Goes on choosing seeds from what `get_state` returned."""
    set_state_of(_seeds, state)


def state_of(generator: Any) -> dict[str, Any]:
    """Returns the state of one of Python's generators, or of its module `random`."""
    version, words, normal = generator.getstate()
    return {
        "version": version,
        "words": np.array(words, "uint32"),
        "next_normal": normal,
    }


def set_state_of(generator: Any, state: dict[str, Any]) -> None:
    """Sets a generator to what `state_of` returned."""
    words = tuple(int(word) for word in state["words"])
    generator.setstate((state["version"], words, state["next_normal"]))


def global_generator() -> SeedGenerator:
    """Returns the generator that serves all draws without a seed."""
    if not _global_generator:
        _global_generator.append(SeedGenerator(name="global_seed_generator"))
    return _global_generator[0]


def draw(
    seed: Seed,
    kernel: str,
    kind: type[Tensor] = Tensor,
    inputs: Sequence[Any] = (),
    **parameters: Any,
) -> Tensor:
    """Calls a random kernel with the state that a seed stands for, and plain `inputs`.

    Of a shape that is not known nothing is drawn: the result is symbolic.

    Raises: ValueError if the seed is neither an int, a SeedGenerator nor None.
    """
    if None in parameters.get("shape", ()):
        kind = KerasTensor
    k = kind.active.kernels
    if seed is None:
        seed = global_generator()
    if isinstance(seed, SeedGenerator):
        out = getattr(k, kernel)(seed.state.data, *inputs, **parameters)
        k.advance_seed(seed.state.data)
        return kind.wrap(out)
    if not is_whole(seed):
        raise ValueError(
            "Argument `seed` must be either an integer or an instance of "
            f"`SeedGenerator`. Received: seed={seed!r} (of type {type(seed)})"
        )
    state = np.array([int(seed) % 2**32, 0])
    return kind.wrap(getattr(k, kernel)(state, *inputs, **parameters))
