/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every fault that the loopback service knows, at every stage, against the fal
 * engine: how the job ends, how many jobs the service accepted for it, that the
 * next one goes well, and that the key was seen nowhere but where it belongs.
 *
 * A fault strikes once. The table says for each stage what that does:
 *
 *   delivered   the picture comes, from one accepted job
 *   resubmitted the picture comes, from a second job: the service reported the
 *               first one as failed, which is not charged
 *   failed      an error, and the job was not accepted, or its failure is final
 *   lost        an error that says that the service may have accepted it; where
 *               it has (…-after and the like) it is one job, not two
 *   refused     an error, and nothing more is begun with this key
 */
#include <gio/gio.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "engine/fal/fal.h"
#include "fault-kinds.h"
#include "service.h"

#define KEY "KEYID-5be2:SECRET-0f1c77/a+b"
#define MS 1000

typedef enum
{
  DELIVERED,
  RESUBMITTED,
  FAILED,
  LOST,
  REFUSED,
} Ending;

/**
 * Row:
 * @stage: where it strikes; for "result" also what becomes of the job itself
 * @kinds: words of the faults
 * @accepted: jobs that the service accepted for it
 */
typedef struct
{
  const gchar *stage;
  Ending ending;
  guint accepted;
  const gchar *kinds;
} Row;

#define PASSING "408 425 429 429now 429date 500 502 503 504 "
#define SENSELESS "garbage html blank shape types deep gzip-bomb "
#define CONNECTION "reset reset-after stall stall-after truncate "
#define HARMLESS "slow late wrong-type "
#define REDIRECTS "redirect redirect-circle redirect-growing redirect-private "

static const Row rows[] = {
  {"initiate", DELIVERED, 1,
      PASSING "503fal 504fal " SENSELESS CONNECTION HARMLESS "bad-url "},
  {"initiate", REFUSED, 0, "401 402 403 "},
  /* Keys and pictures go nowhere else, and 16 MB of JSON are not an answer. */
  {"initiate", FAILED, 0, "404 422 oversize " REDIRECTS},

  {"put", DELIVERED, 1, PASSING CONNECTION HARMLESS "403 " REDIRECTS},
  /* It looks well from here: the service is the one that misses the file. */
  {"put", FAILED, 1, "html gzip-bomb blank "},
  {"put", FAILED, 0, "401 402 404 oversize "},

  {"part", DELIVERED, 1, PASSING SENSELESS CONNECTION HARMLESS "403 "
        REDIRECTS},
  {"part", FAILED, 0, "401 402 404 oversize "},

  {"complete", DELIVERED, 1, PASSING CONNECTION HARMLESS "403 404 " REDIRECTS},
  /* Only the status counts, and then the service misses the file. */
  {"complete", FAILED, 1, SENSELESS},
  {"complete", FAILED, 0, "401 402 oversize "},

  {"submit", DELIVERED, 1,
      "425 429 429now 429date 503 " HARMLESS
        "foreign-urls no-urls in-progress minimal "},
  {"submit", REFUSED, 0, "401 402 403 "},
  /* "types" has an id in its headers, which the service then does not know. */
  {"submit", FAILED, 0, "404 422 504user types "},
  {"submit", LOST, 0,
      "408 500 502 503fal 504 504fal reset stall oversize garbage html blank "
        "shape deep gzip-bomb " REDIRECTS},
  {"submit", LOST, 1, "reset-after stall-after truncate "},

  {"status", DELIVERED, 1,
      PASSING "503fal 504fal " SENSELESS CONNECTION HARMLESS
        "unknown-state minimal oversize 401 402 403 404 " REDIRECTS},
  {"status", FAILED, 1, "422 "},

  /* There is always another way to hear of it. */
  {"stream", DELIVERED, 1,
      PASSING "401 402 403 404 422 503fal 504fal oversize " SENSELESS
        CONNECTION HARMLESS REDIRECTS
        "unknown-state minimal cut silent pings crlf comments "
        "split multiline named whole-logs duplicate no-completed "
        "never-closes "},

  /* Asking once more costs nothing. */
  {"result", DELIVERED, 1,
      PASSING "503fal 504fal " SENSELESS CONNECTION HARMLESS
        "401 402 403 404 " REDIRECTS},
  {"result", FAILED, 1, "422 504user oversize "},
  /* The job itself. */
  {"result", RESUBMITTED, 2,
      "model-500 generation_timeout downstream_service_error "
        "downstream_service_unavailable runner-503 runner_connection_error "
        "runner_connection_refused runner_connection_timeout "
        "runner_scheduling_failure runner_incomplete_response "
        "runner_server_error request_timeout startup_timeout internal_error "
        "concurrent_requests_limit "},
  {"result", FAILED, 1,
      "model-422 model-policy model-500-final model-text bad_request "
        "client_cancelled client_disconnected job-504user stuck "
        "no-image bad-url not-image bad-header empty bomb "},
  {"result", DELIVERED, 1, "black tinted images data-uri wrong-size damaged "},

  {"download", DELIVERED, 1,
      PASSING CONNECTION HARMLESS "garbage html blank damaged "
        "gzip-bomb 401 402 403 404 " REDIRECTS},
  {"download", FAILED, 1, "oversize "},

  /* Nobody waits for it: the job has been cancelled already. */
  {"cancel", FAILED, 1,
      PASSING "401 402 403 404 422 503fal 504fal oversize " SENSELESS
        CONNECTION HARMLESS REDIRECTS},
};

