"""What callbacks hear of a training, and how it ends."""

import numpy as np
import pytest

from minikeras import Input, Sequential, callbacks, layers, metrics
from tests.models.small_models import line, small_model


def test_events_come_in_order():
    events = []

    class Listener(callbacks.Callback):
        pass

    for name in vars(callbacks.Callback):
        if name.startswith("on_"):
            setattr(
                Listener, name, lambda self, *args, name=name: events.append(name[3:])
            )
    model = small_model()
    model.fit(
        *line(8), batch_size=4, validation_split=0.5, callbacks=[Listener()], verbose=0
    )
    assert events == [
        "train_begin",
        "epoch_begin",
        "train_batch_begin",
        "train_batch_end",
        "test_begin",
        "test_batch_begin",
        "test_batch_end",
        "test_end",
        "epoch_end",
        "train_end",
    ]


def test_logs_are_sorted_floats():
    seen = []
    model = small_model(metrics=["mae"])
    listener = callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(logs)
    )
    model.fit(*line(), validation_split=0.2, callbacks=[listener], verbose=0)
    assert list(seen[0]) == ["loss", "mae", "val_loss", "val_mae"]
    assert all(type(value) is float for value in seen[0].values())


def test_a_callback_can_stop_training():
    model = small_model()

    def stop(epoch, logs):
        model.stop_training = epoch == 1

    history = model.fit(
        *line(),
        epochs=9,
        callbacks=callbacks.LambdaCallback(on_epoch_end=stop),
        verbose=0,
    )
    assert history.epoch == [0, 1]


def test_errors_of_callbacks_arrive_and_training_ends_properly():
    ended = []

    def fail(batch, logs):
        raise KeyError("mine")

    model = small_model()
    listener = callbacks.LambdaCallback(
        on_train_batch_end=fail, on_train_end=lambda logs: ended.append(True)
    )
    with pytest.raises(KeyError, match="mine"):
        model.fit(*line(), callbacks=[listener], verbose=0)
    assert ended == [True]
    model.fit(*line(), verbose=0)


def test_errors_of_metrics_arrive_and_the_next_fit_works():
    class Failing(metrics.Mean):
        calls = 0

        def update_state(self, values, sample_weight=None):
            Failing.calls += 1
            if Failing.calls == 3:
                raise KeyError("mine")

    class Watched(Sequential):
        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            self.failing.update_state(y)
            return super().compute_metrics(x, y, y_pred, sample_weight)

    ended = []
    model = Watched([Input((2,)), layers.Dense(1)])
    model.failing = Failing(name="failing")
    model.compile("sgd", "mse")
    listener = callbacks.LambdaCallback(on_train_end=lambda logs: ended.append(True))
    with pytest.raises(KeyError, match="mine"):
        model.fit(*line(), batch_size=4, callbacks=[listener], verbose=0)
    assert ended == [True]
    model.fit(*line(), verbose=0)


def test_a_training_that_is_terminated_tells_no_callback_of_its_end(tmp_path):
    ended = []
    x, y = line(8)
    y[4:] = np.nan
    model = small_model()
    watching = [
        callbacks.LambdaCallback(on_train_end=lambda logs: ended.append(True)),
        callbacks.BackupAndRestore(tmp_path / "backup", save_freq=1),
        callbacks.TerminateOnNaN(raise_error=True),
    ]
    with pytest.raises(RuntimeError, match="NaN or Inf loss encountered at batch 1"):
        model.fit(x, y, batch_size=4, shuffle=False, callbacks=watching, verbose=0)
    assert not ended
    assert (tmp_path / "backup").exists()
    model.set_weights([np.ones((2, 1)), np.zeros(1)])
    model.fit(*line(), callbacks=watching[:1], verbose=0)
    assert ended == [True]


def test_a_training_that_stops_at_nan_ends_as_others_do(capsys):
    ended = []
    x, y = line(8)
    listener = callbacks.LambdaCallback(on_train_end=ended.append)
    stopping = [callbacks.TerminateOnNaN(), listener]
    with pytest.warns(RuntimeWarning, match="The loss of epoch 1 is nan"):
        small_model().fit(x, y * np.nan, callbacks=stopping, verbose=0)
    assert capsys.readouterr().out == "Batch 0: Invalid loss, terminating training\n"
    [logs] = ended
    assert np.isnan(logs["loss"])
