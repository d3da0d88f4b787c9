/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * JPEG pixels by libjpeg-turbo's libjpeg API. TurboJPEG's own API fills what is
 * missing with gray, and has the same warning for that as for an oddity; here each
 * warning is told apart, and what the decoder has really got is counted.
 *
 * libjpeg reports errors by longjmp(). All calls that can jump are made below
 * guard(), which has no variables that a jump could leave undefined.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "codecs.h"

/* jpeglib.h needs FILE. */
#include <stdio.h>
#include <jpeglib.h>
#include <jerror.h>
#include <setjmp.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"

/* A progressive file may have any number of scans, each of which costs as much as a
 * picture, and takes a few bytes. */
#define MAX_SCANS 500

/* What a check of pixels may cost, which threads make that have other things to do:
 * pixels times scans, about a second. */
#define MAX_CHECKED (G_GUINT64_CONSTANT (1) << 27)

/**
 * Reader:
 * @place: where the pixels go; NULL where they are only counted
 * @has_ended: whether the data ended before the end marker
 * @is_limited: whether MAX_CHECKED holds
 * @flaw: the first oddity, empty where there is none
 * @failure: why decoding has failed
 */
typedef struct
{
  struct jpeg_decompress_struct cinfo;
  struct jpeg_error_mgr errors;
  struct jpeg_source_mgr source;
  struct jpeg_progress_mgr progress;
  jmp_buf jump;

  guint width;
  guint height;
  const CupJpegPlace *place;
  guint8 *row;
  gboolean has_ended;
  gboolean is_limited;
  gchar flaw[JMSG_LENGTH_MAX];
  gchar failure[JMSG_LENGTH_MAX];
} Reader;

/* Errors */

static Reader *
get_reader (j_common_ptr cinfo)
{
  return cinfo->client_data;
}

/* Does not return. */
static void
fail (Reader * reader, const gchar * message)
{
  g_strlcpy (reader->failure, message, sizeof reader->failure);
  longjmp (reader->jump, 1);
}

static void
on_error (j_common_ptr cinfo)
{
  gchar message[JMSG_LENGTH_MAX];

  cinfo->err->format_message (cinfo, message);
  fail (get_reader (cinfo), message);
}

/* Pixels are missing, for which libjpeg makes gray ones up. The row is where the
 * decoder is; a file of several scans has all of its rows several times. */
static void
fail_incomplete (Reader * reader)
{
  const struct jpeg_decompress_struct *cinfo = &reader->cinfo;
  const guint row = cinfo->input_iMCU_row * DCTSIZE
      * (guint) MAX (cinfo->max_v_samp_factor, 1);
  gchar message[JMSG_LENGTH_MAX];

  g_snprintf (message, sizeof message,
      "incomplete, the pixels end after %u of %u rows (scan %d)",
      MIN (row, cinfo->image_height), cinfo->image_height,
      MAX (cinfo->input_scan_number, 1));
  fail (reader, message);
}

static void
on_message (j_common_ptr common, int level)
{
  Reader *reader = get_reader (common);

  if (level >= 0)
    return;
  switch (common->err->msg_code) {
    case JWRN_HIT_MARKER:
    case JWRN_ARITH_BAD_CODE:
      /* From here on the decoder makes pixels up. */
      fail_incomplete (reader);
      break;
    case JWRN_JFIF_MAJOR:
      /* The revision changes nothing that is read. */
      break;
    default:
      if (reader->flaw[0] == '\0')
        common->err->format_message (common, reader->flaw);
  }
}

static void
on_output (j_common_ptr cinfo)
{
  gchar message[JMSG_LENGTH_MAX];

  cinfo->err->format_message (cinfo, message);
  cup_debug ("libjpeg: %s", message);
}

/* Called for each row of blocks. */
static void
on_progress (j_common_ptr common)
{
  Reader *reader = get_reader (common);
  const guint scan = (guint) MAX (reader->cinfo.input_scan_number, 0);

  if (!common->is_decompressor)
    return;
  if (scan > MAX_SCANS)
    fail (reader, "the file has too many scans");
  if (reader->is_limited
      && (guint64) reader->width * reader->height * scan > MAX_CHECKED)
    fail (reader, "its end is missing, and it is too large to be looked at");
}

/* Data */

static void
on_source (j_decompress_ptr cinfo)
{
}

