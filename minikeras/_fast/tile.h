/* One part of tiles.h: for one type of NUMBER and one instruction SET, whose registers
   have LINE_BYTES. A tile is at most ROWS rows high and two lines wide. */

#if defined(__GNUC__)
typedef NUMBER NAMED(line)
    __attribute__((vector_size(LINE_BYTES), aligned(sizeof(NUMBER)), may_alias));
typedef INTEGER NAMED(index)
    __attribute__((vector_size(LINE_BYTES), aligned(sizeof(NUMBER)), may_alias));
#define LANES (LINE_BYTES / (ptrdiff_t)sizeof(NUMBER))
#else
typedef NUMBER NAMED(line); /* one number: slower, and as right */
#define LANES 1
#endif

/* Copies `count` numbers, less than a line: two halves that overlap, and no loop. */
static ALWAYS_INLINE void NAMED(copy)(NUMBER *to, const NUMBER *from, ptrdiff_t count)
{
#define COPY_HALVES(half)                                                              \
    if (LANES > (half) && count >= (half)) {                                           \
        memcpy(to, from, (half) * sizeof(NUMBER));                                     \
        memcpy(to + count - (half), from + count - (half), (half) * sizeof(NUMBER));   \
        return;                                                                        \
    }
    COPY_HALVES(8)
    COPY_HALVES(4)
    COPY_HALVES(2)
    COPY_HALVES(1)
#undef COPY_HALVES
}

/* Copies rows of `count` numbers, one or two lines, the last of which is not full. */
static void NAMED(copy_rows)(
    NUMBER *to, ptrdiff_t to_row, const NUMBER *from, ptrdiff_t from_row,
    ptrdiff_t rows, ptrdiff_t count)
{
    for (ptrdiff_t i = 0; i < rows; i++, to += to_row, from += from_row)
        if (count < LANES)
            NAMED(copy)(to, from, count);
        else {
            memcpy(to, from, sizeof(NAMED(line)));
            NAMED(copy)(to + LANES, from + LANES, count - LANES);
        }
}

/* Row i and row i + distance exchange groups of as many numbers. */
static ALWAYS_INLINE void NAMED(exchange)(NAMED(line) *rows, int distance)
{
#if defined(__GNUC__)
    NAMED(index) lane, first;
    EACH(i, LANES) lane[i] = i;
    first = lane + (((lane & distance) != 0) & (INTEGER)(LANES - distance));
    EACH(i, LANES)
        if (!(i & distance)) {
            const NAMED(line) top = rows[i], bottom = rows[i + distance];
            rows[i] = __builtin_shuffle(top, bottom, first);
            rows[i + distance] = __builtin_shuffle(top, bottom, first + distance);
        }
#endif
}

/* to[j, i] = from[i, j]: square by square, in which ever smaller groups change places.
   `whole` tells that all squares are whole ones, and is a constant. */
static ALWAYS_INLINE void NAMED(transpose_squares)(
    const NUMBER *from, ptrdiff_t from_row, NUMBER *to, ptrdiff_t to_row,
    ptrdiff_t rows, ptrdiff_t columns, int whole)
{
    for (ptrdiff_t i = 0; i < rows; i += LANES)
        for (ptrdiff_t j = 0; j < columns; j += LANES) {
            const NUMBER *source = from + i * from_row + j;
            NUMBER *target = to + j * to_row + i;
            const ptrdiff_t high = rows - i < LANES ? rows - i : LANES;
            const ptrdiff_t wide = columns - j < LANES ? columns - j : LANES;
            NAMED(line) square[LANES];
            EACH(n, LANES) {
                NAMED(line) part = {0};
                if (whole || (n < high && wide == LANES))
                    square[n] = *(const NAMED(line) *)(source + n * from_row);
                else {
                    if (n < high)
                        NAMED(copy)((NUMBER *)&part, source + n * from_row, wide);
                    square[n] = part;
                }
            }
            EACH(turn, 4)
                if (LANES >> turn > 1)
                    NAMED(exchange)(square, (int)(LANES >> turn) / 2);
            EACH(n, LANES) {
                if (whole || (n < wide && high == LANES))
                    *(NAMED(line) *)(target + n * to_row) = square[n];
                else if (n < wide) {
                    const NAMED(line) part = square[n];
                    NAMED(copy)(target + n * to_row, (const NUMBER *)&part, high);
                }
            }
        }
}

