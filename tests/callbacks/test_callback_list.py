"""CallbackList: which events reach whom, in which order, with which logs."""

import numpy as np
import pytest

from minikeras import Tensor, layers, optimizers
from minikeras.callbacks import Callback, CallbackList, History, LambdaCallback
from minikeras.callbacks.callback_list import EVENTS
from minikeras.models import Sequential
from tests.golden import golden_files

CASES = {case["name"]: case for case in golden_files.read("fit")}
ARRAYS = CASES["arrays"]


class Recorder(Callback):
    """Writes down every event that reaches it."""

    def __init__(self):
        super().__init__()
        self.calls = []
        self.parameters = []
        for event in EVENTS:
            setattr(self, event, self.recorder_of(event))

    def set_params(self, params):
        super().set_params(params)
        self.parameters.append(params)

    def recorder_of(self, event):
        def record(*arguments):
            *position, logs = arguments
            shown = {
                name: list(value.shape) if name == "outputs" else value
                for name, value in logs.items()
            }
            self.calls.append([event, *position, shown])

        return record


def test_every_event_of_fit_evaluate_and_predict_is_that_of_keras():
    case = CASES["callbacks"]
    model = Sequential([layers.Input((ARRAYS["inputs"].shape[1],))])
    for layer in case["layers"]:
        model.add(layers.Dense(**layer))
    model.set_weights([ARRAYS[name] for name in case["start"]])
    model.compile(
        optimizer=optimizers.Adam(**case["compile"]["optimizer"]["keywords"]),
        loss=case["compile"]["loss"],
        metrics=case["compile"]["metrics"],
    )
    recorder = Recorder()
    fit = {**case["fit"], "x": ARRAYS["inputs"], "y": ARRAYS["one_hot"]}
    model.fit(**fit, callbacks=[recorder])
    model.evaluate(
        ARRAYS["inputs"],
        ARRAYS["one_hot"],
        **case["evaluate"],
        verbose=0,
        callbacks=[recorder],
    )
    model.predict(ARRAYS["inputs"], **case["predict"], verbose=0, callbacks=[recorder])

    assert recorder.parameters[0] == case["params_of_fit"]
    assert recorder.parameters[2] == case["params_of_predict"]
    assert len(recorder.calls) == len(case["calls"])
    for (*ours, our_logs), (*theirs, their_logs) in zip(
        recorder.calls, case["calls"], strict=True
    ):
        assert ours == theirs
        assert list(our_logs) == list(their_logs)
        for name, value in their_logs.items():
            if name == "outputs":
                assert our_logs[name] == value
            else:
                assert type(our_logs[name]) is float
                assert our_logs[name] == pytest.approx(value, rel=1e-5)


class Adds(Callback):
    """Adds a value to the logs of an epoch."""

    def on_epoch_end(self, epoch, logs=None):
        logs["added"] = 1.0


def test_what_a_callback_adds_to_the_logs_reaches_those_after_it():
    before, after = Recorder(), Recorder()
    callbacks = CallbackList([before, Adds(), after])
    callbacks.on_epoch_end(0, {"loss": 0.5})
    assert before.calls == [["on_epoch_end", 0, {"loss": 0.5}]]
    assert after.calls == [["on_epoch_end", 0, {"loss": 0.5, "added": 1.0}]]


def test_users_see_floats_where_the_training_has_tensors():
    recorder = Recorder()
    callbacks = CallbackList([recorder])
    callbacks.on_train_batch_end(0, {"loss": Tensor(np.float32(0.5))})
    [[_, _, logs]] = recorder.calls
    assert logs == {"loss": 0.5}
    assert type(logs["loss"]) is float


class Older(Callback):
    """Overrides the events by the names that they had before."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def on_batch_begin(self, batch, logs=None):
        self.calls.append(("begin", batch))

    def on_batch_end(self, batch, logs=None):
        self.calls.append(("end", batch))


def test_the_older_names_are_called_for_training_batches_only():
    older = Older()
    callbacks = CallbackList([older])
    callbacks.on_train_batch_begin(4)
    callbacks.on_train_batch_end(4, {})
    callbacks.on_test_batch_begin(5)
    callbacks.on_predict_batch_end(6, {})
    assert older.calls == [("begin", 4), ("end", 4)]


def test_a_callback_is_asked_only_for_events_that_it_overrides():
    class Silent(Callback):
        def __getattribute__(self, name):
            if name == "on_train_batch_end":
                raise AssertionError("asked for an event that it does not override")
            return super().__getattribute__(name)

    CallbackList([Silent()]).on_train_batch_end(0, {})


def test_history_and_bar_come_after_the_callbacks_of_the_user():
    given = LambdaCallback(on_epoch_end=print)
    model = Sequential()
    of_run = CallbackList.of(
        [[given]], model=model, verbose=1, epochs=1, steps=1, history=True
    )
    names = [type(callback).__name__ for callback in of_run.callbacks]
    assert names == ["LambdaCallback", "History", "ProgbarLogger"]
    assert model.history is of_run.callbacks[1]


def test_a_history_of_the_user_is_the_history_of_the_model():
    history, model = History(), Sequential()
    of_run = CallbackList.of(
        history, model=model, verbose=0, epochs=1, steps=1, history=True
    )
    assert of_run.callbacks == [history]
    assert model.history is history


def test_a_list_of_callbacks_is_passed_through():
    callbacks = CallbackList([])
    kept = CallbackList.of(callbacks, model=None, verbose=1, epochs=1, steps=1)
    assert kept is callbacks


@pytest.mark.parametrize("wrong", [3, "history", History])
def test_what_is_no_callback_is_refused(wrong):
    with pytest.raises(ValueError, match="instances of Callback; got"):
        CallbackList([wrong])
