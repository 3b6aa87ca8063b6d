/* One part of pooling.h: for one type of NUMBER and one instruction SET, whose registers
   have LINE_BYTES. Maxima are taken a line of NUMBERs at a time, sums a line of doubles.

   The last line of the channels overlaps the one before: what is written twice is the
   same. Only fewer channels than a line has are copied in part. */

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
typedef NUMBER NAMED(part)
    __attribute__((vector_size(LINE_BYTES / sizeof(double) * sizeof(NUMBER))));
typedef unsigned char NAMED(part_bytes)
    __attribute__((vector_size(LINE_BYTES / sizeof(double))));
#else /* one number: slower, and as right */
#define LANES 1
#define WIDE_LANES 1
typedef NUMBER NAMED(line);
typedef INTEGER NAMED(index);
typedef unsigned char NAMED(bytes);
typedef double NAMED(wide);
typedef long long NAMED(wide_index);
typedef NUMBER NAMED(part);
typedef unsigned char NAMED(part_bytes);
#endif

/* Goes through the channels, `width` at a time, from `at` on; `lanes` is the most. */
#define FOR_LINES(at, width, lanes, channels)                                          \
    for (ptrdiff_t width = (channels) < (lanes) ? (channels) : (lanes), at = 0;        \
         at < (channels);                                                              \
         at = at + width < (channels) && at + 2 * width > (channels)                   \
                  ? (channels) - width                                                 \
                  : at + width)
#define COPY(to, from, width, lanes, type)                                             \
    ((width) == (lanes) ? memcpy(to, from, (lanes) * sizeof(type))                     \
                        : memcpy(to, from, (width) * sizeof(type)))

/* Writes the largest of the members of one window, and their places. `x` is where the
   window's first place is, or would be; `sizes` are constants where this is inlined for
   a common window. */
static ALWAYS_INLINE void NAMED(largest)(
    const NUMBER *x, const ptrdiff_t *steps, Span a, Span b, Span c, ptrdiff_t size_1,
    ptrdiff_t size_2, NUMBER *out, unsigned char *places, ptrdiff_t channels)
{
    FOR_LINES(at, width, LANES, channels)
    {
        NAMED(line) best = {0}, member = {0};
        NAMED(index) place = {0}, larger;
        NAMED(bytes) narrow;
        COPY(&best, x + a.first * steps[0] + b.first * steps[1] + c.first * steps[2] + at,
             width, LANES, NUMBER);
        place = place + (INTEGER)((a.first * size_1 + b.first) * size_2 + c.first);
        for (ptrdiff_t i = a.first; i < a.last; i++)
            for (ptrdiff_t j = b.first; j < b.last; j++)
                for (ptrdiff_t k = c.first; k < c.last; k++) {
                    COPY(&member, x + i * steps[0] + j * steps[1] + k * steps[2] + at,
                         width, LANES, NUMBER);
                    /* A nan is not ≤ anything; the first nan stays. */
                    larger = (NAMED(index))(best == best) & ~(NAMED(index))(member <= best);
                    best = CHOSEN(larger, member, best, NAMED(line), NAMED(index));
                    const NAMED(index) here =
                        (NAMED(index)){0} + (INTEGER)((i * size_1 + j) * size_2 + k);
                    place = CHOSEN(larger, here, place, NAMED(index), NAMED(index));
                }
        narrow = CONVERTED(place, NAMED(bytes));
        COPY(out + at, &best, width, LANES, NUMBER);
        COPY(places + at, &narrow, width, LANES, unsigned char);
    }
}

static void NAMED(maxima)(const Windows *windows, ptrdiff_t begin, ptrdiff_t end)
{
    const ptrdiff_t channels = windows->channels;
    const ptrdiff_t *side = windows->side, *count = windows->count;
    const ptrdiff_t *size = windows->size;
    const ptrdiff_t steps[3] = {
        side[1] * side[2] * channels, side[2] * channels, channels};
    for (ptrdiff_t row = begin; row < end; row++) {
        const ptrdiff_t plane = row / count[1], sample = plane / count[0];
        const Span a = members_of(windows, 0, plane % count[0]);
        const Span b = members_of(windows, 1, row % count[1]);
        const ptrdiff_t corner =
            sample * side[0] * steps[0] + a.start * steps[0] + b.start * steps[1];
        const int pairs = size[0] == 1 && size[1] == 2 && size[2] == 2 && b.first == 0
                          && b.last == 2;
        for (ptrdiff_t window = 0; window < count[2]; window++) {
            const Span c = members_of(windows, 2, window);
            const NUMBER *x =
                (const NUMBER *)windows->large + (corner + c.start * steps[2]);
            const ptrdiff_t to = (row * count[2] + window) * channels;
            NUMBER *out = (NUMBER *)windows->small + to;
            unsigned char *places = windows->places + to;
            if (pairs && c.first == 0 && c.last == 2) {
                const Span one = {0, 0, 1}, two = {0, 0, 2};
                NAMED(largest)(x, steps, one, two, two, 2, 2, out, places, channels);
            }
            else
                NAMED(largest)(
                    x, steps, a, b, c, size[1], size[2], out, places, channels);
        }
    }
}

