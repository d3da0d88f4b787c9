/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Results that were paid for and cannot be used: what is damaged on the way is
 * fetched again; what the service has made so is stored as it came where there is
 * a cache, the error says where the service keeps it, and the next run reads it
 * again and submits nothing.
 */
#include <string.h>

#include "store-place.h"

typedef struct
{
  const gchar *fault;
  const gchar *caps;            /* (nullable): that downstream takes */
} Case;

static Fixture *
new_run (Fixture * first, gboolean cached)
{
  gchar *folder = g_get_current_dir ();
  gchar *store = g_build_filename (folder, "store", NULL);
  Fixture *f = fixture_new (NULL, NULL, NULL);
  const gchar *location = cup_fal_service_get_location (first ?
      first->service : f->service);

  g_object_set (f->element, "location", location, "storage-location", location,
      NULL);
  if (cached)
    g_object_set (f->element, "cache-location", store, NULL);
  g_free (store);
  g_free (folder);
  return f;
}

typedef struct
{
  guint64 failed;
  guint64 done;
} Figures;

static Figures
get_figures (Fixture * f)
{
  GstStructure *stats;
  Figures figures = { 0 };

  g_object_get (f->element, "stats", &stats, NULL);
  g_assert_true (gst_structure_get_uint64 (stats, "frames-failed",
          &figures.failed));
  g_assert_true (gst_structure_get_uint64 (stats, "frames-done",
          &figures.done));
  gst_structure_free (stats);
  return figures;
}

/* In the thread that posts: what an application sees that looks at once. */
static GstBusSyncReply
on_message (GstBus * bus, GstMessage * message, gpointer data)
{
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    Figures figures = get_figures (data);

    g_assert_cmpuint (figures.failed, ==, 1);
    g_assert_cmpuint (figures.done, ==, 0);
  }
  return GST_BUS_PASS;
}

/* Pushes frame 1 into an error whose details and message have the result's
 * address. Returns the error's text. */
static gchar *
run_into_failure (Fixture * f, const gchar * caps)
{
  gboolean told = FALSE;
  gchar *text = NULL;

  gst_bus_set_sync_handler (f->bus, on_message, f, NULL);
  fixture_play (f, FRAME_CAPS, caps);
  gst_harness_push (f->harness, make_frame (1));
  while (!text) {
    GstMessage *message = gst_bus_timed_pop_filtered (f->bus, 60 * GST_SECOND,
        GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR);
    const GstStructure *details;
    GError *error;

    g_assert_nonnull (message);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT) {
      details = gst_message_get_structure (message);
      if (g_strcmp0 (gst_structure_get_string (details, "state"), "failed")
          == 0) {
        g_assert_nonnull (gst_structure_get_string (details, "url"));
        told = TRUE;
      }
    } else {
      gst_message_parse_error (message, &error, NULL);
      gst_message_parse_error_details (message, &details);
      g_assert_nonnull (gst_structure_get_string (details, "url"));
      g_assert_nonnull (gst_structure_get_string (details, "request-id"));
      g_test_message ("%s", error->message);
      text = g_strdup (error->message);
      g_error_free (error);
    }
    gst_message_unref (message);
  }
  g_assert_true (told);
  gst_bus_set_sync_handler (f->bus, NULL, NULL, NULL);
  return text;
}

static void
test_kept (gconstpointer data)
{
  const Case *c = data;
  guint64 requests;
  Place place;
  Fixture *f, *again;

  place_enter (&place, NULL);
  f = new_run (NULL, TRUE);
  fixture_add_fault (f, c->fault);
  g_free (run_into_failure (f, c->caps));
  gst_element_set_state (f->element, GST_STATE_NULL);
  store_place_wait_query ("SELECT count(*) FROM results", 1);
  cup_fal_service_clear_faults (f->service);
  requests = cup_fal_service_get_count (f->service, CUP_FAL_COUNT_REQUESTS);

  again = new_run (f, TRUE);
  g_free (run_into_failure (again, c->caps));
  fixture_free (again);
  g_assert_cmpuint (cup_fal_service_get_count (f->service,
          CUP_FAL_COUNT_REQUESTS), ==, requests);
  fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, 1);
  g_assert_cmpint (store_place_query ("store",
          "SELECT count(*) FROM results"), ==, 1);
  fixture_free (f);
  place_leave (&place, NULL);
}

static void
test_not_kept (gconstpointer data)
{
  const Case *c = data;
  Place place;
  Fixture *f;

  place_enter (&place, NULL);
  f = new_run (NULL, FALSE);
  fixture_add_fault (f, c->fault);
  g_free (run_into_failure (f, c->caps));
  fixture_free (f);
  place_leave (&place, NULL);
}

/* Bytes that are wrong in the middle, of a file of the right length. */
static void
test_transit (gconstpointer accepted)
{
  Fixture *f = fixture_new (NULL, NULL, NULL);
  GstBuffer *buffer;

  fixture_add_fault (f, "download:damaged:1");
  fixture_play (f, FRAME_CAPS, accepted);
  buffer = fixture_upscale (f, make_frame (1));
  fixture_assert_count (f, CUP_FAL_COUNT_DOWNLOAD, 2);
  if (g_str_equal (accepted, "image/png")) {
    GBytes *file = fixture_fetch_result (f);

    g_assert_cmpint (gst_buffer_memcmp (buffer, 0, g_bytes_get_data (file,
                NULL), g_bytes_get_size (file)), ==, 0);
    g_bytes_unref (file);
    gst_buffer_unref (buffer);
  } else {
    assert_frame (buffer, 1);
  }
  fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, 1);
  fixture_free (f);
}

/* What the service has made so leaves as it is where nobody has to read it: it
 * comes twice the same. */
static void
test_passed_on (void)
{
  /* Else it is read to see whether it is black. */
  Fixture *f = fixture_new (NULL, "enable-safety-checks", FALSE, NULL);

  fixture_add_fault (f, "result:damaged");
  fixture_play (f, FRAME_CAPS, "image/png");
  gst_buffer_unref (fixture_upscale (f, make_frame (120)));
  fixture_assert_count (f, CUP_FAL_COUNT_DOWNLOAD, 2);
  fixture_free (f);
}

static const Case cases[] = {
  {"result:damaged", NULL},
  {"result:bad-header", NULL},
  {"result:bad-header", "image/png"},
  {"result:bomb", NULL},
};

int
main (int argc, char **argv)
{
  guint i;

  fixture_init (&argc, &argv);
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    gchar *path = g_strdup_printf ("/unusable/kept/%u-%s", i, cases[i].fault);

    g_test_add_data_func (path, &cases[i], test_kept);
    g_free (path);
    path = g_strdup_printf ("/unusable/without/%u-%s", i, cases[i].fault);
    g_test_add_data_func (path, &cases[i], test_not_kept);
    g_free (path);
  }
  g_test_add_data_func ("/unusable/transit/raw", "video/x-raw", test_transit);
  g_test_add_data_func ("/unusable/transit/image", "image/png", test_transit);
  g_test_add_func ("/unusable/passed-on", test_passed_on);
  return g_test_run ();
}
