"""Laws that hold for every optimizer, whatever the gradients are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import Tensor, Variable, ops, optimizers
from minikeras.optimizers.clipping import clipped_by_global_norm, clipped_by_norm

EVERY = [
    cls
    for name, cls in optimizers.CLASSES.items()
    if name not in ("LossScaleOptimizer", "MultiOptimizer", "OptimizerMap")
]
every_optimizer = pytest.mark.parametrize("cls", EVERY, ids=lambda cls: cls.__name__)

numbers = st.sampled_from([0.0, 1.0, -1.0, 0.5, -3.0, 0.01, 20.0])


@every_optimizer
@given(gradients=st.lists(st.tuples(numbers, numbers), min_size=1, max_size=4))
def test_a_gradient_times_a_power_of_two_that_is_undone_gives_the_same_bits(
    cls, gradients
):
    results = []
    for scale in (None, 1024.0):
        optimizer = cls(0.1, loss_scale_factor=scale)
        weight = Variable([1.0, -2.0], name="w")
        for pair in gradients:
            gradient = np.array(pair, "float32") * np.float32(scale or 1)
            optimizer.apply([gradient], [weight])
        results.append(weight.numpy())
    np.testing.assert_array_equal(*results)


@every_optimizer
@given(gradients=st.lists(st.tuples(numbers, numbers), min_size=1, max_size=4))
def test_gradients_that_are_added_up_are_one_step_along_their_mean(cls, gradients):
    once, summed = cls(0.1), cls(0.1, gradient_accumulation_steps=2)
    a, b = Variable([1.0, -2.0], name="a"), Variable([1.0, -2.0], name="b")
    for pair in gradients:
        gradient = np.array(pair, "float32")
        once.apply([gradient], [a])
        summed.apply([gradient * 2], [b])
        summed.apply([gradient * 0], [b])
    np.testing.assert_array_equal(a.numpy(), b.numpy())
    assert int(summed.iterations) == len(gradients)


@every_optimizer
def test_nothing_moves_where_there_is_no_gradient(cls):
    weight = Variable([0.0, 0.0], name="w")
    optimizer = cls(0.1)
    for _ in range(3):
        optimizer.apply([np.zeros(2)], [weight])
    assert not weight.numpy().any()


@every_optimizer
def test_the_first_step_goes_down_and_leads_to_the_bottom(cls):
    rate = {"Adadelta": 100.0, "Lion": 0.01, "Adafactor": 0.5}.get(cls.__name__, 0.05)
    weight = Variable(np.full((2, 2), 1.0, "float32"), name="w")
    optimizer = cls(rate)
    before = float(ops.sum(ops.square(weight)))
    for _ in range(60):
        optimizer.apply([2.0 * weight], [weight])
        after = float(ops.sum(ops.square(weight)))
        assert np.isfinite(after)
    assert after < before / 2


@given(norm=st.sampled_from([0.5, 1.0, 100.0]), scale=st.sampled_from([1e-3, 1, 1e3]))
def test_clipped_gradients_are_no_longer_than_asked_for(norm, scale):
    rng = np.random.default_rng(0)
    arrays = [scale * rng.normal(size=n) for n in (3, 1, 7)]
    grads = [Tensor(x, dtype="float64") for x in arrays]
    total = np.sqrt(sum((x**2).sum() for x in arrays))
    for grad, x in zip(clipped_by_norm(grads, norm), arrays, strict=True):
        length = np.linalg.norm(x)
        expected = x * min(1.0, norm / length)
        np.testing.assert_allclose(grad.numpy(), expected, rtol=1e-12)
    for grad, x in zip(clipped_by_global_norm(grads, norm), arrays, strict=True):
        np.testing.assert_allclose(grad.numpy(), x * min(1.0, norm / total), rtol=1e-12)


def test_gradients_of_zeros_stay_zeros():
    grads = [Tensor([0.0]), Tensor([0.0, 0.0])]
    for clipped in (clipped_by_norm, clipped_by_global_norm):
        assert not any(grad.numpy().any() for grad in clipped(grads, 1.0))


@pytest.mark.parametrize("strange", [np.inf, -np.inf, np.nan])
def test_a_global_norm_that_is_not_finite_shows_in_all_gradients(strange):
    grads = [Tensor([1.0]), Tensor([strange])]
    for grad in clipped_by_global_norm(grads, 1.0):
        assert np.isnan(grad.numpy()).all()


# --- What Keras on PyTorch does not do as it says -------------------------------------


@given(
    gradients=st.lists(numbers, min_size=1, max_size=6), warmup=st.sampled_from([0, 3])
)
def test_schedule_free_weights_are_between_the_steps_and_their_mean(gradients, warmup):
    weight = Variable([2.0], dtype="float64", name="w")
    optimizer = optimizers.ScheduleFreeAdamW(0.125, warmup_steps=warmup)
    z = x = 2.0
    v = 0.0
    for t, g in enumerate(gradients, start=1):
        optimizer.apply([np.array([g])], [weight])
        rate = 0.125 * (min(t / warmup, 1.0) if warmup else 1.0)
        v = 0.999 * v + 0.001 * g * g
        z = z - rate * g / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        x = (1 - 1 / t) * x + z / t
        np.testing.assert_allclose(weight[0], 0.1 * z + 0.9 * x, rtol=1e-9)


def test_a_matrix_is_made_nearly_orthogonal():
    for shape in ((3, 8), (8, 3), (5, 5)):
        x = Tensor(np.random.default_rng(0).normal(size=shape))
        values = np.linalg.svd(optimizers.Muon().orthogonalized(x).numpy())[1]
        assert (values > 0.6).all()
        assert (values < 1.3).all()
