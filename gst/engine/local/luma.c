/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "luma.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"

/* Weights of red, green and blue in Q15; their sum is 1. */
#define RED 9798
#define GREEN 19235
#define BLUE 3735
G_STATIC_ASSERT (RED + GREEN + BLUE == 1 << 15);

#define RANGE (CUP_PLANE_WHITE - CUP_PLANE_BLACK)
#define ROWS_AT_ONCE 64
/* How far luma goes on into what is transparent, in samples: farther than any
 * stage looks from one that can be seen. */
#define FILL_RADIUS 12
/* What has an eighth of full alpha has a luma that counts. */
#define VISIBLE_FACTOR 8

gboolean
cup_luma_is_translucent (const CupPixels * pixels)
{
  guint x, y;

  if (pixels->channels != 4)
    return FALSE;
  for (y = 0; y < pixels->height; y++) {
    const guint8 *row = cup_pixels_row (pixels, y);
    guint alpha = pixels->depth == 8 ? 0xff : 0xffff;

    if (pixels->depth == 8) {
      for (x = 0; x < pixels->width; x++)
        alpha &= row[(gsize) x * 4 + 3];
      if (alpha != 0xff)
        return TRUE;
    } else {
      for (x = 0; x < pixels->width; x++)
        alpha &= ((const guint16 *) row)[(gsize) x * 4 + 3];
      if (alpha != 0xffff)
        return TRUE;
    }
  }
  return FALSE;
}

static gint16
from_16_bits (guint32 level)
{
  return (gint) ((level * (guint32) RANGE + 32767) / 65535) + CUP_PLANE_BLACK;
}

/* Called with constants for @channels, so that each has a loop of its own. */
static inline __attribute__((always_inline))
     void read_row_8 (const guint8 * restrict row, gint16 * restrict luma,
    guint width, guint channels)
{
  guint x;

  for (x = 0; x < width; x++, row += channels) {
    if (channels == 1)
      luma[x] = (row[0] << CUP_PLANE_BITS) + CUP_PLANE_BLACK;
    else
      luma[x] = ((RED * row[0] + GREEN * row[1] + BLUE * row[2] + 128) >> 8)
          + CUP_PLANE_BLACK;
  }
}

static void
read_row_16 (const guint16 * row, gint16 * luma, guint width, guint channels)
{
  guint x;

  for (x = 0; x < width; x++, row += channels) {
    if (channels == 1)
      luma[x] = from_16_bits (row[0]);
    else
      luma[x] = from_16_bits (((guint32) RED * row[0] + (guint32) GREEN * row[1]
              + (guint32) BLUE * row[2] + (1 << 14)) >> 15);
  }
}

typedef struct
{
  const CupPixels *pixels;
  const CupPlane *from;         /* with what is transparent as it is stored */
  CupPlane *plane;
} Reading;

static gboolean
read_rows (CupRows rows, gpointer data, GError ** error)
{
  const Reading *reading = data;
  const CupPixels *pixels = reading->pixels;
  guint y;

  for (y = rows.first; y < rows.first + rows.n; y++) {
    const guint8 *row = cup_pixels_row (pixels, y);
    gint16 *luma = cup_plane_row (reading->plane, y);

    if (pixels->depth == 16)
      read_row_16 ((const guint16 *) row, luma, pixels->width,
          pixels->channels);
    else if (pixels->channels == 1)
      read_row_8 (row, luma, pixels->width, 1);
    else if (pixels->channels == 3)
      read_row_8 (row, luma, pixels->width, 3);
    else
      read_row_8 (row, luma, pixels->width, 4);
  }
  return TRUE;
}

/* 0…255 */
static guint
get_alpha (const CupPixels * pixels, guint x, guint y)
{
  const guint8 *row = cup_pixels_row (pixels, y);

  if (pixels->depth == 8)
    return row[(gsize) x * 4 + 3];
  return ((const guint16 *) row)[(gsize) x * 4 + 3] >> 8;
}

/* Sums over the columns of a window of rows. */
typedef struct
{
  guint32 alpha;
  guint64 luma;                 /* weighted by alpha, from black */
} Column;

static void
add_row (const Reading * reading, Column * columns, guint y, gint sign)
{
  const gint16 *luma = cup_plane_row (reading->from, y);
  guint x;

  for (x = 0; x < reading->pixels->width; x++) {
    const guint alpha = get_alpha (reading->pixels, x, y);

    /* Unsigned: what is taken away was added before. */
    columns[x].alpha += sign * alpha;
    columns[x].luma += sign * (gint64) alpha *(luma[x] - CUP_PLANE_BLACK);
  }
}

