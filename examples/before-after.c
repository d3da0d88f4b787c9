/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The same detail of a picture and of its upscaled result, side by side:
 *
 *   before-after PICTURE RESULT OUT.png
 *
 * On the left are the picture's pixels, enlarged and nothing more, on the right is
 * the result. The detail is the one with the most to see, upright, and enlarged 3 to
 * 4 times where the scale allows that. OUT.png is as wide as a README.
 */
#include <string.h>

#include "image/file.h"
#include "image/metadata.h"

/* Of the picture that is written: two squares with a gap between. */
#define SIDE 408
#define GAP 8
#define WIDTH (2 * SIDE + GAP)

/* How many times the pixels of the picture are to be enlarged, about. */
#define ENLARGED 4
/* Details that are compared: so many steps in each direction. */
#define STEPS 24

typedef struct
{
  CupPixels *pixels;
  guint orientation;            /* as EXIF counts it */
  guint width, height;          /* upright */
} View;

static void
view_clear (View * view)
{
  g_clear_pointer (&view->pixels, cup_pixels_unref);
}

static gboolean
view_load (View * view, const gchar * path, GError ** error)
{
  GBytes *bytes = cup_image_read_file (path, NULL, error);
  CupImageMetadata *metadata = NULL;
  CupImageInfo info;
  gboolean turned;

  if (!bytes)
    return FALSE;
  if (cup_image_read_info (bytes, &info, error)) {
    metadata = cup_image_metadata_read (bytes, info.type);
    view->pixels = cup_image_decode (bytes, 0, error);
  }
  g_bytes_unref (bytes);
  view->orientation = cup_image_metadata_get_orientation (metadata);
  g_clear_pointer (&metadata, cup_image_metadata_unref);
  if (!view->pixels)
    return FALSE;
  turned = view->orientation > 4;
  view->width = turned ? view->pixels->height : view->pixels->width;
  view->height = turned ? view->pixels->width : view->pixels->height;
  return TRUE;
}

/* Where the upright pixel @x, @y is stored. */
static void
find_stored (const View * view, guint * x, guint * y)
{
  const guint right = view->width - 1 - *x, below = view->height - 1 - *y;
  const guint left = *x, above = *y;

  switch (view->orientation) {
    case 2:
      *x = right;
      break;
    case 3:
      *x = right;
      *y = below;
      break;
    case 4:
      *y = below;
      break;
    case 5:
      *x = above;
      *y = left;
      break;
    case 6:
      *x = above;
      *y = right;
      break;
    case 7:
      *x = below;
      *y = right;
      break;
    case 8:
      *x = below;
      *y = left;
      break;
    default:
      break;
  }
}

/* 8 bits of RGB; what is transparent lets white through. */
static void
get_colour (const View * view, guint x, guint y, guint8 * colour)
{
  const CupPixels *pixels = view->pixels;
  guint samples[4], alpha, c;
  const guint8 *row;

  find_stored (view, &x, &y);
  row = cup_pixels_row (pixels, y);
  for (c = 0; c < pixels->channels; c++) {
    const gsize at = (gsize) x * pixels->channels + c;

    samples[c] = pixels->depth == 8 ? row[at] :
        ((const guint16 *) row)[at] >> 8;
  }
  alpha = pixels->channels == 4 ? samples[3] : 255;
  for (c = 0; c < 3; c++)
    colour[c] = (samples[pixels->channels == 1 ? 0 : c] * alpha
        + 255 * (255 - alpha)) / 255;
}

/* How much there is to see in a square of @side pixels: differences of neighbours
 * in green. */
static guint64
measure_detail (const View * view, guint left, guint top, guint side)
{
  guint8 colour[3], next[3];
  guint64 sum = 0;
  guint x, y;

  for (y = top; y < top + side; y += 2) {
    get_colour (view, left, y, colour);
    for (x = left + 1; x < left + side; x++) {
      get_colour (view, x, y, next);
      sum += ABS (next[1] - colour[1]);
      colour[1] = next[1];
    }
  }
  return sum;
}

