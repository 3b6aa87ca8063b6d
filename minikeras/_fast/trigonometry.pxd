"""Sine and cosine of one number, without libm: what the compiler can vectorise.

x = n π/2 + r with an integer n and |r| ≤ π/4. π/2 is a sum of three numbers, the first
two with so few digits that n times them is exact, for n up to 2²⁰. Source of its parts
and of the polynomials: fdlibm, e_rem_pio2.c, k_cos.c and k_sin.c (Sun Microsystems,
1993).
"""

from minikeras._fast.elementary cimport rounded, rounded_down


cdef enum:
    MOST_TURNED = 1000000   # the largest |x|


cdef inline double in_quarter_turns(double x, double* r) noexcept nogil:
    """Returns n modulo 4, and the rest r."""
    cdef double n = rounded(x * 0.63661977236758138)
    r[0] = (
        (x - n * 1.57079632673412561417) - n * 6.07710050630396597660e-11
    ) - n * 2.02226624879595063154e-21
    return n - 4 * rounded_down(n * 0.25)


cdef inline double cosine_near_0(double r) noexcept nogil:
    """cos r for |r| ≤ π/4."""
    cdef double z = r * r, half = 0.5 * z, near_1 = 1 - half
    return near_1 + (
        ((1 - near_1) - half) + z * z * (
            4.16666666666666019037e-02 + z * (
                -1.38888888888741095749e-03 + z * (
                    2.48015872894767294178e-05 + z * (
                        -2.75573143513906633035e-07 + z * (
                            2.08757232129817482790e-09 + z * -1.13596475577881948265e-11
                        )
                    )
                )
            )
        )
    )


cdef inline double sine_near_0(double r) noexcept nogil:
    """sin r for |r| ≤ π/4."""
    cdef double z = r * r
    return r + r * z * (
        -1.66666666666666324348e-01 + z * (
            8.33333333332248946124e-03 + z * (
                -1.98412698298579493134e-04 + z * (
                    2.75573137070700676789e-06 + z * (
                        -2.50507602534068634195e-08 + z * 1.58969099521155010221e-10
                    )
                )
            )
        )
    )


cdef inline double cosine(double x) noexcept nogil:
    """cos x for |x| ≤ MOST_TURNED. Largest error: 2 ulp; 1 for |x| ≤ 2π.

    cos(n π/2 + r) for n = 0 to 3 is cos r, -sin r, -cos r, sin r.
    """
    cdef double r, turns = in_quarter_turns(x, &r), result = cosine_near_0(r)
    result = sine_near_0(r) if (turns == 1) | (turns == 3) else result
    return -result if (turns == 1) | (turns == 2) else result


cdef inline double sine(double x) noexcept nogil:
    """sin x for |x| ≤ MOST_TURNED. Largest error: 2 ulp; sin(-0) = -0.

    sin(n π/2 + r) for n = 0 to 3 is sin r, cos r, -sin r, -cos r.
    """
    cdef double r, turns = in_quarter_turns(x, &r), result = sine_near_0(r)
    result = cosine_near_0(r) if (turns == 1) | (turns == 3) else result
    result = -result if turns >= 2 else result
    return x if x == 0 else result
