/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the element tells the application on the bus.
 *
 * To be called without any lock: the bus may call the application's handler.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Posts @error (not taken) as an element error of the domain and code that fit
 * it. The details structure "creativeupscaler-error" has what is known of
 * `engine` (string), `stage` (string), `http-status` (uint), `request-id`
 * (string), `error-type` (string), `pts` (guint64, ns). @engine may be NULL,
 * @pts GST_CLOCK_TIME_NONE. */
void cup_report_error (GstElement * element, const GError * error,
    const gchar * engine, GstClockTime pts);

/* Says which engine was chosen, and why. */
void cup_report_choice (GstElement * element, const gchar * engine,
    const gchar * reason);

/* Warns that @engine cannot honour the fields of @mask (CUP_FIELD_BIT). */
void cup_report_not_honoured (GstElement * element, const gchar * engine,
    guint64 mask);

/* Routes the log of the layers below into the element's debug category. */
void cup_report_init_log (void);

G_END_DECLS