typedef struct
{
  const Row *row;
  gchar *kind;
} Case;

static gboolean
is_one_of (const gchar * kind, const gchar * kinds)
{
  gchar **words = g_strsplit (kinds, " ", -1);
  gboolean found = g_strv_contains ((const gchar * const *) words, kind);

  g_strfreev (words);
  return found;
}

/* Engine and jobs */

typedef struct
{
  CupJob *job;
  GMutex lock;
  GCond cond;
  guint calls;
  CupResult *result;
  GError *error;
} Outcome;

static void
on_done (CupJob * job, CupResult * result, GError * error, gpointer data)
{
  Outcome *outcome = data;

  g_mutex_lock (&outcome->lock);
  outcome->calls++;
  outcome->result = result;
  outcome->error = error;
  g_cond_signal (&outcome->cond);
  g_mutex_unlock (&outcome->lock);
}

static CupEngine *
make_engine (CupFalService * service, const Case * c)
{
  gboolean parts = strcmp (c->row->stage, "part") == 0
      || strcmp (c->row->stage, "complete") == 0;
  const gchar *location = cup_fal_service_get_location (service);
  CupFalSettings settings;
  GError *error = NULL;
  CupEngine *engine;

  cup_fal_settings_init (&settings);
  settings.key = KEY;
  settings.location = settings.storage_location = location;
  settings.upload = CUP_FAL_UPLOAD_STORAGE;
  settings.follow_stream = strcmp (c->row->stage, "status") != 0;
  settings.retry_delay = 5 * MS;
  /* What never answers is given up; nothing else takes that long. */
  if (g_str_has_prefix (c->kind, "stall") || strcmp (c->kind, "silent") == 0)
    settings.inactivity_timeout = 1000 * MS;
  if (parts) {
    settings.multipart_above = 64;
    settings.part_size = 128;
  }
  engine = cup_fal_engine_new (&settings, &error);
  g_assert_no_error (error);
  return engine;
}

