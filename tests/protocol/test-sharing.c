/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Elements that share: one HTTP thread and its connections, and the limit that
 * the service sets, in one pipeline or in several that have the context in
 * common; and that they are each other's in nothing else.
 */
#include <string.h>

#include "element/context.h"
#include "engine/fal/network.h"
#include "pipes.h"
#include "plugins.h"

/* Threads of this process that do HTTP; G_MAXUINT where that is not known. */
static guint
count_threads (void)
{
  GDir *tasks = g_dir_open ("/proc/self/task", 0, NULL);
  const gchar *task;
  guint n = 0;

  if (!tasks)
    return G_MAXUINT;
  while ((task = g_dir_read_name (tasks))) {
    gchar *path = g_strdup_printf ("/proc/self/task/%s/comm", task);
    gchar *name = NULL;

    if (g_file_get_contents (path, &name, NULL, NULL)
        && g_str_has_prefix (name, "cup-http"))
      n++;
    g_free (name);
    g_free (path);
  }
  g_dir_close (tasks);
  return n;
}

/* A thread gives itself its name, some time after it was made. */
static void
assert_threads (guint n)
{
  gint64 end = g_get_monotonic_time () + LIMIT / 1000;
  guint found;

  while ((found = count_threads ()) != n && found != G_MAXUINT
      && g_get_monotonic_time () < end)
    g_thread_yield ();
  if (found != G_MAXUINT)
    g_assert_cmpuint (found, ==, n);
}

static CupFalNetwork *
get_network (GstElement * element)
{
  GstContext *context = gst_element_get_context (element, CUP_CONTEXT_TYPE);
  CupFalNetwork *network = NULL;

  if (!context)
    return NULL;
  g_assert_true (gst_structure_get (gst_context_get_structure (context),
          CUP_CONTEXT_FIELD, CUP_TYPE_FAL_NETWORK, &network, NULL));
  gst_context_unref (context);
  /* The context keeps it. */
  g_object_unref (network);
  return network;
}

/* Both have upscaled a frame, the second one on the first one's connections or
 * not. */
static void
assert_shared (CupFalService * service, Branch * first, Branch * second,
    gboolean shared)
{
  guint64 before;

  branch_upscale_one (first);
  before = cup_fal_service_get_count (service, CUP_FAL_COUNT_CONNECTIONS);
  branch_upscale_one (second);
  if (shared)
    service_assert_count (service, CUP_FAL_COUNT_CONNECTIONS, before);
  else
    g_assert_cmpuint (cup_fal_service_get_count (service,
            CUP_FAL_COUNT_CONNECTIONS), >, before);
}

/* Who finds whom */

static void
test_one_pipeline (void)
{
  CupFalService *service = service_new (NULL);
  Pipe *pipe = pipe_new (service, 2);

  assert_threads (0);
  pipe_play (pipe);
  assert_shared (service, &pipe->branch[0], &pipe->branch[1], TRUE);
  assert_threads (1);
  g_assert_nonnull (get_network (pipe->branch[0].upscaler));
  g_assert_true (get_network (pipe->branch[0].upscaler) ==
      get_network (pipe->branch[1].upscaler));
  g_assert_cmpuint (pipe->n_have, ==, 1);
  pipe_free (pipe);
  assert_threads (0);
  service_end (service);
}

static void
test_apart (void)
{
  CupFalService *service = service_new (NULL);
  Pipe *first = pipe_new (service, 1), *second = pipe_new (service, 1);

  pipe_play (first);
  pipe_play (second);
  assert_shared (service, &first->branch[0], &second->branch[0], FALSE);
  assert_threads (2);
  pipe_free (first);
  assert_threads (1);
  branch_upscale_one (&second->branch[0]);
  pipe_free (second);
  assert_threads (0);
  service_end (service);
}

/* As docs/embedding.md has it: set on the other one beforehand, or when it is
 * asked for. */
