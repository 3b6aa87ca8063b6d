"""The metrics given to compile(), resolved when the first batch is known."""

from typing import Any

from minikeras import metrics
from minikeras.metrics.metric import MeanMetricWrapper, Metric
from minikeras.values.naming import name_of_function

ACCURACY = ("accuracy", "acc")


class CompiledMetrics(Metric):
    """Metrics by name, function or object; those that use sample weights, and the
    others.

    Raises: ValueError for what is no list, at compile(); for unknown names at the first
    batch.
    """

    def __init__(self, unweighted: Any = None, weighted: Any = None) -> None:
        super().__init__(name="compile_metrics")
        self.given = {
            "metrics": checked_list("metrics", unweighted),
            "weighted_metrics": checked_list("weighted_metrics", weighted),
        }
        self.unweighted: list[Metric] = []
        self.weighted: list[Metric] = []
        self.names: list[str] = []  # as they were given
        self.keys: list[str] = []  # as logs call them: a repeated name numbered
        self.built = False

    @property
    def metrics(self) -> list[Metric]:
        """The metric objects, once they are known."""
        return [*self.unweighted, *self.weighted]

    def build(self, y: Any, y_pred: Any) -> None:
        """Resolves all names by the shapes of targets and predictions."""
        if self.built:
            return
        unweighted, weighted = self.given["metrics"], self.given["weighted_metrics"]
        names = [name_of(given) for given in (*unweighted, *weighted)]
        self.unweighted = [resolve(given, y, y_pred) for given in unweighted]
        self.weighted = [resolve(given, y, y_pred) for given in weighted]
        self.names = names
        taken: list[str] = []
        for position, name in enumerate(names):
            if position >= len(unweighted) and name in names[: len(unweighted)]:
                name = f"weighted_{name}"
            count = taken.count(name)
            taken.append(name)
            self.keys.append(f"{name}_{count}" if count else name)
        self.built = True

    def update_state(self, y: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Takes one batch in."""
        if not self.built:
            self.build(y, y_pred)
        y_pred = without_history(y_pred)
        for metric in self.unweighted:
            metric.update_state(y, y_pred)
        for metric in self.weighted:
            metric.update_state(y, y_pred, sample_weight=sample_weight)

    def reset_state(self) -> None:
        """Starts all of them anew."""
        for metric in self.metrics:
            metric.reset_state()

    def result(self) -> Any:
        """Returns {key: where the metric stands}."""
        return {
            key: metric.result()
            for key, metric in zip(self.keys, self.metrics, strict=True)
        }


def without_history(y_pred: Any) -> Any:
    """Returns predictions without their graph, with their mask."""
    mask = getattr(y_pred, "_keras_mask", None)
    y_pred = y_pred.detach()
    if mask is not None:
        y_pred._keras_mask = mask
    return y_pred


def checked_list(argument: str, given: Any) -> list[Any]:
    """Returns a list of metrics; a list of one list of them is that list."""
    if given is None:
        return []
    if not isinstance(given, (list, tuple)):
        raise ValueError(
            f"Expected `{argument}` argument to be a list or tuple. Received instead: "
            f"{argument}={given} of type {type(given)}"
        )
    if len(given) == 1 and isinstance(given[0], (list, tuple)):
        given = given[0]
    return list(given)


def name_of(given: Any) -> str:
    """Returns the name that logs use: what was written, or that of the object."""
    if isinstance(given, str):
        return given
    if given is None:
        raise ValueError("Expected a metric, received `None`.")
    return getattr(given, "name", None) or name_of_function(given)


def resolve(given: Any, y: Any, y_pred: Any) -> Metric:
    """Returns the metric object for a name, function or object."""
    if isinstance(given, str) and given.lower() in ACCURACY:
        return accuracy_for(y, y_pred)
    metric = metrics.get(given)
    if isinstance(metric, Metric):
        return metric
    return MeanMetricWrapper(metric, name=name_of(given))


def accuracy_for(y: Any, y_pred: Any) -> Metric:
    """Returns the accuracy that fits the shapes of targets and predictions."""
    if y_pred.shape[-1] == 1:
        return metrics.BinaryAccuracy()
    if y.shape[-1:] == y_pred.shape[-1:] and y.ndim == y_pred.ndim:
        return metrics.CategoricalAccuracy()
    return metrics.SparseCategoricalAccuracy()