static Outcome *
start_job (CupEngine * engine, guint8 shade, gint64 timeout)
{
  Outcome *outcome = g_new0 (Outcome, 1);
  CupPixels *pixels = cup_pixels_new (40, 24, 3, 8, NULL);
  CupValues *values = cup_values_new ();
  CupImageInfo info;
  GBytes *bytes;
  gsize i;

  /* Noise, for more parts than one. */
  for (i = 0; i < cup_pixels_get_size (pixels); i++)
    ((guint8 *) pixels->data)[i] = (guint8) (shade + (i * i * 7 + i / 3) % 101);
  bytes = cup_image_encode (pixels, CUP_IMAGE_PNG, 100, NULL);
  g_assert_true (cup_image_read_info (bytes, &info, NULL));
  g_mutex_init (&outcome->lock);
  g_cond_init (&outcome->cond);
  outcome->job = cup_job_new_encoded (bytes, &info);
  cup_job_set_values (outcome->job, values);
  cup_job_set_timeout (outcome->job, timeout);
  cup_job_set_queue_timeout (outcome->job, timeout);
  cup_job_set_callback (outcome->job, on_done, outcome, NULL);
  cup_engine_upscale_async (engine, outcome->job);
  g_bytes_unref (bytes);
  cup_pixels_unref (pixels);
  return outcome;
}

static void
finish_job (Outcome * outcome)
{
  g_mutex_lock (&outcome->lock);
  while (outcome->calls == 0)
    g_cond_wait (&outcome->cond, &outcome->lock);
  g_mutex_unlock (&outcome->lock);
}

static void
outcome_free (Outcome * outcome)
{
  g_assert_cmpuint (outcome->calls, ==, 1);
  cup_job_unref (outcome->job);
  g_clear_pointer (&outcome->result, cup_result_free);
  if (outcome->error)
    g_assert_null (strstr (outcome->error->message, "SECRET"));
  g_clear_error (&outcome->error);
  g_mutex_clear (&outcome->lock);
  g_cond_clear (&outcome->cond);
  g_free (outcome);
}

/* The table */

static void
check_ending (Outcome * outcome, const Case * c)
{
  const CupErrorDetails *details = cup_error_get_details (outcome->error);

  switch (c->row->ending) {
    case DELIVERED:
      g_assert_no_error (outcome->error);
      g_assert_cmpuint (outcome->result->submissions, ==,
          is_one_of (c->kind, "425 429 429now 429date 503")
          && strcmp (c->row->stage, "submit") == 0 ? 2 : 1);
      break;
    case RESUBMITTED:
      g_assert_no_error (outcome->error);
      g_assert_cmpuint (outcome->result->submissions, ==, 2);
      break;
    case REFUSED:
      g_assert_error (outcome->error, CUP_ERROR, CUP_ERROR_NOT_AUTHORIZED);
      break;
    case FAILED:
      g_assert_nonnull (outcome->error);
      g_assert_true (!details || !details->maybe_accepted);
      break;
    case LOST:
      g_assert_nonnull (outcome->error);
      g_assert_true (details->maybe_accepted);
      g_assert_nonnull (strstr (outcome->error->message, "may have accepted"));
      break;
  }
}

/* The job that is struck; and the cancelling of one, where that is. */
static void
run_struck (CupEngine * engine, CupFalService * service, const Case * c)
{
  gboolean cancel = strcmp (c->row->stage, "cancel") == 0;
  gboolean stuck = strcmp (c->kind, "stuck") == 0;
  Outcome *outcome;

  if (cancel)
    cup_fal_service_hold (service, TRUE);
  outcome = start_job (engine, 10, stuck ? 300 * MS : 0);
  if (cancel) {
    g_assert_true (cup_fal_service_wait_count (service,
            CUP_FAL_COUNT_STREAM, 1, 60000));
    g_cancellable_cancel (cup_job_get_cancellable (outcome->job));
    g_assert_true (cup_fal_service_wait_count (service,
            CUP_FAL_COUNT_CANCEL, 1, 60000));
    cup_fal_service_hold (service, FALSE);
  }
  finish_job (outcome);
  check_ending (outcome, c);
  outcome_free (outcome);
}

