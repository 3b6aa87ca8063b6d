"""Losses from logits, where probabilities would have lost the small numbers."""

from minikeras.autograd.primitive import Primitive
from minikeras.primitives.broadcasting import Broadcasting


class SoftmaxCrossEntropy(Primitive):
    """Says how badly the softmax of logits predicts the probabilities `targets`.

        out = -Σ_j t_j log p_j,   p = softmax(x) along the last axis
        ∂L/∂x_j = g (p_j Σ_i t_i - t_j),   ∂L/∂t_j = -g log p_j,   g = ∂L/∂out

    A class with target 0 adds 0 to the loss, even where its logit is -inf.

    Shapes: logits x and targets t (..., classes) → out (...).
    Raises: ValueError if the shapes differ or have no axis.
    Source: Goodfellow et al., Deep Learning, section 6.2.2.3.
    """

    def forward(self, k, logits, targets):
        return k.softmax_cross_entropy(logits, targets)

    def vjp(self, k, wanted, grad, out, logits, targets):
        grad = k.expand_dims(grad, axis=-1)
        logits_grad = targets_grad = None
        if wanted[0]:
            total = k.sum(targets, axis=-1, keepdims=True)
            expected = k.multiply(k.softmax(logits, axis=-1), total)
            logits_grad = k.multiply(k.subtract(expected, targets), grad)
        if wanted[1]:
            log_probabilities = k.log_softmax(logits, axis=-1)
            targets_grad = k.negative(k.multiply(log_probabilities, grad))
        return logits_grad, targets_grad


class SparseSoftmaxCrossEntropy(Primitive):
    """Says how badly the softmax of logits predicts the classes `labels`.

        out = -log p_label,   p = softmax(x) along the last axis
        ∂L/∂x_j = g (p_j - [j = label]),   g = ∂L/∂out

    Shapes: logits x (..., classes), labels (...) of integers → out (...).
    Raises: ValueError if the shapes don't fit, or a label is not in [0, classes).
    Source: Goodfellow et al., Deep Learning, section 6.2.2.3.
    """

    def forward(self, k, logits, labels):
        return k.sparse_softmax_cross_entropy(logits, labels)

    def vjp(self, k, wanted, grad, out, logits, labels):
        if not wanted[0]:
            return None, None
        targets = k.one_hot(labels, classes=logits.shape[-1], dtype=logits.dtype)
        difference = k.subtract(k.softmax(logits, axis=-1), targets)
        return k.multiply(difference, k.expand_dims(grad, axis=-1)), None


class SigmoidCrossEntropy(Broadcasting):
    """Says how badly the sigmoid of each logit predicts the probability in `targets`.

        out = -t log p - (1 - t) log(1 - p),   p = σ(x) = 1 / (1 + exp(-x))
        ∂L/∂x = g (p - t),   ∂L/∂t = -g x,   g = ∂L/∂out

    Shapes: logits x and targets t broadcast to the shape of out.
    Source: Goodfellow et al., Deep Learning, section 6.2.2.2.
    """

    def forward(self, k, logits, targets):
        return k.sigmoid_cross_entropy(logits, targets)

    def vjp(self, k, wanted, grad, out, logits, targets):
        return (
            k.multiply(k.subtract(k.sigmoid(logits), targets), grad)
            if wanted[0]
            else None,
            k.negative(k.multiply(logits, grad)) if wanted[1] else None,
        )


softmax_cross_entropy = SoftmaxCrossEntropy()
sparse_softmax_cross_entropy = SparseSoftmaxCrossEntropy()
sigmoid_cross_entropy = SigmoidCrossEntropy()
