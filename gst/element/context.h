/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How elements of one process find the network that they share: a GstContext
 * that goes the ways that GStreamer has for that (elements beside this one, the
 * bins and the application above it). It holds one object that tells nothing
 * about itself; keys are not in it.
 */
#pragma once

#include <gst/gst.h>

#include "engine/fal/network.h"

G_BEGIN_DECLS

/* The type of the context, and the field of its structure. */
#define CUP_CONTEXT_TYPE "gst.creativeupscaler.Network"
#define CUP_CONTEXT_FIELD "network"

/* The network that @element was given, that of an element around it, or a new
 * one, of which the bins above are told. (transfer full) In a state change,
 * without a lock: it asks neighbours, and posts messages. */
CupFalNetwork *cup_context_find_network (GstElement * element);
/* Answers a CONTEXT query on whichever pad. FALSE where it is not for this type,
 * or there is nothing to answer. */
gboolean cup_context_answer (GstElement * element, GstQuery * query);

G_END_DECLS
