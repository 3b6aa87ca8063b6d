"""The demonstration: one model, trained on real data by each of the three backends."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minikeras import config, datasets, layers, utils
from minikeras.callbacks import History
from minikeras.kernels.fast import fast, why_absent
from minikeras.models import Sequential
from minikeras.optimizers import SGD, Adam, Optimizer
from minikeras.optimizers.schedules import CosineDecay

# In the order of training: who waits for the last one has seen the others.
BACKENDS = {
    "numpy": "arrays of NumPy, the definition of right",
    "fast": "compiled kernels, the same results sooner",
    "loops": "plain Python, every multiplication a line of code; half a minute",
}
# What is promised of a whole demonstration.
DIGITS_ACCURACY = 0.97
FASHION_ACCURACY = 0.88
LARGEST_DIFFERENCE = 1e-5  # between the weights of fast and those of numpy

NO_FASHION = (
    "Fashion-MNIST, 60,000 pictures to go on with, is not on this computer and could "
    "not be downloaded. On Debian and Ubuntu: sudo apt install dataset-fashion-mnist"
)


class Recipe(NamedTuple):
    """How a classifier with one hidden layer is trained."""

    name: str
    title: str
    hidden: int  # units
    activation: str
    optimizer: Callable[[CosineDecay], Optimizer]
    learning_rate: float  # at first; it falls to 0 along half a cosine
    batch_size: int
    epochs: int


def with_momentum(learning_rate: CosineDecay) -> SGD:
    """Returns the optimizer for the digits."""
    return SGD(learning_rate, momentum=0.9, nesterov=True)


# Backends round differently, and so do processors. Here nothing makes more of that: at
# the kink of relu, or where Adam divides a gradient by its own small size, a last digit
# may decide where the next step goes, and after 900 steps the weights have parted.
DIGITS = Recipe(
    "digits",
    "Handwritten digits",
    hidden=64,
    activation="tanh",
    optimizer=with_momentum,
    learning_rate=0.2,
    batch_size=32,
    epochs=20,
)
FASHION = Recipe(
    "fashion",
    "Fashion-MNIST",
    hidden=256,
    activation="relu",
    optimizer=Adam,
    learning_rate=0.002,
    batch_size=128,
    epochs=10,
)


class Data(NamedTuple):
    """Pictures with values in [0, 1], and the numbers of their classes."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray


class Training(NamedTuple):
    """What came out of a training."""

    backend: str
    model: Sequential
    history: History
    seconds: float

    @property
    def accuracy(self) -> float:
        """The validation accuracy after the last epoch."""
        return self.history.history["val_accuracy"][-1]

    def difference_to(self, other: "Training") -> float:
        """Returns the largest difference between the weights of two trainings."""
        pairs = zip(self.model.get_weights(), other.model.get_weights(), strict=True)
        return max(float(np.abs(ours - theirs).max()) for ours, theirs in pairs)


def run(
    backends: list[str] | None = None,
    epochs: int | None = None,
    out: str | Path = "minikeras-demo",
    quick: bool = False,
    seed: int = 7,
) -> int:
    """Runs the demonstration; returns 1 if it did not keep what it promises, else 0.

    `backends` are those to show, all by default; `epochs` are those on the digits.
    `quick` takes few pictures and leaves Fashion-MNIST out. Nothing is promised with
    other epochs or quickly. The pictures go to the folder `out`.
    """
    chosen = available(backends or list(BACKENDS))
    if not chosen:
        return 1
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    recipe = DIGITS._replace(epochs=epochs or (2 if quick else DIGITS.epochs))
    data = digits(samples=256 if quick else None)

    heading(f"{recipe.title}: {len(data.x_train):,} to learn from")
    classifier(recipe, data, seed).summary()
    trainings = []
    for backend in chosen:
        heading(f"{backend}: {BACKENDS[backend]}")
        trainings.append(train(backend, recipe, data, seed))
    print_table(trainings)
    saved = save_pictures(trainings[-1], recipe, folder)

    fashion = None if quick else train_on_fashion(chosen, seed)
    if fashion is not None:
        saved += save_pictures(fashion, FASHION, folder)
    print("\nPictures of the models and of their training:", *saved, sep="\n  ")

    if quick or epochs is not None:
        return 0
    broken = broken_promises(trainings, fashion)
    for promise in broken:
        print(f"Not as promised: {promise}")
    return 1 if broken else 0


def available(backends: list[str]) -> list[str]:
    """Returns the backends that are there; says if `fast` is not, and why."""
    if fast is None and "fast" in backends:
        print(f"Without the backend fast. {why_absent}")
        return [backend for backend in backends if backend != "fast"]
    return backends


def digits(samples: int | None = None) -> Data:
    """Returns the digits that come with minikeras; as many to train on as asked for."""
    (x_train, y_train), (x_validation, y_validation) = datasets.digits.load_data()
    return Data(
        scaled(x_train[:samples], 16),
        y_train[:samples],
        scaled(x_validation, 16),
        y_validation,
    )


