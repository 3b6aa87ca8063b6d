"""Callback, LambdaCallback and History on their own."""

import pytest

from minikeras.callbacks import Callback, History, LambdaCallback
from minikeras.callbacks.callback_list import EVENTS
from minikeras.models import Sequential


@pytest.mark.parametrize("event", EVENTS)
def test_a_callback_does_nothing_unless_it_is_overridden(event):
    position = [0] if "batch" in event or "epoch" in event else []
    assert getattr(Callback(), event)(*position, {}) is None


def test_a_lambda_callback_calls_its_functions():
    called = []
    callback = LambdaCallback(
        on_epoch_end=lambda epoch, logs: called.append((epoch, logs)),
        on_test_end=lambda logs: called.append(logs),
    )
    callback.on_epoch_end(3, {"loss": 1.0})
    callback.on_test_end({})
    callback.on_train_begin({})
    assert called == [(3, {"loss": 1.0}), {}]


@pytest.mark.parametrize("name", ["on_epoch", "set_model", "model"])
def test_a_lambda_callback_refuses_what_is_no_event(name):
    with pytest.raises(ValueError, match=f"no event '{name}'"):
        LambdaCallback(**{name: print})


def test_history_keeps_epochs_and_logs_in_their_order():
    history = History()
    history.set_model(Sequential())
    history.on_train_begin({})
    history.on_epoch_end(3, {"b": 1.0, "a": 2.0})
    history.on_epoch_end(4, {"b": 3.0, "a": 4.0, "val_b": 5.0})
    assert history.epoch == [3, 4]
    assert history.history == {"b": [1.0, 3.0], "a": [2.0, 4.0], "val_b": [5.0]}
    assert list(history.history) == ["b", "a", "val_b"]
    assert history.model.history is history