static void
test_together (gconstpointer data)
{
  CupFalService *service = service_new (NULL);
  Pipe *first = pipe_new (service, 1), *second = pipe_new (service, 1);
  GstContext *context;

  pipe_play (first);
  context = gst_element_get_context (first->pipeline, CUP_CONTEXT_TYPE);
  g_assert_nonnull (context);
  if (GPOINTER_TO_INT (data))
    second->to_answer = gst_context_ref (context);
  else
    gst_element_set_context (second->pipeline, context);
  gst_context_unref (context);
  pipe_play (second);
  assert_shared (service, &first->branch[0], &second->branch[0], TRUE);
  assert_threads (1);
  g_assert_cmpuint (first->n_need, ==, 1);
  g_assert_cmpuint (first->n_have, ==, 1);
  g_assert_cmpuint (second->n_need, ==, GPOINTER_TO_INT (data));
  g_assert_cmpuint (second->n_have, ==, 0);
  pipe_free (first);
  branch_upscale_one (&second->branch[0]);
  assert_threads (1);
  pipe_free (second);
  assert_threads (0);
  service_end (service);
}

/* Without a bin around them, by a query: the one that is there is asked. */
static void
test_neighbours (gconstpointer data)
{
  gboolean downstream = GPOINTER_TO_INT (data);
  CupFalService *service = service_new (NULL);
  GstElement *upscaler[2];
  GstElement *between = gst_element_factory_make ("identity", NULL);
  guint i;

  for (i = 0; i < 2; i++) {
    upscaler[i] = gst_element_factory_make ("creativeupscaler", NULL);
    gst_object_ref_sink (upscaler[i]);
    branch_set_up (upscaler[i], service);
  }
  gst_object_ref_sink (between);
  g_assert_true (gst_element_link_many (upscaler[0], between, upscaler[1],
          NULL));
  gst_element_set_state (upscaler[downstream], GST_STATE_PAUSED);
  g_assert_null (get_network (upscaler[!downstream]));
  gst_element_set_state (upscaler[!downstream], GST_STATE_PAUSED);
  g_assert_nonnull (get_network (upscaler[0]));
  g_assert_true (get_network (upscaler[0]) == get_network (upscaler[1]));
  assert_threads (1);
  for (i = 0; i < 2; i++) {
    gst_element_set_state (upscaler[i], GST_STATE_NULL);
    gst_object_unref (upscaler[i]);
  }
  gst_object_unref (between);
  assert_threads (0);
  service_end (service);
}

static gboolean
ask (GstElement * element, const gchar * pad_name, const gchar * type)
{
  GstPad *pad = gst_element_get_static_pad (element, pad_name);
  GstQuery *query = gst_query_new_context (type);
  GstContext *context = NULL;
  gboolean answered = gst_pad_query (pad, query);

  gst_query_parse_context (query, &context);
  g_assert_true (!answered || context);
  if (answered)
    g_assert_cmpstr (gst_context_get_context_type (context), ==, type);
  gst_query_unref (query);
  gst_object_unref (pad);
  return answered;
}

static void
test_query (void)
{
  CupFalService *service = service_new (NULL);
  Pipe *pipe = pipe_new (service, 1);
  GstElement *upscaler = pipe->branch[0].upscaler;

  g_assert_false (ask (upscaler, "sink", CUP_CONTEXT_TYPE));
  g_assert_false (ask (upscaler, "src", CUP_CONTEXT_TYPE));
  pipe_play (pipe);
  g_assert_true (ask (upscaler, "sink", CUP_CONTEXT_TYPE));
  g_assert_true (ask (upscaler, "src", CUP_CONTEXT_TYPE));
  g_assert_false (ask (upscaler, "sink", "gst.gl.GLDisplay"));
  g_assert_false (ask (upscaler, "src", "gst.gl.GLDisplay"));
  pipe_free (pipe);
  service_end (service);
}

/* The context stays through NULL, and the application is told once. */
static void
test_restart (void)
{
  CupFalService *service = service_new (NULL);
  Pipe *pipe = pipe_new (service, 2);
  CupFalNetwork *network = NULL;
  guint i;

  for (i = 0; i < 3; i++) {
    pipe_play (pipe);
    assert_shared (service, &pipe->branch[0], &pipe->branch[1], TRUE);
    if (network)
      g_assert_true (get_network (pipe->branch[0].upscaler) == network);
    network = get_network (pipe->branch[1].upscaler);
    pipe_stop (pipe);
  }
  g_assert_cmpuint (pipe->n_have, ==, 1);
  g_assert_cmpuint (pipe->n_need, ==, 1);
  pipe_free (pipe);
  assert_threads (0);
  service_end (service);
}

