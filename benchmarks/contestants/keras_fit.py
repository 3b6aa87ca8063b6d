"""`model.fit` and `model.predict`: of minikeras, or of Keras itself.

    python -m benchmarks.contestants.keras_fit minikeras

The backend is chosen by the environment, as both know it: MINIKERAS_BACKEND,
KERAS_BACKEND.  minikeras can also train in float64 (for the reference) or eagerly.
"""

import argparse
import importlib

from benchmarks import models
from benchmarks.interleaved import serve
from benchmarks.tasks import Task, load


class Fitting:
    """Training: a call of `fit`, one epoch with as many batches as there are steps."""

    def __init__(self, keras, task, **options):
        self.keras, self.task, self.options = keras, task, options
        self.model = self.compiled_model(task)

    def compiled_model(self, task):
        model = models.build(self.keras, task)
        models.compile_for(self.keras, model, task, **self.options)
        return model

    def prepare(self, steps):
        self.data = self.task.epoch(steps)

    def run(self, steps):
        x, y = self.data
        history = self.model.fit(x, y, batch_size=self.task.batch, verbose=0)
        return history.history["loss"][-1]

    def losses(self, steps):
        """Yields each loss as the mean of an epoch with one batch."""
        model = self.compiled_model(self.task.without_dropout())
        for x, y in zip(*self.task.batches(steps), strict=True):
            history = model.fit(x, y, batch_size=self.task.batch, verbose=0)
            yield history.history["loss"][-1]


class FashionMnist:
    """Real data: a step is an epoch, and what there is to compare is the accuracy."""

    def __init__(self, keras, task, data, epochs, **options):
        self.task = task
        self.data = load(data)
        samples = len(self.data["x_train"])
        self.model = models.build(keras, task)
        decay_steps = epochs * -(-samples // task.batch)
        models.compile_for(keras, self.model, task, decay_steps, **options)

    def prepare(self, steps):
        pass

    def run(self, steps):
        x, y = self.data["x_train"], self.data["y_train"]
        history = self.model.fit(
            x, y, batch_size=self.task.batch, epochs=steps, verbose=0
        )
        return history.history["loss"][-1]

    def losses(self, steps):
        """Returns the accuracy on the test data."""
        x, y = self.data["x_test"], self.data["y_test"]
        return [self.model.evaluate(x, y, batch_size=500, verbose=0)[1]]


class Predicting:
    """Prediction: NumPy in, NumPy out, one batch each time."""

    def __init__(self, keras, task):
        self.model = models.build(keras, task)
        models.compile_for(keras, self.model, task)
        self.task = task
        self.x = task.batches(1)[0][0]

    def prepare(self, steps):
        pass

    def run(self, steps):
        for _ in range(steps):
            out = self.model.predict(self.x, batch_size=self.task.batch, verbose=0)
        return out[0, 0]

    def losses(self, steps):
        """Returns the outputs for the first sample: what there is to compare."""
        return self.model.predict(self.x, batch_size=self.task.batch, verbose=0)[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("namespace", choices=["minikeras", "keras"])
    parser.add_argument("--eager", action="store_true", help="without a recorded step")
    parser.add_argument("--float64", action="store_true")
    arguments = parser.parse_args()
    keras = importlib.import_module(arguments.namespace)
    if arguments.float64:
        keras.config.set_floatx("float64")
    options = {"jit_compile": False} if arguments.eager else {}

    def build(kind, task, **more):
        if kind == "prediction":
            return Predicting(keras, Task.of(task))
        if kind == "fashion":
            return FashionMnist(keras, Task.of(task), **more, **options)
        return Fitting(keras, Task.of(task), **options)

    serve(build)


if __name__ == "__main__":
    main()
