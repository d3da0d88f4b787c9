/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Filtering looks at samples that are all there, so that its loops become
 * vectors of neighbours. Undoing it needs the pixel before, so that there the
 * bytes of one pixel are a vector. This file is compiled with all optimizations,
 * however the rest is built.
 */
#include "png-filter.h"

#include <string.h>
#ifdef __x86_64__
#include <emmintrin.h>
#endif

/* The bytes of a pixel, and as many numbers to calculate with. */
typedef guint8 Bytes __attribute__((vector_size (8)));
typedef gint16 Words __attribute__((vector_size (16)));
typedef guint8 Many __attribute__((vector_size (16)));

/* Filtering */

void
cup_png_filter_row (CupPngFilter filter, guint8 * restrict out,
    const guint8 * restrict row, const guint8 * restrict above, gsize n,
    guint bpp)
{
  gsize i;

  switch (filter) {
    case CUP_PNG_FILTER_SUB:
      memcpy (out, row, bpp);
      for (i = bpp; i < n; i++)
        out[i] = row[i] - row[i - bpp];
      break;
    case CUP_PNG_FILTER_UP:
      for (i = 0; i < n; i++)
        out[i] = row[i] - above[i];
      break;
    default:
      memcpy (out, row, n);
      break;
  }
}

static inline guint
get_distance (guint8 difference)
{
  return difference < 128 ? difference : 256 - difference;
}

guint64
cup_png_filter_measure (CupPngFilter filter, const guint8 * row,
    const guint8 * above, gsize n, guint bpp)
{
  const guint8 *expected = filter == CUP_PNG_FILTER_UP ? above + bpp : row;
  guint64 sum = 0;
  gsize i;

  row += bpp;
  n -= bpp;
  /* In parts whose sums have 32 bits, of which vectors hold twice as many. */
  for (i = 0; i < n;) {
    gsize end = MIN (n, i + 65536);
    guint32 part = 0;

    for (; i < end; i++)
      part += get_distance (row[i] - expected[i]);
    sum += part;
  }
  return sum;
}

/* Unfiltering */

/* Which bytes of the number a pixel has does not matter: what is loaded is stored
 * in the same way. Not by memcpy() of three bytes, which goes through memory. */
static inline Bytes
load_pixel (const guint8 * pixel, guint bpp)
{
  guint64 value = 0;
  guint32 half;
  guint16 quarter;

  switch (bpp) {
    case 1:
      value = pixel[0];
      break;
    case 2:
      memcpy (&quarter, pixel, 2);
      value = quarter;
      break;
    case 3:
      memcpy (&quarter, pixel, 2);
      value = quarter | (guint32) pixel[2] << 16;
      break;
    case 4:
      memcpy (&half, pixel, 4);
      value = half;
      break;
    case 6:
      memcpy (&half, pixel, 4);
      memcpy (&quarter, pixel + 4, 2);
      value = half | (guint64) quarter << 32;
      break;
    default:
      memcpy (&value, pixel, 8);
      break;
  }
  return (Bytes) value;
}

static inline void
store_pixel (guint8 * pixel, Bytes bytes, guint bpp)
{
  guint64 value = (guint64) bytes;
  guint32 half = (guint32) value;
  guint16 quarter = (guint16) value;

  switch (bpp) {
    case 1:
      pixel[0] = (guint8) value;
      break;
    case 2:
      memcpy (pixel, &quarter, 2);
      break;
    case 3:
      memcpy (pixel, &quarter, 2);
      pixel[2] = (guint8) (value >> 16);
      break;
    case 4:
      memcpy (pixel, &half, 4);
      break;
    case 6:
      quarter = (guint16) (value >> 32);
      memcpy (pixel, &half, 4);
      memcpy (pixel + 4, &quarter, 2);
      break;
    default:
      memcpy (pixel, &value, 8);
      break;
  }
}

static inline Words
widen (Bytes bytes)
{
  return __builtin_convertvector (bytes, Words);
}

/* Of words that bytes can hold. */
static inline Bytes
narrow (Words words)
{
#ifdef __x86_64__
  __m128i packed = _mm_packus_epi16 ((__m128i) words, (__m128i) words);

  return (Bytes) _mm_cvtsi128_si64 (packed);
#else
  return __builtin_convertvector (words, Bytes);
#endif
}

/* Modulo 256, of words that bytes can hold. */
static inline Words
add_bytes (Words a, Words b)
{
  return (Words) ((Many) a + (Many) b);
}

static inline Words
get_least (Words a, Words b)
{
#ifdef __x86_64__
  return (Words) _mm_min_epi16 ((__m128i) a, (__m128i) b);
#else
  Words is_less = a < b;

  return (a & is_less) | (b & ~is_less);
#endif
}

static inline Words
get_absolute (Words a)
{
#ifdef __x86_64__
  return (Words) _mm_max_epi16 ((__m128i) a, (__m128i) - a);
#else
  Words sign = a >> 15;

  return (a ^ sign) - sign;
#endif
}

/* The loops go over the pixels from @i to before @end, and look at @width bytes
 * for each, which may be more than it has. */

static inline void
run_sub (guint8 * out, const guint8 * in, gsize i, gsize end, guint bpp,
    guint width, Bytes * previous)
{
  Bytes left = *previous;

  for (; i < end; i += bpp) {
    left += load_pixel (in + i, width);
    store_pixel (out + i, left, width);
  }
  *previous = left;
}