/* There is no more: the decoder is given an end, and finds itself what it lacks. */
static boolean
on_fill (j_decompress_ptr cinfo)
{
  static const JOCTET end[2] = { 0xff, JPEG_EOI };

  get_reader ((j_common_ptr) cinfo)->has_ended = TRUE;
  cinfo->src->next_input_byte = end;
  cinfo->src->bytes_in_buffer = sizeof end;
  return TRUE;
}

static void
on_skip (j_decompress_ptr cinfo, long count)
{
  struct jpeg_source_mgr *source = cinfo->src;

  if (count <= 0)
    return;
  if ((gulong) count > source->bytes_in_buffer) {
    on_fill (cinfo);
    return;
  }
  source->next_input_byte += count;
  source->bytes_in_buffer -= (size_t) count;
}

/* Rows */

static guint8
multiply (guint a, guint b)
{
  return (guint8) ((2 * a * b + 255) / 510);
}

/* CMYK as everybody writes it who writes it as JPEG, with 255 for no ink; libjpeg has
 * made it of YCCK. @out may be @in. */
static void
convert_cmyk (const guint8 * in, guint8 * out, guint width)
{
  guint x;

  for (x = 0; x < width; x++) {
    const guint black = in[4 * x + 3];
    const guint8 rgb[3] = { multiply (in[4 * x], black),
      multiply (in[4 * x + 1], black), multiply (in[4 * x + 2], black)
    };

    memcpy (out + 3 * x, rgb, 3);
  }
}

static void
read_rows (Reader * reader)
{
  struct jpeg_decompress_struct *cinfo = &reader->cinfo;
  const CupJpegPlace *place = reader->place;

  while (cinfo->output_scanline < cinfo->output_height) {
    guint8 *out = place ? place->data
        + (gsize) cinfo->output_scanline * place->stride : NULL;
    JSAMPROW row = reader->row ? reader->row : out;

    if (jpeg_read_scanlines (cinfo, &row, 1) != 1)
      fail (reader, "the decoder gives no rows");
    if (out && reader->row)
      convert_cmyk (reader->row, out, reader->width);
  }
}

/* A file of several scans is in memory as coefficients by now. Those that no scan has
 * told would be zero, which is gray; without an end those that later scans would tell
 * more exactly are missing as well. */
static void
check_scans (Reader * reader)
{
  const struct jpeg_decompress_struct *cinfo = &reader->cinfo;
  gint c, i;

  for (c = 0; c < cinfo->num_components; c++) {
    if (!cinfo->comp_info[c].quant_table)
      fail_incomplete (reader);
    if (!reader->has_ended || !cinfo->progressive_mode)
      continue;
    for (i = 0; i < DCTSIZE2; i++) {
      if (cinfo->coef_bits[c][i] != 0)
        fail_incomplete (reader);
    }
  }
}

static void
set_output (Reader * reader)
{
  struct jpeg_decompress_struct *cinfo = &reader->cinfo;

  cinfo->dct_method = JDCT_ISLOW;
  if (cinfo->num_components == 4) {
    cinfo->out_color_space = JCS_CMYK;
  } else if (reader->place) {
    cinfo->out_color_space = (J_COLOR_SPACE) reader->place->format;
  } else {
    /* The cheapest. */
    cinfo->out_color_space = cinfo->jpeg_color_space;
    cinfo->do_fancy_upsampling = FALSE;
  }
}

static void
read_body (Reader * reader)
{
  struct jpeg_decompress_struct *cinfo = &reader->cinfo;
  gchar message[JMSG_LENGTH_MAX];

  jpeg_read_header (cinfo, TRUE);
  if (cinfo->image_width != reader->width
      || cinfo->image_height != reader->height) {
    g_snprintf (message, sizeof message,
        "damaged, the header says both %u×%u and %u×%u pixels", reader->width,
        reader->height, cinfo->image_width, cinfo->image_height);
    fail (reader, message);
  }
  set_output (reader);
  jpeg_start_decompress (cinfo);
  if (jpeg_has_multiple_scans (cinfo))
    check_scans (reader);
  if (cinfo->num_components == 4 || !reader->place)
    reader->row = cinfo->mem->alloc_large ((j_common_ptr) cinfo, JPOOL_IMAGE,
        (gsize) cinfo->output_width * cinfo->out_color_components);
  read_rows (reader);
  jpeg_finish_decompress (cinfo);
  /* An arithmetic decoder cannot tell an end from a stream of zeros. */
  if (reader->has_ended && cinfo->arith_code)
    fail_incomplete (reader);
  if (reader->has_ended && reader->flaw[0] == '\0')
    g_strlcpy (reader->flaw, "Premature end of JPEG file", sizeof reader->flaw);
}

