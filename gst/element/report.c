/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include "base/error.h"
#include "base/log.h"
#include "gstcreativeupscaler.h"

static void
map_error (const GError * error, GQuark * domain, gint * code)
{
  *domain = GST_RESOURCE_ERROR;
  *code = GST_RESOURCE_ERROR_FAILED;
  if (error->domain != CUP_ERROR)
    return;

  switch ((CupErrorCode) error->code) {
    case CUP_ERROR_NOT_AUTHORIZED:
      *code = GST_RESOURCE_ERROR_NOT_AUTHORIZED;
      break;
    case CUP_ERROR_NOT_FOUND:
      *code = GST_RESOURCE_ERROR_NOT_FOUND;
      break;
    case CUP_ERROR_BAD_INPUT:
      *code = GST_RESOURCE_ERROR_SETTINGS;
      break;
    case CUP_ERROR_SETTINGS:
      *domain = GST_LIBRARY_ERROR;
      *code = GST_LIBRARY_ERROR_SETTINGS;
      break;
    case CUP_ERROR_BAD_DATA:
      *domain = GST_STREAM_ERROR;
      *code = GST_STREAM_ERROR_DECODE;
      break;
    case CUP_ERROR_TOO_LARGE:
    case CUP_ERROR_UNSUPPORTED:
      *domain = GST_STREAM_ERROR;
      *code = GST_STREAM_ERROR_WRONG_TYPE;
      break;
    case CUP_ERROR_NETWORK:
    case CUP_ERROR_CERTIFICATE:
      *code = GST_RESOURCE_ERROR_OPEN_READ_WRITE;
      break;
    case CUP_ERROR_TIMEOUT:
      *code = GST_RESOURCE_ERROR_READ;
      break;
    case CUP_ERROR_NO_SPACE:
      *code = GST_RESOURCE_ERROR_NO_SPACE_LEFT;
      break;
    case CUP_ERROR_BUDGET:
      *code = GST_RESOURCE_ERROR_NOT_AUTHORIZED;
      break;
    case CUP_ERROR_READ_ONLY:
      *code = GST_RESOURCE_ERROR_OPEN_WRITE;
      break;
    case CUP_ERROR_SERVICE:
    case CUP_ERROR_FAILED:
    case CUP_ERROR_NO_THREAD:
      break;
  }
}

void
cup_report_fill_details (GstStructure * structure, const GError * error)
{
  const CupErrorDetails *known = cup_error_get_details (error);

  if (!known)
    return;
  if (known->stage)
    gst_structure_set (structure, "stage", G_TYPE_STRING, known->stage, NULL);
  if (known->http_status)
    gst_structure_set (structure, "http-status", G_TYPE_UINT,
        known->http_status, NULL);
  if (known->request_id)
    gst_structure_set (structure, "request-id", G_TYPE_STRING,
        known->request_id, NULL);
  if (known->error_type)
    gst_structure_set (structure, "error-type", G_TYPE_STRING,
        known->error_type, NULL);
  if (known->url)
    gst_structure_set (structure, "url", G_TYPE_STRING, known->url, NULL);
  if (known->maybe_accepted)
    gst_structure_set (structure, "maybe-accepted", G_TYPE_BOOLEAN, TRUE, NULL);
}

/* Takes @text. */
static void
post_error (GstElement * element, GstMessageType type, const GError * error,
    gchar * text, const gchar * engine, GstClockTime pts, const gchar * fate)
{
  GstStructure *details = gst_structure_new_empty ("creativeupscaler-error");
  GQuark domain;
  gint code;
  gchar *debug, *known;

  map_error (error, &domain, &code);
  if (engine)
    gst_structure_set (details, "engine", G_TYPE_STRING, engine, NULL);
  if (GST_CLOCK_TIME_IS_VALID (pts))
    gst_structure_set (details, "pts", G_TYPE_UINT64, pts, NULL);
  if (fate)
    gst_structure_set (details, "fate", G_TYPE_STRING, fate, NULL);
  cup_report_fill_details (details, error);

  known = gst_structure_to_string (details);
  debug = GST_CLOCK_TIME_IS_VALID (pts) ?
      g_strdup_printf ("frame at %" GST_TIME_FORMAT ": %s",
      GST_TIME_ARGS (pts), known) : g_strdup (known);
  g_free (known);
  gst_element_message_full_with_details (element, type, domain, code, text,
      debug, __FILE__, GST_FUNCTION, __LINE__, details);
}

void
cup_report_error (GstElement * element, const GError * error,
    const gchar * engine, GstClockTime pts)
{
  post_error (element, GST_MESSAGE_ERROR, error, g_strdup (error->message),
      engine, pts, NULL);
}

