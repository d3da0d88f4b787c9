/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Seeks in a whole pipeline, while frames are under way. What comes to the sink
 * is checked by playing.c: no frame of before a flush, none outside its
 * segment, none missing in between. It stalls where a test does not end.
 */
#include "playing.h"

#define N_SEEKS 200

static const CupDummyPlan hold = {.delay = CUP_DUMMY_HOLD };

/* Frames that take from 5 to 50 ms; with -m slow as long as a fast service
 * does, from 50 to 500 ms. */
static void
set_random_delays (Playing * p)
{
  gint unit = g_test_slow ()? 10 : 1;
  guint key;

  for (key = 0; key < KEY_SOURCE_FRAMES; key++) {
    const CupDummyPlan plan = {.delay = g_test_rand_int_range (5, 51) * unit };

    cup_dummy_engine_set_plan_for (p->engine, (guint8) key, &plan);
  }
}

/* The first frame is that which holds the position, from there on. */
static void
check_first (Playing * p, GstClockTime position)
{
  GstClockTime end = (position / FRAME_DURATION + 1) * FRAME_DURATION;

  g_assert_cmpuint (playing_get_first (p), ==, position / FRAME_DURATION);
  g_mutex_lock (&p->lock);
  g_assert_cmpuint (p->first_pts, ==, position);
  g_assert_cmpuint (p->first_pts + p->first_duration, ==, end);
  g_mutex_unlock (&p->lock);
}

static void
test_random (void)
{
  Playing *p = playing_new ("sync=false");
  guint i, seen = 0;

  set_random_delays (p);
  playing_set_state (p, GST_STATE_PLAYING);
  for (i = 0; i < N_SEEKS; i++) {
    GstClockTime position = (GstClockTime) g_test_rand_int_range (0,
        (gint32) (KEY_SOURCE_DURATION / GST_MSECOND)) * GST_MSECOND;
    guint n = (guint) g_test_rand_int_range (0, 5);
    guint32 seqnum = playing_seek (p, 1, GST_SEEK_FLAG_FLUSH
        | GST_SEEK_FLAG_ACCURATE, position, GST_CLOCK_TIME_NONE);

    if (n == 0) {
      /* The next one comes in the middle of this one. */
      g_usleep ((gulong) g_test_rand_int_range (0, 10000));
      continue;
    }
    playing_wait (p, seqnum, n);
    check_first (p, position);
    seen += n;
  }
  g_test_message ("%u frames waited for, %u sent", seen,
      cup_dummy_engine_get_n_started (p->engine));
  g_assert_cmpuint (p->n_flushes, ==, N_SEEKS);
  playing_free (p);
}

/* While paused a seek shows the frame at its position, whatever it was that was
 * shown before, or was on its way. */
static void
test_paused (void)
{
  Playing *p = playing_new ("sync=true");
  guint i;

  set_random_delays (p);
  playing_set_state (p, GST_STATE_PAUSED);
  g_assert_cmpuint (playing_get_first (p), ==, 0);
  for (i = 0; i < 20; i++) {
    GstClockTime position = (GstClockTime) g_test_rand_int_range (0,
        (gint32) (KEY_SOURCE_DURATION / GST_MSECOND)) * GST_MSECOND;
    gint64 found = -1;
    guint32 seqnum = playing_seek (p, 1, GST_SEEK_FLAG_FLUSH
        | GST_SEEK_FLAG_ACCURATE, position, GST_CLOCK_TIME_NONE);

    g_assert_cmpint (gst_element_get_state (p->pipeline, NULL, NULL,
            GST_CLOCK_TIME_NONE), ==, GST_STATE_CHANGE_SUCCESS);
    playing_wait (p, seqnum, 1);
    check_first (p, position);
    g_assert_cmpuint (playing_get_n (p), ==, 1);
    g_assert_true (gst_element_query_position (p->pipeline, GST_FORMAT_TIME,
            &found));
    g_assert_cmpint (found, ==, position);
  }
  playing_free (p);
}

