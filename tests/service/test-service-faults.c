/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The faults of the loopback service: that each does what its row says, so
 * that a test of the plugin that orders one really has it.
 */
#include <string.h>

#include "client.h"
#include "fault-kinds.h"

static void
order (Client * client, const gchar * spec)
{
  GError *error = NULL;

  cup_fal_service_add_fault (client->service, spec, &error);
  g_assert_no_error (error);
}

static void
order_only (Client * client, const gchar * spec)
{
  cup_fal_service_clear_faults (client->service);
  order (client, spec);
}

static guint64
count (Client * client, CupFalCounter counter)
{
  return cup_fal_service_get_count (client->service, counter);
}

static guint
get_status (Client * client, const gchar * id)
{
  Answer *answer = client_get (client, request_path (id, "/status"));
  guint status = answer->status;

  answer_free (answer);
  return status;
}

static void
test_specs (void)
{
  static const gchar *const good[] = {
    "submit:503", "result:502:2", "status:429:EVERY=3", "put:500:AFTER=2:1",
    "download:slow:FOR=100", "stream:cut", "cancel:404", "initiate:403",
    "part:reset-after", "complete:429date", "stream:slow:CHANCE=1",
    "status:500:CHANCE=100:3:AFTER=1"
  };
  static const gchar *const bad[] = {
    "", "submit", "submit:", "nowhere:503", "submit:cut", "put:model-422",
    "submit:503:", "submit:503:0", "submit:503:-1", "submit:503:EVERY=0",
    "submit:503:x", "submit:late:FOR=99999999", "status:503:CHANCE=0",
    "status:503:CHANCE=101", "put:garbage", "download:504user", "put:503fal",
    "stream:late", "status:crlf"
  };
  GError *error = NULL;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (good); i++) {
    g_assert_true (cup_fal_service_check_fault (good[i], &error));
    g_assert_no_error (error);
  }
  for (i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_test_message ("%s", bad[i]);
    g_assert_false (cup_fal_service_check_fault (bad[i], &error));
    g_assert_nonnull (error);
    g_clear_error (&error);
  }
}

/* Every kind is there for every stage, apart from those stages where it would
 * make no sense: fault-kinds.c says why. */
static void
test_matrix (void)
{
  static const struct
  {
    const gchar *kind;
    const gchar *but;
  } kinds[] = {
    {"reset", ""}, {"reset-after", ""}, {"stall", ""}, {"stall-after", ""},
    {"slow", ""}, {"truncate", ""}, {"late", "stream"}, {"401", ""},
    {"402", ""}, {"403", ""}, {"404", ""}, {"408", ""}, {"425", ""},
    {"429", ""}, {"429now", ""}, {"429date", ""}, {"500", ""}, {"502", ""},
    {"503", ""}, {"503fal", "put part complete download"}, {"504", ""},
    {"504fal", "put part complete download"},
    {"504user", "initiate put part complete status stream download cancel"},
    {"wrong-type", ""}, {"garbage", "put"}, {"html", ""}, {"blank", ""},
    {"shape", "put download"}, {"types", "put download"},
    {"deep", "put download"}, {"oversize", ""}, {"gzip-bomb", ""},
    {"redirect", ""}, {"redirect-circle", ""}, {"redirect-growing", ""},
    {"redirect-private", ""},
  };
  guint i, stage;

  for (i = 0; i < G_N_ELEMENTS (kinds); i++) {
    gchar **but = g_strsplit (kinds[i].but, " ", -1);

    for (stage = 0; stage < CUP_FAL_N_STAGES; stage++) {
      const gchar *name = cup_service_stage_get_name (stage);
      gchar *spec = g_strdup_printf ("%s:%s", name, kinds[i].kind);

      g_test_message ("%s", spec);
      g_assert_cmpint (cup_fal_service_check_fault (spec, NULL), ==,
          !g_strv_contains ((const gchar * const *) but, name));
      g_free (spec);
    }
    g_strfreev (but);
  }
}

static void
assert_pattern (Client * client, const gchar * id, const gchar * spec,
    const gchar * pattern)
{
  guint i;

  order_only (client, spec);
  for (i = 0; pattern[i]; i++)
    g_assert_cmpuint (get_status (client, id), ==,
        pattern[i] == 'x' ? 500 : 202);
}

