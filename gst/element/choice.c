/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "choice.h"

#include <math.h>

#include "base/error.h"
#include "colour.h"
#include "light.h"
#include "ranking.h"
#include "uri-list.h"

/* What is known about the output before its format is chosen. */
typedef struct
{
  CupInput *input;
  CupImageInfo result;          /* with the size that it leaves with */
  GstCaps *current;
  gint par_n, par_d;
  gint fps_n, fps_d;
  GstVideoColorimetry light;    /* transfer and primaries of the pixels */
  gboolean keeps_colours;       /* these must not be relabelled */
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

/* Appends @raw with those of its formats whose colours have more than 8 bits, or
 * not, and that have alpha, or not. */
static void
append_raw (GstCaps * caps, const GstStructure * raw, gboolean deep,
    gboolean alpha)
{
  const GValue *formats = gst_structure_get_value (raw, "format");
  GstStructure *structure = gst_structure_copy (raw);
  GValue some = G_VALUE_INIT;
  guint i;

  gst_value_list_init (&some, gst_value_list_get_size (formats));
  for (i = 0; i < gst_value_list_get_size (formats); i++) {
    const GValue *name = gst_value_list_get_value (formats, i);
    const GstVideoFormatInfo *finfo =
        gst_video_format_get_info (gst_video_format_from_string
        (g_value_get_string (name)));

    if (!cup_colour_has_alpha (finfo) == !alpha
        && (cup_ranking_get_depth (finfo) > 8) == deep)
      gst_value_list_append_value (&some, name);
  }
  gst_structure_take_value (structure, "format", &some);
  gst_caps_append_structure (caps, structure);
}

static GstCaps *
make_sink_caps (void)
{
  GstCaps *template = cup_choice_get_sink_template_caps ();
  GstCaps *caps = gst_caps_new_empty ();
  guint i;

  for (i = 0; i < gst_caps_get_size (template); i++) {
    GstStructure *structure = gst_caps_get_structure (template, i);

    if (gst_structure_has_field (structure, "format")) {
      append_raw (caps, structure, FALSE, FALSE);
      append_raw (caps, structure, FALSE, TRUE);
      append_raw (caps, structure, TRUE, FALSE);
      append_raw (caps, structure, TRUE, TRUE);
    } else {
      gst_caps_append_structure (caps, gst_structure_copy (structure));
    }
  }
  gst_caps_unref (template);
  return caps;
}

GstCaps *
cup_choice_get_sink_caps (void)
{
  static GstCaps *caps;

  if (g_once_init_enter (&caps)) {
    GstCaps *made = make_sink_caps ();

    GST_MINI_OBJECT_FLAG_SET (made, GST_MINI_OBJECT_FLAG_MAY_BE_LEAKED);
    g_once_init_leave (&caps, made);
  }
  return gst_caps_ref (caps);
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

/* Caps that leave open only the format and its colours. */
static GstCaps *
make_raw_filter (const CupChoice * choice)
{
  return gst_caps_new_simple ("video/x-raw",
      "width", G_TYPE_INT, (gint) choice->result.width,
      "height", G_TYPE_INT, (gint) choice->result.height,
      "framerate", GST_TYPE_FRACTION, choice->fps_n, choice->fps_d,
      "pixel-aspect-ratio", GST_TYPE_FRACTION, choice->par_n, choice->par_d,
      "interlace-mode", G_TYPE_STRING, "progressive", NULL);
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
      loss = cup_ranking_get_loss (choice->input, &choice->result,
          gst_video_format_get_info (format));
      if (i > 0)
        loss += CUP_RANKING_LATER;
      /* Caps that need not change had better not. */
      if (format == current && loss < CUP_RANKING_KEEP)
        loss = -1;
      if (loss < best_loss) {
        best = format;
        best_loss = loss;
      }
    }
  }
  return best;
}

/* Colours */

/* Those of SDR video and of sRGB, which everybody takes one for the other. The
 * curve of BT.2020 is that of BT.709. */
