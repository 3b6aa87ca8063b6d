"""Mistakes: the exception or the warning for each, as lines of code that make it.

The code is run with `keras` and `np` as names, after the lines of its setup, which the
first case holds. A message of ours is to name the same facts in its own words.
"""

from typing import Any

import keras
import numpy as np

from tests.golden.keras_calls import outcome_of, reset

Case = dict[str, Any]

SETUPS = {
    "model": """
model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
model.compile(optimizer="sgd", loss="mse")
x, y = np.zeros((5, 3), "float32"), np.zeros((5, 2), "float32")
""",
    "unbuilt": "model = keras.Sequential([keras.layers.Dense(2)])",
    "layer": "layer = keras.layers.Dense(2)\nlayer.build((None, 3))",
    "weight": "weight = keras.Variable(np.ones(2, 'float32'), name='w')",
}

# Groups of mistakes, each with the setup that it starts from.
MISTAKES: dict[tuple[str, str | None], list[str]] = {
    ("arguments of layers", None): [
        "keras.layers.Dense(0)",
        "keras.layers.Dense(2.5)",
        "keras.layers.Dense(2, activation='nope')",
        "keras.layers.Dense(2, kernel_initializer='nope')",
        "keras.layers.Dense(2, foo=1)",
        "keras.layers.Dense(2, batch_input_shape=(4, 3))",
        "keras.layers.Dense(2, input_shape=(3,))",
        "keras.layers.Dense(2, name='a/b')",
        "keras.layers.Dropout(1.5)",
        "keras.layers.Dropout(-0.1)",
        "keras.layers.Dropout(0.5, seed='a')",
        "keras.layers.Activation('nope')",
        "keras.Input()",
        "keras.Input(shape=5)",
        "keras.Input(shape=(-3,))",
        "keras.Input(shape=(3,), batch_shape=(2, 3))",
    ],
    ("layers", None): [
        "keras.layers.Dense(2)(np.ones(3))",
        "keras.layers.Dense(2).build((None, None))",
        "keras.layers.Dense(2).count_params()",
        "keras.layers.Dense(2).kernel",
        "keras.layers.Dense(2).output",
        "keras.layers.Dense(2).set_weights([np.ones((3, 2)), np.ones(2)])",
    ],
    ("layers", "layer"): [
        "layer(np.ones((2, 4)))",
        "layer.set_weights([np.ones((3, 2))])",
        "layer.set_weights([np.ones((3, 3)), np.ones(2)])",
        "layer.add_weight(shape=(2,), name='more')",
        "layer.inner = keras.layers.Dense(1)",
    ],
    ("Sequential", None): [
        "keras.Sequential([keras.layers.Dense(1, name='a'), keras.layers.Dense("
        "1, name='a')])",
        "keras.Sequential([keras.Input((3,)), keras.Input((3,))])",
        "keras.Sequential().add(3)",
        "keras.Sequential().build((None, 3))",
    ],
    ("Sequential", "unbuilt"): [
        "model.inputs",
        "model.count_params()",
        "model.build((None, 3))\nmodel.build((None, 4))",
    ],
    ("Sequential", "model"): [
        "model.input",
        "model.get_layer('nope')",
        "model.get_layer(index=9)",
        "model(np.ones((2, 4)))",
    ],
    ("compile", "model"): [
        "model.compile(optimizer='nope')",
        "model.compile(loss='mse', metrics='mae')",
        "model.compile(loss='nope')\nmodel.fit(x, y, verbose=0)",
        "model.compile(loss='Mse')\nmodel.fit(x, y, verbose=0)",
        "model.compile(loss='mse', metrics=['nope'])\nmodel.fit(x, y, verbose=0)",
        "model.compile(loss='mse', metrics=['crossentropy'])\nmodel.fit(x, y, "
        "verbose=0)",
    ],
    ("compile", "unbuilt"): [
        "model.compile()\nmodel.fit(np.ones((2, 3)), np.ones((2, 2)))",
        "model.fit(np.ones((2, 3)), np.ones((2, 2)))",
        "model.train_on_batch(np.ones((2, 3)), np.ones((2, 2)))",
    ],
    ("fit", "model"): [
        "model.fit([[1.0, 2.0, 3.0]], [[1.0, 2.0]])",
        "model.fit(x, y[:4], verbose=0)",
        "model.fit(x, y, sample_weight=np.ones(3), verbose=0)",
        "model.fit(x[:, :2], y, verbose=0)",
        "model.fit(x, y, validation_split=1.0, verbose=0)",
        "model.fit(x, y, validation_data=(x, y), validation_freq='a', verbose=0)",
        "model.fit(x, y, class_weight={0: 1.0}, sample_weight=np.ones(5))",
        "model.fit(x, y, foo=1)",
        "model.fit(x, y, steps_per_epoch=2, batch_size=5, verbose=0)",
        "model.evaluate(x, y, foo=1)",
        "model.compile(loss='categorical_crossentropy')\nmodel.fit(x, y[:, :1], "
        "verbose=0)",
        "model.trainable = False\nmodel.fit(x, y, verbose=0)",
    ],
    ("optimizers", None): [
        "keras.optimizers.SGD(clipnorm=1.0, clipvalue=1.0)",
        "keras.optimizers.SGD(learning_rate=1)",
        "keras.optimizers.SGD(lr=0.1)",
        "keras.optimizers.SGD(decay=0.1)",
        "keras.optimizers.SGD(momentum=2.0)",
        "keras.optimizers.Adam(gradient_accumulation_steps=1)",
        "keras.optimizers.Adam(use_ema=True, ema_momentum=2.0)",
        "keras.optimizers.Adam(use_ema=True, ema_overwrite_frequency=0.5)",
        "keras.optimizers.Adam().minimize",
        "keras.optimizers.SGD().apply([np.ones(2, 'float32')])",
    ],
    ("optimizers", "weight"): [
        "keras.optimizers.SGD().apply([None], [weight])",
        "schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)\n"
        "keras.optimizers.SGD(schedule).learning_rate = 0.5",
        "optimizer = keras.optimizers.SGD()\noptimizer.build([weight])\n"
        "optimizer.apply([np.ones(2)], [keras.Variable(np.ones(2))])",
    ],
    ("losses and metrics", None): [
        "keras.losses.MeanSquaredError(reduction='median')",
        "keras.losses.get('nope')",
        "keras.losses.get(3)",
        "keras.losses.categorical_crossentropy(np.ones((2, 3)), np.ones((2, 4)))",
        "keras.losses.categorical_crossentropy(np.ones((2, 1)), np.ones((2, 1)))",
        "keras.losses.sparse_categorical_crossentropy(np.zeros((3,), 'int32'), "
        "np.ones((2, 4)))",
        "keras.losses.binary_crossentropy(np.ones((2,)), np.ones((2, 1)))",
        "keras.metrics.get('nope')",
        "keras.metrics.Mean(foo=1)",
    ],
    ("tensors", None): [
        "len(keras.Input((3,)))",
        "bool(keras.Input((3,)))",
        "[row for row in keras.Input((3,))]",
        "np.mean(keras.Input((3,)))",
        "keras.ops.reshape(np.ones(6), (4, 2))",
        "keras.ops.matmul(np.ones((2, 3)), np.ones((2, 3)))",
        "keras.ops.cast(np.ones(2), 'float99')",
        "keras.Variable([1.0, 2.0]).assign(np.ones(3))",
        "keras.utils.set_random_seed('a')",
    ],
}


def record() -> list[Case]:
    """Returns the setups, then a case for each mistake, without error if it passes."""
    cases: list[Case] = [{"name": "setups", **SETUPS}]
    for (kind, setup), codes in MISTAKES.items():
        for number, code in enumerate(codes):
            reset()
            before = SETUPS[setup] if setup else ""
            outcome = outcome_of(lambda code=f"{before}\n{code}": run(code))
            outcome.pop("result", None)
            name = f"{kind} {setup or ''} {number}"
            cases.append({"name": name, "setup": setup, "code": code} | outcome)
    return cases


def run(code: str) -> None:
    """Runs lines of code with Keras and NumPy at hand."""
    exec(code, {"keras": keras, "np": np})
