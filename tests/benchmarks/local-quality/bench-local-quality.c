/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How good the embedded engine is, as it is used: pictures are reduced, upscaled
 * by it, and compared with what they were, beside interpolation. What each of
 * its fields does, in figures, and in sheets for looking at. Of a folder of
 * photographs, or of procedural pictures that no network has learned from.
 */
#include <locale.h>

#include "crops.h"
#include "engine/local/resample.h"
#include "measure.h"
#include "pan.h"
#include "pictures.h"
#include "run.h"
#include "scaling.h"

#define U RUN_UNSET

static gint factor = 2;
static gint n_frames = 48;
static gint n_pans = 4;
static gint steps = 0;
static gint zoom = 1;
static gchar *crops = NULL;

static const GOptionEntry entries[] = {
  {"factor", 'f', 0, G_OPTION_ARG_INT, &factor, "2 or 4 (2)", "N"},
  {"steps", 's', 0, G_OPTION_ARG_INT, &steps,
      "num-inference-steps, by which the engine chooses its network", "N"},
  {"frames", 'n', 0, G_OPTION_ARG_INT, &n_frames,
      "Frames of a pan (48)", "N"},
  {"pans", 'p', 0, G_OPTION_ARG_INT, &n_pans,
      "Pictures of a folder to pan over; 0 for none (4)", "N"},
  {"crops", 'c', 0, G_OPTION_ARG_FILENAME, &crops,
      "Write sheets for looking at, and no figures", "DIRECTORY"},
  {"zoom", 'z', 0, G_OPTION_ARG_INT, &zoom,
      "Of the sheets: less of the pictures, with larger pixels (1)", "N"},
  {NULL},
};

/* Whether all that was demanded is there. */
static gboolean all_good = TRUE;

static void
demand (const gchar * what, gboolean is_good)
{
  g_print ("  %s: %s\n", is_good ? "ok" : "MISSED", what);
  all_good = all_good && is_good;
}

/* Mean of what @func says of each picture. */
typedef gdouble (*FigureFunc) (const Picture * picture, gconstpointer data);

static gdouble
get_mean (GPtrArray * pictures, FigureFunc func, gconstpointer data)
{
  gdouble sum = 0;
  guint i;

  for (i = 0; i < pictures->len; i++)
    sum += func (g_ptr_array_index (pictures, i), data);
  return sum / pictures->len;
}

static gdouble
take_psnr (CupPixels * result, const CupPixels * original)
{
  const gdouble psnr = measure_psnr (result, original, factor);

  cup_pixels_unref (result);
  return psnr;
}

/* What a JPEG leaves of the reduced picture; @bytes are the caller's. */
static CupPixels *
damage (const CupPixels * reduced, guint quality, GBytes ** bytes)
{
  GError *error = NULL;
  CupPixels *damaged = NULL;

  *bytes = cup_image_encode (reduced, CUP_IMAGE_JPEG, quality, &error);
  if (*bytes)
    damaged = cup_image_decode (*bytes, 0, &error);
  if (!damaged)
    g_error ("%s", error->message);
  return damaged;
}

/**
 * Method:
 * @name: NULL ends a list
 * @kind: who does it
 * @settings: (nullable): of the engine
 */
typedef struct
{
  const gchar *name;
  enum
  {
    BY_BICUBIC,
    BY_LANCZOS,
    BY_ENGINE,
    BY_ENGINE_ENCODED,
  } kind;
  RunSettings settings;
  guint quality;
} Method;

static CupPixels *
upscale (const CupPixels * reduced, GBytes * encoded, const Method * method)
{
  switch (method->kind) {
    case BY_BICUBIC:
      return cup_scaling_expand (reduced, factor);
    case BY_LANCZOS:
      return cup_resample (reduced, factor * reduced->width,
          factor * reduced->height, NULL, NULL);
    case BY_ENGINE_ENCODED:
      if (encoded)
        return run_upscale_encoded (encoded, factor, &method->settings);
      return run_upscale (reduced, factor, &method->settings);
    default:
      return run_upscale (reduced, factor, &method->settings);
  }
}

