/* One part of pooling.h: for one type of NUMBER and one instruction SET, whose registers
   have LINE_BYTES. Maxima are taken a line of NUMBERs at a time, sums a line of doubles.

   The last line of the channels overlaps the one before: what is written twice is the
   same. Only where there are fewer channels than a line has, `width` is less; otherwise
   it is a constant. */

#if defined(__GNUC__)
#define LANES (LINE_BYTES / (ptrdiff_t)sizeof(NUMBER))
#define WIDE_LANES (LINE_BYTES / (ptrdiff_t)sizeof(double))
typedef NUMBER NAMED(line)
    __attribute__((vector_size(LINE_BYTES), aligned(sizeof(NUMBER)), may_alias));
typedef INTEGER NAMED(index) __attribute__((vector_size(LINE_BYTES)));
typedef unsigned char NAMED(bytes)
    __attribute__((vector_size(LINE_BYTES / sizeof(NUMBER))));
typedef double NAMED(wide) __attribute__((vector_size(LINE_BYTES)));
typedef long long NAMED(wide_index) __attribute__((vector_size(LINE_BYTES)));
#else /* one number: slower, and as right */
#define LANES 1
#define WIDE_LANES 1
typedef NUMBER NAMED(line);
typedef INTEGER NAMED(index);
typedef unsigned char NAMED(bytes);
typedef double NAMED(wide);
typedef long long NAMED(wide_index);
#endif

/* `count` bytes or numbers, as wide as what they are compared with or added to; and
   back. Plain loops: gcc makes one instruction of them, but several of a conversion of
   vectors. */
static ALWAYS_INLINE NAMED(index) NAMED(places_at)(
    const unsigned char *from, ptrdiff_t count)
{
    INTEGER lanes[LANES] = {0};
    NAMED(index) result;
    for (ptrdiff_t i = 0; i < count; i++)
        lanes[i] = from[i];
    memcpy(&result, lanes, sizeof(result));
    return result;
}

static ALWAYS_INLINE NAMED(wide) NAMED(wide_at)(const NUMBER *from, ptrdiff_t count)
{
    double lanes[WIDE_LANES] = {0};
    NAMED(wide) result;
    for (ptrdiff_t i = 0; i < count; i++)
        lanes[i] = from[i];
    memcpy(&result, lanes, sizeof(result));
    return result;
}

static ALWAYS_INLINE NAMED(wide_index) NAMED(wide_places_at)(
    const unsigned char *from, ptrdiff_t count)
{
    long long lanes[WIDE_LANES] = {0};
    NAMED(wide_index) result;
    for (ptrdiff_t i = 0; i < count; i++)
        lanes[i] = from[i];
    memcpy(&result, lanes, sizeof(result));
    return result;
}

static ALWAYS_INLINE void NAMED(store_narrow)(
    NUMBER *to, NAMED(wide) total, ptrdiff_t count)
{
    double lanes[WIDE_LANES];
    memcpy(lanes, &total, sizeof(total));
    for (ptrdiff_t i = 0; i < count; i++)
        to[i] = (NUMBER)lanes[i];
}

/* Where the line at `at` begins: the last one ends with the channels. */
#define LINE_AT(at, width, channels)                                                   \
    ((at) + (width) > (channels) ? (channels) - (width) : (at))
#define COPY(to, from, count, type) memcpy(to, from, (size_t)(count) * sizeof(type))

/* Writes the largest of the members of one window, and their places. `x` is where the
   window's first place is, or would be; the spans and sizes are constants where this is
   inlined for a common window. */
static ALWAYS_INLINE void NAMED(largest)(
    const NUMBER *x, const ptrdiff_t *steps, Span a, Span b, Span c, ptrdiff_t size_1,
    ptrdiff_t size_2, NUMBER *out, unsigned char *places, ptrdiff_t channels,
    ptrdiff_t width)
{
    for (ptrdiff_t line = 0; line < channels; line += width) {
        const ptrdiff_t at = LINE_AT(line, width, channels);
        const NUMBER *first =
            x + a.first * steps[0] + b.first * steps[1] + c.first * steps[2] + at;
        NAMED(line) best = {0}, member = {0};
        NAMED(index) place = {0}, larger;
        COPY(&best, first, width, NUMBER);
        place = place + (INTEGER)((a.first * size_1 + b.first) * size_2 + c.first);
        for (ptrdiff_t i = a.first; i < a.last; i++)
            for (ptrdiff_t j = b.first; j < b.last; j++)
                for (ptrdiff_t k = c.first; k < c.last; k++) {
                    const NAMED(index) here =
                        (NAMED(index)){0} + (INTEGER)((i * size_1 + j) * size_2 + k);
                    COPY(&member, x + i * steps[0] + j * steps[1] + k * steps[2] + at,
                         width, NUMBER);
                    /* Not ≤ is above, or nan; where best is nan already, it stays. */
                    larger = (NAMED(index))(best == best) & ~(NAMED(index))(member <= best);
                    best = CHOSEN(larger, member, best, NAMED(line), NAMED(index));
                    place = CHOSEN(larger, here, place, NAMED(index), NAMED(index));
                }
        const NAMED(bytes) narrow = CONVERTED(place, NAMED(bytes));
        COPY(out + at, &best, width, NUMBER);
        COPY(places + at, &narrow, width, unsigned char);
    }
}

