/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "choice.h"

#include <math.h>

#include "base/error.h"
#include "frame.h"
#include "uri-list.h"

/* What is known about the output before its format is chosen. */
typedef struct
{
  CupInput *input;
  CupImageInfo result;          /* with the size that it leaves with */
  GstCaps *current;
  gint par_n, par_d;
  gint fps_n, fps_d;
} CupChoice;

GstCaps *
cup_choice_get_template_caps (void)
{
  static const CupImageType types[] = { CUP_IMAGE_PNG, CUP_IMAGE_JPEG,
    CUP_IMAGE_WEBP
  };
  GstCaps *caps =
      gst_caps_from_string (GST_VIDEO_CAPS_MAKE (GST_VIDEO_FORMATS_ALL));
  guint i;

  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    if (cup_image_type_is_supported (types[i]))
      gst_caps_append_structure (caps,
          gst_structure_new_empty (cup_image_type_get_mime (types[i])));
  }
  return caps;
}

GstCaps *
cup_choice_get_sink_template_caps (void)
{
  GstCaps *caps = cup_choice_get_template_caps ();

  gst_caps_append_structure (caps, gst_structure_new_empty (CUP_URI_LIST_MIME));
  return caps;
}

gboolean
cup_choice_get_exact_size (const GstVideoInfo * frame, gdouble scale,
    guint * width, guint * height)
{
  if (frame->width <= 0 || frame->height <= 0)
    return FALSE;
  /* Sides have 16 bits, and the scale a range of its own. */
  *width = (guint) MAX (round (frame->width * scale), 1);
  *height = (guint) MAX (round (frame->height * scale), 1);
  return TRUE;
}

/* The pixels stay as they are shaped, unless the picture has another aspect
 * than the frame by more than what services round sizes by: then it was
 * stretched, and the pixel aspect ratio undoes that. Nothing is known of the
 * size of a picture that the service fetched. */
void
cup_choice_get_aspect (const CupPicture * picture, gint * num, gint * den)
{
  const GstVideoInfo *frame = picture->frame;
  const gint width = (gint) picture->info.width;
  const gint height = (gint) picture->info.height;
  gdouble stretch;
  gint n, d;

  *num = GST_VIDEO_INFO_PAR_N (frame);
  *den = GST_VIDEO_INFO_PAR_D (frame);
  if (GST_VIDEO_INFO_WIDTH (frame) == 0 || GST_VIDEO_INFO_HEIGHT (frame) == 0)
    return;
  stretch = ((gdouble) width * GST_VIDEO_INFO_HEIGHT (frame))
      / ((gdouble) height * GST_VIDEO_INFO_WIDTH (frame));
  if (stretch > 0.98 && stretch < 1.02)
    return;
  if (gst_util_fraction_multiply (*num, *den, GST_VIDEO_INFO_WIDTH (frame),
          GST_VIDEO_INFO_HEIGHT (frame), &n, &d)
      && gst_util_fraction_multiply (n, d, height, width, &n, &d)) {
    *num = n;
    *den = d;
  }
}

/* Raw video */

/* What is lost, and after that what is wasted, by putting the result into
 * @format: the lowest is the best, below 10 nothing is lost. */
static gint
get_loss (const CupChoice * choice, GstVideoFormat format)
{
  const GstVideoFormatInfo *finfo = gst_video_format_get_info (format);
  const CupImageInfo *result = &choice->result;
  gint bits = GST_VIDEO_FORMAT_INFO_BITS (finfo);
  gint depth = result->depth;
  gboolean gray = GST_VIDEO_FORMAT_INFO_IS_GRAY (finfo);
  gint loss = 0;

  if (GST_VIDEO_FORMAT_INFO_HAS_PALETTE (finfo))
    loss += 4000;
  if (gray && result->channels != 1)
    loss += 2000;
  if (result->channels == 4 && !GST_VIDEO_FORMAT_INFO_HAS_ALPHA (finfo))
    loss += 1000;
  if (bits < depth)
    loss += 50 * (depth - bits);
  if (GST_VIDEO_FORMAT_INFO_IS_YUV (finfo)) {
    loss += 10;
    if (result->channels != 1 && GST_VIDEO_FORMAT_INFO_N_COMPONENTS (finfo) > 1)
      loss += 10 * (GST_VIDEO_FORMAT_INFO_W_SUB (finfo, 1)
          + GST_VIDEO_FORMAT_INFO_H_SUB (finfo, 1));
  }
  if (bits > depth)
    loss += 3;
  if (GST_VIDEO_FORMAT_INFO_IS_COMPLEX (finfo))
    loss += 2;
  if (!gray && result->channels == 1)
    loss += 2;
  if (GST_VIDEO_FORMAT_INFO_HAS_ALPHA (finfo) && result->channels != 4)
    loss += 1;
  if (format != cup_frame_native_format (result->channels, result->depth)
      && format != GST_VIDEO_INFO_FORMAT (&choice->input->info))
    loss += 1;
  return loss;
}

