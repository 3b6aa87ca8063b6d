"""scikit-learn's MLPClassifier, an epoch by `partial_fit`.

python -m benchmarks.contestants.scikit_learn
"""

import numpy as np
from sklearn.neural_network import MLPClassifier

from benchmarks.interleaved import serve
from benchmarks.tasks import Task


def classifier(task):
    """Returns a classifier with the task's weights that has seen nothing yet."""
    if task.architecture != "mlp":
        raise ValueError(f"there is no {task.architecture} in scikit-learn")
    widths = task.sizes["widths"]
    model = MLPClassifier(
        hidden_layer_sizes=widths[1:-1],
        alpha=0.0,
        batch_size=task.batch,
        learning_rate_init=task.options["learning_rate"],
        shuffle=False,
        epsilon=1e-7,
    )
    x, y = data(task, 1)
    model.partial_fit(x, y, classes=np.arange(widths[-1]))
    weights = task.weights()
    model.coefs_, model.intercepts_ = weights[0::2], weights[1::2]
    del model._optimizer  # it knows the weights that were; there will be a new one
    return model


def data(task, steps):
    """Returns samples and the numbers of their classes."""
    x, y = task.epoch(steps)
    return x, y.argmax(axis=1) if task.one_hot else y


class Training:
    def __init__(self, task):
        self.task = task
        self.model = classifier(task)

    def prepare(self, steps):
        self.data = data(self.task, steps)

    def run(self, steps):
        return self.model.partial_fit(*self.data).loss_

    def losses(self, steps):
        model = classifier(self.task)
        for x, y in zip(*self.task.batches(steps), strict=True):
            yield model.partial_fit(
                x, y.argmax(axis=1) if self.task.one_hot else y
            ).loss_


class Predicting:
    """Prediction, one batch each time."""

    def __init__(self, task):
        self.model = classifier(task)
        self.x = task.batches(1)[0][0]

    def prepare(self, steps):
        pass

    def run(self, steps):
        for _ in range(steps):
            out = self.model.predict_proba(self.x)
        return out[0, 0]

    def losses(self, steps):
        """Returns the outputs for the first sample: what there is to compare."""
        return self.model.predict_proba(self.x)[0]


def build(kind, task):
    kinds = {"training": Training, "prediction": Predicting}
    return kinds[kind](Task.of(task))


if __name__ == "__main__":
    serve(build)
