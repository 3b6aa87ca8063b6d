"""Losses of one number."""

import math


def sigmoid_cross_entropy(logits, targets):
    """|x| · (1 - t if x > 0 else t) + log(1 + exp(-|x|)), x the logit, t the target."""
    size = abs(logits)
    against = 1 - targets if logits > 0 else targets
    linear = 0.0 if against == 0 else size * against
    return linear + math.log1p(math.exp(-size))
