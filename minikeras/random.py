"""Random numbers: distributions, and where the state of the drawing is kept.

Every draw is a function of a pair (seed, counter) and of nothing else, so it can be
repeated: an int as seed gives the same numbers at every call, a SeedGenerator others
each time, and no seed at all those of one generator that `set_seed` starts anew.
"""

import operator
import random as python_random
from collections.abc import Mapping, Sequence
from typing import Any, Self, TypeAlias

import numpy as np

from minikeras import absent
from minikeras.primitives import elementwise, indexing, reduction, shape
from minikeras.saving.saveable import Saveable
from minikeras.values import KerasTensor, Tensor, Variable
from minikeras.values.dtypes import is_float, is_int, standardize_dtype
from minikeras.values.naming import auto_name
from minikeras.values.tensor import as_float, as_tensor, cast
from minikeras.values.types import DType, ShapeLike, TensorLike

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


# What the drawing starts from: see the docstring of this module.
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
    seed: Seed, kernel: str, kind: type[Tensor] = Tensor, **parameters: Any
) -> Tensor:
    """Calls a random kernel with the state that a seed stands for.

    Of a shape that is not known nothing is drawn: the result is symbolic.

    Raises: ValueError if the seed is neither an int, a SeedGenerator nor None.
    """
    if None in parameters.get("shape", ()):
        kind = KerasTensor
    k = kind.active.kernels
    if seed is None:
        seed = global_generator()
    if isinstance(seed, SeedGenerator):
        out = getattr(k, kernel)(seed.state.data, **parameters)
        k.advance_seed(seed.state.data)
        return kind.wrap(out)
    if not is_whole(seed):
        raise ValueError(
            "Argument `seed` must be either an integer or an instance of "
            f"`SeedGenerator`. Received: seed={seed!r} (of type {type(seed)})"
        )
    return kind.wrap(getattr(k, kernel)(np.array([int(seed) % 2**32, 0]), **parameters))


def normal(
    shape: Sequence[int],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: DType | None = None,
    seed: Seed = None,
) -> Tensor:
    """Draws from the normal distribution.

    Shapes: `shape`.
    Raises: ValueError if the dtype is no floating-point one.
    """
    return draw(
        seed,
        "random_normal",
        shape=sides(shape),
        mean=float(mean),
        stddev=float(stddev),
        dtype=float_dtype(dtype, "normal"),
    )


def truncated_normal(
    shape: Sequence[int],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: DType | None = None,
    seed: Seed = None,
) -> Tensor:
    """Draws from the normal distribution between mean ± 2 stddev.

    Shapes: `shape`.
    Raises: ValueError if the dtype is no floating-point one.
    """
    return draw(
        seed,
        "random_truncated_normal",
        shape=sides(shape),
        mean=float(mean),
        stddev=float(stddev),
        dtype=float_dtype(dtype, "truncated_normal"),
    )


def uniform(
    shape: Sequence[int],
    minval: float = 0.0,
    maxval: float = 1.0,
    dtype: DType | None = None,
    seed: Seed = None,
) -> Tensor:
    """Draws numbers that are equally likely everywhere in [minval, maxval).

    Shapes: `shape`.
    Raises: ValueError if the dtype is no floating-point one.
    """
    return draw(
        seed,
        "random_uniform",
        shape=sides(shape),
        low=float(minval),
        high=float(maxval),
        dtype=float_dtype(dtype, "uniform"),
    )


def randint(
    shape: Sequence[int],
    minval: int,
    maxval: int,
    dtype: DType = "int32",
    seed: Seed = None,
) -> Tensor:
    """Draws integers that are equally likely, from minval to maxval - 1.

    Shapes: `shape`.
    Raises: ValueError if there are none, or the dtype is no integer one.
    """
    dtype = standardize_dtype(dtype)
    if not is_int(dtype):
        raise ValueError(
            f"randint requires an integer `dtype`. Received: dtype={dtype}"
        )
    low, high = operator.index(minval), operator.index(maxval)
    return draw(
        seed, "random_integers", shape=sides(shape), low=low, high=high, dtype=dtype
    )


