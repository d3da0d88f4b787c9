/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The presets that are installed: what they set, what they leave alone, and
 * that the embedded engine goes further from the picture with each.
 */
#include "choosing.h"

#include <glib/gstdio.h>

/* From the nearest to the original to the furthest. */
static const gchar *const names[] = { "faithful", "balanced", "creative" };

#define SIDE 48
#define SCALE 2

/* What a preset leaves alone, by three values that are not the defaults. */
static void
test_fields (void)
{
  GstElement *element = gst_element_factory_make ("creativeupscaler", NULL);
  gdouble last = -1.0;
  guint i;

  g_object_set (element, "scale", 3.0, "prompt", "a cat", "max-in-flight", 7,
      NULL);
  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    gdouble creativity, scale;
    gchar *prompt, *comment = NULL;
    guint in_flight;

    g_assert_true (gst_preset_load_preset (GST_PRESET (element), names[i]));
    g_assert_true (gst_preset_get_meta (GST_PRESET (element), names[i],
            "comment", &comment));
    g_object_get (element, "creativity", &creativity, "scale", &scale,
        "prompt", &prompt, "max-in-flight", &in_flight, NULL);
    g_assert_cmpfloat (creativity, >, last);
    g_assert_cmpfloat (scale, ==, 3.0);
    g_assert_cmpstr (prompt, ==, "a cat");
    g_assert_cmpuint (in_flight, ==, 7);
    last = creativity;
    g_free (prompt);
    g_free (comment);
  }
  gst_object_unref (element);
}

/* Nothing is in the file that is not named here. */
static void
test_names (void)
{
  GstElement *element = gst_element_factory_make ("creativeupscaler", NULL);
  gchar **found = gst_preset_get_preset_names (GST_PRESET (element));
  guint i;

  g_assert_cmpuint (g_strv_length (found), ==, G_N_ELEMENTS (names));
  for (i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_true (g_strv_contains ((const gchar * const *) found, names[i]));
  g_strfreev (found);
  gst_object_unref (element);
}

/* Gray stripes of two periods, which have texture and detail to add to. */
static GstBuffer *
make_picture (void)
{
  GstBuffer *buffer = gst_buffer_new_and_alloc (SIDE * SIDE);
  GstMapInfo map;
  guint x, y;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_WRITE));
  for (y = 0; y < SIDE; y++)
    for (x = 0; x < SIDE; x++)
      map.data[y * SIDE + x] = 90 + 40 * (x / 5 % 2) + 30 * ((x + y) / 3 % 2);
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = 0;
  return buffer;
}

static GBytes *
upscale (const gchar * preset)
{
  GstHarness *harness = gst_harness_new ("creativeupscaler");
  GstBuffer *result;
  gpointer data;
  gsize size;

  gst_util_set_object_arg (G_OBJECT (harness->element), "engine", "local");
  g_assert_true (gst_preset_load_preset (GST_PRESET (harness->element),
          preset));
  g_object_set (harness->element, "seed", G_GINT64_CONSTANT (7), NULL);
  gst_harness_set_caps_str (harness,
      "video/x-raw,format=GRAY8,width=48,height=48,framerate=1/1",
      "video/x-raw,format=GRAY8");
  g_assert_cmpint (gst_harness_push (harness, make_picture ()), ==,
      GST_FLOW_OK);
  result = gst_harness_pull (harness);
  gst_buffer_extract_dup (result, 0, -1, &data, &size);
  g_assert_cmpuint (size, ==, SIDE * SCALE * SIDE * SCALE);
  gst_buffer_unref (result);
  gst_harness_teardown (harness);
  return g_bytes_new_take (data, size);
}

/* Sum of the differences of all samples. */
static guint64
compare (GBytes * one, GBytes * other)
{
  const guint8 *a = g_bytes_get_data (one, NULL);
  const guint8 *b = g_bytes_get_data (other, NULL);
  guint64 sum = 0;
  gsize i;

  for (i = 0; i < g_bytes_get_size (one); i++)
    sum += ABS ((gint) a[i] - b[i]);
  return sum;
}

static void
test_distance (void)
{
  GBytes *faithful = upscale ("faithful");
  GBytes *balanced = upscale ("balanced");
  GBytes *creative = upscale ("creative");

  g_test_message ("from faithful: balanced %" G_GUINT64_FORMAT ", creative %"
      G_GUINT64_FORMAT, compare (faithful, balanced), compare (faithful,
          creative));
  g_assert_cmpuint (compare (faithful, balanced), >, 0);
  g_assert_cmpuint (compare (faithful, creative), >, compare (faithful,
          balanced));
  g_bytes_unref (faithful);
  g_bytes_unref (balanced);
  g_bytes_unref (creative);
}

/* GStreamer 1.26 makes folders for the user's presets, and nothing in them. */
static void
remove_home (const gchar * home)
{
  gchar *outer = g_build_filename (home, "gstreamer-1.0", NULL);
  gchar *inner = g_build_filename (outer, "presets", NULL);

  g_rmdir (inner);
  g_rmdir (outer);
  g_rmdir (home);
  g_free (inner);
  g_free (outer);
}

int
main (int argc, char **argv)
{
  gchar *home = g_dir_make_tmp ("cup-presets-XXXXXX", NULL);
  int status;

  /* Presets that the user of this machine has saved stay out. */
  g_setenv ("XDG_DATA_HOME", home, TRUE);
  g_setenv ("GST_PRESET_PATH", CUP_PRESET_DIR, TRUE);
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  gst_element_register (NULL, "creativeupscaler", GST_RANK_NONE,
      GST_TYPE_CREATIVE_UPSCALER);

  g_test_add_func ("/presets/names", test_names);
  g_test_add_func ("/presets/fields", test_fields);
  g_test_add_func ("/presets/distance", test_distance);
  status = g_test_run ();
  remove_home (home);
  g_free (home);
  return status;
}
