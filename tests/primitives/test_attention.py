"""Attention is what plain operations make of the same queries, keys and values."""

import numpy as np
import pytest
from hypothesis import given

from minikeras import Tensor, ops
from minikeras.primitives.attention import attention, masked_attention
from minikeras.values import using
from tests.examples import EXAMPLES
from tests.kernels.sets import ARRAY_SETS


def composed(query, key, value, mask=None, *, causal, scale):
    """Does the same in plain operations, whose gradients are the engine's."""
    query, key, value = (ops.transpose(x, (0, 2, 1, 3)) for x in (query, key, value))
    scores = scale * ops.matmul(query, ops.transpose(key, (0, 1, 3, 2)))
    if causal:
        times, places = (ops.arange(n) for n in scores.shape[2:])
        seen = ops.expand_dims(times, 1) >= places
        mask = seen if mask is None else ops.logical_and(seen, mask)
    if mask is not None:
        scores = ops.where(mask, scores, -1e300)
    weights = ops.softmax(scores)
    return ops.transpose(ops.matmul(weights, value), (0, 2, 1, 3))


@pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
@pytest.mark.parametrize("primitive", [attention, masked_attention], ids=str)
def test_it_is_what_plain_operations_compute(primitive, kernels):
    name = "masked_attention" if primitive is masked_attention else "attention"

    @given(call=EXAMPLES[name]("float64", "gradient"))
    def check(call):
        results = [
            out_and_gradients(function, kernels, call)
            for function in (primitive, composed)
        ]
        for ours, plain in zip(*results, strict=True):
            np.testing.assert_allclose(ours, plain, rtol=1e-9, atol=1e-12)

    check()


def out_and_gradients(function, kernels, call):
    """Returns the result of a function and the gradients of its sum of squares."""
    with using(Tensor, kernels):
        inputs = [
            Tensor(np.array(x), requires_grad=x.dtype.kind == "f") for x in call.inputs
        ]
        out = function(*inputs, **call.parameters)
        ops.sum(out * out).backward()
    return [out.numpy(), *(x.grad.numpy() for x in inputs[:3])]