/* A context of the name that has nothing in it is no network. */
static void
test_empty_context (void)
{
  CupFalService *service = service_new (NULL);
  Pipe *pipe = pipe_new (service, 1);
  GstContext *context = gst_context_new (CUP_CONTEXT_TYPE, TRUE);

  gst_element_set_context (pipe->pipeline, context);
  gst_context_unref (context);
  pipe_play (pipe);
  branch_upscale_one (&pipe->branch[0]);
  g_assert_cmpuint (pipe->n_have, ==, 1);
  pipe_free (pipe);
  service_end (service);
}

/* What is embedded has no network. */
static void
test_local (void)
{
  CupFalService *service = service_new (NULL);
  Pipe *pipe = pipe_new (service, 1);
  GstElement *upscaler = pipe->branch[0].upscaler;

  gst_util_set_object_arg (G_OBJECT (upscaler), "engine", "local");
  pipe_play (pipe);
  branch_upscale_one (&pipe->branch[0]);
  assert_threads (0);
  g_assert_null (get_network (upscaler));
  g_assert_false (ask (upscaler, "src", CUP_CONTEXT_TYPE));
  g_assert_cmpuint (pipe->n_need, ==, 0);
  g_assert_cmpuint (pipe->n_have, ==, 0);
  pipe_free (pipe);
  service_assert_count (service, CUP_FAL_COUNT_REQUESTS, 0);
  service_end (service);
}

/* The same thread, but connections of their own. */
static void
test_options (gconstpointer data)
{
  const gchar *const *setting = data;
  CupFalService *service = service_new (NULL);
  Pipe *pipe = pipe_new (service, 2);
  GstElement *second = pipe->branch[1].upscaler;

  if (setting[1]) {
    gst_util_set_object_arg (G_OBJECT (second), setting[0], setting[1]);
  } else {
    GTlsDatabase *database = g_tls_backend_get_default_database
        (g_tls_backend_get_default ());

    g_object_set (second, setting[0], database, NULL);
    g_object_unref (database);
  }
  pipe_play (pipe);
  assert_shared (service, &pipe->branch[0], &pipe->branch[1], FALSE);
  assert_threads (1);
  pipe_free (pipe);
  service_end (service);
}

/* The limit */

/* Takes four jobs, and any key. */
static CupFalService *
service_new_limited (void)
{
  CupFalServiceOptions options;
  CupFalService *service;

  fixture_options_init (&options);
  options.max_jobs = 4;
  options.key = NULL;
  service = service_new (&options);
  cup_fal_service_hold (service, TRUE);
  return service;
}

/* Four jobs are there when a fifth one of the first branch is refused. */
static void
fill_service (CupFalService * service, Pipe * pipe)
{
  g_object_set (pipe->branch[0].upscaler, "max-in-flight", 8, NULL);
  pipe_play (pipe);
  branch_push (&pipe->branch[0], 0, 4);
  service_wait_count (service, CUP_FAL_COUNT_ACCEPTED, 4);
  branch_push (&pipe->branch[0], 4, 1);
  pipe_wait_held_back (pipe, 0, 1);
  service_assert_count (service, CUP_FAL_COUNT_LIMITED, 1);
}

/* A refusal that one hears is one for both: the other asks for nothing that
 * would be refused, and is told that it has to wait. */
static void
test_limit (void)
{
  CupFalService *service = service_new_limited ();
  Pipe *pipe = pipe_new (service, 2);

  fill_service (service, pipe);
  branch_push (&pipe->branch[1], 10, 4);
  pipe_wait_held_back (pipe, 1, 4);
  service_assert_count (service, CUP_FAL_COUNT_LIMITED, 1);
  service_assert_count (service, CUP_FAL_COUNT_SUBMIT, 5);
  g_assert_cmpuint (pipe_count_held_back (pipe, 1), ==, 4);

  cup_fal_service_hold (service, FALSE);
  branch_pull (&pipe->branch[0], 0, 5);
  branch_pull (&pipe->branch[1], 10, 4);
  /* Each has been paid for once. */
  service_assert_count (service, CUP_FAL_COUNT_ACCEPTED, 9);
  service_assert_count (service, CUP_FAL_COUNT_COMPLETED, 9);
  pipe_free (pipe);
  service_end (service);
}

