/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parts.h"

#include "frame.h"
#include "report.h"

/* Bytes of padding behind a file, which count to its size, and which a parser leaves
 * out. */
#define PADDING_MAX 64

void
cup_parts_clear (CupParts * parts)
{
  parts->n = 0;
}

/* Takes the part of @size off the list. */
static gboolean
take_size (CupParts * parts, gsize size)
{
  guint i;

  for (i = 0; i < parts->n; i++) {
    if (size > parts->sizes[i] || parts->sizes[i] - size > PADDING_MAX)
      continue;
    parts->sizes[i] = parts->sizes[--parts->n];
    return TRUE;
  }
  return FALSE;
}

/* What a photo names stands directly behind it. */
static void
read_names (CupParts * parts, GstBuffer * buffer)
{
  GBytes *bytes = cup_frame_map_bytes (buffer, NULL);

  parts->n = bytes ? cup_mpf_read (bytes, parts->sizes) : 0;
  if (bytes)
    g_bytes_unref (bytes);
}

gboolean
cup_parts_take (CupParts * parts, GstElement * element, const CupInput * input,
    GstBuffer * buffer)
{
  if (input->image_type != CUP_IMAGE_JPEG)
    return FALSE;
  if (!take_size (parts, gst_buffer_get_size (buffer))) {
    read_names (parts, buffer);
    return FALSE;
  }
  GST_DEBUG_OBJECT (element, "a part of the photo before it: %" GST_PTR_FORMAT,
      buffer);
  if (!parts->has_warned)
    cup_report_part (element);
  parts->has_warned = TRUE;
  return TRUE;
}
