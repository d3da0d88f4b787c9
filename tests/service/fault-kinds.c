/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of faults. A fault that is only an answer is one row here; others
 * have an id as well, which misbehave.c or a handler looks for.
 */
#include "fault-kinds.h"

#define INITIATE CUP_FAL_STAGE_BIT (CUP_FAL_STAGE_INITIATE)
#define PUT CUP_FAL_STAGE_BIT (CUP_FAL_STAGE_PUT)
#define SUBMIT CUP_FAL_STAGE_BIT (CUP_FAL_STAGE_SUBMIT)
#define STATUS CUP_FAL_STAGE_BIT (CUP_FAL_STAGE_STATUS)
#define STREAM CUP_FAL_STAGE_BIT (CUP_FAL_STAGE_STREAM)
#define RESULT CUP_FAL_STAGE_BIT (CUP_FAL_STAGE_RESULT)
#define DOWNLOAD CUP_FAL_STAGE_BIT (CUP_FAL_STAGE_DOWNLOAD)
#define CANCEL CUP_FAL_STAGE_BIT (CUP_FAL_STAGE_CANCEL)
#define FILES (PUT | DOWNLOAD)
#define API (INITIATE | SUBMIT | STATUS | STREAM | RESULT | CANCEL)
#define ALL (API | FILES)

#define JSON "application/json"
#define HTML "text/html"
#define XML "application/xml"

#define NGINX(what) "<html>\r\n<head><title>" what "</title></head>\r\n" \
    "<body>\r\n<center><h1>" what "</h1></center>\r\n" \
    "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"

#define DETAIL(loc, msg, type, more) "{\"detail\":[{\"loc\":[" loc "]," \
    "\"msg\":\"" msg "\",\"type\":\"" type "\"," \
    "\"url\":\"https://docs.fal.ai/errors/#" type "\"" more "}]}"

/* The kinds of rows: an answer of the service, or of a proxy in front of it;
 * connections, handlers and jobs that are told what to do by an id; and jobs
 * that fail. */
#define ANSWER(name_, stages_, status_, type_, body_, headers_, error_, \
      blurb_) \
  { .name = name_, .stages = stages_, .status = status_, .type = type_, \
    .body = body_, .headers = headers_, .error_type = error_, \
    .when = CUP_SERVICE_FAULT_ANSWER, .blurb = blurb_ }
#define PROXY(name_, stages_, status_, body_, blurb_) \
  { .name = name_, .stages = stages_, .status = status_, .type = HTML, \
    .body = body_, .no_id = TRUE, .when = CUP_SERVICE_FAULT_ANSWER, \
    .blurb = blurb_ }
