"""How large the gradients of each layer are, as training goes on."""

from pathlib import Path
from typing import Any

import numpy as np

from minikeras.callbacks.callback import Callback, Logs
from minikeras.utils.gradient_plot import plot_gradients
from minikeras.utils.svg import Picture


class GradientHistory(Callback):
    """Keeps the norm of the gradient of each layer: √Σ g², over all its weights.

    Norms that shrink from layer to layer, towards the inputs, say that gradients
    vanish; norms that grow from step to step, that training is about to diverge.

    `frequency` is "epoch", for the first batch of every epoch, or a number of batches.
    `norms` has a list for each layer, `steps` the (epoch, batch) of its entries, both
    from 0.  Gradients are as `backward` gives them, before any clipping.  The batches
    that are looked at are not replayed from a recorded step but run, to the same bits;
    all others are as fast as ever.

    >>> from minikeras import Sequential, layers, ops
    >>> model = Sequential([layers.Dense(2, name="a"), layers.Dense(1, name="b")])
    >>> model.compile("sgd", "mse")
    >>> gradients = GradientHistory()
    >>> history = model.fit(
    ...     ops.ones((4, 3)), ops.ones((4, 1)), epochs=2, verbose=0, callbacks=gradients
    ... )
    >>> gradients.steps, list(gradients.norms)
    ([(0, 0), (1, 0)], ['a', 'b'])

    Raises: ValueError if a step leaves no gradients in the weights.
    """

    reads_logs_of_batches = False

    def __init__(self, frequency: int | str = "epoch") -> None:
        super().__init__()
        whole = isinstance(frequency, int) and not isinstance(frequency, bool)
        if frequency != "epoch" and not (whole and int(frequency) > 0):
            raise ValueError(
                "GradientHistory looks at each 'epoch', or every so many batches; got "
                f"frequency={frequency!r}."
            )
        self.frequency = frequency
        self.norms: dict[str, list[float]] = {}
        self.steps: list[tuple[int, int]] = []
        self._epoch = 0
        self._looking = False

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.norms = {}
        self.steps = []

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        every = self.frequency
        due = batch == 0 if every == "epoch" else batch % int(every) == 0
        if due:
            # A recorded step keeps its gradients to itself.
            self._jit_compile = self.model.jit_compile
            self.model.jit_compile = False
            self._looking = True

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if not self._looking:
            return
        self._stop_looking()
        self.steps.append((self._epoch, batch))
        for layer, norm in norms_of(self.model).items():
            self.norms.setdefault(layer, []).append(norm)

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self._looking:  # an exception came in between
            self._stop_looking()

    def _stop_looking(self) -> None:
        self.model.jit_compile = self._jit_compile
        self._looking = False

    def table(self, most: int = 8) -> str:
        """Returns the norms as text: a row per layer, up to `most` steps across."""
        places = np.linspace(0, len(self.steps) - 1, min(most, len(self.steps)))
        chosen = [round(place) for place in places]
        width = max(map(len, [*self.norms, "epoch/batch"]))
        steps = [f"{epoch}/{batch}" for epoch, batch in self.steps]
        lines = [
            "epoch/batch".ljust(width) + "".join(f"{steps[i]:>10}" for i in chosen)
        ]
        for layer, norms in self.norms.items():
            cells = "".join(f"{norms[i]:>10.2e}" for i in chosen)
            lines.append(layer.ljust(width) + cells)
        return "\n".join(lines)

    def plot(self, to_file: str | Path | None = None) -> Picture:
        """Draws the norms, a line per layer; saves it if `to_file` names an .svg
        file.
        """
        labels = [f"{epoch + 1}" for epoch, _ in self.steps]
        return plot_gradients(self.norms, labels, to_file)

    def get_state(self) -> dict[str, Any]:
        """Returns the norms."""
        return {"norms": self.norms, "steps": self.steps}

    def set_state(self, state: dict[str, Any]) -> None:
        """Goes on behind them."""
        self.norms = state["norms"]
        self.steps = [(epoch, batch) for epoch, batch in state["steps"]]


def norms_of(model: Any) -> dict[str, float]:
    """Returns {layer: the norm of its gradient} after a step, in their order."""
    squares: dict[str, float] = {}
    gradients = [(x, x.value.grad) for x in model.trainable_variables]
    if all(gradient is None for _, gradient in gradients):
        raise ValueError(
            "GradientHistory finds no gradient in the weights after a step. A "
            "train_step of one's own leaves them there if it calls loss.backward()."
        )
    for variable, gradient in gradients:
        layer = layer_in(variable.path, model.name)
        numbers = np.zeros(1) if gradient is None else gradient.numpy()
        square = float(np.sum(np.square(numbers, dtype="float64")))
        squares[layer] = squares.get(layer, 0.0) + square
    return {layer: square**0.5 for layer, square in squares.items()}


def layer_in(path: str, model: str) -> str:
    """Returns the path of a layer from that of its weight, below the model.

    >>> layer_in("sequential/lstm/lstm_cell/kernel", "sequential")
    'lstm/lstm_cell'
    """
    layer = path.rpartition("/")[0]
    return layer.removeprefix(f"{model}/") or path