static gdouble
get_psnr (const Picture * picture, gconstpointer data)
{
  const Method *method = data;
  CupPixels *reduced = cup_pixels_ref (picture->reduced);
  GBytes *encoded = NULL;
  gdouble psnr;

  if (method->quality > 0) {
    cup_pixels_unref (reduced);
    reduced = damage (picture->reduced, method->quality, &encoded);
  }
  psnr = take_psnr (upscale (reduced, encoded, method), picture->original);
  g_clear_pointer (&encoded, g_bytes_unref);
  cup_pixels_unref (reduced);
  return psnr;
}

/* How close to the originals, in dB. Returns the gains over bicubic. */
static void
report_psnr (GPtrArray * pictures, guint quality, gdouble * gains)
{
  Method methods[] = {
    {"bicubic", BY_BICUBIC},
    {"Lanczos", BY_LANCZOS},
    {"engine, restoration", BY_ENGINE_ENCODED, {0, 0, 0}},
    {"engine, defaults", BY_ENGINE_ENCODED, {U, U, U}},
    {"engine, skip-ccsr", BY_ENGINE_ENCODED, {0, 0, 0, FALSE, TRUE}},
    {"engine, restoration, JPEG unknown to it", BY_ENGINE, {0, 0, 0}},
  };
  const guint count = G_N_ELEMENTS (methods) - (quality == 0 ? 1 : 0);
  gdouble bicubic = 0, lanczos = 0;
  guint i;

  g_print (quality > 0 ? "PSNR of luma, after JPEG of quality %u\n"
      : "PSNR of luma\n", quality);
  for (i = 0; i < count; i++) {
    gdouble psnr;

    methods[i].quality = quality;
    psnr = get_mean (pictures, get_psnr, &methods[i]);
    if (i == 0)
      bicubic = psnr;
    else if (i == 1)
      lanczos = psnr;
    gains[i] = psnr - bicubic;
    g_print ("  %-40s %7.3f dB", methods[i].name, psnr);
    if (i > 0)
      g_print ("  %+.3f over bicubic", psnr - bicubic);
    if (i > 1)
      g_print ("  %+.3f over Lanczos", psnr - lanczos);
    g_print ("\n");
  }
}

/* What fields do: all in one go for a picture, against its restoration. */
typedef struct
{
  gdouble psnr;                 /* dB of the original */
  gdouble from_restored;        /* dB of what is restored only */
  gdouble consistency;          /* the same, both reduced */
  gdouble gradient;             /* of the original's */
} Effect;

static void
add_effect (Effect * effect, const Picture * picture,
    const RunSettings * settings)
{
  CupPixels *base = run_upscale (picture->reduced, factor, &run_restoration);
  CupPixels *result = run_upscale (picture->reduced, factor, settings);
  Luma original = luma_new (picture->original), restored = luma_new (base);
  Luma luma = luma_new (result);
  Luma small = luma_reduce (&luma, factor);
  Luma small_restored = luma_reduce (&restored, factor);

  effect->psnr += measure_psnr (result, picture->original, factor);
  effect->from_restored += luma_psnr (&luma, &restored, factor);
  effect->consistency += luma_psnr (&small, &small_restored, 1);
  effect->gradient += luma_gradient (&luma, factor)
      / luma_gradient (&original, factor);
  luma_clear (&original);
  luma_clear (&restored);
  luma_clear (&luma);
  luma_clear (&small);
  luma_clear (&small_restored);
  cup_pixels_unref (base);
  cup_pixels_unref (result);
}

static Effect
get_effect (GPtrArray * pictures, const RunSettings * settings)
{
  Effect effect = { 0, };
  guint i;

  for (i = 0; i < pictures->len; i++)
    add_effect (&effect, g_ptr_array_index (pictures, i), settings);
  effect.psnr /= pictures->len;
  effect.from_restored /= pictures->len;
  effect.consistency /= pictures->len;
  effect.gradient /= pictures->len;
  g_print ("  %10g %10g %10g %10.2f %14.2f %14.2f %10.3f\n",
      settings->creativity, settings->detail, settings->shape_preservation,
      effect.psnr, effect.from_restored, effect.consistency, effect.gradient);
  return effect;
}

