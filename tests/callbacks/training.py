"""A training that is short and leaves nothing out, for tests of resuming it.

Run as a program it trains, and writes what came of it:

    python -m tests.callbacks.training FOLDER SAVE_FREQ

Dropout, noise from the global generator, shuffled data, batch normalization, averaged
weights, a learning rate that callbacks change, early stopping that restores weights.
"""

import sys
from pathlib import Path

import numpy as np

from minikeras import Input, Sequential, callbacks, layers, optimizers, random, utils
from minikeras.values.naming import reset_names

SAMPLES, EPOCHS = 50, 6
STEPS = 6  # batches of 8, the last of 5: 45 samples are trained on


class NoisyScale(callbacks.Callback):
    """Draws at every batch from all generators, and remembers what it drew."""

    def __init__(self):
        super().__init__()
        self.total = 0.0

    def on_train_batch_end(self, batch, logs=None):
        drawn = float(random.uniform(())) + np.random.rand()  # noqa: NPY002
        self.total = 0.5 * self.total + drawn

    def get_state(self):
        return {"total": self.total}

    def set_state(self, state):
        self.total = state["total"]


def make_model(use_ema):
    """Returns a model with every kind of state, compiled."""
    model = Sequential([Input((5,)), layers.Dense(8, activation="relu")])
    model.add(layers.BatchNormalization())
    model.add(layers.Dropout(0.3))
    model.add(layers.GaussianNoise(0.1))
    model.add(layers.Dense(1))
    model.compile(
        optimizers.Adam(0.05, use_ema=use_ema, ema_momentum=0.9),
        loss="mse",
        metrics=["mae"],
    )
    return model


def train(folder, save_freq="epoch", more=(), noisy=True):
    """Trains with a backup in a folder; returns the model and its callbacks.

    If it is not `noisy` nobody listens to batches, and weights are not averaged: then
    the step is recorded, and runs for many batches in one call.
    """
    reset_names()
    utils.set_random_seed(11)
    generator = np.random.default_rng(5)
    x = generator.normal(size=(SAMPLES, 5)).astype("float32")
    y = (x[:, :1] * x[:, 1:2] + 0.3 * generator.normal(size=(SAMPLES, 1))).astype(
        "float32"
    )
    model = make_model(use_ema=noisy)
    used = {
        "backup": callbacks.BackupAndRestore(Path(folder) / "backup", save_freq),
        "stopping": callbacks.EarlyStopping(
            "val_loss", patience=3, restore_best_weights=True
        ),
        "plateau": callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1),
        "scheduler": callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9),
        "table": callbacks.CSVLogger(Path(folder) / "log.csv"),
    }
    if noisy:
        used["noise"] = NoisyScale()
    model.fit(
        x,
        y,
        batch_size=8,
        epochs=EPOCHS,
        validation_split=0.1,
        verbose=0,
        callbacks=[*used.values(), *more],
    )
    return model, used


def outcome(model, used):
    """Returns all that a training ends with, as arrays by name."""
    found = {f"weight {i}": w for i, w in enumerate(model.get_weights())}
    found |= {f"slot {v.path}": np.array(v) for v in model.optimizer.variables}
    found |= {f"seen {v.path}": np.array(v) for v in model.variables}
    found |= {k: np.array(v) for k, v in model.history.history.items()}
    found["epoch"] = np.array(model.history.epoch)
    if "noise" in used:
        found["noise"] = np.array(used["noise"].total)
    found["table"] = np.frombuffer(
        Path(used["table"].filename).read_bytes(), dtype="uint8"
    )
    found["drawn"] = np.array(random.uniform((3,)))
    found["drawn by NumPy"] = np.random.rand(3)  # noqa: NPY002
    found["seed"] = np.array(random.new_seed())
    return found


def main():
    """Trains as the arguments say, and writes the outcome."""
    folder, save_freq = sys.argv[1:]
    save_freq = save_freq if save_freq == "epoch" else int(save_freq)
    print("begins", flush=True)
    found = outcome(*train(folder, save_freq, noisy=save_freq != "epoch"))
    np.savez(Path(folder) / "outcome.npz", **found)


if __name__ == "__main__":
    main()
