"""The first part of a model that trains: what to minimize and what to measure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from minikeras import optimizers
from minikeras.layers.layer import Layer
from minikeras.layers.state import parts_in, unique, walk
from minikeras.metrics.metric import Mean, Metric
from minikeras.models.compiled_loss import CompiledLoss
from minikeras.models.compiled_metrics import CompiledMetrics
from minikeras.models.fit_arguments import whole_number
from minikeras.models.logs import flat_logs
from minikeras.models.programs import Programs
from minikeras.models.state_tree import assignments, values_by_path
from minikeras.models.training_state import all_variables
from minikeras.optimizers import LossScaleOptimizer
from minikeras.optimizers.optimizer import Optimizer
from minikeras.values.tensor import Tensor
from minikeras.values.types import Identifier
from minikeras.values.variable import Variable

if TYPE_CHECKING:
    from minikeras.compiled import Program


class Compiled(Layer):
    """A layer with an optimizer, a loss and metrics."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.compiled = False
        # What callbacks set to end a loop after the batch that runs.
        self.stop_training = self.stop_evaluating = self.stop_predicting = False
        self.jit_compile: bool | str = "auto"
        self.run_eagerly = False
        self.steps_per_execution = 1
        self.loss: Any = None
        # These are None until compile(); Any, for nobody asks before.
        self.optimizer: Optimizer | Any = None
        self._compiled_loss: CompiledLoss | Any = None
        self._compiled_metrics: CompiledMetrics | Any = None
        self._loss_tracker: Mean | Any = None
        self._compile_arguments: dict[str, Any] = {}
        self._trained = Trained()
        self._programs = Programs()
        self._checked: set[tuple[Any, ...]] = set()  # the kinds of batches that fit

    def compile(
        self,
        optimizer: str | dict[str, Any] | Optimizer | None = "rmsprop",
        loss: Identifier | Sequence[Identifier] | None = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int | str = 1,
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Says how to train: the optimizer, the loss, and what to report.

        `optimizer`, `loss` and `metrics` are names or objects; for several outputs the
        latter two are lists or dicts of them.  `metrics` ignore sample weights,
        `weighted_metrics` use them.  What is left out stays as an earlier call said;
        the optimizer is always new.

        With `steps_per_execution` callbacks hear of every so many batches only; "auto"
        is 1, since nothing is gained by more.
        `jit_compile=True` records the kernel calls of one step and replays them for
        batches of the same shape: Python code in layers, losses and metrics then runs
        once.  "auto" does so with the `fast` backend where all that code is
        minikeras's, or says `capturable = True`.  `run_eagerly` runs it every time.
        With `auto_scale_loss` a model of the policy "mixed_float16" has its optimizer
        in a LossScaleOptimizer.

        Raises: ValueError for an optimizer there is none of; unknown losses and metrics
        are found at the first batch.
        """
        together = 1 if steps_per_execution == "auto" else steps_per_execution
        together = whole_number("steps_per_execution", together, 1)
        check_jit_compile(jit_compile, run_eagerly)
        scales = auto_scale_loss and self.dtype_policy.name == "mixed_float16"
        self.optimizer = optimizer_for(optimizer, scales)
        self.jit_compile = jit_compile
        self._require_capturable()
        names = getattr(self, "output_names", None)  # of a functional model
        if loss is not None or self._compiled_loss is None:
            self.loss = loss
            self._compiled_loss = CompiledLoss(loss, loss_weights, names)
        if (
            metrics is not None
            or weighted_metrics is not None
            or self._compiled_metrics is None
        ):
            self._compiled_metrics = CompiledMetrics(metrics, weighted_metrics, names)
        self._loss_tracker = Mean(name="loss")
        self.run_eagerly = run_eagerly
        self.steps_per_execution = together
        # What the file of a model says of this call, beside the optimizer.
        self._compile_arguments = {
            "loss": self.loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
        }
        self.stop_training = False
        self.forget_programs()
        self.compiled = True

    def _require_capturable(self) -> None:
        """Refuses optimizers that look at numbers, where steps have to be recorded."""
        if self.jit_compile is True and self.optimizer is not None:
            self.optimizer.require_capturable()

    def _require_compiled(self) -> None:
        if not self.compiled:
            raise ValueError(
                "You must call `compile()` before using the model: "
                "model.compile(optimizer='adam', loss=...)."
            )

    # Metrics --------------------------------------------------------------------------

    @property
    def metrics(self) -> list[Metric]:
        """All metrics: of the loss, of compile(), of this model and of its layers.

        Those of models inside are not among them.
        """
        found: list[Metric] = []
        if self.compiled:
            found.append(self._loss_tracker)
            if any(x is not None for x in self._compiled_metrics.given.values()):
                found.append(self._compiled_metrics)
            found += self._compiled_loss.metrics
        for layer in walk(self):
            if layer is self or not isinstance(layer, Compiled):
                for name, value in vars(layer).items():
                    if name not in ("_compile_arguments", "_compiled_metrics"):
                        found += parts_in(value, Metric)
        return unique(found)

    @property
    def metrics_names(self) -> list[str]:
        """The names of `metrics`, as Keras lists them."""
        return [metric.name for metric in self.metrics]

    def reset_metrics(self) -> None:
        """Starts all metrics anew, as each epoch does."""
        for metric in self.metrics:
            metric.reset_state()

    def get_metrics_result(self) -> dict[str, Tensor]:
        """Returns {name: value} for the loss and all metrics, as 0-d Tensors."""
        results = {metric.name: metric.result() for metric in self._metrics_now()}
        return dict(sorted(flat_logs(results).items()))

    def _metrics_now(self) -> list[Metric]:
        """Returns `metrics`, which every step asks for, without looking for them."""
        if type(self).metrics is not Compiled.metrics or self._trained.metrics is None:
            return self.metrics
        return self._trained.metrics

    # All values -----------------------------------------------------------------------

    def get_state_tree(self, value_format: str = "backend_tensor") -> dict[str, Any]:
        """Returns all values: of weights, optimizer and metrics, in nested dicts.

        They are Tensors, or arrays for "numpy_array", by the Variables' paths.
        """
        return {
            name: values_by_path(variables, value_format)
            for name, variables in self._variables_by_kind().items()
        }

    def set_state_tree(self, state_tree: dict[str, Any]) -> None:
        """Assigns values in nested dicts, as `get_state_tree` returns them.

        What is left out stays as it is.

        Raises: ValueError for unknown names and other shapes; then nothing is assigned.
        """
        variables = self._variables_by_kind()
        pairs = []
        for name, tree in state_tree.items():
            if name not in variables:
                raise ValueError(
                    f"Unknown variable name: {name!r}. A state tree has "
                    f"{', '.join(variables)}."
                )
            pairs += assignments(variables[name], tree)
        for variable, value in pairs:
            variable.assign(value)

    def _variables_by_kind(self) -> dict[str, list[Variable]]:
        """Returns the Variables by the names that a state tree has for them."""
        optimizer = self.optimizer
        return {
            "trainable_variables": self.trainable_variables,
            "non_trainable_variables": self.non_trainable_variables,
            "optimizer_variables": [] if optimizer is None else optimizer.variables,
            "metrics_variables": self.metrics_variables,
        }

    # What is trained, and how it is recorded ------------------------------------------

    def zero_grad(self) -> None:
        """Forgets the gradients of all weights, before the next backward."""
        for variable in self.trainable_variables:
            variable.zero_grad()

    @property
    def train_program(self) -> "Program":
        """The recorded training step: see its `listing()`, `plan` and `timings()`.

        Raises: RuntimeError if there is none, and says why.
        """
        return self._programs.program("train")

    def forget_programs(self) -> None:
        """Throws away what was recorded and checked: the model has changed."""
        self._programs = Programs()
        self._trained = Trained()
        self._checked = set()

    def _refresh_trained(self) -> None:
        """Looks which Variables and metrics there are, unless the model is the same."""
        since = self._programs.look_at(self).number
        if self._trained.since != since:
            self._trained = Trained(self.trainable_variables, self.metrics, since)

    def _all_variables(self) -> list[Variable]:
        """Returns all that a step may change; looks again if the model has changed."""
        self._refresh_trained()
        if self._trained.all_variables is None:
            self._trained.all_variables = all_variables(self)
        return self._trained.all_variables


def check_jit_compile(jit_compile: Any, run_eagerly: bool) -> None:
    """Raises ValueError for what says nothing about recording, or two things."""
    if jit_compile not in (True, False, "auto"):
        raise ValueError(
            f"jit_compile must be True, False or 'auto'; got {jit_compile!r}."
        )
    if jit_compile is True and run_eagerly:
        raise ValueError("jit_compile=True and run_eagerly=True exclude each other.")


def optimizer_for(identifier: Any, scales: bool) -> Optimizer | None:
    """Returns the optimizer that `compile` was given; if it `scales` the loss, inside
    of one that does so.

    Raises: ValueError for what is none.
    """
    if identifier is None:
        return None
    if isinstance(identifier, type):
        raise ValueError(
            f"Could not interpret optimizer identifier: the class "
            f"{identifier.__name__}. Make one: optimizer={identifier.__name__}()."
        )
    optimizer = optimizers.get(identifier)
    if not scales or isinstance(optimizer, LossScaleOptimizer):
        return optimizer
    return LossScaleOptimizer(optimizer, name="loss_scale_optimizer")


class Trained:
    """The Variables that the next steps train, and the metrics that they update.

    An object of its own, for a list on the model would make the model their owner.
    """

    def __init__(
        self,
        variables: Sequence[Variable] = (),
        metrics: list[Metric] | None = None,
        since: int = 0,
    ) -> None:
        self.variables = list(variables)
        self.metrics = metrics  # None if nobody has looked yet
        self.since = since  # the number of the snapshot that they are from
        self.all_variables: list[Variable] | None = None  # known when asked for
        self.regularized = [v for v in variables if v.regularizer is not None]
