/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "light.h"

/* Of an exponent times 100000: rounding. */
#define GAMMA_TOLERANCE 300

/* Of luminance: 0.0001 cd/m². */
#define PER_NIT 10000

static void
set_srgb (GstVideoColorimetry * colorimetry)
{
  colorimetry->transfer = GST_VIDEO_TRANSFER_SRGB;
  colorimetry->primaries = GST_VIDEO_COLOR_PRIMARIES_BT709;
}

/* Code 2 is "not said". */
static gboolean
read_cicp (const guint8 * cicp, GstVideoColorimetry * colorimetry)
{
  if (cicp[0] != 2)
    colorimetry->primaries = gst_video_color_primaries_from_iso (cicp[0]);
  if (cicp[1] != 2)
    colorimetry->transfer = gst_video_transfer_function_from_iso (cicp[1]);
  return cicp[3] == 1
      && colorimetry->primaries != GST_VIDEO_COLOR_PRIMARIES_UNKNOWN
      && colorimetry->transfer != GST_VIDEO_TRANSFER_UNKNOWN;
}

static gboolean
read_gamma (guint32 gamma, GstVideoColorimetry * colorimetry)
{
  static const struct
  {
    guint32 gamma;
    GstVideoTransferFunction transfer;
  } known[] = {
    {100000, GST_VIDEO_TRANSFER_GAMMA10},
    {55556, GST_VIDEO_TRANSFER_GAMMA18},
    {50000, GST_VIDEO_TRANSFER_GAMMA20},
    {35714, GST_VIDEO_TRANSFER_GAMMA28},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (known); i++) {
    if (ABS ((gint64) gamma - (gint64) known[i].gamma) > GAMMA_TOLERANCE)
      continue;
    colorimetry->transfer = known[i].transfer;
    return TRUE;
  }
  return FALSE;
}

static gboolean
read_chromaticities (const guint32 * chromaticities,
    GstVideoColorimetry * colorimetry)
{
  guint i;

  for (i = GST_VIDEO_COLOR_PRIMARIES_BT709;
      i <= GST_VIDEO_COLOR_PRIMARIES_EBU3213; i++) {
    const GstVideoColorPrimariesInfo *info =
        gst_video_color_primaries_get_info (i);
    const gdouble known[8] = { info->Wx, info->Wy, info->Rx, info->Ry,
      info->Gx, info->Gy, info->Bx, info->By
    };

    if (cup_image_light_is_near (chromaticities, known)) {
      colorimetry->primaries = i;
      return TRUE;
    }
  }
  return FALSE;
}

/* Each of both may be what sRGB has. */
static gboolean
read_curve_and_primaries (const CupImageLight * light,
    GstVideoColorimetry * colorimetry)
{
  CupImageLight curve = *light;

  curve.kinds = light->kinds & CUP_LIGHT_GAMMA;
  return (cup_image_light_is_plain (&curve)
      || read_gamma (light->gamma, colorimetry))
      && (!(light->kinds & CUP_LIGHT_CHROMATICITIES)
      || read_chromaticities (light->chromaticities, colorimetry));
}

gboolean
cup_light_get_colorimetry (const CupImageLight * light,
    GstVideoColorimetry * colorimetry)
{
  gboolean done;

  set_srgb (colorimetry);
  if (cup_image_light_is_plain (light))
    return TRUE;
  done = light->kinds & CUP_LIGHT_CICP ? read_cicp (light->cicp, colorimetry) :
      read_curve_and_primaries (light, colorimetry);
  if (!done)
    set_srgb (colorimetry);
  return done;
}

static void
add_mastering (const guint8 * data, GstCaps * caps)
{
  GstVideoMasteringDisplayInfo info;
  guint i;

  gst_video_mastering_display_info_init (&info);
  for (i = 0; i < 3; i++) {
    info.display_primaries[i].x = GST_READ_UINT16_BE (data + 4 * i);
    info.display_primaries[i].y = GST_READ_UINT16_BE (data + 4 * i + 2);
  }
  info.white_point.x = GST_READ_UINT16_BE (data + 12);
  info.white_point.y = GST_READ_UINT16_BE (data + 14);
  info.max_display_mastering_luminance = GST_READ_UINT32_BE (data + 16);
  info.min_display_mastering_luminance = GST_READ_UINT32_BE (data + 20);
  gst_video_mastering_display_info_add_to_caps (&info, caps);
}

static void
add_content (const guint8 * data, GstCaps * caps)
{
  GstVideoContentLightLevel level;

  gst_video_content_light_level_init (&level);
  level.max_content_light_level =
      (guint16) MIN (GST_READ_UINT32_BE (data) / PER_NIT, G_MAXUINT16);
  level.max_frame_average_light_level =
      (guint16) MIN (GST_READ_UINT32_BE (data + 4) / PER_NIT, G_MAXUINT16);
  gst_video_content_light_level_add_to_caps (&level, caps);
}

void
cup_light_add_hdr (const CupImageLight * light, GstCaps * caps)
{
  if (light->kinds & CUP_LIGHT_MASTERING)
    add_mastering (light->mastering, caps);
  if (light->kinds & CUP_LIGHT_CONTENT)
    add_content (light->content, caps);
}
