/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rows.h"

#include <string.h>

#include "luma.h"

#define ALWAYS_INLINE inline __attribute__ ((always_inline))

/* GCC's and clang's vectors; these may stand at any float. */
typedef gfloat Vector __attribute__((vector_size (16), aligned (4), may_alias));

/* What is added to channels that have room in place of those that have not: at
 * most this many times what would be without these. */
#define MOST_FOR_OTHERS 1.5f

static gfloat
get_white (const CupPixels * pixels)
{
  return pixels->depth == 8 ? 255 : 65535;
}

static ALWAYS_INLINE gfloat
get_sample (const guint8 * row, gsize i, guint depth)
{
  return depth == 8 ? row[i] : ((const guint16 *) row)[i];
}

/* Called with constants for @channels and @depth only, so that each kind of
 * picture has a loop of its own. */
static ALWAYS_INLINE void
convert_row (const guint8 * source, gfloat * row, guint width, guint channels,
    guint depth)
{
  guint x;

  for (x = 0; x < width; x++) {
    if (channels == 1) {
      row[x] = get_sample (source, x, depth);
    } else {
      const gsize i = (gsize) x * channels;
      const Vector pixel = {
        get_sample (source, i, depth),
        get_sample (source, i + 1, depth),
        get_sample (source, i + 2, depth),
        channels == 4 ? get_sample (source, i + 3, depth) : 0
      };

      *(Vector *) (row + (gsize) x * 4) = pixel;
    }
  }
}

static void
premultiply_row (gfloat * row, guint width, gfloat max)
{
  guint x;

  for (x = 0; x < width; x++, row += 4) {
    gfloat alpha = row[3] / max;

    row[0] *= alpha;
    row[1] *= alpha;
    row[2] *= alpha;
  }
}

void
cup_row_read (const CupPixels * pixels, guint y, gboolean premultiply,
    gfloat * row)
{
  const guint8 *source = cup_pixels_row (pixels, y);
  const guint width = pixels->width;

  switch (pixels->channels * 100 + pixels->depth) {
    case 108:
      convert_row (source, row, width, 1, 8);
      break;
    case 116:
      convert_row (source, row, width, 1, 16);
      break;
    case 308:
      convert_row (source, row, width, 3, 8);
      break;
    case 316:
      convert_row (source, row, width, 3, 16);
      break;
    case 408:
      convert_row (source, row, width, 4, 8);
      break;
    case 416:
      convert_row (source, row, width, 4, 16);
      break;
    default:
      g_assert_not_reached ();
  }
  if (premultiply)
    premultiply_row (row, width, get_white (pixels));
}

void
cup_row_read_plane (const CupPlane * plane, guint y, gfloat * row)
{
  const gint16 *source = cup_plane_row (plane, y);
  guint x;

  for (x = 0; x < plane->width; x++)
    row[x] = source[x];
}

/* Back to straight alpha. Colour is divided by alpha as it was filtered:
 * where that overshoots, colour does by the same factor. The quotient is
 * clamped here since it may be too large for an integer. */
static void
unpremultiply_row (gfloat * row, guint width, gfloat max)
{
  guint x, c;

  for (x = 0; x < width; x++, row += 4) {
    /* Alpha that is rounded to 0: the same sum as in quantise(). */
    gfloat factor = row[3] + 0.5f < 1.0f ? 0 : max / row[3];

    for (c = 0; c < 3; c++) {
      gfloat colour = row[c] * factor;

      row[c] = CLAMP (colour, 0, max);
    }
  }
}

/* Rounds before it clamps: what is cut off towards zero is negative and
 * becomes zero anyway, and compilers turn integer limits, unlike those of
 * floats, into vector code without being asked for more than -O2. */
static ALWAYS_INLINE gint
quantise (gfloat value, gint max)
{
  gint level = (gint) (value + 0.5f);

  level = MAX (level, 0);
  return MIN (level, max);
}

/* Samples that are stored by one pass of a loop of known length: vector code
 * at -O2 again. */
#define BLOCK 16

static void
store_row_8 (const gfloat * restrict row, gsize length,
    guint8 * restrict samples)
{
  gsize i, k;

  for (i = 0; i + BLOCK <= length; i += BLOCK) {
    for (k = 0; k < BLOCK; k++)
      samples[i + k] = quantise (row[i + k], 255);
  }
  for (; i < length; i++)
    samples[i] = quantise (row[i], 255);
}

static void
store_row_16 (const gfloat * restrict row, gsize length,
    guint16 * restrict samples)
{
  gsize i, k;

  for (i = 0; i + BLOCK <= length; i += BLOCK) {
    for (k = 0; k < BLOCK; k++)
      samples[i + k] = quantise (row[i + k], 65535);
  }
  for (; i < length; i++)
    samples[i] = quantise (row[i], 65535);
}

