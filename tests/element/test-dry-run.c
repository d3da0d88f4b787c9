/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Dry runs: nothing is submitted, and what would have been is told.
 */
#include <string.h>

#include "budgeting.h"

#define START "stream-start|caps|segment"

static Fixture *
dry_fixture (void)
{
  Fixture *f = budgeting_new ();

  /* None of it matters. */
  g_object_set (f->element, "dry-run", TRUE, "max-requests", 1,
      "max-failures", 1, NULL);
  set_enum (f, "on-budget", "passthrough");
  return f;
}

static void
test_sizes (void)
{
  Fixture *f = dry_fixture ();
  GstBuffer *buffer;

  g_object_set (f->element, "price-per-megapixel", 1000.0, NULL);
  fixture_play (f);
  push_and_wait (f, 10, "skipped");
  push_and_wait (f, 20, "skipped");
  fixture_set_caps (f, "video/x-raw,format=GRAY8,width=100,height=50,"
      "framerate=25/1");
  buffer = gst_buffer_new_allocate (NULL, 100 * 50, NULL);
  gst_buffer_memset (buffer, 0, 30, -1);
  GST_BUFFER_PTS (buffer) = 30 * FRAME_DURATION;
  GST_BUFFER_DURATION (buffer) = FRAME_DURATION;
  gst_harness_push (f->harness, buffer);
  assert_string (wait_job (f, "skipped"), "limit", "dry-run");
  push_eos (f);
  /* No caps, since there is no result, and one gap for all in a row. */
  fixture_assert_record (f, "stream-start|segment|gap|segment|gap|eos");
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 0);
  collect (f);
  g_assert_null (find_message (GST_MESSAGE_WARNING, NULL, 0));
  g_assert_null (find_message (GST_MESSAGE_ERROR, NULL, 0));
  g_assert_true (get_flag (find_budget (0), "dry-run"));
  assert_string (find_budget (0), "reason", "eos");
  /* 2 × 32×24 and 200×100. */
  assert_fields (find_budget (0), "frames=3 requests=0 refused=3 cost=0 "
      "refused-megapixels=0.021536 refused-cost=21.536 refused-unknown=0");
  assert_text (GST_MESSAGE_INFO, 0,
      "dry run: 3 frames, 3 would be sent, 0.022 megapixels, about 21.54");
  assert_stats (f, "dropped-budget=3 frames-dropped=3 refused-requests=3 "
      "requests=0 frames-failed=0 frames-out=0 estimated-cost=0");
  gst_element_set_state (f->element, GST_STATE_READY);
  collect (f);
  g_assert_null (find_budget (1));
  budgeting_free (f);
}

/* Of frames that are the same only the first would be sent, whether it has left
 * already or not. */
static void
test_same (void)
{
  Fixture *f = dry_fixture ();
  guint i;

  set_enum (f, "on-budget", "error");
  fixture_play (f);
  push_and_wait (f, 10, "skipped");
  for (i = 11; i < 60; i++)
    gst_harness_push (f->harness, make_frame_at (10, (guint8) i));
  push_and_wait (f, 60, "skipped");
  push_eos (f);
  fixture_assert_record (f, "stream-start|segment|gap|eos");
  collect (f);
  assert_text (GST_MESSAGE_INFO, 0, "dry run: 51 frames, 2 would be sent");
  assert_stats (f, "dropped-budget=51 refused-requests=2 frames-out=0");
  budgeting_free (f);
}

/* Those that are not sent anyway are not among them. */
static void
test_selected (void)
{
  Fixture *f = dry_fixture ();
  guint8 key;

  gst_util_set_object_arg (G_OBJECT (f->element), "select", "interval");
  gst_util_set_object_arg (G_OBJECT (f->element), "unselected", "local");
  g_object_set (f->element, "interval", 5, NULL);
  fixture_play (f);
  for (key = 0; key < 10; key++)
    fixture_push (f, key);
  push_eos (f);
  fixture_assert_record (f, START "|gap|1|2|3|4|gap|6|7|8|9|eos");
  collect (f);
  assert_text (GST_MESSAGE_INFO, 0, "dry run: 10 frames, 2 would be sent");
  budgeting_free (f);
}

/* Of a picture that is elsewhere the size is not known. */
static void
test_unknown (void)
{
  static const gchar list[] = "https://pictures.example/1\n"
      "https://pictures.example/2\n";
  Fixture *f = dry_fixture ();

  cup_dummy_engine_set_accepts (f->engine,
      CUP_ENGINE_ACCEPTS_PIXELS | CUP_ENGINE_ACCEPTS_URI);
  g_object_set (f->element, "price-per-megapixel", 1.0,
      "price-per-second", 1.0, NULL);
  fixture_play (f);
  fixture_set_caps (f, "text/uri-list,framerate=10/1");
  gst_harness_push (f->harness, gst_buffer_new_memdup (list, strlen (list)));
  wait_job (f, "skipped");
  wait_job (f, "skipped");
  push_eos (f);
  collect (f);
  while (!find_message (GST_MESSAGE_INFO, NULL, 0))
    collect_one (f);
  assert_fields (find_budget (0), "refused=2 refused-unknown=2 "
      "refused-megapixels=0 refused-cost=0");
  assert_text (GST_MESSAGE_INFO, 0, "2 would be sent, 2 of them of a size that "
      "is not known|price-per-second");
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 0);
  budgeting_free (f);
}

/* A run that is not played to its end tells what it has come to. */
static void
test_stopped (void)
{
  Fixture *f = dry_fixture ();

  fixture_play (f);
  push_and_wait (f, 10, "skipped");
  gst_element_set_state (f->element, GST_STATE_READY);
  collect (f);
  assert_string (find_budget (0), "reason", "stop");
  assert_fields (find_budget (0), "refused=1");
  assert_text (GST_MESSAGE_INFO, 0, "dry run: 1 frame, 1 would be sent");
  /* From the next start on it is none. */
  g_object_set (f->element, "dry-run", FALSE, NULL);
  gst_element_set_state (f->element, GST_STATE_PLAYING);
  fixture_set_caps (f, FRAME_CAPS);
  push_and_wait (f, 10, "done");
  budgeting_free (f);
}

static void
test_no_service (void)
{
  Fixture *f = dry_fixture ();

  cup_dummy_engine_set_service (f->engine, FALSE);
  g_object_set (f->element, "price-per-megapixel", 1.0, NULL);
  fixture_play (f);
  push_and_wait (f, 10, "skipped");
  push_eos (f);
  fixture_assert_record (f, "stream-start|segment|gap|eos");
  collect (f);
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 0);
  assert_text (GST_MESSAGE_INFO, 0,
      "1 would be upscaled by the dummy engine, at no cost");
  g_assert_false (gst_structure_has_field (find_budget (0), "refused-cost"));
  budgeting_free (f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/dry-run/sizes", test_sizes);
  g_test_add_func ("/dry-run/same", test_same);
  g_test_add_func ("/dry-run/selected", test_selected);
  g_test_add_func ("/dry-run/unknown", test_unknown);
  g_test_add_func ("/dry-run/stopped", test_stopped);
  g_test_add_func ("/dry-run/no-service", test_no_service);
  return fixture_run ();
}