static gboolean
guard (Reader * reader)
{
  if (setjmp (reader->jump))
    return FALSE;
  jpeg_create_decompress (&reader->cinfo);
  reader->cinfo.src = &reader->source;
  reader->cinfo.progress = &reader->progress;
  read_body (reader);
  return TRUE;
}

static gboolean
read_picture (Reader * reader, const guint8 * data, gsize size,
    gchar ** flaw, GError ** error)
{
  gboolean done;

  reader->cinfo.err = jpeg_std_error (&reader->errors);
  reader->cinfo.client_data = reader;
  reader->errors.error_exit = on_error;
  reader->errors.emit_message = on_message;
  reader->errors.output_message = on_output;
  reader->progress.progress_monitor = on_progress;
  reader->source.init_source = on_source;
  reader->source.fill_input_buffer = on_fill;
  reader->source.skip_input_data = on_skip;
  reader->source.resync_to_restart = jpeg_resync_to_restart;
  reader->source.term_source = on_source;
  reader->source.next_input_byte = data;
  reader->source.bytes_in_buffer = size;
  done = guard (reader);
  if (!done)
    g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "JPEG image: %u×%u pixels cannot be decoded: %s", reader->width,
        reader->height, reader->failure);
  else if (reader->flaw[0] != '\0' && flaw && !*flaw)
    *flaw = g_strdup (reader->flaw);
  jpeg_destroy_decompress (&reader->cinfo);
  return done;
}

gboolean
cup_jpeg_read (const guint8 * data, gsize size, const CupJpegPlace * place,
    gchar ** flaw, GError ** error)
{
  Reader reader = {.width = place->width,.height = place->height,.place = place
  };

  return read_picture (&reader, data, size, flaw, error);
}

gboolean
cup_jpeg_check_pixels (const guint8 * data, gsize size, GError ** error)
{
  Reader reader = {.is_limited = TRUE };
  CupImageInfo info = { CUP_IMAGE_JPEG };

  if (!cup_jpeg_read_info (data, size, &info, error))
    return FALSE;
  reader.width = info.width;
  reader.height = info.height;
  return read_picture (&reader, data, size, NULL, error);
}

/* Which colours libjpeg can write in the order of @packed; JCS_UNKNOWN where it cannot.
 * With alpha it sets what no sample is for, which it leaves open without. */
static gint
find_format (const CupPacked * packed)
{
  static const struct
  {
    gint format;
    guint size;
    gint8 red, green, blue;
  } formats[] = {
    {JCS_EXT_RGB, 3, 0, 1, 2},
    {JCS_EXT_BGR, 3, 2, 1, 0},
    {JCS_EXT_RGBA, 4, 0, 1, 2},
    {JCS_EXT_BGRA, 4, 2, 1, 0},
    {JCS_EXT_ABGR, 4, 3, 2, 1},
    {JCS_EXT_ARGB, 4, 1, 2, 3},
  };
  guint i;

  for (i = 0; packed->depth == 8 && i < G_N_ELEMENTS (formats); i++) {
    if (packed->size == formats[i].size && packed->places[0] == formats[i].red
        && packed->places[1] == formats[i].green
        && packed->places[2] == formats[i].blue)
      return formats[i].format;
  }
  return JCS_UNKNOWN;
}

gboolean
cup_jpeg_decode (const guint8 * data, gsize size, CupPixels * pixels,
    gchar ** flaw, GError ** error)
{
  const CupJpegPlace place = {
    .width = pixels->width,
    .height = pixels->height,
    .format = pixels->channels == 1 ? JCS_GRAYSCALE : JCS_EXT_RGB,
    .data = pixels->data,
    .stride = pixels->stride
  };

  return cup_jpeg_read (data, size, &place, flaw, error);
}

/* Not for CMYK, which is converted row by row to RGB and no other order. */
gboolean
cup_jpeg_decode_rows (const guint8 * data, gsize size,
    const CupImageInfo * info, CupConvertRows * rows, gchar ** flaw)
{
  const CupPacked *packed = cup_convert_rows_get_packed (rows);
  CupJpegPlace place = { info->width, info->height, JCS_UNKNOWN };

  if (packed && !cup_jpeg_is_cmyk (data, size))
    place.format = find_format (packed);
  if (place.format == JCS_UNKNOWN || packed->stride < 0)
    return FALSE;
  place.data = packed->data;
  place.stride = (gsize) packed->stride;
  return cup_jpeg_read (data, size, &place, flaw, NULL);
}
