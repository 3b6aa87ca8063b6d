"""The losses given to compile(), resolved when the first batch is known."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from minikeras import losses
from minikeras.losses.loss import Loss, LossFunctionWrapper
from minikeras.metrics.metric import Mean
from minikeras.models.outputs import Outputs
from minikeras.models.target_checks import (
    check_labels,
    check_shapes,
    hint_at_logits,
    hint_at_softmax_of_one,
)
from minikeras.values.naming import name_of_function
from minikeras.values.tensor import Tensor

CROSSENTROPY = ("crossentropy", "ce")


class Term(NamedTuple):
    """The loss of one output, and its weight in the total."""

    position: int
    function: Loss
    weight: Any  # None, a number, or a Tensor that a callback may assign


class CompiledLoss:
    """The loss of each output, by name, function or object, and their weighted sum.

    One loss is for all outputs; a list is for the outputs in order, a dict by their
    names, and None for an output without a loss.

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
        given = self.spread_losses(outputs)
        weights = self.spread_weights(outputs, given)
        wanted = [position for position, loss in enumerate(given) if loss is not None]
        if not wanted:
            raise ValueError(
                "No loss to compute. Provide a `loss` argument in `compile()` that is "
                "not None for every output."
            )
        targets = targets_of(outputs, y, wanted)
        predictions = outputs.spread(y_pred, "y_pred")
        terms, names = [], []
        for position in wanted:
            y_true = targets[position]
            if y_true is None:
                raise ValueError(f"There are no targets{outputs.of(position)}.")
            function = resolve(given[position], y_true, predictions[position])
            terms.append(Term(position, function, weights[position]))
            names.append(outputs.label(position) or function.name)
        self.terms, self.outputs = terms, outputs
        if len(terms) > 1:
            self.metrics = [Mean(name=name) for name in numbered(names)]

    def spread_losses(self, outputs: Outputs) -> list[Any]:
        """Returns the loss of each output as it was given."""
        loss = self.loss
        if not isinstance(loss, (list, tuple, dict)):
            return [loss] * len(outputs)
        named = outputs.flat and not outputs.is_dict and None not in outputs.names
        if named and isinstance(loss, dict) and set(loss) != set(outputs.names):
            raise ValueError(
                f"Expected keys {outputs.names} in loss dict, but found "
                f"loss.keys()={list(loss)}. Give None for an output without loss."
            )
        return outputs.spread(loss, "loss")

    def spread_weights(self, outputs: Outputs, given: list[Any]) -> list[Any]:
        """Returns the weight of each output's loss; None where none was given."""
        weights = self.loss_weights
        if weights is None or is_weight(weights):
            return [weights] * len(outputs)
        found = outputs.spread(weights, "loss_weights")
        for position, weight in enumerate(found):
            if given[position] is not None and not is_weight(weight):
                raise ValueError(
                    f"`loss_weights` needs a number{outputs.of(position)}; got "
                    f"{weight!r} in {weights!r}."
                )
        return found

    def reset_state(self) -> None:
        """Starts the means of the outputs' losses anew."""
        for metric in self.metrics:
            metric.reset_state()

    def check_labels(self, y: Any) -> None:
        """Looks at all targets before training, where a loss knows which are wrong.

        Raises: ValueError for labels with a fraction or outside [0, classes), and for
        probabilities outside [0, 1].
        """
        if not self.terms:
            return
        targets = self.targets(y)
        for position, function, _ in self.terms:
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
        for position, function, _ in self.terms:
            prediction, place = predictions[position], self.outputs.of(position)
            axis = getattr(function, "keywords", {}).get("axis")
            axis = axis if isinstance(axis, int) else -1
            self.classes[position] = prediction.shape[axis] if prediction.ndim else 1
            check_shapes(function, targets[position], prediction, place)
            hint_at_logits(function, prediction, place)
            hint_at_softmax_of_one(function, prediction, place)

    def targets(self, y: Any) -> list[Any]:
        """Returns the targets of each output; None for one without a loss."""
        return targets_of(self.outputs, y, [term.position for term in self.terms])

    def __call__(self, y: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        """Returns the weighted sum of the losses of a batch, as a 0-d Tensor."""
        if self.outputs is None:
            self.build(y, y_pred)
        check_given(y)
        targets = self.targets(y)
        predictions = self.outputs.spread(y_pred, "y_pred")
        weights = weights_of(self.outputs, sample_weight)
        total = None
        for number, (position, function, weight) in enumerate(self.terms):
            prediction = predictions[position]
            value = function(targets[position], prediction, weights[position])
            if value.ndim:
                raise ValueError(
                    f"The loss {function.name}{self.outputs.of(position)} must return "
                    f"one number per batch; it has shape {value.shape}. Give it a "
                    "reduction other than 'none'."
                )
            if self.metrics:
                mean = self.metrics[number]
                mean.update_state(value.detach(), sample_weight=prediction.shape[0])
            if weight is not None:
                value = value * weight
            total = value if total is None else total + value
        assert total is not None  # there is a term, or building has refused
        return total


def is_weight(weight: Any) -> bool:
    """Whether something is a single number, or holds one."""
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

    A list may leave out those of outputs without a loss.
    """
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


def check_given(y: Any) -> None:
    """Refuses a batch without targets."""
    if y is None:
        raise ValueError("The loss of compile() needs targets: pass y.")


def crossentropy_for(y: Any, y_pred: Any) -> str:
    """Returns the crossentropy that fits the shapes of targets and predictions."""
    if y_pred.shape[-1] == 1:
        return "binary_crossentropy"
    if y.shape[-1:] == y_pred.shape[-1:] and y.ndim == y_pred.ndim:
        return "categorical_crossentropy"
    return "sparse_categorical_crossentropy"