static void
choose_detail (const View * view, guint side, guint * left, guint * top)
{
  const guint x_room = view->width - side, y_room = view->height - side;
  guint64 most = 0;
  guint i, k;

  *left = x_room / 2;
  *top = y_room / 2;
  for (k = 0; k <= STEPS; k++) {
    for (i = 0; i <= STEPS; i++) {
      const guint x = (guint64) x_room * i / STEPS;
      const guint y = (guint64) y_room * k / STEPS;
      const guint64 sum = measure_detail (view, x, y, side);

      if (sum > most) {
        most = sum;
        *left = x;
        *top = y;
      }
    }
  }
}

/* Fills a square of @canvas, @shift pixels from its left, with what @view has at
 * @left, @top and up to @side further, which are parts of its size. */
static void
draw (CupPixels * canvas, guint shift, const View * view, gdouble left,
    gdouble top, gdouble side)
{
  const gdouble step = side / SIDE;
  guint x, y;

  for (y = 0; y < SIDE; y++) {
    guint8 *row = cup_pixels_row (canvas, y) + shift * 3;

    for (x = 0; x < SIDE; x++)
      get_colour (view,
          MIN ((guint) (left + (x + 0.5) * step), view->width - 1),
          MIN ((guint) (top + (y + 0.5) * step), view->height - 1),
          row + x * 3);
  }
}

static CupPixels *
compose (const View * before, const View * after, GError ** error)
{
  const gdouble scale = (gdouble) after->width / before->width;
  /* Whole numbers, so that the result's pixels all have one size. */
  const guint zoom = MAX ((guint) (ENLARGED / scale), 1);
  const guint side = MIN (MAX ((guint) (SIDE / (zoom * scale)), 1),
      MIN (before->width, before->height));
  CupPixels *canvas = cup_pixels_new (WIDTH, SIDE, 3, 8, error);
  guint left, top, y;

  if (!canvas)
    return NULL;
  choose_detail (before, side, &left, &top);
  for (y = 0; y < SIDE; y++)
    memset (cup_pixels_row (canvas, y), 255, canvas->stride);
  draw (canvas, 0, before, left, top, side);
  draw (canvas, SIDE + GAP, after, left * scale,
      (gdouble) top * after->height / before->height, side * scale);
  return canvas;
}

static gboolean
save (CupPixels * canvas, const gchar * path, GError ** error)
{
  GBytes *bytes = cup_image_encode (canvas, CUP_IMAGE_PNG, 0, error);
  gsize size;
  gconstpointer data;
  gboolean done;

  if (!bytes)
    return FALSE;
  data = g_bytes_get_data (bytes, &size);
  done = g_file_set_contents_full (path, data, (gssize) size,
      G_FILE_SET_CONTENTS_CONSISTENT, 0666, error);
  g_bytes_unref (bytes);
  return done;
}

static gboolean
write_before_after (const gchar * before, const gchar * after,
    const gchar * path, GError ** error)
{
  View views[2] = { {NULL} };
  CupPixels *canvas = NULL;
  gboolean done = FALSE;

  if (view_load (&views[0], before, error)
      && view_load (&views[1], after, error))
    canvas = compose (&views[0], &views[1], error);
  if (canvas) {
    done = save (canvas, path, error);
    cup_pixels_unref (canvas);
  }
  view_clear (&views[0]);
  view_clear (&views[1]);
  return done;
}

int
main (int argc, char **argv)
{
  GError *error = NULL;

  if (argc != 4) {
    g_printerr ("Usage: before-after PICTURE RESULT OUT.png\n");
    return 2;
  }
  if (write_before_after (argv[1], argv[2], argv[3], &error))
    return 0;
  g_printerr ("%s: %s\n", argv[3], error->message);
  g_error_free (error);
  return 1;
}
