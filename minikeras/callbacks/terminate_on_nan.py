"""Ending a training whose loss is no number any more."""

import math

from minikeras.callbacks.callback import Callback, Logs


class TrainingTerminated(RuntimeError):
    """Ends `fit` there and then: no callback hears of the end.

    So what they would do then is left undone, such as deleting a backup.
    """


class TerminateOnNaN(Callback):
    """Stops the training after a batch whose loss is nan or infinite.

    The loss is the running mean since the epoch began, which never recovers.  With
    `raise_error` it is a RuntimeError instead: the training ends there and then, and
    `on_train_end` is called on no callback.  `NonFiniteReport` says where the nan came
    from.

    Raises: TrainingTerminated, a RuntimeError, with `raise_error`.
    """

    changes_model_at_batches = False
    reads_logs_of_batches = False  # only one of them

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(float(loss)):
            return
        if self.raise_error:
            raise TrainingTerminated(
                f"NaN or Inf loss encountered at batch {batch}: {float(loss)}. A "
                "smaller learning rate or clipnorm=1.0 in the optimizer may help; "
                "NonFiniteReport says where it came from."
            )
        print(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True
