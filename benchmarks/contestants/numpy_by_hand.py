"""A multilayer perceptron in NumPy, its derivatives written out by hand.

python -m benchmarks.contestants.numpy_by_hand
"""

import numpy as np

from benchmarks.interleaved import serve
from benchmarks.tasks import Task


class Training:
    """A loop over the batches; Adam as Keras has it, without needless copies."""

    def __init__(self, task):
        if task.architecture != "mlp":
            raise ValueError(f"nobody has written {task.architecture} by hand")
        self.task = task
        self.reset()

    def reset(self):
        self.weights = self.task.weights()
        self.moments = [np.zeros_like(w) for w in self.weights]
        self.squares = [np.zeros_like(w) for w in self.weights]
        self.steps = 0

    def prepare(self, steps):
        self.batches = list(zip(*self.task.batches(steps), strict=True))

    def run(self, steps):
        for x, y in self.batches:
            loss = self.step(x, y)
        return loss

    def losses(self, steps):
        self.reset()
        batches = zip(*self.task.batches(steps), strict=True)
        return [self.step(x, y) for x, y in batches]

    def step(self, x, y):
        activations, p = forward(self.weights, x)
        n = len(x)
        rows = np.arange(n)
        labels = y if y.ndim == 1 else y.argmax(axis=1)
        loss = -np.mean(np.log(p[rows, labels]))

        grad = p  # ∂L/∂scores, where p was
        grad[rows, labels] -= 1
        grad /= n
        gradients = []
        for layer in reversed(range(len(activations))):
            a = activations[layer]
            gradients += [grad.sum(axis=0), a.T @ grad]
            if layer:
                grad = grad @ self.weights[2 * layer].T
                grad *= a > 0
        self.update(gradients[::-1])
        return loss

    def update(self, gradients):
        """One step of Adam."""
        self.steps += 1
        rate = np.float32(
            self.task.options["learning_rate"]
            * np.sqrt(1 - 0.999**self.steps)
            / (1 - 0.9**self.steps)
        )
        states = zip(self.weights, self.moments, self.squares, gradients, strict=True)
        for w, m, v, g in states:
            m *= 0.9
            m += 0.1 * g
            v *= 0.999
            g *= g
            g *= 0.001
            v += g
            root = np.sqrt(v, out=g)
            root += 1e-7
            np.divide(m, root, out=root)
            root *= rate
            w -= root


class Predicting:
    """Prediction, one batch each time."""

    def __init__(self, task):
        self.weights = Training(task).weights
        self.x = task.batches(1)[0][0]

    def prepare(self, steps):
        pass

    def run(self, steps):
        for _ in range(steps):
            _, out = forward(self.weights, self.x)
        return out[0, 0]

    def losses(self, steps):
        """Returns the outputs for the first sample: what there is to compare."""
        return forward(self.weights, self.x)[1][0]


def forward(weights, x):
    """Returns the inputs of each layer, and the probabilities."""
    activations = []
    for layer in range(0, len(weights), 2):
        activations.append(x)
        x = x @ weights[layer]
        x += weights[layer + 1]
        if layer + 2 < len(weights):
            np.maximum(x, 0, out=x)
    x -= x.max(axis=1, keepdims=True)
    np.exp(x, out=x)
    x /= x.sum(axis=1, keepdims=True)
    return activations, x


def build(kind, task):
    kinds = {"training": Training, "prediction": Predicting}
    return kinds[kind](Task.of(task))


if __name__ == "__main__":
    serve(build)
