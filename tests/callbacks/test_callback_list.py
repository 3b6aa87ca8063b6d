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


def test_the_list_adds_what_is_missing_and_tells_all_of_them():
    model, recorder = Sequential(), Recorder()
    callbacks = CallbackList(
        [[recorder]], add_history=True, add_progbar=True, model=model, epochs=3
    )
    names = [type(callback).__name__ for callback in callbacks.callbacks]
    assert names == ["Recorder", "History", "ProgbarLogger"]
    assert recorder.parameters == [{"epochs": 3}]
    assert model.history is callbacks.callbacks[1]
    assert all(callback.model is model for callback in callbacks.callbacks)


def test_nothing_is_added_that_was_given():
    given = [History(), Recorder()]
    callbacks = CallbackList(given, add_history=True)
    assert callbacks.callbacks == given


def test_a_callback_may_be_added_later():
    model = Sequential()
    callbacks = CallbackList(model=model, epochs=2)
    recorder = Recorder()
    callbacks.append(recorder)
    callbacks.on_epoch_end(1, {"loss": 0.5})
    assert recorder.calls == [["on_epoch_end", 1, {"loss": 0.5}]]
    assert recorder.model is model
    assert recorder.params == {"epochs": 2}
    with pytest.raises(ValueError, match="instances of Callback"):
        callbacks.append(print)


def test_events_take_logs_by_name_and_as_none():
    recorder = Recorder()
    callbacks = CallbackList([recorder])
    callbacks.on_epoch_end(0, logs={"loss": 0.5})
    callbacks.on_train_begin(None)
    callbacks.on_train_end()
    assert recorder.calls == [
        ["on_epoch_end", 0, {"loss": 0.5}],
        ["on_train_begin", {}],
        ["on_train_end", {}],
    ]


class Last(Callback):
    """Wants to be the last one."""

    acts_last = True

    def __init__(self, calls):
        super().__init__()
        self.calls = calls

    def set_others(self, callbacks):
        self.others = callbacks

    def on_epoch_end(self, epoch, logs=None):
        self.calls.append("last")


def test_who_acts_last_is_called_last_and_knows_the_others():
    calls = []
    last = Last(calls)
    other = LambdaCallback(on_epoch_end=lambda epoch, logs: calls.append("other"))
    callbacks = CallbackList([last, other], add_history=True, model=Sequential())
    callbacks.on_epoch_end(0, {})
    assert calls == ["other", "last"]
    assert last.others == callbacks.callbacks[1:]
    assert callbacks.callbacks[0] is last


class Reading(Callback):
    """Takes logs of batches as they come."""

    reads_logs_of_batches = False

    def on_train_batch_end(self, batch, logs=None):
        self.seen = logs


def test_who_reads_few_logs_gets_tensors_unless_somebody_reads_all():
    reading = Reading()
    CallbackList([reading]).on_train_batch_end(0, {"loss": Tensor(np.float32(0.5))})
    assert isinstance(reading.seen["loss"], Tensor)
    CallbackList([reading, Recorder()]).on_train_batch_end(
        0, {"loss": Tensor(np.float32(0.5))}
    )
    assert type(reading.seen["loss"]) is float


def test_a_class_instead_of_an_object_is_told_what_to_do():
    with pytest.raises(ValueError, match=r"Make one: History\(\)\."):
        CallbackList([History])
