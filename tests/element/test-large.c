/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pictures as large as photographs with the embedded engine, in a process that may
 * have so much memory and no more: what does not fit is an error of the frame, and
 * what the error says is enough.
 */
#include "choosing.h"
#include "image/image.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* A sanitizer needs addresses of its own, more than any limit here. */
#if defined (__has_feature)
#if __has_feature (address_sanitizer) || __has_feature (thread_sanitizer)
#define HAVE_SANITIZER
#endif
#endif
#if defined (__SANITIZE_ADDRESS__) || defined (__SANITIZE_THREAD__)
#define HAVE_SANITIZER
#endif

#define MIB ((gsize) 1 << 20)

/* 54 million pixels at scale 5, and 155 MB of RGB. */
#define WIDTH 1800
#define HEIGHT 1200
#define SCALE 5.0
#define CAPS "video/x-raw,format=RGB,width=1800,height=1200,framerate=0/1"

/* What GStreamer and the allocator's heaps for threads may take beside pictures. */
#define SLACK (160 * MIB)

static gsize
get_used (void)
{
  gchar *statm;
  gsize used;

  g_assert_true (g_file_get_contents ("/proc/self/statm", &statm, NULL, NULL));
  used = g_ascii_strtoull (statm, NULL, 10) * sysconf (_SC_PAGESIZE);
  g_free (statm);
  return used;
}

/* Whether the process can be limited here at all. */
static gboolean
can_limit (void)
{
#ifdef HAVE_SANITIZER
  return FALSE;
#else
  const gchar *preloaded = g_getenv ("LD_PRELOAD");

  return g_file_test ("/proc/self/statm", G_FILE_TEST_EXISTS)
      && !(preloaded && strstr (preloaded, "vgpreload"));
#endif
}

/* Lets the process have @more bytes, 0 for any number. */
static void
set_limit (gsize more)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_AS, &limit), ==, 0);
  limit.rlim_cur = more > 0 ? get_used () + more : limit.rlim_max;
  g_assert_cmpint (setrlimit (RLIMIT_AS, &limit), ==, 0);
}

static GstBuffer *
make_photograph (void)
{
  const gsize size = WIDTH * HEIGHT * 3;
  guint8 *data = g_malloc (size);
  gsize i;

  for (i = 0; i < size; i++)
    data[i] = i / 3 % 251;
  return gst_buffer_new_wrapped (data, size);
}

/* Playing, with all threads started: a first small frame went through. */
static Fixture *
new_fixture (const gchar * to, gboolean override)
{
  Fixture *f = fixture_new_idle ();

  gst_creative_upscaler_use_engine (GST_CREATIVE_UPSCALER (f->element), NULL);
  set_enum (f, "engine", "local");
  g_object_set (f->element, "scale", SCALE, "skip-ccsr", TRUE, "creativity",
      0.0, "detail", 0.0, "override-size-limits", override, NULL);
  fixture_play (f);
  gst_harness_set_sink_caps_str (f->harness, to);
  g_assert_cmpint (fixture_push (f, 1), ==, GST_FLOW_OK);
  gst_buffer_unref (gst_harness_pull (f->harness));
  fixture_set_caps (f, CAPS);
  return f;
}

/* The error of a photograph with @more bytes of memory, NULL where it came
 * through. */
static gchar *
try_photograph (const gchar * to, gboolean override, gsize more)
{
  Fixture *f = new_fixture (to, override);
  GstBuffer *photograph = make_photograph ();
  GstMessage *message;
  GError *error = NULL;
  gchar *text = NULL;

  set_limit (more);
  gst_harness_push (f->harness, photograph);
  gst_harness_push_event (f->harness, gst_event_new_eos ());
  message = gst_bus_timed_pop_filtered (f->bus, 0, GST_MESSAGE_ERROR);
  while (!message) {
    GstBuffer *result = gst_harness_try_pull (f->harness);

    if (result) {
      gst_buffer_unref (result);
      break;
    }
    message = gst_bus_timed_pop_filtered (f->bus, GST_SECOND / 50,
        GST_MESSAGE_ERROR);
  }
  set_limit (0);
  if (message) {
    gst_message_parse_error (message, &error, NULL);
    text = g_strdup (error->message);
    g_error_free (error);
    gst_message_unref (message);
  }
  fixture_free (f);
  return text;
}

