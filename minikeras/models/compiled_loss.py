"""The losses given to compile(), resolved when the first batch is known."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minikeras import losses
from minikeras.losses.loss import Loss, LossFunctionWrapper
from minikeras.metrics.metric import Mean
from minikeras.models.loss_terms import (
    Assignment,
    Term,
    assignments,
    label_of,
    structure_at,
    weights_at,
)
from minikeras.models.outputs import Outputs
from minikeras.models.target_checks import (
    check_labels,
    check_shapes,
    hint_at_classes,
    hint_at_logits,
    hint_at_softmax_of_one,
)
from minikeras.values.naming import name_of_function
from minikeras.values.tensor import Tensor

CROSSENTROPY = ("crossentropy", "ce")


class CompiledLoss:
    """The loss of each output, by name, function or object, and their weighted sum.

    One loss is for all outputs; a list is for the outputs in order, a dict by their
    names, and None for an output without a loss.  Where one output has a list of losses
    they add up, and a function may be for a structure of outputs: `loss_terms` says how
    they are found.

    Raises: ValueError at the first batch for what does not fit the outputs, and for a
    name that there is none of.
    """

    def __init__(
        self,
        loss: Any,
        loss_weights: Any = None,
        output_names: Sequence[str] | None = None,
    ) -> None:
        several = isinstance(loss_weights, (list, tuple, dict))
        if not (loss_weights is None or several or is_weight(loss_weights)):
            raise ValueError(
                "Expected `loss_weights` to be a number, or a list or dict of numbers "
                f"for several outputs; got {loss_weights!r}."
            )
        self.given = loss is not None
        self.loss = loss
        self.loss_weights = loss_weights
        self.output_names = output_names
        self.outputs: Outputs | Any = None  # known with the first batch
        self.terms: list[Term] = []
        self.metrics: list[Mean] = []  # the loss of each output, if there are several
        self.classes: list[int] = []  # of each output

    def build(self, y: Any, y_pred: Any) -> None:
        """Resolves all names by the shapes of targets and predictions."""
        if not self.given:
            return
        check_given(y)
        if self.outputs is not None:
            return
        outputs = Outputs(y_pred, self.output_names)
        found = assignments(self.loss, y_pred, outputs)
        if not found:
            raise ValueError(
                "No loss to compute. Provide a `loss` argument in `compile()` that is "
                "not None for every output."
            )
        weights: list[Any] = [self.loss_weights] * len(found)
        if isinstance(self.loss_weights, (list, tuple, dict)):
            weights = weights_at(self.loss_weights, found, outputs)
        self.terms = self._terms(found, weights, outputs, y, y_pred)
        self.outputs = outputs
        if len(self.terms) > 1:
            names = numbered([term.label for term in self.terms])
            self.metrics = [Mean(name=name) for name in names]

    def _terms(
        self,
        found: list[Assignment],
        weights: list[Any],
        outputs: Outputs,
        y: Any,
        y_pred: Any,
    ) -> list[Term]:
        """Returns what each loss is of, with its weight and its name."""
        places = [outputs.within(assignment.path) for assignment in found]
        targets = targets_of(outputs, y, sorted({i for place in places for i in place}))
        predictions = outputs.spread(y_pred, "y_pred")
        terms = []
        for assignment, weight, positions in zip(found, weights, places, strict=True):
            for position in positions:
                if targets[position] is None:
                    raise ValueError(f"There are no targets{outputs.of(position)}.")
            if not is_weight(weight) and weight is not self.loss_weights:
                raise ValueError(
                    f"`loss_weights` needs a number{outputs.of(positions[0])}; got "
                    f"{weight!r} in {self.loss_weights!r}."
                )
            path, structure = assignment.path, structure_at(assignment.path, y_pred)
            term = Term(path, positions, assignment.loss, weight, "", structure)
            function = resolve(
                assignment.loss, term.part(targets), term.part(predictions)
            )
            label = label_of(assignment, positions, outputs, function.name)
            terms.append(term._replace(function=function, label=label))
        return terms

    def reset_state(self) -> None:
        """Starts the means of the outputs' losses anew."""
        for metric in self.metrics:
            metric.reset_state()

    def check_labels(self, y: Any) -> None:
        """Looks at all targets before training, where a loss knows which are wrong.

        Raises: ValueError for labels with a fraction or outside [0, classes), and for
        probabilities outside [0, 1].
        """
        if not self.classes:
            return
        targets = self.targets(y)
        for _, [position], function, *_ in self.simple_terms():
            place = self.outputs.of(position)
            check_labels(function, targets[position], self.classes[position], place)

    def check_shapes(self, y: Any, y_pred: Any) -> None:
        """Refuses targets that would be broadcast against predictions silently.

        Also warns of logits that are taken for probabilities.

        Raises: ValueError if the shapes do not fit.
        """
        targets = self.targets(y)
        predictions = self.outputs.spread(y_pred, "y_pred")
        self.classes = [0] * len(self.outputs)
        for _, [position], function, *_ in self.simple_terms():
            prediction, place = predictions[position], self.outputs.of(position)
            axis = getattr(function, "keywords", {}).get("axis")
            axis = axis if isinstance(axis, int) else -1
            self.classes[position] = prediction.shape[axis] if prediction.ndim else 1
            check_shapes(function, targets[position], prediction, place)
            hint_at_logits(function, prediction, place)
            hint_at_softmax_of_one(function, prediction, place)

    def hint_at_class_weight(self, class_weight: dict[int, float] | None) -> None:
        """Warns of weights for classes that no sample can be in."""
        terms = self.simple_terms() if class_weight and self.classes else []
        for _, [position], function, *_ in terms:
            hint_at_classes(function, class_weight, self.classes[position])

    @property
    def positions(self) -> list[int]:
        """Which outputs have a loss."""
        return sorted({i for term in self.terms for i in term.positions})

    def targets(self, y: Any) -> list[Any]:
        """Returns the targets of each output; None for one without a loss."""
        return targets_of(self.outputs, y, self.positions)

    def simple_terms(self) -> list[Term]:
        """Returns the losses of single outputs: what others are of, is their own."""
        return [term for term in self.terms if term.path in self.outputs.paths]

    def __call__(self, y: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        """Returns the weighted sum of the losses of a batch, as a 0-d Tensor."""
        if self.outputs is None:
            self.build(y, y_pred)
        check_given(y)
        targets = self.targets(y)
        predictions = self.outputs.spread(y_pred, "y_pred")
        weights = weights_of(self.outputs, sample_weight)
        total = None
        for number, term in enumerate(self.terms):
            _, positions, function, weight, *_ = term
            value = function(
                term.part(targets),
                term.part(predictions),
                weights_for(positions, weights),
            )
            if value.ndim:
                place = self.outputs.of(positions[0])
                raise ValueError(
                    f"The loss {function.name}{place} must return "
                    f"one number per batch; it has shape {value.shape}. Give it a "
                    "reduction other than 'none'."
                )
            if self.metrics:
                mean = self.metrics[number]
                samples = predictions[positions[0]].shape[0]
                mean.update_state(value.detach(), sample_weight=samples)
            if weight is not None:
                value = value * weight
            total = value if total is None else total + value
        assert total is not None  # there is a term, or building has refused
        return total


def is_weight(weight: Any) -> bool:
    """Whether something is a single number, or holds one."""
    if isinstance(weight, (np.ndarray, np.generic)):
        return weight.ndim == 0
    return isinstance(weight, (int, float, Tensor))


def resolve(loss: Any, y: Any, y_pred: Any) -> Loss:
    """Returns the loss object for a name, function, class or object."""
    name = loss if isinstance(loss, str) else None
    if name is not None and name.lower() in CROSSENTROPY:
        loss = crossentropy_for(y, y_pred)
    found = losses.get(loss)
    if isinstance(found, Loss):
        return found
    return LossFunctionWrapper(found, name=name or name_of_function(found))


def targets_of(outputs: Outputs, y: Any, wanted: list[int]) -> list[Any]:
    """Returns the targets of each output.

    A list may leave out those of outputs without a loss; where only one has a loss,
    there may be no list.
    """
    if len(wanted) == 1 < len(outputs) and not isinstance(y, (list, tuple, dict)):
        y = [y]
    if isinstance(y, (list, tuple)) and len(y) == len(wanted) < len(outputs):
        targets = [None] * len(outputs)
        for position, target in zip(wanted, y, strict=True):
            targets[position] = target
        return targets
    return outputs.spread(y, "y")


def weights_of(outputs: Outputs, sample_weight: Any) -> list[Any]:
    """Returns the weights of samples for each output; one array is for all."""
    if not isinstance(sample_weight, (list, tuple, dict)):
        return [sample_weight] * len(outputs)
    return outputs.spread(sample_weight, "sample_weight")


def weights_for(positions: list[int], weights: list[Any]) -> Any:
    """Returns the weights of samples for a loss of some outputs.

    Raises: ValueError if these have not the same weights.
    """
    first = weights[positions[0]]
    if any(weights[position] is not first for position in positions):
        raise ValueError(
            "A loss of several outputs needs one `sample_weight` for all of them; got "
            "a structure of several."
        )
    return first


def numbered(names: list[str]) -> list[str]:
    """Returns the names of the outputs' losses in logs, each once.

    >>> numbered(["a", "mse", "mse"])
    ['a_loss', 'mse_loss', 'mse_loss_1']
    """
    found: list[str] = []
    for position, name in enumerate(names):
        count = names[:position].count(name)
        found.append(f"{name}_loss_{count}" if count else f"{name}_loss")
    return found


def check_given(y: Any, x: Any = None) -> None:
    """Refuses a batch without targets."""
    if y is None:
        hint = ""
        if isinstance(x, tuple) and len(x) in (2, 3):
            hint = (
                f" x is a tuple of {len(x)}: were x and y put into one? Pass them as "
                "two arguments."
            )
        raise ValueError(f"The loss of compile() needs targets: pass y.{hint}")


def crossentropy_for(y: Any, y_pred: Any) -> str:
    """Returns the crossentropy that fits the shapes of targets and predictions."""
    if y_pred.shape[-1] == 1:
        return "binary_crossentropy"
    if y.shape[-1:] == y_pred.shape[-1:] and y.ndim == y_pred.ndim:
        return "categorical_crossentropy"
    return "sparse_categorical_crossentropy"
