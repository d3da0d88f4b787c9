/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Colour conversion of the usual formats: against arithmetic in doubles, against
 * what all other formats go through, and against itself on other machines.
 */
#include <gst/check/gstcheck.h>
#include <math.h>
#include <string.h>

#include "colouring.h"
#include "element/colour.h"
#include "image/convert.h"

static const gchar *const sites[] = { "jpeg", "mpeg2", "cosited",
  "v-cosited"
};

static const GstVideoFormat packed_formats[] = {
  GST_VIDEO_FORMAT_RGB, GST_VIDEO_FORMAT_BGR, GST_VIDEO_FORMAT_RGBx,
  GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_xRGB, GST_VIDEO_FORMAT_xBGR,
  GST_VIDEO_FORMAT_RGBA, GST_VIDEO_FORMAT_BGRA, GST_VIDEO_FORMAT_ARGB,
  GST_VIDEO_FORMAT_ABGR, GST_VIDEO_FORMAT_ARGB64,
  GST_VIDEO_FORMAT_RGBA64_LE, GST_VIDEO_FORMAT_BGRA64_LE,
  GST_VIDEO_FORMAT_ARGB64_LE, GST_VIDEO_FORMAT_ABGR64_LE
};

static gboolean
is_deep (GstVideoFormat format)
{
  return gst_video_format_get_info (format)->depth[0] > 8;
}

/* --- against doubles --- */

static void
assert_exact (const ColouringError * error, gdouble largest)
{
  g_assert_cmpuint (error->n, >, 0);
  g_assert_cmpfloat (error->largest, <=, largest);
  g_assert_cmpfloat (fabs (error->mean), <, 0.02);
}

/* Every matrix, range and site: the nearest level. */
static void
test_exact (gconstpointer data)
{
  const GstVideoFormat format = *(const GstVideoFormat *) data;
  const gdouble largest = is_deep (format) ? 0.52 : 0.505;
  guint c, s;

  for (c = 0; c < colouring_n_codings; c++) {
    for (s = 0; s < G_N_ELEMENTS (sites); s++) {
      ColouringError to, back;

      colouring_measure (format, colouring_codings[c], sites[s], &to, &back);
      g_test_message ("%s, %s: %.3f %+.4f, back %.3f %+.4f",
          colouring_codings[c], sites[s], to.largest, to.mean, back.largest,
          back.mean);
      assert_exact (&to, largest);
      assert_exact (&back, largest);
    }
  }
}

/* Results of every kind, into frames of every depth. */
static void
test_exact_results (void)
{
  static const GstVideoFormat formats[] = { GST_VIDEO_FORMAT_I420,
    GST_VIDEO_FORMAT_Y444, GST_VIDEO_FORMAT_GRAY8, GST_VIDEO_FORMAT_P010_10LE,
    GST_VIDEO_FORMAT_I422_12LE
  };
  static const guint channels[] = { 1, 3, 4 }, depths[] = { 8, 16 };
  GRand *random = g_rand_new_with_seed (3);
  guint f, c, d;

  for (f = 0; f < G_N_ELEMENTS (formats); f++) {
    for (c = 0; c < G_N_ELEMENTS (channels); c++) {
      for (d = 0; d < G_N_ELEMENTS (depths); d++) {
        ColouringError error = { 0 };
        GstVideoFrame frame;
        GstVideoInfo info;
        CupPixels *pixels = colouring_make_noise (131, 67, channels[c],
            depths[d], random);

        colouring_set_info (&info, formats[f], 131, 67, "bt709");
        colouring_frame_init (&frame, &info, 0, FALSE);
        g_assert_true (cup_colour_write_frame (&frame, pixels, NULL));
        colouring_compare_write (pixels, &frame, &error);
        assert_exact (&error, 0.52);
        colouring_frame_clear (&frame);
        cup_pixels_unref (pixels);
      }
    }
  }
  g_rand_free (random);
}

/* A ramp of all levels without colour has none, each of them is the nearest, and
 * their mean is right. */
