/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Results are written straight into buffers of downstream's pool, whatever its
 * layout: with the samples that they have without one, and with nothing of what
 * was in that memory before.
 */
#include <string.h>

#include "element/allocator.h"
#include "base/memory.h"
#include "fixture.h"

/* Of frames, and of results. */
#define FROM_WIDTH 15
#define FROM_HEIGHT 11
#define CAPS "video/x-raw,format=RGB,width=15,height=11,framerate=25/1"
#define SCALE 1.4
#define WIDTH 21
#define HEIGHT 15
#define MARK 0xa5

static const GstAllocationParams wide = {
  .align = 255,.prefix = 40,.padding = 24
};

typedef struct
{
  GstBufferPool *pool;
  gboolean has_params;          /* and no pool */
  guint n_asked;                /* under the lock of the pad */
} Downstream;

/* Rows with room before and behind. */
static GstBufferPool *
make_pool (GstCaps * caps)
{
  GstBufferPool *pool = gst_video_buffer_pool_new ();
  GstStructure *config = gst_buffer_pool_get_config (pool);
  GstVideoAlignment alignment;
  GstVideoInfo info;

  gst_video_alignment_reset (&alignment);
  alignment.padding_left = 16;
  alignment.padding_right = 48;
  alignment.padding_bottom = 3;
  g_assert_true (gst_video_info_from_caps (&info, caps));
  gst_buffer_pool_config_set_params (config, caps, info.size, 0, 0);
  gst_buffer_pool_config_add_option (config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  gst_buffer_pool_config_add_option (config,
      GST_BUFFER_POOL_OPTION_VIDEO_ALIGNMENT);
  gst_buffer_pool_config_set_video_alignment (config, &alignment);
  g_assert_true (gst_buffer_pool_set_config (pool, config));
  return pool;
}

static GstPadProbeReturn
on_query (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);
  Downstream *downstream = user_data;
  GstCaps *caps;

  if (GST_QUERY_TYPE (query) != GST_QUERY_ALLOCATION)
    return GST_PAD_PROBE_OK;
  gst_query_parse_allocation (query, &caps, NULL);
  if (!downstream->pool && !downstream->has_params)
    downstream->pool = make_pool (caps);
  if (downstream->has_params)
    gst_query_add_allocation_param (query, NULL, &wide);
  else
    gst_query_add_allocation_pool (query, downstream->pool, 0, 0, 0);
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  downstream->n_asked++;
  return GST_PAD_PROBE_HANDLED;
}

/* Shades and edges, of their own for each frame. */
static GstBuffer *
make_frame (guint n)
{
  const gsize stride = GST_ROUND_UP_4 (FROM_WIDTH * 3);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, stride * FROM_HEIGHT,
      NULL);
  GstMapInfo map;
  guint x, y, c;

  gst_buffer_memset (buffer, 0, 0, -1);
  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (y = 0; y < FROM_HEIGHT; y++) {
    for (x = 0; x < FROM_WIDTH; x++) {
      for (c = 0; c < 3; c++)
        map.data[y * stride + 3 * x + c] = (guint8) (40 + 9 * x + 7 * y
            + 20 * c + n + (x / 4 + y / 4) % 2 * 30);
    }
  }
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = n * FRAME_DURATION;
  GST_BUFFER_DURATION (buffer) = FRAME_DURATION;
  return buffer;
}

static Fixture *
new_fixture (CupImageType type, const gchar * format, Downstream * downstream)
{
  const CupDummyPlan plan = {.drift = 3,.image_type = type,.hosted = TRUE };
  Fixture *f = fixture_new ("scale", SCALE, NULL);
  gchar *caps = g_strdup_printf ("video/x-raw,format=%s", format);

  cup_dummy_engine_set_plan (f->engine, &plan);
  gst_harness_set_sink_caps_str (f->harness, caps);
  if (downstream) {
    GstPad *pad = gst_element_get_static_pad (f->element, "src");

    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, on_query,
        downstream, NULL);
    gst_object_unref (pad);
  }
  fixture_set_caps (f, CAPS);
  g_free (caps);
  return f;
}

static GstBuffer *
upscale (Fixture * f, guint n)
{
  g_assert_cmpint (gst_harness_push (f->harness, make_frame (n)), ==,
      GST_FLOW_OK);
  return gst_harness_pull (f->harness);
}

static void
get_info (Fixture * f, GstVideoInfo * info)
{
  GstCaps *caps = gst_pad_get_current_caps (f->harness->sinkpad);

  g_assert_true (gst_video_info_from_caps (info, caps));
  gst_caps_unref (caps);
}