static void NAMED(transpose)(
    const NUMBER *from, ptrdiff_t from_row, NUMBER *to, ptrdiff_t to_row,
    ptrdiff_t rows, ptrdiff_t columns)
{
    if (rows % LANES == 0 && columns % LANES == 0)
        NAMED(transpose_squares)(from, from_row, to, to_row, rows, columns, 1);
    else
        NAMED(transpose_squares)(from, from_row, to, to_row, rows, columns, 0);
}

/* Returns a line with 0 for what is not above 0; nan stays nan, as relu has it. */
static ALWAYS_INLINE NAMED(line) NAMED(rectified)(NAMED(line) line)
{
#if defined(__GNUC__)
    return (NAMED(line))((NAMED(index))line & ~(line <= (NAMED(line)){0}));
#else
    return line <= 0 ? 0 : line;
#endif
}

/* Writes `rows` rows of a strip, all of its lines. `rows` and `lines` are constants
   wherever this is inlined, so that all of `total` is in registers. */
static ALWAYS_INLINE void NAMED(tile)(
    const Strip *strip, const NUMBER *x, NUMBER *out, int rows, int lines)
{
    const ptrdiff_t x_row = strip->x_row, x_column = strip->x_column;
    const ptrdiff_t panel_row = strip->panel_row, out_row = strip->out_row;
    const NAMED(line) *bias = (const NAMED(line) *)strip->bias;
    const NAMED(line) zero = {0};
    NAMED(line) total[ROWS][2];
#define OUT(i, j) ((NAMED(line) *)(out + (i) * out_row))[j]

    EACH(i, rows) EACH(j, lines) PREFETCH(&OUT(i, j));
    if (strip->adds)
        EACH(i, rows) EACH(j, lines) total[i][j] = OUT(i, j);
    else
        EACH(i, rows) EACH(j, lines) total[i][j] = zero;

    for (ptrdiff_t s = 0; s < strip->segments; s++) {
        const NUMBER *factor = x + s * strip->x_segment;
        const NUMBER *panel = (const NUMBER *)strip->panel + s * strip->panel_segment;
        for (ptrdiff_t l = 0; l < strip->depth; l++) {
            NAMED(line) line[2];
            EACH(j, lines) line[j] = ((const NAMED(line) *)panel)[j];
            EACH(i, rows) {
                /* - 0 spreads a number over a line, and leaves it as it is. */
                const NAMED(line) spread = factor[i * x_row] - zero;
                EACH(j, lines) total[i][j] += spread * line[j];
            }
            factor += x_column;
            panel += panel_row;
        }
    }

    if (bias)
        EACH(i, rows) EACH(j, lines) total[i][j] += bias[j];
    if (strip->rectifies)
        EACH(i, rows) EACH(j, lines) total[i][j] = NAMED(rectified)(total[i][j]);
    EACH(i, rows) EACH(j, lines) OUT(i, j) = total[i][j];
#undef OUT
}

/* Fills a strip whose lines are full, tile by tile. The tiles are of one height, or of
   two that differ by one: tiles of a few rows are slow. */