/* What can hardly be seen becomes the mean of what can be around it. */
static void
fill_row (const Reading * reading, const Column * columns, guint y)
{
  const guint width = reading->pixels->width;
  const gint16 *luma = cup_plane_row (reading->from, y);
  gint16 *filled = cup_plane_row (reading->plane, y);
  guint64 alphas = 0, lumas = 0;
  guint x;

  for (x = 0; x < MIN (FILL_RADIUS, width); x++) {
    alphas += columns[x].alpha;
    lumas += columns[x].luma;
  }
  for (x = 0; x < width; x++) {
    const gint alpha = MIN (VISIBLE_FACTOR * get_alpha (reading->pixels, x, y),
        255);
    gint mean;

    if (x + FILL_RADIUS < width) {
      alphas += columns[x + FILL_RADIUS].alpha;
      lumas += columns[x + FILL_RADIUS].luma;
    }
    if (x > FILL_RADIUS) {
      alphas -= columns[x - FILL_RADIUS - 1].alpha;
      lumas -= columns[x - FILL_RADIUS - 1].luma;
    }
    mean = alphas > 0 ? (gint) ((lumas + alphas / 2) / alphas) : 0;
    filled[x] = CUP_PLANE_BLACK + (alpha * (luma[x] - CUP_PLANE_BLACK)
        + (255 - alpha) * mean + 127) / 255;
  }
}

static gboolean
fill_rows (CupRows rows, gpointer data, GError ** error)
{
  const Reading *reading = data;
  const guint height = reading->pixels->height;
  const CupRows around = cup_rows_widen ((CupRows) {
        rows.first, 1
      }, FILL_RADIUS, FILL_RADIUS, height);
  Column *columns = cup_memory_new (Column, reading->pixels->width);
  guint y;

  if (!columns) {
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_TOO_LARGE,
        "no memory for the luma of what is transparent");
    return FALSE;
  }
  memset (columns, 0, reading->pixels->width * sizeof *columns);
  for (y = around.first; y < around.first + around.n; y++)
    add_row (reading, columns, y, 1);
  for (y = rows.first; y < rows.first + rows.n; y++) {
    if (y > rows.first && y + FILL_RADIUS < height)
      add_row (reading, columns, y + FILL_RADIUS, 1);
    if (y > rows.first && y > FILL_RADIUS)
      add_row (reading, columns, y - FILL_RADIUS - 1, -1);
    fill_row (reading, columns, y);
  }
  cup_memory_free (columns);
  return TRUE;
}

static gboolean
init_plane (CupPlane * plane, const CupPixels * pixels, GError ** error)
{
  if (cup_plane_init (plane, pixels->width, pixels->height, 0, pixels->height))
    return TRUE;
  g_set_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE,
      "no memory for the luma of a picture of %u×%u", pixels->width,
      pixels->height);
  return FALSE;
}

gboolean
cup_luma_read (const CupPixels * pixels, CupPlane * plane, CupTeam * team,
    const CupInterrupt * interrupt, GError ** error)
{
  const CupRows rows = { 0, pixels->height };
  CupPlane filled = { 0 };
  Reading reading = { pixels, NULL, plane };
  gboolean done;

  if (!init_plane (plane, pixels, error)
      || !cup_team_run_rows (team, rows, ROWS_AT_ONCE, read_rows, &reading,
          interrupt, error))
    return FALSE;
  if (!cup_luma_is_translucent (pixels))
    return TRUE;

  reading.from = plane;
  reading.plane = &filled;
  done = init_plane (&filled, pixels, error)
      && cup_team_run_rows (team, rows, ROWS_AT_ONCE, fill_rows, &reading,
      interrupt, error);
  cup_plane_clear (plane);
  *plane = filled;
  return done;
}

static void
write_row_8 (const gint16 * restrict luma, guint8 * restrict row, guint width)
{
  guint x;

  for (x = 0; x < width; x++) {
    const gint level = (luma[x] - CUP_PLANE_BLACK
        + (1 << (CUP_PLANE_BITS - 1))) >> CUP_PLANE_BITS;

    row[x] = CLAMP (level, 0, 255);
  }
}

static void
write_row_16 (const gint16 * luma, guint16 * row, guint width)
{
  guint x;

  for (x = 0; x < width; x++) {
    const guint32 level = CLAMP (luma[x], CUP_PLANE_BLACK, CUP_PLANE_WHITE)
        - CUP_PLANE_BLACK;

    row[x] = (level * 65535u + RANGE / 2) / RANGE;
  }
}

typedef struct
{
  const CupPlane *plane;
  CupPixels *gray;
} Writing;

static gboolean
write_rows (CupRows rows, gpointer data, GError ** error)
{
  const Writing *writing = data;
  CupPixels *gray = writing->gray;
  const gsize used = (gsize) gray->width * (gray->depth / 8);
  guint y;

  for (y = rows.first; y < rows.first + rows.n; y++) {
    const gint16 *luma = cup_plane_row (writing->plane, y);
    guint8 *row = cup_pixels_row (gray, y);

    if (gray->depth == 8)
      write_row_8 (luma, row, gray->width);
    else
      write_row_16 (luma, (guint16 *) row, gray->width);
    /* Padding is handed on with the picture. */
    memset (row + used, 0, gray->stride - used);
  }
  return TRUE;
}

gboolean
cup_luma_write (const CupPlane * plane, CupPixels * gray, CupRows rows,
    CupTeam * team, const CupInterrupt * interrupt, GError ** error)
{
  Writing writing = { plane, gray };

  return cup_team_run_rows (team, rows, ROWS_AT_ONCE, write_rows, &writing,
      interrupt, error);
}
