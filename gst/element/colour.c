/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The usual formats are converted by gst/image/convert.h; here is what is done with
 * all others.
 */
#include "colour.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "colour-layout.h"
#include "frame.h"

static gint general;            /* atomic */

void
cup_colour_set_general (gboolean value)
{
  g_atomic_int_set (&general, value);
}

/* Lines are worked on as GStreamer unpacks them: four components a pixel, A
 * and then YUV or RGB, of 8 or 16 bits. A component of a depth below that has
 * its bits at the top, and zeros below. */

/**
 * Affine:
 * @m: row c, column k: how much of component k goes into c
 * @offset: added to c
 *
 * From one line's components to another's, in units of the line's samples.
 */
typedef struct
{
  gdouble m[3][3];
  gdouble offset[3];
  gdouble alpha;                /* factor */
} Affine;

/* Y'PbPr of R'G'B' in 0…1, Pb and Pr in -0.5…0.5. */
static void
get_yuv_matrix (const GstVideoInfo * info, gdouble to_yuv[3][3],
    gdouble to_rgb[3][3])
{
  gdouble kr, kb, kg;

  cup_colour_get_weights (info, &kr, &kb);
  kg = 1 - kr - kb;

  to_yuv[0][0] = kr;
  to_yuv[0][1] = kg;
  to_yuv[0][2] = kb;
  to_yuv[1][0] = -kr / (2 * (1 - kb));
  to_yuv[1][1] = -kg / (2 * (1 - kb));
  to_yuv[1][2] = 0.5;
  to_yuv[2][0] = 0.5;
  to_yuv[2][1] = -kg / (2 * (1 - kr));
  to_yuv[2][2] = -kb / (2 * (1 - kr));

  to_rgb[0][0] = to_rgb[1][0] = to_rgb[2][0] = 1;
  to_rgb[0][1] = 0;
  to_rgb[0][2] = 2 * (1 - kr);
  to_rgb[1][1] = -2 * kb * (1 - kb) / kg;
  to_rgb[1][2] = -2 * kr * (1 - kr) / kg;
  to_rgb[2][1] = 2 * (1 - kb);
  to_rgb[2][2] = 0;
}

static gboolean
is_rgb (const GstVideoInfo * info)
{
  return GST_VIDEO_FORMAT_INFO_IS_RGB (info->finfo);
}

/* Zero and one of each component of @info, in samples of a line of @bits. */
static void
get_range (const GstVideoInfo * info, guint bits, gdouble zero[3],
    gdouble one[3], gdouble * alpha_one)
{
  const GstVideoFormatInfo *finfo = info->finfo;
  gint offset[GST_VIDEO_MAX_COMPONENTS], scale[GST_VIDEO_MAX_COMPONENTS];
  guint c;

  gst_video_color_range_offsets (info->colorimetry.range, finfo, offset, scale);
  for (c = 0; c < 3; c++) {
    /* Gray has one component; chroma of its unpacked form is neutral. */
    guint known = c < finfo->n_components ? c : 0;
    gdouble unit = ldexp (1, (gint) bits - (gint) finfo->depth[known]);

    if (GST_VIDEO_FORMAT_INFO_IS_GRAY (finfo) && c > 0) {
      zero[c] = ldexp (1, (gint) bits - 1);
      one[c] = ldexp (1, (gint) bits) - 1;
    } else {
      zero[c] = offset[c] * unit;
      one[c] = scale[c] * unit;
    }
  }
  *alpha_one = ldexp (1, (gint) bits) - 1;
  if (cup_colour_has_alpha (finfo) && finfo->n_components > 3
      && finfo->depth[3] < bits)
    *alpha_one = ldexp (ldexp (1, (gint) finfo->depth[3]) - 1,
        (gint) bits - (gint) finfo->depth[3]);
}

/* From the components of @info to full-range R'G'B' of @bits, or back. */
static void
make_affine (Affine * affine, const GstVideoInfo * info, guint bits,
    gboolean to_rgb)
{
  gdouble yuv[3][3] = { {1, 0, 0}, {0, 1, 0}, {0, 0, 1} };
  gdouble rgb[3][3] = { {1, 0, 0}, {0, 1, 0}, {0, 0, 1} };
  gdouble zero[3], one[3], alpha_one;
  gdouble full = ldexp (1, (gint) bits) - 1;
  guint c, k;

  if (!is_rgb (info))
    get_yuv_matrix (info, yuv, rgb);
  get_range (info, bits, zero, one, &alpha_one);

  for (c = 0; c < 3; c++) {
    affine->offset[c] = to_rgb ? 0 : zero[c];
    for (k = 0; k < 3; k++) {
      if (to_rgb) {
        affine->m[c][k] = rgb[c][k] * full / one[k];
        affine->offset[c] -= affine->m[c][k] * zero[k];
      } else {
        affine->m[c][k] = yuv[c][k] * one[c] / full;
      }
    }
  }
  affine->alpha = to_rgb ? full / alpha_one : alpha_one / full;
}

