/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the tests of the budget have in common: an element whose engine has a
 * service, and all that it has told.
 */
#pragma once

#include "choosing.h"
#include "fixture.h"

G_BEGIN_DECLS

/* Of a result of a frame, and what one costs where the price of a megapixel is
 * PRICE. */
#define MEGAPIXELS (4 * FRAME_WIDTH * FRAME_HEIGHT * 1e-6)
#define PRICE (1 / MEGAPIXELS)

/* As fixture_new_idle(), with 16 frames in flight, and an engine that says what
 * services say (CupDummyPlan.hosted). There is one at a time. */
Fixture *budgeting_new (void);
void budgeting_free (Fixture * f);

/* As fixture_make_frame(), with the times of the @time-th frame. */
GstBuffer *make_frame_at (guint8 key, guint8 time);
/* Pushes a frame, and waits until it has come to that: see wait_job(). */
void push_and_wait (Fixture * f, guint8 key, const gchar * state);

/* Waits for the next creativeupscaler-job message with @state, past others.
 * What goes by is kept for find_message(), and so is what collect() finds. */
const GstStructure *wait_job (Fixture * f, const gchar * state);
void collect (Fixture * f);
/* Waits for the next message, whatever it is. */
void collect_one (Fixture * f);

/* The @nth message of @type and, of an element message, @name, or NULL. */
GstMessage *find_message (GstMessageType type, const gchar * name, guint nth);
/* The structure of the @nth creativeupscaler-budget, or NULL. */
const GstStructure *find_budget (guint nth);
/* The @nth error, warning or info says all of @parts, with "|" between. */
void assert_text (GstMessageType type, guint nth, const gchar * parts);

/* @expected: "name=number …". */
void assert_fields (const GstStructure * structure, const gchar * expected);
/* The same of `stats`. */
void assert_stats (Fixture * f, const gchar * expected);
void assert_string (const GstStructure * structure, const gchar * name,
    const gchar * expected);
gboolean get_flag (const GstStructure * structure, const gchar * name);

G_END_DECLS
