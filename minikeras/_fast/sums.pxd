"""Sums in float64 over rows and columns of numbers, in vectors; sums.h does them.

Functions that add begin with what is there. x_ij is x[i * stride + j].
"""

from cython cimport floating

cdef extern from "sums.h" nogil:
    void add_rows_float(const float*, double*, Py_ssize_t, Py_ssize_t, Py_ssize_t)
    void add_rows_double(const double*, double*, Py_ssize_t, Py_ssize_t, Py_ssize_t)
    void add_squares_float(
        const float*, const double*, double*, Py_ssize_t, Py_ssize_t, Py_ssize_t
    )
    void add_squares_double(
        const double*, const double*, double*, Py_ssize_t, Py_ssize_t, Py_ssize_t
    )
    void add_products_float(
        const float*, const float*, const float*, double*, double*, Py_ssize_t,
        Py_ssize_t, Py_ssize_t,
    )
    void add_products_double(
        const double*, const double*, const double*, double*, double*, Py_ssize_t,
        Py_ssize_t, Py_ssize_t,
    )
    void add_standardized_float(
        const float*, const float*, const double*, const double*, double*, double*,
        Py_ssize_t, Py_ssize_t, Py_ssize_t,
    )
    void add_standardized_double(
        const double*, const double*, const double*, const double*, double*, double*,
        Py_ssize_t, Py_ssize_t, Py_ssize_t,
    )
    double sum_of_row_float(const float*, Py_ssize_t)
    double sum_of_row_double(const double*, Py_ssize_t)
    double squares_of_row_float(const float*, double, Py_ssize_t)
    double squares_of_row_double(const double*, double, Py_ssize_t)
    void weighted_sums_of_row_float(
        const float*, const float*, const float*, float, Py_ssize_t, double*, double*,
    )
    void weighted_sums_of_row_double(
        const double*, const double*, const double*, double, Py_ssize_t, double*,
        double*,
    )


cdef inline void add_rows(
    const floating* x, double* sums, Py_ssize_t rows, Py_ssize_t stride,
    Py_ssize_t columns,
) noexcept nogil:
    """sums_j += Σ_i x_ij."""
    if floating is float:
        add_rows_float(x, sums, rows, stride, columns)
    else:
        add_rows_double(x, sums, rows, stride, columns)


cdef inline void add_squares(
    const floating* x, const double* means, double* sums, Py_ssize_t rows,
    Py_ssize_t stride, Py_ssize_t columns,
) noexcept nogil:
    """sums_j += Σ_i (x_ij - means_j)²."""
    if floating is float:
        add_squares_float(x, means, sums, rows, stride, columns)
    else:
        add_squares_double(x, means, sums, rows, stride, columns)


cdef inline void add_products(
    const floating* grad, const floating* x, const floating* means, double* sums,
    double* products, Py_ssize_t rows, Py_ssize_t stride, Py_ssize_t columns,
) noexcept nogil:
    """sums_j += Σ_i g_ij,   products_j += Σ_i g_ij (x_ij - means_j)."""
    if floating is float:
        add_products_float(grad, x, means, sums, products, rows, stride, columns)
    else:
        add_products_double(grad, x, means, sums, products, rows, stride, columns)


cdef inline void add_standardized(
    const floating* grad, const floating* x, const double* means, const double* scales,
    double* sums, double* products, Py_ssize_t rows, Py_ssize_t stride,
    Py_ssize_t columns,
) noexcept nogil:
    """sums_j += Σ_i g_ij,   products_j += Σ_i g_ij (x_ij - means_i) scales_i."""
    if floating is float:
        add_standardized_float(
            grad, x, means, scales, sums, products, rows, stride, columns
        )
    else:
        add_standardized_double(
            grad, x, means, scales, sums, products, rows, stride, columns
        )


cdef inline double sum_of_row(const floating* x, Py_ssize_t n) noexcept nogil:
    """Σ_j x_j."""
    if floating is float:
        return sum_of_row_float(x, n)
    else:
        return sum_of_row_double(x, n)


cdef inline double squares_of_row(
    const floating* x, double mean, Py_ssize_t n
) noexcept nogil:
    """Σ_j (x_j - mean)²."""
    if floating is float:
        return squares_of_row_float(x, mean, n)
    else:
        return squares_of_row_double(x, mean, n)


cdef inline void weighted_sums_of_row(
    const floating* grad, const floating* x, const floating* gamma, floating mean,
    Py_ssize_t n, double* sum, double* product_sum,
) noexcept nogil:
    """sum = Σ_j w_j and product_sum = Σ_j w_j (x_j - mean),   w_j = g_j γ_j.

    Four numbers at a time are added in the type of the row, and these sums in float64:
    that is a few more roundings of terms which are rounded anyway, in long rows, too.
    """
    if floating is float:
        weighted_sums_of_row_float(grad, x, gamma, mean, n, sum, product_sum)
    else:
        weighted_sums_of_row_double(grad, x, gamma, mean, n, sum, product_sum)
