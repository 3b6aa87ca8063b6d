"""The training on real data runs on pictures of the kind, and says who is too weak."""

import numpy as np
import pytest

import minikeras
from benchmarks.contestants.keras_fit import FashionMnist
from benchmarks.fashion_mnist import TASK, scaled, table
from benchmarks.tasks import load


@pytest.fixture
def pictures(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "pictures.npz"
    parts = {}
    for name, samples in (("train", 6), ("test", 5)):
        parts[f"x_{name}"] = scaled(rng.integers(0, 256, (samples, 28, 28)))
        parts[f"y_{name}"] = rng.integers(0, 10, samples)
    np.savez(path, **parts)
    return path


def test_pictures_are_between_0_and_1_with_a_channel(pictures):
    arrays = load(pictures)
    assert arrays["x_train"].shape == (6, 28, 28, 1)
    assert arrays["x_train"].dtype == "float32"
    assert 0 <= arrays["x_train"].min() < 0.1 < 0.9 < arrays["x_train"].max() <= 1


def test_minikeras_trains_and_tells_its_accuracy(pictures):
    task = TASK._replace(sizes={"hidden": 4, "rate": 0.3}, batch=4)
    built = FashionMnist(minikeras, task, pictures, epochs=2)
    assert np.isfinite(built.run(2))
    (accuracy,) = built.losses(1)
    assert 0 <= accuracy <= 1


def test_the_table_has_wall_times_accuracies_and_failures():
    results = {
        "epochs": 2,
        "threads": 1,
        "contestants": [
            {"title": "ours", "build": 1.0, "times": [2.0, 2.0], "accuracy": 0.92},
            {"title": "theirs", "build": 2.0, "times": [4.0, 4.0], "accuracy": 0.9},
            {"title": "nobody", "error": "is not installed"},
        ],
    }
    _, _, ours, theirs, nobody = table(results).splitlines()
    assert ours.split() == ["ours", "5.00", "s", "2.00", "s", "1.00", "0.9200"]
    assert theirs.endswith("2.00    0.9000  below 0.91")
    assert nobody.endswith("is not installed")
