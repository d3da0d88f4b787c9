/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How close upscaled pictures come to what they were reduced from: PSNR of luma,
 * by tables and by interpolation, for procedural pictures that no network
 * learned from, and for a folder of photographs: README.md.
 */
#include <string.h>

#include "base/error.h"
#include "engine/local/resample.h"
#include "engine/local/tables.h"
#include "image/file.h"
#include "image/image.h"
#include "picture.h"
#include "reference.h"
#include "scaling.h"

/* Of a picture that is worth a figure. */
#define MIN_SIDE 32

static gint factor = 2;
static gint quality = 0;
static gboolean raw = FALSE;
static gboolean verbose = FALSE;
static gchar **tables = NULL;

static const GOptionEntry entries[] = {
  {"factor", 'f', 0, G_OPTION_ARG_INT, &factor, "2 or 4 (2)", "N"},
  {"jpeg", 'j', 0, G_OPTION_ARG_INT, &quality,
      "Reduced pictures go through libjpeg with this quality", "QUALITY"},
  {"raw", 'r', 0, G_OPTION_ARG_NONE, &raw, "Networks without the clamp", NULL},
  {"verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose, "Each picture", NULL},
  {"table", 't', 0, G_OPTION_ARG_STRING_ARRAY, &tables,
      "Only this table; may be repeated", "NAME"},
  {NULL},
};

static const CupNetwork *const networks[] = {
  &cup_network_fast_clean,
  &cup_network_fast_mix,
  &cup_network_balanced_clean,
  &cup_network_balanced_mix,
  &cup_network_quality_clean,
  &cup_network_quality_mix,
};

/* Sums of one row of the report, one a method. */
typedef struct
{
  gdouble sums[2 + G_N_ELEMENTS (networks)];
  guint count;
} Report;

static gboolean
is_chosen (const CupNetwork * network)
{
  return !tables || g_strv_contains ((const gchar * const *) tables,
      network->name);
}

static void
add_figure (Report * report, guint method, CupPixels * result,
    const CupPixels * original)
{
  const gdouble psnr = cup_scaling_psnr (result, original, factor);

  report->sums[method] += psnr;
  if (verbose)
    g_print (" %7.3f", psnr);
  cup_pixels_unref (result);
}

/* @reduced is luma. */
static void
add_picture (Report * report, const gchar * name, const CupPixels * original,
    const CupPixels * reduced)
{
  guint method = 0, i;

  if (verbose)
    g_print ("%-24s", name);
  add_figure (report, method++, cup_scaling_expand (reduced, factor), original);
  add_figure (report, method++, cup_resample (reduced, original->width,
          original->height, NULL, NULL), original);
  for (i = 0; i < G_N_ELEMENTS (networks); i++) {
    if (is_chosen (networks[i]))
      add_figure (report, method++, cup_reference_upscale (networks[i], reduced,
              factor, !raw), original);
  }
  if (verbose)
    g_print ("\n");
  report->count++;
}

/* What a JPEG of @quality leaves of @picture, which is taken. */
static CupPixels *
damage (CupPixels * picture, GError ** error)
{
  GBytes *bytes = cup_image_encode (picture, CUP_IMAGE_JPEG, quality, error);
  CupPixels *damaged = NULL;

  if (bytes) {
    damaged = cup_image_decode (bytes, 0, error);
    g_bytes_unref (bytes);
  }
  cup_pixels_unref (picture);
  return damaged;
}

/* @picture, and what is left of it at a part of its size, both in luma. */
static gboolean
add_original (Report * report, const gchar * name, const CupPixels * picture,
    GError ** error)
{
  CupPixels *original, *reduced, *luma, *reduced_luma;

  if (picture->depth != 8 || MIN (picture->width, picture->height) < MIN_SIDE) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
        "has %u bits and %ux%u pixels; 8 bits and %u rows and columns are "
        "needed", picture->depth, picture->width, picture->height, MIN_SIDE);
    return FALSE;
  }
  original = cup_scaling_crop (picture, factor);
  reduced = cup_scaling_reduce (original, factor);
  if (quality > 0)
    reduced = damage (reduced, error);
  if (!reduced) {
    cup_pixels_unref (original);
    return FALSE;
  }
  luma = cup_scaling_luma (original);
  reduced_luma = cup_scaling_luma (reduced);
  add_picture (report, name, luma, reduced_luma);
  cup_pixels_unref (luma);
  cup_pixels_unref (reduced_luma);
  cup_pixels_unref (original);
  cup_pixels_unref (reduced);
  return TRUE;
}

