/* One part of tiles.h, like tile.h: products of a matrix and a vector.

   Every number of the matrix is used once, so what counts is to read them in order. */

#define TOGETHER 4 /* rows of a matrix that are read side by side */

/* out[j] = sum over l of v[l] y[l, j]: the same chains of multiply-adds as in a tile. */
static void NAMED(combine_rows)(
    const void *y, ptrdiff_t y_row, const void *v, ptrdiff_t v_step, void *out,
    ptrdiff_t depth, ptrdiff_t columns, int adds)
{
    const NUMBER *rows = (const NUMBER *)y, *factor = (const NUMBER *)v;
    NUMBER *to = (NUMBER *)out;
    const NAMED(line) zero = {0};
    if (!adds)
        memset(to, 0, columns * sizeof(NUMBER));
    while (depth > 0) {
        const int count = depth < TOGETHER ? 1 : TOGETHER;
        NAMED(line) spread[TOGETHER], total;
        ptrdiff_t j = 0;
        EACH(l, TOGETHER) spread[l] = factor[l < count ? l * v_step : 0] - zero;
        if (count == TOGETHER)
            for (; j + LANES <= columns; j += LANES) {
                total = *(NAMED(line) *)(to + j);
                EACH(l, TOGETHER)
                    total += spread[l] * *(const NAMED(line) *)(rows + l * y_row + j);
                *(NAMED(line) *)(to + j) = total;
            }
        else
            for (; j + LANES <= columns; j += LANES)
                *(NAMED(line) *)(to + j) +=
                    spread[0] * *(const NAMED(line) *)(rows + j);
        if (j < columns) {
            NAMED(line) some = zero, row = zero;
            NAMED(copy)((NUMBER *)&some, to + j, columns - j);
            for (int l = 0; l < count; l++) {
                NAMED(copy)((NUMBER *)&row, rows + l * y_row + j, columns - j);
                some += (factor[l * v_step] - zero) * row;
            }
            NAMED(copy)(to + j, (NUMBER *)&some, columns - j);
        }
        rows += count * y_row;
        factor += count * v_step;
        depth -= count;
    }
}

/* Sums two lines of products for each of `rows` rows, `rows` being a constant. */
static ALWAYS_INLINE void NAMED(dot)(
    const NUMBER *x, ptrdiff_t x_row, const NUMBER *v, NUMBER *out, ptrdiff_t out_step,
    int rows, ptrdiff_t depth, int adds)
{
    const NAMED(line) zero = {0};
    NAMED(line) total[TOGETHER][2];
    ptrdiff_t l = 0;
    EACH(i, rows) total[i][0] = total[i][1] = zero;
    for (; l + 2 * LANES <= depth; l += 2 * LANES)
        EACH(j, 2) {
            const NAMED(line) line = *(const NAMED(line) *)(v + l + j * LANES);
            EACH(i, rows)
                total[i][j] +=
                    line * *(const NAMED(line) *)(x + i * x_row + l + j * LANES);
        }
    EACH(i, rows) {
        NUMBER part[2 * LANES] = {0}, other[2 * LANES] = {0}, sum;
        if (l < depth) {
            NAMED(copy_rows)(part, 0, x + i * x_row + l, 0, 1, depth - l);
            NAMED(copy_rows)(other, 0, v + l, 0, 1, depth - l);
            EACH(j, 2)
                total[i][j] += ((const NAMED(line) *)part)[j] *
                    ((const NAMED(line) *)other)[j];
        }
        *(NAMED(line) *)part = total[i][0] + total[i][1];
        sum = adds ? out[i * out_step] : 0;
        for (int j = 0; j < LANES; j++)
            sum += part[j];
        out[i * out_step] = sum;
    }
}

/* out[i] = sum over l of x[i, l] v[l]. Each sum is made in 2 LANES parts, of the terms
   at distances of 2 LANES, which are then added in order. */
static void NAMED(dots)(
    const void *x, ptrdiff_t x_row, const void *v, void *out, ptrdiff_t out_step,
    ptrdiff_t rows, ptrdiff_t depth, int adds)
{
    const NUMBER *from = (const NUMBER *)x, *factor = (const NUMBER *)v;
    NUMBER *to = (NUMBER *)out;
    for (; rows >= TOGETHER; rows -= TOGETHER) {
        NAMED(dot)(from, x_row, factor, to, out_step, TOGETHER, depth, adds);
        from += TOGETHER * x_row;
        to += TOGETHER * out_step;
    }
    for (; rows > 0; rows--) {
        NAMED(dot)(from, x_row, factor, to, out_step, 1, depth, adds);
        from += x_row;
        to += out_step;
    }
}

/* What comes after the sums: out[i] + bias[i], then relu. */
static void NAMED(finish)(
    void *out, ptrdiff_t out_step, const void *bias, ptrdiff_t bias_step,
    ptrdiff_t count, int rectifies)
{
    NUMBER *to = (NUMBER *)out;
    const NUMBER *from = (const NUMBER *)bias;
    for (ptrdiff_t i = 0; i < count; i++, to += out_step) {
        if (from)
            *to += from[i * bias_step];
        if (rectifies && *to <= 0)
            *to = 0;
    }
}

#undef TOGETHER