static void
test_counts (void)
{
  Client client;
  gchar *id;

  client_init (&client, NULL, 30);
  cup_fal_service_hold (client.service, TRUE);
  id = client_submit (&client, NULL);
  assert_pattern (&client, id, "status:500", "xxxx");
  assert_pattern (&client, id, "status:500:2", "xx..");
  assert_pattern (&client, id, "status:500:EVERY=3", "..x..x.");
  assert_pattern (&client, id, "status:500:AFTER=2", "..xxx");
  assert_pattern (&client, id, "status:500:AFTER=2:1", "..x..");
  assert_pattern (&client, id, "status:500:AFTER=1:EVERY=2:2", "..x.x..");
  assert_pattern (&client, id, "submit:500", "..");
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_FAULTS), ==, 14);
  g_free (id);
  client_clear (&client);
}

/* Of several that would strike the first does; all of them count. */
static void
test_several (void)
{
  static const guint statuses[] = { 503, 500, 404, 500, 404, 500, 202, 500 };
  Client client;
  gchar *id;
  guint i;

  client_init (&client, NULL, 30);
  cup_fal_service_hold (client.service, TRUE);
  id = client_submit (&client, NULL);
  order (&client, "status:500:EVERY=2");
  order (&client, "status:503:1");
  order (&client, "status:404:2");
  for (i = 0; i < G_N_ELEMENTS (statuses); i++)
    g_assert_cmpuint (get_status (&client, id), ==, statuses[i]);
  g_free (id);
  client_clear (&client);
}

/* Which of 200 requests are struck, with the dice of @seed. */
static gchar *
throw_dice (guint seed, const gchar * spec)
{
  GString *pattern = g_string_new (NULL);
  CupFalServiceOptions options;
  Client client;
  guint i;

  cup_fal_service_options_init (&options);
  options.seed = seed;
  client_init (&client, &options, 30);
  order (&client, spec);
  for (i = 0; i < 200; i++)
    g_string_append_c (pattern, get_status (&client, "x") == 500 ? 'x' : '.');
  client_clear (&client);
  return g_string_free (pattern, FALSE);
}

static guint
count_strikes (const gchar * pattern)
{
  guint n = 0;

  for (; *pattern; pattern++)
    n += *pattern == 'x';
  return n;
}

static void
test_chance (void)
{
  gchar *first = throw_dice (0, "status:500:CHANCE=30");
  gchar *again = throw_dice (0, "status:500:CHANCE=30");
  gchar *other = throw_dice (7, "status:500:CHANCE=30");
  gchar *rare = throw_dice (7, "status:500:CHANCE=5");
  gchar *always = throw_dice (7, "status:500:CHANCE=100");
  gchar *few = throw_dice (7, "status:500:CHANCE=30:5");

  g_assert_cmpstr (first, ==, again);
  g_assert_cmpstr (first, !=, other);
  /* Five standard deviations. */
  g_assert_cmpuint (count_strikes (first), >, 27);
  g_assert_cmpuint (count_strikes (first), <, 93);
  g_assert_cmpuint (count_strikes (rare), <, 26);
  g_assert_cmpuint (count_strikes (always), ==, 200);
  g_assert_cmpuint (count_strikes (few), ==, 5);
  g_assert_cmpuint (strcspn (few, "x"), ==, strcspn (other, "x"));
  g_free (few);
  g_free (always);
  g_free (rare);
  g_free (other);
  g_free (again);
  g_free (first);
}

/* Every row that is an answer, at every stage of it. */
typedef struct
{
  const gchar *method;
  const gchar *path;
} Target;

static const Target targets[CUP_FAL_N_STAGES] = {
  {"POST", "/storage/upload/initiate"},
  {"PUT", "/upload/none"},
  {"PUT", "/upload/none/1"},
  {"POST", "/upload/none/complete"},
  {"POST", "/fal-ai/creative-upscaler"},
  {"GET", "/fal-ai/creative-upscaler/requests/x/status"},
  {"GET", "/fal-ai/creative-upscaler/requests/x/status/stream"},
  {"GET", "/fal-ai/creative-upscaler/requests/x"},
  {"GET", "/files/none"},
  {"PUT", "/fal-ai/creative-upscaler/requests/x/cancel"},
};