static void
report_fields (GPtrArray * pictures)
{
  static const gdouble creativities[] = { 0, 0.25, 0.5, 1 };
  static const gdouble details[] = { 0, 0.5, 1, 2, 5 };
  static const gdouble shapes[] = { 0, 0.25, 1, 3 };
  RunSettings settings = { 0, 0, 0 };
  gboolean textures = TRUE, sharpens = TRUE, preserves = TRUE;
  gdouble before = INFINITY, at_one = 0;
  Effect effect;
  guint i;

  g_print ("Fields (nan: the default). PSNR of luma; distance from what is "
      "restored only;\nthe same, both reduced again; mean gradient, as a part "
      "of the original's\n  %10s %10s %10s %10s %14s %14s %10s\n",
      "creativity", "detail", "shape", "PSNR", "from restored", "reduced",
      "gradient");
  for (i = 0; i < G_N_ELEMENTS (creativities); i++) {
    settings.creativity = creativities[i];
    effect = get_effect (pictures, &settings);
    textures = textures && (i == 0 || effect.from_restored < before);
    before = effect.from_restored;
  }
  settings.creativity = 0;
  settings.shape_preservation = U;
  for (i = 0, before = 0; i < G_N_ELEMENTS (details); i++) {
    settings.detail = details[i];
    effect = get_effect (pictures, &settings);
    sharpens = sharpens && effect.gradient > before;
    before = effect.gradient;
  }
  settings.creativity = settings.detail = U;
  for (i = 0, before = 0; i < G_N_ELEMENTS (shapes); i++) {
    settings.shape_preservation = shapes[i];
    effect = get_effect (pictures, &settings);
    preserves = preserves && effect.consistency > before;
    before = effect.consistency;
    if (shapes[i] == 1)
      at_one = effect.consistency;
  }
  demand ("creativity leads away from what is restored", textures);
  demand ("detail raises the gradient", sharpens);
  demand ("shape preservation raises consistency", preserves);
  demand ("consistency of 50 dB with shape preservation 1", at_one >= 50);
}

/* In dB, of results with two seeds. */
static gdouble
compare_seeds (const Picture * picture, gconstpointer data)
{
  RunSettings settings = *(const RunSettings *) data;
  CupPixels *one = run_upscale (picture->reduced, factor, &settings), *other;
  gdouble psnr;

  settings.other_seed = TRUE;
  other = run_upscale (picture->reduced, factor, &settings);
  psnr = measure_psnr (one, other, 0);
  cup_pixels_unref (one);
  cup_pixels_unref (other);
  return psnr;
}

static void
report_seeds (GPtrArray * pictures)
{
  static const RunSettings sharp = { 0, 2, 0.25 };
  const gdouble creative = get_mean (pictures, compare_seeds, &run_defaults);
  const gdouble plain = get_mean (pictures, compare_seeds, &sharp);

  g_print ("Seeds: results of two are %.2f dB apart by default, %.2f dB "
      "without creativity\n", creative, plain);
  demand ("seeds matter with creativity, and only then",
      isinf (plain) && !isinf (creative));
}

/* How far the mean of a channel goes at most. */
static gdouble
get_largest_shift (GPtrArray * pictures, const RunSettings * settings)
{
  gdouble largest = 0;
  guint i;

  for (i = 0; i < pictures->len; i++) {
    const Picture *picture = g_ptr_array_index (pictures, i);
    CupPixels *result = run_upscale (picture->reduced, factor, settings);

    largest = MAX (largest, measure_shift (result, picture->reduced));
    cup_pixels_unref (result);
  }
  return largest;
}

static void
report_colours (GPtrArray * pictures)
{
  static const RunSettings strong = { 1, 5, 0 };
  const gdouble restored = get_largest_shift (pictures, &run_restoration);
  const gdouble usual = get_largest_shift (pictures, &run_defaults);

  g_print ("Colours: the mean of a channel is off by at most %.3f levels "
      "(restoration), %.3f (defaults), %.3f (creativity 1, detail 5)\n",
      restored, usual, get_largest_shift (pictures, &strong));
  demand ("at most 0.3 levels by default", MAX (restored, usual) < 0.3);
}