static void
check_grey (GstVideoFormat format, const gchar * coding)
{
  const guint depth = gst_video_format_get_info (format)->depth[0];
  ColouringError error = { 0 };
  GstVideoFrame frame, back;
  GstVideoInfo info;
  CupPixels *pixels;
  guint c, x, y;

  colouring_set_info (&info, format, 1 << depth, 2, coding);
  colouring_frame_init (&frame, &info, 0, FALSE);
  colouring_frame_init (&back, &info, 0, FALSE);
  for (c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (&frame); c++) {
    for (y = 0; y < (guint) GST_VIDEO_FRAME_COMP_HEIGHT (&frame, c); y++) {
      for (x = 0; x < (guint) GST_VIDEO_FRAME_COMP_WIDTH (&frame, c); x++)
        colouring_frame_set (&frame, c, x, y, c == 0 ? x : 1u << (depth - 1));
    }
  }

  pixels = cup_colour_read_frame (&frame, NULL);
  colouring_compare_read (&frame, pixels, &error);
  assert_exact (&error, 0.505);
  for (x = 0; x < pixels->width; x++) {
    for (c = 1; c < pixels->channels; c++)
      g_assert_cmpuint (colouring_pixels_get (pixels, x, 0, c), ==,
          colouring_pixels_get (pixels, x, 0, 0));
  }

  /* What is between black and white comes back as it was. */
  g_assert_true (cup_colour_write_frame (&back, pixels, NULL));
  for (x = 16u << (depth - 8); x <= 235u << (depth - 8); x++)
    g_assert_cmpuint (colouring_frame_get (&back, 0, x, 0), ==, x);
  for (c = 1; c < GST_VIDEO_FRAME_N_COMPONENTS (&back); c++) {
    for (x = 0; x < (guint) GST_VIDEO_FRAME_COMP_WIDTH (&back, c); x++)
      g_assert_cmpuint (colouring_frame_get (&back, c, x, 0), ==,
          1u << (depth - 1));
  }
  cup_pixels_unref (pixels);
  colouring_frame_clear (&frame);
  colouring_frame_clear (&back);
}

static void
test_grey (void)
{
  guint f, c;

  for (f = 0; f < colouring_n_formats; f++) {
    for (c = 0; c < colouring_n_codings; c++)
      check_grey (colouring_formats[f], colouring_codings[c]);
  }
}

static void
test_round_trip (void)
{
  guint f;

  for (f = 0; f < colouring_n_formats; f++) {
    gdouble memory[2], png[2], jpeg[2];

    colouring_round_trip (colouring_formats[f], CUP_IMAGE_UNKNOWN, memory);
    colouring_round_trip (colouring_formats[f], CUP_IMAGE_PNG, png);
    colouring_round_trip (colouring_formats[f], CUP_IMAGE_JPEG, jpeg);
    g_test_message ("%s: %.1f %.1f, PNG %.1f %.1f, JPEG %.1f %.1f dB",
        gst_video_format_to_string (colouring_formats[f]), memory[0],
        memory[1], png[0], png[1], jpeg[0], jpeg[1]);
    g_assert_cmpfloat (memory[0], >=, 60);
    g_assert_cmpfloat (memory[1], >=, 60);
    g_assert_cmpfloat (png[0], ==, memory[0]);
    g_assert_cmpfloat (png[1], ==, memory[1]);
    g_assert_cmpfloat (jpeg[0], >=, 50);
    g_assert_cmpfloat (jpeg[1], >=, 48);
  }
}

/* --- against the general way --- */

static guint
get_difference (const CupPixels * a, const CupPixels * b)
{
  guint most = 0, x, y, c;

  g_assert_cmpuint (a->channels, ==, b->channels);
  g_assert_cmpuint (a->depth, ==, b->depth);
  for (y = 0; y < a->height; y++) {
    for (x = 0; x < a->width; x++) {
      for (c = 0; c < a->channels; c++) {
        const gint difference = (gint) colouring_pixels_get (a, x, y, c)
            - (gint) colouring_pixels_get (b, x, y, c);

        most = MAX (most, (guint) ABS (difference));
      }
    }
  }
  return most;
}