/* Files that cannot be used are named and passed over. */
static void
add_file (Report * report, const gchar * path)
{
  GError *error = NULL;
  GBytes *bytes = cup_image_read_file (path, NULL, &error);
  CupPixels *picture = bytes ? cup_image_decode (bytes, 0, &error) : NULL;
  gchar *name = g_path_get_basename (path);

  if (!picture || !add_original (report, name, picture, &error))
    g_printerr ("%s: %s\n", path, error->message);
  g_clear_pointer (&picture, cup_pixels_unref);
  g_clear_pointer (&bytes, g_bytes_unref);
  g_clear_error (&error);
  g_free (name);
}

static void
add_held_out (Report * report)
{
  guint i;

  for (i = 0; i < CUP_PICTURE_HELD_OUT_COUNT; i++) {
    CupPixels *picture = cup_picture_new (CUP_PICTURE_HELD_OUT_SEED, i,
        CUP_PICTURE_HELD_OUT_WIDTH,
        CUP_PICTURE_HELD_OUT_HEIGHT, 1);
    gchar *name = g_strdup_printf ("procedural %u", i);

    add_original (report, name, picture, NULL);
    g_free (name);
    cup_pixels_unref (picture);
  }
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const gchar * const *) a, *(const gchar * const *) b);
}

static gboolean
add_folder (Report * report, const gchar * folder)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  GError *error = NULL;
  GDir *dir = g_dir_open (folder, 0, &error);
  const gchar *name;
  guint i;

  if (!dir) {
    g_printerr ("%s\n", error->message);
    g_clear_error (&error);
    g_ptr_array_unref (names);
    return FALSE;
  }
  while ((name = g_dir_read_name (dir)))
    g_ptr_array_add (names, g_build_filename (folder, name, NULL));
  g_dir_close (dir);
  g_ptr_array_sort (names, compare_names);
  for (i = 0; i < names->len; i++)
    add_file (report, g_ptr_array_index (names, i));
  g_ptr_array_unref (names);
  return TRUE;
}

static void
print_report (const Report * report, const gchar * name)
{
  const gdouble bicubic = report->sums[0] / report->count;
  guint method = 2, i;

  if (report->count == 0)
    return;
  g_print ("%s: %u pictures, x%d", name, report->count, factor);
  if (quality > 0)
    g_print (", JPEG %d", quality);
  g_print ("\n  %-16s %7.3f dB\n", "bicubic", bicubic);
  g_print ("  %-16s %7.3f dB  %+.3f\n", "lanczos",
      report->sums[1] / report->count,
      report->sums[1] / report->count - bicubic);
  for (i = 0; i < G_N_ELEMENTS (networks); i++) {
    if (is_chosen (networks[i])) {
      g_print ("  %-16s %7.3f dB  %+.3f\n", networks[i]->name,
          report->sums[method] / report->count,
          report->sums[method] / report->count - bicubic);
      method++;
    }
  }
}

gint
main (gint argc, gchar ** argv)
{
  GOptionContext *context = g_option_context_new ("[FOLDER…]");
  GError *error = NULL;
  gint status = 0, i;

  g_option_context_set_summary (context,
      "PSNR of luma of upscaled pictures, by bicubic and Lanczos interpolation "
      "and by the local engine's networks. Without folders of photographs the "
      "pictures are procedural.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error)
      || (factor != 2 && factor != 4) || quality < 0 || quality > 100) {
    g_printerr ("%s\n", error ? error->message : "see --help");
    g_clear_error (&error);
    status = 2;
  } else if (argc < 2) {
    Report report = { {0}
    };

    add_held_out (&report);
    print_report (&report, "procedural");
  }
  for (i = 1; status == 0 && i < argc; i++) {
    Report report = { {0}
    };

    if (!add_folder (&report, argv[i]))
      status = 1;
    print_report (&report, argv[i]);
  }
  g_option_context_free (context);
  g_strfreev (tables);
  return status;
}