static gsize
get_row_size (const GstVideoFrame * frame, guint component)
{
  const gint step = GST_VIDEO_FRAME_COMP_PSTRIDE (frame, component);

  /* v210: six pixels in 16 bytes. */
  if (step == 0)
    return (WIDTH + 5) / 6 * 16;
  return (gsize) (GST_VIDEO_FRAME_COMP_WIDTH (frame, component) * step);
}

static const guint8 *
get_row (const GstVideoFrame * frame, guint component, gint y)
{
  return (const guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame,
      GST_VIDEO_FRAME_COMP_PLANE (frame, component))
  + (gssize) y *GST_VIDEO_FRAME_COMP_STRIDE (frame, component);
}

static void
assert_same_samples (GstBuffer * a, GstBuffer * b, const GstVideoInfo * info)
{
  GstVideoFrame one, two;
  guint c;
  gint y;

  g_assert_true (gst_video_frame_map (&one, info, a, GST_MAP_READ));
  g_assert_true (gst_video_frame_map (&two, info, b, GST_MAP_READ));
  for (c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (&one); c++) {
    for (y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (&one, c); y++)
      g_assert_cmpmem (get_row (&one, c, y), get_row_size (&one, c),
          get_row (&two, c, y), get_row_size (&two, c));
  }
  gst_video_frame_unmap (&one);
  gst_video_frame_unmap (&two);
}

static void
assert_clean_behind_rows (GstBuffer * buffer, const GstVideoInfo * info)
{
  GstVideoFrame frame;
  guint c;
  gint y, i;

  g_assert_true (gst_video_frame_map (&frame, info, buffer, GST_MAP_READ));
  for (c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (&frame); c++) {
    for (y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (&frame, c); y++) {
      const guint8 *row = get_row (&frame, c, y);

      for (i = (gint) get_row_size (&frame, c);
          i < GST_VIDEO_FRAME_COMP_STRIDE (&frame, c) - 16; i++)
        g_assert_cmpuint (row[i], ==, 0);
    }
  }
  gst_video_frame_unmap (&frame);
}

typedef struct
{
  const gchar *name;
  CupImageType type;
  const gchar *format;
} Case;

/* *INDENT-OFF* */
static const Case cases[] = {
  { "/pool/png/rgb", CUP_IMAGE_PNG, "RGB" },
  { "/pool/png/bgrx", CUP_IMAGE_PNG, "BGRx" },
  { "/pool/png/i420", CUP_IMAGE_PNG, "I420" },
  { "/pool/png/nv12", CUP_IMAGE_PNG, "NV12" },
  { "/pool/png/v210", CUP_IMAGE_PNG, "v210" },
  { "/pool/jpeg/rgb", CUP_IMAGE_JPEG, "RGB" },
  { "/pool/jpeg/bgrx", CUP_IMAGE_JPEG, "BGRx" },
  { "/pool/jpeg/i420", CUP_IMAGE_JPEG, "I420" },
  { "/pool/webp/rgb", CUP_IMAGE_WEBP, "RGB" },
  { "/pool/webp/bgrx", CUP_IMAGE_WEBP, "BGRx" },
  { "/pool/webp/i420", CUP_IMAGE_WEBP, "I420" },
  { "/pool/pixels/bgrx", CUP_IMAGE_UNKNOWN, "BGRx" },
  { "/pool/pixels/i420", CUP_IMAGE_UNKNOWN, "I420" },
};
/* *INDENT-ON* */

static void
test_case (gconstpointer user_data)
{
  const Case *c = user_data;
  Downstream downstream = { NULL };
  Fixture *with, *without;
  GstVideoInfo info;
  guint n;

  if (c->type != CUP_IMAGE_UNKNOWN && !cup_image_type_is_supported (c->type)) {
    g_test_skip ("this build does not have the format");
    return;
  }
  with = new_fixture (c->type, c->format, &downstream);
  without = new_fixture (c->type, c->format, NULL);
  for (n = 0; n < 3; n++) {
    GstBuffer *buffer = upscale (with, n), *other = upscale (without, n);

    get_info (with, &info);
    g_assert_cmpuint (downstream.n_asked, ==, 1);
    g_assert_true (buffer->pool == downstream.pool);
    g_assert_cmpint (info.width, ==, WIDTH);
    g_assert_cmpint (info.height, ==, HEIGHT);
    assert_same_samples (buffer, other, &info);
    if (n > 0 && !g_str_equal (c->format, "v210"))
      assert_clean_behind_rows (buffer, &info);
    /* What the next one finds there. */
    gst_buffer_memset (buffer, 0, MARK, -1);
    gst_buffer_unref (buffer);
    gst_buffer_unref (other);
  }
  fixture_free (with);
  fixture_free (without);
  gst_object_unref (downstream.pool);
}

