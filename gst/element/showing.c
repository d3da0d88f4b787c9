/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "showing.h"

#include "light.h"
#include "report.h"

enum
{
  WARNED_PROFILE = 1 << 0,
  WARNED_MISFIT = 1 << 1,
  WARNED_LOST_PROFILE = 1 << 2,
  WARNED_LOST_ORIENTATION = 1 << 3,
  WARNED_FLAW = 1 << 4,
  WARNED_RESULT_FLAW = 1 << 5,
  WARNED_LIGHT = 1 << 6,
  WARNED_LOST_LIGHT = 1 << 7,
  WARNED_DENSITY = 1 << 8,
  WARNED_LOST_DENSITY = 1 << 9,
};

void
cup_showing_clear (CupShowing * showing)
{
  gst_clear_event (&showing->tags);
  showing->orientation = 0;
  showing->warned = 0;
}

/* Which way up */

/* GStreamer's names for what EXIF counts. */
static const gchar *
get_orientation_name (guint orientation)
{
  static const gchar *const names[] = {
    "rotate-0", "flip-rotate-0", "rotate-180", "flip-rotate-180",
    "flip-rotate-270", "rotate-90", "flip-rotate-90", "rotate-270"
  };

  return names[orientation - 1];
}

/* What downstream knows: tags by others (upstream's) that say which way up,
 * and those for the stream, which others replace as a whole. */
typedef struct
{
  gboolean is_said;
  GstTagList *stream_tags;
} Known;

static void
look_at_tags (const CupShowing * showing, GstPad * pad, Known * known)
{
  GstEvent *event;
  guint i;

  for (i = 0; (event = gst_pad_get_sticky_event (pad, GST_EVENT_TAG, i)); i++) {
    GstTagList *tags;

    gst_event_parse_tag (event, &tags);
    if (event != showing->tags
        && gst_tag_list_get_tag_size (tags, GST_TAG_IMAGE_ORIENTATION) > 0)
      known->is_said = TRUE;
    if (gst_tag_list_get_scope (tags) == GST_TAG_SCOPE_STREAM
        && !known->stream_tags)
      known->stream_tags = gst_tag_list_copy (tags);
    gst_event_unref (event);
  }
}

/* Whether what was pushed here is still on the pad, where others that are linked
 * later find it. */
static gboolean
is_current (const CupShowing * showing, const Known * known)
{
  gchar *name = NULL;
  gboolean is;

  if (showing->orientation <= 1)
    return TRUE;
  if (!known->stream_tags || !gst_tag_list_get_string (known->stream_tags,
          GST_TAG_IMAGE_ORIENTATION, &name))
    return FALSE;
  is = g_str_equal (name, get_orientation_name (showing->orientation));
  g_free (name);
  return is;
}

static void
push_orientation (CupShowing * showing, GstPad * pad, guint orientation,
    Known * known)
{
  GstTagList *tags = g_steal_pointer (&known->stream_tags);

  if (!tags) {
    tags = gst_tag_list_new_empty ();
    gst_tag_list_set_scope (tags, GST_TAG_SCOPE_STREAM);
  }
  gst_tag_list_add (tags, GST_TAG_MERGE_REPLACE, GST_TAG_IMAGE_ORIENTATION,
      get_orientation_name (orientation), NULL);
  gst_clear_event (&showing->tags);
  showing->tags = gst_event_new_tag (tags);
  showing->orientation = orientation;
  gst_pad_push_event (pad, gst_event_ref (showing->tags));
}

/* A stream says which way up or does not: where it does, that is for all of its
 * frames, and whoever put it there may know better than the files. */
static void
tell_orientation (CupShowing * showing, GstPad * pad, const CupSlot * slot)
{
  /* An image has it in its file. */
  guint orientation = slot->output->image_type != CUP_IMAGE_UNKNOWN ? 1 :
      cup_image_metadata_get_orientation (slot->result->metadata);
  Known known = { FALSE };

  /* Of most streams there is never anything to tell. */
  if (orientation == 1 && showing->orientation <= 1)
    return;
  look_at_tags (showing, pad, &known);
  if (known.is_said) {
    gst_clear_event (&showing->tags);
    showing->orientation = 0;
  } else if (orientation != showing->orientation
      || !is_current (showing, &known)) {
    push_orientation (showing, pad, orientation, &known);
  }
  g_clear_pointer (&known.stream_tags, gst_tag_list_unref);
}

/* What colours mean */

/* (nullable): a profile that makes a difference. */
static GBytes *
get_profile (const CupImageMetadata * metadata)
{
  if (!metadata || !metadata->profile
      || cup_icc_is_like_srgb (metadata->profile))
    return NULL;
  return metadata->profile;
}

/* Whether there is something to warn of for the first time. */
static gboolean
is_new (CupShowing * showing, guint bit, gboolean is_lost)
{
  if (!is_lost || (showing->warned & bit))
    return FALSE;
  showing->warned |= bit;
  return TRUE;
}

