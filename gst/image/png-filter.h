/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * PNG's filters: each byte of a row less what its neighbours lead to expect, and
 * back again.
 *
 * Rows are in the file's order of bytes. @n is the number of bytes in a row, a
 * multiple of @bpp, which is that of a pixel: 1, 2, 3, 4, 6 or 8. @above is the
 * row before, zeros for the first. Any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What stands in a file before each row. */
typedef enum
{
  CUP_PNG_FILTER_NONE,
  CUP_PNG_FILTER_SUB,
  CUP_PNG_FILTER_UP,
  CUP_PNG_FILTER_AVERAGE,
  CUP_PNG_FILTER_PAETH,
} CupPngFilter;

/* NONE, SUB or UP. @out must not overlap the others. */
void cup_png_filter_row (CupPngFilter filter, guint8 * out,
    const guint8 * row, const guint8 * above, gsize n, guint bpp);

/* The sum of what SUB or UP leaves of a row, as distances from 0. */
guint64 cup_png_filter_measure (CupPngFilter filter, const guint8 * row,
    const guint8 * above, gsize n, guint bpp);

/* @out may be @in. FALSE where there is no such filter. */
gboolean cup_png_unfilter_row (guint filter, guint8 * out, const guint8 * in,
    const guint8 * above, gsize n, guint bpp);

/* Between the order of a file's 16-bit samples and the machine's; @out may be
 * @in. */
void cup_png_swap_row (guint16 * out, const guint16 * in, gsize n);

G_END_DECLS