/* The pipeline is not even PAUSED yet. */
static void
test_during_preroll (void)
{
  Playing *p = playing_new ("sync=true");
  guint32 seqnum = 0;
  guint i;

  cup_dummy_engine_set_plan (p->engine, &hold);
  gst_element_set_state (p->pipeline, GST_STATE_PAUSED);
  cup_dummy_engine_wait_started (p->engine, 1);
  for (i = 1; i < 10; i++) {
    seqnum = playing_seek (p, 1, GST_SEEK_FLAG_FLUSH, i * GST_SECOND,
        GST_CLOCK_TIME_NONE);
    if (i % 2)
      cup_dummy_engine_wait_started (p->engine, i + 1);
  }
  g_assert_cmpuint (playing_get_n (p), ==, 0);
  cup_dummy_engine_release_all (p->engine);
  playing_set_state (p, GST_STATE_PAUSED);
  playing_wait (p, seqnum, 1);
  check_first (p, 9 * GST_SECOND);
  playing_free (p);
}

static void
assert_keys (Playing * p, const gchar * expected)
{
  gchar *keys = playing_get_keys (p);

  g_assert_cmpstr (keys, ==, expected);
  g_free (keys);
}

/* Segments one after the other without a flush, for loops without a seam. The
 * source is done with one long before its frames are out; what follows queues
 * behind them. */
static void
test_segments (void)
{
  Playing *p = playing_new ("sync=false");
  GstMessage *message;
  guint32 seqnum;
  guint i;

  set_random_delays (p);
  playing_set_state (p, GST_STATE_PAUSED);
  seqnum = playing_seek (p, 1, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_SEGMENT,
      GST_SECOND, GST_SECOND + 4 * FRAME_DURATION);
  playing_set_state (p, GST_STATE_PLAYING);
  for (i = 0; i < 5; i++) {
    playing_wait_done (p, seqnum);
    g_assert_cmpuint (p->n_segments_done, ==, i + 1);
    g_assert_cmpuint (p->segment.base, ==, i * 4 * FRAME_DURATION);
    assert_keys (p, i % 2 ? "50 51 52 53" : "25 26 27 28");
    message = playing_wait_message (p, GST_MESSAGE_SEGMENT_DONE);
    gst_message_unref (message);
    seqnum = playing_seek (p, 1, GST_SEEK_FLAG_SEGMENT,
        (i % 2 ? 1 : 2) * GST_SECOND,
        (i % 2 ? 1 : 2) * GST_SECOND + 4 * FRAME_DURATION);
  }
  g_assert_cmpuint (p->n_flushes, ==, 1);
  seqnum = playing_seek (p, 1, GST_SEEK_FLAG_NONE, 3 * GST_SECOND,
      3 * GST_SECOND + 2 * FRAME_DURATION);
  playing_wait_done (p, seqnum);
  assert_keys (p, "75 76");
  message = playing_wait_message (p, GST_MESSAGE_EOS);
  gst_message_unref (message);
  g_assert_cmpuint (p->n_flushes, ==, 1);
  playing_free (p);
}

/* The source says that a segment is done as soon as it has sent its frames. An
 * application that goes on right then cuts nothing off. */
static void
test_segment_early (void)
{
  Playing *p = playing_new ("sync=false");
  GstMessage *message;
  guint32 seqnum;

  cup_dummy_engine_set_plan (p->engine, &hold);
  gst_element_set_state (p->pipeline, GST_STATE_PLAYING);
  cup_dummy_engine_wait_started (p->engine, 1);
  g_object_set (p->element, "max-in-flight", 8, NULL);
  playing_seek (p, 1, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_SEGMENT, 0,
      3 * FRAME_DURATION);
  message = playing_wait_message (p, GST_MESSAGE_SEGMENT_DONE);
  gst_message_unref (message);
  g_assert_cmpuint (playing_get_n (p), ==, 0);
  seqnum = playing_seek (p, 1, GST_SEEK_FLAG_SEGMENT, 10 * FRAME_DURATION,
      12 * FRAME_DURATION);
  cup_dummy_engine_release_all (p->engine);
  playing_wait_done (p, seqnum);
  assert_keys (p, "10 11");
  g_assert_cmpuint (p->n_segments_done, ==, 2);
  g_assert_cmpuint (p->segment.base, ==, 3 * FRAME_DURATION);
  playing_free (p);
}

