/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The work that a runner does: a picture in, a larger picture out.
 *
 * Any thread.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "faults.h"
#include "image/image.h"

G_BEGIN_DECLS

/**
 * CupServiceWork:
 * @input: the encoded picture
 * @scale: factor
 * @round: width and height become multiples of this
 * @type: of the result
 * @quality: of the result
 * @spoil: what to do to it, CUP_SERVICE_FAULT_PLAIN for nothing
 * @bytes: (nullable): the result
 * @width: of the result
 * @height: of the result
 * @status: 0, or that of an error
 * @error: (nullable): its body
 */
typedef struct
{
  GBytes *input;
  gdouble scale;
  guint round;
  CupImageType type;
  guint quality;
  CupServiceFaultId spoil;

  GBytes *bytes;
  guint width;
  guint height;
  guint status;
  JsonNode *error;
} CupServiceWork;

/* Fills in either the result or the error. */
void cup_service_work_run (CupServiceWork * work, GCancellable * cancellable);
void cup_service_work_clear (CupServiceWork * work);

/* Wrong bytes in the middle of @bytes, which keep their number. */
GBytes *cup_service_damage (GBytes * bytes);

G_END_DECLS
