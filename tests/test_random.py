"""Seeds, generators and distributions: what can be repeated, and what is drawn."""

import numpy as np
import pytest

from minikeras import ops, random
from minikeras.compiled import capture
from minikeras.config import use_backend
from minikeras.kernels.fast import fast
from minikeras.random import SeedGenerator
from minikeras.values import KerasTensor, Tensor

BACKENDS = ["loops", "numpy", *(["fast"] if fast is not None else [])]

DRAWS = {
    "normal": lambda seed: random.normal((3, 4), seed=seed),
    "uniform": lambda seed: random.uniform((3, 4), seed=seed),
    "truncated_normal": lambda seed: random.truncated_normal((3, 4), seed=seed),
    "randint": lambda seed: random.randint((3, 4), 0, 1000, seed=seed),
    "categorical": lambda seed: random.categorical(np.zeros((3, 9)), 4, seed=seed),
    "shuffle": lambda seed: random.shuffle(np.arange(20), seed=seed),
    "dropout": lambda seed: random.dropout(np.ones((5, 9)), 0.5, seed=seed),
    "gamma": lambda seed: random.gamma((3, 4), 0.7, seed=seed),
    "beta": lambda seed: random.beta((3, 4), 2.0, [0.5, 1.0, 2.0, 9.0], seed=seed),
    "binomial": lambda seed: random.binomial((3, 4), 1000, 0.3, seed=seed),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_an_int_gives_the_same_numbers_at_every_call(draw):
    np.testing.assert_array_equal(draw(3).numpy(), draw(3).numpy())
    assert not np.array_equal(draw(3).numpy(), draw(4).numpy())


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_a_generator_gives_others_each_time_and_can_be_repeated(draw):
    generator = SeedGenerator(3)
    first, second = draw(generator).numpy(), draw(generator).numpy()
    assert not np.array_equal(first, second)
    assert generator.state.numpy().tolist() == [3, 2]
    generator.state.assign([3, 1])
    np.testing.assert_array_equal(draw(generator).numpy(), second)
    np.testing.assert_array_equal(draw(SeedGenerator(3)).numpy(), first)


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_without_a_seed_the_global_generator_serves(draw):
    random.set_seed(7)
    first, second = draw(None).numpy(), draw(None).numpy()
    assert not np.array_equal(first, second)
    random.set_seed(7)
    np.testing.assert_array_equal(draw(None).numpy(), first)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_every_backend_draws_the_same(draw, backend):
    with use_backend("numpy"):
        expected = draw(5).numpy()
    with use_backend(backend):
        drawn = draw(5).numpy()
    assert drawn.dtype == expected.dtype
    np.testing.assert_allclose(drawn, expected, rtol=1e-6)


def test_the_state_is_the_pair_and_next_moves_on():
    generator = SeedGenerator(1337)
    assert generator.state.numpy().tolist() == [1337, 0]
    assert generator.next().numpy().tolist() == [1337, 0]
    assert generator.next().numpy().tolist() == [1337, 1]
    assert generator.state.numpy().tolist() == [1337, 2]
    assert generator.next(ordered=False).numpy().tolist() == [1337, 2]


def test_out_of_order_seed_and_counter_jump():
    generator = SeedGenerator(1337)
    assert generator.next(ordered=False).numpy().tolist() == [1337, 0]
    assert generator.next(ordered=False).numpy().tolist() == [675413, 5387]
    assert generator.state.dtype == "uint32"


def test_what_next_returned_does_not_move_on():
    generator = SeedGenerator(1)
    pair = generator.next()
    generator.next()
    assert pair.numpy().tolist() == [1, 0]


def test_generators_have_names_and_configurations():
    generator = SeedGenerator(5, name="noise")
    assert generator.get_config() == {"seed": 5, "name": "noise"}
    assert generator.state.path == "noise/seed_generator_state"
    assert not generator.state.trainable
    again = SeedGenerator.from_config(generator.get_config())
    assert again.get_config() == generator.get_config()
    assert SeedGenerator().get_config()["seed"] is None


@pytest.mark.parametrize("seed", ["a", 1.5, True])
def test_a_generator_needs_an_integer(seed):
    with pytest.raises(ValueError, match="must be an integer"):
        SeedGenerator(seed)


@pytest.mark.parametrize("seed", [-1, 2**40 + 3])
def test_large_and_negative_seeds_count_modulo_two_to_the_32(seed):
    assert SeedGenerator(seed).state.numpy()[0] == seed % 2**32
    drawn = random.uniform((3,), seed=seed).numpy()
    np.testing.assert_array_equal(
        drawn, random.uniform((3,), seed=seed % 2**32).numpy()
    )


def test_a_seed_is_an_int_or_a_generator():
    with pytest.raises(ValueError, match="either an integer or an instance"):
        random.normal((2,), seed="a")
    with pytest.raises(ValueError, match="Unrecognized keyword"):
        SeedGenerator(1, colour="red")


def test_normal_numbers_have_their_mean_and_deviation():
    drawn = random.normal((100, 100), mean=3.0, stddev=2.0, seed=1).numpy()
    assert drawn.dtype == np.float32
    assert drawn.mean() == pytest.approx(3.0, abs=0.08)
    assert drawn.std() == pytest.approx(2.0, abs=0.06)


def test_truncated_numbers_stay_within_two_deviations():
    drawn = random.truncated_normal((100, 100), mean=1.0, stddev=0.5, seed=1).numpy()
    assert 0.0 < drawn.min() < 0.05
    assert 1.95 < drawn.max() < 2.0


def test_uniform_numbers_fill_their_range():
    drawn = random.uniform((100, 100), 2.0, 4.0, dtype="float64", seed=1).numpy()
    assert drawn.dtype == np.float64
    assert 2.0 <= drawn.min() < 2.01
    assert 3.99 < drawn.max() < 4.0


def test_integers_stay_below_maxval():
    drawn = random.randint((1000,), -2, 3, seed=1).numpy()
    assert drawn.dtype == np.int32
    assert sorted(set(drawn.tolist())) == [-2, -1, 0, 1, 2]


@pytest.mark.parametrize(
    "call",
    [
        lambda: random.normal((2,), dtype="int32"),
        lambda: random.uniform((2,), dtype="int32"),
        lambda: random.truncated_normal((2,), dtype="int32"),
        lambda: random.randint((2,), 0, 3, dtype="float32"),
        lambda: random.randint((2,), 3, 3),
        lambda: random.categorical(np.zeros(3), 2),
        lambda: random.dropout(np.zeros(3), 1.5),
        lambda: random.gamma((2,), 1.0, dtype="int32"),
        lambda: random.beta((2,), 1.0, 1.0, dtype="int32"),
        lambda: random.binomial((2,), 3, 0.5, dtype="int32"),
        lambda: random.gamma((2,), 0.0),
        lambda: random.beta((2,), 1.0, -1.0),
        lambda: random.binomial((2,), -1, 0.5),
        lambda: random.binomial((2,), 3, 1.5),
        lambda: random.gamma((2,), [1.0, 2.0, 3.0]),
    ],
)
def test_impossible_draws_are_refused(call):
    with pytest.raises(ValueError, match=r"requires|needs|must be|not broadcast"):
        call()


def test_classes_come_as_often_as_their_probability_says():
    logits = np.log(np.array([[0.1, 0.9, 1e-30], [0.25, 0.25, 0.5]], "float32"))
    drawn = random.categorical(logits, 20_000, seed=1).numpy()
    assert drawn.dtype == np.int32
    shares = [np.bincount(row, minlength=3) / row.size for row in drawn]
    np.testing.assert_allclose(shares, np.exp(logits), atol=0.01)


def test_a_class_of_probability_zero_never_comes():
    logits = np.array([[-np.inf, 0.0, -np.inf, 0.0, -np.inf]], "float32")
    drawn = random.categorical(logits, 1000, seed=1).numpy()
    assert set(drawn.ravel().tolist()) == {1, 3}


def test_shuffling_moves_slices_as_they_are():
    x = np.arange(12).reshape(4, 3)
    rows = random.shuffle(x, seed=2).numpy()
    assert sorted(map(tuple, rows)) == sorted(map(tuple, x))
    columns = random.shuffle(x, axis=1, seed=2).numpy()
    assert sorted(map(tuple, columns.T)) == sorted(map(tuple, x.T))
    assert not np.array_equal(rows, x)


def test_dropout_scales_what_is_left():
    x = Tensor(np.ones((100, 100), "float32"), requires_grad=True)
    out = random.dropout(x, 0.25, seed=1)
    assert set(np.unique(out.numpy())) == {0.0, np.float32(1 / 0.75)}
    assert out.numpy().mean() == pytest.approx(1.0, abs=0.02)
    out.backward(ops.ones((100, 100)))
    np.testing.assert_array_equal(x.grad.numpy(), out.numpy())


def test_noise_shape_drops_together():
    x = np.ones((4, 5, 3), "float32")
    out = random.dropout(x, 0.5, noise_shape=(None, 1, 3), seed=1).numpy()
    np.testing.assert_array_equal(out, np.broadcast_to(out[:, :1], out.shape))
    assert 0 < out.mean() < 2


def test_rates_of_zero_and_one():
    x = Tensor(np.ones(5, "float32"))
    assert random.dropout(x, 0) is x
    assert not random.dropout(x, 1.0).numpy().any()


def test_symbolic_inputs_are_given_their_shape():
    x = KerasTensor((None, 3))
    assert random.dropout(x, 0.5).shape == (None, 3)
    assert random.categorical(x, 4).shape == (None, 4)
    assert random.shuffle(x).shape == (None, 3)
    assert random.gamma((2, 3), KerasTensor((3,))).shape == (2, 3)


def test_distributions_have_their_means():
    gammas = random.gamma((2, 20_000), [[0.5], [9.0]], seed=1).numpy()
    np.testing.assert_allclose(gammas.mean(axis=1), [0.5, 9.0], rtol=0.03)
    betas = random.beta((20_000,), 2, 6.0, dtype="float64", seed=1).numpy()
    assert betas.dtype == np.float64
    assert betas.mean() == pytest.approx(0.25, rel=0.02)
    counts = random.binomial((20_000,), Tensor(1000), 0.3, seed=1).numpy()
    assert counts.dtype == np.float32
    assert counts.mean() == pytest.approx(300, rel=0.01)
    assert counts.std() == pytest.approx(np.sqrt(210), rel=0.03)


def test_a_recorded_step_draws_from_distributions_anew():
    generator = SeedGenerator(3)

    def step(alpha):
        x = random.gamma((4,), alpha, seed=generator)
        return x + random.binomial((4,), 10.0, 0.5, seed=generator)

    alpha = Tensor(np.array(2.0, "float32"))
    generator.state.assign([3, 0])
    expected = [step(alpha).numpy() for _ in range(3)]
    generator.state.assign([3, 0])
    first, program = capture(step, alpha)
    replayed = [first.numpy().copy(), *(program.run().numpy().copy() for _ in range(2))]
    np.testing.assert_array_equal(replayed, expected)
