"""Initializers: Keras's values, limits and variances; seeds; configurations."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikeras import initializers
from minikeras.config import use_backend
from minikeras.initializers import get
from minikeras.kernels.fast import fast
from minikeras.random import SeedGenerator
from minikeras.values import Tensor
from tests.golden import golden_files

CASES = golden_files.read("initializers")
BACKENDS = ["loops", "numpy", *(["fast"] if fast is not None else [])]
MEANINGS = next(
    case["meanings"]
    for case in golden_files.read("names")
    if case["name"] == "initializers.get"
)
RANDOM = [
    *("RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling"),
    *("GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal"),
    *("LecunUniform", "LecunNormal", "Orthogonal"),
]


def cases_with(key):
    return [pytest.param(case, id=case["name"]) for case in CASES if key in case]


def make(case, **keywords):
    cls = getattr(initializers, case["class"].removeprefix("initializers."))
    return cls(**case["keywords"], **keywords)


@pytest.mark.parametrize("case", cases_with("result"))
def test_fixed_values_are_those_of_keras(case):
    values = make(case)(case["shape"], dtype=case["dtype"])
    assert isinstance(values, Tensor)
    assert values.dtype == case["result"].dtype.name
    np.testing.assert_array_equal(values.numpy(), case["result"])


@pytest.mark.parametrize("case", cases_with("distribution"))
def test_distributions_are_those_of_keras(case):
    parameters = case["parameters"]
    calls = 1 if math.prod(case["shape"]) > 1000 else 500
    values = np.array(
        [make(case, seed=seed)(case["shape"]).numpy() for seed in range(calls)]
    )
    if case["distribution"] == "uniform":
        low, high = parameters["minval"], parameters["maxval"]
        mean, stddev = (low + high) / 2, (high - low) / math.sqrt(12)
        assert low <= values.min() < low + 0.02 * (high - low)
        assert high - 0.02 * (high - low) < values.max() <= high
    else:
        mean, stddev = parameters["mean"], parameters["stddev"]
    if case["distribution"] == "truncated_normal":
        assert np.abs(values - mean).max() < 2 * stddev
        stddev *= 0.87962566
    many = math.sqrt(values.size)
    assert values.mean() == pytest.approx(mean, abs=5 * stddev / many)
    assert values.std() == pytest.approx(stddev, rel=5 / many)


@pytest.mark.parametrize("case", cases_with("gram"))
def test_orthogonal_matrices_have_the_gram_matrix_of_keras(case):
    values = make(case, seed=1)(case["shape"]).numpy()
    matrix = values.reshape(-1, values.shape[-1])
    rows, columns = matrix.shape
    gram = matrix.T @ matrix if rows >= columns else matrix @ matrix.T
    np.testing.assert_allclose(gram, case["gram"], atol=1e-6)


@pytest.mark.parametrize("case", cases_with("error"))
def test_what_keras_refuses_is_refused(case):
    with pytest.raises(ValueError, match=r"[Mm]ust|only|should"):
        make(case)(case["shape"])


def test_limits_known_by_heart():
    values = initializers.GlorotUniform(seed=1)((3, 3, 8, 16)).numpy()
    assert 0.1660 < np.abs(values).max() <= 1 / 6
    values = initializers.HeNormal(seed=1)((400, 600)).numpy()
    limit = 2 * math.sqrt(2 / 400) / 0.87962566
    assert 0.999 * limit < np.abs(values).max() < limit


@pytest.mark.parametrize("name", RANDOM)
def test_an_instance_gives_the_same_values_at_every_call(name):
    for seed in (None, 3):
        initializer = getattr(initializers, name)(seed=seed)
        first = initializer((4, 5)).numpy()
        np.testing.assert_array_equal(first, initializer((4, 5)).numpy())


@pytest.mark.parametrize("name", RANDOM)
def test_two_instances_differ_unless_they_share_a_seed(name):
    cls = getattr(initializers, name)
    assert not np.array_equal(cls()((4, 5)).numpy(), cls()((4, 5)).numpy())
    np.testing.assert_array_equal(
        cls(seed=3)((4, 5)).numpy(), cls(seed=3)((4, 5)).numpy()
    )


def test_a_generator_gives_others_each_time():
    initializer = initializers.HeNormal(seed=SeedGenerator(3))
    assert not np.array_equal(initializer((4,)).numpy(), initializer((4,)).numpy())
    config = initializer.get_config()
    assert config["seed"]["config"]["seed"] == 3
    again = initializers.HeNormal.from_config(config)
    assert isinstance(again.seed, SeedGenerator)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", RANDOM)
def test_weights_are_the_same_bits_in_every_backend(name, backend):
    initializer = getattr(initializers, name)(seed=3)
    with use_backend("numpy"):
        expected = initializer((7, 5)).numpy()
    with use_backend(backend):
        assert initializer((7, 5)).numpy().tobytes() == expected.tobytes()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", RANDOM)
def test_values_have_the_dtype_asked_for(name, dtype):
    assert getattr(initializers, name)(seed=1)((3, 2), dtype=dtype).dtype == dtype
    with pytest.raises(ValueError, match="floating point"):
        getattr(initializers, name)(seed=1)((3, 2), dtype="int32")


def test_fans_of_named_axes():
    assert initializers.drawn.fans((4, 6, 5), [0], [2]) == (4, 5)
    assert initializers.drawn.fans((4, 6, 5), None, [2]) == (24, 20)


@pytest.mark.parametrize(("name", "meaning"), MEANINGS.items())
def test_names_mean_what_they_mean_to_keras(name, meaning):
    if meaning is None:
        with pytest.raises(ValueError, match="initializer identifier"):
            get(name)
    else:
        assert type(get(name)) is getattr(initializers, meaning)


def test_get_takes_all_that_keras_takes():
    def halves(shape, dtype=None):
        return np.full(shape, 0.5, dtype)

    assert get(None) is None
    assert get(halves) is halves
    assert type(get(initializers.Ones)) is initializers.Ones
    array = get(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(array((2,)).numpy(), [1.0, 2.0])
    assert get("constant")((2,)).numpy().tolist() == [0.0, 0.0]
    with pytest.raises(ValueError, match="identifier: 3"):
        get(3)


@pytest.mark.parametrize("name", initializers.CLASSES)
def test_configurations_make_the_same_initializer(name):
    initializer = initializers.CLASSES[name]()
    config = initializers.serialize(initializer)
    assert config["module"] == "keras.initializers"
    assert config["class_name"] == name
    assert config["registered_name"] is None
    again = initializers.deserialize(config)
    assert type(again) is type(initializer)
    assert again.get_config() == initializer.get_config() == config["config"]


def test_arrays_survive_in_a_configuration():
    constant = initializers.Constant(np.array([1.0, 2.0]))
    again = initializers.deserialize(initializers.serialize(constant))
    np.testing.assert_array_equal(again((2,)).numpy(), [1.0, 2.0])
    assert initializers.serialize(None) is None


def test_custom_objects_name_classes_of_ones_own():
    class Halves(initializers.Initializer):
        def __call__(self, shape, dtype=None):
            return np.full(shape, 0.5)

    custom = {"Halves": Halves}
    config = initializers.serialize(Halves())
    assert type(initializers.deserialize(config, custom)) is Halves
    assert type(initializers.deserialize("Halves", custom)) is Halves
    assert type(Halves().clone()) is Halves
    with pytest.raises(ValueError, match="Unknown initializer 'Halves'"):
        initializers.deserialize(config)


# --- Laws -----------------------------------------------------------------------------

DRAWN = 40_000  # numbers: their variance is within 4 % of what it should be


@settings(max_examples=30)
@given(
    scale=st.sampled_from([0.5, 1.0, 3.0]),
    mode=st.sampled_from(["fan_in", "fan_out", "fan_avg"]),
    distribution=st.sampled_from(["truncated_normal", "untruncated_normal", "uniform"]),
    window=st.lists(st.integers(1, 3), max_size=2),
    inputs=st.sampled_from([4, 25]),
    seed=st.integers(0, 2**31),
)
def test_variances_are_those_asked_for(scale, mode, distribution, window, inputs, seed):
    outputs = DRAWN // math.prod([*window, inputs])
    shape = (*window, inputs, outputs)
    drawn = np.asarray(
        initializers.VarianceScaling(scale, mode, distribution, seed)(shape, "float64")
    )
    fans = math.prod([*window, inputs]), math.prod([*window, outputs])
    fan = {"fan_in": fans[0], "fan_out": fans[1], "fan_avg": sum(fans) / 2}[mode]
    stddev = math.sqrt(scale / fan)
    assert drawn.std() == pytest.approx(stddev, rel=0.04)
    assert abs(drawn.mean()) < 5 * stddev / math.sqrt(drawn.size)
    if distribution == "uniform":
        assert np.abs(drawn).max() <= math.sqrt(3) * stddev
    if distribution == "truncated_normal":
        assert np.abs(drawn).max() <= 2 * stddev / 0.87962566103423978


@given(
    mean=st.sampled_from([0.0, -3.0]),
    stddev=st.sampled_from([0.05, 2.0]),
    seed=st.integers(0, 2**31),
)
def test_what_is_cut_off_is_cut_off_strictly(mean, stddev, seed):
    drawn = np.asarray(initializers.TruncatedNormal(mean, stddev, seed)((2000,)))
    assert np.abs(drawn - mean).max() <= 2 * stddev * (1 + 1e-6)
    assert np.abs(drawn - mean).max() > 1.8 * stddev


@given(
    low=st.sampled_from([-0.05, 0.0, 3.0]),
    width=st.sampled_from([0.1, 5.0]),
    seed=st.integers(0, 2**31),
)
def test_uniform_numbers_fill_their_range(low, width, seed):
    drawn = np.asarray(
        initializers.RandomUniform(low, low + width, seed)((4000,), "float64")
    )
    assert low <= drawn.min() < low + width / 50
    assert low + width - width / 50 < drawn.max() < low + width


@given(
    shape=st.lists(st.integers(1, 6), min_size=2, max_size=4),
    gain=st.sampled_from([1.0, 0.5]),
    seed=st.integers(0, 2**31),
)
def test_rows_or_columns_are_orthogonal(shape, gain, seed):
    matrix = np.asarray(initializers.Orthogonal(gain, seed)(shape, "float64"))
    matrix = matrix.reshape(-1, shape[-1])
    rows, columns = matrix.shape
    gram = matrix @ matrix.T if rows < columns else matrix.T @ matrix
    np.testing.assert_allclose(gram, gain**2 * np.eye(min(rows, columns)), atol=1e-12)


def test_axes_of_inputs_and_outputs_go_together():
    # Keras takes one of them, and counts as if it had got none.
    for axes in ({"input_axes": [0]}, {"output_axes": [1]}):
        with pytest.raises(ValueError, match="go together: give both"):
            initializers.HeNormal(**axes)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: initializers.RandomNormal(stddev=-1), "`stddev` must be at least 0"),
        (lambda: initializers.TruncatedNormal(0, -0.5), "`stddev` must be at least 0"),
        (lambda: initializers.RandomUniform(2, 1), "`maxval` must be at least 2; got"),
        (
            lambda: initializers.HeNormal(input_axes=[2], output_axes=[0])((3, 4)),
            r"shape \(3, 4\) has no axis 2",
        ),
    ],
)
def test_numbers_that_make_no_sense_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
