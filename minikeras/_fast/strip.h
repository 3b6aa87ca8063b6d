/* What the tiles of a product are told, and the functions that there are for it.

   Apart from tiles.h, which has the functions themselves: that is compiled once, in
   product.pyx, and the other kernels call it through a Tiles. */

#ifndef MINIKERAS_STRIP_H
#define MINIKERAS_STRIP_H

#include <stddef.h>

/* One strip of a product: some rows of it, and as many columns as a panel has.

       out[i, j] = sum over s and l of x[i, s, l] panel[s, l, j]

   The sum goes over `segments` of `depth` terms each: one, if x is a matrix; one for
   each row of the kernel, if x is an image and the product a convolution. It is one
   chain of multiply-adds in the order of s and l for every number of the result,
   however the product is cut into strips, and however often it `adds` to itself. All
   distances are counted in numbers. */
typedef struct {
    const void *x;
    ptrdiff_t x_row, x_column, x_segment; /* distances along i, l and s */
    const void *panel;
    ptrdiff_t panel_row, panel_segment; /* along l and s; 1 along j */
    ptrdiff_t segments, depth;
    void *out;
    ptrdiff_t out_row; /* along i; 1 along j */
    ptrdiff_t rows;
    ptrdiff_t columns; /* at most two lines; what `panel` has beyond them is read */
    int adds;          /* whether the sum begins with what is in `out`, or with 0 */
    const void *bias;  /* added to each finished row, unless NULL */
    int rectifies;     /* whether what is below 0 then becomes 0, as relu does it */
} Strip;

/* How the numbers of one type are multiplied on this processor. A panel is one line
   wide if its columns fit into that, else two. */
typedef struct {
    ptrdiff_t line; /* numbers in a register */
    ptrdiff_t rows; /* of the highest tile: how often a number of a panel is used */
    void (*fill)(const Strip *strip);
    /* The same, but out[i, j] goes to the place of out[j, i]: out_row is along j. */
    void (*fill_turned)(const Strip *strip);
    /* panel[l, j] = y[l, j], and 0 from `columns` on; the panel is one or two lines
       wide, and y anything. */
    void (*pack)(const void *y, ptrdiff_t y_row, ptrdiff_t y_column, void *panel,
                 ptrdiff_t depth, ptrdiff_t columns);
    /* Products of a matrix and a vector v; they add to what is in `out` if they `add`.
       out[j] = sum over l of v[l] y[l, j], in chains like those of a strip. */
    void (*combine_rows)(const void *y, ptrdiff_t y_row, const void *v,
                         ptrdiff_t v_step, void *out, ptrdiff_t depth,
                         ptrdiff_t columns, int adds);
    /* out[i] = sum over l of x[i, l] v[l], in two lines of chains. */
    void (*dots)(const void *x, ptrdiff_t x_row, const void *v, void *out,
                 ptrdiff_t out_step, ptrdiff_t rows, ptrdiff_t depth, int adds);
    /* out[i] + bias[i], then relu, as a strip does it. */
    void (*finish)(void *out, ptrdiff_t out_step, const void *bias, ptrdiff_t bias_step,
                   ptrdiff_t count, int rectifies);
} Tiles;

#endif