static gboolean
is_of_files (CupFalStage stage)
{
  return stage == CUP_FAL_STAGE_PUT || stage == CUP_FAL_STAGE_PART
      || stage == CUP_FAL_STAGE_COMPLETE || stage == CUP_FAL_STAGE_DOWNLOAD;
}

static void
check_answer_row (Client * client, const CupServiceFaultKind * kind,
    CupFalStage stage)
{
  gchar *spec = g_strdup_printf ("%s:%s",
      cup_service_stage_get_name (stage), kind->name);
  Answer *answer;

  g_test_message ("%s", spec);
  order_only (client, spec);
  answer = client_send_text (client, targets[stage].method,
      targets[stage].path, NULL);
  g_assert_no_error (answer->error);
  g_assert_cmpuint (answer->status, ==, kind->status);
  g_assert_cmpstr (answer_get_header (answer, "Content-Type"), ==, kind->type);
  g_assert_cmpmem (g_bytes_get_data (answer->bytes, NULL),
      g_bytes_get_size (answer->bytes), kind->body, strlen (kind->body));
  g_assert_cmpstr (answer_get_header (answer, "X-Fal-Error-Type"), ==,
      kind->error_type);
  if (is_of_files (stage) || kind->no_id)
    g_assert_null (answer_get_header (answer, "x-fal-request-id"));
  else
    g_assert_nonnull (answer_get_header (answer, "x-fal-request-id"));
  answer_free (answer);
  g_free (spec);
}

static void
test_answers (void)
{
  const CupServiceFaultKind *kinds;
  Client client;
  guint i, stage, n, checked = 0;

  client_init (&client, NULL, 30);
  kinds = cup_service_fault_kinds (&n);
  for (i = 0; i < n; i++) {
    if (kinds[i].when != CUP_SERVICE_FAULT_ANSWER)
      continue;
    for (stage = 0; stage < CUP_FAL_N_STAGES; stage++) {
      if (kinds[i].stages & CUP_FAL_STAGE_BIT (stage)) {
        check_answer_row (&client, &kinds[i], stage);
        checked++;
      }
    }
  }
  g_assert_cmpuint (checked, >, 170);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_FAULTS), ==, checked);
  client_clear (&client);
}

static void
test_more_answers (void)
{
  Client client;
  Answer *answer;

  client_init (&client, NULL, 30);
  order (&client, "result:504user:1");
  answer = client_get (&client, request_path ("x", ""));
  g_assert_cmpstr (answer_get_header (answer, "X-Fal-Request-Timeout-Type"),
      ==, "user");
  answer_free (answer);

  order (&client, "status:deep:1");
  answer = client_get (&client, request_path ("x", "/status"));
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_cmpuint (g_bytes_get_size (answer->bytes), ==, 200000);
  answer_free (answer);

  order (&client, "stream:deep:1");
  answer = client_get (&client, request_path ("x", "/status/stream"));
  g_assert_cmpstr (answer_get_header (answer, "Content-Type"), ==,
      "text/event-stream");
  g_assert_cmpuint (g_bytes_get_size (answer->bytes), ==, 200008);
  answer_free (answer);
  client_clear (&client);
}