static void
test_case (gconstpointer data)
{
  const Case *c = data;
  gchar *spec = g_strdup_printf ("%s:%s:1:FOR=100", c->row->stage, c->kind);
  CupFalServiceOptions options;
  CupFalService *service;
  CupEngine *engine;
  Outcome *outcome;
  GError *error = NULL;

  cup_fal_service_options_init (&options);
  options.key = KEY;
  service = cup_fal_service_new (&options, &error);
  g_assert_no_error (error);
  cup_fal_service_add_fault (service, spec, &error);
  g_assert_no_error (error);
  engine = make_engine (service, c);

  run_struck (engine, service, c);
  g_assert_cmpuint (cup_fal_service_get_count (service, CUP_FAL_COUNT_FAULTS),
      ==, 1);
  g_assert_cmpuint (cup_fal_service_get_count (service,
          CUP_FAL_COUNT_ACCEPTED), ==, c->row->accepted);

  outcome = start_job (engine, 90, 0);
  finish_job (outcome);
  if (c->row->ending == REFUSED)
    g_assert_error (outcome->error, CUP_ERROR, CUP_ERROR_NOT_AUTHORIZED);
  else
    g_assert_no_error (outcome->error);
  outcome_free (outcome);
  g_assert_cmpuint (cup_fal_service_get_count (service,
          CUP_FAL_COUNT_ACCEPTED), ==,
      c->row->accepted + (c->row->ending != REFUSED));

  cup_engine_close (engine);
  cup_engine_join (engine);
  g_object_unref (engine);
  g_assert_cmpuint (cup_fal_service_get_count (service, CUP_FAL_COUNT_LEAKS),
      ==, 0);
  g_assert_cmpuint (cup_fal_service_get_count (service,
          CUP_FAL_COUNT_REFUSED), ==, 0);
  cup_fal_service_free (service);
  g_free (spec);
}

/* Whatever the service can do has a row here, and one only. */
static void
test_table (void)
{
  guint n, i, stage, row;
  const CupServiceFaultKind *kinds = cup_service_fault_kinds (&n);

  for (i = 0; i < n; i++) {
    for (stage = 0; stage < CUP_FAL_N_STAGES; stage++) {
      const gchar *name = cup_service_stage_get_name (stage);
      guint found = 0;

      if (!(kinds[i].stages & CUP_FAL_STAGE_BIT (stage)))
        continue;
      for (row = 0; row < G_N_ELEMENTS (rows); row++)
        if (strcmp (rows[row].stage, name) == 0)
          found += is_one_of (kinds[i].name, rows[row].kinds);
      if (found != 1)
        g_error ("%s:%s is in %u rows", name, kinds[i].name, found);
    }
  }
}

static gboolean
is_logged (CupLogLevel level)
{
  return TRUE;
}

static void
check_log (CupLogLevel level, const gchar * file, const gchar * function,
    gint line, const gchar * text)
{
  if (strstr (text, "SECRET"))
    g_error ("the log shows the key: %s", text);
  g_test_message ("%s: %s", function, text);
}

static void
case_free (gpointer data)
{
  Case *c = data;

  g_free (c->kind);
  g_free (c);
}

int
main (int argc, char **argv)
{
  guint row, i;

  g_test_init (&argc, &argv, NULL);
  cup_log_set_writer (is_logged, check_log);
  g_test_add_func ("/faults/table", test_table);
  for (row = 0; row < G_N_ELEMENTS (rows); row++) {
    gchar **kinds = g_strsplit (rows[row].kinds, " ", -1);

    for (i = 0; kinds[i]; i++) {
      gchar *spec = g_strconcat (rows[row].stage, ":", kinds[i], NULL);
      gchar *path = g_strconcat ("/faults/", rows[row].stage, "/", kinds[i],
          NULL);
      Case *c;

      /* The lists in common have words that a stage does not know. */
      if (*kinds[i] && cup_fal_service_check_fault (spec, NULL)) {
        c = g_new0 (Case, 1);
        c->row = &rows[row];
        c->kind = g_strdup (kinds[i]);
        g_test_add_data_func_full (path, c, test_case, case_free);
      }
      g_free (path);
      g_free (spec);
    }
    g_strfreev (kinds);
  }
  return g_test_run ();
}
