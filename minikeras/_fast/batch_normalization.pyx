"""Batch normalization. Contract: kernels/reference/normalization.py.

Statistics are of columns, and their sums are taken in float64: of chunks of rows, which
are joined in order of their index. So they are the same for any number of threads.
"""

from cython cimport floating
from libc.math cimport sqrt

from minikeras._fast.axes cimport TILE, next_tile
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
    standardized,
)
from minikeras._fast.sums cimport add_products, add_rows, add_squares
from minikeras._fast.tasks cimport SCRATCH_OWN, in_parallel

cdef enum:
    BLOCK_ROWS = 32     # of TILE columns, which stay in the cache for a second pass


# --- Statistics -----------------------------------------------------------------------

cdef inline void moments_of_tile(
    const floating* x, double* partial, Py_ssize_t rows, Py_ssize_t stride,
    Py_ssize_t columns,
) noexcept nogil:
    """partial = [Σ_i x_ij, Σ_i (x_ij - mean_j)²] of up to TILE columns.

    Blocks of rows go through twice: once for their mean, then, from the cache, for the
    squares of what is left. They join those before as `join` says.
    """
    cdef double sums[TILE]
    cdef double squares[TILE]
    cdef double means[TILE]
    cdef double block_sums[TILE]
    cdef double block_squares[TILE]
    cdef Py_ssize_t j, n, before = 0
    while before < rows:
        n = min(<Py_ssize_t> BLOCK_ROWS, rows - before)
        for j in range(columns):
            block_sums[j] = block_squares[j] = 0
        add_rows(x, block_sums, n, stride, columns)
        for j in range(columns):
            means[j] = block_sums[j] / n
        add_squares(x, means, block_squares, n, stride, columns)
        join(sums, squares, before, block_sums, block_squares, n, columns)
        before += n
        x += n * stride
    for j in range(columns):
        partial[j] = sums[j]
        partial[stride + j] = squares[j]


cdef inline void join(
    double* sums, double* squares, Py_ssize_t before, const double* more_sums,
    const double* more_squares, Py_ssize_t more, Py_ssize_t columns,
) noexcept nogil:
    """Adds the sums of more rows, and their squares of distances to their own mean.

    With d the distance of the two means: squares += more squares + d² n m / (n + m).
    Source: Chan, Golub and LeVeque, Updating formulae for variances (1979).
    """
    cdef double weight, share, distance
    cdef Py_ssize_t j
    if before == 0:  # then 0 · d² is no 0 if d² is too large for a float
        for j in range(columns):
            sums[j] = more_sums[j]
            squares[j] = more_squares[j]
        return
    weight = before * (more / <double> (before + more))
    share = 1 / <double> before
    for j in range(columns):
        distance = more_sums[j] / more - sums[j] * share
        squares[j] += more_squares[j] + distance * distance * weight
        sums[j] += more_sums[j]


cdef cloned moments_of_chunk(
    const floating* x, double* partial, Py_ssize_t rows, Py_ssize_t columns
) noexcept nogil:
    cdef Py_ssize_t first = 0
    while first < columns:
        moments_of_tile(
            x + first, partial + first, rows, columns, next_tile(columns - first)
        )
        first += TILE


cdef cloned join_moments(
    double* partial, floating* mean, floating* variance, Py_ssize_t rows,
    Py_ssize_t chunk_rows, Py_ssize_t columns,
) noexcept nogil:
    """mean_j and variance_j of all rows, from the sums of the chunks."""
    cdef double* part = partial
    cdef Py_ssize_t j, n, before = chunk_rows
    while before < rows:
        part += 2 * columns
        n = min(chunk_rows, rows - before)
        join(partial, partial + columns, before, part, part + columns, n, columns)
        before += n
    for j in range(columns):
        mean[j] = <floating> (partial[j] / rows)
        variance[j] = <floating> (partial[columns + j] / rows)


# --- Results --------------------------------------------------------------------------

cdef inline void standardize_tile(
    const floating* x, const floating* mean, const floating* variance,
    const floating* gamma, const floating* beta, floating* out, floating epsilon,
    Py_ssize_t rows, Py_ssize_t stride, Py_ssize_t columns,
) noexcept nogil:
    """out_ij = (x_ij - mean_j) · (1 / √(variance_j + ε)) · gamma_j + beta_j."""
    cdef floating means[TILE]  # copies, which cannot overlap the result
    cdef floating scales[TILE]
    cdef floating gammas[TILE]
    cdef floating betas[TILE]
    cdef Py_ssize_t i, j
    for j in range(columns):
        means[j] = mean[j]
        scales[j] = 1 / square_root(variance[j] + epsilon)
        gammas[j] = gamma[j]
        betas[j] = beta[j]
    for i in range(rows):
        for j in range(columns):
            out[j] = (x[j] - means[j]) * scales[j] * gammas[j] + betas[j]
        x += stride
        out += stride


