"""The error function and its complement in float64, which NumPy lacks.

    erf(x) = 2/√π ∫ exp(-t²) dt from 0 to x,   erfc(x) = 1 - erf(x)

Four rational functions, each fitted to its range of |x|, give both to a few units in
the last place; where erfc is tiny it keeps that accuracy: nothing is taken from 1.

Source: the method and the coefficients are those of fdlibm, s_erf.c: Copyright (C) 1993
by Sun Microsystems, Inc.  Developed at SunPro, a Sun Microsystems, Inc. business.
Permission to use, copy, modify, and distribute this software is freely granted,
provided that this notice is preserved.
"""

import numpy as np

# (numerator, denominator) of each range, the coefficient of the highest power first.
NEAR = (  # |x| < 0.84375: erf(x) = x + x · ratio(x²)
    (
        -2.37630166566501626084e-05,
        -5.77027029648944159157e-03,
        -2.84817495755985104766e-02,
        -3.25042107247001499370e-01,
        1.28379167095512558561e-01,
    ),
    (
        -3.96022827877536812320e-06,
        1.32494738004321644526e-04,
        5.08130628187576562776e-03,
        6.50222499887672944485e-02,
        3.97917223959155352819e-01,
        1.0,
    ),
)
AROUND_ONE = (  # up to 1.25: erf(x) = 0.845… + ratio(x - 1)
    (
        -2.16637559486879084300e-03,
        3.54783043256182359371e-02,
        -1.10894694282396677476e-01,
        3.18346619901161753674e-01,
        -3.72207876035701323847e-01,
        4.14856118683748331666e-01,
        -2.36211856075265944077e-03,
    ),
    (
        1.19844998467991074170e-02,
        1.36370839120290507362e-02,
        1.26171219808761642112e-01,
        7.18286544141962662868e-02,
        5.40397917702171048937e-01,
        1.06420880400844228286e-01,
        1.0,
    ),
)
TAIL = (  # up to 1/0.35: erfc(x) = exp(-x² - 0.5625 + ratio(1/x²)) / x
    (
        -9.81432934416914548592e00,
        -8.12874355063065934246e01,
        -1.84605092906711035994e02,
        -1.62396669462573470355e02,
        -6.23753324503260060396e01,
        -1.05586262253232909814e01,
        -6.93858572707181764372e-01,
        -9.86494403484714822705e-03,
    ),
    (
        -6.04244152148580987438e-02,
        6.57024977031928170135e00,
        1.08635005541779435134e02,
        4.29008140027567833386e02,
        6.45387271733267880336e02,
        4.34565877475229228821e02,
        1.37657754143519042600e02,
        1.96512716674392571292e01,
        1.0,
    ),
)
FAR_TAIL = (  # beyond: the same, with another ratio
    (
        -4.83519191608651397019e02,
        -1.02509513161107724954e03,
        -6.37566443368389627722e02,
        -1.60636384855821916062e02,
        -1.77579549177547519889e01,
        -7.99283237680523006574e-01,
        -9.86494292470009928597e-03,
    ),
    (
        -2.24409524465858183362e01,
        4.74528541206955367215e02,
        2.55305040643316442583e03,
        3.19985821950859553908e03,
        1.53672958608443695994e03,
        3.25792512996573918826e02,
        3.03380607434824582924e01,
        1.0,
    ),
)
NEAR_BORDER = 0.84375
TAIL_BORDER = 1.25
FAR_BORDER = 1.0 / 0.35
ERF_OF_ONE = 8.45062911510467529297e-01  # a float32 next to erf(1)
ZERO_BORDER = 28.0  # erfc is 0 in float64 from here on


def erf_of(x):
    """Returns erf(x_i) of a float64 array."""
    distance = np.abs(x)
    near = x + x * near_ratio(x)
    around_one = ERF_OF_ONE + around_one_ratio(distance)
    far = np.where(distance < TAIL_BORDER, around_one, 1.0 - tail(distance))
    return np.where(distance < NEAR_BORDER, near, np.copysign(far, x))


def erfc_of(x):
    """Returns erfc(x_i) of a float64 array."""
    distance = np.abs(x)
    near = np.where(x < 0.25, 1.0 - (x + x * near_ratio(x)), near_half(x))
    around_one = (1.0 - ERF_OF_ONE) - around_one_ratio(distance)
    far = np.where(distance < TAIL_BORDER, around_one, tail(distance))
    return np.where(distance < NEAR_BORDER, near, np.where(x < 0, 2.0 - far, far))


def near_half(x):
    """1 - erf(x) for x from ¼ on, without rounding 1 - x."""
    return 0.5 - (x * near_ratio(x) + (x - 0.5))


def near_ratio(x):
    return ratio(NEAR, np.square(np.clip(x, -NEAR_BORDER, NEAR_BORDER)))


def around_one_ratio(x):
    return ratio(AROUND_ONE, np.clip(x, NEAR_BORDER, TAIL_BORDER) - 1.0)


def tail(x):
    """erfc(x) for x ≥ 1.25."""
    x = np.clip(x, TAIL_BORDER, ZERO_BORDER)
    inverse_square = 1.0 / np.square(x)
    exponent = np.where(
        x < FAR_BORDER, ratio(TAIL, inverse_square), ratio(FAR_TAIL, inverse_square)
    )
    # exp would magnify the rounding of x²: it is split in z², which is exact because z
    # has the few bits of a float32, and the small rest x² - z² = (x - z)(x + z).
    z = x.astype(np.float32).astype(np.float64)
    return np.exp(-z * z - 0.5625) * np.exp((z - x) * (z + x) + exponent) / x


def ratio(polynomials, x):
    numerator, denominator = polynomials
    return np.polyval(numerator, x) / np.polyval(denominator, x)
