"""The metrics given to compile(), resolved when the first batch is known."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from minikeras import metrics
from minikeras.metrics.metric import MeanMetricWrapper, Metric
from minikeras.models.compiled_loss import targets_of, weights_of
from minikeras.models.metric_checks import check_metric, note_metric
from minikeras.models.outputs import Outputs
from minikeras.values.naming import name_of_function
from minikeras.values.tensor import Tensor
from minikeras.values.variable import Variable

ACCURACY = ("accuracy", "acc")


class Entry(NamedTuple):
    """A metric, the output that it is of, and what logs call it."""

    position: int
    metric: Metric
    key: str


class CompiledMetrics(Metric):
    """Metrics by name, function or object; those that use sample weights, and the
    others.

    For several outputs they are a list with an entry for each output, a dict by the
    outputs' names, or nested like the outputs; an entry is a metric or a list of them.

    Raises: ValueError for a single name instead of a list, at compile(); for what does
    not fit the outputs, and for unknown names, at the first batch.
    """

    def __init__(
        self,
        unweighted: Any = None,
        weighted: Any = None,
        output_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name="compile_metrics")
        check_collection("metrics", unweighted)
        check_collection("weighted_metrics", weighted)
        self.given = {"metrics": unweighted, "weighted_metrics": weighted}
        self.output_names = output_names
        self.outputs: Outputs | Any = None  # known with the first batch
        self.positions: list[int] = []  # of the outputs that targets are for
        self.unweighted: list[Entry] = []
        self.weighted: list[Entry] = []

    @property
    def entries(self) -> list[Entry]:
        """All metrics with what logs call them, once they are known."""
        return [*self.unweighted, *self.weighted]

    @property
    def metrics(self) -> list[Metric]:
        """The metric objects, once they are known."""
        return [entry.metric for entry in self.entries]

    @property
    def names(self) -> list[str]:
        """The names of the metrics: as they were written, or those of the objects."""
        return [metric.name for metric in self.metrics]

    @property
    def variables(self) -> list[Variable]:
        """The state of all metrics."""
        return [x for metric in self.metrics for x in metric.variables]

    def build(self, y: Any, y_pred: Any, with_loss: Iterable[int] = ()) -> None:
        """Resolves all names by the shapes of targets and predictions.

        `with_loss` are the positions of the outputs that have one: where targets come
        for some outputs only, they are for these and those with metrics.
        """
        if self.outputs is not None:
            return
        outputs = Outputs(y_pred, self.output_names)
        if not any(self.given.values()):
            self.outputs = outputs
            return
        wanted = [spread_metrics(outputs, x, name) for name, x in self.given.items()]
        measured = [i for lists in wanted for i, some in enumerate(lists) if some]
        positions = sorted({*with_loss, *measured})
        targets = targets_of(outputs, y, positions)
        pairs = list(zip(targets, outputs.spread(y_pred, "y_pred"), strict=True))
        taken: dict[str, int] = {}
        unweighted = entries_for(wanted[0], pairs, outputs, False, taken)
        weighted = entries_for(wanted[1], pairs, outputs, True, taken)
        self.unweighted, self.weighted = unweighted, weighted
        self.positions, self.outputs = positions, outputs

    def update_state(self, y: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Takes one batch in."""
        if self.outputs is None:
            self.build(y, y_pred)
        if not self.entries:
            return
        targets = targets_of(self.outputs, y, self.positions)
        predictions = self.outputs.spread(y_pred, "y_pred")
        weights: list[Any] = [None] * len(self.outputs)
        if self.weighted:
            weights = weights_of(self.outputs, sample_weight)
        try:
            for position, metric, _ in self.unweighted:
                metric.update_state(
                    targets[position], without_history(predictions[position])
                )
            for position, metric, _ in self.weighted:
                metric.update_state(
                    targets[position],
                    without_history(predictions[position]),
                    sample_weight=weights[position],
                )
        except Exception as error:
            y, y_pred = targets[position], predictions[position]
            note_metric(error, metric, y, y_pred, self.outputs.of(position))
            raise

    def check_shapes(self, y: Any, y_pred: Any) -> None:
        """Refuses class numbers where a metric compares number by number.

        Raises: ValueError, with the name of the metric.
        """
        if not self.entries:
            return
        targets = targets_of(self.outputs, y, self.positions)
        predictions = self.outputs.spread(y_pred, "y_pred")
        for position, metric, _ in self.entries:
            place = self.outputs.of(position)
            check_metric(metric, targets[position], predictions[position], place)

    def reset_state(self) -> None:
        """Starts all of them anew."""
        for metric in self.metrics:
            metric.reset_state()

    def result(self) -> Any:
        """Returns {key: where the metric stands}."""
        return {entry.key: entry.metric.result() for entry in self.entries}


