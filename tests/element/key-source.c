/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "key-source.h"

#include <gst/base/gstpushsrc.h>

#define KEY_TYPE_SOURCE (key_source_get_type ())
G_DECLARE_FINAL_TYPE (KeySource, key_source, KEY, SOURCE, GstPushSrc);

struct _KeySource
{
  GstPushSrc parent;

  gint next;                    /* streaming thread, and seeks while it stands */
};

G_DEFINE_FINAL_TYPE (KeySource, key_source, GST_TYPE_PUSH_SRC);

static gboolean
key_source_start (GstBaseSrc * base)
{
  KEY_SOURCE (base)->next = 0;
  return TRUE;
}

static gboolean
key_source_is_seekable (GstBaseSrc * base)
{
  return TRUE;
}

/* Frames are whole: the first one is that which holds the position. */
static gboolean
key_source_do_seek (GstBaseSrc * base, GstSegment * segment)
{
  KeySource *source = KEY_SOURCE (base);

  if (segment->rate > 0) {
    source->next = (gint) (segment->position / FRAME_DURATION);
  } else {
    guint64 stop = MIN (segment->position, KEY_SOURCE_DURATION);

    source->next = (gint) ((stop + FRAME_DURATION - 1) / FRAME_DURATION) - 1;
  }
  segment->time = segment->start;
  return TRUE;
}

static gboolean
key_source_query (GstBaseSrc * base, GstQuery * query)
{
  if (GST_QUERY_TYPE (query) == GST_QUERY_DURATION) {
    gst_query_set_duration (query, GST_FORMAT_TIME, KEY_SOURCE_DURATION);
    return TRUE;
  }
  return GST_BASE_SRC_CLASS (key_source_parent_class)->query (base, query);
}

/* The base class does not know of changes of the rate at an instant; demuxers
 * do. */
static gboolean
key_source_event (GstBaseSrc * base, GstEvent * event)
{
  GstSeekFlags flags;
  GstEvent *change;
  gdouble rate;

  if (GST_EVENT_TYPE (event) != GST_EVENT_SEEK)
    return GST_BASE_SRC_CLASS (key_source_parent_class)->event (base, event);
  gst_event_parse_seek (event, &rate, NULL, &flags, NULL, NULL, NULL, NULL);
  if (!(flags & GST_SEEK_FLAG_INSTANT_RATE_CHANGE))
    return GST_BASE_SRC_CLASS (key_source_parent_class)->event (base, event);
  change = gst_event_new_instant_rate_change (rate / base->segment.rate,
      (GstSegmentFlags) flags & GST_SEGMENT_INSTANT_FLAGS);
  gst_event_set_seqnum (change, gst_event_get_seqnum (event));
  return gst_pad_push_event (GST_BASE_SRC_PAD (base), change);
}

static GstFlowReturn
key_source_create (GstPushSrc * base, GstBuffer ** buffer)
{
  KeySource *source = KEY_SOURCE (base);
  GstSegment *segment = &GST_BASE_SRC (base)->segment;
  GstClockTime start = (GstClockTime) MAX (source->next, 0) * FRAME_DURATION;
  gboolean forwards = segment->rate > 0;

  if (forwards && (source->next >= KEY_SOURCE_FRAMES
          || (GST_CLOCK_TIME_IS_VALID (segment->stop)
              && start >= segment->stop)))
    return GST_FLOW_EOS;
  if (!forwards && (source->next < 0
          || start + FRAME_DURATION <= segment->start))
    return GST_FLOW_EOS;
  *buffer = fixture_make_frame ((guint8) source->next);
  source->next += forwards ? 1 : -1;
  return GST_FLOW_OK;
}

static void
key_source_class_init (KeySourceClass * klass)
{
  GstBaseSrcClass *base_class = GST_BASE_SRC_CLASS (klass);
  GstCaps *caps = gst_caps_from_string (FRAME_CAPS);

  base_class->start = key_source_start;
  base_class->is_seekable = key_source_is_seekable;
  base_class->do_seek = key_source_do_seek;
  base_class->query = key_source_query;
  base_class->event = key_source_event;
  GST_PUSH_SRC_CLASS (klass)->create = key_source_create;
  gst_element_class_add_pad_template (GST_ELEMENT_CLASS (klass),
      gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps));
  gst_caps_unref (caps);
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass),
      "Source of known frames", "Source/Video", "For tests",
      "The Creative Upscaler authors");
}

static void
key_source_init (KeySource * source)
{
  gst_base_src_set_format (GST_BASE_SRC (source), GST_FORMAT_TIME);
}

void
key_source_register (void)
{
  g_assert_true (gst_element_register (NULL, "keysource", GST_RANK_NONE,
          KEY_TYPE_SOURCE));
}
