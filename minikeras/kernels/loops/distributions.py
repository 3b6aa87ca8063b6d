"""Gamma, beta and binomial numbers, one at a time; why they are right, says NumPy's."""

import math

import numpy as np

from minikeras.kernels.loops.random import philox, standard_normal, stored, unit
from minikeras.kernels.reference.distributions import FEW
from minikeras.kernels.reference.random import WORD
from minikeras.kernels.scalar import elementwise as scalar
from minikeras.kernels.shapes.distributions import check_parameters


def random_gamma(state, alpha, *, shape, dtype, out=None):
    """out_i from the gamma distribution: its density is x^(α_i-1) e⁻ˣ / Γ(α_i)."""
    check_parameters(shape, alpha)
    numbers = []
    for i, alpha_i in enumerate(spread(alpha, shape)):
        numbers.append(scalar.exp(log_gamma_number(state, i, alpha_i, lane=0)))
    return stored(numbers, shape, dtype, out)


def random_beta(state, alpha, beta, *, shape, dtype, out=None):
    """out_i from the beta distribution: its density is ∝ x^(α_i-1) (1 - x)^(β_i-1)."""
    check_parameters(shape, alpha, beta)
    pairs = zip(spread(alpha, shape), spread(beta, shape), strict=True)
    numbers = []
    for i, (alpha_i, beta_i) in enumerate(pairs):
        numbers.append(beta_number(state, i, alpha_i, beta_i, lane=0))
    return stored(numbers, shape, dtype, out)


def random_binomial(state, counts, probabilities, *, shape, dtype, out=None):
    """out_i = how many of n_i uniform numbers are below p_i."""
    check_parameters(shape, counts, probabilities)
    pairs = zip(spread(counts, shape), spread(probabilities, shape), strict=True)
    numbers = []
    for i, (n, p) in enumerate(pairs):
        numbers.append(binomial_number(state, i, n, p))
    return stored(numbers, shape, dtype, out)


def log_gamma_number(state, i, alpha, lane):
    """Returns the logarithm of a gamma number."""
    if not 0 < alpha < math.inf:
        return math.nan
    d = (alpha + 1 if alpha < 1 else alpha) - 1 / 3
    for words in blocks_of(state, i, lane):
        z = standard_normal(words)
        root = 1 + 1 / math.sqrt(9 * d) * z
        if root <= 0:
            continue
        log_v = 3 * math.log(root)
        surplus = d * (1 - root * root * root + log_v)
        if math.log(1 - unit(words[2], "float64")) < 0.5 * z * z + surplus:
            break
    log_power = math.log(1 - unit(words[3], "float64")) / alpha
    return math.log(d) + log_v + (log_power if alpha < 1 else 0.0)


def beta_number(state, i, alpha, beta, lane):
    """Returns x / (x + y) for gamma numbers x of α and y of β, from two lanes."""
    log_x = log_gamma_number(state, i, alpha, lane)
    log_y = log_gamma_number(state, i, beta, lane + 1)
    return 1 / (1 + scalar.exp(log_y - log_x))


def binomial_number(state, i, n, p):
    """Returns how many of ⌊n⌋ uniform numbers are below p."""
    if not (0 <= n < math.inf and 0 <= p <= 1):
        return math.nan
    n, below, lane = math.floor(n), 0, 1
    while n > FEW:
        a = n // 2 + 1
        x = beta_number(state, i, a, n + 1 - a, lane)
        lane += 2
        if x <= p:
            below, n, p = below + a, n - a, (p - x) / (1 - x)
        else:
            n, p = a - 1, p / x
    words = next(blocks_of(state, i, lane=0))
    return below + few_below(unit(words[0], "float64"), n, p)


def few_below(u, n, p):
    """Returns how many of n ≤ FEW uniform numbers are below p: the quantile of u."""
    rare = min(p, 1 - p)
    odds = rare / (1 - rare)
    mass = (1 - rare) ** n
    total = mass
    count = 0
    while u >= total and count < n:
        mass = mass * odds * (n - count) / (count + 1)
        total += mass
        count += 1
    return n - count if p > 0.5 else count


def blocks_of(state, i, lane):
    """Yields four random words of element i again and again."""
    seed, counter = (int(number) % WORD for number in state)
    block = 0
    while True:
        yield philox((i + 1, block, counter, lane), (seed, 0))
        block += 1


def spread(parameter, shape):
    """Returns a parameter for each element, as a list of Python numbers."""
    return np.broadcast_to(parameter, shape).ravel().tolist()
