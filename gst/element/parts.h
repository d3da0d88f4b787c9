/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pictures that a parser has cut off the photo which they are a part of: jpegparse makes
 * buffers of the smaller views and gain maps behind a JPEG. They are no frames.
 *
 * Of the streaming thread.
 */
#pragma once

#include <gst/gst.h>

#include "image/mpf.h"
#include "input.h"

G_BEGIN_DECLS

/**
 * CupParts:
 * @sizes: of the files that the last photo names, and that have not come yet
 * @n: how many
 * @has_warned: the application was told
 *
 * All zero is nothing.
 */
typedef struct
{
  guint32 sizes[CUP_MPF_MAX];
  guint n;
  gboolean has_warned;
} CupParts;

/* What comes next is behind nothing. */
void cup_parts_clear (CupParts * parts);

/* Whether @buffer, which comes as @input, is to be left out as a part of the photo before
 * it: that names a file of its size. @element: is warned of it, once. */
gboolean cup_parts_take (CupParts * parts, GstElement * element,
    const CupInput * input, GstBuffer * buffer);

G_END_DECLS
