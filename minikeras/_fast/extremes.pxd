"""The largest or smallest of one run of numbers, to be inlined.

`smallest` is known where these are inlined: what is compiled asks for it no more.
"""

from cython cimport floating

cdef enum:
    WIDE = 64           # partial extremes of one run: not few enough to be unrolled


cdef inline floating extreme(floating x, floating y, bint smallest) noexcept nogil:
    """The larger, or smaller, of two numbers; nan if one is."""
    if smallest:
        return x if x < y else (y if x == x else x)
    return x if x > y else (y if x == x else x)


cdef inline floating extreme_of(
    const floating* x, Py_ssize_t n, bint smallest
) noexcept nogil:
    """The largest, or smallest, number of one run; nan if there is one."""
    cdef floating lanes[WIDE]
    cdef floating result = x[0]
    cdef Py_ssize_t i, j
    if n < WIDE:
        for i in range(1, n):
            result = extreme(x[i], result, smallest)
        return result
    for j in range(WIDE):
        lanes[j] = x[j]
    for i in range(1, n // WIDE):
        for j in range(WIDE):
            lanes[j] = extreme(x[i * WIDE + j], lanes[j], smallest)
    for j in range(WIDE):  # the rest, with some that were there: it makes no difference
        lanes[j] = extreme(x[n - WIDE + j], lanes[j], smallest)
    for j in range(WIDE // 2):
        lanes[j] = extreme(lanes[j + WIDE // 2], lanes[j], smallest)
    for j in range(WIDE // 2):
        result = extreme(lanes[j], result, smallest)
    return result