/* With another key it is another account; without a common context each finds
 * out by itself. */
static void
test_no_limit (gconstpointer data)
{
  gboolean in_common = GPOINTER_TO_INT (data);
  CupFalService *service = service_new_limited ();
  Pipe *first = pipe_new (service, 1), *second = pipe_new (service, 1);

  fill_service (service, first);
  if (in_common) {
    GstContext *context = gst_element_get_context (first->pipeline,
        CUP_CONTEXT_TYPE);

    g_object_set (second->branch[0].upscaler, "api-key", "another:key", NULL);
    gst_element_set_context (second->pipeline, context);
    gst_context_unref (context);
  }
  pipe_play (second);
  branch_push (&second->branch[0], 10, 1);
  service_wait_count (service, CUP_FAL_COUNT_LIMITED, 2);
  assert_threads (in_common ? 1 : 2);
  cup_fal_service_hold (service, FALSE);
  branch_pull (&first->branch[0], 0, 5);
  branch_pull (&second->branch[0], 10, 1);
  service_assert_count (service, CUP_FAL_COUNT_ACCEPTED, 6);
  pipe_free (first);
  pipe_free (second);
  service_end (service);
}

#define N_MANY 40

/* Who has many frames does not keep the one of the other waiting. */
static void
test_fair (void)
{
  CupFalServiceOptions options;
  CupFalService *service;
  Pipe *pipe;

  fixture_options_init (&options);
  options.max_jobs = 2;
  options.delay = 20;
  service = service_new (&options);
  pipe = pipe_new (service, 2);
  g_object_set (pipe->branch[0].upscaler, "max-in-flight", N_MANY, NULL);
  cup_fal_service_hold (service, TRUE);
  pipe_play (pipe);
  branch_push (&pipe->branch[0], 0, N_MANY);
  /* Two are there, and the rest has heard of it. */
  pipe_wait_held_back (pipe, 0, N_MANY - 2);
  branch_push (&pipe->branch[1], 100, 1);
  pipe_wait_held_back (pipe, 1, 1);
  cup_fal_service_hold (service, FALSE);
  branch_pull (&pipe->branch[1], 100, 1);
  g_assert_cmpuint (cup_fal_service_get_count (service,
          CUP_FAL_COUNT_COMPLETED), <, N_MANY);
  branch_pull (&pipe->branch[0], 0, N_MANY);
  service_assert_count (service, CUP_FAL_COUNT_ACCEPTED, N_MANY + 1);
  pipe_free (pipe);
  service_end (service);
}

#define N_STREAMED 30

/* The streams of both together leave connections for what else is to be sent:
 * the others poll. */
static void
test_streams (void)
{
  CupFalService *service = service_new (NULL);
  Pipe *pipe = pipe_new (service, 2);
  guint i;

  for (i = 0; i < 2; i++) {
    gst_util_set_object_arg (G_OBJECT (pipe->branch[i].upscaler),
        "status-updates", "stream");
    g_object_set (pipe->branch[i].upscaler, "max-in-flight", N_STREAMED, NULL);
  }
  cup_fal_service_hold (service, TRUE);
  pipe_play (pipe);
  branch_push (&pipe->branch[0], 0, N_STREAMED);
  branch_push (&pipe->branch[1], 100, N_STREAMED);
  service_wait_count (service, CUP_FAL_COUNT_ACCEPTED, 2 * N_STREAMED);
  /* Each of those that poll has done so, about. */
  service_wait_count (service, CUP_FAL_COUNT_STATUS, 2 * N_STREAMED);
  g_assert_cmpuint (cup_fal_service_get_count (service, CUP_FAL_COUNT_STREAM),
      <=, 40);
  g_assert_cmpuint (cup_fal_service_get_count (service, CUP_FAL_COUNT_STREAM),
      >, N_STREAMED);
  cup_fal_service_hold (service, FALSE);
  branch_pull (&pipe->branch[0], 0, N_STREAMED);
  branch_pull (&pipe->branch[1], 100, N_STREAMED);
  service_assert_count (service, CUP_FAL_COUNT_ACCEPTED, 2 * N_STREAMED);
  pipe_free (pipe);
  service_end (service);
}

