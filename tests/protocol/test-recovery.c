/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Trouble that passes, and answers that are odd but can be used: the frame is
 * delivered all the same, from one job.
 */
#include "fixture.h"

#include <string.h>

/* A fault, and what becomes of the counters of its stage. */
typedef struct
{
  const gchar *fault;
  CupFalCounter counter;
  guint requests;               /* 0 where it does not matter */
} Case;

static const Case cases[] = {
  /* Trouble of the network, or of what is in front of the service. */
  {"initiate:502:1", CUP_FAL_COUNT_INITIATE, 2},
  {"initiate:reset:1", CUP_FAL_COUNT_INITIATE, 2},
  {"initiate:truncate:1", CUP_FAL_COUNT_INITIATE, 2},
  /* The address may have expired: another one is asked for. */
  {"put:403:1", CUP_FAL_COUNT_INITIATE, 2},
  {"put:503:1", CUP_FAL_COUNT_PUT, 2},
  {"put:reset-after:1", CUP_FAL_COUNT_PUT, 2},
  {"status:500:2", CUP_FAL_COUNT_STATUS, 0},
  {"status:429:1", CUP_FAL_COUNT_STATUS, 0},
  {"status:504:1", CUP_FAL_COUNT_STATUS, 0},
  {"status:garbage:1", CUP_FAL_COUNT_STATUS, 0},
  {"status:html:1", CUP_FAL_COUNT_STATUS, 0},
  {"status:deep:1", CUP_FAL_COUNT_STATUS, 0},
  {"status:reset:1", CUP_FAL_COUNT_STATUS, 0},
  {"status:truncate:1", CUP_FAL_COUNT_STATUS, 0},
  {"result:502:1", CUP_FAL_COUNT_RESULT, 2},
  {"result:reset:1", CUP_FAL_COUNT_RESULT, 2},
  {"result:truncate:1", CUP_FAL_COUNT_RESULT, 2},
  {"download:503:1", CUP_FAL_COUNT_DOWNLOAD, 2},
  {"download:reset:1", CUP_FAL_COUNT_DOWNLOAD, 2},
  {"download:truncate:1", CUP_FAL_COUNT_DOWNLOAD, 2},

  /* Slow, but within the limits. */
  {"initiate:slow:FOR=200", CUP_FAL_COUNT_INITIATE, 1},
  {"submit:slow:FOR=200", CUP_FAL_COUNT_SUBMIT, 1},
  {"result:slow:FOR=200", CUP_FAL_COUNT_RESULT, 1},
  {"download:slow:FOR=200", CUP_FAL_COUNT_DOWNLOAD, 1},

  /* Forms of an answer. */
  {"initiate:wrong-type", CUP_FAL_COUNT_INITIATE, 1},
  {"submit:wrong-type", CUP_FAL_COUNT_SUBMIT, 1},
  {"submit:no-urls", CUP_FAL_COUNT_SUBMIT, 1},
  {"submit:foreign-urls", CUP_FAL_COUNT_SUBMIT, 1},
  {"submit:in-progress", CUP_FAL_COUNT_SUBMIT, 1},
  {"submit:minimal", CUP_FAL_COUNT_SUBMIT, 1},
  {"status:minimal", CUP_FAL_COUNT_STATUS, 0},
  {"result:images", CUP_FAL_COUNT_RESULT, 1},
  {"result:data-uri", CUP_FAL_COUNT_DOWNLOAD, 0},
  {"result:wrong-size", CUP_FAL_COUNT_DOWNLOAD, 1},
  {"result:wrong-type", CUP_FAL_COUNT_RESULT, 1},
  {"download:wrong-type", CUP_FAL_COUNT_DOWNLOAD, 1},
};

