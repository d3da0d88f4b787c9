/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What doubling a frame of 1080p with each network takes: processor time of one
 * thread, how long one and two threads take, and two that double a frame each and
 * have nothing to do with each other: no division of the work can do better on the
 * machine. Where there is ffmpeg, also how
 * often its Lanczos filter could do the whole frame meanwhile. Everything is
 * measured in turn, round after round, and the best of all rounds counts: the
 * machine may be busy with something else for a while.
 */
#include "engine/local/doubling.h"
#include "engine/local/tables.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define WIDTH 1920
#define HEIGHT 1080
#define ROUNDS 10
#define FFMPEG_FRAMES 40

static const CupNetwork *const tables[] = {
  &cup_network_fast_clean, &cup_network_balanced_clean,
  &cup_network_quality_clean,
};

/* Milliseconds, the best so far. */
typedef struct
{
  gdouble cpu;                  /* of one thread */
  gdouble wall[2];              /* of one and two */
  gdouble apart;                /* of two with a frame each, for one frame */
} Result;

typedef struct
{
  const CupNetwork *network;
  CupInstructions instructions;
  const CupPlane *input;
  CupPlane *output;
  CupTeam *team;                /* of one */
} Work;

static Result results[G_N_ELEMENTS (tables)][CUP_INSTRUCTIONS_NEON + 1];
static gdouble ffmpeg_with = G_MAXDOUBLE, ffmpeg_without = G_MAXDOUBLE;