static gboolean
is_identity (const Affine * affine)
{
  guint c, k;

  for (c = 0; c < 3; c++) {
    if (affine->offset[c] != 0)
      return FALSE;
    for (k = 0; k < 3; k++) {
      if (affine->m[c][k] != (c == k ? 1 : 0))
        return FALSE;
    }
  }
  return affine->alpha == 1;
}

/* In place. Fixed point of 20 bits: the sums stay below 2^31, since no matrix
 * has a row of more than 4, and the error is far below half a level. */
#define FIXED_BITS 20

static void
apply_affine_8 (const Affine * affine, guint8 * line, guint width)
{
  gint m[3][3], offset[3], alpha;
  guint c, k, x;

  for (c = 0; c < 3; c++) {
    offset[c] = (gint) lrint (ldexp (affine->offset[c], FIXED_BITS))
        + (1 << (FIXED_BITS - 1));
    for (k = 0; k < 3; k++)
      m[c][k] = (gint) lrint (ldexp (affine->m[c][k], FIXED_BITS));
  }
  alpha = (gint) lrint (ldexp (affine->alpha, FIXED_BITS));

  for (x = 0; x < width; x++, line += 4) {
    gint a = line[1], b = line[2], d = line[3];

    for (c = 0; c < 3; c++) {
      gint v = (m[c][0] * a + m[c][1] * b + m[c][2] * d + offset[c])
          >> FIXED_BITS;

      line[1 + c] = (guint8) CLAMP (v, 0, 255);
    }
    if (alpha != 1 << FIXED_BITS) {
      gint v = (alpha * line[0] + (1 << (FIXED_BITS - 1))) >> FIXED_BITS;

      line[0] = (guint8) CLAMP (v, 0, 255);
    }
  }
}

static void
apply_affine_16 (const Affine * affine, guint16 * line, guint width)
{
  gfloat m[3][3], offset[3], alpha = (gfloat) affine->alpha;
  guint c, k, x;

  for (c = 0; c < 3; c++) {
    offset[c] = (gfloat) affine->offset[c] + 0.5f;
    for (k = 0; k < 3; k++)
      m[c][k] = (gfloat) affine->m[c][k];
  }
  for (x = 0; x < width; x++, line += 4) {
    gfloat a = line[1], b = line[2], d = line[3];
    gfloat opacity = alpha * line[0] + 0.5f;

    for (c = 0; c < 3; c++) {
      gfloat v = m[c][0] * a + m[c][1] * b + m[c][2] * d + offset[c];

      line[1 + c] = (guint16) CLAMP (v, 0.f, 65535.f);
    }
    line[0] = (guint16) CLAMP (opacity, 0.f, 65535.f);
  }
}

static void
apply_affine (const Affine * affine, gpointer line, guint bits, guint width)
{
  if (bits == 8)
    apply_affine_8 (affine, line, width);
  else
    apply_affine_16 (affine, line, width);
}

/* Chroma */

/* The lines that are resampled together, and where the first group begins. */
typedef struct
{
  GstVideoChromaResample *resample;     /* NULL where chroma is not subsampled */
  guint n_lines;
  gint first;
} Chroma;

static void
chroma_init (Chroma * chroma, const GstVideoInfo * info,
    GstVideoFormat line_format, gboolean up)
{
  const GstVideoFormatInfo *finfo = info->finfo;
  gint h = 0, v = 0;

  if (GST_VIDEO_FORMAT_INFO_IS_YUV (finfo)) {
    h = (gint) finfo->w_sub[GST_VIDEO_COMP_U];
    v = (gint) finfo->h_sub[GST_VIDEO_COMP_U];
  }
  chroma->resample = NULL;
  chroma->n_lines = 1;
  chroma->first = 0;
  if (h == 0 && v == 0)
    return;
  chroma->resample =
      gst_video_chroma_resample_new (GST_VIDEO_CHROMA_METHOD_LINEAR,
      info->chroma_site, GST_VIDEO_CHROMA_FLAG_NONE, line_format,
      up ? h : -h, up ? v : -v);
  if (chroma->resample)
    gst_video_chroma_resample_get_info (chroma->resample, &chroma->n_lines,
        &chroma->first);
}