static gboolean
is_ordinary_transfer (GstVideoTransferFunction transfer)
{
  switch (transfer) {
    case GST_VIDEO_TRANSFER_UNKNOWN:
    case GST_VIDEO_TRANSFER_BT709:
    case GST_VIDEO_TRANSFER_SRGB:
    case GST_VIDEO_TRANSFER_SMPTE240M:
    case GST_VIDEO_TRANSFER_BT601:
    case GST_VIDEO_TRANSFER_BT2020_10:
    case GST_VIDEO_TRANSFER_BT2020_12:
      return TRUE;
    default:
      return FALSE;
  }
}

static gboolean
is_ordinary_primaries (GstVideoColorPrimaries primaries)
{
  switch (primaries) {
    case GST_VIDEO_COLOR_PRIMARIES_UNKNOWN:
    case GST_VIDEO_COLOR_PRIMARIES_BT709:
    case GST_VIDEO_COLOR_PRIMARIES_BT470BG:
    case GST_VIDEO_COLOR_PRIMARIES_SMPTE170M:
    case GST_VIDEO_COLOR_PRIMARIES_SMPTE240M:
      return TRUE;
    default:
      return FALSE;
  }
}

/* Pixels of video have what its caps say, those of a file what that says. */
static void
set_light (CupChoice * choice)
{
  if (cup_input_is_raw (choice->input))
    choice->light = choice->input->info.colorimetry;
  else
    cup_light_get_colorimetry (&choice->result.light, &choice->light);
  choice->keeps_colours = !(is_ordinary_transfer (choice->light.transfer)
      && is_ordinary_primaries (choice->light.primaries));
}

static gboolean
has_same_light (const GstVideoColorimetry * a, const GstVideoColorimetry * b)
{
  return a->transfer == b->transfer && a->primaries == b->primaries;
}

static gboolean
is_subsampled (const GstVideoInfo * info)
{
  return GST_VIDEO_FORMAT_INFO_W_SUB (info->finfo, GST_VIDEO_COMP_U) > 0;
}

/* Chroma stays where it sits in the input, also where that is not known. */
static void
choose_chroma_site (const GstVideoInfo * in, GstVideoInfo * info)
{
  if (!is_subsampled (info))
    info->chroma_site = GST_VIDEO_CHROMA_SITE_UNKNOWN;
  else if (in->chroma_site != GST_VIDEO_CHROMA_SITE_UNKNOWN
      || is_subsampled (in))
    info->chroma_site = in->chroma_site;
}

/* The colorimetry that a frame gets where downstream leaves the choice. Pixels
 * keep the transfer function and the primaries that they came with; only matrix
 * and range are converted. */
static void
choose_colorimetry (const CupChoice * choice, GstVideoInfo * info)
{
  const GstVideoInfo *in = &choice->input->info;

  choose_chroma_site (in, info);
  if (!cup_input_is_raw (choice->input) && !choice->keeps_colours)
    return;
  if (cup_input_is_raw (choice->input)
      && ((GST_VIDEO_INFO_IS_YUV (info) && GST_VIDEO_INFO_IS_YUV (in))
          || (GST_VIDEO_INFO_IS_GRAY (info) && GST_VIDEO_INFO_IS_GRAY (in)))) {
    info->colorimetry = in->colorimetry;
    return;
  }
  if (choice->light.transfer != GST_VIDEO_TRANSFER_UNKNOWN)
    info->colorimetry.transfer = choice->light.transfer;
  if (choice->light.primaries != GST_VIDEO_COLOR_PRIMARIES_UNKNOWN)
    info->colorimetry.primaries = choice->light.primaries;
  if (GST_VIDEO_INFO_IS_YUV (info)
      && choice->light.primaries == GST_VIDEO_COLOR_PRIMARIES_BT2020)
    info->colorimetry.matrix = GST_VIDEO_COLOR_MATRIX_BT2020;
}

/* What the input's caps say beyond GstVideoInfo. The metadata of HDR describes
 * the light of the pixels: it goes with their transfer function. */
