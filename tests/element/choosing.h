/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the tests of frames that are chosen, or are the same, have in common: how
 * a frame left, and what it cost.
 */
#pragma once

#include "fixture.h"

G_BEGIN_DECLS

typedef enum
{
  SENT,                         /* with its own result */
  REUSED,                       /* with that of a frame before it */
  PASSED,                       /* itself, resized */
} Kind;

void set_enum (Fixture * f, const gchar * property, const gchar * value);
void set_time (GstBuffer * buffer, guint n);
void push_eos (Fixture * f);

/* Of the buffer's GstCreativeUpscalerMeta, which it has to have. */
const GstStructure *get_meta (GstBuffer * buffer);
gboolean get_boolean (GstBuffer * buffer, const gchar * name);

/* Pulls the frame @n, whose times are those of the @n-th, and which has to have
 * left as @kind. */
GstBuffer *pull_kind (Fixture * f, guint n, Kind kind);

/* How many frames had jobs, which have ended. (Equal ones may have shared what
 * the engine was asked for.) */
void assert_sent (Fixture * f, guint expected);
void assert_stat (Fixture * f, const gchar * name, guint64 expected);

G_END_DECLS
