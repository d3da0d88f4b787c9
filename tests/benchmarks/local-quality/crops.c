/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See crops.h. A sheet is a table of crops, a row for each field.
 */
#include "crops.h"

#include <string.h>

#include "run.h"
#include "samples.h"
#include "scaling.h"

#define FACTOR 2
#define COLUMNS 5
#define GAP 4
#define MARGIN 64
/* Where the row for JPEG has no quality of the sample's own. */
#define QUALITY 50

typedef enum
{
  TILE_ORIGINAL,
  TILE_BICUBIC,
  TILE_ENGINE,
  TILE_JPEG,                    /* by the engine, which knows that it was one */
  TILE_JPEG_HIDDEN,             /* by the engine, which does not */
} TileKind;

typedef struct
{
  const gchar *label;
  TileKind kind;
  RunSettings settings;
} Tile;

#define U RUN_UNSET

static const Tile rows[][COLUMNS] = {
  {
        {"original", TILE_ORIGINAL},
        {"bicubic", TILE_BICUBIC},
        {"skip-ccsr, nothing added", TILE_ENGINE, {0, 0, 0, FALSE, TRUE}},
        {"restoration only", TILE_ENGINE, {0, 0, 0}},
        {"defaults", TILE_ENGINE, {U, U, U}},
      },
  {
        {"creativity 0, else defaults", TILE_ENGINE, {0, U, U}},
        {"creativity 0.25", TILE_ENGINE, {0.25, U, U}},
        {"creativity 0.5", TILE_ENGINE, {0.5, U, U}},
        {"creativity 1", TILE_ENGINE, {1, U, U}},
        {"creativity 1, another seed", TILE_ENGINE, {1, U, U, TRUE}},
      },
  {
        {"detail 0, creativity 0", TILE_ENGINE, {0, 0, U}},
        {"detail 0.5", TILE_ENGINE, {0, 0.5, U}},
        {"detail 1", TILE_ENGINE, {0, 1, U}},
        {"detail 2", TILE_ENGINE, {0, 2, U}},
        {"detail 5", TILE_ENGINE, {0, 5, U}},
      },
  {
        {"shape-preservation 0, else defaults", TILE_ENGINE, {U, U, 0}},
        {"shape-preservation 0.25", TILE_ENGINE, {U, U, 0.25}},
        {"shape-preservation 1", TILE_ENGINE, {U, U, 1}},
        {"shape-preservation 3", TILE_ENGINE, {U, U, 3}},
        {"creativity 1, detail 5, shape-preservation 1", TILE_ENGINE,
            {1, 5, 1}},
      },
  {
        {"JPEG, restoration that does not know of it", TILE_JPEG_HIDDEN,
            {0, 0, 0}},
        {"JPEG, restoration", TILE_JPEG, {0, 0, 0}},
        {"JPEG, defaults", TILE_JPEG, {U, U, U}},
        {"JPEG, creativity 1", TILE_JPEG, {1, U, U}},
        {"JPEG, detail 2", TILE_JPEG, {U, 2, U}},
      },
};

static guint zoom = 1;

void
crops_set_zoom (guint new_zoom)
{
  zoom = new_zoom;
}

void
crops_print_legend (void)
{
  guint row, column;

  g_print ("Sheets, from left to right:\n");
  for (row = 0; row < G_N_ELEMENTS (rows); row++) {
    for (column = 0; column < COLUMNS; column++)
      g_print ("%s%s", column == 0 ? "  " : " | ", rows[row][column].label);
    g_print ("\n");
  }
}

static CupPixels *
crop_middle (const CupPixels * picture, guint width, guint height)
{
  const guint left = (picture->width - width) / 2;
  const guint top = (picture->height - height) / 2;
  CupPixels *part = cup_pixels_new (width, height, 3, 8, NULL);
  guint x, y;

  g_assert (part != NULL);
  for (y = 0; y < height; y++) {
    const guint8 *from = cup_pixels_row (picture, top + y)
        + (gsize) left * picture->channels;
    guint8 *to = cup_pixels_row (part, y);

    for (x = 0; x < width; x++, from += picture->channels, to += 3) {
      to[0] = from[0];
      to[1] = from[picture->channels == 1 ? 0 : 1];
      to[2] = from[picture->channels == 1 ? 0 : 2];
    }
  }
  return part;
}

static CupPixels *
decode (GBytes * bytes)
{
  GError *error = NULL;
  CupPixels *picture = cup_image_decode (bytes, 0, &error);

  if (!picture)
    g_error ("%s", error->message);
  return picture;
}

