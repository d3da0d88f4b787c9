/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "bench-steps.h"

#include <png.h>
#include <string.h>
#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif
#ifdef HAVE_ISAL
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#endif

#include "element/colour.h"
#include "image/png-filter.h"

#define ROUNDS 7
#define BPP 3
/* What is filtered and compressed, or inflated and unfiltered, while it is in the
 * processor's cache. */
#define PORTION (64 * 1024)
/* As png-write.c decides on the filter. */
#define SAMPLING 16

/* A picture as pixels, and as what PNG compresses: rows with their filters. */
typedef struct
{
  CupPixels *pixels;
  gsize row_size;
  guint8 *raw;
  gsize raw_size;
  guint8 *compressed;
  gsize compressed_size;        /* of what is in it */
  gsize room;
  CupPngFilter filter;
  guint8 *zeros;                /* the row above the first */
} Picture;

typedef struct
{
  GstVideoFrame frame;          /* I420, read */
  GstVideoFrame large_frame;    /* the same, written */
  GstVideoFrame rgb, large_rgb; /* what GstVideoConverter has instead of pixels */
  GstVideoConverter *reading, *writing;
  Picture small, large;
} Work;

typedef enum
{
  READ,
  COMPRESS,
  INFLATE,
  WRITE,
  N_KINDS,
} Kind;

typedef struct
{
  Kind kind;
  const gchar *name;
    gboolean (*run) (Work * work);
} Step;

/* Colours */

static gboolean
read_here (Work * work)
{
  CupPixels *pixels = cup_colour_read_frame (&work->frame, NULL);

  g_clear_pointer (&work->small.pixels, cup_pixels_unref);
  work->small.pixels = pixels;
  return pixels != NULL;
}

static gboolean
read_by_converter (Work * work)
{
  gst_video_converter_frame (work->reading, &work->frame, &work->rgb);
  return TRUE;
}

static gboolean
write_here (Work * work)
{
  return cup_colour_write_frame (&work->large_frame, work->large.pixels, NULL);
}

static gboolean
write_by_converter (Work * work)
{
  gst_video_converter_frame (work->writing, &work->large_rgb,
      &work->large_frame);
  return TRUE;
}

/* Filters */

static CupPngFilter
choose_filter (const CupPixels * pixels, gsize row_size)
{
  guint64 sub = 0, up = 0;
  guint y;

  for (y = 1; y < pixels->height; y += SAMPLING) {
    const guint8 *row = cup_pixels_row (pixels, y);
    const guint8 *above = cup_pixels_row (pixels, y - 1);

    sub += cup_png_filter_measure (CUP_PNG_FILTER_SUB, row, above, row_size,
        BPP);
    up += cup_png_filter_measure (CUP_PNG_FILTER_UP, row, above, row_size, BPP);
  }
  return up < sub ? CUP_PNG_FILTER_UP : CUP_PNG_FILTER_SUB;
}

/* @n rows from @y on, to @out. The first row has Sub, as there is none above. */
static void
filter_rows (const Picture * picture, guint y, guint n, guint8 * out)
{
  guint i;

  for (i = y; i < y + n; i++) {
    CupPngFilter filter = i > 0 ? picture->filter : CUP_PNG_FILTER_SUB;

    *out++ = filter;
    cup_png_filter_row (filter, out, cup_pixels_row (picture->pixels, i),
        cup_pixels_row (picture->pixels, MAX (i, 1) - 1), picture->row_size,
        BPP);
    out += picture->row_size;
  }
}

/* @n rows from @y on, from @in. */
static gboolean
unfilter_rows (const Picture * picture, guint y, guint n, const guint8 * in)
{
  guint i;

  for (i = y; i < y + n; i++) {
    if (!cup_png_unfilter_row (in[0], cup_pixels_row (picture->pixels, i),
            in + 1, i > 0 ? cup_pixels_row (picture->pixels, i - 1) :
            picture->zeros, picture->row_size, BPP))
      return FALSE;
    in += picture->row_size + 1;
  }
  return TRUE;
}

/* Compression, with the sum of the chunk */

static volatile guint32 checksum;

#ifdef HAVE_LIBDEFLATE
static gboolean
compress_by_libdeflate (Work * work)
{
  Picture *picture = &work->small;
  struct libdeflate_compressor *compressor = libdeflate_alloc_compressor (1);

  filter_rows (picture, 0, picture->pixels->height, picture->raw);
  picture->compressed_size = libdeflate_zlib_compress (compressor,
      picture->raw, picture->raw_size, picture->compressed, picture->room);
  libdeflate_free_compressor (compressor);
  checksum = libdeflate_crc32 (0, picture->compressed,
      picture->compressed_size);
  return picture->compressed_size > 0;
}

static gboolean
inflate_by_libdeflate (Work * work)
{
  Picture *picture = &work->large;
  struct libdeflate_decompressor *decompressor =
      libdeflate_alloc_decompressor ();
  enum libdeflate_result result;

  checksum = libdeflate_crc32 (0, picture->compressed,
      picture->compressed_size);
  result = libdeflate_zlib_decompress (decompressor, picture->compressed,
      picture->compressed_size, picture->raw, picture->raw_size, NULL);
  libdeflate_free_decompressor (decompressor);
  return result == LIBDEFLATE_SUCCESS && unfilter_rows (picture, 0,
      picture->pixels->height, picture->raw);
}
#endif