static void
carry_fields (const CupChoice * choice, GstCaps * caps,
    const GstVideoColorimetry * colorimetry)
{
  static const gchar *const hdr[] = { "mastering-display-info",
    "content-light-level"
  };
  const GstStructure *from = gst_caps_get_structure (choice->input->caps, 0);
  const GValue *value;
  guint i;

  value = gst_structure_get_value (from, "max-framerate");
  if (value && choice->fps_n == 0)
    gst_caps_set_value (caps, "max-framerate", value);
  /* Others than mono have been refused. */
  value = gst_structure_get_value (from, "multiview-mode");
  if (value)
    gst_caps_set_value (caps, "multiview-mode", value);
  if (!cup_input_is_raw (choice->input)) {
    if (has_same_light (colorimetry, &choice->light))
      cup_light_add_hdr (&choice->result.light, caps);
    return;
  }
  for (i = 0; i < G_N_ELEMENTS (hdr); i++) {
    value = gst_structure_get_value (from, hdr[i]);
    if (value && has_same_light (colorimetry, &choice->light))
      gst_caps_set_value (caps, hdr[i], value);
  }
}

/* What @peer takes of @wanted, with what else it asks for, and without the
 * fields that @attempt leaves to it. */
static GstCaps *
yield_fields (GstCaps * peer, GstCaps * wanted, guint attempt)
{
  GstCaps *caps = gst_caps_copy (wanted), *allowed;
  GstStructure *structure = gst_caps_get_structure (caps, 0);

  if (attempt & 1)
    gst_structure_remove_field (structure, "chroma-site");
  if (attempt & 2)
    gst_structure_remove_fields (structure, "colorimetry",
        "mastering-display-info", "content-light-level", NULL);
  allowed = gst_caps_intersect_full (peer, caps, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref (caps);
  if (gst_caps_is_empty (allowed)) {
    gst_caps_unref (allowed);
    return NULL;
  }
  return gst_caps_fixate (allowed);
}

/* Whether frames under @caps look as they are to. */
static gboolean
has_right_colours (const CupChoice * choice, GstCaps * caps)
{
  GstVideoInfo info;

  /* Of a file that says something else there is a warning. */
  return !choice->keeps_colours || !cup_input_is_raw (choice->input)
      || (gst_video_info_from_caps (&info, caps)
      && has_same_light (&info.colorimetry, &choice->light));
}

static GstCaps *
choose_raw (const CupChoice * choice, GstCaps * peer)
{
  GstCaps *filter, *allowed, *wanted, *caps = NULL;
  GstVideoFormat format;
  GstVideoInfo info;
  guint attempt;

  filter = make_raw_filter (choice);
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
  carry_fields (choice, wanted, &info.colorimetry);
  /* Where downstream insists on another chroma site or colorimetry, that. */
  for (attempt = 0; attempt <= 3 && !caps; attempt++)
    caps = yield_fields (peer, wanted, attempt);
  gst_caps_unref (wanted);
  if (caps && !has_right_colours (choice, caps))
    gst_clear_caps (&caps);
  return caps;
}

/* Images */

/* The caps of an image say of its colours what its file need not say. */
static void
label_image (const CupChoice * choice, GstCaps * caps)
{
  const GstVideoColorimetry *in = &choice->light;
  GstVideoColorimetry colorimetry = { GST_VIDEO_COLOR_RANGE_0_255,
    GST_VIDEO_COLOR_MATRIX_RGB, in->transfer, in->primaries
  };
  gchar *text;

  if (choice->keeps_colours) {
    text = gst_video_colorimetry_to_string (&colorimetry);
    gst_caps_set_simple (caps, "colorimetry", G_TYPE_STRING, text, NULL);
    g_free (text);
  }
  carry_fields (choice, caps, &colorimetry);
}

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
  label_image (choice, caps);
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

/* The type that pixels get where none is asked for: that of the file that they were
 * made of, if it holds them; UNKNOWN for any other. */
static CupImageType
get_file_type (const CupChoice * choice)
{
  CupImageType type = choice->input->image_type;
  const guint side = MAX (choice->result.width, choice->result.height);

  if (side > cup_image_type_get_max_side (type))
    return CUP_IMAGE_UNKNOWN;
  if (choice->result.depth > 8 && type != CUP_IMAGE_PNG)
    return CUP_IMAGE_UNKNOWN;
  if (choice->result.channels == 4 && type == CUP_IMAGE_JPEG)
    return CUP_IMAGE_UNKNOWN;
  return type;
}

/* The result's own bytes where downstream takes their type; else what was
 * asked for, else the type of the input, else whatever keeps the most. */
static GstCaps *
choose_image (const CupChoice * choice, GstCaps * peer, CupImageType preferred)
{
  const CupImageType types[] = { choice->result.type,
    preferred != CUP_IMAGE_UNKNOWN ? preferred : get_file_type (choice),
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

/* Whether nothing but these two fields is in the way. */
static gboolean
would_do_without (const CupChoice * choice, GstCaps * allowed,
    const gchar * field, const gchar * other)
{
  GstCaps *less = gst_caps_copy (allowed), *caps;
  guint i;

  for (i = 0; i < gst_caps_get_size (less); i++)
    gst_structure_remove_fields (gst_caps_get_structure (less, i), field,
        other, NULL);
  caps = choose_any (choice, less, FALSE, CUP_IMAGE_UNKNOWN);
  gst_caps_unref (less);
  if (!caps)
    return FALSE;
  gst_caps_unref (caps);
  return TRUE;
}

/* The size that downstream fixes, where nothing but that is in the way; NULL
 * where something else is. */
static gchar *
find_fixed_size (const CupChoice * choice, GstCaps * allowed)
{
  gchar *width, *height, *size = NULL;
  guint i;

  if (!would_do_without (choice, allowed, "width", "height"))
    return NULL;
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

static gchar *
advise_colours (const CupChoice * choice)
{
  gchar *colorimetry = gst_video_colorimetry_to_string (&choice->light);
  gchar *advice = g_strdup_printf ("Its pixels keep the transfer function and "
      "the primaries of the frame (colorimetry=%s), which downstream does not "
      "take: put \"videoconvert gamma-mode=remap primaries-mode=fast\" between, "
      "or take the colorimetry out of the caps filter", colorimetry);

  g_free (colorimetry);
  return advice;
}

/* What is in the way, and what to do about it. */
static gchar *
make_advice (const CupChoice * choice, const CupPicture * picture,
    GstCaps * allowed)
{
  gchar *size = find_fixed_size (choice, allowed);
  gchar *advice;

  if (size)
    advice = advise_size (choice, picture, allowed, size);
  else if (choice->keeps_colours
      && would_do_without (choice, allowed, "colorimetry", "chroma-site"))
    advice = advise_colours (choice);
  else if (would_do_without (choice, allowed, "pixel-aspect-ratio", NULL))
    advice =
        g_strdup_printf ("Its pixel aspect ratio of %d/%d is what differs: "
        "put \"videoscale add-borders=false\" between, or, where the service "
        "has changed the picture's shape, set size-policy=exact", choice->par_n,
        choice->par_d);
  else
    advice = g_strdup ("Put videoscale or videoconvert behind, or change the "
        "caps filter there");
  g_free (size);
  return advice;
}

static void
explain_refusal (const CupChoice * choice, const CupPicture * picture,
    GstCaps * peer, GstCaps * allowed, GError ** error)
{
  const CupImageInfo *result = &choice->result;
  gchar *accepted = gst_caps_to_string (peer);
  gchar *advice = make_advice (choice, picture, allowed);

  g_set_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
      "downstream does not take the result, which is %u×%u at %d/%d frames "
      "per second; it accepts only %s. %s", result->width, result->height,
      choice->fps_n, choice->fps_d, accepted, advice);
  g_free (advice);
  g_free (accepted);
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
  set_light (&choice);

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
