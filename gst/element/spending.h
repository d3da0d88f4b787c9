/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The budget as the element has it: what its properties allow, and what the
 * application is told of it. docs/messages.md has the messages, which are an
 * interface.
 */
#pragma once

#include "gstcreativeupscaler.h"

G_BEGIN_DECLS

/* With the object lock: the limits and prices of the properties hold from now
 * on. Those of an engine without a service are 0. */
void cup_spending_update (GstCreativeUpscaler * self);

/* Streaming thread: warns once where max-cost is set, and no price. */
void cup_spending_check_price (GstCreativeUpscaler * self);

/* The src task, or who has stopped it: */

/* @result leaves once more, for a frame that is the same. */
void cup_spending_save (GstCreativeUpscaler * self, const CupResult * result);

/* A frame was refused by the budget: tells the application that the limit of
 * @error is reached, once each. */
void cup_spending_tell_limit (GstCreativeUpscaler * self, const GError * error);
/* The same, and warns once of what becomes of such frames (@fate: "left out" or
 * "passed through"). Of a dry run it says nothing: such frames are its purpose.
 */
void cup_spending_tell_refusal (GstCreativeUpscaler * self,
    const GError * error, GstClockTime pts, const gchar * fate);

/* Tells the sum so far, where there is anything to tell. @reason: "eos", or
 * "stop" for what is new since. */
void cup_spending_tell_sum (GstCreativeUpscaler * self, const gchar * reason);

G_END_DECLS