/* A structure of caps that leave open only what @format does not decide. */
static GstCaps *
make_raw_filter (const CupChoice * choice, const gchar * format)
{
  GstCaps *caps = gst_caps_new_simple ("video/x-raw",
      "width", G_TYPE_INT, (gint) choice->result.width,
      "height", G_TYPE_INT, (gint) choice->result.height,
      "framerate", GST_TYPE_FRACTION, choice->fps_n, choice->fps_d,
      "pixel-aspect-ratio", GST_TYPE_FRACTION, choice->par_n, choice->par_d,
      "interlace-mode", G_TYPE_STRING, "progressive",
      NULL);

  if (format)
    gst_caps_set_simple (caps, "format", G_TYPE_STRING, format, NULL);
  return caps;
}

/* The best of the formats that @allowed has. */
static GstVideoFormat
choose_format (const CupChoice * choice, GstCaps * allowed)
{
  GstVideoFormat best = GST_VIDEO_FORMAT_UNKNOWN;
  GstVideoFormat current = GST_VIDEO_FORMAT_UNKNOWN;
  gint best_loss = G_MAXINT;
  guint i, j;

  if (choice->current) {
    const gchar *name = gst_structure_get_string (gst_caps_get_structure
        (choice->current, 0), "format");

    if (name)
      current = gst_video_format_from_string (name);
  }

  for (i = 0; i < gst_caps_get_size (allowed); i++) {
    const GValue *list =
        gst_structure_get_value (gst_caps_get_structure (allowed, i), "format");
    guint n = !list ? 0 : GST_VALUE_HOLDS_LIST (list) ?
        gst_value_list_get_size (list) : 1;

    for (j = 0; j < n; j++) {
      const GValue *value = GST_VALUE_HOLDS_LIST (list) ?
          gst_value_list_get_value (list, j) : list;
      GstVideoFormat format;
      gint loss;

      if (!G_VALUE_HOLDS_STRING (value))
        continue;
      format = gst_video_format_from_string (g_value_get_string (value));
      if (format == GST_VIDEO_FORMAT_UNKNOWN
          || format == GST_VIDEO_FORMAT_ENCODED)
        continue;
      loss = get_loss (choice, format);
      /* Caps that need not change had better not. */
      if (format == current && loss < 10)
        loss = -1;
      if (loss < best_loss) {
        best = format;
        best_loss = loss;
      }
    }
  }
  return best;
}

/* The colorimetry that a frame of @format gets where downstream leaves the
 * choice: that of YUV input is kept for YUV output; RGB is sRGB, unless the
 * input has a transfer function or primaries for HDR, which upscaling does not
 * touch. */
static void
choose_colorimetry (const CupChoice * choice, GstVideoInfo * info)
{
  const GstVideoInfo *in = &choice->input->info;
  gboolean hdr;

  if (!cup_input_is_raw (choice->input))
    return;
  hdr = in->colorimetry.transfer == GST_VIDEO_TRANSFER_SMPTE2084
      || in->colorimetry.transfer == GST_VIDEO_TRANSFER_ARIB_STD_B67
      || in->colorimetry.primaries == GST_VIDEO_COLOR_PRIMARIES_BT2020;
  if (GST_VIDEO_INFO_IS_YUV (info) && GST_VIDEO_INFO_IS_YUV (in)) {
    info->colorimetry = in->colorimetry;
    if (in->chroma_site != GST_VIDEO_CHROMA_SITE_UNKNOWN
        && GST_VIDEO_INFO_N_COMPONENTS (info) > 1)
      info->chroma_site = in->chroma_site;
  } else if (hdr) {
    info->colorimetry.transfer = in->colorimetry.transfer;
    info->colorimetry.primaries = in->colorimetry.primaries;
    if (GST_VIDEO_INFO_IS_YUV (info))
      info->colorimetry.matrix = GST_VIDEO_COLOR_MATRIX_BT2020;
  }
}