static gdouble
get_milliseconds (clockid_t id)
{
  struct timespec now;

  clock_gettime (id, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static gpointer
work_alone (gpointer data)
{
  const CupInterrupt never = { NULL, 0 };
  Work *work = data;

  if (!cup_doubling_run (work->network, work->instructions, work->input, FALSE,
          work->output, work->team, &never, NULL))
    g_error ("no memory");
  return NULL;
}

static void
measure_apart (const CupNetwork * network, CupInstructions instructions,
    const CupPlane * input, CupPlane outputs[2], CupTeam * alone[2],
    Result * result)
{
  gdouble wall = get_milliseconds (CLOCK_MONOTONIC);
  GThread *threads[2];
  Work works[2];
  guint i;

  for (i = 0; i < 2; i++) {
    works[i] = (Work) {
    network, instructions, input, &outputs[i], alone[i]};
    threads[i] = g_thread_new ("apart", work_alone, &works[i]);
  }
  for (i = 0; i < 2; i++)
    g_thread_join (threads[i]);
  wall = get_milliseconds (CLOCK_MONOTONIC) - wall;
  result->apart = MIN (result->apart, wall / 2);
}

static void
measure (const CupNetwork * network, CupInstructions instructions,
    const CupPlane * input, CupPlane * output, CupTeam ** teams,
    Result * result)
{
  const CupInterrupt never = { NULL, 0 };
  GError *error = NULL;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (result->wall); i++) {
    gdouble wall = get_milliseconds (CLOCK_MONOTONIC);
    gdouble cpu = get_milliseconds (CLOCK_PROCESS_CPUTIME_ID);

    if (!cup_doubling_run (network, instructions, input, FALSE, output,
            teams[i], &never, &error))
      g_error ("%s", error->message);
    cpu = get_milliseconds (CLOCK_PROCESS_CPUTIME_ID) - cpu;
    wall = get_milliseconds (CLOCK_MONOTONIC) - wall;
    result->wall[i] = MIN (result->wall[i], wall);
    if (i == 0)
      result->cpu = MIN (result->cpu, cpu);
  }
}

static gdouble
get_children_milliseconds (void)
{
  struct rusage usage;

  getrusage (RUSAGE_CHILDREN, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3
      + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

/* Processor time of ffmpeg for a frame of a file of frames. */
static gdouble
run_ffmpeg (const gchar * path, const gchar * filter)
{
  gchar *command = g_strdup_printf ("ffmpeg -nostdin -loglevel error "
      "-threads 1 -f rawvideo -pix_fmt yuv420p -s %ux%u -i %s "
      "-filter_threads 1 -vf %s -f null -", WIDTH, HEIGHT, path, filter);
  gdouble before = get_children_milliseconds ();
  gint status;

  if (!g_spawn_command_line_sync (command, NULL, NULL, &status, NULL)
      || status != 0)
    g_error ("this failed: %s", command);
  g_free (command);
  return (get_children_milliseconds () - before) / FFMPEG_FRAMES;
}

/* The plane as frames of I420. */
static gchar *
write_frames (const CupPlane * plane)
{
  gsize size = WIDTH * HEIGHT * 3 / 2;
  gchar *frame = g_malloc (size), *path;
  GError *error = NULL;
  gint fd = g_file_open_tmp ("bench-doubling-XXXXXX", &path, &error);
  GIOChannel *channel = g_io_channel_unix_new (fd);
  guint x, y;

  if (fd < 0)
    g_error ("%s", error->message);
  memset (frame, 128, size);
  for (y = 0; y < HEIGHT; y++) {
    for (x = 0; x < WIDTH; x++)
      frame[y * WIDTH + x] = 128 + cup_plane_row (plane, y)[x] / 128;
  }
  g_io_channel_set_encoding (channel, NULL, NULL);
  for (x = 0; x < FFMPEG_FRAMES; x++) {
    if (g_io_channel_write_chars (channel, frame, size, NULL, &error)
        != G_IO_STATUS_NORMAL)
      g_error ("%s: %s", path, error->message);
  }
  g_io_channel_shutdown (channel, TRUE, NULL);
  g_io_channel_unref (channel);
  g_free (frame);
  return path;
}

static void
fill (CupPlane * plane)
{
  GRand *rand = g_rand_new_with_seed (1);
  guint x, y;

  for (y = 0; y < HEIGHT; y++) {
    for (x = 0; x < WIDTH; x++)
      cup_plane_row (plane, y)[x] = ((x / 13 + y / 9) % 2 ? 64 : -64) * 128
          + g_rand_int_range (rand, -512, 512);
  }
  g_rand_free (rand);
}

static void
report (void)
{
  gdouble ffmpeg = ffmpeg_with - ffmpeg_without;
  guint i, j;

  if (ffmpeg_with < G_MAXDOUBLE)
    g_print ("ffmpeg's lanczos, all of I420: %.1f ms\n", ffmpeg);
  for (i = 0; i < G_N_ELEMENTS (tables); i++) {
    for (j = 0; j < G_N_ELEMENTS (results[i]); j++) {
      const Result *result = &results[i][j];

      if (!cup_instructions_available (j))
        continue;
      g_print ("%-14s %-12s %6.1f ms CPU, %6.1f ms, with two threads "
          "%6.1f ms: %.2f (apart %.2f)", tables[i]->name,
          cup_instructions_get_name (j), result->cpu, result->wall[0],
          result->wall[1], result->wall[1] / result->wall[0],
          result->apart / result->wall[0]);
      if (ffmpeg_with < G_MAXDOUBLE)
        g_print ("; %.1f times ffmpeg's", result->cpu / ffmpeg);
      g_print ("\n");
    }
  }
}

int
main (int argc, char **argv)
{
  gchar *ffmpeg = g_find_program_in_path ("ffmpeg"), *path = NULL;
  CupTeam *teams[] = { cup_team_new (1), cup_team_new (2) };
  CupTeam *alone[] = { teams[0], cup_team_new (1) };
  CupPlane input, outputs[2];
  guint round, i, j;

  if (!cup_plane_init (&input, WIDTH, HEIGHT, 0, HEIGHT)
      || !cup_plane_init (&outputs[0], 2 * WIDTH, 2 * HEIGHT, 0, 2 * HEIGHT)
      || !cup_plane_init (&outputs[1], 2 * WIDTH, 2 * HEIGHT, 0, 2 * HEIGHT))
    g_error ("no memory");
  fill (&input);
  if (ffmpeg)
    path = write_frames (&input);
  for (i = 0; i < G_N_ELEMENTS (tables); i++) {
    for (j = 0; j < G_N_ELEMENTS (results[i]); j++)
      results[i][j] = (Result) {
      G_MAXDOUBLE, {
      G_MAXDOUBLE, G_MAXDOUBLE}
      , G_MAXDOUBLE};
  }

  for (round = 0; round < ROUNDS; round++) {
    for (i = 0; i < G_N_ELEMENTS (tables); i++) {
      for (j = 0; j < G_N_ELEMENTS (results[i]); j++) {
        if (!cup_instructions_available (j))
          continue;
        measure (tables[i], j, &input, &outputs[0], teams, &results[i][j]);
        measure_apart (tables[i], j, &input, outputs, alone, &results[i][j]);
      }
    }
    if (path) {
      ffmpeg_without = MIN (ffmpeg_without, run_ffmpeg (path, "null"));
      ffmpeg_with = MIN (ffmpeg_with, run_ffmpeg (path,
              "scale=3840:2160:flags=lanczos:threads=1"));
    }
  }
  report ();

  if (path)
    g_remove (path);
  g_free (path);
  g_free (ffmpeg);
  cup_plane_clear (&input);
  cup_plane_clear (&outputs[0]);
  cup_plane_clear (&outputs[1]);
  cup_team_free (teams[0]);
  cup_team_free (teams[1]);
  cup_team_free (alone[1]);
  return 0;
}