/* The end of one */

/* One stops while the other has jobs under way: its own are cancelled at the
 * service, and those of the other finish. Where the service does not answer to
 * that, its end still is in time. */
static void
test_stop_one (gconstpointer fault)
{
  CupFalService *service = service_new (NULL);
  Pipe *first = pipe_new (service, 1), *second = pipe_new (service, 1);
  GError *error = NULL;
  GstContext *context;
  gint64 start;

  if (fault)
    cup_fal_service_add_fault (service, fault, &error);
  g_assert_no_error (error);
  cup_fal_service_hold (service, TRUE);
  pipe_play (first);
  context = gst_element_get_context (first->pipeline, CUP_CONTEXT_TYPE);
  gst_element_set_context (second->pipeline, context);
  gst_context_unref (context);
  pipe_play (second);
  branch_push (&first->branch[0], 0, 3);
  branch_push (&second->branch[0], 10, 3);
  service_wait_count (service, CUP_FAL_COUNT_ACCEPTED, 6);

  start = g_get_monotonic_time ();
  pipe_stop (first);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 2 * G_USEC_PER_SEC);
  service_wait_count (service, CUP_FAL_COUNT_CANCEL, 3);
  if (!fault)
    service_wait_count (service, CUP_FAL_COUNT_CANCELLED, 3);
  assert_threads (1);

  /* Meanwhile it may begin again, and end altogether. */
  pipe_play (first);
  branch_push (&first->branch[0], 20, 1);
  service_wait_count (service, CUP_FAL_COUNT_ACCEPTED, 7);
  assert_threads (1);
  pipe_free (first);
  service_wait_count (service, CUP_FAL_COUNT_CANCEL, 4);
  assert_threads (1);

  cup_fal_service_hold (service, FALSE);
  branch_pull (&second->branch[0], 10, 3);
  branch_upscale_one (&second->branch[0]);
  service_assert_count (service, CUP_FAL_COUNT_ACCEPTED, 8);
  if (!fault) {
    service_assert_count (service, CUP_FAL_COUNT_CANCELLED, 4);
    service_assert_count (service, CUP_FAL_COUNT_COMPLETED, 4);
  }
  pipe_free (second);
  assert_threads (0);
  service_end (service);
}

/* Waiters of one that ends are forgotten, and its places are the other's. */
static void
test_stop_limited (void)
{
  CupFalService *service = service_new_limited ();
  Pipe *first = pipe_new (service, 1), *second = pipe_new (service, 1);
  GstContext *context;

  fill_service (service, first);
  branch_push (&first->branch[0], 5, 3);
  pipe_wait_held_back (first, 0, 4);
  context = gst_element_get_context (first->pipeline, CUP_CONTEXT_TYPE);
  gst_element_set_context (second->pipeline, context);
  gst_context_unref (context);
  pipe_play (second);
  branch_push (&second->branch[0], 10, 3);
  pipe_wait_held_back (second, 0, 3);
  pipe_free (first);
  cup_fal_service_hold (service, FALSE);
  branch_pull (&second->branch[0], 10, 3);
  /* None of those that waited was ever sent. */
  service_assert_count (service, CUP_FAL_COUNT_ACCEPTED, 7);
  service_assert_count (service, CUP_FAL_COUNT_CANCELLED, 4);
  pipe_free (second);
  assert_threads (0);
  service_end (service);
}

/* Both ways at once, many times, with frames under way. */
static void
test_stress (void)
{
  CupFalService *service = service_new (NULL);
  Pipe *first = pipe_new (service, 2), *second = pipe_new (service, 1);
  GstContext *context;
  guint i;

  pipe_play (first);
  context = gst_element_get_context (first->pipeline, CUP_CONTEXT_TYPE);
  gst_element_set_context (second->pipeline, context);
  gst_context_unref (context);
  for (i = 0; i < 25; i++) {
    pipe_play (second);
    branch_push (&second->branch[0], 10, 4);
    branch_push (&first->branch[0], 4 * i, 2);
    branch_push (&first->branch[1], 4 * i, 2);
    branch_pull (&first->branch[i % 2], 4 * i, 2);
    if (i % 3 == 0)
      branch_pull (&second->branch[0], 10, 2);
    pipe_stop (second);
    branch_pull (&first->branch[!(i % 2)], 4 * i, 2);
  }
  assert_threads (1);
  pipe_free (second);
  pipe_free (first);
  assert_threads (0);
  service_end (service);
}