def spread_metrics(outputs: Outputs, given: Any, argument: str) -> list[list[Any]]:
    """Returns the metrics of each output as they were given."""
    if not given:
        return [[]] * len(outputs)
    if not outputs.several:
        return [leaves_of(given)]
    return [leaves_of(x) for x in outputs.spread(given, argument)]


def entries_for(
    wanted: list[list[Any]],
    pairs: list[tuple[Any, Any]],
    outputs: Outputs,
    weighted: bool,
    taken: dict[str, int],
) -> list[Entry]:
    """Returns the metrics of all outputs, resolved by what these have in `pairs`:
    targets and predictions.

    Raises: ValueError if there are no targets.
    """
    entries = []
    for position, (metrics_of_one, (y, y_pred)) in enumerate(
        zip(wanted, pairs, strict=True)
    ):
        for one in metrics_of_one:
            if y is None:
                raise ValueError(
                    f"Metrics need targets: there are none{outputs.of(position)}. "
                    "Pass y."
                )
            metric = resolve(one, y, y_pred)
            key = key_for(prefix(outputs, position), metric.name, weighted, taken)
            entries.append(Entry(position, metric, key))
    return entries


def leaves_of(given: Any) -> list[Any]:
    """Returns metrics in a list, whatever they are nested in; none for None."""
    if given is None:
        return []
    if isinstance(given, dict) and "class_name" not in given:
        return [x for part in given.values() for x in leaves_of(part)]
    if isinstance(given, (list, tuple)):
        for part in given:
            if part is None:
                raise ValueError("Expected a metric, received `None`.")
        return [x for part in given for x in leaves_of(part)]
    return [given]


def prefix(outputs: Outputs, position: int) -> str:
    """Returns what the name of an output puts before those of its metrics."""
    name = outputs.names[position] if outputs.several else None
    return f"{name}_" if name else ""


def key_for(output: str, name: str, weighted: bool, taken: dict[str, int]) -> str:
    """Returns what logs call a metric: a name that is `taken` already is changed.

    >>> taken = {}
    >>> [key_for("", "mae", False, taken) for _ in range(3)]
    ['mae', 'mae_1', 'mae_2']
    >>> key_for("", "mae", True, taken)
    'weighted_mae'
    """
    key = f"{output}{name}"
    if weighted and key in taken:
        key = f"{output}weighted_{name}"
    count = taken.get(key, 0)
    taken[key] = count + 1
    return f"{key}_{count}" if count else key


def without_history(y_pred: Any) -> Any:
    """Returns predictions without their graph, with their mask; arrays as they are."""
    if not isinstance(y_pred, Tensor):
        return y_pred
    mask = getattr(y_pred, "_keras_mask", None)
    y_pred = y_pred.detach()
    if mask is not None:
        y_pred._keras_mask = mask
    return y_pred


def check_collection(argument: str, given: Any) -> None:
    """Refuses metrics that are in no list, tuple or dict."""
    if given and not isinstance(given, (list, tuple, dict)):
        raise ValueError(
            f"Expected `{argument}` argument to be a list, tuple, or dict. Received "
            f"instead: {argument}={given} of type {type(given)}. Put it in a list: "
            f"{argument}=[{given!r}]."
        )


def name_of(given: Any) -> str:
    """Returns the name that logs use: what was written, or that of the object."""
    if isinstance(given, str):
        return given
    return getattr(given, "name", None) or name_of_function(given)


def resolve(given: Any, y: Any, y_pred: Any) -> Metric:
    """Returns the metric object for a name, function or object."""
    if isinstance(given, str) and given.lower() in ACCURACY:
        return accuracy_for(y, y_pred, given)
    metric = metrics.get(given)
    if not isinstance(metric, Metric):
        return MeanMetricWrapper(metric, name=name_of(metric))
    if isinstance(given, str):
        metric.name = given
    return metric


def accuracy_for(y: Any, y_pred: Any, name: str) -> Metric:
    """Returns the accuracy that fits the shapes of targets and predictions."""
    if y_pred.shape[-1] == 1:
        return metrics.BinaryAccuracy(name)
    if y.shape[-1:] == y_pred.shape[-1:] and y.ndim == y_pred.ndim:
        return metrics.CategoricalAccuracy(name)
    return metrics.SparseCategoricalAccuracy(name)