def scaled(pixels: np.ndarray, most: int) -> np.ndarray:
    """Returns pixels from 0 to `most` as numbers from 0 to 1."""
    return (pixels / most).astype("float32")


def classifier(recipe: Recipe, data: Data, seed: int) -> Sequential:
    """Returns a compiled model; the same seed gives the same weights and batches."""
    utils.set_random_seed(seed)
    model = Sequential(
        [
            layers.Input(data.x_train.shape[1:]),
            layers.Flatten(),
            layers.Dense(recipe.hidden, activation=recipe.activation),
            layers.Dense(10, activation="softmax"),
        ],
        name=f"{recipe.name}_classifier",
    )
    steps = recipe.epochs * -(-len(data.x_train) // recipe.batch_size)
    model.compile(
        optimizer=recipe.optimizer(CosineDecay(recipe.learning_rate, steps)),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def train(backend: str, recipe: Recipe, data: Data, seed: int) -> Training:
    """Trains a new classifier, from the same seed, with a backend."""
    with config.use_backend(backend):
        model = classifier(recipe, data, seed)
        start = time.perf_counter()
        history = model.fit(
            data.x_train,
            data.y_train,
            batch_size=recipe.batch_size,
            epochs=recipe.epochs,
            validation_data=(data.x_validation, data.y_validation),
        )
        return Training(backend, model, history, time.perf_counter() - start)


def train_on_fashion(chosen: list[str], seed: int) -> Training | None:
    """Trains on all of Fashion-MNIST with the fastest backend; None if it can't be."""
    backend = "numpy" if fast is None else "fast"
    if backend not in chosen:
        return None
    try:
        (x_train, y_train), (x_test, y_test) = datasets.fashion_mnist.load_data()
    except FileNotFoundError:
        print(f"\n{NO_FASHION}")
        return None
    heading(f"{FASHION.title}, {backend}: {len(x_train):,} pictures to learn from")
    data = Data(scaled(x_train, 255), y_train, scaled(x_test, 255), y_test)
    training = train(backend, FASHION, data, seed)
    print(
        f"\nAfter {training.seconds:.0f} seconds, accuracy on {len(x_test):,} other "
        f"pictures: {training.accuracy:.4f}"
    )
    return training


def heading(words: str) -> None:
    """Prints a line that begins a section."""
    print(f"\n── {words} ──\n")


def print_table(trainings: list[Training]) -> None:
    """Prints how long each backend took, and how near its weights are to numpy's."""
    # Imported here because only summaries and tables need it.
    from rich.console import Console
    from rich.table import Table

    table = Table(title="One seed, one model, one training")
    table.add_column("Backend")
    for title in ("Seconds", "Validation accuracy", "Weights differ from numpy by"):
        table.add_column(title, justify="right")
    judge = next((t for t in trainings if t.backend == "numpy"), None)
    for training in trainings:
        difference = "–"
        if judge is not None and training is not judge:
            difference = f"at most {training.difference_to(judge):.1e}"
        seconds, accuracy = f"{training.seconds:.1f}", f"{training.accuracy:.4f}"
        table.add_row(training.backend, seconds, accuracy, difference)
    print()
    Console().print(table)


def save_pictures(training: Training, recipe: Recipe, folder: Path) -> list[Path]:
    """Draws the model and its training, and returns the files."""
    model, curves = (
        folder / f"{recipe.name}-model.svg",
        folder / f"{recipe.name}-curves.svg",
    )
    utils.plot_model(
        training.model, model, show_shapes=True, show_layer_activations=True
    )
    training.history.plot(curves, title=f"{recipe.title}, {training.backend}")
    return [model, curves]


def broken_promises(trainings: list[Training], fashion: Training | None) -> list[str]:
    """Returns what a whole demonstration promises and this one did not keep."""
    broken = [
        f"{training.backend} reached a validation accuracy of {training.accuracy:.4f}, "
        f"and {DIGITS_ACCURACY} is the least."
        for training in trainings
        if training.accuracy < DIGITS_ACCURACY
    ]
    by_backend = {training.backend: training for training in trainings}
    if {"fast", "numpy"} <= by_backend.keys():
        difference = by_backend["fast"].difference_to(by_backend["numpy"])
        if difference > LARGEST_DIFFERENCE:
            broken.append(
                f"the weights of fast differ from those of numpy by {difference:.1e}, "
                f"and {LARGEST_DIFFERENCE} is the most."
            )
    if fashion is not None and fashion.accuracy < FASHION_ACCURACY:
        broken.append(
            f"the test accuracy on {FASHION.title} is {fashion.accuracy:.4f}, and "
            f"{FASHION_ACCURACY} is the least."
        )
    return broken