/* Of a picture that does not leave as the file that it is. */
static void
tell_profile (CupShowing * showing, GstElement * element, const CupSlot * slot)
{
  const CupResult *result = slot->result;
  GBytes *profile = get_profile (result->metadata);
  CupImageType type = slot->output->image_type;

  if (!profile || cup_output_is_untouched (slot->output, result))
    return;
  if (type == CUP_IMAGE_UNKNOWN) {
    if (is_new (showing, WARNED_PROFILE, TRUE))
      cup_report_profile (element, profile);
  } else if (is_new (showing, WARNED_MISFIT,
          !cup_image_metadata_fits (result->metadata, type,
              result->left_channels))) {
    cup_report_misfit (element, profile, cup_image_type_get_mime (type));
  }
}

/* What a PNG says beside a profile. */

static gboolean
has_light (const CupImageMetadata * metadata)
{
  return metadata && !cup_image_light_is_plain (&metadata->light);
}

/* Whether the caps of @output say what @light says. */
static gboolean
is_said (const CupOutput * output, const CupImageLight * light)
{
  const GstVideoColorimetry *said = &output->info.colorimetry;
  GstVideoColorimetry meant;

  return output->image_type == CUP_IMAGE_UNKNOWN
      && cup_light_get_colorimetry (light, &meant)
      && said->transfer == meant.transfer && said->primaries == meant.primaries;
}

static const gchar *
name_output (const CupOutput * output)
{
  return output->image_type == CUP_IMAGE_UNKNOWN ? "raw video" :
      cup_image_type_get_mime (output->image_type);
}

/* Of a picture that does not leave as the file that it is. */
static void
tell_light (CupShowing * showing, GstElement * element, const CupSlot * slot)
{
  const CupImageMetadata *metadata = slot->result->metadata;
  const CupOutput *output = slot->output;

  if (!metadata || cup_output_is_untouched (output, slot->result))
    return;
  if (is_new (showing, WARNED_LIGHT, has_light (metadata)
          && !cup_image_metadata_keeps_light (output->image_type)
          && !is_said (output, &metadata->light)))
    cup_report_light (element, &metadata->light, name_output (output));
  if (is_new (showing, WARNED_DENSITY, cup_image_metadata_has_density (metadata)
          && !cup_image_metadata_keeps_density (output->image_type)))
    cup_report_density (element, name_output (output));
}

/* What a service does with the picture's file is not known. */

static gboolean
is_other_shape (const CupSlot * slot)
{
  gint width = slot->frame.width, height = slot->frame.height;
  const CupImageInfo *info = &slot->result->info;

  return (width > height && info->width < info->height)
      || (width < height && info->width > info->height);
}

static void
tell_lost (CupShowing * showing, GstElement * element, const gchar * engine,
    const CupSlot * slot)
{
  const CupResult *result = slot->result;
  const CupImageMetadata *input = result->input_metadata;
  GBytes *profile = get_profile (input);
  guint orientation = cup_image_metadata_get_orientation (input);

  if (!input || !result->bytes)
    return;
  if (is_new (showing, WARNED_LOST_PROFILE, profile
          && !(result->metadata && result->metadata->profile)))
    cup_report_lost_profile (element, profile, engine);
  if (is_new (showing, WARNED_LOST_LIGHT, has_light (input)
          && !(result->metadata && (result->metadata->light.kinds
                  || result->metadata->profile))))
    cup_report_lost_light (element, &input->light, engine);
  if (is_new (showing, WARNED_LOST_DENSITY,
          cup_image_metadata_has_density (input)
          && !cup_image_metadata_has_density (result->metadata)))
    cup_report_lost_density (element, engine);
  if (is_new (showing, WARNED_LOST_ORIENTATION, orientation != 1
          && cup_image_metadata_get_orientation (result->metadata) == 1
          && !is_other_shape (slot)))
    cup_report_lost_orientation (element, orientation, engine);
}

/* Files of which not all is as it should be, and all pixels are there. */
static void
tell_flaws (CupShowing * showing, GstElement * element,
    const CupResult * result)
{
  if (is_new (showing, WARNED_FLAW, result->input_flaw != NULL))
    cup_report_flaw (element, "picture", result->input_flaw);
  if (is_new (showing, WARNED_RESULT_FLAW, result->flaw != NULL))
    cup_report_flaw (element, "result", result->flaw);
}

void
cup_showing_tell (CupShowing * showing, GstElement * element, GstPad * pad,
    const gchar * engine, const CupSlot * slot)
{
  tell_orientation (showing, pad, slot);
  tell_profile (showing, element, slot);
  tell_light (showing, element, slot);
  tell_lost (showing, element, engine, slot);
  tell_flaws (showing, element, slot->result);
}