static void
test_retry_after (void)
{
  GDateTime *now = g_date_time_new_now_utc ();
  Client client;
  Answer *answer;
  GDateTime *date;

  client_init (&client, NULL, 30);
  order (&client, "status:429:1");
  answer = client_get (&client, request_path ("x", "/status"));
  g_assert_cmpstr (answer_get_header (answer, "Retry-After"), ==, "1");
  g_assert_cmpstr (answer_get_header (answer, "X-Fal-Needs-Retry"), ==, "1");
  g_assert_cmpstr (answer_get_string (answer, "error_type"), ==,
      "concurrent_requests_limit");
  answer_free (answer);

  order (&client, "status:429now:1");
  answer = client_get (&client, request_path ("x", "/status"));
  g_assert_cmpuint (answer->status, ==, 429);
  g_assert_null (answer_get_header (answer, "Retry-After"));
  answer_free (answer);

  order (&client, "status:429date:1");
  answer = client_get (&client, request_path ("x", "/status"));
  g_assert_cmpuint (answer->status, ==, 429);
  date = soup_date_time_new_from_http_string (answer_get_header (answer,
          "Retry-After"));
  g_assert_nonnull (date);
  g_assert_cmpint (g_date_time_difference (date, now), >, G_TIME_SPAN_SECOND);
  g_assert_cmpint (g_date_time_difference (date, now), <, G_TIME_SPAN_MINUTE);
  g_date_time_unref (date);
  answer_free (answer);
  g_date_time_unref (now);
  client_clear (&client);
}

/* --- odd answers --- */

static void
test_submit_content (void)
{
  Client client;
  Answer *answer;
  const gchar *url;

  client_init (&client, NULL, 30);
  order (&client, "submit:foreign-urls:1");
  answer = client_send_text (&client, "POST", "/fal-ai/creative-upscaler",
      "{\"image_url\":\"x\"}");
  url = answer_get_string (answer, "status_url");
  g_assert_true (g_str_has_prefix (url,
          cup_fal_service_get_files_location (client.service)));
  answer_free (answer);

  order (&client, "submit:no-urls:1");
  answer = client_send_text (&client, "POST", "/fal-ai/creative-upscaler",
      "{\"image_url\":\"x\"}");
  g_assert_null (answer_find (answer, "status_url"));
  g_assert_nonnull (answer_find (answer, "queue_position"));
  answer_free (answer);

  order (&client, "submit:in-progress:1");
  answer = client_send_text (&client, "POST", "/fal-ai/creative-upscaler",
      "{\"image_url\":\"x\"}");
  g_assert_cmpstr (answer_get_string (answer, "status"), ==, "IN_PROGRESS");
  g_assert_null (answer_find (answer, "queue_position"));
  answer_free (answer);

  order (&client, "submit:minimal:1");
  answer = client_send_text (&client, "POST", "/fal-ai/creative-upscaler",
      "{\"image_url\":\"x\"}");
  g_assert_cmpuint (json_object_get_size (json_node_get_object
          (answer->json)), ==, 2);
  answer_free (answer);

  order (&client, "initiate:bad-url:1");
  answer = client_send_text (&client, "POST", "/storage/upload/initiate",
      "{\"content_type\":\"image/png\",\"file_name\":\"x\"}");
  g_assert_true (g_str_has_prefix (answer_get_string (answer, "upload_url"),
          "file:"));
  answer_free (answer);
  client_clear (&client);
}

static void
test_status_content (void)
{
  Client client;
  Answer *answer;
  gchar *id;

  client_init (&client, NULL, 30);
  cup_fal_service_hold (client.service, TRUE);
  id = client_submit (&client, NULL);
  order (&client, "status:unknown-state");
  answer = client_get (&client, request_path (id, "/status"));
  g_assert_cmpuint (answer->status, ==, 202);
  g_assert_cmpstr (answer_get_string (answer, "status"), ==, "WARMING_UP");
  answer_free (answer);

  order_only (&client, "status:minimal:1");
  answer = client_get (&client, request_path (id, "/status"));
  g_assert_cmpuint (json_object_get_size (json_node_get_object
          (answer->json)), ==, 2);
  answer_free (answer);
  g_free (id);
  client_clear (&client);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/service/faults/specs", test_specs);
  g_test_add_func ("/service/faults/matrix", test_matrix);
  g_test_add_func ("/service/faults/counts", test_counts);
  g_test_add_func ("/service/faults/several", test_several);
  g_test_add_func ("/service/faults/chance", test_chance);
  g_test_add_func ("/service/faults/answers", test_answers);
  g_test_add_func ("/service/faults/more-answers", test_more_answers);
  g_test_add_func ("/service/faults/retry-after", test_retry_after);
  g_test_add_func ("/service/faults/submit-content", test_submit_content);
  g_test_add_func ("/service/faults/status-content", test_status_content);
  return g_test_run ();
}
