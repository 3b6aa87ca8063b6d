"""Layer normalization. Contract: kernels/reference/normalization.py.

Statistics are of rows, and their sums are taken in float64. Rows do not depend on each
other, but for the gradients of gamma and beta: those are summed over chunks of rows,
which are combined in order of their index.
"""

from cython cimport floating
from libc.math cimport sqrt

from minikeras._fast.clones cimport cloned
from minikeras._fast.elementary cimport square_root
from minikeras._fast.normalization cimport (
    Kernel,
    Normalization,
    differentiated,
    grad_of_chunk,
    normalized,
    partial_of,
    rows_in_chunk,
)
from minikeras._fast.sums cimport (
    add_standardized,
    squares_of_row,
    sum_of_row,
    weighted_sums_of_row,
)
from minikeras._fast.tasks cimport SCRATCH_OWN, in_parallel

cdef enum:
    ROWS = 32           # that are in the cache for a second pass


# --- Statistics -----------------------------------------------------------------------

cdef cloned normalize_rows(
    const floating* x, const floating* gamma, const floating* beta, floating* out,
    floating* mean, floating* variance, double epsilon, Py_ssize_t rows,
    Py_ssize_t columns,
) noexcept nogil:
    """out_ij = (x_ij - mean_i) · (1 / √(variance_i + ε)) · gamma_j + beta_j."""
    cdef double exact_mean, share = 1 / <double> columns
    cdef floating m, scale
    cdef Py_ssize_t i, j
    for i in range(rows):
        exact_mean = sum_of_row(x, columns) * share
        m = <floating> exact_mean
        mean[i] = m
        variance[i] = <floating> (squares_of_row(x, exact_mean, columns) * share)
        scale = 1 / square_root(variance[i] + <floating> epsilon)
        for j in range(columns):
            out[j] = (x[j] - m) * scale * gamma[j] + beta[j]
        x += columns
        out += columns


# --- Gradients ------------------------------------------------------------------------

cdef inline void input_grad_of_row(
    const floating* grad, const floating* x, const floating* gamma, floating mean,
    double scale, floating* out, double share, Py_ssize_t n,
) noexcept nogil:
    """out_j = r (w_j - Σ_j w_j / n - x̂_j Σ_j w_j x̂_j / n), w = g γ, r = `scale`."""
    cdef double weighted_sum, product_sum
    cdef floating factor = <floating> scale
    cdef floating offset, slope
    cdef Py_ssize_t j
    weighted_sums_of_row(grad, x, gamma, mean, n, &weighted_sum, &product_sum)
    offset = <floating> (scale * (weighted_sum * share))
    slope = <floating> (scale * scale * scale * (product_sum * share))
    for j in range(n):
        out[j] = grad[j] * gamma[j] * factor - offset - (x[j] - mean) * slope


cdef cloned grad_of_rows(
    const floating* grad, const floating* x, const floating* mean,
    const floating* variance, const floating* gamma, floating* out, double* partial,
    double epsilon, Py_ssize_t rows, Py_ssize_t columns,
) noexcept nogil:
    """The gradient of x, and partial = [Σ_i g_ij, Σ_i g_ij x̂_ij].

    A few rows at a time, which stay in the cache for the sums over them.
    """
    cdef double means[ROWS]
    cdef double scales[ROWS]
    cdef double share = 1 / <double> columns
    cdef Py_ssize_t i, j, n, row = 0
    for j in range(2 * columns):
        partial[j] = 0
    while row < rows:
        n = min(<Py_ssize_t> ROWS, rows - row)
        for i in range(n):
            means[i] = mean[row + i]
            scales[i] = 1 / sqrt(variance[row + i] + epsilon)
        for i in range(n):
            input_grad_of_row(
                grad + i * columns, x + i * columns, gamma, mean[row + i], scales[i],
                out + i * columns, share, columns,
            )
        add_standardized(
            grad, x, means, scales, partial, partial + columns, n, columns, columns
        )
        grad += n * columns
        x += n * columns
        out += n * columns
        row += n


