"""Gamma, beta and binomial numbers, in NumPy: the definition of right.

These are made by rejection, or in several rounds: of no fixed number of random words.
So an element has not a block of Philox but as many as it needs: block j of lane l is
that of the counter (i + 1, j, counter, l), and what an element is depends on its own
blocks only.  All is computed in float64, and of gamma numbers the logarithms: with a
small α most of them are too small for a float.
"""

import numpy as np

from minikeras.kernels.reference.random import generator_of, standard_normal, units_of
from minikeras.kernels.shapes.distributions import check_parameters

FEW = 16  # trials that are not split any further


def random_gamma(state, alpha, *, shape, dtype, out=None):
    """out_i from the gamma distribution: its density is x^(α_i-1) e⁻ˣ / Γ(α_i).

    It is nan unless 0 < α_i < ∞.

    Shapes: state (2,), alpha broadcasts to `shape` → out `shape`.
    """
    check_parameters(shape, alpha)
    log_x = log_gamma_numbers(state, spread(alpha, shape), lane=0)
    return stored(np.exp(log_x), shape, dtype, out)


def random_beta(state, alpha, beta, *, shape, dtype, out=None):
    """out_i from the beta distribution: its density is ∝ x^(α_i-1) (1 - x)^(β_i-1).

    It is nan unless 0 < α_i < ∞ and 0 < β_i < ∞.

    Shapes: state (2,), alpha and beta broadcast to `shape` → out `shape`.
    """
    check_parameters(shape, alpha, beta)
    x = beta_numbers(state, spread(alpha, shape), spread(beta, shape), lane=0)
    return stored(x, shape, dtype, out)


def random_binomial(state, counts, probabilities, *, shape, dtype, out=None):
    """out_i = how many of n_i uniform numbers are below p_i, exactly distributed.

    Of n uniform numbers the a-th smallest, x, has a beta distribution.  If it is below
    p, so are all a up to it, and of the n - a others, uniform in (x, 1), those that are
    below p are to be counted; else it is those of the a - 1 smaller ones.  So n is
    halved until it is small.  It is rounded down; out_i is nan unless 0 ≤ n_i < ∞ and
    0 ≤ p_i ≤ 1.

    Shapes: state (2,), counts and probabilities broadcast to `shape` → out `shape`.
    Source: Relles, A simple algorithm for generating binomial random variables when N
    is large (1972).
    """
    check_parameters(shape, counts, probabilities)
    n, p = np.floor(spread(counts, shape)), spread(probabilities, shape)
    valid = (n >= 0) & (n < np.inf) & (p >= 0) & (p <= 1)
    n, p = np.where(valid, n, 0.0), np.where(valid, p, 0.0)
    below = np.zeros(n.shape)
    lane = 1
    while np.any(n > FEW):
        many = n > FEW
        a = np.where(many, np.floor(n / 2) + 1, 1.0)
        x = beta_numbers(state, a, np.where(many, n + 1 - a, 1.0), lane)
        lane += 2
        lower, upper = many & (x <= p), many & (x > p)
        below += np.where(lower, a, 0.0)
        n = np.where(lower, n - a, np.where(upper, a - 1, n))
        with np.errstate(all="ignore"):  # where there is nothing to divide any more
            p = np.where(lower, (p - x) / (1 - x), np.where(upper, p / x, p))
    below += few_below(units_of(random_words(state, n.size)[0], "float64"), n, p)
    return stored(np.where(valid, below, np.nan), shape, dtype, out)


def log_gamma_numbers(state, alpha, lane):
    """Returns the logarithms of gamma numbers.

    d v has nearly that distribution for d = α - 1/3, v = (1 + z / √(9d))³ and z normal;
    it is accepted as often as makes it right, 95 times of 100 or more.  This is for
    α ≥ 1; of a number for α + 1 multiplying by u^(1/α) makes one for α < 1.

    Source: Marsaglia and Tsang, A simple method for generating gamma variables (2000).
    """
    small = alpha < 1
    with np.errstate(all="ignore"):
        d = np.where(small, alpha + 1, alpha) - 1 / 3
        log_d, scale = np.log(d), 1 / np.sqrt(9 * d)
    result = np.full(alpha.shape, np.nan)
    waiting = np.flatnonzero((alpha > 0) & (alpha < np.inf))
    block = 0
    while waiting.size:
        words = random_words(state, alpha.size, block, lane)[:, waiting]
        block += 1
        z = standard_normal(words)
        root = 1 + scale[waiting] * z
        with np.errstate(all="ignore"):
            log_v = 3 * np.log(root)  # nan below 0, which is not accepted
            log_u = np.log(1 - units_of(words[2], "float64"))
            log_power = np.log(1 - units_of(words[3], "float64")) / alpha[waiting]
            surplus = d[waiting] * (1 - root * root * root + log_v)
        accepted = log_u < 0.5 * z * z + surplus
        log_x = log_d[waiting] + log_v + np.where(small[waiting], log_power, 0.0)
        result[waiting[accepted]] = log_x[accepted]
        waiting = waiting[~accepted]
    return result


def beta_numbers(state, alpha, beta, lane):
    """Returns x / (x + y) for gamma numbers x of α and y of β, from two lanes."""
    log_x = log_gamma_numbers(state, alpha, lane)
    log_y = log_gamma_numbers(state, beta, lane + 1)
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(log_y - log_x))


def few_below(u, n, p):
    """Returns how many of n ≤ FEW uniform numbers are below p: the quantile of u.

    For p > ½ it counts those that are not: then (1 - p)ⁿ does not vanish.
    """
    rare = np.minimum(p, 1 - p)
    odds = rare / (1 - rare)
    mass = (1 - rare) ** n
    total = mass
    count = np.zeros(u.shape)
    for k in range(FEW):
        count += u >= total
        mass = mass * odds * (n - k) / (k + 1)
        total = total + mass
    count = np.minimum(count, n)  # rounding may leave a gap between the total and 1
    return np.where(p > 0.5, n - count, count)


def spread(parameter, shape):
    """Returns a parameter for each element, in a row."""
    return np.broadcast_to(parameter, shape).ravel().astype("float64")


def random_words(state, count, block=0, lane=0):
    """Returns the four words of a block of each element: (4, count) of uint64."""
    return generator_of(state, block, lane).random_raw(4 * count).reshape(-1, 4).T


def stored(values, shape, dtype, out):
    """Rounds numbers to dtype, and gives them their shape."""
    with np.errstate(over="ignore"):
        values = values.astype(dtype).reshape(shape)
    if out is None:
        return values
    np.copyto(out, values, casting="no")
    return out
