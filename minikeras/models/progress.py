"""How far a training has come: what a resumed `fit` needs besides the weights.

Apart from `trainer.py` because it is an agreement between `fit` and callbacks, the only
part of a training's state that is neither a Variable nor a callback's own.
"""

from typing import Any

NAMES = ("seed", "epoch", "step")


class Progress:
    """Where a `fit` is: `model.fit_progress`, up to date whenever a callback is called.

    `epoch` and `step` are the next step to run: so many epochs are done, and so many
    batches of the next one.  `seed` gives the order of the data in all epochs.  Within
    an epoch the metrics hold what was measured so far: `model.metrics_variables`.

    A callback that saves keeps `get_state()` with the values of all Variables of model,
    optimizer and metrics.  One that restores assigns the Variables, and calls
    `set_state` in its `on_train_begin`: the same call of `fit` then goes on at that
    step, with the same batches in the same order, and ends with the same bits.

    >>> progress = Progress(seed=7)
    >>> progress.set_state({"seed": 5, "epoch": 2, "step": 30})
    >>> progress.get_state()
    {'seed': 5, 'epoch': 2, 'step': 30}
    """

    def __init__(self, seed: int, epoch: int = 0) -> None:
        self.seed = seed
        self.epoch = epoch
        self.step = 0

    def get_state(self) -> dict[str, int]:
        """Returns all there is to save, as plain integers."""
        return {name: getattr(self, name) for name in NAMES}

    def set_state(self, state: dict[str, Any]) -> None:
        """Says where to go on.

        Raises: ValueError unless `state` is what `get_state` returned.
        """
        if set(state) != set(NAMES) or not all(
            isinstance(value, int) and value >= 0 for value in state.values()
        ):
            raise ValueError(
                "The progress of a training is {'seed': ..., 'epoch': ..., 'step': "
                f"...}}, integers from 0 on; got {state!r}."
            )
        self.seed, self.epoch, self.step = (state[name] for name in NAMES)