cdef cloned standardize_chunk(
    const floating* x, const floating* mean, const floating* variance,
    const floating* gamma, const floating* beta, floating* out, double epsilon,
    Py_ssize_t rows, Py_ssize_t columns,
) noexcept nogil:
    cdef Py_ssize_t j = 0
    while j < columns:
        standardize_tile(
            x + j, mean + j, variance + j, gamma + j, beta + j, out + j,
            <floating> epsilon, rows, columns, next_tile(columns - j),
        )
        j += TILE


# --- Gradients ------------------------------------------------------------------------

cdef cloned sums_of_chunk(
    const floating* grad, const floating* x, const floating* mean, double* partial,
    Py_ssize_t rows, Py_ssize_t columns,
) noexcept nogil:
    """partial = [Σ_i g_ij, Σ_i g_ij (x_ij - mean_j)], a few rows at a time."""
    cdef Py_ssize_t j, n, row = 0
    for j in range(2 * columns):
        partial[j] = 0
    while row < rows:
        n = min(<Py_ssize_t> BLOCK_ROWS, rows - row)
        add_products(
            grad, x, mean, partial, partial + columns, n, columns, columns
        )
        grad += n * columns
        x += n * columns
        row += n


cdef cloned join_sums(
    double* partial, const floating* variance, double epsilon, floating* gamma_grad,
    floating* beta_grad, Py_ssize_t chunks, Py_ssize_t columns,
) noexcept nogil:
    """Leaves the sums over all chunks in the first one; they are two of the results."""
    cdef double* part = partial
    cdef Py_ssize_t chunk, j
    for chunk in range(1, chunks):
        part += 2 * columns
        for j in range(2 * columns):
            partial[j] += part[j]
    for j in range(columns):
        partial[columns + j] *= 1 / sqrt(variance[j] + epsilon)
        beta_grad[j] = <floating> partial[j]
        gamma_grad[j] = <floating> partial[columns + j]


cdef inline void input_grad_of_tile(
    const floating* grad, const floating* x, const floating* mean,
    const floating* variance, const floating* gamma, const double* sums, floating* out,
    double epsilon, double total_rows, Py_ssize_t rows, Py_ssize_t stride,
    Py_ssize_t columns,
) noexcept nogil:
    """out_ij = γ_j r_j (g_ij - s_0j / n - (x_ij - mean_j) r_j s_1j / n)."""
    cdef floating means[TILE]
    cdef floating factors[TILE]
    cdef floating grad_means[TILE]
    cdef floating slopes[TILE]
    cdef double scale
    cdef Py_ssize_t i, j
    for j in range(columns):
        scale = 1 / sqrt(variance[j] + epsilon)
        means[j] = mean[j]
        factors[j] = <floating> (gamma[j] * scale)
        grad_means[j] = <floating> (sums[j] / total_rows)
        slopes[j] = <floating> (scale * (sums[stride + j] / total_rows))
    for i in range(rows):
        for j in range(columns):
            out[j] = factors[j] * (
                grad[j] - grad_means[j] - (x[j] - means[j]) * slopes[j]
            )
        grad += stride
        x += stride
        out += stride


cdef cloned input_grad_of_chunk(
    const floating* grad, const floating* x, const floating* mean,
    const floating* variance, const floating* gamma, const double* sums, floating* out,
    double epsilon, double total_rows, Py_ssize_t rows, Py_ssize_t columns,
) noexcept nogil:
    cdef Py_ssize_t j = 0
    while j < columns:
        input_grad_of_tile(
            grad + j, x + j, mean + j, variance + j, gamma + j, sums + j, out + j,
            epsilon, total_rows, rows, columns, next_tile(columns - j),
        )
        j += TILE


# --- Tasks ----------------------------------------------------------------------------