/* @jpeg is of @reduced, which may be damaged as it is. */
static CupPixels *
make_tile (const Tile * tile, const CupPixels * original,
    const CupPixels * reduced, gboolean is_damaged, GBytes * jpeg)
{
  CupPixels *damaged, *result;

  switch (tile->kind) {
    case TILE_ORIGINAL:
      return cup_pixels_ref ((CupPixels *) original);
    case TILE_BICUBIC:
      return cup_scaling_expand (reduced, FACTOR);
    case TILE_ENGINE:
      return is_damaged ? run_upscale_encoded (jpeg, FACTOR, &tile->settings)
          : run_upscale (reduced, FACTOR, &tile->settings);
    case TILE_JPEG:
      return run_upscale_encoded (jpeg, FACTOR, &tile->settings);
    case TILE_JPEG_HIDDEN:
      damaged = decode (jpeg);
      result = run_upscale (damaged, FACTOR, &tile->settings);
      cup_pixels_unref (damaged);
      return result;
    default:
      g_assert_not_reached ();
  }
}

/* The middle of @tile, RGB or gray. */
static void
place (CupPixels * sheet, const CupPixels * tile, guint row, guint column)
{
  const gsize left = (gsize) column * (SAMPLE_WIDTH + GAP) * 3;
  CupPixels *part = crop_middle (tile, MIN (tile->width, SAMPLE_WIDTH / zoom),
      MIN (tile->height, SAMPLE_HEIGHT / zoom));
  guint x, y;

  for (y = 0; y < part->height * zoom; y++) {
    const guint8 *from = cup_pixels_row (part, y / zoom);
    guint8 *to = cup_pixels_row (sheet, row * (SAMPLE_HEIGHT + GAP) + y) + left;

    for (x = 0; x < part->width * zoom; x++, to += 3)
      memcpy (to, from + x / zoom * 3, 3);
  }
  cup_pixels_unref (part);
}

static CupPixels *
make_sheet (const CupPixels * original, const CupPixels * reduced,
    gboolean is_damaged, GBytes * jpeg)
{
  CupPixels *sheet = cup_pixels_new (COLUMNS * (SAMPLE_WIDTH + GAP) - GAP,
      G_N_ELEMENTS (rows) * (SAMPLE_HEIGHT + GAP) - GAP, 3, 8, NULL);
  guint row, column;

  g_assert (sheet != NULL);
  memset (sheet->data, 255, cup_pixels_get_size (sheet));
  for (row = 0; row < G_N_ELEMENTS (rows); row++) {
    for (column = 0; column < COLUMNS; column++) {
      CupPixels *tile = make_tile (&rows[row][column], original, reduced,
          is_damaged, jpeg);

      place (sheet, tile, row, column);
      cup_pixels_unref (tile);
    }
  }
  return sheet;
}

static gboolean
write_png (const CupPixels * picture, const gchar * directory,
    const gchar * name, GError ** error)
{
  GBytes *bytes = cup_image_encode (picture, CUP_IMAGE_PNG, 100, error);
  gchar *file, *path;
  gboolean written;

  if (!bytes)
    return FALSE;
  file = g_strdup_printf ("%s.png", name);
  path = g_build_filename (directory, file, NULL);
  written = g_file_set_contents (path, g_bytes_get_data (bytes, NULL),
      g_bytes_get_size (bytes), error);
  if (written)
    g_print ("%s\n", path);
  g_free (path);
  g_free (file);
  g_bytes_unref (bytes);
  return written;
}

gboolean
crops_write (const gchar * directory, const gchar * name,
    const CupPixels * original, guint quality, GError ** error)
{
  /* More than is shown, so that what is shown does not depend on borders. */
  CupPixels *whole = crop_middle (original,
      MIN (original->width / FACTOR * FACTOR, SAMPLE_WIDTH + MARGIN),
      MIN (original->height / FACTOR * FACTOR, SAMPLE_HEIGHT + MARGIN));
  CupPixels *reduced = cup_scaling_reduce (whole, FACTOR), *sheet;
  GBytes *jpeg = cup_image_encode (reduced, CUP_IMAGE_JPEG,
      quality > 0 ? quality : QUALITY, error);
  gboolean written = FALSE;

  if (jpeg) {
    if (quality > 0) {
      cup_pixels_unref (reduced);
      reduced = decode (jpeg);
    }
    sheet = make_sheet (whole, reduced, quality > 0, jpeg);
    written = write_png (sheet, directory, name, error);
    cup_pixels_unref (sheet);
    g_bytes_unref (jpeg);
  }
  cup_pixels_unref (reduced);
  cup_pixels_unref (whole);
  return written;
}

gboolean
crops_write_samples (const gchar * directory, GError ** error)
{
  const Sample *sample;

  for (sample = samples; sample->name; sample++) {
    CupPixels *picture = sample->paint ();
    const gboolean written = crops_write (directory, sample->name, picture,
        sample->quality, error);

    cup_pixels_unref (picture);
    if (!written)
      return FALSE;
  }
  return TRUE;
}