def categorical(
    logits: TensorLike, num_samples: int, dtype: DType = "int32", seed: Seed = None
) -> Tensor:
    """Draws classes: class j of a row with probability softmax(logits)_j.

    A uniform number u falls into the part of [0, 1) that belongs to a class, as wide as
    its probability: the class is how many of the running sums are ≤ u.

    Shapes: logits (n, classes) → (n, num_samples).
    Raises: ValueError if logits have another number of axes.
    """
    logits = as_float(logits)
    if logits.ndim != 2:
        raise ValueError(
            "categorical needs logits of shape (rows, classes); got shape "
            f"{logits.shape}."
        )
    total = reduction.logsumexp(logits, axis=1, keepdims=True)
    probabilities = elementwise.exp(
        cast(elementwise.subtract(logits, total), "float64")
    )
    sums = reduction.cumsum(probabilities, axis=1, reverse=False)
    # Rounding must not leave a gap below 1 that belongs to no class.
    sums = elementwise.divide(sums, indexing.getitem(sums, key=(..., slice(-1, None))))
    samples = (logits.shape[0], operator.index(num_samples), 1)
    u = draw(
        seed,
        "random_uniform",
        logits.result,
        shape=samples,
        low=0.0,
        high=1.0,
        dtype="float64",
    )
    passed = elementwise.less_equal(shape.expand_dims(sums, axis=1), u)
    drawn = reduction.sum(cast(passed, "int32"), axis=2, keepdims=False)
    return cast(drawn, standardize_dtype(dtype))


def shuffle(x: TensorLike, axis: int = 0, seed: Seed = None) -> Tensor:
    """Puts the slices along an axis in a random order.

    The order is that of random numbers, one drawn for each slice.
    """
    x = as_tensor(x)
    kind, sides = x.result, (x.shape[axis],)
    keys = draw(
        seed, "random_uniform", kind, shape=sides, low=0.0, high=1.0, dtype="float64"
    )
    return indexing.take(x, indexing.argsort(keys, axis=0), axis=axis)


def dropout(
    inputs: TensorLike,
    rate: float,
    noise_shape: ShapeLike | None = None,
    seed: Seed = None,
) -> Tensor:
    """Zeroes each element with probability `rate`, and divides the others by 1 - rate.

    Elements share their fate along the axes where `noise_shape` is 1; None in it stands
    for the size of the inputs.

    Raises: ValueError if the rate is outside of [0, 1].
    Source: Srivastava et al., Dropout (2014).
    """
    inputs = as_float(inputs)
    if not 0 <= rate <= 1:
        raise ValueError(f"dropout needs a rate between 0 and 1; got rate={rate!r}.")
    if rate == 0:
        return inputs
    sides = inputs.shape
    if noise_shape is not None:
        pairs = zip(inputs.shape, noise_shape, strict=True)
        sides = tuple(side if noise is None else noise for side, noise in pairs)
    mask = draw(
        seed,
        "dropout_mask",
        inputs.result,
        shape=sides,
        rate=float(rate),
        dtype=inputs.dtype,
    )
    return elementwise.multiply(inputs, mask)


def sides(shape: Sequence[int]) -> tuple[int, ...]:
    """Returns a shape as a tuple of ints."""
    return tuple(operator.index(side) for side in shape)


def float_dtype(dtype: DType | None, name: str) -> str:
    """Returns the name of a floating-point dtype, `floatx` for None."""
    dtype = standardize_dtype(dtype)
    if not is_float(dtype):
        raise ValueError(
            f"random.{name} requires a floating point `dtype`. Received: dtype={dtype}"
        )
    return dtype


def __getattr__(name: str) -> object:
    """Says of names of Keras that they are not here yet."""
    raise absent.no_such_name("random", name)
