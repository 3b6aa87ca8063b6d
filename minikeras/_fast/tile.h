/* One part of tiles.h: for one type of NUMBER and one instruction SET, whose registers
   have LINE_BYTES. A tile is ROWS rows high. */

#if defined(__GNUC__)
typedef NUMBER NAMED(line)
    __attribute__((vector_size(LINE_BYTES), aligned(sizeof(NUMBER)), may_alias));
#define ALWAYS_INLINE inline __attribute__((always_inline))
#else
typedef NUMBER NAMED(line); /* one number: slower, and as right */
#define ALWAYS_INLINE inline
#endif
#define LINES (TILE_BYTES / sizeof(NAMED(line)))

/* out[i, j] = sum over l of x[i, l] panel[l, j]. `rows` is a constant wherever this is
   inlined, so that all of `total` is in registers. */
static ALWAYS_INLINE void NAMED(tile)(
    const NUMBER *x, ptrdiff_t x_row, ptrdiff_t x_column, const NUMBER *panel,
    ptrdiff_t panel_row, NUMBER *out, ptrdiff_t out_row, int rows, ptrdiff_t depth)
{
    NAMED(line) total[ROWS][LINES];
    for (int i = 0; i < rows; i++)
        for (size_t j = 0; j < LINES; j++)
            total[i][j] = (NAMED(line)){0};
    for (ptrdiff_t l = 0; l < depth; l++) {
        const NAMED(line) *line = (const NAMED(line) *)(panel + l * panel_row);
        for (int i = 0; i < rows; i++)
            for (size_t j = 0; j < LINES; j++)
                total[i][j] += x[i * x_row + l * x_column] * line[j];
    }
    for (int i = 0; i < rows; i++)
        for (size_t j = 0; j < LINES; j++)
            ((NAMED(line) *)(out + i * out_row))[j] = total[i][j];
}

static void NAMED(product)(
    const NUMBER *x, ptrdiff_t x_row, ptrdiff_t x_column, const NUMBER *panel,
    ptrdiff_t panel_row, NUMBER *out, ptrdiff_t out_row, ptrdiff_t rows,
    ptrdiff_t depth)
{
#define TAKE(some)                                                                     \
    do {                                                                               \
        NAMED(tile)(x, x_row, x_column, panel, panel_row, out, out_row, some, depth);  \
        x += (some) * x_row;                                                           \
        out += (some) * out_row;                                                       \
        rows -= (some);                                                                \
    } while (0)
    while (rows >= ROWS)
        TAKE(ROWS);
    if (ROWS > 4 && rows >= 4)
        TAKE(4);
    if (rows >= 2)
        TAKE(2);
    if (rows >= 1)
        TAKE(1);
#undef TAKE
}

#undef ALWAYS_INLINE
#undef LINES
#undef NUMBER