/* Each element is the maximum of one window at most: nothing is added up. */
static void NAMED(maxima_grad_apart)(
    const Windows *windows, ptrdiff_t begin, ptrdiff_t end)
{
    const ptrdiff_t channels = windows->channels;
    const ptrdiff_t *side = windows->side, *count = windows->count;
    const ptrdiff_t *size = windows->size, *stride = windows->stride;
    for (ptrdiff_t row = begin; row < end; row++) {
        const ptrdiff_t plane = row / side[1], sample = plane / side[0];
        const Span a = windows_of(windows, 0, plane % side[0]);
        const Span b = windows_of(windows, 1, row % side[1]);
        const ptrdiff_t i = a.first, j = b.first;
        const ptrdiff_t from = ((sample * count[0] + i) * count[1] + j) * count[2];
        const ptrdiff_t first_place =
            ((a.start - i * stride[0]) * size[1] + b.start - j * stride[1]) * size[2];
        NUMBER *out = (NUMBER *)windows->large + row * side[2] * channels;
        ptrdiff_t done = 0;
        if (a.first < a.last && b.first < b.last)
            for (ptrdiff_t window = 0; window < count[2]; window++) {
                const Span c = members_of(windows, 2, window);
                const NUMBER *grads =
                    (const NUMBER *)windows->small + (from + window) * channels;
                const unsigned char *places =
                    windows->places + (from + window) * channels;
                const ptrdiff_t start = c.start + c.first;
                memset(out + done * channels, 0,
                       (start - done) * channels * sizeof(NUMBER));
                FOR_LINES(at, width, LANES, channels)
                {
                    NAMED(line) grad = {0}, part;
                    NAMED(bytes) narrow = {0};
                    COPY(&grad, grads + at, width, LANES, NUMBER);
                    COPY(&narrow, places + at, width, LANES, unsigned char);
                    const NAMED(index) place = CONVERTED(narrow, NAMED(index));
                    for (ptrdiff_t k = c.first; k < c.last; k++) {
                        const NAMED(index) here =
                            (NAMED(index)){0} + (INTEGER)(first_place + k);
                        part = CHOSEN((NAMED(index))(place == here), grad,
                                      (NAMED(line)){0}, NAMED(line), NAMED(index));
                        COPY(out + (c.start + k) * channels + at, &part, width, LANES,
                             NUMBER);
                    }
                }
                done = c.start + c.last;
            }
        memset(out + done * channels, 0, (side[2] - done) * channels * sizeof(NUMBER));
    }
}

/* Each element adds up what comes from the windows that it is in. */
static void NAMED(maxima_grad)(const Windows *windows, ptrdiff_t begin, ptrdiff_t end)
{
    const ptrdiff_t channels = windows->channels;
    const ptrdiff_t *side = windows->side, *count = windows->count;
    const ptrdiff_t *size = windows->size, *stride = windows->stride;
    for (ptrdiff_t row = begin; row < end; row++) {
        const ptrdiff_t plane = row / side[1], sample = plane / side[0];
        const Span a = windows_of(windows, 0, plane % side[0]);
        const Span b = windows_of(windows, 1, row % side[1]);
        for (ptrdiff_t element = 0; element < side[2]; element++) {
            const Span c = windows_of(windows, 2, element);
            NUMBER *out =
                (NUMBER *)windows->large + (row * side[2] + element) * channels;
            FOR_LINES(at, width, WIDE_LANES, channels)
            {
                NAMED(wide) total = {0};
                NAMED(part) part = {0};
                NAMED(part_bytes) narrow = {0};
                for (ptrdiff_t i = a.first; i < a.last; i++)
                    for (ptrdiff_t j = b.first; j < b.last; j++)
                        for (ptrdiff_t k = c.first; k < c.last; k++) {
                            const ptrdiff_t from =
                                (((sample * count[0] + i) * count[1] + j) * count[2] + k)
                                * channels;
                            const ptrdiff_t here =
                                ((a.start - i * stride[0]) * size[1] + b.start
                                 - j * stride[1]) * size[2] + c.start - k * stride[2];
                            COPY(&part, (const NUMBER *)windows->small + from + at,
                                 width, WIDE_LANES, NUMBER);
                            COPY(&narrow, windows->places + from + at, width,
                                 WIDE_LANES, unsigned char);
                            const NAMED(wide_index) place =
                                CONVERTED(narrow, NAMED(wide_index));
                            const NAMED(wide_index) wanted =
                                (NAMED(wide_index)){0} + here;
                            total += CHOSEN((NAMED(wide_index))(place == wanted),
                                            CONVERTED(part, NAMED(wide)),
                                            (NAMED(wide)){0}, NAMED(wide),
                                            NAMED(wide_index));
                        }
                part = CONVERTED(total, NAMED(part));
                COPY(out + at, &part, width, WIDE_LANES, NUMBER);
            }
        }
    }
}