/* But for the last column of chroma: where it is cosited GStreamer takes the wrong
 * neighbour there, and of odd widths it leaves some of NV61 out. */
static guint
get_frame_difference (const GstVideoFrame * a, const GstVideoFrame * b)
{
  guint most = 0, c;
  gint x, y;

  for (c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (a); c++) {
    const gint end = GST_VIDEO_FRAME_COMP_WIDTH (a, c) - (c > 0 ? 1 : 0);

    for (y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (a, c); y++) {
      for (x = 0; x < end; x++) {
        const gint difference = (gint) colouring_frame_get (a, c, x, y)
            - (gint) colouring_frame_get (b, c, x, y);

        most = MAX (most, (guint) ABS (difference));
      }
    }
  }
  return most;
}

static CupPixels *
read_generally (const GstVideoFrame * frame)
{
  CupPixels *pixels;

  cup_colour_set_general (TRUE);
  pixels = cup_colour_read_frame (frame, NULL);
  cup_colour_set_general (FALSE);
  return pixels;
}

static void
write_generally (GstVideoFrame * frame, const CupPixels * pixels)
{
  cup_colour_set_general (TRUE);
  g_assert_true (cup_colour_write_frame (frame, pixels, NULL));
  cup_colour_set_general (FALSE);
}

/* The general way rounds halved chroma to its depth twice, by as much as a level
 * in all, of which the matrix makes two at most. */
static void
compare_with_general (GstVideoFormat format, const gchar * site)
{
  GRand *random = g_rand_new_with_seed (5);
  GstVideoFrame frame, other;
  GstVideoInfo info;
  CupPixels *pixels, *generally;
  gboolean halved;

  colouring_set_info (&info, format, 130, 66, "bt709");
  info.chroma_site = gst_video_chroma_site_from_string (site);
  halved = info.finfo->n_components > 1 && info.finfo->w_sub[1] > 0;
  colouring_frame_init (&frame, &info, 0, FALSE);
  colouring_frame_init (&other, &info, 0, FALSE);
  colouring_frame_fill (&frame, random);
  pixels = cup_colour_read_frame (&frame, NULL);
  generally = read_generally (&frame);
  g_assert_cmpuint (get_difference (pixels, generally), <=, halved ? 3 : 1);
  cup_pixels_unref (generally);
  cup_pixels_unref (pixels);

  pixels = colouring_make_noise (130, 66, 3, is_deep (format) ? 16 : 8, random);
  g_assert_true (cup_colour_write_frame (&frame, pixels, NULL));
  write_generally (&other, pixels);
  g_assert_cmpuint (get_frame_difference (&frame, &other), <=, halved ? 2 : 1);
  cup_pixels_unref (pixels);
  colouring_frame_clear (&frame);
  colouring_frame_clear (&other);
  g_rand_free (random);
}

/* Where chroma lies on rows GStreamer does not interpolate it. */
static void
test_general (void)
{
  guint f;

  for (f = 0; f < colouring_n_formats; f++) {
    compare_with_general (colouring_formats[f], "jpeg");
    compare_with_general (colouring_formats[f], "mpeg2");
  }
}