static void
chroma_clear (Chroma * chroma)
{
  g_clear_pointer (&chroma->resample, gst_video_chroma_resample_free);
}

/* How many pixels a line is packed and unpacked with: tiles as a whole, which a
 * frame's memory always has. GStreamer leaves out what is in the last tile of a line
 * of MT2110T and MT2110R where the picture ends inside it. */
static gint
get_line_width (const GstVideoInfo * info)
{
  const gint width = GST_VIDEO_INFO_WIDTH (info);
  gint tile;

  if (!(GST_VIDEO_FORMAT_INFO_FLAGS (info->finfo)
          & GST_VIDEO_FORMAT_FLAG_TILED))
    return width;
  tile = (gint) GST_VIDEO_FORMAT_INFO_TILE_WIDTH (info->finfo, 0);
  /* Of some tiled formats the width is not told. */
  return tile > 1 ? (width + tile - 1) / tile * tile : width;
}

/* Where pixels come in groups, a group more. */
gsize
cup_colour_get_line_size (const GstVideoInfo * info)
{
  return ((gsize) get_line_width (info) + 8) * 4 * sizeof (guint16);
}

/* @n_lines lines of @info, as one block. */
static gpointer *
lines_new (guint n_lines, const GstVideoInfo * info)
{
  gsize size = cup_colour_get_line_size (info);
  guint8 *block = g_malloc (size * n_lines);
  gpointer *lines = g_new (gpointer, n_lines);
  guint i;

  for (i = 0; i < n_lines; i++)
    lines[i] = block + i * size;
  return lines;
}

static void
lines_free (gpointer * lines)
{
  g_free (lines[0]);
  g_free (lines);
}

/* Reading */

gboolean
cup_colour_has_alpha (const GstVideoFormatInfo * finfo)
{
  return GST_VIDEO_FORMAT_INFO_HAS_ALPHA (finfo) || finfo->n_components == 4;
}

void
cup_colour_get_layout (const GstVideoInfo * info, guint * channels,
    guint * depth)
{
  const GstVideoFormatInfo *finfo = info->finfo;

  if (GST_VIDEO_FORMAT_INFO_IS_GRAY (finfo))
    *channels = 1;
  else
    *channels = cup_colour_has_alpha (finfo) ? 4 : 3;
  *depth = GST_VIDEO_FORMAT_INFO_BITS (gst_video_format_get_info
      (finfo->unpack_format)) > 8 ? 16 : 8;
}

static void
store_line_8 (guint8 * to, const guint8 * line, guint width, guint channels)
{
  guint x;

  for (x = 0; x < width; x++, line += 4) {
    *to++ = line[1];
    if (channels == 1)
      continue;
    *to++ = line[2];
    *to++ = line[3];
    if (channels == 4)
      *to++ = line[0];
  }
}

static void
store_line_16 (guint16 * to, const guint16 * line, guint width, guint channels)
{
  guint x;

  for (x = 0; x < width; x++, line += 4) {
    *to++ = line[1];
    if (channels == 1)
      continue;
    *to++ = line[2];
    *to++ = line[3];
    if (channels == 4)
      *to++ = line[0];
  }
}

void
cup_colour_unpack_line (const GstVideoFrame * frame, gint y, gpointer line)
{
  const GstVideoFormatInfo *finfo = frame->info.finfo;

  finfo->unpack_func (finfo, GST_VIDEO_PACK_FLAG_TRUNCATE_RANGE, line,
      frame->data, frame->info.stride, 0, y, get_line_width (&frame->info));
}

static void
read_lines (const GstVideoFrame * frame, CupPixels * pixels)
{
  const GstVideoInfo *info = &frame->info;
  gint height = (gint) pixels->height;
  guint bits = pixels->depth;
  gpointer *lines;
  Affine affine;
  gboolean plain;
  Chroma chroma;
  gint start, y;
  guint i;

  make_affine (&affine, info, bits, TRUE);
  plain = is_identity (&affine);
  chroma_init (&chroma, info, info->finfo->unpack_format, TRUE);
  lines = lines_new (chroma.n_lines, info);

  for (start = chroma.first; start < height; start += (gint) chroma.n_lines) {
    for (i = 0; i < chroma.n_lines; i++)
      cup_colour_unpack_line (frame, CLAMP (start + (gint) i, 0, height - 1),
          lines[i]);
    if (chroma.resample)
      gst_video_chroma_resample (chroma.resample, lines, (gint) pixels->width);
    for (i = 0; i < chroma.n_lines; i++) {
      y = start + (gint) i;
      if (y < 0 || y >= height)
        continue;
      if (!plain)
        apply_affine (&affine, lines[i], bits, pixels->width);
      if (bits == 8)
        store_line_8 (cup_pixels_row (pixels, y), lines[i], pixels->width,
            pixels->channels);
      else
        store_line_16 ((guint16 *) cup_pixels_row (pixels, y), lines[i],
            pixels->width, pixels->channels);
    }
  }
  lines_free (lines);
  chroma_clear (&chroma);
}

