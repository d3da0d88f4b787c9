/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the element tells the application on the bus.
 *
 * To be called without any lock: the bus may call the application's handler.
 */
#pragma once

#include <gst/gst.h>

#include "image/light.h"

G_BEGIN_DECLS

/* Sets what is known of `stage` (string), `http-status` (uint), `request-id`
 * (string), `error-type` (string), `url` (string: where the service keeps the
 * picture) and `maybe-accepted` (TRUE: the service may
 * have accepted the request, and charge for it). */
void cup_report_fill_details (GstStructure * structure, const GError * error);

/* Posts @error (not taken) as an element error of the domain and code that fit
 * it. The details structure "creativeupscaler-error" has what is known of
 * `engine` (string), `pts` (guint64, ns), and the above. @engine may be NULL,
 * @pts GST_CLOCK_TIME_NONE. */
void cup_report_error (GstElement * element, const GError * error,
    const gchar * engine, GstClockTime pts);

/* The same as a warning, where the stream goes on: @fate says what becomes of
 * the frame, "left out" or "passed through", and stands in the details, too. */
void cup_report_failure (GstElement * element, const GError * error,
    const gchar * engine, GstClockTime pts, const gchar * fate);

/* Warns that @error, which is of the budget, keeps the frame at @pts and those
 * behind it from being submitted. As above. */
void cup_report_refusal (GstElement * element, const GError * error,
    const gchar * engine, GstClockTime pts, const gchar * fate);

/* Warns that max-cost limits nothing. */
void cup_report_no_price (GstElement * element);

/* For people: what was spent, saved, or would have been spent. */
void cup_report_spending (GstElement * element, const gchar * text);

/* Says which engine was chosen, and why. */
void cup_report_choice (GstElement * element, const gchar * engine,
    const gchar * reason);

/* Warns that @engine cannot honour the fields of @mask (CUP_FIELD_BIT). */
void cup_report_not_honoured (GstElement * element, const gchar * engine,
    guint64 mask);

/* Warns that members of extra-input cannot be sent. */
void cup_report_extra_ignored (GstElement * element, const gchar * members);
/* Posts the warning that @property was set while the element is started. */
void cup_report_late_setting (GstElement * element, const gchar * property);
/* Posts the error that the src pad's task cannot be started. */
void cup_report_no_task (GstElement * element);
/* @properties: names, separated by commas, of properties that were set to text
 * that is not UTF-8. */
void cup_report_refused_text (GstElement * element, const gchar * properties);

/* Warns that frames had transparent pixels, and results of @engine have no
 * alpha. */
void cup_report_lost_alpha (GstElement * element, const gchar * engine);

/* Warns that pictures have a colour profile, which raw video cannot have. */
void cup_report_profile (GstElement * element, GBytes * profile);
/* The same of pictures that leave as @mime, with other channels than those that
 * the profile is for. */
void cup_report_misfit (GstElement * element, GBytes * profile,
    const gchar * mime);
/* Warns that pictures have a colour profile, or are to be shown turned, and
 * results of @engine do not say so. */
void cup_report_lost_profile (GstElement * element, GBytes * profile,
    const gchar * engine);
void cup_report_lost_orientation (GstElement * element, guint orientation,
    const gchar * engine);

/* Warns that frames of @caps have neither times nor a framerate, and says what to
 * add. */
void cup_report_untimed (GstElement * element, GstCaps * caps);

/* Warns that pictures say @light, which @output (what leaves) cannot carry, or which
 * results of @engine do not say. */
void cup_report_light (GstElement * element, const CupImageLight * light,
    const gchar * output);
void cup_report_lost_light (GstElement * element, const CupImageLight * light,
    const gchar * engine);
/* The same of the density of pixels (dots per inch, or how wide they are). */
void cup_report_density (GstElement * element, const gchar * output);
void cup_report_lost_density (GstElement * element, const gchar * engine);

/* Warns that pictures are left out which a parser has cut off photos. */
void cup_report_part (GstElement * element);

/* Warns that a file (@what: "picture" or "result") has @flaw, and was used. */
void cup_report_flaw (GstElement * element, const gchar * what,
    const gchar * flaw);

/* Warns that the colours of pictures which only the service fetches are not
 * known, so that color-match does nothing to their results. */
void cup_report_unmatched (GstElement * element);

/* The result of the frame at @pts, which may be GST_CLOCK_TIME_NONE, is one
 * that a safety checker has taken away: as an error, or as a warning that says
 * what becomes of it, "passed on" or "left out". */
GError *cup_report_make_unsafe_error (const gchar * request_id);
void cup_report_unsafe (GstElement * element, const gchar * request_id,
    GstClockTime pts, const gchar * fate);

/**
 * CupTimes:
 * @running_time: of the frame, GST_CLOCK_TIME_NONE where it is not known
 * @stream_time: likewise
 * @pts: likewise
 * @duration: likewise
 */
typedef struct
{
  GstClockTime running_time;
  GstClockTime stream_time;
  GstClockTime pts;
  GstClockTime duration;
} CupTimes;

/* A frame was left out for reasons of time: a QoS message, of a @live stream or
 * another. @jitter: by how much it is late, as far as that is known. */
void cup_report_qos (GstElement * element, const CupTimes * times,
    gboolean live, GstClockTimeDiff jitter);

/* Warns that the frame at @pts left later than was promised to the pipeline, or
 * could not leave in time (@fate: "left late", "left out", "passed through").
 * The details structure "creativeupscaler-latency" has `latency`, what was
 * promised, and `observed-latency`, both guint64, in ns. */
void cup_report_latency (GstElement * element, GstClockTime pts,
    GstClockTime promised, GstClockTime observed, const gchar * fate);

/* A warning that is of no frame in particular. */
void cup_report_warning (GstElement * element, const GError * error);

/* Answers the signal `drain`: all that was under way then has left. */
void cup_report_drained (GstElement * element);

/* Routes the log of the layers below into the element's debug category. */
void cup_report_init_log (void);

G_END_DECLS