#ifdef HAVE_ISAL
static guint
get_portion (const Picture * picture)
{
  return MAX (PORTION / (picture->row_size + 1), 1);
}

static gboolean
compress_by_isal (Work * work)
{
  static guint8 tables[ISAL_DEF_LVL1_LARGE];
  Picture *picture = &work->small;
  const guint height = picture->pixels->height;
  struct isal_zstream stream;
  guint y, n;

  isal_deflate_init (&stream);
  stream.level = 1;
  stream.level_buf = tables;
  stream.level_buf_size = sizeof (tables);
  stream.gzip_flag = IGZIP_ZLIB;
  stream.next_out = picture->compressed;
  stream.avail_out = picture->room;
  for (y = 0; y < height; y += n) {
    n = MIN (get_portion (picture), height - y);
    filter_rows (picture, y, n, picture->raw);
    stream.next_in = picture->raw;
    stream.avail_in = n * (picture->row_size + 1);
    stream.end_of_stream = y + n == height;
    if (isal_deflate (&stream) != COMP_OK || stream.avail_in > 0)
      return FALSE;
  }
  picture->compressed_size = stream.total_out;
  checksum = crc32_gzip_refl (0, picture->compressed, picture->compressed_size);
  return TRUE;
}

static void
begin_inflating (struct inflate_state *state, const Picture * picture)
{
  checksum = crc32_gzip_refl (0, picture->compressed, picture->compressed_size);
  isal_inflate_init (state);
  state->crc_flag = ISAL_ZLIB;
  state->next_in = picture->compressed;
  state->avail_in = picture->compressed_size;
}

static gboolean
inflate_by_isal (Work * work)
{
  Picture *picture = &work->large;
  struct inflate_state state;

  begin_inflating (&state, picture);
  state.next_out = picture->raw;
  state.avail_out = picture->raw_size;
  return isal_inflate (&state) == ISAL_DECOMP_OK && state.avail_out == 0
      && unfilter_rows (picture, 0, picture->pixels->height, picture->raw);
}

static gboolean
inflate_by_isal_in_portions (Work * work)
{
  Picture *picture = &work->large;
  const guint height = picture->pixels->height;
  struct inflate_state state;
  guint y, n;

  begin_inflating (&state, picture);
  for (y = 0; y < height; y += n) {
    n = MIN (get_portion (picture), height - y);
    state.next_out = picture->raw;
    state.avail_out = n * (picture->row_size + 1);
    if (isal_inflate (&state) != ISAL_DECOMP_OK || state.avail_out > 0
        || !unfilter_rows (picture, y, n, picture->raw))
      return FALSE;
  }
  return TRUE;
}
#endif

static const Step steps[] = {
  {READ, "I420 to RGB, here", read_here},
  {READ, "I420 to RGB, GstVideoConverter", read_by_converter},
#ifdef HAVE_LIBDEFLATE
  {COMPRESS, "filter, libdeflate at level 1", compress_by_libdeflate},
#endif
#ifdef HAVE_ISAL
  {COMPRESS, "filter, ISA-L at level 1, in portions", compress_by_isal},
#endif
#ifdef HAVE_LIBDEFLATE
  {INFLATE, "libdeflate, unfilter", inflate_by_libdeflate},
#endif
#ifdef HAVE_ISAL
  {INFLATE, "ISA-L, unfilter", inflate_by_isal},
  {INFLATE, "ISA-L, unfilter, in portions", inflate_by_isal_in_portions},
#endif
  {WRITE, "RGB to I420, here", write_here},
  {WRITE, "RGB to I420, GstVideoConverter", write_by_converter},
};

/* What they work on */

static void
picture_init (Picture * picture, const CupPixels * pixels)
{
  picture->pixels = cup_pixels_new (pixels->width, pixels->height, BPP, 8,
      NULL);
  memcpy (picture->pixels->data, pixels->data, cup_pixels_get_size (pixels));
  picture->row_size = (gsize) pixels->width * BPP;
  picture->raw_size = (picture->row_size + 1) * pixels->height;
  picture->room = picture->raw_size * 2;
  /* Touched: what the system's memory costs is no part of it. */
  picture->raw = g_malloc (picture->raw_size);
  memset (picture->raw, 0, picture->raw_size);
  picture->compressed = g_malloc (picture->room);
  memset (picture->compressed, 0, picture->room);
  picture->zeros = g_malloc0 (picture->row_size);
  picture->filter = choose_filter (pixels, picture->row_size);
}

static void
picture_clear (Picture * picture)
{
  cup_pixels_unref (picture->pixels);
  g_free (picture->raw);
  g_free (picture->compressed);
  g_free (picture->zeros);
}

