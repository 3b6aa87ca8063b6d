"""Short trainings, as programs for either library: `keras` is Keras, or minikeras.

Each returns what it wants compared: histories, logs, results, weights.  They shuffle
nothing, and start from weights of their own.
"""

import numpy as np

generator = np.random.default_rng(8)
X = np.round(generator.normal(size=(22, 3)), 2).astype("float32")
Z = np.round(generator.normal(size=(22, 2)), 2).astype("float32")
SUM = X.sum(axis=1, keepdims=True)
LABELS = (SUM[:, 0] > 0).astype("int32") + (SUM[:, 0] > 1.5)
ONE_HOT = np.eye(3, dtype="float32")[LABELS]
WEIGHTS = np.linspace(0, 2, 22).round(2).astype("float32")
QUIET = {"verbose": 0, "shuffle": False}


def start(model):
    """Gives a model its first weights."""
    generator = np.random.default_rng(3)
    model.set_weights(
        [generator.uniform(-0.5, 0.5, w.shape).round(2) for w in model.get_weights()]
    )
    return model


def regressor(keras, **compiled):
    """Returns a small compiled model with one output."""
    layers = keras.layers
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, activation="tanh")])
    model.add(layers.Dense(1))
    optimizer = keras.optimizers.SGD(0.05, momentum=0.5)
    model.compile(**({"optimizer": optimizer, "loss": "mse"} | compiled))
    return start(model)


def classifier(keras, **compiled):
    """Returns a small compiled model with three classes."""
    model = keras.Sequential([keras.Input((3,))])
    model.add(keras.layers.Dense(3, activation="softmax"))
    settings = {"loss": "categorical_crossentropy", "metrics": ["accuracy"]}
    model.compile(keras.optimizers.Adam(0.05), **(settings | compiled))
    return start(model)


def forked(keras):
    """Returns a graph with two named inputs and two named outputs."""
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    hidden = keras.layers.Dense(4, activation="tanh")(a)
    both = keras.layers.Concatenate()([hidden, b])
    total = keras.layers.Dense(1, name="total")(both)
    classes = keras.layers.Dense(3, activation="softmax", name="classes")(both)
    return keras.Model([a, b], [total, classes])


def results(model, history, *arguments, **evaluated):
    """Returns the usual things to compare."""
    return {
        "history": history.history,
        "epoch": history.epoch,
        "params": history.params,
        "evaluate": model.evaluate(*arguments, verbose=0, **evaluated),
        "logs": model.evaluate(*arguments, verbose=0, return_dict=True, **evaluated),
        "weights": model.get_weights(),
    }


def several_outputs_by_name(keras):
    model = forked(keras)
    model.compile(
        keras.optimizers.Adam(0.02),
        loss={"total": "mse", "classes": "sparse_categorical_crossentropy"},
        loss_weights={"total": 0.5, "classes": 2.0},
        metrics={"total": ["mae"], "classes": ["accuracy"]},
        weighted_metrics={"classes": ["accuracy"]},
    )
    start(model)
    x, y = {"a": X, "b": Z}, {"total": SUM, "classes": LABELS}
    held_out = ({"a": X[:7], "b": Z[:7]}, {"total": SUM[:7], "classes": LABELS[:7]})
    history = model.fit(
        x,
        y,
        epochs=3,
        batch_size=6,
        validation_data=held_out,
        **QUIET,
    )
    return results(model, history, x, y)


def several_outputs_in_order(keras):
    model = forked(keras)
    losses = ["mae", "categorical_crossentropy"]
    model.compile("sgd", loss=losses, metrics=[["mse"], ["accuracy"]])
    start(model)
    weights = [WEIGHTS, WEIGHTS[::-1].copy()]
    history = model.fit(
        [X, Z],
        [SUM, ONE_HOT],
        sample_weight=weights,
        epochs=2,
        validation_split=0.3,
        **QUIET,
    )
    found = results(model, history, [X, Z], [SUM, ONE_HOT], sample_weight=weights)
    found["train_on_batch"] = model.train_on_batch([X, Z], [SUM, ONE_HOT])
    found["test_on_batch"] = model.test_on_batch([X[:5], Z[:5]], [SUM[:5], ONE_HOT[:5]])
    found["predict"] = model.predict([X, Z], batch_size=8, verbose=0)
    return found