#define ODD(name_, stages_, when_, id_, blurb_) \
  { .name = name_, .stages = stages_, .when = CUP_SERVICE_FAULT_ ## when_, \
    .id = CUP_SERVICE_FAULT_ ## id_, .blurb = blurb_ }
#define CONNECTION(name_, stages_, id_, blurb_) \
  ODD (name_, stages_, CONNECTION, id_, blurb_)
#define CONNECTION_AFTER(name_, stages_, id_, blurb_) \
  ODD (name_, stages_, CONNECTION_AFTER, id_, blurb_)
#define CONTENT(name_, stages_, id_, blurb_) \
  ODD (name_, stages_, CONTENT, id_, blurb_)
#define JOB(name_, id_, blurb_) ODD (name_, RESULT, JOB, id_, blurb_)
#define FAILURE(name_, status_, body_, headers_, error_, blurb_) \
  { .name = name_, .stages = RESULT, .status = status_, .type = JSON, \
    .body = body_, .headers = headers_, .error_type = error_, \
    .when = CUP_SERVICE_FAULT_JOB, .blurb = blurb_ }

static const CupServiceFaultKind kinds[] = {
  /* Refusals. */
  ANSWER ("401", API, 401, JSON,
      "{\"detail\":\"No user found for Key ID and Secret\"}", NULL, NULL,
      "the key is not known"),
  ANSWER ("403", API, 403, JSON,
      "{\"detail\":\"User is locked. Reason: Exhausted balance. "
      "Top up your balance at fal.ai/dashboard/billing.\"}",
      NULL, NULL, "the account is locked"),
  ANSWER ("403", FILES, 403, XML,
      "<?xml version='1.0' encoding='UTF-8'?><Error><Code>"
      "AccessDenied</Code><Message>Access denied.</Message></Error>",
      NULL, NULL, "the URL has expired"),
  ANSWER ("404", STATUS | STREAM | CANCEL, 404, JSON,
      "{\"status\":\"NOT_FOUND\"}", NULL, NULL, "the request is not known"),
  ANSWER ("404", RESULT, 404, JSON, "{\"detail\":\"Request not found\"}",
      NULL, NULL, "the request is not known"),
  ANSWER ("404", SUBMIT | INITIATE, 404, JSON,
      "{\"detail\":\"Application not found\"}", NULL, NULL,
      "there is no such application"),
  ANSWER ("404", FILES, 404, "text/plain", "Not Found", NULL, NULL,
      "the file is gone"),
  ANSWER ("408", ALL, 408, "text/plain", "Request Timeout", NULL, NULL,
      "a proxy gave up on the request"),
  ANSWER ("422", API, 422, JSON,
      DETAIL ("\"body\",\"image_url\"", "Failed to load the image",
          "image_load_error", ""),
      NULL, NULL, "invalid input, in the list form"),
  ANSWER ("429", API, 429, JSON,
      "{\"detail\":\"Too many concurrent requests\"}",
      "Retry-After: 1\nX-Fal-Needs-Retry: 1", "concurrent_requests_limit",
      "too many requests"),
  ANSWER ("429", FILES, 429, "text/plain", "Too Many Requests",
      "Retry-After: 1", NULL, "too many requests"),

  /* Failures of the service, or of what is in front of it. */
  ANSWER ("500", API, 500, JSON, "{\"detail\":\"Internal Server Error\"}",
      NULL, NULL, "failure"),
  ANSWER ("500", FILES, 500, "text/plain", "Internal Server Error", NULL,
      NULL, "failure"),
  PROXY ("502", ALL, 502, NGINX ("502 Bad Gateway"),
      "HTML of a proxy, without a request id"),
  PROXY ("503", ALL, 503, NGINX ("503 Service Temporarily Unavailable"),
      "HTML of a proxy, without a request id"),
  ANSWER ("503fal", API, 503, JSON,
      "{\"detail\":\"Runner could not be scheduled\","
      "\"error_type\":\"runner_scheduling_failure\"}",
      "X-Fal-Needs-Retry: 1", "runner_scheduling_failure",
      "the service's own, with a request id"),
  PROXY ("504", ALL, 504, NGINX ("504 Gateway Time-out"),
      "HTML of a proxy, without a request id"),
  ANSWER ("504fal", API, 504, JSON,
      "{\"detail\":\"Request timed out\","
      "\"error_type\":\"request_timeout\"}",
      NULL, "request_timeout", "the service's own, with a request id"),
  ANSWER ("504user", SUBMIT | RESULT, 504, JSON,
      "{\"detail\":\"Request timed out\","
      "\"error_type\":\"request_timeout\"}",
      "X-Fal-Request-Timeout-Type: user", "request_timeout",
      "the client's own start deadline has passed"),

  /* Answers that make no sense. */
  ANSWER ("garbage", API, 200, JSON, "{\"status\": \"COMPL", NULL, NULL,
      "JSON that is broken"),
  ANSWER ("garbage", DOWNLOAD, 200, "image/png",
      "\x01\x02\x03 this is no picture", NULL, NULL,
      "bytes that are no picture"),
  ANSWER ("html", ALL, 200, HTML,
      "<!DOCTYPE html><html><body>Welcome to the hotel's network. "
      "Please log in.</body></html>",
      NULL, NULL, "200 with a page of HTML"),
  ANSWER ("blank", ALL, 200, JSON, "", NULL, NULL, "200 with nothing in it"),
  ANSWER ("shape", API, 200, JSON,
      "[{\"status\":7,\"request_id\":null,\"upload_url\":[]}]", NULL, NULL,
      "JSON of another shape"),
  ANSWER ("types", API, 200, JSON,
      "{\"status\":7,\"request_id\":{},\"status_url\":[],"
      "\"upload_url\":1,\"file_url\":false,\"image\":\"x\",\"seed\":[]}",
      NULL, NULL, "the right names with values of other types"),
  CONTENT ("deep", API, DEEP, "JSON that is nested 100000 levels deep"),

  /* Connections. */
  CONNECTION ("stall", ALL, STALL,
      "never answers, and has not done anything"),
  CONNECTION_AFTER ("stall-after", ALL & ~STREAM, STALL,
      "never answers, but has done what was asked"),
  CONNECTION ("reset", ALL, RESET,
      "resets the connection, and has not done anything"),
  CONNECTION_AFTER ("reset-after", ALL & ~STREAM, RESET,
      "resets the connection, but has done what was asked"),
  CONNECTION_AFTER ("truncate", ALL & ~STREAM, TRUNCATE,
      "closes after half of the body"),
  CONNECTION ("oversize", ALL, OVERSIZE, "a body that never ends"),
  CONNECTION_AFTER ("slow", ALL & ~STREAM, SLOW,
      "the body trickles in, over FOR milliseconds (5000)"),
  CONNECTION_AFTER ("late", ALL & ~STREAM, LATE,
      "the answer comes FOR milliseconds late (5000)"),
  CONNECTION_AFTER ("wrong-type", ALL & ~STREAM, WRONG_TYPE,
      "a Content-Type that is not what the body is"),
  CONTENT ("redirect", ALL, REDIRECT,
      "307 to the same path of the other origin"),

  /* Odd answers. */
  CONTENT ("bad-url", INITIATE, BAD_URL, "URLs that are not HTTP"),
  CONTENT ("foreign-urls", SUBMIT, FOREIGN_URLS,
      "status_url and the others are of another origin"),
  CONTENT ("no-urls", SUBMIT, NO_URLS, "no status_url and no others"),
  CONTENT ("in-progress", SUBMIT, IN_PROGRESS, "says IN_PROGRESS at once"),
  CONTENT ("unknown-state", STATUS | STREAM, UNKNOWN_STATE,
      "a status that is not documented"),
  CONTENT ("minimal", SUBMIT | STATUS | STREAM, MINIMAL,
      "only the fields that are documented as required"),
  CONTENT ("cut", STREAM, CUT, "ends after one event, before the job does"),
  CONTENT ("silent", STREAM, SILENT, "opens, and nothing ever comes"),

  /* Jobs that fail. */
  FAILURE ("model-422", 422,
      DETAIL ("\"body\",\"image_url\"", "Image is too large", "image_too_large",
          ",\"ctx\":{\"max_height\":1024,\"max_width\":1024}"),
      "X-Fal-Needs-Retry: 0\nX-Fal-Billable-Units: 0", NULL,
      "the model refuses the picture, in the list form"),
  FAILURE ("model-policy", 422,
      DETAIL ("\"body\",\"prompt\"",
          "The content could not be "
          "processed because it was flagged by a content checker.",
          "content_policy_violation", ""),
      "X-Fal-Needs-Retry: 0", NULL, "the model refuses the prompt"),
  FAILURE ("model-500", 500,
      DETAIL ("\"body\"", "Internal server error", "internal_server_error", ""),
      "X-Fal-Retryable: true", NULL, "the model fails, in the list form"),
  FAILURE ("model-text", 500, "{\"detail\":\"CUDA out of memory\"}", NULL,
      NULL, "the model fails, with a plain text"),
  FAILURE ("runner-503", 503,
      "{\"detail\":\"Runner disconnected\","
      "\"error_type\":\"runner_disconnected\"}",
      "X-Fal-Needs-Retry: 1", "runner_disconnected",
      "the runner dies, in the flat form with an error_type"),
  JOB ("stuck", STUCK, "the job never ends"),

  /* Results that are not what they should be. */
  JOB ("black", BLACK, "a black picture: the safety checker's work"),
  JOB ("no-image", NO_IMAGE, "a result without an image"),
  JOB ("images", IMAGES, "images[0] instead of image, and no seed"),
  JOB ("data-uri", DATA_URI, "the picture as a data URI"),
  JOB ("bad-url", BAD_URL, "a URL that is not HTTP"),
  JOB ("wrong-size", WRONG_SIZE, "file_size, width and height are not true"),
  JOB ("not-image", NOT_IMAGE, "the file is HTML"),
  JOB ("damaged", DAMAGED, "the file has wrong bytes in its middle"),
  JOB ("empty", EMPTY, "the file has no bytes"),
  JOB ("bomb", BOMB, "a PNG whose header says 60000×60000"),
};

const CupServiceFaultKind *
cup_service_fault_kinds (guint * n)
{
  *n = G_N_ELEMENTS (kinds);
  return kinds;
}