static GstCaps *
choose_raw (const CupChoice * choice, GstCaps * peer)
{
  GstCaps *filter, *allowed, *wanted, *caps;
  GstVideoFormat format;
  GstVideoInfo info;

  filter = make_raw_filter (choice, NULL);
  allowed = gst_caps_intersect_full (peer, filter, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref (filter);
  format = choose_format (choice, allowed);
  gst_caps_unref (allowed);
  if (format == GST_VIDEO_FORMAT_UNKNOWN)
    return NULL;

  gst_video_info_set_format (&info, format, choice->result.width,
      choice->result.height);
  info.fps_n = choice->fps_n;
  info.fps_d = choice->fps_d;
  info.par_n = choice->par_n;
  info.par_d = choice->par_d;
  choose_colorimetry (choice, &info);
  wanted = gst_video_info_to_caps (&info);
  if (gst_caps_can_intersect (peer, wanted))
    return wanted;

  /* Downstream insists on another colorimetry or chroma site: take its own. */
  gst_caps_unref (wanted);
  filter = make_raw_filter (choice, gst_video_format_to_string (format));
  allowed = gst_caps_intersect_full (peer, filter, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref (filter);
  caps = gst_caps_fixate (allowed);
  return caps;
}

/* Images */

static GstCaps *
make_image_caps (const CupChoice * choice, CupImageType type)
{
  GstCaps *caps = gst_caps_new_simple (cup_image_type_get_mime (type),
      "width", G_TYPE_INT, (gint) choice->result.width,
      "height", G_TYPE_INT, (gint) choice->result.height, NULL);

  if (choice->fps_n > 0 || cup_input_is_raw (choice->input))
    gst_caps_set_simple (caps, "framerate", GST_TYPE_FRACTION, choice->fps_n,
        choice->fps_d, NULL);
  if (choice->par_n != choice->par_d)
    gst_caps_set_simple (caps, "pixel-aspect-ratio", GST_TYPE_FRACTION,
        choice->par_n, choice->par_d, NULL);
  return caps;
}

static GstCaps *
try_image (const CupChoice * choice, GstCaps * peer, CupImageType type)
{
  GstCaps *caps, *allowed;

  if (!cup_image_type_is_supported (type))
    return NULL;
  caps = make_image_caps (choice, type);
  allowed = gst_caps_intersect_full (peer, caps, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref (caps);
  if (gst_caps_is_empty (allowed)) {
    gst_caps_unref (allowed);
    return NULL;
  }
  return gst_caps_fixate (allowed);
}

/* The result's own bytes where downstream takes their type; else what was
 * asked for, else whatever keeps the most. */
static GstCaps *
choose_image (const CupChoice * choice, GstCaps * peer, CupImageType preferred)
{
  const CupImageType types[] = { choice->result.type, preferred,
    CUP_IMAGE_PNG, CUP_IMAGE_WEBP, CUP_IMAGE_JPEG
  };
  GstCaps *caps = NULL;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (types) && !caps; i++) {
    if (types[i] != CUP_IMAGE_UNKNOWN)
      caps = try_image (choice, peer, types[i]);
  }
  return caps;
}

/* Whichever of both downstream likes better. */
static GstCaps *
choose_any (const CupChoice * choice, GstCaps * allowed, gboolean image_first,
    CupImageType image_type)
{
  GstCaps *caps = NULL;
  guint attempt;

  for (attempt = 0; attempt < 2 && !caps; attempt++) {
    if (image_first == (attempt == 0))
      caps = choose_image (choice, allowed, image_type);
    else
      caps = choose_raw (choice, allowed);
  }
  return caps;
}

/* Why downstream takes nothing */

/* A side as caps have it: a number, a range, a list; NULL for any. */
static gchar *
describe_side (const GstStructure * structure, const gchar * name)
{
  const GValue *value = gst_structure_get_value (structure, name);

  if (!value || (GST_VALUE_HOLDS_INT_RANGE (value)
          && gst_value_get_int_range_min (value) <= 1
          && gst_value_get_int_range_max (value) == G_MAXINT))
    return NULL;
  return gst_value_serialize (value);
}

/* The size that downstream fixes, where nothing but that is in the way; NULL
 * where something else is. */
static gchar *
find_fixed_size (const CupChoice * choice, GstCaps * allowed)
{
  GstCaps *sizeless = gst_caps_copy (allowed), *caps;
  gchar *width, *height, *size = NULL;
  guint i;

  for (i = 0; i < gst_caps_get_size (sizeless); i++)
    gst_structure_remove_fields (gst_caps_get_structure (sizeless, i), "width",
        "height", NULL);
  caps = choose_any (choice, sizeless, FALSE, CUP_IMAGE_UNKNOWN);
  gst_caps_unref (sizeless);
  if (!caps)
    return NULL;
  gst_caps_unref (caps);

  for (i = 0; i < gst_caps_get_size (allowed) && !size; i++) {
    const GstStructure *structure = gst_caps_get_structure (allowed, i);

    width = describe_side (structure, "width");
    height = describe_side (structure, "height");
    if (width || height)
      size = g_strdup_printf ("%s×%s", width ? width : "any",
          height ? height : "any");
    g_free (width);
    g_free (height);
  }
  return size;
}

/* Whether size-policy=exact would give what downstream takes. */
static gboolean
would_exact_do (CupChoice choice, const CupPicture * picture, GstCaps * allowed)
{
  GstCaps *caps;

  if (!cup_choice_get_exact_size (picture->frame, picture->scale,
          &choice.result.width, &choice.result.height))
    return FALSE;
  caps = choose_any (&choice, allowed, FALSE, CUP_IMAGE_UNKNOWN);
  if (!caps)
    return FALSE;
  gst_caps_unref (caps);
  return TRUE;
}

static gchar *
advise_size (const CupChoice * choice, const CupPicture * picture,
    GstCaps * allowed, const gchar * size)
{
  return g_strdup_printf ("Its size of %s is what differs: put \"videoscale ! "
      "videoconvert\" between creativeupscaler and what fixes it, or take the "
      "size out of the caps filter%s", size,
      would_exact_do (*choice, picture, allowed) ?
      ", or set size-policy=exact, which gives that size" : "");
}

static void
explain_refusal (const CupChoice * choice, const CupPicture * picture,
    GstCaps * peer, GstCaps * allowed, GError ** error)
{
  const CupImageInfo *result = &choice->result;
  gchar *accepted = gst_caps_to_string (peer);
  gchar *size = find_fixed_size (choice, allowed);
  gchar *advice = size ? advise_size (choice, picture, allowed, size) :
      g_strdup ("Put videoscale or videoconvert behind, or change the caps "
      "filter there");

  g_set_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
      "downstream does not take the result, which is %u×%u at %d/%d frames "
      "per second; it accepts only %s. %s", result->width, result->height,
      choice->fps_n, choice->fps_d, accepted, advice);
  g_free (advice);
  g_free (accepted);
  g_free (size);
}

GstCaps *
cup_choose_caps (const CupPicture * picture, GstCaps * peer, GstCaps * current,
    CupImageType image_type, GError ** error)
{
  CupInput *input = picture->input;
  CupChoice choice = { input, picture->info, current };
  GstCaps *template, *allowed, *caps;
  gboolean image_first;

  choice.fps_n = GST_VIDEO_INFO_FPS_N (&input->info);
  choice.fps_d = GST_VIDEO_INFO_FPS_D (&input->info);
  cup_choice_get_aspect (picture, &choice.par_n, &choice.par_d);

  template = cup_choice_get_template_caps ();
  allowed = gst_caps_intersect_full (peer, template, GST_CAPS_INTERSECT_FIRST);
  if (gst_caps_is_any (peer) || gst_caps_is_equal (allowed, template)
      || gst_caps_is_empty (allowed))
    image_first = !cup_input_is_raw (input);
  else
    image_first = !gst_structure_has_name (gst_caps_get_structure (allowed, 0),
        "video/x-raw");
  caps = choose_any (&choice, allowed, image_first, image_type);
  if (!caps)
    explain_refusal (&choice, picture, peer, allowed, error);
  gst_caps_unref (allowed);
  gst_caps_unref (template);
  return caps;
}