def an_output_without_a_loss(keras):
    model = forked(keras)
    model.compile("sgd", loss=["mse", None], metrics=[["mae"], None])
    start(model)
    history = model.fit([X, Z], [SUM, ONE_HOT], epochs=2, **QUIET)
    return {"history": history.history, "weights": model.get_weights()}


def class_weights(keras):
    model = classifier(keras, weighted_metrics=["accuracy", "mse"])
    history = model.fit(
        X,
        ONE_HOT,
        class_weight={0: 0.5, 2: 3.0},
        epochs=3,
        batch_size=5,
        validation_data=(X[:9], ONE_HOT[:9], WEIGHTS[:9]),
        **QUIET,
    )
    return results(model, history, X, ONE_HOT)


def batches_from_generators(keras):
    def batches(size):
        while True:
            for first in range(0, 20, size):
                rows = slice(first, first + size)
                yield X[rows], SUM[rows], WEIGHTS[rows]

    model = regressor(keras, metrics=["mae"], weighted_metrics=["mse"])
    history = model.fit(
        batches(4),
        steps_per_epoch=3,
        epochs=4,
        validation_data=batches(10),
        validation_steps=2,
        **QUIET,
    )
    return {
        "history": history.history,
        "params": history.params,
        "evaluate": model.evaluate(batches(10), steps=3, verbose=0),
        "predict": model.predict(batches(4), steps=2, verbose=0),
        "weights": model.get_weights(),
    }


def batches_from_a_dataset(keras):
    class Slices(keras.utils.PyDataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            rows = slice(5 * index, 5 * index + 5)
            return X[rows], SUM[rows]

    model = regressor(keras, metrics=["mae"])
    history = model.fit(Slices(), epochs=3, validation_data=Slices(), **QUIET)
    return results(model, history, Slices())


def epochs_of_a_number_of_steps(keras):
    model = regressor(keras)
    history = model.fit(
        X,
        SUM,
        batch_size=4,
        steps_per_epoch=4,
        epochs=3,
        validation_data=(X[:8], SUM[:8]),
        validation_batch_size=3,
        validation_freq=[1, 3],
        **QUIET,
    )
    return results(model, history, X, SUM)


def some_epochs_with_validation(keras):
    model = regressor(keras, metrics=["mae"])
    history = model.fit(
        X,
        SUM,
        initial_epoch=2,
        epochs=7,
        validation_split=0.25,
        validation_freq=2,
        sample_weight=WEIGHTS,
        **QUIET,
    )
    return results(model, history, X, SUM, sample_weight=WEIGHTS, batch_size=7)


def a_step_of_its_own(keras):
    class Stepping(keras.Sequential):
        def train_step(self, data):
            x, y = data
            self.zero_grad()
            y_pred = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=y_pred)
            loss.backward()
            weights = list(self.trainable_weights)
            self.optimizer.apply([v.value.grad for v in weights], weights)
            for metric in self.metrics:
                if metric.name == "loss":
                    metric.update_state(loss)
                else:
                    metric.update_state(y, y_pred)
            return {m.name: m.result() for m in self.metrics}

    model = Stepping([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.05), loss="mse", metrics=["mae"])
    start(model)
    history = model.fit(X, SUM, epochs=3, batch_size=8, **QUIET)
    return results(model, history, X, SUM)