void
cup_report_warning (GstElement * element, const GError * error)
{
  post_error (element, GST_MESSAGE_WARNING, error, g_strdup (error->message),
      NULL, GST_CLOCK_TIME_NONE, NULL);
}

static gchar *
describe_frame (GstClockTime pts)
{
  return GST_CLOCK_TIME_IS_VALID (pts) ?
      g_strdup_printf ("the frame at %" GST_TIME_FORMAT, GST_TIME_ARGS (pts)) :
      g_strdup ("a frame");
}

void
cup_report_failure (GstElement * element, const GError * error,
    const gchar * engine, GstClockTime pts, const gchar * fate)
{
  gchar *frame = describe_frame (pts);

  post_error (element, GST_MESSAGE_WARNING, error,
      g_strdup_printf ("%s is %s, since it failed: %s", frame, fate,
          error->message), engine, pts, fate);
  g_free (frame);
}

void
cup_report_refusal (GstElement * element, const GError * error,
    const gchar * engine, GstClockTime pts, const gchar * fate)
{
  gchar *frame = describe_frame (pts);

  post_error (element, GST_MESSAGE_WARNING, error,
      g_strdup_printf ("%s is %s, and so are those to come that would have to "
          "be submitted: %s", frame, fate, error->message), engine, pts, fate);
  g_free (frame);
}

void
cup_report_no_price (GstElement * element)
{
  GST_ELEMENT_WARNING (element, LIBRARY, SETTINGS,
      ("max-cost limits nothing, since no price is known: set "
          "price-per-megapixel or price-per-second, or use max-requests"),
      (NULL));
}

void
cup_report_spending (GstElement * element, const gchar * text)
{
  /* In both texts: gst-launch-1.0 prints only the second. */
  GST_ELEMENT_INFO (element, LIBRARY, SETTINGS, ("%s", text), ("%s", text));
}

void
cup_report_choice (GstElement * element, const gchar * engine,
    const gchar * reason)
{
  /* In both texts: gst-launch-1.0 prints only the second. */
  GST_ELEMENT_INFO (element, LIBRARY, SETTINGS,
      ("Using the %s engine: %s", engine, reason),
      ("using the %s engine: %s", engine, reason));
}

void
cup_report_not_honoured (GstElement * element, const gchar * engine,
    guint64 mask)
{
  GString *names = g_string_new (NULL);
  guint id;

  for (id = 0; id < CUP_N_FIELDS; id++) {
    if (mask & CUP_FIELD_BIT (id))
      g_string_append_printf (names, "%s%s", names->len ? ", " : "",
          cup_field_get (id)->property);
  }
  GST_ELEMENT_WARNING (element, LIBRARY, SETTINGS,
      ("The %s engine cannot honour %s: the frames are upscaled without",
          engine, names->str), (NULL));
  g_string_free (names, TRUE);
}

void
cup_report_extra_ignored (GstElement * element, const gchar * members)
{
  GST_ELEMENT_WARNING (element, LIBRARY, SETTINGS,
      ("extra-input: JSON cannot hold %s: left out", members), (NULL));
}

void
cup_report_late_setting (GstElement * element, const gchar * property)
{
  GST_ELEMENT_WARNING (element, LIBRARY, SETTINGS,
      ("%s was set while the element is running, and holds from its next start "
          "on: set it in NULL or READY", property), (NULL));
}

void
cup_report_no_task (GstElement * element)
{
  GST_ELEMENT_ERROR (element, RESOURCE, FAILED,
      ("The system gives no thread for the element's output: look at its limits "
          "of processes and of memory (ulimit -u -v, or those of the container)"),
      (NULL));
}

void
cup_report_refused_text (GstElement * element, const gchar * properties)
{
  GST_ELEMENT_WARNING (element, LIBRARY, SETTINGS,
      ("%s: the text is not UTF-8 and was refused: the earlier value stays; "
          "convert the text to UTF-8 (iconv)", properties), (NULL));
}

void
cup_report_lost_alpha (GstElement * element, const gchar * engine)
{
  GST_ELEMENT_WARNING (element, STREAM, FORMAT,
      ("The frames have transparent pixels, and the results of the %s engine "
          "have no alpha: the transparency is lost; use engine=local, or fill "
          "it in front, for example with a compositor", engine), (NULL));
}

/* The name of a profile between quotes; free with g_free(). */
static gchar *
name_profile (GBytes * profile)
{
  gchar *description = cup_icc_describe (profile);
  gchar *name = description ? g_strdup_printf ("\"%s\"", description) :
      g_strdup ("without a name");

  g_free (description);
  return name;
}