static gboolean
skip (void)
{
  if (can_limit ())
    return FALSE;
  g_test_skip ("memory cannot be limited here");
  return TRUE;
}

static void
assert_says (const gchar * text, const gchar * part)
{
  g_assert_nonnull (text);
  if (!strstr (text, part))
    g_error ("\"%s\" does not say \"%s\"", text, part);
}

/* What the error of a photograph says that it needs, in bytes. */
static gsize
parse_need (const gchar * text)
{
  static const gchar before[] = " needs about ";
  const gchar *found = text ? strstr (text, before) : NULL;

  g_assert_nonnull (found);
  return g_ascii_strtoull (found + strlen (before), NULL, 10) * MIB;
}

/* Asked before anything is allocated; and with what it asks for it goes. */
static void
test_refused (void)
{
  gchar *text;
  gsize need;

  if (skip ())
    return;
  text = try_photograph ("image/png", FALSE, 200 * MIB);
  assert_says (text, "1800×1200 to 9000×6000 needs about 309 MB");
  assert_says (text, "can be had");
  assert_says (text, "\"scale\"");
  assert_says (text, "\"override-size-limits\"");
  need = parse_need (text);
  g_free (text);

  text = try_photograph ("image/png", FALSE, need + SLACK);
  g_assert_cmpstr (text, ==, NULL);
  text = try_photograph ("video/x-raw,format=RGB", FALSE, need + SLACK);
  g_assert_cmpstr (text, ==, NULL);
}

/* Tried all the same: wherever the memory ends, that is an error of the frame. */
static void
try_all (const gchar * to)
{
  static const gsize limits[] = { 20, 170, 260 };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (limits); i++) {
    gchar *text = try_photograph (to, TRUE, limits[i] * MIB);

    g_test_message ("%" G_GSIZE_FORMAT " MB: %s", limits[i],
        text ? text : "enough");
    if (i == 0)
      assert_says (text, " needs about 309 MB");
    if (text)
      assert_says (text, " MB");
    g_free (text);
  }
}

static void
test_cannot_be_had (void)
{
  if (skip ())
    return;
  try_all ("image/png");
  try_all ("image/jpeg");
  if (cup_image_type_is_supported (CUP_IMAGE_WEBP))
    try_all ("image/webp");
  /* From the memory of the pixels, and from pools. */
  try_all ("video/x-raw,format=RGB");
  try_all ("video/x-raw,format=BGRx");
  try_all ("video/x-raw,format=I420");
}

/* Known before the pixels are: with no limit of memory. */
static void
test_over_all_limits (void)
{
  Fixture *f = new_fixture ("image/png", TRUE);
  GstMessage *message;
  GError *error = NULL;

  fixture_set_caps (f,
      "video/x-raw,format=GRAY8,width=4000,height=4000,framerate=0/1");
  gst_harness_push (f->harness, gst_buffer_new_allocate (NULL, 16000000, NULL));
  message = fixture_wait_message (f, GST_MESSAGE_ERROR);
  gst_message_parse_error (message, &error, NULL);
  assert_says (error->message, "4000×4000 times 5");
  assert_says (error->message, "\"scale\" can be 4.09 at most");
  assert_says (error->message, "20000×20000");
  g_error_free (error);
  gst_message_unref (message);
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/large/refused", test_refused);
  g_test_add_func ("/large/cannot-be-had", test_cannot_be_had);
  g_test_add_func ("/large/over-all-limits", test_over_all_limits);

  return fixture_run ();
}
