"""The dtypes of a layer: what it computes in, and what it keeps its weights in."""

from typing import Any, NoReturn

from minikeras import dtype_policies
from minikeras.dtype_policies import DTypePolicy
from minikeras.values.types import DType
from minikeras.values.variable import Variable


class Precision:
    """The part of a layer that knows its dtypes."""

    name: str
    autocast: bool
    _own_weights: list[Variable]

    def _set_policy(self, policy: DTypePolicy) -> None:
        """Notes what the policy says, where every call looks."""
        self._dtype_policy = policy
        self.compute_dtype = policy.compute_dtype
        self.variable_dtype = policy.variable_dtype
        self._mixes = self.autocast and policy.compute_dtype != policy.variable_dtype

    @property
    def dtype_policy(self) -> DTypePolicy:
        """What the layer computes in, and what it keeps its weights in.

        Raises: ValueError when it is set and the layer has weights that were made for
        another one.
        """
        return self._dtype_policy

    @dtype_policy.setter
    def dtype_policy(self, value: DType | DTypePolicy | dict[str, Any] | None) -> None:
        policy = dtype_policies.get(value)
        if self._own_weights and policy != self._dtype_policy:
            raise ValueError(
                f'Layer "{self.name}" has weights for {self._dtype_policy}: set its '
                "dtype_policy before it is built."
            )
        self._set_policy(policy)

    @property
    def dtype(self) -> str:
        """The dtype of the weights, `variable_dtype`; `compute_dtype` is the other."""
        return self.variable_dtype

    @property
    def input_dtype(self) -> str:
        """The dtype that floating-point inputs are cast to: what it computes in."""
        return self.compute_dtype

    @property
    def quantization_mode(self) -> None:
        """None: nothing is quantized here."""
        return None

    def quantize(
        self, mode: str | None = None, type_check: bool = True, config: Any = None
    ) -> NoReturn:
        """Refuses: there are no quantized weights here.

        Raises: NotImplementedError, always.
        """
        raise NotImplementedError(
            f'Layer "{self.name}" cannot be quantized to {mode!r}: there are no '
            "quantized weights here. To halve the memory of what is computed, make the "
            "layer with dtype='mixed_float16'."
        )

    def quantized_build(self, input_shape: Any, mode: str) -> NoReturn:
        """Refuses, as `quantize` does.

        Raises: NotImplementedError, always.
        """
        self.quantize(mode)