/* FALSE where the format is not one of those. */
static gboolean
read_quickly (const GstVideoFrame * frame, CupPixels * pixels)
{
  CupColourCoding coding;
  CupPlanes planes;
  CupPacked packed;

  if (g_atomic_int_get (&general))
    return FALSE;
  if (cup_colour_get_planes (frame, &planes)) {
    cup_colour_get_coding (&frame->info, &coding);
    cup_convert_from_planes (&planes, &coding, pixels);
    return TRUE;
  }
  if (cup_colour_get_packed (frame, &packed)) {
    cup_convert_from_packed (&packed, pixels);
    return TRUE;
  }
  return FALSE;
}

static gboolean
is_full_range (const GstVideoInfo * info)
{
  return info->colorimetry.range != GST_VIDEO_COLOR_RANGE_16_235;
}

CupPixels *
cup_colour_new_pixels (guint width, guint height, guint channels, guint depth,
    GError ** error)
{
  CupPixels *pixels = cup_pixels_new (width, height, channels, depth, error);
  gsize used;
  guint y;

  if (!pixels)
    return NULL;
  used = (gsize) width *channels * (depth / 8);
  for (y = 0; y < height; y++)
    memset (cup_pixels_row (pixels, y) + used, 0, pixels->stride - used);
  return pixels;
}

CupPixels *
cup_colour_read_frame (const GstVideoFrame * frame, GError ** error)
{
  const GstVideoInfo *info = &frame->info;
  guint channels, depth, y;
  CupPixels *pixels;

  cup_colour_get_layout (info, &channels, &depth);
  pixels = cup_colour_new_pixels (GST_VIDEO_INFO_WIDTH (info),
      GST_VIDEO_INFO_HEIGHT (info), channels, depth, error);
  if (!pixels)
    return NULL;

  if (is_full_range (info) && cup_frame_is_native (channels, depth,
          GST_VIDEO_INFO_FORMAT (info))) {
    for (y = 0; y < pixels->height; y++)
      memcpy (cup_pixels_row (pixels, y),
          (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame, 0)
          + (gssize) y * GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0),
          (gsize) pixels->width * channels * (depth / 8));
  } else if (!read_quickly (frame, pixels)) {
    read_lines (frame, pixels);
  }
  return pixels;
}

/* Writing */

/* A line of @bits, 8 or 16, of full-range R'G'B' with alpha. Pixels of 8 bits
 * may go into a line of 16, not the other way round. */
static void
load_line (const CupPixels * pixels, guint y, gpointer line, guint bits)
{
  const guint8 *row = cup_pixels_row (pixels, y);
  const guint16 *row16 = (const guint16 *) row;
  guint8 *to = line;
  guint16 *to16 = line;
  guint n = pixels->channels;
  guint x, c;

  for (x = 0; x < pixels->width; x++) {
    for (c = 0; c < 4; c++) {
      guint from = c == 0 ? 3 : n == 1 ? 0 : c - 1;
      gboolean opaque = c == 0 && n != 4;

      if (bits == 8)
        to[4 * x + c] = opaque ? 0xff : row[n * x + from];
      else if (pixels->depth == 8)
        to16[4 * x + c] = opaque ? 0xffff : row[n * x + from] * 257;
      else
        to16[4 * x + c] = opaque ? 0xffff : row16[n * x + from];
    }
  }
}

/* Rounds a component to what the format keeps of it: packing truncates. */
static void
round_line (gpointer line, guint bits, guint width,
    const GstVideoFormatInfo * finfo)
{
  guint c, x;

  for (c = 0; c < 4; c++) {
    /* A is the line's first and the format's last component. */
    guint component = c == 0 ? 3 : c - 1;
    guint dropped, half, mask;

    if (component >= finfo->n_components || finfo->depth[component] >= bits)
      continue;
    dropped = bits - finfo->depth[component];
    half = 1u << (dropped - 1);
    mask = ~((1u << dropped) - 1);
    for (x = 0; x < width; x++) {
      if (bits == 8) {
        guint8 *v = (guint8 *) line + 4 * x + c;

        *v = (guint8) (MIN (*v + half, 0xffu) & mask);
      } else {
        guint16 *v = (guint16 *) line + 4 * x + c;

        *v = (guint16) (MIN (*v + half, 0xffffu) & mask);
      }
    }
  }
}

