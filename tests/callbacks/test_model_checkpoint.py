"""ModelCheckpoint saves what can be loaded, when it should, whole or not at all."""

import os
import re

import numpy as np
import pytest

from minikeras import Input, Sequential, callbacks, layers
from minikeras.models import load_model

X = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def make_model():
    model = Sequential([Input((3,)), layers.Dense(2), layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    return model


def fit(model, *used, epochs=3, **fitted):
    return model.fit(
        X, Y, batch_size=4, epochs=epochs, verbose=0, callbacks=list(used), **fitted
    )


def test_a_model_of_every_epoch_can_be_loaded(tmp_path):
    weights = []
    note = callbacks.LambdaCallback(
        on_epoch_end=lambda *_: weights.append(model.get_weights())
    )
    model = make_model()
    fit(model, note, callbacks.ModelCheckpoint(tmp_path / "in" / "{epoch:02d}.keras"))
    assert sorted(os.listdir(tmp_path / "in")) == ["01.keras", "02.keras", "03.keras"]
    for epoch, expected in enumerate(weights, 1):
        loaded = load_model(tmp_path / "in" / f"{epoch:02d}.keras")
        for a, b in zip(loaded.get_weights(), expected, strict=True):
            np.testing.assert_array_equal(a, b)


def test_weights_alone_can_be_loaded(tmp_path):
    path = tmp_path / "{epoch}.weights.h5"
    model = make_model()
    fit(model, callbacks.ModelCheckpoint(path, save_weights_only=True))
    other = make_model()
    other.optimizer.build(other.trainable_variables)
    other.load_weights(tmp_path / "3.weights.h5")
    for a, b in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_best_of_many_batches_is_kept(tmp_path):
    # Keras fails here: it learns which way is better at the end of the first epoch.
    path = tmp_path / "{epoch}-{batch}.weights.h5"
    best = callbacks.ModelCheckpoint(
        path, "loss", save_best_only=True, save_weights_only=True, save_freq=1
    )
    losses = []
    note = callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: losses.append(logs["loss"])
    )
    fit(make_model(), best, note, epochs=2)
    assert best.best == min(losses)
    improved = [i for i, x in enumerate(losses) if x < min([*losses[:i], np.inf])]
    names = {f"{i // 3 + 1}-{i % 3 + 1}.weights.h5" for i in improved}
    assert set(os.listdir(tmp_path)) == names


def test_a_save_that_fails_leaves_the_file_of_before(tmp_path, monkeypatch):
    path = tmp_path / "model.keras"
    model = make_model()
    fit(model, callbacks.ModelCheckpoint(path), epochs=1)
    before = path.read_bytes()

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        fit(model, callbacks.ModelCheckpoint(path), epochs=1)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.keras"]


def test_a_folder_in_the_way_is_said(tmp_path):
    (tmp_path / "model.keras").mkdir()
    with pytest.raises(IsADirectoryError, match="which is a folder"):
        fit(make_model(), callbacks.ModelCheckpoint(tmp_path / "model.keras"))


def test_a_name_that_is_not_among_the_logs_is_said(tmp_path):
    checkpoint = callbacks.ModelCheckpoint(tmp_path / "{accuracy}.keras")
    with pytest.raises(KeyError, match="'accuracy', which is not among epoch, loss"):
        fit(make_model(), checkpoint)


@pytest.mark.parametrize(
    ("path", "weights_only", "ending"),
    [
        ("m.h5", False, ".keras"),
        ("m.weights.h5", False, ".keras"),
        ("m", False, ".keras"),
        ("m.keras", True, ".weights.h5"),
        ("m.h5", True, ".weights.h5"),
    ],
)
def test_a_name_that_could_not_be_saved_is_refused_at_once(path, weights_only, ending):
    with pytest.raises(ValueError, match=rf"must end in {re.escape(ending)} when save"):
        callbacks.ModelCheckpoint(path, save_weights_only=weights_only)


@pytest.mark.parametrize("save_freq", [0, -2, 1.5, True, None, "batch"])
def test_what_is_no_frequency_is_refused(save_freq):
    with pytest.raises(ValueError, match="save_freq must be 'epoch' or"):
        callbacks.ModelCheckpoint("m.keras", save_freq=save_freq)


def test_a_monitored_value_that_is_no_number_is_said(tmp_path):
    checkpoint = callbacks.ModelCheckpoint(
        tmp_path / "m.keras", "several", save_best_only=True, mode="min"
    )

    class Adds(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["several"] = np.zeros(3)

    with pytest.warns(UserWarning, match=r"several of shape \(3,\)"):
        fit(make_model(), Adds(), checkpoint, epochs=1)
    assert (tmp_path / "m.keras").exists()


def test_the_loop_over_batches_stays_free_if_epochs_are_saved():
    assert not callbacks.ModelCheckpoint("m.keras").hears("on_train_batch_end")
    assert callbacks.ModelCheckpoint("m.keras", save_freq=2).hears("on_train_batch_end")

    class Own(callbacks.ModelCheckpoint):
        def on_train_batch_end(self, batch, logs=None):
            """Listens after all."""

    assert Own("m.keras").hears("on_train_batch_end")


def test_it_goes_on_comparing_and_counting():
    one = callbacks.ModelCheckpoint("m.keras", save_freq=3)
    one.best = 0.5
    one._frequency.is_due(1)
    other = callbacks.ModelCheckpoint("m.keras", save_freq=3)
    other.set_state(one.get_state())
    assert other.best == 0.5
    assert other._frequency.is_due(2)