static ALWAYS_INLINE void NAMED(rows_of_maxima)(
    const Windows *windows, ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width)
{
    const ptrdiff_t channels = windows->channels;
    const ptrdiff_t *side = windows->side, *count = windows->count;
    const ptrdiff_t *size = windows->size;
    const ptrdiff_t steps[3] = {
        side[1] * side[2] * channels, side[2] * channels, channels};
    const Span one = {0, 0, 1}, two = {0, 0, 2};
    for (ptrdiff_t row = begin; row < end; row++) {
        const ptrdiff_t plane = row / count[1], sample = plane / count[0];
        const Span a = members_of(windows, 0, plane % count[0]);
        const Span b = members_of(windows, 1, row % count[1]);
        const ptrdiff_t corner =
            (sample * side[0] + a.start) * steps[0] + b.start * steps[1];
        const int may_be_pairs =
            size[0] == 1 && size[1] == 2 && size[2] == 2 && b.first == 0 && b.last == 2;
        for (ptrdiff_t window = 0; window < count[2]; window++) {
            const Span c = members_of(windows, 2, window);
            const NUMBER *x =
                (const NUMBER *)windows->large + (corner + c.start * steps[2]);
            const ptrdiff_t to = (row * count[2] + window) * channels;
            NUMBER *out = (NUMBER *)windows->small + to;
            unsigned char *places = windows->places + to;
            if (may_be_pairs && c.first == 0 && c.last == 2) {
                /* The window below this one: the processor does not see it coming. */
                const NUMBER *below = x + windows->stride[1] * steps[1];
                fetch(below, 2 * channels * sizeof(NUMBER));
                fetch(below + steps[1], 2 * channels * sizeof(NUMBER));
                NAMED(largest)(
                    x, steps, one, two, two, 2, 2, out, places, channels, width);
            }
            else
                NAMED(largest)(
                    x, steps, a, b, c, size[1], size[2], out, places, channels, width);
        }
    }
}

static void NAMED(maxima)(const Windows *windows, ptrdiff_t begin, ptrdiff_t end)
{
    if (windows->channels >= LANES)
        NAMED(rows_of_maxima)(windows, begin, end, LANES);
    else
        NAMED(rows_of_maxima)(windows, begin, end, windows->channels);
}

/* Sends the gradients of one window to those of its members that lie in one row: to the
   place where the maximum is, and 0 to the others. */
static ALWAYS_INLINE void NAMED(send)(
    const NUMBER *grads, const unsigned char *places, ptrdiff_t first_place, Span c,
    NUMBER *out, ptrdiff_t channels, ptrdiff_t width)
{
    for (ptrdiff_t line = 0; line < channels; line += width) {
        const ptrdiff_t at = LINE_AT(line, width, channels);
        NAMED(line) grad = {0};
        COPY(&grad, grads + at, width, NUMBER);
        const NAMED(index) place = NAMED(places_at)(places + at, width);
        for (ptrdiff_t k = c.first; k < c.last; k++) {
            const NAMED(index) here = (NAMED(index)){0} + (INTEGER)(first_place + k);
            const NAMED(line) part =
                CHOSEN((NAMED(index))(place == here), grad, (NAMED(line)){0},
                       NAMED(line), NAMED(index));
            COPY(out + k * channels + at, &part, width, NUMBER);
        }
    }
}