/* A line of 16 bits to one of 8, in place. */
static void
narrow_line (gpointer line, guint width)
{
  const guint16 *from = line;
  guint8 *to = line;
  guint i;

  for (i = 0; i < 4 * width; i++)
    to[i] = (guint8) (MIN (from[i] + 128u, 0xffffu) >> 8);
}

/* The last pixel stands for those behind it that the line is packed with. */
static void
pack_line (GstVideoFrame * frame, gint y, gpointer line, guint bits)
{
  const GstVideoFormatInfo *finfo = frame->info.finfo;
  const gint width = GST_VIDEO_FRAME_WIDTH (frame);
  const gint line_width = get_line_width (&frame->info);
  const gsize size = 4 * bits / 8;
  guint8 *end = (guint8 *) line + (gsize) width * size;
  gint x;

  for (x = width; x < line_width; x++, end += size)
    memcpy (end, end - size, size);
  finfo->pack_func (finfo, GST_VIDEO_PACK_FLAG_NONE, line, 0, frame->data,
      frame->info.stride, frame->info.chroma_site, y, line_width);
}

static void
write_lines (GstVideoFrame * frame, const CupPixels * pixels)
{
  const GstVideoInfo *info = &frame->info;
  gint height = (gint) pixels->height;
  guint line_bits = GST_VIDEO_FORMAT_INFO_BITS (gst_video_format_get_info
      (info->finfo->unpack_format)) > 8 ? 16 : 8;
  guint bits = MAX (line_bits, pixels->depth);
  gpointer *lines;
  Affine affine;
  gboolean plain;
  Chroma chroma;
  gint start, y;
  guint i;

  make_affine (&affine, info, bits, FALSE);
  plain = is_identity (&affine);
  chroma_init (&chroma, info, info->finfo->unpack_format, FALSE);
  lines = lines_new (chroma.n_lines, info);

  for (start = chroma.first; start < height; start += (gint) chroma.n_lines) {
    for (i = 0; i < chroma.n_lines; i++) {
      y = CLAMP (start + (gint) i, 0, height - 1);
      load_line (pixels, (guint) y, lines[i], bits);
      if (!plain)
        apply_affine (&affine, lines[i], bits, pixels->width);
      if (line_bits < bits)
        narrow_line (lines[i], pixels->width);
    }
    if (chroma.resample)
      gst_video_chroma_resample (chroma.resample, lines, (gint) pixels->width);
    for (i = 0; i < chroma.n_lines; i++) {
      y = start + (gint) i;
      if (y < 0 || y >= height)
        continue;
      round_line (lines[i], line_bits, pixels->width, info->finfo);
      pack_line (frame, y, lines[i], line_bits);
    }
  }
  lines_free (lines);
  chroma_clear (&chroma);
}

CupConvertRows *
cup_colour_new_rows (const GstVideoFrame * frame, guint channels, guint depth)
{
  CupColourCoding coding;
  CupPlanes planes;
  CupPacked packed;

  if (g_atomic_int_get (&general))
    return NULL;
  if (cup_colour_get_planes (frame, &planes)) {
    cup_colour_get_coding (&frame->info, &coding);
    return cup_convert_rows_to_planes (channels, depth, &coding, &planes);
  }
  if (cup_colour_get_packed (frame, &packed))
    return cup_convert_rows_to_packed (GST_VIDEO_FRAME_WIDTH (frame),
        GST_VIDEO_FRAME_HEIGHT (frame), channels, depth, &packed);
  return NULL;
}

gboolean
cup_colour_can_write (const GstVideoFormatInfo * finfo)
{
  return finfo->pack_func != NULL && finfo->pack_lines == 1;
}

gboolean
cup_colour_write_frame (GstVideoFrame * frame, const CupPixels * pixels,
    GError ** error)
{
  CupConvertRows *rows = cup_colour_new_rows (frame, pixels->channels,
      pixels->depth);

  if (rows) {
    cup_convert_rows_take_all (rows, pixels);
    cup_convert_rows_free (rows);
    return TRUE;
  }
  if (!cup_colour_can_write (frame->info.finfo)) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
        "GStreamer cannot write %s; put videoconvert behind",
        GST_VIDEO_FORMAT_INFO_NAME (frame->info.finfo));
    return FALSE;
  }
  write_lines (frame, pixels);
  return TRUE;
}