void
cup_report_profile (GstElement * element, GBytes * profile)
{
  gchar *name = name_profile (profile);

  GST_ELEMENT_WARNING (element, STREAM, FORMAT,
      ("The pictures have the color profile %s, which raw video cannot carry: "
          "their samples leave as they are, and will be taken for sRGB; "
          "convert the pictures to sRGB in front, or have downstream take "
          "image/png, image/jpeg or image/webp, which keep the profile", name),
      (NULL));
  g_free (name);
}

void
cup_report_misfit (GstElement * element, GBytes * profile, const gchar * mime)
{
  gchar *name = name_profile (profile);

  GST_ELEMENT_WARNING (element, STREAM, FORMAT,
      ("The color profile %s of the pictures is left out, since it is not for "
          "the color channels of the %s that leaves: the samples will be "
          "taken for sRGB; convert the pictures to sRGB in front", name, mime),
      (NULL));
  g_free (name);
}

void
cup_report_lost_profile (GstElement * element, GBytes * profile,
    const gchar * engine)
{
  gchar *name = name_profile (profile);

  GST_ELEMENT_WARNING (element, STREAM, FORMAT,
      ("The pictures have the color profile %s, and the results of the %s "
          "engine have none: whether the service has converted the colors, "
          "or has only dropped the profile, is not known here; send pictures "
          "that were converted to sRGB", name, engine), (NULL));
  g_free (name);
}

void
cup_report_lost_orientation (GstElement * element, guint orientation,
    const gchar * engine)
{
  GST_ELEMENT_WARNING (element, STREAM, FORMAT,
      ("The pictures are to be shown turned (EXIF orientation %u), and the "
          "results of the %s engine do not say so: whether the service has "
          "turned them is not known here; look at a result, and turn the "
          "pictures before they are sent where it has not", orientation,
          engine), (NULL));
}

void
cup_report_untimed (GstElement * element, GstCaps * caps)
{
  const gchar *type = gst_structure_get_name (gst_caps_get_structure (caps, 0));

  GST_ELEMENT_WARNING (element, STREAM, FORMAT,
      ("The frames have no times, and their caps no framerate: muxers and most "
          "encoders of video cannot use what comes of them. Add a framerate in "
          "front, for example multifilesrc caps=%s,framerate=25/1; pictures in "
          "files of their own need none",
          g_str_equal (type, "video/x-raw") ? "image/png" : type), (NULL));
}

void
cup_report_light (GstElement * element, const CupImageLight * light,
    const gchar * output)
{
  gchar *words = cup_image_light_describe (light);

  GST_ELEMENT_WARNING (element, STREAM, FORMAT,
      ("The pictures say of their colors: %s, which the %s that leaves does not "
          "carry: their samples leave as they are, and will be taken for sRGB; "
          "convert the pictures to sRGB in front, or have downstream take "
          "image/png, which keeps it", words, output), (NULL));
  g_free (words);
}

void
cup_report_lost_light (GstElement * element, const CupImageLight * light,
    const gchar * engine)
{
  gchar *words = cup_image_light_describe (light);

  GST_ELEMENT_WARNING (element, STREAM, FORMAT,
      ("The pictures say of their colors: %s, and the results of the %s engine "
          "do not: whether the service has converted the colors is not known "
          "here; send pictures that were converted to sRGB", words, engine),
      (NULL));
  g_free (words);
}

void
cup_report_density (GstElement * element, const gchar * output)
{
  GST_ELEMENT_WARNING (element, STREAM, FORMAT,
      ("The pictures say how large or how wide their pixels are (dots per inch), "
          "which the %s that leaves does not carry; have downstream take "
          "image/png or image/jpeg where that matters", output), (NULL));
}

void
cup_report_lost_density (GstElement * element, const gchar * engine)
{
  GST_ELEMENT_WARNING (element, STREAM, FORMAT,
      ("The pictures say how large or how wide their pixels are (dots per inch), "
          "and the results of the %s engine do not; set it anew in the results "
          "where that matters", engine), (NULL));
}

void
cup_report_part (GstElement * element)
{
  GST_ELEMENT_WARNING (element, STREAM, FORMAT,
      ("Photos come in several pieces: the pictures behind the first one of a "
          "file (smaller views, gain maps) are left out, as they are parts of it. "
          "To keep a file whole, leave jpegparse out, and have each buffer be a "
          "file (multifilesrc caps=image/jpeg)"), (NULL));
}

