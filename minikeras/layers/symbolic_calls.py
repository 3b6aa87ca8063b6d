"""Calls of layers on symbolic tensors: what a graph keeps of them."""

from typing import Any

from minikeras.layers.context import context
from minikeras.layers.masks import mask_of
from minikeras.layers.notes import note_layer
from minikeras.layers.signatures import arguments_of, by_keyword
from minikeras.ops.operation import Operation
from minikeras.tree import flatten
from minikeras.values.node import Node, without_history
from minikeras.values.symbolic import KerasTensor


class SymbolicCalls(Operation):
    """The part of a layer that makes nodes; see "The functional API" in
    docs/architecture.md.
    """

    autocast: bool
    compute_dtype: Any

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """Returns symbolic outputs, and makes a node of the call."""
        try:
            outputs = self.compute_output_spec(*args, **kwargs)
        except Exception as error:
            note_layer(error, self, args[0] if args else kwargs)
            raise
        outputs = without_history(outputs, (args, kwargs))
        Node(self, args, self._arguments_of_node(args, kwargs), outputs)
        self._record_masks(args, kwargs, outputs)
        return outputs

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """Returns the mask of the output."""
        raise NotImplementedError(f"{self._class_name} defines no compute_mask().")

    def _record_masks(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], outputs: Any
    ) -> None:
        """Makes the masks of the outputs a part of the graph, if they can be one."""
        tensors = flatten(outputs)
        if all(mask_of(x) is None for x in tensors):
            return
        (inputs, *_), kwargs = by_keyword(type(self).call, args, kwargs)
        mask = kwargs.get("mask")
        masks = self.compute_mask(inputs, mask_of(inputs) if mask is None else mask)
        for x, mask in zip(tensors, flatten(masks), strict=False):
            if mask_of(x) is not None and isinstance(mask, KerasTensor):
                x._keras_mask = mask

    def _arguments_of_node(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> dict[str, Any]:
        """Returns the keyword arguments that a node keeps, and a file shows.

        As in Keras, those that a layer fills in by itself are among them if it was
        called with a single tensor.
        """
        if kwargs or len(args) != 1 or not isinstance(args[0], KerasTensor):
            return kwargs
        if self.autocast and args[0].dtype != self.compute_dtype:
            return kwargs
        filled = dict(kwargs)
        accepted = arguments_of(type(self).call)
        training = context.training
        if training is None:
            training = accepted.get("training")
        if "training" in accepted and training is not None:
            filled["training"] = training
        if "mask" in accepted:
            mask = mask_of(args[0])
            if mask is None or mask._keras_history is not None:
                filled["mask"] = mask
        return filled
