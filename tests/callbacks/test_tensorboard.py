"""TensorBoard finds curves, histograms, pictures and tables under Keras's names."""

import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from tensorboardX.proto.event_pb2 import Event  # noqa: TID253 - tests need it

from minikeras import Input, Sequential, callbacks, layers
from minikeras.callbacks.tensorboard import as_pictures

X, Y = np.ones((8, 3), "float32"), np.zeros((8, 1), "float32")


def events(folder):
    """Returns the values in the event files of a folder, in their order."""
    found = []
    for path in sorted(Path(folder).glob("events.*")):
        data = path.read_bytes()
        while data:
            (length,) = struct.unpack("<Q", data[:8])
            event = Event.FromString(data[12 : 12 + length])
            found += [(value.tag, event.step, value) for value in event.summary.value]
            data = data[16 + length :]
    return found


def scalars(folder):
    """Returns {name: {step: value}} of the numbers in a folder."""
    curves = {}
    for tag, step, value in events(folder):
        if value.WhichOneof("value") == "simple_value":
            curves.setdefault(tag, {})[step] = value.simple_value
    return curves


def trained(**given):
    """Returns the history of a short training of a model, with a callback."""
    model = Sequential([Input((3,)), layers.Dense(2), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    return model.fit(
        X,
        Y,
        batch_size=4,
        epochs=3,
        validation_data=(X, Y),
        verbose=0,
        callbacks=[callbacks.TensorBoard(**given)],
    ).history


def test_every_epoch_has_its_logs(tmp_path):
    history = trained(log_dir=tmp_path)
    train, validation = scalars(tmp_path / "train"), scalars(tmp_path / "validation")
    assert set(train) == {"epoch_loss", "epoch_mae", "epoch_learning_rate"}
    for name in ("loss", "mae"):
        np.testing.assert_allclose(list(train[f"epoch_{name}"].values()), history[name])
        curve = validation[f"epoch_{name}"]
        assert list(curve) == [0, 1, 2]
        np.testing.assert_allclose(list(curve.values()), history[f"val_{name}"])
        evaluated = validation[f"evaluation_{name}_vs_iterations"]
        assert list(evaluated) == [2, 4, 6]
    np.testing.assert_allclose(list(train["epoch_learning_rate"].values()), 0.01)


@pytest.mark.parametrize(("update_freq", "steps"), [("batch", 6), (4, 1), (2, 3)])
def test_batches_are_written_as_often_as_asked(tmp_path, update_freq, steps):
    trained(log_dir=tmp_path, update_freq=update_freq, write_steps_per_second=True)
    curves = scalars(tmp_path / "train")
    assert len(curves["batch_loss"]) == steps
    assert list(curves["batch_loss"])[-1] <= 6
    assert all(rate > 0 for rate in curves["batch_steps_per_second"].values())
    assert all(rate > 0 for rate in curves["epoch_steps_per_second"].values())


def test_weights_have_histograms_and_pictures(tmp_path):
    trained(log_dir=tmp_path, histogram_freq=2, write_images=True)
    found = {(tag, step) for tag, step, _ in events(tmp_path / "train")}
    tags = {tag for tag, _ in found}
    histograms = {tag for tag in tags if tag.endswith("/histogram")}
    assert len(histograms) == 4
    assert {(tag, step) for tag, step in found if tag in histograms} == {
        (tag, step) for tag in histograms for step in (0, 2)
    }
    assert sum("/image" in tag for tag in tags) == 3  # a bias of one number is none


def test_the_summary_is_there_as_text(tmp_path):
    trained(log_dir=tmp_path)
    [text] = [v for tag, _, v in events(tmp_path / "train") if tag.startswith("keras")]
    assert "Total params" in text.tensor.string_val[0].decode()
    trained(log_dir=tmp_path / "without", write_graph=False)
    tags = [tag for tag, _, _ in events(tmp_path / "without" / "train")]
    assert not any(tag.startswith("keras") for tag in tags)


def test_embeddings_go_to_the_projector(tmp_path):
    labels = tmp_path / "words.tsv"
    labels.write_text("a\nb\nc\nd\n")
    model = Sequential([Input((2,)), layers.Embedding(4, 3, name="words")])
    model.compile("sgd", "mse")
    board = callbacks.TensorBoard(
        tmp_path / "logs", embeddings_freq=1, embeddings_metadata={"words": str(labels)}
    )
    x, y = np.zeros((2, 2), "int32"), np.zeros((2, 2, 3), "float32")
    model.fit(x, y, verbose=0, callbacks=[board])
    written = list((tmp_path / "logs" / "train").glob("**/tensors.tsv"))
    assert len(written) == 1
    assert len(written[0].read_text().split()) == 12
    assert next(written[0].parent.glob("metadata.tsv")).read_text().split() == [*"abcd"]
    labels.write_text("a\n")
    with pytest.raises(ValueError, match="has 1 lines, and layer 'words' 4 rows"):
        model.fit(x, y, verbose=0, callbacks=[board])


def test_an_evaluation_alone_is_written_too(tmp_path):
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.evaluate(X, Y, verbose=0, callbacks=[callbacks.TensorBoard(tmp_path)])
    assert set(scalars(tmp_path / "validation")) == {"evaluation_loss_vs_iterations"}


def test_without_the_library_it_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(ImportError, match=r"pip install 'minikeras\[tensorboard\]'"):
        callbacks.TensorBoard()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"profile_batch": 2}, "does not profile"),
        ({"update_freq": 0}, "positive number"),
        ({"update_freq": "step"}, "'epoch', 'batch' or"),
    ],
)
def test_what_cannot_be_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        callbacks.TensorBoard(**given)


def test_the_loop_over_batches_stays_free_if_epochs_are_written():
    assert not callbacks.TensorBoard().hears("on_train_batch_end")
    assert callbacks.TensorBoard(update_freq=5).hears("on_train_batch_end")


@pytest.mark.parametrize(
    ("shape", "pictures"),
    [
        ((5,), (1, 1, 5, 1)),
        ((7, 2), (1, 2, 7, 1)),
        ((2, 7), (1, 2, 7, 1)),
        ((3, 4, 6), (6, 3, 4, 1)),
        ((3, 3, 2, 3), (3, 3, 2, 3)),
        ((3, 3, 2, 8), None),
        ((), None),
    ],
)
def test_weights_lie_down_in_pictures(shape, pictures):
    picture = as_pictures(np.arange(np.prod(shape, dtype=int)).reshape(shape) - 2.0)
    assert (None if picture is None else picture.shape) == pictures
    if picture is not None:
        assert (picture.min(), picture.max()) == (0, 1)