static void
test_case (gconstpointer data)
{
  const Case *c = data;
  Fixture *f = fixture_new (NULL, NULL, NULL);

  fixture_add_fault (f, c->fault);
  fixture_run_one (f);
  g_assert_cmpuint (cup_fal_service_get_count (f->service,
          CUP_FAL_COUNT_FAULTS), >, 0);
  if (c->requests)
    fixture_assert_count (f, c->counter, c->requests);
  fixture_assert_count (f, CUP_FAL_COUNT_SUBMIT, 1);
  fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, 1);
  fixture_assert_count (f, CUP_FAL_COUNT_CANCELLED, 0);
  g_assert_false (fixture_has_failed (f));
  fixture_free (f);
}

/* A word for a state that nobody knows is no reason to give up. */
static void
test_unknown_state (void)
{
  CupFalServiceOptions options;
  Fixture *f;

  fixture_options_init (&options);
  options.delay = 200;
  f = fixture_new (&options, NULL, NULL);
  fixture_add_fault (f, "status:unknown-state");
  fixture_run_one (f);
  fixture_free (f);
}

/* What the safety checker refuses comes back black, and not as an error. */
static void
test_black (void)
{
  Fixture *f = fixture_new (NULL, NULL, NULL);
  GstBuffer *result;
  guint8 first;

  fixture_add_fault (f, "result:black");
  fixture_play (f, FRAME_CAPS, NULL);
  result = fixture_upscale (f, make_frame (1));
  gst_buffer_extract (result, 0, &first, 1);
  g_assert_cmpuint (first, ==, 0);
  gst_buffer_unref (result);
  fixture_free (f);
}

/* A redirect of a picture is followed, to the other origin, where no key comes
 * along; see also fixture_free(). */
static void
test_redirected_download (void)
{
  Fixture *f = fixture_new (NULL, NULL, NULL);
  JsonArray *requests;
  JsonObject *last;

  fixture_add_fault (f, "download:redirect:1");
  fixture_run_one (f);
  requests = fixture_get_requests (f, "download");
  g_assert_cmpuint (json_array_get_length (requests), ==, 2);
  last = json_array_get_object_element (requests, 1);
  g_assert_cmpstr (json_object_get_string_member (last, "port"), ==, "api");
  g_assert_null (request_get_header (last, "authorization"));
  json_array_unref (requests);
  fixture_free (f);
}

/* URLs of another origin are not talked to with the key, nor at all. */
static void
test_foreign_urls (void)
{
  Fixture *f = fixture_new (NULL, NULL, NULL);
  JsonArray *requests;
  guint i;

  fixture_add_fault (f, "submit:foreign-urls");
  fixture_run_one (f);
  requests = fixture_get_requests (f, NULL);
  for (i = 0; i < json_array_get_length (requests); i++) {
    JsonObject *request = json_array_get_object_element (requests, i);
    gboolean on_files =
        strcmp (json_object_get_string_member (request, "port"), "files") == 0;
    const gchar *stage = json_object_get_string_member (request, "stage");

    g_assert_true (on_files == (strcmp (stage, "put") == 0
            || strcmp (stage, "download") == 0));
  }
  json_array_unref (requests);
  fixture_free (f);
}

/* All URLs are at one origin, even there the pictures go without the key. */
static void
test_single_port (void)
{
  CupFalServiceOptions options;
  Fixture *f;

  fixture_options_init (&options);
  options.single_port = TRUE;
  f = fixture_new (&options, NULL, NULL);
  fixture_run_one (f);
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  guint i;

  fixture_init (&argc, &argv);
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    gchar *path = g_strconcat ("/recovery/", cases[i].fault, NULL);

    g_strdelimit (path + strlen ("/recovery/"), ":", '/');
    g_test_add_data_func (path, &cases[i], test_case);
    g_free (path);
  }
  g_test_add_func ("/recovery/unknown-state", test_unknown_state);
  g_test_add_func ("/recovery/black", test_black);
  g_test_add_func ("/recovery/redirected-download", test_redirected_download);
  g_test_add_func ("/recovery/foreign-urls", test_foreign_urls);
  g_test_add_func ("/recovery/single-port", test_single_port);
  return g_test_run ();
}