static ALWAYS_INLINE void NAMED(rows_apart)(
    const Windows *windows, ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width)
{
    const ptrdiff_t channels = windows->channels;
    const ptrdiff_t *side = windows->side, *count = windows->count;
    const ptrdiff_t *size = windows->size, *stride = windows->stride;
    const Span two = {0, 0, 2};
    for (ptrdiff_t row = begin; row < end; row++) {
        const ptrdiff_t plane = row / side[1], sample = plane / side[0];
        const Span a = windows_of(windows, 0, plane % side[0]);
        const Span b = windows_of(windows, 1, row % side[1]);
        const ptrdiff_t i = a.first, j = b.first;
        const ptrdiff_t from = ((sample * count[0] + i) * count[1] + j) * count[2];
        const ptrdiff_t first_place =
            ((a.start - i * stride[0]) * size[1] + b.start - j * stride[1]) * size[2];
        NUMBER *out = (NUMBER *)windows->large + row * side[2] * channels;
        ptrdiff_t done = 0; /* elements of this row, and then zeros up to a window */
        if (a.first < a.last && b.first < b.last)
            for (ptrdiff_t window = 0; window < count[2]; window++) {
                const Span c = members_of(windows, 2, window);
                const ptrdiff_t at = (from + window) * channels;
                const NUMBER *grads = (const NUMBER *)windows->small + at;
                const unsigned char *places = windows->places + at;
                NUMBER *to = out + c.start * channels;
                if (c.start + c.first > done)
                    memset(out + done * channels, 0,
                           (size_t)((c.start + c.first - done) * channels)
                               * sizeof(NUMBER));
                if (c.first == 0 && c.last == 2)
                    NAMED(send)(grads, places, first_place, two, to, channels, width);
                else
                    NAMED(send)(grads, places, first_place, c, to, channels, width);
                done = c.start + c.last;
            }
        if (side[2] > done)
            memset(out + done * channels, 0,
                   (size_t)((side[2] - done) * channels) * sizeof(NUMBER));
    }
}

/* Each element is the maximum of one window at most: nothing is added up. */
static void NAMED(maxima_grad_apart)(
    const Windows *windows, ptrdiff_t begin, ptrdiff_t end)
{
    if (windows->channels >= LANES)
        NAMED(rows_apart)(windows, begin, end, LANES);
    else
        NAMED(rows_apart)(windows, begin, end, windows->channels);
}

/* Sums are taken over BLOCK lines of channels at once, whose totals are in registers,
   and then over single lines. */
#define BLOCK 4
#define EACH_LINE(l, lines) for (int l = 0; l < (lines); l++)

/* Writes what one element gets from all windows that it is in: their gradients, where
   it is the maximum; or else its share of each. */
static ALWAYS_INLINE void NAMED(gather)(
    const Windows *windows, ptrdiff_t sample, Span a, Span b, Span c, int of_maxima,
    NUMBER *out, ptrdiff_t at, ptrdiff_t width, int lines)
{
    const ptrdiff_t channels = windows->channels;
    const ptrdiff_t *count = windows->count, *size = windows->size;
    const ptrdiff_t *stride = windows->stride;
    const ptrdiff_t all = size[0] * size[1] * size[2];
    const double share_of_all = 1.0 / (double)all;
    NAMED(wide) total[BLOCK];
    EACH_LINE(l, lines) total[l] = (NAMED(wide)){0};
    for (ptrdiff_t i = a.first; i < a.last; i++)
        for (ptrdiff_t j = b.first; j < b.last; j++) {
            const ptrdiff_t from =
                (((sample * count[0] + i) * count[1] + j) * count[2] + c.first)
                    * channels + at;
            const NUMBER *grads = (const NUMBER *)windows->small + from;
            const unsigned char *places = windows->places + (of_maxima ? from : 0);
            ptrdiff_t here = ((a.start - i * stride[0]) * size[1] + b.start
                              - j * stride[1]) * size[2] + c.start - c.first * stride[2];
            for (ptrdiff_t k = c.first; k < c.last; k++) {
                if (of_maxima)
                    EACH_LINE(l, lines) {
                        const NAMED(wide) grad =
                            NAMED(wide_at)(grads + l * WIDE_LANES, width);
                        const NAMED(wide_index) place =
                            NAMED(wide_places_at)(places + l * WIDE_LANES, width);
                        const NAMED(wide_index) wanted = (NAMED(wide_index)){0} + here;
                        total[l] += CHOSEN((NAMED(wide_index))(place == wanted), grad,
                                           (NAMED(wide)){0}, NAMED(wide),
                                           NAMED(wide_index));
                    }
                else {
                    const ptrdiff_t members = count_members(
                        members_of(windows, 0, i), members_of(windows, 1, j),
                        members_of(windows, 2, k));
                    const double share =
                        members == all ? share_of_all : 1.0 / (double)members;
                    EACH_LINE(l, lines)
                        total[l] +=
                            NAMED(wide_at)(grads + l * WIDE_LANES, width) * share;
                }
                grads += channels;
                places += of_maxima ? channels : 0;
                here -= stride[2];
            }
        }
    EACH_LINE(l, lines)
        NAMED(store_narrow)(out + at + l * WIDE_LANES, total[l], width);
}