/* Without a pool frames have the memory that downstream asks for. */
static void
test_params (void)
{
  Downstream downstream = {.has_params = TRUE };
  Fixture *with = new_fixture (CUP_IMAGE_PNG, "I420", &downstream);
  Fixture *without = new_fixture (CUP_IMAGE_PNG, "I420", NULL);
  guint n;

  for (n = 0; n < 3; n++) {
    GstBuffer *buffer = upscale (with, n), *other = upscale (without, n);
    GstVideoInfo info;
    GstMapInfo map;
    gsize offset, whole;

    get_info (with, &info);
    assert_same_samples (buffer, other, &info);
    g_assert_cmpuint (gst_buffer_get_sizes (buffer, &offset, &whole), ==,
        info.size);
    g_assert_cmpuint (offset, ==, wide.prefix);
    g_assert_cmpuint (whole, ==, wide.prefix + info.size + wide.padding);
    g_assert_nonnull (gst_buffer_get_video_meta (buffer));
    g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
    g_assert_cmpuint (((gsize) map.data - offset) & wide.align, ==, 0);
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
    gst_buffer_unref (other);
  }
  fixture_free (with);
  fixture_free (without);
}

static gsize
get_memory_in_use (void)
{
  CupMemoryFigures figures;

  cup_memory_get_figures (&figures);
  return figures.in_use;
}

/* What cannot be had is NULL, where GStreamer's own allocator ends the process. */
static void
test_allocator (void)
{
  GstAllocator *allocator = cup_allocator_new ();
  GstAllocationParams params = wide;
  const gsize size = 1 << 20, before = get_memory_in_use ();
  GstMemory *memory;

  g_assert_null (gst_allocator_alloc (allocator, G_MAXSSIZE / 4, &params));
  params.padding = G_MAXSIZE - 16;
  g_assert_null (gst_allocator_alloc (allocator, size, &params));
  params.padding = 64;
  params.flags = GST_MEMORY_FLAG_ZERO_PREFIXED | GST_MEMORY_FLAG_ZERO_PADDED;
  memory = gst_allocator_alloc (allocator, size, &params);
  g_assert_nonnull (memory);
  g_assert_cmpuint (get_memory_in_use (), >=, before + size);
  gst_memory_unref (memory);
  g_assert_cmpuint (get_memory_in_use (), ==, before);
  gst_object_unref (allocator);
}

/* In our own memory there is a row more below luma that chroma does not have. */
static void
test_below (void)
{
  Fixture *f = new_fixture (CUP_IMAGE_PNG, "I420", NULL);
  const gsize stride = GST_ROUND_UP_4 (WIDTH);
  guint n;

  for (n = 0; n < 3; n++) {
    GstBuffer *buffer = upscale (f, n);
    GstMapInfo map;
    gsize i;

    gst_buffer_map (buffer, &map, GST_MAP_READWRITE);
    g_assert_cmpuint (map.size, ==, stride * (HEIGHT + 1) + 2 * 12 * 8);
    for (i = stride * HEIGHT; n > 0 && i < stride * (HEIGHT + 1); i++)
      g_assert_cmpuint (map.data[i], ==, 0);
    memset (map.data, MARK, map.size);
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
  }
  fixture_free (f);
}

/* A result that cannot be decoded gives its buffer back, and says why. */
static void
test_damaged (void)
{
  const CupDummyPlan damaged = {.image_type = CUP_IMAGE_PNG,.damaged = TRUE,
    .hosted = TRUE
  };
  Downstream downstream = { NULL };
  Fixture *f = new_fixture (CUP_IMAGE_PNG, "I420", &downstream);
  GstMessage *message;
  GError *error;
  gchar *debug;

  gst_buffer_unref (upscale (f, 0));
  cup_dummy_engine_set_plan (f->engine, &damaged);
  gst_harness_push (f->harness, make_frame (1));
  message = fixture_wait_message (f, GST_MESSAGE_ERROR);
  gst_message_parse_error (message, &error, &debug);
  g_assert_nonnull (strstr (error->message, "the result cannot be decoded: PNG "
          "image"));
  g_assert_nonnull (strstr (error->message, "request-"));
  g_error_free (error);
  g_free (debug);
  gst_message_unref (message);
  fixture_free (f);
  gst_object_unref (downstream.pool);
}

int
main (int argc, char **argv)
{
  guint i;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  for (i = 0; i < G_N_ELEMENTS (cases); i++)
    g_test_add_data_func (cases[i].name, &cases[i], test_case);
  g_test_add_func ("/pool/params", test_params);
  g_test_add_func ("/pool/allocator", test_allocator);
  g_test_add_func ("/pool/below", test_below);
  g_test_add_func ("/pool/damaged", test_damaged);
  return fixture_run ();
}
