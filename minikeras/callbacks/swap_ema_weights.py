"""Evaluating with averaged weights while training with the latest ones."""

from typing import Any

import numpy as np

from minikeras.callbacks.callback import Callback, Logs
from minikeras.callbacks.learning_rates import optimizers_of


class SwapEMAWeights(Callback):
    """Exchanges the weights and their moving averages around evaluations.

    For optimizers with `use_ema=True`.  With `swap_on_epoch` the averages are in the
    model from the end of an epoch to the beginning of the next one, for callbacks that
    save it.

    Raises: ValueError without such an optimizer.
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._averages_in_model = False

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if self.swap_on_epoch:
            self._put_back()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if not self.swap_on_epoch or self._averages_in_model:
            return
        self._use_averages()
        if epoch == self.params["epochs"] - 1:
            # The end of the training makes the averages the weights: they are already.
            for weight, average in self._pairs():
                average.assign(weight)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._use_averages()

    def on_test_end(self, logs: Logs | None = None) -> None:
        self._put_back()

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._use_averages()

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._put_back()

    def _use_averages(self) -> None:
        if not self._averages_in_model:
            self._swap()

    def _put_back(self) -> None:
        if self._averages_in_model:
            self._swap()

    def _swap(self) -> None:
        for weight, average in self._pairs():
            value = np.array(weight.numpy())
            weight.assign(average)
            average.assign(value)
        self._averages_in_model = not self._averages_in_model

    def _pairs(self) -> list[tuple[Any, Any]]:
        """Returns all weights with their averages."""
        averaging = [x for x in optimizers_of(self.model).values() if x.use_ema]
        if not averaging:
            raise ValueError(
                "SwapEMAWeights needs an optimizer that averages: make it with "
                "use_ema=True."
            )
        return [pair for optimizer in averaging for pair in optimizer.averages()]

    def get_state(self) -> dict[str, Any]:
        """Returns whether the averages are in the model."""
        return {"averages_in_model": self._averages_in_model}

    def set_state(self, state: dict[str, Any]) -> None:
        """Goes on from where weights and averages are."""
        self._averages_in_model = state["averages_in_model"]
