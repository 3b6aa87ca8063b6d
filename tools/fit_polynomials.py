"""Fits the polynomials of minikeras/_fast/elementary.pxd and prints their coefficients.

    python tools/fit_polynomials.py

Each is the polynomial of its degree whose largest error is least, found by Remez's
exchange in 60 digits: at degree + 2 points the error is +e, -e, +e …, and the points
move to where it is largest until it is nowhere larger. Printed with it is the error as
a power of two, beside which a rounding is 2⁻²⁴ (float32) or 2⁻⁵³ (float64).

Needs mpmath (`pip install mpmath`), which nothing else does.
"""

from collections.abc import Callable
from typing import NamedTuple

import mpmath
from mpmath import mpf

mpmath.mp.dps = 60

GRID = 2000  # places where the error is looked at


class Fit(NamedTuple):
    """A function to fit on [first, last], and how much an error at x matters."""

    name: str
    function: Callable[[mpf], mpf]
    weight: Callable[[mpf], mpf]
    first: mpf
    last: mpf
    degrees: dict[str, int]  # of float32 and of float64


HALF_LOG_2 = mpmath.log(2) / 2
LOG_BORDER = ((mpmath.sqrt(2) - 1) / (mpmath.sqrt(2) + 1)) ** 2
TAIL_SHIFT = mpf(3.5)
TAIL_END = mpf(14.5)  # from here on the tail is 0 in float32


def exp_rest(r):
    """(exp(r) - 1 - r) / r²."""
    return mpmath.nsum(lambda k: r**k / mpmath.factorial(k + 2), [0, 30])


def log_rest(z):
    """(2 atanh(s) / s - 2) / z with z = s²."""
    return sum(2 * z**k / (2 * k + 3) for k in range(60))


def erf_rest(z):
    """erf(x) / x with z = x²."""
    if z == 0:
        return 2 / mpmath.sqrt(mpmath.pi)
    return mpmath.erf(mpmath.sqrt(z)) / mpmath.sqrt(z)


def normal_tail(t):
    """(a + shift) Φ(-a) exp(a²/2) with t = (a - shift) / (a + shift)."""
    a = TAIL_SHIFT * (1 + t) / (1 - t)
    tail = mpmath.erfc(a / mpmath.sqrt(2)) / 2
    return (a + TAIL_SHIFT) * tail * mpmath.exp(a * a / 2)


FITS = (
    Fit(
        "exp",
        exp_rest,
        lambda r: r * r / mpmath.exp(r),
        -HALF_LOG_2,
        HALF_LOG_2,
        {"float32": 4, "float64": 9},
    ),
    Fit(
        "log",
        log_rest,
        lambda z: z,
        mpf(0),
        LOG_BORDER,
        {"float32": 2, "float64": 6},
    ),
    Fit(
        "erf",
        erf_rest,
        lambda z: 1 / erf_rest(z),
        mpf(0),
        mpf(1),
        {"float32": 6},
    ),
    Fit(
        "normal_tail",
        normal_tail,
        lambda t: 1 / normal_tail(t),
        mpf(-1),
        (TAIL_END - TAIL_SHIFT) / (TAIL_END + TAIL_SHIFT),
        {"float32": 9},
    ),
)


def main():
    for fit in FITS:
        for dtype, degree in fit.degrees.items():
            coefficients, error = remez(fit, degree)
            print(
                f"\n{fit.name}, {dtype}: error 2^{mpmath.nstr(mpmath.log(error, 2), 4)}"
            )
            digits = 9 if dtype == "float32" else 17
            for power, coefficient in reversed(list(enumerate(coefficients))):
                print(f"    x^{power:<2} {mpmath.nstr(coefficient, digits)}")


def remez(fit, degree):
    """Returns the coefficients, the lowest power first, and the largest error."""
    grid = chebyshev_points(fit, GRID)
    values = [fit.function(x) for x in grid]
    weights = [fit.weight(x) for x in grid]
    chosen = [round(i * (GRID - 1) / (degree + 1)) for i in range(degree + 2)]
    for _ in range(50):
        coefficients = levelled(grid, values, weights, chosen, degree)
        errors = [
            w * (y - mpmath.polyval(coefficients[::-1], x))
            for x, y, w in zip(grid, values, weights, strict=True)
        ]
        swings = extremes(errors, degree + 2)
        if swings == chosen:
            break
        chosen = swings
    return coefficients, max(map(abs, errors))


def chebyshev_points(fit, count):
    """Returns points of the interval, closer together near its ends."""
    middle, half = (fit.first + fit.last) / 2, (fit.last - fit.first) / 2
    return [
        middle - half * mpmath.cos(mpmath.pi * (2 * i + 1) / (2 * count))
        for i in range(count)
    ]


def levelled(grid, values, weights, chosen, degree):
    """Returns the polynomial whose error at the chosen points is +e, -e, +e …, any e.

    No weight may be 0 there: the points of the grid miss the ends and the middle.
    """
    rows = mpmath.matrix(degree + 2)
    right = mpmath.matrix(degree + 2, 1)
    for row, place in enumerate(chosen):
        for power in range(degree + 1):
            rows[row, power] = grid[place] ** power
        rows[row, degree + 1] = (-1) ** row / weights[place]
        right[row] = values[place]
    return list(mpmath.lu_solve(rows, right))[: degree + 1]


def extremes(errors, count):
    """Returns `count` places of largest errors, of alternating signs."""
    places = [0]
    for i in range(1, len(errors)):
        if (errors[i] > 0) != (errors[places[-1]] > 0):
            places.append(i)
        elif abs(errors[i]) > abs(errors[places[-1]]):
            places[-1] = i
    while len(places) > count:  # drop the smaller end: the signs still alternate
        places.pop(0 if abs(errors[places[0]]) < abs(errors[places[-1]]) else -1)
    return places


if __name__ == "__main__":
    main()