static ALWAYS_INLINE void NAMED(rows_together)(
    const Windows *windows, ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width,
    int of_maxima)
{
    const ptrdiff_t channels = windows->channels;
    const ptrdiff_t *side = windows->side;
    for (ptrdiff_t row = begin; row < end; row++) {
        const ptrdiff_t plane = row / side[1], sample = plane / side[0];
        const Span a = windows_of(windows, 0, plane % side[0]);
        const Span b = windows_of(windows, 1, row % side[1]);
        for (ptrdiff_t element = 0; element < side[2]; element++) {
            const Span c = windows_of(windows, 2, element);
            NUMBER *out =
                (NUMBER *)windows->large + (row * side[2] + element) * channels;
            ptrdiff_t line = 0;
            for (; line + BLOCK * WIDE_LANES <= channels; line += BLOCK * WIDE_LANES)
                NAMED(gather)(windows, sample, a, b, c, of_maxima, out, line,
                              WIDE_LANES, BLOCK);
            for (; line < channels; line += width)
                NAMED(gather)(windows, sample, a, b, c, of_maxima, out,
                              LINE_AT(line, width, channels), width, 1);
        }
    }
}

static void NAMED(maxima_grad)(const Windows *windows, ptrdiff_t begin, ptrdiff_t end)
{
    if (windows->channels >= WIDE_LANES)
        NAMED(rows_together)(windows, begin, end, WIDE_LANES, 1);
    else
        NAMED(rows_together)(windows, begin, end, windows->channels, 1);
}

static void NAMED(averages_grad)(const Windows *windows, ptrdiff_t begin, ptrdiff_t end)
{
    if (windows->channels >= WIDE_LANES)
        NAMED(rows_together)(windows, begin, end, WIDE_LANES, 0);
    else
        NAMED(rows_together)(windows, begin, end, windows->channels, 0);
}

/* Writes the average of the members of one window. */
static ALWAYS_INLINE void NAMED(average)(
    const NUMBER *x, const ptrdiff_t *steps, Span a, Span b, Span c, NUMBER *out,
    ptrdiff_t width, int lines)
{
    const double share = 1.0 / (double)count_members(a, b, c);
    NAMED(wide) total[BLOCK];
    EACH_LINE(l, lines) total[l] = (NAMED(wide)){0};
    for (ptrdiff_t i = a.first; i < a.last; i++)
        for (ptrdiff_t j = b.first; j < b.last; j++)
            for (ptrdiff_t k = c.first; k < c.last; k++)
                EACH_LINE(l, lines)
                    total[l] += NAMED(wide_at)(
                        x + i * steps[0] + j * steps[1] + k * steps[2] + l * WIDE_LANES,
                        width);
    EACH_LINE(l, lines)
        NAMED(store_narrow)(out + l * WIDE_LANES, total[l] * share, width);
}

static ALWAYS_INLINE void NAMED(rows_of_averages)(
    const Windows *windows, ptrdiff_t begin, ptrdiff_t end, ptrdiff_t width)
{
    const ptrdiff_t channels = windows->channels;
    const ptrdiff_t *side = windows->side, *count = windows->count;
    const ptrdiff_t steps[3] = {
        side[1] * side[2] * channels, side[2] * channels, channels};
    for (ptrdiff_t row = begin; row < end; row++) {
        const ptrdiff_t plane = row / count[1], sample = plane / count[0];
        const Span a = members_of(windows, 0, plane % count[0]);
        const Span b = members_of(windows, 1, row % count[1]);
        const ptrdiff_t corner =
            (sample * side[0] + a.start) * steps[0] + b.start * steps[1];
        for (ptrdiff_t window = 0; window < count[2]; window++) {
            const Span c = members_of(windows, 2, window);
            const NUMBER *x =
                (const NUMBER *)windows->large + (corner + c.start * steps[2]);
            NUMBER *out =
                (NUMBER *)windows->small + (row * count[2] + window) * channels;
            ptrdiff_t line = 0;
            for (; line + BLOCK * WIDE_LANES <= channels; line += BLOCK * WIDE_LANES)
                NAMED(average)(x + line, steps, a, b, c, out + line, WIDE_LANES, BLOCK);
            for (; line < channels; line += width) {
                const ptrdiff_t at = LINE_AT(line, width, channels);
                NAMED(average)(x + at, steps, a, b, c, out + at, width, 1);
            }
        }
    }
}

static void NAMED(averages)(const Windows *windows, ptrdiff_t begin, ptrdiff_t end)
{
    if (windows->channels >= WIDE_LANES)
        NAMED(rows_of_averages)(windows, begin, end, WIDE_LANES);
    else
        NAMED(rows_of_averages)(windows, begin, end, windows->channels);
}

#undef LINE_AT
#undef COPY
#undef BLOCK
#undef EACH_LINE
#undef LANES
#undef WIDE_LANES
#undef NUMBER
#undef INTEGER