static void
report_pans (GPtrArray * pictures)
{
  gdouble sums[PAN_N_METHODS] = { 0, };
  guint done = 0, i, k;

  g_print ("Pans of %d frames: mean difference of consecutive frames that were "
      "moved back,\nin levels by bicubic interpolation, and as multiples of "
      "that\n  %-20s", n_frames, "");
  for (k = 0; k < PAN_N_METHODS; k++)
    g_print (" %9s", pan_method_get_name (k));
  g_print ("\n");
  for (i = 0; i < pictures->len && done < (guint) n_pans; i++) {
    const Picture *picture = g_ptr_array_index (pictures, i);
    gdouble noise[PAN_N_METHODS];

    if (!pan_measure (picture->original, n_frames, noise))
      continue;
    done++;
    g_print ("  %-20s %9.3f", picture->name, noise[0]);
    for (k = 1; k < PAN_N_METHODS; k++) {
      g_print (" %9.2f", noise[k] / noise[0]);
      sums[k] += noise[k] / noise[0];
    }
    g_print ("\n");
  }
  if (done == 0)
    return;
  demand ("on average 1.2 times bicubic with neither creativity nor detail",
      sums[PAN_RESTORATION] / done <= 1.2);
  demand ("on average 1.2 times bicubic without creativity",
      sums[PAN_DETAIL] / done <= 1.2);
}

static void
report (const gchar * title, GPtrArray * pictures)
{
  gdouble gains[6];

  g_print ("%s: %u pictures, x%d\n", title, pictures->len, factor);
  report_psnr (pictures, 0, gains);
  if (factor == 2) {
    demand ("restoration 2.5 dB over bicubic, as of Set5", gains[2] >= 2.5);
    demand ("defaults 0.7 dB over bicubic", gains[3] >= 0.7);
    report_psnr (pictures, 75, gains);
    demand ("restoration 0.6 dB over bicubic", gains[2] >= 0.6);
    report_psnr (pictures, 50, gains);
    demand ("restoration 0.2 dB over bicubic", gains[2] >= 0.2);
  }
  report_fields (pictures);
  report_seeds (pictures);
  report_colours (pictures);
  if (n_pans > 0 && factor == 2)
    report_pans (pictures);
}

static gboolean
write_crops (GPtrArray * pictures, GError ** error)
{
  guint i;

  for (i = 0; i < pictures->len; i++) {
    const Picture *picture = g_ptr_array_index (pictures, i);

    if (!crops_write (crops, picture->name, picture->original, 0, error))
      return FALSE;
  }
  return TRUE;
}

/* @folder: (nullable): NULL for procedural pictures. */
static gboolean
run (const gchar * folder, GError ** error)
{
  GPtrArray *pictures;
  gboolean done = TRUE;

  if (!folder && crops)
    return crops_write_samples (crops, error);
  pictures = folder ? pictures_load (folder, factor, error)
      : pictures_make (factor);
  if (!pictures)
    return FALSE;
  if (crops)
    done = write_crops (pictures, error);
  else if (pictures->len > 0)
    report (folder ? folder : "procedural", pictures);
  g_ptr_array_unref (pictures);
  return done;
}

gint
main (gint argc, gchar ** argv)
{
  GOptionContext *context = g_option_context_new ("[FOLDER…]");
  GError *error = NULL;
  gboolean done = FALSE;
  gint i;

  setlocale (LC_ALL, "");
  g_option_context_set_summary (context,
      "How good the embedded engine's pictures are, and what its fields do. "
      "Without folders of photographs the pictures are procedural.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error)
      || (factor != 2 && factor != 4) || steps < 0 || n_frames < 2
      || n_pans < 0 || zoom < 1 || zoom > 16) {
    g_printerr ("%s\n", error ? error->message : "see --help");
    g_clear_error (&error);
    g_option_context_free (context);
    return 2;
  }
  run_set_steps (steps);
  crops_set_zoom (zoom);
  if (crops)
    crops_print_legend ();
  for (i = 1, done = argc > 1 || run (NULL, &error); done && i < argc; i++)
    done = run (argv[i], &error);
  if (!done) {
    g_printerr ("%s\n", error->message);
    g_clear_error (&error);
  }
  run_close ();
  g_free (crops);
  g_option_context_free (context);
  return done && all_good ? 0 : 1;
}