def a_loss_of_its_own(keras):
    class Model(keras.Sequential):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            self.seen = keras.metrics.Mean(name="seen")

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
            loss = keras.ops.mean(keras.ops.square(y_pred - y))
            loss = loss + 0.1 * keras.ops.mean(keras.ops.abs(y_pred))
            self.seen.update_state(loss)
            return loss

        def compute_metrics(self, x, y, y_pred, sample_weight):
            logs = super().compute_metrics(x, y, y_pred, sample_weight)
            logs["constant"] = 1.5
            return logs

    model = Model([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.05), metrics=["mae"])
    start(model)
    history = model.fit(X, SUM, epochs=2, validation_data=(X, SUM), **QUIET)
    return results(model, history, X, SUM)


def losses_and_metrics_of_layers(keras):
    class Watching(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.largest = keras.metrics.Mean(name="largest")

        def call(self, inputs):
            self.add_loss(0.01 * keras.ops.mean(keras.ops.square(inputs)))
            self.largest.update_state(keras.ops.max(inputs))
            return inputs

    layers = keras.layers
    model = keras.Sequential([keras.Input((3,))])
    model.add(layers.Dense(4, activation="relu", kernel_regularizer="l2"))
    model.add(Watching())
    model.add(layers.Dense(1, activity_regularizer="l1"))
    model.compile("sgd", loss="mse", metrics=["mae"])
    start(model)
    history = model.fit(X, SUM, epochs=3, batch_size=8, **QUIET)
    return results(model, history, X, SUM)


def what_callbacks_hear_of_several_outputs(keras):
    heard = []

    class Listening(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            heard.append(["train", batch, dict(logs)])

        def on_test_batch_end(self, batch, logs=None):
            heard.append(["test", batch, dict(logs)])

        def on_epoch_end(self, epoch, logs=None):
            heard.append(["epoch", epoch, dict(logs)])

    model = forked(keras)
    model.compile("sgd", loss=["mse", "categorical_crossentropy"])
    start(model)
    model.fit(
        [X, Z],
        [SUM, ONE_HOT],
        batch_size=11,
        epochs=2,
        validation_data=([X, Z], [SUM, ONE_HOT]),
        callbacks=[Listening()],
        **QUIET,
    )
    return {"heard": heard, "metrics_names": model.metrics_names}


def stopping_within_an_epoch(keras):
    class Stopping(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 2

    model = regressor(keras, metrics=["mae"])
    history = model.fit(
        X,
        SUM,
        batch_size=3,
        epochs=4,
        validation_data=(X, SUM),
        callbacks=[Stopping()],
        **QUIET,
    )
    return results(model, history, X, SUM)


def a_subclass_fed_with_dicts(keras):
    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.first = keras.layers.Dense(3, activation="tanh")
            self.second = keras.layers.Dense(2)

        def call(self, inputs):
            hidden = self.first(inputs["x"])
            return {"sum": self.second(hidden)[:, :1], "twice": 2.0 * inputs["z"]}

    model = Model()
    optimizer = keras.optimizers.RMSprop(0.01)
    losses, metrics = {"sum": "mse", "twice": "mae"}, {"sum": ["mae"], "twice": []}
    model.compile(optimizer, loss=losses, metrics=metrics)
    x, y = {"x": X, "z": Z}, {"sum": SUM, "twice": Z}
    model(x)
    start(model)
    history = model.fit(x, y, epochs=2, batch_size=9, **QUIET)
    found = results(model, history, x, y)
    found["predict"] = model.predict(x, batch_size=10, verbose=0)
    return found


PROGRAMS = [
    several_outputs_by_name,
    several_outputs_in_order,
    an_output_without_a_loss,
    class_weights,
    batches_from_generators,
    batches_from_a_dataset,
    epochs_of_a_number_of_steps,
    some_epochs_with_validation,
    a_step_of_its_own,
    a_loss_of_its_own,
    losses_and_metrics_of_layers,
    what_callbacks_hear_of_several_outputs,
    stopping_within_an_epoch,
    a_subclass_fed_with_dicts,
]