static void
check_packed (GstVideoFormat format, guint channels, guint depth,
    GRand * random)
{
  const guint levels = depth == (is_deep (format) ? 16 : 8) ? 0 : 1;
  CupPixels *pixels = colouring_make_noise (67, 5, channels, depth, random);
  GstVideoFrame frame, other;
  GstVideoInfo info;
  CupPixels *fast, *generally;
  guint x;

  colouring_set_info (&info, format, 67, 5, NULL);
  colouring_frame_init (&frame, &info, 3 * 8, FALSE);
  colouring_frame_init (&other, &info, 0, TRUE);
  g_assert_true (cup_colour_write_frame (&frame, pixels, NULL));
  write_generally (&other, pixels);
  fast = cup_colour_read_frame (&frame, NULL);
  generally = read_generally (&other);
  g_assert_cmpuint (get_difference (fast, generally), <=, levels);
  cup_pixels_unref (generally);
  generally = read_generally (&frame);
  g_assert_cmpuint (get_difference (fast, generally), ==, 0);

  if (levels == 0) {
    for (x = 0; x < pixels->width; x++)
      g_assert_cmpuint (colouring_pixels_get (fast, x, 4, 2), ==,
          colouring_pixels_get (pixels, x, 4, channels == 1 ? 0 : 2));
  }
  cup_pixels_unref (generally);
  cup_pixels_unref (fast);
  cup_pixels_unref (pixels);
  colouring_frame_clear (&frame);
  colouring_frame_clear (&other);
}

static void
test_packed (void)
{
  static const guint channels[] = { 1, 3, 4 };
  GRand *random = g_rand_new_with_seed (2);
  guint f, c;

  for (f = 0; f < G_N_ELEMENTS (packed_formats); f++) {
    for (c = 0; c < G_N_ELEMENTS (channels); c++) {
      check_packed (packed_formats[f], channels[c], 8, random);
      check_packed (packed_formats[f], channels[c], 16, random);
    }
  }
  g_rand_free (random);
}

/* All 65536 levels, and the way back of 256. */
static void
test_depth (void)
{
  CupPixels *deep = cup_pixels_new (65535, 2, 1, 16, NULL);
  GstVideoFrame frame;
  GstVideoInfo info;
  guint i;

  for (i = 0; i < 65535; i++) {
    ((guint16 *) cup_pixels_row (deep, 0))[i] = (guint16) i;
    ((guint16 *) cup_pixels_row (deep, 1))[i] = (guint16) (i + 1);
  }
  colouring_set_info (&info, GST_VIDEO_FORMAT_BGRx, 65535, 2, NULL);
  colouring_frame_init (&frame, &info, 0, FALSE);
  g_assert_true (cup_colour_write_frame (&frame, deep, NULL));
  for (i = 0; i < 65535; i++) {
    g_assert_cmpuint (colouring_frame_get (&frame, 0, i, 0), ==,
        (guint) lround (i / 257.));
    g_assert_cmpuint (colouring_frame_get (&frame, 2, i, 1), ==,
        (guint) lround ((i + 1) / 257.));
  }
  colouring_frame_clear (&frame);
  cup_pixels_unref (deep);
}

/* --- memory --- */

/* That blocks have exactly the size of their planes is for AddressSanitizer. */
static void
check_padding (const GstVideoFrame * frame, guint padding)
{
  guint i, k;

  for (i = 0; i < GST_VIDEO_FRAME_N_PLANES (frame); i++) {
    const guint stride = ABS (GST_VIDEO_FRAME_PLANE_STRIDE (frame, i));
    const guint8 *block = frame->map[i].data;
    gsize end;

    for (end = stride; end < frame->map[i].size; end += stride) {
      for (k = 1; k <= padding; k++)
        g_assert_cmpuint (block[end - k], ==, 0xa5);
    }
  }
}

static void
copy_samples (const GstVideoFrame * from, GstVideoFrame * to)
{
  guint c;
  gint x, y;

  for (c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (from); c++) {
    for (y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (from, c); y++) {
      for (x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH (from, c); x++)
        colouring_frame_set (to, c, x, y, colouring_frame_get (from, c, x, y));
    }
  }
}

/* Rows that are apart, and upside down, with and without AVX2: the same
 * samples, and nothing besides. */
