"""A small transformer by subclassing: names, training, evaluation and prediction."""

import keras
import numpy as np

from tests.golden.keras_calls import as_arrays, reset
from tests.golden.layer_calls import Case, uneven
from tests.models.mini_gpt import mini_gpt

SIZES = {"vocabulary": 6, "length": 4, "width": 4, "heads": 2, "blocks": 2}
WORDS = np.random.default_rng(0).integers(0, 6, (6, 5)).astype("int32")


def record() -> list[Case]:
    """Returns a training of a causal model, and one of a model that looks ahead."""
    adamw = {"learning_rate": 0.01, "weight_decay": 0.01}
    sgd = {"learning_rate": 0.1, "momentum": 0.9}
    return [
        training_case("causal", SIZES, "AdamW", adamw),
        training_case("ahead", {**SIZES, "blocks": 1, "causal": False}, "SGD", sgd),
    ]


def training_case(
    name: str, sizes: dict[str, int], optimizer: str, options: dict[str, float]
) -> Case:
    """Returns what two epochs of two batches do."""
    reset()
    model = mini_gpt(keras, **sizes)
    x, y = WORDS[:, :-1], WORDS[:, 1:]
    model(x)
    model.set_weights([uneven(w.shape, seed) for seed, w in enumerate(model.weights)])
    case = {
        "name": name,
        "sizes": sizes,
        "optimizer": [optimizer, options],
        "x": x,
        "y": y,
        "weights": [[w.path, np.array(w)] for w in model.weights],
        "outputs": as_arrays(model(x)),
    }
    model.compile(
        getattr(keras.optimizers, optimizer)(**options),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    history = model.fit(x, y, batch_size=3, epochs=2, shuffle=False, verbose=0)
    return {
        **case,
        "history": history.history,
        "trained": model.get_weights(),
        "evaluated": model.evaluate(x, y, verbose=0),
        "predicted": model.predict(x, verbose=0),
    }