cdef cloned join_sums(
    double* partial, floating* gamma_grad, floating* beta_grad, Py_ssize_t chunks,
    Py_ssize_t columns,
) noexcept nogil:
    """beta_grad and gamma_grad: the sums over all chunks."""
    cdef double* part = partial
    cdef Py_ssize_t chunk, j
    for chunk in range(1, chunks):
        part += 2 * columns
        for j in range(2 * columns):
            partial[j] += part[j]
    for j in range(columns):
        beta_grad[j] = <floating> partial[j]
        gamma_grad[j] = <floating> partial[columns + j]


# --- Tasks ----------------------------------------------------------------------------

cdef void rows_part(void* arguments, Py_ssize_t begin, Py_ssize_t end) noexcept nogil:
    cdef Normalization* work = <Normalization*> arguments
    if work.is_float32:
        normalize_chunks(work, <const float*> work.x, begin, end)
    else:
        normalize_chunks(work, <const double*> work.x, begin, end)


cdef inline void normalize_chunks(
    Normalization* work, const floating* x, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    cdef Py_ssize_t first = begin * work.chunk_rows
    normalize_rows(
        x + first * work.columns, <const floating*> work.gamma,
        <const floating*> work.beta, <floating*> work.out + first * work.columns,
        <floating*> work.mean + first, <floating*> work.variance + first, work.epsilon,
        min(end * work.chunk_rows, work.rows) - first, work.columns,
    )


cdef bint layer_run(void* arguments) noexcept nogil:
    cdef Normalization* work = <Normalization*> arguments
    in_parallel(rows_part, work, work.chunks, work.grain)
    return True


cdef void grad_part(void* arguments, Py_ssize_t begin, Py_ssize_t end) noexcept nogil:
    cdef Normalization* work = <Normalization*> arguments
    if work.is_float32:
        grad_of_chunks(work, <const float*> work.x, begin, end)
    else:
        grad_of_chunks(work, <const double*> work.x, begin, end)


cdef inline void grad_of_chunks(
    Normalization* work, const floating* x, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    cdef Py_ssize_t chunk, first, rows, columns = work.columns
    cdef const floating* grad
    for chunk in range(begin, end):
        first = chunk * work.chunk_rows
        rows = rows_in_chunk(work, chunk)
        grad = <const floating*> grad_of_chunk(work, first, rows, SCRATCH_OWN)
        grad_of_rows(
            grad, x + first * columns, <const floating*> work.mean + first,
            <const floating*> work.variance + first, <const floating*> work.gamma,
            <floating*> work.out + first * columns,
            work.partial + 2 * chunk * columns, work.epsilon, rows, columns,
        )


cdef bint layer_grad_run(void* arguments) noexcept nogil:
    cdef Normalization work = (<Normalization*> arguments)[0]
    partial_of(&work)
    in_parallel(grad_part, &work, work.chunks, work.grain)
    if work.is_float32:
        join_sums(
            work.partial, <float*> work.gamma_grad, <float*> work.beta_grad,
            work.chunks, work.columns,
        )
    else:
        join_sums(
            work.partial, <double*> work.gamma_grad, <double*> work.beta_grad,
            work.chunks, work.columns,
        )
    return True


# --- Kernels --------------------------------------------------------------------------

cdef Kernel LAYER = Kernel("layer_normalization", layer_run, False)
cdef Kernel LAYER_GRAD = Kernel("layer_normalization_grad", layer_grad_run, False)


def layer_normalization(x, gamma, beta, *, axis, epsilon, out=None):
    """y = standardize(x, m, v, γ, β), m = Σ x / n, v = Σ (x - m)² / n along `axis`."""
    return normalized(&LAYER, x, gamma, beta, axis, epsilon, out)


def layer_normalization_grad(
    grad, x, mean, variance, gamma, *, axis, epsilon, out=None
):
    """r (w - Σ w / n - x̂ Σ w x̂ / n), w = g γ; and Σ g x̂ and Σ g over the other axes."""
    return differentiated(
        &LAYER_GRAD, grad, x, mean, variance, gamma, axis, epsilon, out
    )