static void
check_memory (GstVideoFormat format, guint width, guint height, GRand * random)
{
  const guint padding = is_deep (format) ? 6 : 5;
  CupPixels *noise, *pixels[2];
  GstVideoFrame plain, apart;
  GstVideoInfo info;
  guint c;

  colouring_set_info (&info, format, width, height, "bt601");
  colouring_frame_init (&plain, &info, 0, FALSE);
  colouring_frame_init (&apart, &info, padding, TRUE);
  colouring_frame_fill (&plain, random);
  copy_samples (&plain, &apart);
  pixels[0] = cup_colour_read_frame (&plain, NULL);
  cup_convert_set_portable (TRUE);
  pixels[1] = cup_colour_read_frame (&apart, NULL);
  cup_convert_set_portable (FALSE);
  g_assert_cmpmem (pixels[0]->data, cup_pixels_get_size (pixels[0]),
      pixels[1]->data, cup_pixels_get_size (pixels[1]));

  noise = colouring_make_noise (width, height, 3, pixels[0]->depth, random);
  g_assert_true (cup_colour_write_frame (&plain, noise, NULL));
  cup_convert_set_portable (TRUE);
  g_assert_true (cup_colour_write_frame (&apart, noise, NULL));
  cup_convert_set_portable (FALSE);
  check_padding (&apart, padding);
  for (c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (&plain); c++) {
    guint x, y;

    for (y = 0; y < (guint) GST_VIDEO_FRAME_COMP_HEIGHT (&plain, c); y++) {
      for (x = 0; x < (guint) GST_VIDEO_FRAME_COMP_WIDTH (&plain, c); x++)
        g_assert_cmpuint (colouring_frame_get (&plain, c, x, y), ==,
            colouring_frame_get (&apart, c, x, y));
    }
  }
  cup_pixels_unref (noise);
  cup_pixels_unref (pixels[0]);
  cup_pixels_unref (pixels[1]);
  colouring_frame_clear (&plain);
  colouring_frame_clear (&apart);
}

static void
test_memory (void)
{
  static const guint sides[] = { 1, 2, 3, 5, 16, 37, 131 };
  GRand *random = g_rand_new_with_seed (9);
  guint f, w, h;

  for (w = 0; w < G_N_ELEMENTS (sides); w++) {
    for (h = 0; h < 5; h++) {
      for (f = 0; f < colouring_n_formats; f++)
        check_memory (colouring_formats[f], sides[w], sides[h], random);
      for (f = 0; f < G_N_ELEMENTS (packed_formats); f++)
        check_memory (packed_formats[f], sides[w], sides[h], random);
    }
  }
  g_rand_free (random);
}

/* Words at odd places are left to who reads them byte by byte. */
static void
test_unaligned (void)
{
  GRand *random = g_rand_new_with_seed (4);
  GstVideoFrame plain, odd;
  CupPixels *a, *b;
  GstVideoInfo info;

  colouring_set_info (&info, GST_VIDEO_FORMAT_Y444_10LE, 37, 5, "bt709");
  colouring_frame_init (&plain, &info, 0, FALSE);
  colouring_frame_init (&odd, &info, 1, FALSE);
  colouring_frame_fill (&plain, random);
  copy_samples (&plain, &odd);
  a = cup_colour_read_frame (&plain, NULL);
  b = cup_colour_read_frame (&odd, NULL);
  g_assert_cmpuint (get_difference (a, b), <=, 1);
  cup_pixels_unref (a);
  cup_pixels_unref (b);
  colouring_frame_clear (&plain);
  colouring_frame_clear (&odd);
  g_rand_free (random);
}

int
main (int argc, char **argv)
{
  guint f;

  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  for (f = 0; f < colouring_n_formats; f++) {
    gchar *path = g_strdup_printf ("/colour/exact/%s",
        gst_video_format_to_string (colouring_formats[f]));

    g_test_add_data_func (path, &colouring_formats[f], test_exact);
    g_free (path);
  }
  g_test_add_func ("/colour/exact-results", test_exact_results);
  g_test_add_func ("/colour/grey", test_grey);
  g_test_add_func ("/colour/round-trip", test_round_trip);
  g_test_add_func ("/colour/general", test_general);
  g_test_add_func ("/colour/packed", test_packed);
  g_test_add_func ("/colour/depth", test_depth);
  g_test_add_func ("/colour/memory", test_memory);
  g_test_add_func ("/colour/unaligned", test_unaligned);
  return g_test_run ();
}