static void NAMED(averages)(const Windows *windows, ptrdiff_t begin, ptrdiff_t end)
{
    const ptrdiff_t channels = windows->channels;
    const ptrdiff_t *side = windows->side, *count = windows->count;
    for (ptrdiff_t row = begin; row < end; row++) {
        const ptrdiff_t plane = row / count[1], sample = plane / count[0];
        const Span a = members_of(windows, 0, plane % count[0]);
        const Span b = members_of(windows, 1, row % count[1]);
        for (ptrdiff_t window = 0; window < count[2]; window++) {
            const Span c = members_of(windows, 2, window);
            const double share = 1.0 / (double)count_members(a, b, c);
            NUMBER *out =
                (NUMBER *)windows->small + (row * count[2] + window) * channels;
            FOR_LINES(at, width, WIDE_LANES, channels)
            {
                NAMED(wide) total = {0};
                NAMED(part) part = {0};
                for (ptrdiff_t i = a.first; i < a.last; i++)
                    for (ptrdiff_t j = b.first; j < b.last; j++)
                        for (ptrdiff_t k = c.first; k < c.last; k++) {
                            const ptrdiff_t from =
                                ((sample * side[0] + a.start + i) * side[1] + b.start + j)
                                    * side[2] + c.start + k;
                            COPY(&part,
                                 (const NUMBER *)windows->large + from * channels + at,
                                 width, WIDE_LANES, NUMBER);
                            total += CONVERTED(part, NAMED(wide));
                        }
                part = CONVERTED(total * share, NAMED(part));
                COPY(out + at, &part, width, WIDE_LANES, NUMBER);
            }
        }
    }
}

static void NAMED(averages_grad)(const Windows *windows, ptrdiff_t begin, ptrdiff_t end)
{
    const ptrdiff_t channels = windows->channels;
    const ptrdiff_t *side = windows->side, *count = windows->count;
    for (ptrdiff_t row = begin; row < end; row++) {
        const ptrdiff_t plane = row / side[1], sample = plane / side[0];
        const Span a = windows_of(windows, 0, plane % side[0]);
        const Span b = windows_of(windows, 1, row % side[1]);
        for (ptrdiff_t element = 0; element < side[2]; element++) {
            const Span c = windows_of(windows, 2, element);
            NUMBER *out =
                (NUMBER *)windows->large + (row * side[2] + element) * channels;
            FOR_LINES(at, width, WIDE_LANES, channels)
            {
                NAMED(wide) total = {0};
                NAMED(part) part = {0};
                for (ptrdiff_t i = a.first; i < a.last; i++)
                    for (ptrdiff_t j = b.first; j < b.last; j++)
                        for (ptrdiff_t k = c.first; k < c.last; k++) {
                            const ptrdiff_t from =
                                (((sample * count[0] + i) * count[1] + j) * count[2] + k)
                                * channels;
                            const double share = 1.0 / (double)count_members(
                                members_of(windows, 0, i), members_of(windows, 1, j),
                                members_of(windows, 2, k));
                            COPY(&part, (const NUMBER *)windows->small + from + at,
                                 width, WIDE_LANES, NUMBER);
                            total += CONVERTED(part, NAMED(wide)) * share;
                        }
                part = CONVERTED(total, NAMED(part));
                COPY(out + at, &part, width, WIDE_LANES, NUMBER);
            }
        }
    }
}

#undef FOR_LINES
#undef COPY
#undef LANES
#undef WIDE_LANES
#undef NUMBER
#undef INTEGER