static inline void
run_average (guint8 * out, const guint8 * in, const guint8 * above, gsize i,
    gsize end, guint bpp, guint width, Words * previous)
{
  Words left = *previous;

  for (; i < end; i += bpp) {
    Words up = widen (load_pixel (above + i, width));
    Words rest = widen (load_pixel (in + i, width));

    left = add_bytes (rest, (left + up) >> 1);
    store_pixel (out + i, narrow (left), width);
  }
  *previous = left;
}

/* The neighbour that is nearest to left + up - corner; of several the first in
 * that order. */
static inline void
run_paeth (guint8 * out, const guint8 * in, const guint8 * above, gsize i,
    gsize end, guint bpp, guint width, Words * previous)
{
  Words left = previous[0], corner = previous[1];

  for (; i < end; i += bpp) {
    Words up = widen (load_pixel (above + i, width));
    Words rest = widen (load_pixel (in + i, width));
    Words to_left = up - corner, to_up = left - corner;
    Words to_corner = get_absolute (to_left + to_up);
    Words least, is_left, is_up;

    to_left = get_absolute (to_left);
    to_up = get_absolute (to_up);
    least = get_least (get_least (to_left, to_up), to_corner);
    is_left = least == to_left;
    is_up = least == to_up;
    left = (is_left & left)
        | (~is_left & ((is_up & up) | (~is_up & corner)));
    left = add_bytes (left, rest);
    corner = up;
    store_pixel (out + i, narrow (left), width);
  }
  previous[0] = left;
  previous[1] = corner;
}

/* Where pixels of three bytes can be treated as if they had four, with which the
 * first three must be the same bytes of the number: what is written beyond one is
 * overwritten with the next. The last one has none. */
static inline gsize
get_wide_end (const guint8 * out, const guint8 * in, gsize n, guint bpp)
{
  return bpp == 3 && out != in && G_BYTE_ORDER == G_LITTLE_ENDIAN ? n - bpp : 0;
}

static inline void
unfilter_sub (guint8 * out, const guint8 * in, gsize n, guint bpp)
{
  gsize wide_end = get_wide_end (out, in, n, bpp);
  Bytes left = { 0 };

  run_sub (out, in, 0, wide_end, bpp, 4, &left);
  run_sub (out, in, wide_end, n, bpp, bpp, &left);
}

static void
unfilter_up (guint8 * out, const guint8 * in, const guint8 * above, gsize n)
{
  gsize i;

  /* Compilers make no vectors of the second loop where both are the same. */
  if (out == in) {
    for (i = 0; i < n; i++)
      out[i] += above[i];
    return;
  }
  for (i = 0; i < n; i++)
    out[i] = in[i] + above[i];
}

static inline void
unfilter_average (guint8 * out, const guint8 * in, const guint8 * above,
    gsize n, guint bpp)
{
  gsize wide_end = get_wide_end (out, in, n, bpp);
  Words left = { 0 };

  run_average (out, in, above, 0, wide_end, bpp, 4, &left);
  run_average (out, in, above, wide_end, n, bpp, bpp, &left);
}

static inline void
unfilter_paeth (guint8 * out, const guint8 * in, const guint8 * above, gsize n,
    guint bpp)
{
  gsize wide_end = get_wide_end (out, in, n, bpp);
  Words previous[2] = { {0}, {0} };

  run_paeth (out, in, above, 0, wide_end, bpp, 4, previous);
  run_paeth (out, in, above, wide_end, n, bpp, bpp, previous);
}

/* With a @bpp that the compiler knows. */
static inline __attribute__((always_inline)) gboolean
unfilter (guint filter, guint8 * out, const guint8 * in, const guint8 * above,
    gsize n, guint bpp)
{
  switch (filter) {
    case CUP_PNG_FILTER_NONE:
      memmove (out, in, n);
      return TRUE;
    case CUP_PNG_FILTER_SUB:
      unfilter_sub (out, in, n, bpp);
      return TRUE;
    case CUP_PNG_FILTER_UP:
      unfilter_up (out, in, above, n);
      return TRUE;
    case CUP_PNG_FILTER_AVERAGE:
      unfilter_average (out, in, above, n, bpp);
      return TRUE;
    case CUP_PNG_FILTER_PAETH:
      unfilter_paeth (out, in, above, n, bpp);
      return TRUE;
    default:
      return FALSE;
  }
}

gboolean
cup_png_unfilter_row (guint filter, guint8 * out, const guint8 * in,
    const guint8 * above, gsize n, guint bpp)
{
  switch (bpp) {
    case 1:
      return unfilter (filter, out, in, above, n, 1);
    case 2:
      return unfilter (filter, out, in, above, n, 2);
    case 3:
      return unfilter (filter, out, in, above, n, 3);
    case 4:
      return unfilter (filter, out, in, above, n, 4);
    case 6:
      return unfilter (filter, out, in, above, n, 6);
    case 8:
      return unfilter (filter, out, in, above, n, 8);
    default:
      return FALSE;
  }
}

void
cup_png_swap_row (guint16 * out, const guint16 * in, gsize n)
{
  gsize i;

  for (i = 0; i < n; i++)
    out[i] = GUINT16_SWAP_LE_BE (in[i]);
}
