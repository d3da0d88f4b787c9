/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What enhancing 3840×2160 costs, by what is asked for, and changing the size of
 * planes: processor time and time, for each build of the loops. The best of
 * several runs is shown.
 */
#include "engine/local/enhance.h"
#include "engine/local/plane-resample.h"
#include "engine/local/vectors.h"

#include <stdlib.h>
#include <time.h>

#define RUNS 7
#define WIDTH 3840
#define HEIGHT 2160

static const CupInterrupt never = { NULL, 0 };

typedef struct
{
  const gchar *name;
  CupEnhancement enhancement;
} Stage;

static const Stage stages[] = {
  {"defaults", {0.5, 1, 0.25, 1, WIDTH / 2, HEIGHT / 2}},
  {"defaults of 4096x2304 / 4", {0.5, 1, 0.25, 1, 1024, 576}},
  {"texture", {0.5, 0, 0, 1, WIDTH / 2, HEIGHT / 2}},
  {"detail", {0, 1, 0, 1, WIDTH / 2, HEIGHT / 2}},
  {"texture and detail", {0.5, 1, 0, 1, WIDTH / 2, HEIGHT / 2}},
};

static const guint sizes[][4] = {
  {WIDTH / 2, HEIGHT / 2, WIDTH, HEIGHT},
  {WIDTH, HEIGHT, WIDTH / 2, HEIGHT / 2},
  {4096, 2304, WIDTH, HEIGHT},
  {WIDTH, HEIGHT, WIDTH / 4, HEIGHT / 4},
};

static void
init_plane (CupPlane * plane, guint width, guint height)
{
  GRand *rand = g_rand_new_with_seed (1);
  guint x, y;

  g_assert_true (cup_plane_init (plane, width, height, 0, height));
  for (y = 0; y < height; y++) {
    for (x = 0; x < width; x++)
      cup_plane_row (plane, y)[x] = g_rand_int_range (rand, -4000, 4000)
          + x * 2;
  }
  g_rand_free (rand);
}

static gdouble
processor_ms (void)
{
  struct timespec time;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

/* Without @enhancement, of changing the size. */
static void
measure (const gchar * name, const CupEnhancement * enhancement,
    const CupPlane * input, CupPlane * output, guint n_threads)
{
  CupTeam *team = cup_team_new (n_threads);
  gdouble best_processor = G_MAXDOUBLE, best = G_MAXDOUBLE;
  GError *error = NULL;
  guint run;

  for (run = 0; run < RUNS; run++) {
    gint64 start = g_get_monotonic_time ();
    gdouble processor = processor_ms ();

    if (enhancement)
      cup_enhance_run (enhancement, input, output, team, &never, &error);
    else
      cup_plane_resample (input, output, team, &never, &error);
    g_assert_no_error (error);
    best_processor = MIN (best_processor, processor_ms () - processor);
    best = MIN (best, (g_get_monotonic_time () - start) / 1e3);
  }
  g_print ("%-26s %u threads: %6.1f ms of processor, %6.1f ms\n", name,
      n_threads, best_processor, best);
  cup_team_free (team);
}

static void
measure_all (guint n_threads)
{
  CupPlane input, output;
  guint i;

  init_plane (&input, WIDTH, HEIGHT);
  init_plane (&output, WIDTH, HEIGHT);
  for (i = 0; i < G_N_ELEMENTS (stages); i++)
    measure (stages[i].name, &stages[i].enhancement, &input, &output,
        n_threads);
  cup_plane_clear (&input);
  cup_plane_clear (&output);

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    gchar *name = g_strdup_printf ("%ux%u to %ux%u", sizes[i][0], sizes[i][1],
        sizes[i][2], sizes[i][3]);

    init_plane (&input, sizes[i][0], sizes[i][1]);
    init_plane (&output, sizes[i][2], sizes[i][3]);
    measure (name, NULL, &input, &output, n_threads);
    cup_plane_clear (&input);
    cup_plane_clear (&output);
    g_free (name);
  }
}

int
main (int argc, char **argv)
{
  if (cup_vectors_have_avx2 ()) {
    g_print ("AVX2\n");
    measure_all (1);
    measure_all (2);
  }
  cup_vectors_set_portable (TRUE);
  g_print ("portable\n");
  measure_all (1);
  measure_all (2);
  return EXIT_SUCCESS;
}
