/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * On which connections jobs are submitted.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fal-journal.h"

#define N_JOBS 12

/* Returns the number of connections that @n jobs take, one after the other. */
static guint64
count_connections (gint64 submission_idle, guint n)
{
  Fixture f;
  guint64 count;
  guint i;

  fixture_init (&f, NULL);
  f.settings.submission_idle = submission_idle;
  /* A stream has a connection of its own as long as it is open. */
  f.settings.follow_stream = FALSE;
  open_engine (&f);
  for (i = 0; i < n; i++) {
    Outcome *outcome = start_job (f.engine, NULL, NULL, 0);

    finish_well (outcome);
    outcome_free (outcome);
  }
  count = cup_fal_service_get_count (f.service, CUP_FAL_COUNT_CONNECTIONS);
  fixture_clear (&f);
  return count;
}

/* A connection that was active just now costs nothing; one that was idle for too
 * long is not used. */
static void
test_submissions (void)
{
  guint64 steady = count_connections (G_TIME_SPAN_HOUR, N_JOBS);
  guint64 idle = count_connections (1, N_JOBS);

  g_test_message ("steady: %u connections, idle: %u", (guint) steady,
      (guint) idle);
  g_assert_cmpuint (steady, ==, count_connections (G_TIME_SPAN_HOUR, 1));
  g_assert_cmpuint (idle, >=, N_JOBS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cup_log_set_writer (log_everything, check_log);
  g_test_add_func ("/fal/connections/submissions", test_submissions);
  return g_test_run ();
}
