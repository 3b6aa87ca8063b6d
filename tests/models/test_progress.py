"""A training that was cut off anywhere goes on to the same bits as one that was not."""

import contextlib

import numpy as np
import pytest

from minikeras import Input, Sequential, callbacks, layers, metrics, utils
from minikeras.models.progress import Progress

X = np.random.default_rng(0).normal(size=(30, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


class Killed(Exception):
    """Stands for the end of the process."""


class Backup(callbacks.Callback):
    """Saves everything after every step and epoch; dies at one of these moments."""

    def __init__(self, dies_after=None):
        super().__init__()
        self.dies_after = dies_after
        self.saved = None

    def variables(self):
        model = self.model
        return [
            *model.variables,
            *model.optimizer.variables,
            *model.metrics_variables,
        ]

    def on_train_begin(self, logs=None):
        if self.saved is not None:
            values, state = self.saved
            for variable, value in zip(self.variables(), values, strict=True):
                variable.assign(value)
            self.model.fit_progress.set_state(state)

    def save(self):
        values = [np.array(v) for v in self.variables()]
        self.saved = values, self.model.fit_progress.get_state()
        if self.dies_after is not None:
            self.dies_after -= 1
            if not self.dies_after:
                raise Killed

    def on_train_batch_end(self, batch, logs=None):
        self.save()

    def on_epoch_end(self, epoch, logs=None):
        self.save()


def run(backup, **fitted):
    """Returns weights and the history of a program that is started (again)."""
    utils.set_random_seed(3)
    model = Sequential([Input((3,)), layers.Dense(4, "relu"), layers.Dropout(0.5)])
    model.add(layers.Dense(1))
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(X, Y, batch_size=8, epochs=3, verbose=0, callbacks=[backup], **fitted)
    return model.get_weights(), model.history.history


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
@pytest.mark.parametrize("dies_after", range(1, 15))
@pytest.mark.parametrize("steps", [None, 3, 5])
def test_every_moment_to_die_is_survived(steps, dies_after):
    weights, history = run(callbacks.Callback(), steps_per_epoch=steps)
    backup = Backup(dies_after)
    try:
        run(backup, steps_per_epoch=steps)
    except Killed:
        backup.dies_after = None
    again, rest = run(backup, steps_per_epoch=steps)
    for a, b in zip(weights, again, strict=True):
        np.testing.assert_array_equal(a, b)
    for name, values in rest.items():
        assert values == history[name][len(history[name]) - len(values) :]


def test_progress_is_that_of_the_next_step():
    seen = []

    class Noting(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            seen.append(self.model.fit_progress.get_state())

        on_train_batch_end = on_epoch_end = on_epoch_begin

    run(Noting())
    steps = [(state["epoch"], state["step"]) for state in seen]
    assert steps[:7] == [(0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (1, 0), (1, 0)]
    assert steps[-1] == (3, 0)
    assert len({state["seed"] for state in seen}) == 1


@pytest.mark.parametrize(
    "state", [{}, {"seed": 1, "epoch": 2}, {"seed": 1, "epoch": -1, "step": 0}]
)
def test_what_is_no_progress_is_refused(state):
    with pytest.raises(ValueError, match="progress of a training"):
        Progress(0).set_state(state)


class Stepping(Sequential):
    """Is not built before its first step, unless `fit` sees to it."""

    def train_step(self, data):
        x, y = data
        self.zero_grad()
        loss = self.compute_loss(x, y, self(x, training=True))
        loss.backward()
        weights = self.trainable_weights
        self.optimizer.apply([w.value.grad for w in weights], weights)
        self.seen.update_state(loss)
        return {"seen": self.seen.result()}


@pytest.mark.parametrize("dies_after", [1, 3, 6, 9])
def test_a_step_of_ones_own_is_resumed_too(dies_after):
    def run(backup):
        utils.set_random_seed(3)
        model = Stepping([layers.Dense(4, "relu"), layers.Dropout(0.5)])
        model.add(layers.Dense(1))
        model.seen = metrics.Mean(name="seen")
        model.compile("adam", "mse")
        model.fit(X, Y, batch_size=8, epochs=3, verbose=0, callbacks=[backup])
        return model.get_weights(), model.history.history["seen"][-1]

    expected = run(callbacks.Callback())
    backup = Backup(dies_after)
    with pytest.raises(Killed):
        run(backup)
    backup.dies_after = None
    np.testing.assert_equal(run(backup), expected)


class Slices(utils.PyDataset):
    """Batches whose order `fit` decides on."""

    def __len__(self):
        return 5

    def __getitem__(self, index):
        rows = slice(6 * index, 6 * index + 6)
        return X[rows], Y[rows]


def slices():
    """Yields batches that never repeat in the same order."""
    for number in range(30):
        yield Slices()[number * 7 % 5]


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
@pytest.mark.parametrize("dies_after", [1, 4, 7, 11])
@pytest.mark.parametrize(
    ("data", "settings"),
    [
        (Slices, {}),
        (lambda: Slices(workers=2), {}),
        (Slices, {"steps_per_epoch": 3}),
        (slices, {"steps_per_epoch": 4}),
        (lambda: list(slices()).__iter__(), {"steps_per_epoch": 4}),
    ],
)
def test_batches_of_all_kinds_come_in_the_same_order(data, settings, dies_after):
    def run(backup):
        utils.set_random_seed(3)
        model = Sequential([Input((3,)), layers.Dense(4, "relu"), layers.Dropout(0.5)])
        model.add(layers.Dense(1))
        model.compile("adam", "mse", steps_per_execution=2)
        model.fit(data(), epochs=3, verbose=0, callbacks=[backup], **settings)
        return model.get_weights()

    expected = run(callbacks.Callback())
    backup = Backup(dies_after)
    with contextlib.suppress(Killed):  # unless the training was over before
        run(backup)
    backup.dies_after = None
    np.testing.assert_equal(run(backup), expected)
