"""Dtype policies: what a layer computes in, and what it keeps its weights in.

The two differ in mixed precision only: float16 halves the memory of what flows between
layers, and weights in float32 still notice small updates.
"""

from typing import Any, Self

from minikeras.values.dtypes import FLOATS, floatx, standardize_dtype
from minikeras.values.tensor import Tensor, as_tensor, cast
from minikeras.values.types import DType

_settings: dict[str, str | None] = {"policy": None}


class DTypePolicy:
    """A pair of dtypes, by name: "float32", "mixed_float16", …

    `compute_dtype` is that of what a layer computes with and returns, `variable_dtype`
    that of its weights.  Without a name it is the policy of `dtype_policy()`.

    >>> policy = DTypePolicy("mixed_float16")
    >>> policy.compute_dtype, policy.variable_dtype
    ('float16', 'float32')

    Raises: TypeError if the name is no string; ValueError if it names no policy.
    """

    def __init__(self, name: str | None = None) -> None:
        if name is None:
            name = global_name()
        elif not isinstance(name, str):
            raise TypeError(
                "The name of a dtype policy is a string, such as 'mixed_float16'; got "
                f"{name!r} of type {type(name).__name__}."
            )
        self.name = name
        self.compute_dtype, self.variable_dtype = dtypes_of(name)

    @property
    def quantization_mode(self) -> None:
        """None: nothing is quantized here."""
        return None

    def convert_input(self, x: Any, autocast: bool, dtype: DType) -> Any:
        """Returns x as a Tensor, floats in a dtype if `autocast` says so.

        What is neither Tensor nor array is left alone.
        """
        if not isinstance(x, Tensor) and not hasattr(x, "__array__"):
            return x
        x = as_tensor(x)
        return cast(x, dtype) if autocast and x.dtype in FLOATS else x

    def get_config(self) -> dict[str, Any]:
        """Returns what `from_config` needs."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Makes a policy from what `get_config` returned."""
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f'<DTypePolicy "{self.name}">'


def dtypes_of(name: str) -> tuple[str, str]:
    """Returns what a policy, by name, computes in, and what it keeps weights in."""
    if name == "mixed_float16":
        return "float16", "float32"
    if "bfloat16" in name:
        raise ValueError(
            f"The dtype policy {name!r} is not available: NumPy has no bfloat16. "
            "Choose 'mixed_float16' or 'float32'."
        )
    try:
        dtype = standardize_dtype(name)
    except ValueError:
        raise ValueError(
            f"Cannot convert {name!r} to a dtype policy: that is 'mixed_float16', or "
            "the name of a dtype, such as 'float32'."
        ) from None
    return dtype, dtype


def dtype_policy() -> DTypePolicy:
    """Returns the policy of layers that name none: that of floatx, unless it was set.

    >>> dtype_policy()
    <DTypePolicy "float32">
    """
    return DTypePolicy(global_name())


def set_dtype_policy(policy: str | DTypePolicy) -> None:
    """Sets the policy of all layers made from now on that name none.

    Raises: ValueError for what is no policy.
    """
    if isinstance(policy, str):
        policy = DTypePolicy(policy)
    if not isinstance(policy, DTypePolicy):
        raise ValueError(
            "Expected the name of a policy, such as 'mixed_float16', or a DTypePolicy; "
            f"got {policy!r} of type {type(policy).__name__}."
        )
    _settings["policy"] = policy.name


def global_name() -> str:
    """Returns the name of the policy that was set, else floatx."""
    return _settings["policy"] or floatx()


def reset_dtype_policy() -> None:
    """Makes floatx decide again."""
    _settings["policy"] = None


def get(identifier: DType | DTypePolicy | dict[str, Any] | None) -> DTypePolicy:
    """Returns a policy, given by name, by dtype, as configuration, or as it is.

    None is the policy of `dtype_policy()`.

    Raises: ValueError for what is none of these.
    """
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return DTypePolicy(identifier)
    try:
        name = standardize_dtype(identifier)
    except (TypeError, ValueError):
        raise ValueError(
            "A dtype is the name of a dtype or of a policy, such as 'float32' or "
            f"'mixed_float16', or a DTypePolicy; got {identifier!r}."
        ) from None
    return DTypePolicy(name)


def serialize(policy: DTypePolicy) -> dict[str, Any]:
    """Returns the configuration of a policy, as Keras writes it.

    >>> serialize(DTypePolicy("float32"))["config"]
    {'name': 'float32'}
    """
    return {
        "module": "keras",
        "class_name": "DTypePolicy",
        "config": policy.get_config(),
        "registered_name": None,
    }


def deserialize(
    config: dict[str, Any], custom_objects: dict[str, Any] | None = None
) -> DTypePolicy:
    """Makes a policy from its configuration.

    Raises: ValueError for a class that is none of these policies.
    """
    name = config.get("class_name")
    classes = {"DTypePolicy": DTypePolicy, **(custom_objects or {})}
    if name not in classes:
        raise ValueError(
            f"There is no dtype policy of class {name!r} here: quantized ones are not "
            "available. Choose 'float32' or 'mixed_float16'."
        )
    if not isinstance(config.get("config"), dict):
        raise ValueError(
            "The configuration of a dtype policy has class_name, and config, a dict; "
            f"got {config!r:.300}."
        )
    policy: DTypePolicy = classes[name].from_config(config["config"])
    return policy
