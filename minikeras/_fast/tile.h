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

/* Fills a strip. Where its last line is not full, a copy stands in for each tile. */
static void NAMED(fill)(const Strip *strip)
{
    NUMBER room[ROWS * 2 * LANES], bias[2 * LANES];
    Strip part = *strip;
    if (strip->columns % LANES == 0) {
        NAMED(fill_lines)(strip);
        return;
    }
    part.out = room;
    part.out_row = 2 * LANES;
    if (strip->bias) {
        NAMED(copy_rows)(bias, 0, (const NUMBER *)strip->bias, 0, 1, strip->columns);
        part.bias = bias;
    }
    for (ptrdiff_t i = 0; i < strip->rows; i += part.rows) {
        NUMBER *out = (NUMBER *)strip->out + i * strip->out_row;
        /* As many rows as a tile of the whole strip has here. */
        const ptrdiff_t tiles = (strip->rows - i + ROWS - 1) / ROWS;
        part.rows = (strip->rows - i) / tiles;
        part.x = (const NUMBER *)strip->x + i * strip->x_row;
        if (strip->adds)
            NAMED(copy_rows)(
                room, 2 * LANES, out, strip->out_row, part.rows, strip->columns);
        NAMED(fill_lines)(&part);
        NAMED(copy_rows)(
            out, strip->out_row, room, 2 * LANES, part.rows, strip->columns);
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

/* Packs columns that are runs of numbers: squares of them, whose rows it turns into
   columns by exchanging ever smaller groups. */
static void NAMED(pack_columns)(
    const NUMBER *y, ptrdiff_t y_column, NUMBER *panel, ptrdiff_t panel_row,
    ptrdiff_t depth, ptrdiff_t columns)
{
    for (ptrdiff_t first = 0; first < panel_row; first += LANES)
        for (ptrdiff_t l = 0; l < depth; l += LANES) {
            const ptrdiff_t count = depth - l < LANES ? depth - l : LANES;
            NAMED(line) rows[LANES];
            EACH(j, LANES) {
                const NUMBER *column = y + (first + j) * y_column + l;
                NAMED(line) part = {0};
                if (first + j >= columns)
                    rows[j] = part;
                else if (count == LANES)
                    rows[j] = *(const NAMED(line) *)column;
                else {
                    NAMED(copy)((NUMBER *)&part, column, count);
                    rows[j] = part;
                }
            }
            EACH(turn, 4)
                if (LANES >> turn > 1)
                    NAMED(exchange)(rows, (int)(LANES >> turn) / 2);
            EACH(i, LANES)
                if (i < count)
                    *(NAMED(line) *)(panel + (l + i) * panel_row + first) = rows[i];
        }
}

/* panel[l, j] = y[l, j], and 0 from `columns` on. */
static void NAMED(pack)(
    const void *y, ptrdiff_t y_row, ptrdiff_t y_column, void *panel, ptrdiff_t depth,
    ptrdiff_t columns)
{
    const NUMBER *from = (const NUMBER *)y;
    NUMBER *to = (NUMBER *)panel;
    const ptrdiff_t width = columns > LANES ? 2 * LANES : LANES;
    if (y_row == 1 && y_column != 1)
        NAMED(pack_columns)(from, y_column, to, width, depth, columns);
    else if (y_column == 1 && columns == 2 * LANES)
        for (ptrdiff_t l = 0; l < depth; l++, from += y_row, to += width)
            memcpy(to, from, 2 * sizeof(NAMED(line)));
    else {
        memset(to, 0, depth * width * sizeof(NUMBER));
        if (y_column == 1)
            NAMED(copy_rows)(to, width, from, y_row, depth, columns);
        else
            for (ptrdiff_t l = 0; l < depth; l++, from += y_row, to += width)
                for (ptrdiff_t j = 0; j < columns; j++)
                    to[j] = from[j * y_column];
    }
}

#undef LANES
#undef NUMBER
#undef INTEGER
