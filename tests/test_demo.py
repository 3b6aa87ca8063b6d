"""The demonstration: what it prints and draws, and when it is not satisfied."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from minikeras import datasets, demo
from minikeras.__main__ import main
from minikeras.callbacks import History
from minikeras.demo import DIGITS, Data, Training
from minikeras.kernels.fast import fast


@pytest.fixture
def few_digits(monkeypatch):
    """Makes the digits few, so that all backends together take a second."""
    few = Data(*(part[:48] for part in demo.digits()))
    monkeypatch.setattr(demo, "digits", lambda samples: few)


def test_a_quick_demonstration_shows_all_backends_and_draws_pictures(
    few_digits, tmp_path, capsys
):
    out = tmp_path / "new" / "pictures"
    assert main(["demo", "--quick", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert 'Model: "digits_classifier"' in printed
    backends = ["numpy", "loops"] if fast is None else ["numpy", "fast", "loops"]
    rows = [line.split("│")[1:-1] for line in printed.splitlines() if line[:1] == "│"]
    table = [[cell.strip() for cell in row] for row in rows if len(row) == 4]
    assert [row[0] for row in table] == backends
    assert len({row[2] for row in table}) == 1  # the same accuracy
    assert table[0][3] == "–"
    for row in table[1:]:
        assert float(row[3].removeprefix("at most ")) <= demo.LARGEST_DIFFERENCE
    assert printed.count("Epoch 2/2") == len(backends)
    assert "Fashion" not in printed
    for name in ("digits-model.svg", "digits-curves.svg"):
        assert str(out / name) in printed
        ElementTree.parse(out / name)


def test_one_backend_alone_and_other_epochs(few_digits, tmp_path, capsys):
    options = ["--backend", "numpy", "--epochs", "1", "--quick", "--out", str(tmp_path)]
    assert main(["demo", *options]) == 0
    printed = capsys.readouterr().out
    assert "Epoch" not in printed  # a single epoch has no header
    assert "│ numpy" in printed
    assert "│ loops" not in printed


def test_without_compiled_kernels_it_says_so_and_goes_on(monkeypatch, capsys):
    monkeypatch.setattr(demo, "fast", None)
    monkeypatch.setattr(demo, "why_absent", "Nothing is compiled. Type this.")
    assert demo.available(["numpy", "fast", "loops"]) == ["numpy", "loops"]
    assert "Without the backend fast. Nothing is compiled. Type this." in (
        capsys.readouterr().out
    )
    assert main(["demo", "--backend", "fast", "--out", "unused"]) == 1
    assert "Type this" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_model_and_another_one_another():
    data = Data(*(part[:32] for part in demo.digits()))
    first, same, other = (demo.classifier(DIGITS, data, seed) for seed in (7, 7, 8))
    weights = [model.get_weights()[0].tobytes() for model in (first, same, other)]
    assert weights[0] == weights[1] != weights[2]


def test_digits_are_pixels_from_0_to_1():
    data = demo.digits(samples=100)
    assert data.x_train.shape == (100, 8, 8)
    assert data.x_train.dtype == np.float32
    assert data.x_validation.shape == (360, 8, 8)
    assert data.x_validation.min() == 0
    assert data.x_validation.max() == 1


@pytest.mark.parametrize("seed", range(3))
def test_the_recipe_keeps_its_promises_from_any_seed(seed):
    backends = ["numpy"] if fast is None else ["numpy", "fast"]
    data = demo.digits()
    trainings = [demo.train(backend, DIGITS, data, seed) for backend in backends]
    assert demo.broken_promises(trainings, None) == []


def random_pictures(count, random):
    """Returns pictures of the size of Fashion-MNIST, and their classes."""
    pictures = random.integers(0, 256, size=(count, 28, 28), dtype=np.uint8)
    return pictures, random.integers(0, 10, size=count, dtype=np.uint8)


def test_fashion_mnist_is_trained_where_it_is_found(monkeypatch, capsys):
    random = np.random.default_rng(0)
    splits = random_pictures(256, random), random_pictures(32, random)
    monkeypatch.setattr(datasets.fashion_mnist, "load_data", lambda: splits)
    monkeypatch.setattr(demo, "FASHION", demo.FASHION._replace(epochs=1, hidden=4))
    training = demo.train_on_fashion(["numpy", "fast", "loops"], seed=7)
    printed = capsys.readouterr().out
    assert training.backend == ("numpy" if fast is None else "fast")
    assert "256 pictures to learn from" in printed
    assert f"accuracy on 32 other pictures: {training.accuracy:.4f}" in printed


def test_without_fashion_mnist_one_line_says_how_to_get_it(monkeypatch, capsys):
    def absent():
        raise FileNotFoundError("a long text\nwith many lines")

    monkeypatch.setattr(datasets.fashion_mnist, "load_data", absent)
    assert demo.train_on_fashion(["numpy", "fast"], seed=7) is None
    assert capsys.readouterr().out.strip() == demo.NO_FASHION
    assert "\n" not in demo.NO_FASHION


def test_a_backend_that_was_not_asked_for_trains_no_fashion(capsys):
    assert demo.train_on_fashion(["loops"], seed=7) is None
    assert capsys.readouterr().out == ""


class Weights:
    """Stands for a model with one weight."""

    def __init__(self, weight):
        self.weight = weight

    def get_weights(self):
        return [np.array([self.weight, 1.0])]


def training(backend, accuracy, weight=0.0):
    """A training that ended with an accuracy and a weight."""
    history = History()
    history.history = {"val_accuracy": [0.1, accuracy]}
    return Training(backend, Weights(weight), history, 1.0)


@pytest.mark.parametrize(
    ("trainings", "fashion", "broken"),
    [
        ([training("numpy", 0.98), training("fast", 0.97, 9e-6)], None, []),
        ([training("numpy", 0.98), training("loops", 0.98, 1.0)], None, []),
        ([training("loops", 0.9)], None, ["loops reached .* 0.9000"]),
        (
            [training("numpy", 0.98), training("fast", 0.98, 2e-5)],
            None,
            ["weights of fast differ from those of numpy by 2.0e-05"],
        ),
        ([], training("fast", 0.88), []),
        ([], training("fast", 0.87), ["accuracy on Fashion-MNIST is 0.8700"]),
    ],
)
def test_a_promise_that_is_not_kept_is_named(trainings, fashion, broken):
    found = demo.broken_promises(trainings, fashion)
    assert len(found) == len(broken)
    for text, pattern in zip(found, broken, strict=True):
        assert re.search(pattern, text)


@pytest.mark.parametrize(("least", "status"), [(0.0, 0), (1.1, 1)])
def test_the_exit_status_tells_whether_all_promises_were_kept(
    least, status, few_digits, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(demo, "DIGITS", DIGITS._replace(epochs=1))
    monkeypatch.setattr(demo, "DIGITS_ACCURACY", least)
    monkeypatch.setattr(demo, "train_on_fashion", lambda chosen, seed: None)
    assert main(["demo", "--backend", "numpy", "--out", str(tmp_path)]) == status
    assert ("Not as promised: numpy" in capsys.readouterr().out) == bool(status)


@pytest.mark.parametrize(
    "arguments", [["--epochs", "0"], ["--epochs", "x"], ["--backend", "torch"]]
)
def test_wrong_options_are_refused(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["demo", *arguments])
    assert stopped.value.code == 2
    assert "error: argument" in capsys.readouterr().err
