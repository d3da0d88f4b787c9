/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the sink pad's caps say, as a snapshot that every frame which came
 * under them carries along, and how a frame of them becomes a job. Caps may
 * change while frames are in flight: each keeps its own.
 *
 * Never changed after it was made; may be used from any thread.
 */
#pragma once

#include <gst/video/video.h>

#include "engine/job.h"

G_BEGIN_DECLS

typedef enum
{
  CUP_INPUT_RAW,
  CUP_INPUT_IMAGE,
  CUP_INPUT_URI_LIST,
} CupInputKind;

/**
 * CupInput:
 * @caps: as they came
 * @image_type: of images
 * @info: of raw video; of the others only framerate and pixel aspect ratio
 */
typedef struct
{
  GstCaps *caps;
  CupInputKind kind;
  CupImageType image_type;
  GstVideoInfo info;

  /*< private > */
  gint ref_count;
} CupInput;

/* CUP_ERROR_UNSUPPORTED for what is refused by name (interlaced, multiview, no
 * format), CUP_ERROR_TOO_LARGE for what is too large. */
CupInput *cup_input_new (GstCaps * caps, GError ** error);
CupInput *cup_input_ref (CupInput * input);
void cup_input_unref (CupInput * input);

#define cup_input_is_raw(input) ((input)->kind == CUP_INPUT_RAW)

/* A job for one frame; keeps a reference of @buffer until its pixels are
 * loaded. Looks at the header of an image, at nothing else. @uri: of a list,
 * the line of this frame. */
CupJob *cup_input_make_job (CupInput * input, GstBuffer * buffer,
    const gchar * uri, GError ** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CupInput, cup_input_unref);

G_END_DECLS
