/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Trains the networks of the local engine and writes their tables: README.md.
 */
#include <glib/gstdio.h>
#include <time.h>

#include "export.h"

static gint iterations = 0;
static gint n_threads = 2;
static gchar *directory = NULL;

static const GOptionEntry entries[] = {
  {"output", 'o', 0, G_OPTION_ARG_FILENAME, &directory,
      "Where the files are written (the working directory)", "DIRECTORY"},
  {"threads", 't', 0, G_OPTION_ARG_INT, &n_threads,
      "The result does not depend on how many there are (2)", "N"},
  {"iterations", 'i', 0, G_OPTION_ARG_INT, &iterations,
      "Other than the recipe's: for a trial", "N"},
  {NULL},
};

static gdouble
get_processor_time (void)
{
  return (gdouble) clock () / CLOCKS_PER_SEC;
}

static void
print_progress (guint iteration, gdouble psnr, gpointer user_data)
{
  const CupRecipe *recipe = user_data;

  g_printerr ("%s: %u of %u steps, %.3f dB, %.0f s of processor time\n",
      recipe->name, iteration, recipe->iterations, psnr, get_processor_time ());
}

static gboolean
make_table (const gchar * name, GError ** error)
{
  const CupRecipe *found = cup_recipes_find (name);
  CupRecipe recipe;
  CupModel model;
  CupNetwork *network;
  gchar *text, *file, *path;
  gboolean written;

  if (!found) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "there is no recipe \"%s\": see recipes.c", name);
    return FALSE;
  }
  recipe = *found;
  if (iterations > 0)
    recipe.iterations = iterations;
  cup_trainer_run (&recipe, cup_layers_get (), n_threads, &model,
      print_progress, &recipe);
  network = cup_export_quantise (&model, name, error);
  cup_model_clear (&model);
  if (!network)
    return FALSE;

  text = cup_export_write (network, &recipe);
  cup_export_free (network);
  file = g_strdup_printf ("%s.c", name);
  path = g_build_filename (directory ? directory : ".", file, NULL);
  written = g_file_set_contents (path, text, -1, error);
  if (written)
    g_printerr ("%s: written, %.0f s of processor time\n", path,
        get_processor_time ());
  g_free (text);
  g_free (file);
  g_free (path);
  return written;
}

gint
main (gint argc, gchar ** argv)
{
  GOptionContext *context = g_option_context_new ("NAME…");
  GError *error = NULL;
  gint status = 0, i;

  g_option_context_set_summary (context,
      "Trains networks of the local engine and writes NAME.c for each.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc < 2
      || n_threads < 1) {
    g_printerr ("%s\n", error ? error->message : "which table? see --help");
    g_clear_error (&error);
    status = 2;
  }
  for (i = 1; status == 0 && i < argc; i++) {
    if (!make_table (argv[i], &error)) {
      g_printerr ("%s\n", error->message);
      g_clear_error (&error);
      status = 1;
    }
  }
  g_option_context_free (context);
  g_free (directory);
  return status;
}