/* Secrets */

static void
assert_no_secret (const gchar * text)
{
  g_test_message ("%s", text);
  g_assert_null (strstr (text, KEY_ID));
  g_assert_null (strstr (text, KEY_SECRET));
  g_assert_null (strstr (text, "SECRET"));
}

static void
test_secrets (void)
{
  CupFalService *service = service_new (NULL);
  Pipe *pipe = pipe_new (service, 2);
  GParamSpec **properties;
  GstContext *context;
  gchar *text;
  guint n;

  pipe_play (pipe);
  branch_upscale_one (&pipe->branch[0]);
  context = gst_element_get_context (pipe->pipeline, CUP_CONTEXT_TYPE);
  g_assert_cmpint (gst_structure_n_fields (gst_context_get_structure (context)),
      ==, 1);
  text = gst_structure_to_string (gst_context_get_structure (context));
  assert_no_secret (text);
  g_free (text);
  text = gst_debug_bin_to_dot_data (GST_BIN (pipe->pipeline),
      GST_DEBUG_GRAPH_SHOW_ALL);
  assert_no_secret (text);
  g_free (text);
  /* Nothing of it can be read by names. */
  properties = g_object_class_list_properties (G_OBJECT_GET_CLASS (get_network
          (pipe->pipeline)), &n);
  g_assert_cmpuint (n, ==, 0);
  g_free (properties);
  gst_context_unref (context);
  pipe_free (pipe);
  service_end (service);
}

int
main (int argc, char **argv)
{
  static const gchar *const proxy[] = { "proxy", "http://127.0.0.1:1" };
  static const gchar *const timeout[] = { "connect-timeout", "7" };
  static const gchar *const database[] = { "tls-database", NULL };

  fixture_init (&argc, &argv);
  plugins_load ("coreelements app");
  g_test_add_func ("/sharing/one-pipeline", test_one_pipeline);
  g_test_add_func ("/sharing/two-pipelines/apart", test_apart);
  g_test_add_data_func ("/sharing/two-pipelines/set", GINT_TO_POINTER (FALSE),
      test_together);
  g_test_add_data_func ("/sharing/two-pipelines/asked", GINT_TO_POINTER (TRUE),
      test_together);
  g_test_add_data_func ("/sharing/neighbours/upstream", GINT_TO_POINTER (FALSE),
      test_neighbours);
  g_test_add_data_func ("/sharing/neighbours/downstream",
      GINT_TO_POINTER (TRUE), test_neighbours);
  g_test_add_func ("/sharing/query", test_query);
  g_test_add_func ("/sharing/restart", test_restart);
  g_test_add_func ("/sharing/empty-context", test_empty_context);
  g_test_add_func ("/sharing/local", test_local);
  g_test_add_data_func ("/sharing/options/proxy", proxy, test_options);
  g_test_add_data_func ("/sharing/options/timeout", timeout, test_options);
  if (g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    g_test_add_data_func ("/sharing/options/tls", database, test_options);
  g_test_add_func ("/sharing/limit/shared", test_limit);
  g_test_add_data_func ("/sharing/limit/other-key", GINT_TO_POINTER (TRUE),
      test_no_limit);
  g_test_add_data_func ("/sharing/limit/apart", GINT_TO_POINTER (FALSE),
      test_no_limit);
  g_test_add_func ("/sharing/limit/fair", test_fair);
  g_test_add_func ("/sharing/streams", test_streams);
  g_test_add_data_func ("/sharing/stop/plain", NULL, test_stop_one);
  g_test_add_data_func ("/sharing/stop/deaf", "cancel:stall", test_stop_one);
  g_test_add_func ("/sharing/stop/limited", test_stop_limited);
  g_test_add_func ("/sharing/stop/stress", test_stress);
  g_test_add_func ("/sharing/secrets", test_secrets);
  return g_test_run ();
}
