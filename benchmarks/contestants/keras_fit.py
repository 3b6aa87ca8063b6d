"""`model.fit` and `model.predict`: of minikeras, or of Keras itself.

    python -m benchmarks.contestants.keras_fit minikeras

The backend is chosen by the environment, as both know it: MINIKERAS_BACKEND,
KERAS_BACKEND.  minikeras can also train in float64 (for the reference) or eagerly.
"""

import argparse
import importlib

from benchmarks import models
from benchmarks.interleaved import serve
from benchmarks.tasks import Task


class Fitting:
    """Training: a call of `fit`, one epoch with as many batches as there are steps."""

    def __init__(self, keras, task, **options):
        self.keras, self.task, self.options = keras, task, options
        self.model = self.compiled_model()
        self.data = None

    def compiled_model(self, dropout=True):
        model = models.build(self.keras, self.task, dropout)
        models.compile_for(self.keras, model, self.task, **self.options)
        return model

    def prepare(self, steps):
        self.data = self.task.epoch(steps)

    def run(self, steps):
        x, y = self.data
        history = self.model.fit(x, y, batch_size=self.task.batch, verbose=0)
        return history.history["loss"][-1]

    def losses(self, steps):
        """Yields each loss as the mean of an epoch with one batch."""
        model = self.compiled_model(dropout=False)
        for x, y in zip(*self.task.batches(steps), strict=True):
            history = model.fit(x, y, batch_size=self.task.batch, verbose=0)
            yield history.history["loss"][-1]


class Predicting:
    """Prediction: NumPy in, NumPy out, one batch each time."""

    def __init__(self, keras, task):
        self.model = models.build(keras, task)
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

    def build(kind, task):
        if kind == "prediction":
            return Predicting(keras, Task.of(task))
        return Fitting(keras, Task.of(task), **options)

    serve(build)


if __name__ == "__main__":
    main()