/* What all IDAT chunks of @png hold. */
static void
picture_take_png (Picture * picture, GBytes * png)
{
  gsize size, at = 8;
  const guint8 *data = g_bytes_get_data (png, &size);

  for (; at + 12 <= size; at += 12 + png_get_uint_32 (data + at)) {
    const gsize length = png_get_uint_32 (data + at);

    if (memcmp (data + at + 4, "IDAT", 4) != 0)
      continue;
    g_assert_cmpuint (picture->compressed_size + length, <=, picture->room);
    memcpy (picture->compressed + picture->compressed_size, data + at + 8,
        length);
    picture->compressed_size += length;
  }
}

static GstVideoFrame
new_frame (const GstVideoInfo * info, GstMapFlags flags)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL,
      GST_VIDEO_INFO_SIZE (info), NULL);
  GstVideoFrame frame;

  gst_buffer_memset (buffer, 0, 0, -1);
  if (!gst_video_frame_map (&frame, info, buffer, flags))
    g_assert_not_reached ();
  gst_buffer_unref (buffer);
  return frame;
}

static void
work_init (Work * work, const StepsSubject * subject)
{
  GstVideoInfo rgb, large_rgb;
  CupPixels *pixels;

  memset (work, 0, sizeof (*work));
  gst_video_info_set_format (&rgb, GST_VIDEO_FORMAT_RGB, subject->info->width,
      subject->info->height);
  gst_video_info_set_format (&large_rgb, GST_VIDEO_FORMAT_RGB,
      subject->large_info->width, subject->large_info->height);
  /* It converts no rates. */
  rgb.fps_n = large_rgb.fps_n = subject->info->fps_n;
  rgb.fps_d = large_rgb.fps_d = subject->info->fps_d;
  gst_video_frame_map (&work->frame, subject->info, subject->buffer,
      GST_MAP_READ);
  work->large_frame = new_frame (subject->large_info, GST_MAP_READWRITE);
  work->rgb = new_frame (&rgb, GST_MAP_READWRITE);
  work->large_rgb = new_frame (&large_rgb, GST_MAP_READWRITE);
  work->reading = gst_video_converter_new (subject->info, &rgb, NULL);
  work->writing = gst_video_converter_new (&large_rgb, subject->large_info,
      NULL);
  pixels = cup_colour_read_frame (&work->frame, NULL);
  picture_init (&work->small, pixels);
  cup_pixels_unref (pixels);
  picture_init (&work->large, subject->large);
  picture_take_png (&work->large, subject->png);
  if (!cup_colour_write_frame (&work->large_rgb, subject->large, NULL))
    g_assert_not_reached ();
}

static void
work_clear (Work * work)
{
  gst_video_frame_unmap (&work->frame);
  gst_video_frame_unmap (&work->large_frame);
  gst_video_frame_unmap (&work->rgb);
  gst_video_frame_unmap (&work->large_rgb);
  gst_video_converter_free (work->reading);
  gst_video_converter_free (work->writing);
  picture_clear (&work->small);
  picture_clear (&work->large);
}

/* FALSE where there is nothing for a kind of step. */
static gboolean
add_fastest (const Cost * costs, Cost * sum)
{
  Kind kind;
  guint i;

  sum->cpu = sum->wall = 0;
  for (kind = 0; kind < N_KINDS; kind++) {
    Cost best = COST_INIT;

    for (i = 0; i < G_N_ELEMENTS (steps); i++) {
      if (steps[i].kind == kind && costs[i].cpu < best.cpu)
        best = costs[i];
    }
    if (best.cpu == G_MAXDOUBLE)
      return FALSE;
    cost_add (sum, &best);
  }
  return TRUE;
}

static void
print_sum (const Cost * costs, gdouble cpu)
{
  Cost sum;

  if (!add_fastest (costs, &sum))
    return;
  cost_print ("the fastest ones", &sum, 0, 0);
  g_print ("  the element: %.2f of them\n", cpu / sum.cpu);
}

void
bench_steps_measure (const StepsSubject * subject, gdouble cpu)
{
  Cost costs[G_N_ELEMENTS (steps)], cost;
  Work work;
  guint round, i;

  work_init (&work, subject);
  for (i = 0; i < G_N_ELEMENTS (steps); i++)
    costs[i] = (Cost) COST_INIT;
  /* In turns, so that all have the same share of what else goes on. */
  for (round = 0; round < ROUNDS; round++) {
    for (i = 0; i < G_N_ELEMENTS (steps); i++) {
      cost_begin (&cost);
      if (!steps[i].run (&work))
        g_error ("%s fails", steps[i].name);
      cost_end (&cost, &costs[i], 1);
    }
  }
  /* What was decoded is what was encoded. */
  g_assert_cmpmem (work.large.pixels->data,
      cup_pixels_get_size (work.large.pixels), subject->large->data,
      cup_pixels_get_size (subject->large));
  g_print ("PNG, each step for itself\n");
  for (i = 0; i < G_N_ELEMENTS (steps); i++)
    cost_print (steps[i].name, &costs[i], 0, 0);
  print_sum (costs, cpu);
  work_clear (&work);
}