static void NAMED(fill_lines)(const Strip *strip)
{
    const NUMBER *x = (const NUMBER *)strip->x;
    NUMBER *out = (NUMBER *)strip->out;
    const ptrdiff_t tiles = (strip->rows + ROWS - 1) / ROWS;
    const int lines = strip->columns > LANES ? 2 : 1;
    for (ptrdiff_t t = 0; t < tiles; t++) {
        const int rows = (int)((strip->rows + t) / tiles);
        switch (2 * rows + lines) {
#define FILL(rows)                                                                     \
    case 2 * (rows) + 1:                                                               \
        NAMED(tile)(strip, x, out, rows, 1);                                           \
        break;                                                                         \
    case 2 * (rows) + 2:                                                               \
        NAMED(tile)(strip, x, out, rows, 2);                                           \
        break;
            FILL(1)
            FILL(2)
            FILL(3)
            FILL(4)
#if ROWS > 4
            FILL(5)
            FILL(6)
#endif
#if ROWS > 6
            FILL(7)
            FILL(8)
            FILL(9)
            FILL(10)
            FILL(11)
            FILL(12)
#endif
#undef FILL
        }
        x += rows * strip->x_row;
        out += rows * strip->out_row;
    }
}

/* Fills a strip whose last line is not full, or which is `turned`: a room stands in for
   some of its rows at a time. */
static ALWAYS_INLINE void NAMED(fill_room)(const Strip *strip, int turned)
{
    enum { WIDE = 2 * LANES };
    NUMBER room[WIDE * WIDE], bias[WIDE];
    const ptrdiff_t columns = strip->columns, out_row = strip->out_row;
    Strip part = *strip;
    part.out = room;
    part.out_row = WIDE;
    if (strip->bias) {
        NAMED(copy_rows)(bias, 0, (const NUMBER *)strip->bias, 0, 1, columns);
        part.bias = bias;
    }
    for (ptrdiff_t i = 0; i < strip->rows; i += part.rows) {
        const ptrdiff_t left = strip->rows - i;
        NUMBER *out = (NUMBER *)strip->out + (turned ? i : i * out_row);
        part.rows = left < WIDE ? left : WIDE;
        part.x = (const NUMBER *)strip->x + i * strip->x_row;
        if (strip->adds && turned)
            NAMED(transpose)(out, out_row, room, WIDE, columns, part.rows);
        else if (strip->adds)
            NAMED(copy_rows)(room, WIDE, out, out_row, part.rows, columns);
        NAMED(fill_lines)(&part);
        if (turned)
            NAMED(transpose)(room, WIDE, out, out_row, part.rows, columns);
        else
            NAMED(copy_rows)(out, out_row, room, WIDE, part.rows, columns);
    }
}

static void NAMED(fill)(const Strip *strip)
{
    if (strip->columns % LANES == 0)
        NAMED(fill_lines)(strip);
    else
        NAMED(fill_room)(strip, 0);
}

static void NAMED(fill_turned)(const Strip *strip)
{
    NAMED(fill_room)(strip, 1);
}

/* panel[l, j] = y[l, j], and 0 from `columns` on. */
static void NAMED(pack)(
    const void *y, ptrdiff_t y_row, ptrdiff_t y_column, void *panel, ptrdiff_t depth,
    ptrdiff_t columns)
{
    const NUMBER *from = (const NUMBER *)y;
    NUMBER *to = (NUMBER *)panel;
    const ptrdiff_t width = columns > LANES ? 2 * LANES : LANES;
    if (y_column == 1 && columns == 2 * LANES)
        for (ptrdiff_t l = 0; l < depth; l++, from += y_row, to += width)
            memcpy(to, from, 2 * sizeof(NAMED(line)));
    else {
        if (columns < width)
            memset(to, 0, depth * width * sizeof(NUMBER));
        if (y_column == 1)
            NAMED(copy_rows)(to, width, from, y_row, depth, columns);
        else if (y_row == 1)
            NAMED(transpose)(from, y_column, to, width, columns, depth);
        else
            for (ptrdiff_t l = 0; l < depth; l++, from += y_row, to += width)
                for (ptrdiff_t j = 0; j < columns; j++)
                    to[j] = from[j * y_column];
    }
}

#include "vectors.h"

#undef LANES
#undef NUMBER
#undef INTEGER