/* Row padding is handed on with the picture: it must not show what was in that
 * memory before. */
static void
clear_padding (CupPixels * pixels, guint y)
{
  gsize used = (gsize) pixels->width * pixels->channels * (pixels->depth / 8);

  memset (cup_pixels_row (pixels, y) + used, 0, pixels->stride - used);
}

/* How much of @more, which may be negative, @sample can take so that the opposite
 * would change it by as much. Of the opposite counts what luma, which is @luma,
 * has room for. */
static gfloat
get_share (gfloat sample, gfloat luma, gfloat more, gfloat max)
{
  const gfloat amount = ABS (more);
  const gfloat room = more > 0 ? max - sample : sample;
  const gfloat room_back = more > 0 ? sample : max - sample;
  const gfloat luma_back = MIN (amount, more > 0 ? luma : max - luma);
  const gfloat lost = MAX (luma_back - MAX (room_back, 0), 0);

  return CLAMP (room, 0, MAX (amount - lost, 0)) / amount;
}

/* A channel that is black, or white, while the others are not can only go one
 * way: what goes up and down around it, as texture does, would lead it away. It
 * gets as much as it can take both ways, and the others make up for it. */
static void
add_luma_at_limit (gfloat * pixel, gfloat more, gfloat max)
{
  static const gfloat weights[] = {
    CUP_LUMA_RED, CUP_LUMA_GREEN, CUP_LUMA_BLUE
  };
  const gfloat luma = CUP_LUMA_RED * pixel[0] + CUP_LUMA_GREEN * pixel[1]
      + CUP_LUMA_BLUE * pixel[2];
  gfloat shares[3], sum = 0;
  guint c;

  for (c = 0; c < 3; c++) {
    shares[c] = get_share (pixel[c], luma, more, max);
    sum += weights[c] * shares[c];
  }
  more *= MIN (1 / MAX (sum, 0.01f), MOST_FOR_OTHERS);
  for (c = 0; c < 3; c++)
    pixel[c] += more * shares[c];
}

/* What is added is the same for all channels, so that hues stay. */
static ALWAYS_INLINE void
add_luma (gfloat * pixel, guint channels, gfloat more, gfloat max,
    gboolean has_alpha)
{
  const gfloat amount = ABS (more);
  guint c;

  /* What cannot be seen stays black. */
  if (has_alpha && pixel[3] + 0.5f < 1.0f)
    return;
  if (channels > 1 && amount > 0
      && (MIN (MIN (pixel[0], pixel[1]), pixel[2]) < amount
          || MAX (MAX (pixel[0], pixel[1]), pixel[2]) > max - amount)) {
    add_luma_at_limit (pixel, more, max);
    return;
  }
  for (c = 0; c < MIN (channels, 3); c++)
    pixel[c] += more;
}

static void
replace_luma (gfloat * row, const gint16 * luma, const gint16 * own_luma,
    guint width, guint channels, gfloat max, gboolean has_alpha)
{
  const gfloat levels = max / (CUP_PLANE_WHITE - CUP_PLANE_BLACK);
  guint x;

  for (x = 0; x < width; x++, row += channels) {
    gfloat more;

    if (own_luma)
      more = (luma[x] - own_luma[x]) * levels;
    else
      more = (luma[x] - CUP_PLANE_BLACK) * levels - (CUP_LUMA_RED * row[0]
          + CUP_LUMA_GREEN * row[1] + CUP_LUMA_BLUE * row[2]);
    add_luma (row, channels, more, max, has_alpha);
  }
}

void
cup_row_store (CupPixels * pixels, guint y, gboolean premultiplied,
    const gint16 * luma, const gint16 * own_luma, gfloat * row)
{
  const gsize length = (gsize) pixels->width * pixels->channels;
  const gfloat white = get_white (pixels);
  guint8 *samples = cup_pixels_row (pixels, y);

  if (premultiplied)
    unpremultiply_row (row, pixels->width, white);
  if (luma)
    replace_luma (row, luma, own_luma, pixels->width, pixels->channels, white,
        premultiplied);
  if (pixels->depth == 8)
    store_row_8 (row, length, samples);
  else
    store_row_16 (row, length, (guint16 *) samples);
  clear_padding (pixels, y);
}

void
cup_row_store_plane (CupPlane * plane, guint y, const gfloat * row)
{
  gint16 *samples = cup_plane_row (plane, y);
  const gint range = CUP_PLANE_WHITE - CUP_PLANE_BLACK;
  guint x;

  for (x = 0; x < plane->width; x++)
    samples[x] = quantise (row[x] - CUP_PLANE_BLACK, range) + CUP_PLANE_BLACK;
}
