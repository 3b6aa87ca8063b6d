"""Callbacks that watch one value, and loggers: what the golden cases do not show."""

import numpy as np
import pytest

from minikeras import Input, Sequential, callbacks, layers, metrics, ops
from minikeras.callbacks.monitor import MonitorCallback

X, Y = np.ones((8, 3), "float32"), np.ones((8, 1), "float32")


def make_model(*measured):
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=list(measured))
    return model


class Upwards(metrics.Mean):
    """A metric that says which way is better."""

    _direction = "up"

    def update_state(self, y_true, y_pred, sample_weight=None):
        super().update_state(y_pred)


@pytest.mark.parametrize(
    ("metric", "monitor", "direction"),
    [
        ("mae", "val_mae", "min"),
        ("accuracy", "accuracy", "max"),
        (metrics.R2Score(name="fit"), "val_fit", "max"),
        (Upwards(name="mine"), "mine", "max"),
        (metrics.MeanSquaredError(name="error"), "error", "min"),
        ("mae", "val_loss", "min"),
    ],
)
def test_which_way_is_better_is_known_of_metrics(metric, monitor, direction):
    model = make_model(metric)
    model.fit(X, Y, verbose=0)
    callback = MonitorCallback(monitor)
    callback.set_model(model)
    assert callback.direction() == direction


def test_what_cannot_be_known_is_to_be_said():
    stopping = callbacks.EarlyStopping("unheard")
    with pytest.raises(ValueError, match=r"monitors 'unheard', .* Pass mode='max' or"):
        make_model().fit(X, Y, verbose=0, callbacks=[stopping])


def test_what_was_probably_meant_is_said():
    stopping = callbacks.EarlyStopping("val_los")
    with pytest.raises(ValueError, match=r"'val_loss' that is meant\?.*pass mode"):
        make_model().fit(X, Y, verbose=0, callbacks=[stopping])


def test_an_unknown_mode_is_said():
    with pytest.warns(UserWarning, match="mode 'least' is unknown"):
        callbacks.EarlyStopping(mode="least")


@pytest.mark.parametrize(
    "callback",
    [callbacks.EarlyStopping("val_loss"), callbacks.ReduceLROnPlateau("val_loss")],
    ids=lambda callback: type(callback).__name__,
)
def test_a_value_that_is_not_there_is_said(callback):
    with pytest.warns(UserWarning, match="`val_loss` which is not available.*: loss"):
        make_model().fit(X, Y, verbose=0, callbacks=[callback])


def test_waiting_goes_on_where_it_was():
    one = callbacks.EarlyStopping("loss", patience=3, restore_best_weights=True)
    one.best, one.wait, one.best_epoch = 0.5, 2, 4
    one.best_weights = [np.ones(3)]
    other = callbacks.EarlyStopping("loss", patience=3, restore_best_weights=True)
    other.set_state(one.get_state())
    assert (other.best, other.wait, other.best_epoch) == (0.5, 2, 4)
    np.testing.assert_array_equal(other.best_weights[0], np.ones(3))


@pytest.mark.parametrize("append", [True, False])
def test_a_table_goes_on_where_it_was(tmp_path, append):
    path = tmp_path / "log.csv"
    path.write_text("epoch,loss,val_loss\n0,9.0,NA\n")
    begun = callbacks.CSVLogger(path, append=append)
    begun.on_train_begin()
    begun.on_epoch_end(0, {"loss": 1.0})
    state = begun.get_state()
    begun.on_epoch_end(1, {"loss": 2.0})  # after the backup: to be forgotten
    resumed = callbacks.CSVLogger(path, append=append)
    resumed.on_train_begin()
    resumed.set_state(state)
    resumed.on_epoch_end(1, {"loss": 3.0})
    lines = path.read_text().splitlines()
    head = ["epoch,loss,val_loss"]
    assert lines == [*head, *["0,9.0,NA"] * append, "0,1.0,NA", "1,3.0,NA"]


def test_a_loss_that_is_no_number_ends_the_training(capsys):
    x = X.copy()
    x[5] = np.nan
    model = make_model()
    with pytest.warns(RuntimeWarning, match=r"batch 2 .*there is nan in its x"):
        history = model.fit(
            x,
            Y,
            batch_size=2,
            epochs=5,
            shuffle=False,
            verbose=0,
            callbacks=[callbacks.TerminateOnNaN()],
        )
    assert history.epoch == [0]
    assert capsys.readouterr().out == "Batch 2: Invalid loss, terminating training\n"


def test_history_goes_on_where_it_was():
    history = callbacks.History()
    history.set_model(make_model())
    state = {"history": {"loss": [1.0]}, "epoch": [0], "epochs_of": {"loss": [0]}}
    history.set_state(state)
    history.on_epoch_end(1, {"loss": 0.5})
    assert history.get_state() == {
        "history": {"loss": [1.0, 0.5]},
        "epoch": [0, 1],
        "epochs_of": {"loss": [0, 1]},
    }


def test_what_a_callback_shows_of_itself_is_as_in_keras():
    stopping = callbacks.EarlyStopping("val_loss", min_delta=0.5)
    assert stopping.monitor_op is None
    assert stopping.min_delta == 0.5
    make_model().fit(X, Y, validation_split=0.5, verbose=0, callbacks=[stopping])
    assert stopping.monitor_op is ops.less
    assert stopping.min_delta == -0.5
    rising = MonitorCallback("loss", "max", min_delta=-0.25)
    rising.prepare()
    assert rising.monitor_op is ops.greater
    assert rising.min_delta == 0.25


@pytest.mark.parametrize(
    ("mode", "value", "better"),
    [
        ("min", 0.4, True),
        ("min", 0.6, False),
        ("max", 1.6, True),
        ("max", 1.4, False),
        ("min", np.nan, False),
        ("max", np.nan, False),
    ],
)
def test_better_is_better_by_more_than_min_delta(mode, value, better):
    callback = MonitorCallback("loss", mode, min_delta=0.5)
    assert callback.is_improvement(value, 1.0) is better


def test_a_comparison_of_ones_own_says_what_is_better():
    callback = MonitorCallback("loss", "min", min_delta=0.5)
    callback.monitor_op = lambda value, reference: abs(value) < abs(reference)
    assert callback.is_improvement(-0.25, 1.0)
    assert not callback.is_improvement(-0.75, 1.0)


def test_a_bar_knows_how_much_to_say_and_of_how_many_epochs():
    bar = callbacks.ProgbarLogger()
    assert (bar.verbose, bar.epochs) == (1, 1)
    bar.set_params({"verbose": 2, "epochs": 3, "steps": 4})
    assert (bar.verbose, bar.epochs, bar.target) == (2, 3, 4)