cdef void moments_part(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    cdef Normalization* work = <Normalization*> arguments
    if work.is_float32:
        moments_of_chunks(work, <const float*> work.x, begin, end)
    else:
        moments_of_chunks(work, <const double*> work.x, begin, end)


cdef inline void moments_of_chunks(
    Normalization* work, const floating* x, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    cdef Py_ssize_t chunk, columns = work.columns
    for chunk in range(begin, end):
        moments_of_chunk(
            x + chunk * work.chunk_rows * columns, work.partial + 2 * chunk * columns,
            rows_in_chunk(work, chunk), columns,
        )


cdef void standardize_part(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    cdef Normalization* work = <Normalization*> arguments
    if work.is_float32:
        standardize_chunks(work, <const float*> work.x, begin, end)
    else:
        standardize_chunks(work, <const double*> work.x, begin, end)


cdef inline void standardize_chunks(
    Normalization* work, const floating* x, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    cdef Py_ssize_t first = begin * work.chunk_rows
    standardize_chunk(
        x + first * work.columns, <const floating*> work.mean,
        <const floating*> work.variance, <const floating*> work.gamma,
        <const floating*> work.beta, <floating*> work.out + first * work.columns,
        work.epsilon, min(end * work.chunk_rows, work.rows) - first, work.columns,
    )


cdef bint standardize_run(void* arguments) noexcept nogil:
    cdef Normalization* work = <Normalization*> arguments
    in_parallel(standardize_part, work, work.chunks, work.grain)
    return True


cdef bint batch_run(void* arguments) noexcept nogil:
    cdef Normalization work = (<Normalization*> arguments)[0]
    partial_of(&work)
    in_parallel(moments_part, &work, work.chunks, work.grain)
    if work.is_float32:
        join_moments(
            work.partial, <float*> work.mean, <float*> work.variance, work.rows,
            work.chunk_rows, work.columns,
        )
    else:
        join_moments(
            work.partial, <double*> work.mean, <double*> work.variance, work.rows,
            work.chunk_rows, work.columns,
        )
    in_parallel(standardize_part, &work, work.chunks, work.grain)
    return True


cdef void sums_part(void* arguments, Py_ssize_t begin, Py_ssize_t end) noexcept nogil:
    cdef Normalization* work = <Normalization*> arguments
    if work.is_float32:
        sums_of_chunks(work, <const float*> work.x, begin, end)
    else:
        sums_of_chunks(work, <const double*> work.x, begin, end)


cdef inline void sums_of_chunks(
    Normalization* work, const floating* x, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    cdef Py_ssize_t chunk, first, rows, columns = work.columns
    for chunk in range(begin, end):
        first = chunk * work.chunk_rows
        rows = rows_in_chunk(work, chunk)
        sums_of_chunk(
            <const floating*> grad_of_chunk(work, first, rows, SCRATCH_OWN),
            x + first * columns, <const floating*> work.mean,
            work.partial + 2 * chunk * columns, rows, columns,
        )


cdef void input_grad_part(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    cdef Normalization* work = <Normalization*> arguments
    if work.is_float32:
        input_grad_of_chunks(work, <const float*> work.x, begin, end)
    else:
        input_grad_of_chunks(work, <const double*> work.x, begin, end)


cdef inline void input_grad_of_chunks(
    Normalization* work, const floating* x, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    cdef Py_ssize_t chunk, first, rows, columns = work.columns
    for chunk in range(begin, end):
        first = chunk * work.chunk_rows
        rows = rows_in_chunk(work, chunk)
        input_grad_of_chunk(
            <const floating*> grad_of_chunk(work, first, rows, SCRATCH_OWN),
            x + first * columns, <const floating*> work.mean,
            <const floating*> work.variance, <const floating*> work.gamma,
            work.partial, <floating*> work.out + first * columns, work.epsilon,
            work.rows, rows, columns,
        )


cdef bint batch_grad_run(void* arguments) noexcept nogil:
    cdef Normalization work = (<Normalization*> arguments)[0]
    partial_of(&work)
    in_parallel(sums_part, &work, work.chunks, work.grain)
    if work.is_float32:
        join_sums(
            work.partial, <const float*> work.variance, work.epsilon,
            <float*> work.gamma_grad, <float*> work.beta_grad, work.chunks,
            work.columns,
        )
    else:
        join_sums(
            work.partial, <const double*> work.variance, work.epsilon,
            <double*> work.gamma_grad, <double*> work.beta_grad, work.chunks,
            work.columns,
        )
    in_parallel(input_grad_part, &work, work.chunks, work.grain)
    return True


# --- Kernels --------------------------------------------------------------------------

cdef Kernel BATCH = Kernel("batch_normalization", batch_run, True)
cdef Kernel BATCH_GRAD = Kernel("batch_normalization_grad", batch_grad_run, True)


def standardize(x, mean, variance, gamma, beta, *, epsilon, out=None):
    """(x - m) · (1 / √(v + ε)) · γ + β, rounded after each operation."""
    return standardized(standardize_run, x, mean, variance, gamma, beta, epsilon, out)


def batch_normalization(x, gamma, beta, *, axis, epsilon, out=None):
    """y = standardize(x, m, v, γ, β), m = Σ x / n, v = Σ (x - m)² / n along `axis`."""
    return normalized(&BATCH, x, gamma, beta, axis, epsilon, out)


def batch_normalization_grad(
    grad, x, mean, variance, gamma, *, axis, epsilon, out=None
):
    """γ r (g - Σ g / n - x̂ Σ g x̂ / n), Σ g x̂ and Σ g, with sums along `axis`."""
    return differentiated(
        &BATCH_GRAD, grad, x, mean, variance, gamma, axis, epsilon, out
    )
