"""A training that was cut off anywhere ends as one that was not."""

import contextlib
import os

import numpy as np
import pytest

from minikeras import Input, Sequential, callbacks, layers, optimizers, utils
from minikeras.callbacks import backup_file
from minikeras.saving.errors import SavingError
from minikeras.saving.h5_file import Group, h5_image
from minikeras.utils import set_random_seed
from tests.callbacks import kill_and_resume
from tests.callbacks.training import STEPS, outcome, train

X, Y = np.ones((8, 3), "float32"), np.ones((8, 1), "float32")


class Killed(BaseException):
    """Stands for the end of the process."""


class Dies(callbacks.Callback):
    """Raises at the n-th event that it hears."""

    def __init__(self, at):
        super().__init__()
        self.at = at

    def count(self):
        self.at -= 1
        if self.at == 0:
            raise Killed

    def on_train_batch_end(self, batch, logs=None):
        self.count()

    def on_epoch_begin(self, epoch, logs=None):
        self.count()

    def on_epoch_end(self, epoch, logs=None):
        self.count()

    def on_test_end(self, logs=None):
        self.count()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What the training ends with that was not cut off."""
    return outcome(*train(tmp_path_factory.mktemp("whole")))


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)


@pytest.mark.parametrize("save_freq", ["epoch", 1, 2, 5])
@pytest.mark.parametrize("at", [1, 2, 5, 8, 9, 10, 14, 20, 27, 31])
def test_a_training_that_died_goes_on_to_the_same_end(whole, tmp_path, save_freq, at):
    with pytest.raises(Killed):
        train(tmp_path, save_freq, more=[Dies(at)])
    model, used = train(tmp_path, save_freq, more=[Dies(-1)])
    assert_same(outcome(model, used), whole)
    assert not os.path.exists(tmp_path / "backup")


def test_it_may_die_again_and_again(whole, tmp_path):
    for at in (4, 3, 12, 2, 9, 1):
        with pytest.raises(Killed):
            train(tmp_path, 2, more=[Dies(at)])
    assert_same(outcome(*train(tmp_path, 2, more=[Dies(-1)])), whole)


class Shuffled(utils.PyDataset):
    """Batches in an order that it draws itself, anew for every epoch."""

    def __init__(self):
        super().__init__()
        self.x = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
        self.order, self.generator = np.arange(40), np.random.default_rng(5)

    def __len__(self):
        return 5

    def __getitem__(self, index):
        x = self.x[self.order[index * 8 : index * 8 + 8]]
        return x, x.sum(axis=1, keepdims=True)

    def on_epoch_end(self):
        self.generator.shuffle(self.order)


DECAY = optimizers.schedules.ExponentialDecay(0.1, 3, 0.9)


@pytest.mark.parametrize("at", [5, 9, 16])
@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: optimizers.Adam(DECAY),
        lambda: optimizers.SGD(0.1, momentum=0.9, gradient_accumulation_steps=3),
        lambda: optimizers.LossScaleOptimizer(optimizers.RMSprop(0.1, centered=True)),
    ],
    ids=["schedule", "accumulation", "loss scale"],
)
def test_the_state_of_optimizers_and_datasets_goes_on(tmp_path, optimizer, at):
    def trained(folder, dies):
        set_random_seed(1)
        model = Sequential([Input((3,)), layers.Dense(6, "relu"), layers.Dropout(0.2)])
        model.add(layers.Dense(1))
        model.compile(optimizer(), "mse", metrics=["mae"])
        used = [Dies(dies), callbacks.BackupAndRestore(folder, 2)]
        with contextlib.suppress(Killed):
            model.fit(Shuffled(), epochs=3, verbose=0, callbacks=used)
        return model

    expected = trained(tmp_path / "whole", -1)
    trained(tmp_path / "killed", at)
    model = trained(tmp_path / "killed", -1)
    for a, b in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert model.history.history == expected.history.history


def test_only_what_was_left_is_trained(tmp_path):
    with pytest.raises(Killed):
        train(tmp_path, more=[Dies(STEPS + 5)])
    epochs = []
    note = callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, _: epochs.append(epoch)
    )
    train(tmp_path, more=[note])
    assert epochs[0] == 1


def test_the_processes_of_a_program_that_is_killed_end_as_one_that_is_not(tmp_path):
    report = kill_and_resume.trials(2, tmp_path, seed=1)
    assert report.killed >= 2
    assert report.different == []


def test_the_backup_of_another_model_is_refused(tmp_path):
    compiled_and_stopped(tmp_path, 4)
    with pytest.raises(SavingError, match="backup of another model"):
        compiled_and_stopped(tmp_path, 5)


def test_a_backup_in_the_middle_of_other_epochs_is_refused(tmp_path):
    compiled_and_stopped(tmp_path, 4, save_freq=1)
    with pytest.raises(SavingError, match="epoch of 4 steps; now an epoch has 2"):
        compiled_and_stopped(tmp_path, 4, save_freq=1, batch_size=4)


def test_more_epochs_go_on_where_the_last_ones_ended(tmp_path):
    compiled_and_stopped(tmp_path, 4, delete_checkpoint=False, dies=-1)
    model = compiled_and_stopped(
        tmp_path, 4, delete_checkpoint=False, dies=-1, epochs=5
    )
    assert model.history.epoch == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
def test_a_damaged_backup_is_said_or_the_one_before_is_taken(tmp_path, damage):
    for double in (False, True):
        folder = tmp_path / str(double)
        compiled_and_stopped(folder, 4, dies=14, double_checkpoint=double)
        path = folder / "training.backup.h5"
        written = bytearray(path.read_bytes())
        if damage is None:
            written[len(written) // 2] ^= 255
        path.write_bytes(written if damage is None else damage)
        if double:
            model = compiled_and_stopped(folder, 4, dies=-1, double_checkpoint=True)
            assert model.history.epoch == [0, 1, 2]
        else:
            with pytest.raises(SavingError, match=r"training\.backup\.h5"):
                compiled_and_stopped(folder, 4, dies=-1)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"progress": 1}', "[" * 99_999])
def test_a_file_that_is_no_backup_is_refused(tmp_path, text):
    words = np.frombuffer(text.encode(), "uint8")
    image = h5_image({"state": Group({"json": words})})
    (tmp_path / "training.backup.h5").write_bytes(image)
    with pytest.raises(SavingError, match=r"training\.backup\.h5"):
        compiled_and_stopped(tmp_path, 4, dies=1)


@pytest.mark.parametrize("name", ["run", "run[1]"])
def test_what_a_killed_save_left_behind_is_removed(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    left = folder / ".minikeras-0123.tmp"
    left.write_bytes(b"half a backup")
    compiled_and_stopped(folder, 4, dies=1)
    assert not left.exists()


def test_an_exception_keeps_the_backup_and_the_end_deletes_it(tmp_path):
    compiled_and_stopped(tmp_path, 4, dies=7)
    assert os.listdir(tmp_path) == ["training.backup.h5"]
    compiled_and_stopped(tmp_path, 4, dies=-1)
    assert not tmp_path.exists()


def test_the_loop_over_batches_stays_free_if_epochs_are_saved():
    assert not callbacks.BackupAndRestore("x").hears("on_train_batch_end")
    assert callbacks.BackupAndRestore("x", 3).hears("on_train_batch_end")


@pytest.mark.parametrize("save_freq", [0, -1, 1.5, False, "batch", None])
def test_what_is_no_frequency_is_refused(save_freq):
    with pytest.raises(ValueError, match="save_freq must be 'epoch' or"):
        callbacks.BackupAndRestore("x", save_freq)


def test_an_empty_folder_name_is_refused():
    with pytest.raises(ValueError, match="needs a folder"):
        callbacks.BackupAndRestore("")


def test_a_callback_that_is_gone_is_missed(tmp_path):
    stopping = callbacks.EarlyStopping("loss", patience=9)
    compiled_and_stopped(tmp_path, 4, dies=7, more=[stopping])
    with pytest.warns(UserWarning, match="without EarlyStopping"):
        compiled_and_stopped(tmp_path, 4, dies=-1)


class Odd(callbacks.Callback):
    """Remembers what cannot be saved."""

    def get_state(self):
        return {"odd": {1, 2}}


def test_a_state_that_cannot_be_saved_is_refused(tmp_path):
    with pytest.raises(TypeError, match=r"got \{1, 2\} of type set"):
        compiled_and_stopped(tmp_path, 4, dies=-1, more=[Odd()])


def test_a_state_reads_back_as_it_was(tmp_path):
    state = {"a": [1, 2.5, None, float("inf")], "b": {"c": np.arange(3), "d": "é"}}
    path = str(tmp_path / "backup.h5")
    backup_file.write_backup(path, [np.ones((2, 0)), np.array(3, "uint32")], state)
    read = backup_file.read_backup(path)
    np.testing.assert_equal(read.state(), state)
    assert [(x.shape, x.dtype.name) for x in read.arrays] == [
        ((2, 0), "float64"),
        ((), "uint32"),
    ]
    read.state()["a"].append(1)
    assert len(read.state()["a"]) == 4


def compiled_and_stopped(
    folder, units, dies=7, save_freq="epoch", batch_size=2, epochs=3, more=(), **given
):
    """Returns a small model after a training that dies at an event, or does not."""
    model = Sequential([Input((3,)), layers.Dense(units), layers.Dense(1)])
    model.compile("adam", "mse")
    backup = callbacks.BackupAndRestore(folder, save_freq, **given)
    given = [backup, Dies(dies), *more]
    with contextlib.suppress(Killed):
        model.fit(X, Y, batch_size, epochs=epochs, verbose=0, callbacks=given)
    return model