void
cup_report_flaw (GstElement * element, const gchar * what, const gchar * flaw)
{
  GST_ELEMENT_WARNING (element, STREAM, DECODE,
      ("The file of a %s is not as it should be (%s), but all of its pixels are "
          "there: the %s is used; look at it where that matters", what, flaw,
          what), (NULL));
}

void
cup_report_unmatched (GstElement * element)
{
  GST_ELEMENT_WARNING (element, LIBRARY, SETTINGS,
      ("color-match does nothing to the results of http and https URIs: only "
          "the service sees those pictures, and their colors are not known "
          "here; fetch the pictures in the pipeline (souphttpsrc), or name "
          "files by file://"), (NULL));
}

#define UNSAFE_TEXT "the service's safety checker took the result away: it is " \
    "all black, and the frame was not"
#define UNSAFE_ADVICE "enable-safety-checks=false turns the checker off where " \
    "the service allows it; on-unsafe says what becomes of such frames"

GError *
cup_report_make_unsafe_error (const gchar * request_id)
{
  GError *error = g_error_new (CUP_ERROR, CUP_ERROR_SERVICE,
      UNSAFE_TEXT " (request %s); " UNSAFE_ADVICE,
      request_id ? request_id : "unknown");
  CupErrorDetails *details = cup_error_edit_details (error);

  details->request_id = g_strdup (request_id);
  details->stage = "result";
  return error;
}

void
cup_report_unsafe (GstElement * element, const gchar * request_id,
    GstClockTime pts, const gchar * fate)
{
  gchar *frame = describe_frame (pts);

  GST_ELEMENT_WARNING (element, RESOURCE, FAILED,
      ("%s is %s, though " UNSAFE_TEXT " (request %s); " UNSAFE_ADVICE,
          frame, fate, request_id ? request_id : "unknown"), (NULL));
  g_free (frame);
}

void
cup_report_qos (GstElement * element, const CupTimes * times, gboolean live,
    GstClockTimeDiff jitter)
{
  GstMessage *message = gst_message_new_qos (GST_OBJECT (element), live,
      times->running_time, times->stream_time, times->pts, times->duration);

  gst_message_set_qos_values (message, jitter, 1.0, 1000000);
  gst_element_post_message (element, message);
}

void
cup_report_latency (GstElement * element, GstClockTime pts,
    GstClockTime promised, GstClockTime observed, const gchar * fate)
{
  gchar *frame = describe_frame (pts);
  GstStructure *details = gst_structure_new ("creativeupscaler-latency",
      "latency", G_TYPE_UINT64, promised,
      "observed-latency", G_TYPE_UINT64, observed,
      "fate", G_TYPE_STRING, fate, NULL);
  gchar *text;

  if (GST_CLOCK_TIME_IS_VALID (pts))
    gst_structure_set (details, "pts", G_TYPE_UINT64, pts, NULL);
  text = g_strdup_printf ("%s is %s: it has taken %.3f s so far, and latency "
      "allows for %.3f s. Raise latency, and max-in-flight to the frames that "
      "come meanwhile; late says what becomes of such frames", frame, fate,
      (gdouble) observed / GST_SECOND, (gdouble) promised / GST_SECOND);
  gst_element_message_full_with_details (element, GST_MESSAGE_WARNING,
      GST_CORE_ERROR, GST_CORE_ERROR_CLOCK, text, g_strdup (text), __FILE__,
      GST_FUNCTION, __LINE__, details);
  g_free (frame);
}

void
cup_report_drained (GstElement * element)
{
  gst_element_post_message (element,
      gst_message_new_element (GST_OBJECT (element),
          gst_structure_new_empty ("creativeupscaler-drained")));
}

/* Logging of the layers below */

static GstDebugLevel
to_gst_level (CupLogLevel level)
{
  switch (level) {
    case CUP_LOG_ERROR:
      return GST_LEVEL_ERROR;
    case CUP_LOG_WARNING:
      return GST_LEVEL_WARNING;
    case CUP_LOG_INFO:
      return GST_LEVEL_INFO;
    case CUP_LOG_DEBUG:
      return GST_LEVEL_DEBUG;
    case CUP_LOG_TRACE:
      break;
  }
  return GST_LEVEL_TRACE;
}

static gboolean
log_is_enabled (CupLogLevel level)
{
  return to_gst_level (level) <=
      gst_debug_category_get_threshold (GST_CAT_DEFAULT);
}

static void
log_write (CupLogLevel level, const gchar * file, const gchar * function,
    gint line, const gchar * text)
{
  gst_debug_log (GST_CAT_DEFAULT, to_gst_level (level), file, function, line,
      NULL, "%s", text);
}

void
cup_report_init_log (void)
{
  cup_log_set_writer (log_is_enabled, log_write);
}