/* Faster, slower, backwards, and back again. */
static void
test_rates (void)
{
  static const gdouble rates[] = { 2, 0.5, -1, 1, -4, 1.5 };
  Playing *p = playing_new ("sync=false");
  guint i;

  set_random_delays (p);
  playing_set_state (p, GST_STATE_PLAYING);
  for (i = 0; i < G_N_ELEMENTS (rates); i++) {
    GstClockTime start = 2 * GST_SECOND + FRAME_DURATION / 4;
    GstClockTime stop = start + 3 * FRAME_DURATION;
    guint32 seqnum = playing_seek (p, rates[i], GST_SEEK_FLAG_FLUSH
        | GST_SEEK_FLAG_ACCURATE, start, stop);

    playing_wait_done (p, seqnum);
    g_assert_cmpfloat (p->segment.rate, ==, rates[i]);
    assert_keys (p, rates[i] > 0 ? "50 51 52 53" : "53 52 51 50");
    g_assert_cmpuint (p->first_pts, ==, rates[i] > 0 ? start :
        53 * FRAME_DURATION);
    g_assert_cmpuint (p->first_duration, ==, rates[i] > 0 ?
        FRAME_DURATION * 3 / 4 : FRAME_DURATION / 4);
  }
  playing_free (p);
}

static void
set_rate (Playing * p, gdouble rate)
{
  g_assert_true (gst_element_send_event (p->pipeline, gst_event_new_seek (rate,
              GST_FORMAT_TIME, GST_SEEK_FLAG_INSTANT_RATE_CHANGE,
              GST_SEEK_TYPE_NONE, -1, GST_SEEK_TYPE_NONE, -1)));
}

static void
wait_for_rate (Playing * p, gdouble rate)
{
  g_mutex_lock (&p->lock);
  while (p->rate_multiplier != rate)
    g_cond_wait (&p->cond, &p->lock);
  g_mutex_unlock (&p->lock);
}

/* Gets past the frames that are under way, and loses none; but not past the
 * segment, which the sink has to know. */
static void
test_instant_rate (void)
{
  Playing *p = playing_new ("sync=false");
  guint32 seqnum;

  cup_dummy_engine_set_plan (p->engine, &hold);
  playing_set_state (p, GST_STATE_READY);
  gst_element_set_state (p->pipeline, GST_STATE_PLAYING);
  cup_dummy_engine_wait_started (p->engine, 4);
  seqnum = playing_seek (p, 1, GST_SEEK_FLAG_FLUSH, GST_SECOND,
      GST_SECOND + 6 * FRAME_DURATION);
  cup_dummy_engine_wait_started (p->engine, 8);
  set_rate (p, 2);
  g_mutex_lock (&p->lock);
  g_assert_cmpfloat (p->rate_multiplier, ==, 0);
  g_mutex_unlock (&p->lock);
  cup_dummy_engine_release (p->engine, 25);
  wait_for_rate (p, 2);
  playing_wait (p, seqnum, 1);
  set_rate (p, 3);
  wait_for_rate (p, 3);
  g_assert_cmpuint (playing_get_n (p), ==, 1);
  cup_dummy_engine_release_all (p->engine);
  playing_wait_done (p, seqnum);
  assert_keys (p, "25 26 27 28 29 30");
  g_assert_cmpuint (p->n_flushes, ==, 1);
  /* The first one is not remembered. */
  g_assert_cmpfloat (p->rate_multiplier, ==, 3);
  playing_free (p);
}

/* Behind the end there is nothing, and it says so at once; a seek gets away
 * from there. */
static void
test_end (void)
{
  Playing *p = playing_new ("sync=false");
  guint32 seqnum;
  guint i;

  set_random_delays (p);
  playing_set_state (p, GST_STATE_PLAYING);
  for (i = 0; i < 5; i++) {
    seqnum = playing_seek (p, 1, GST_SEEK_FLAG_FLUSH,
        KEY_SOURCE_DURATION - i * FRAME_DURATION, GST_CLOCK_TIME_NONE);
    gst_message_unref (playing_wait_message (p, GST_MESSAGE_EOS));
    /* The source does not even send a segment where it has no frame. */
    if (i > 0)
      playing_wait_done (p, seqnum);
    g_assert_cmpuint (playing_get_n (p), ==, i);
  }
  playing_free (p);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  key_source_register ();

  g_test_add_func ("/seeking/random", test_random);
  g_test_add_func ("/seeking/paused", test_paused);
  g_test_add_func ("/seeking/during-preroll", test_during_preroll);
  g_test_add_func ("/seeking/segments", test_segments);
  g_test_add_func ("/seeking/segment-early", test_segment_early);
  g_test_add_func ("/seeking/rates", test_rates);
  g_test_add_func ("/seeking/instant-rate", test_instant_rate);
  g_test_add_func ("/seeking/end", test_end);
  return fixture_run ();
}
