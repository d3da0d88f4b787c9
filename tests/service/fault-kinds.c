/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of faults. A fault that is only an answer is one row here; others
 * have an id as well, which misbehave.c or a handler looks for.
 */
#include "fault-kinds.h"

#define INITIATE CUP_FAL_STAGE_BIT (CUP_FAL_STAGE_INITIATE)
#define PUT CUP_FAL_STAGE_BIT (CUP_FAL_STAGE_PUT)
#define PART CUP_FAL_STAGE_BIT (CUP_FAL_STAGE_PART)
#define COMPLETE CUP_FAL_STAGE_BIT (CUP_FAL_STAGE_COMPLETE)
#define SUBMIT CUP_FAL_STAGE_BIT (CUP_FAL_STAGE_SUBMIT)
#define STATUS CUP_FAL_STAGE_BIT (CUP_FAL_STAGE_STATUS)
#define STREAM CUP_FAL_STAGE_BIT (CUP_FAL_STAGE_STREAM)
#define RESULT CUP_FAL_STAGE_BIT (CUP_FAL_STAGE_RESULT)
#define DOWNLOAD CUP_FAL_STAGE_BIT (CUP_FAL_STAGE_DOWNLOAD)
#define CANCEL CUP_FAL_STAGE_BIT (CUP_FAL_STAGE_CANCEL)
#define FILES (PUT | PART | COMPLETE | DOWNLOAD)
#define API (INITIATE | SUBMIT | STATUS | STREAM | RESULT | CANCEL)
#define ALL (API | FILES)
/* Answers with JSON as their body: no client reads what a PUT of a whole file
 * says, a download is a picture, and in a stream JSON is within events. */
#define OBJECTS ((API | PART | COMPLETE) & ~STREAM)
/* Answers with a body that is made at once: a stream comes to these faults by
 * rows of its own, since it has to begin like one. */
#define BODIES (ALL & ~STREAM)

#define JSON "application/json"
#define HTML "text/html"
#define XML "application/xml"
#define TEXT "text/plain"
#define EVENTS "text/event-stream"

#define NGINX(what) "<html>\r\n<head><title>" what "</title></head>\r\n" \
    "<body>\r\n<center><h1>" what "</h1></center>\r\n" \
    "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"

#define DETAIL(loc, msg, type, more) "{\"detail\":[{\"loc\":[" loc "]," \
    "\"msg\":\"" msg "\",\"type\":\"" type "\"," \
    "\"url\":\"https://docs.fal.ai/errors/#" type "\"" more "}]}"

#define FLAT_BODY(detail, type) \
    "{\"detail\":\"" detail "\",\"error_type\":\"" type "\"}"

#define TOO_MANY FLAT_BODY ("Too many concurrent requests", \
      "concurrent_requests_limit")

/* JSON that is not what was asked for. */
#define BROKEN "{\"status\": \"COMPL"
#define OTHER_SHAPE "[{\"status\":7,\"request_id\":null,\"upload_url\":[]}]"
#define OTHER_TYPES "{\"status\":7,\"request_id\":{},\"status_url\":[]," \
    "\"upload_url\":1,\"file_url\":false,\"image\":\"x\",\"seed\":[]," \
    "\"partNumber\":\"1\",\"etag\":1}"
#define EVENT(json) "data: " json "\n\n"

/* The kinds of rows: an answer of the service, or of a proxy in front of it;
 * connections, handlers and jobs that are told what to do by an id; and jobs
 * that fail. */
#define ANSWER(name_, stages_, status_, type_, body_, headers_, error_, \
      blurb_) \
  { .name = name_, .stages = stages_, .status = status_, .type = type_, \
    .body = body_, .headers = headers_, .error_type = error_, \
    .when = CUP_SERVICE_FAULT_ANSWER, .blurb = blurb_ }
#define DATED(name_, stages_, status_, type_, body_, error_, blurb_) \
  { .name = name_, .stages = stages_, .status = status_, .type = type_, \
    .body = body_, .error_type = error_, .id = CUP_SERVICE_FAULT_RETRY_DATE, \
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
/* The service's and the model's own errors, by the words of their types. */
#define FLAT(type_, status_, detail_, headers_, blurb_) \
  FAILURE (type_, status_, FLAT_BODY (detail_, type_), headers_, type_, blurb_)
#define MODEL(type_, status_, message_, blurb_) \
  FAILURE (type_, status_, DETAIL ("\"body\"", message_, type_, ""), NULL, \
      NULL, blurb_)

static const CupServiceFaultKind kinds[] = {
  /* Refusals. */
  ANSWER ("401", API, 401, JSON,
      "{\"detail\":\"No user found for Key ID and Secret\"}", NULL, NULL,
      "the key is not known"),
  ANSWER ("401", FILES, 401, TEXT, "Unauthorized", NULL, NULL,
      "the URL is not enough"),
  ANSWER ("402", API, 402, JSON,
      "{\"detail\":\"Payment required. Add credits at "
      "fal.ai/dashboard/billing.\"}",
      NULL, NULL, "there is no money left"),
  ANSWER ("402", FILES, 402, TEXT, "Payment Required", NULL, NULL,
      "there is no money left"),
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
  ANSWER ("404", FILES, 404, TEXT, "Not Found", NULL, NULL,
      "the file is gone"),
  ANSWER ("408", ALL, 408, TEXT, "Request Timeout", NULL, NULL,
      "a proxy gave up on the request"),
  ANSWER ("422", API, 422, JSON,
      DETAIL ("\"body\",\"image_url\"", "Failed to load the image",
          "image_load_error", ""),
      NULL, NULL, "invalid input, in the list form"),
  ANSWER ("425", ALL, 425, TEXT, "Too Early", NULL, NULL,
      "a proxy does not want early data"),
  ANSWER ("429", API, 429, JSON, TOO_MANY,
      "Retry-After: 1\nX-Fal-Needs-Retry: 1", "concurrent_requests_limit",
      "too many requests; Retry-After is a second"),
  ANSWER ("429", FILES, 429, TEXT, "Too Many Requests",
      "Retry-After: 1", NULL, "too many requests; Retry-After is a second"),
  ANSWER ("429now", API, 429, JSON, TOO_MANY, "X-Fal-Needs-Retry: 1",
      "concurrent_requests_limit", "too many requests, no Retry-After"),
  ANSWER ("429now", FILES, 429, TEXT, "Too Many Requests", NULL, NULL,
      "too many requests, no Retry-After"),
  DATED ("429date", API, 429, JSON, TOO_MANY, "concurrent_requests_limit",
      "too many requests; Retry-After is a date, a second ahead or two"),
  DATED ("429date", FILES, 429, TEXT, "Too Many Requests", NULL,
      "too many requests; Retry-After is a date, a second ahead or two"),

  /* Failures of the service, or of what is in front of it. The files' host
   * knows nothing of runners and deadlines, and so it has only the proxy's. */
  ANSWER ("500", API, 500, JSON, "{\"detail\":\"Internal Server Error\"}",
      NULL, NULL, "failure"),
  ANSWER ("500", FILES, 500, TEXT, "Internal Server Error", NULL,
      NULL, "failure"),
  PROXY ("502", ALL, 502, NGINX ("502 Bad Gateway"),
      "HTML of a proxy, without a request id"),
  PROXY ("503", ALL, 503, NGINX ("503 Service Temporarily Unavailable"),
      "HTML of a proxy, without a request id"),
  ANSWER ("503fal", API, 503, JSON,
      FLAT_BODY ("Runner could not be scheduled", "runner_scheduling_failure"),
      "X-Fal-Needs-Retry: 1", "runner_scheduling_failure",
      "the service's own, with a request id"),
  PROXY ("504", ALL, 504, NGINX ("504 Gateway Time-out"),
      "HTML of a proxy, without a request id"),
  ANSWER ("504fal", API, 504, JSON,
      FLAT_BODY ("Request timed out", "request_timeout"), NULL,
      "request_timeout", "the service's own, with a request id"),
  /* A start deadline is set by the submission, and shows in the result. */
  ANSWER ("504user", SUBMIT | RESULT, 504, JSON,
      FLAT_BODY ("Request timed out", "request_timeout"),
      "X-Fal-Request-Timeout-Type: user", "request_timeout",
      "the client's own start deadline has passed"),

  /* Answers that make no sense. */
  ANSWER ("garbage", OBJECTS, 200, JSON, BROKEN, NULL, NULL,
      "JSON that is broken"),
  ANSWER ("garbage", STREAM, 200, EVENTS, EVENT (BROKEN), NULL, NULL,
      "an event with JSON that is broken, and the end"),
  ANSWER ("garbage", DOWNLOAD, 200, "image/png",
      "\x01\x02\x03 this is no picture", NULL, NULL,
      "bytes that are no picture"),
  ANSWER ("html", ALL, 200, HTML,
      "<!DOCTYPE html><html><body>Welcome to the hotel's network. "
      "Please log in.</body></html>",
      NULL, NULL, "200 with a page of HTML"),
  ANSWER ("blank", BODIES, 200, JSON, "", NULL, NULL,
      "200 with nothing in it"),
  ANSWER ("blank", STREAM, 200, EVENTS, "", NULL, NULL,
      "200 with nothing in it"),
  ANSWER ("shape", OBJECTS, 200, JSON, OTHER_SHAPE, NULL, NULL,
      "JSON of another shape"),
  ANSWER ("shape", STREAM, 200, EVENTS, EVENT (OTHER_SHAPE), NULL, NULL,
      "an event with JSON of another shape, and the end"),
  ANSWER ("types", OBJECTS, 200, JSON, OTHER_TYPES, NULL, NULL,
      "the right names with values of other types"),
  ANSWER ("types", STREAM, 200, EVENTS, EVENT (OTHER_TYPES), NULL, NULL,
      "an event with the right names and values of other types, and the end"),
  CONTENT ("deep", OBJECTS | STREAM, DEEP,
      "JSON that is nested 100000 levels deep"),
  CONTENT ("gzip-bomb", ALL, GZIP_BOMB,
      "gzip that nobody asked for: less than 1 MB that become 200 MB"),

  CONTENT ("damaged", DOWNLOAD, DAMAGED,
      "wrong bytes in the middle of the file, as if on the way"),

  /* Connections. A stream that is "late" would be one that stalls. */
  CONNECTION ("stall", ALL, STALL,
      "never answers, and has not done anything"),
  CONNECTION_AFTER ("stall-after", BODIES, STALL,
      "never answers, but has done what was asked"),
  CONTENT ("stall-after", STREAM, STALL,
      "one event, and then nothing for ever"),
  CONNECTION ("reset", ALL, RESET,
      "resets the connection, and has not done anything"),
  CONNECTION_AFTER ("reset-after", BODIES, RESET,
      "resets the connection, but has done what was asked"),
  CONTENT ("reset-after", STREAM, RESET,
      "one event, and then the connection is reset"),
  CONNECTION_AFTER ("truncate", BODIES, TRUNCATE,
      "closes after half of the body"),
  CONTENT ("truncate", STREAM, TRUNCATE,
      "closes after half of the first event"),
  CONNECTION ("oversize", ALL, OVERSIZE, "a body that never ends"),
  CONNECTION_AFTER ("slow", BODIES, SLOW,
      "the body trickles in, over FOR milliseconds (5000)"),
  CONTENT ("slow", STREAM, SLOW,
      "each event trickles in, over FOR milliseconds (5000)"),
  CONNECTION_AFTER ("late", BODIES, LATE,
      "the answer comes FOR milliseconds late (5000)"),
  CONNECTION_AFTER ("wrong-type", ALL, WRONG_TYPE,
      "a Content-Type that is not what the body is"),

  /* Redirections, all of them 307. */
  CONTENT ("redirect", ALL, REDIRECT, "to the same path of the other origin"),
  CONTENT ("redirect-circle", ALL, REDIRECT_CIRCLE, "to itself"),
  CONTENT ("redirect-growing", ALL, REDIRECT_GROWING,
      "to itself, with a query that grows each time"),
  CONTENT ("redirect-private", ALL, REDIRECT_PRIVATE,
      "to the same path of http://10.0.0.1"),

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

  /* Streams. */
  CONTENT ("cut", STREAM, CUT, "ends after one event, before the job does"),
  CONTENT ("silent", STREAM, SILENT, "opens, and nothing ever comes"),
  CONTENT ("pings", STREAM, PINGS,
      "comments keep it open for ever, and no event comes"),
  CONTENT ("crlf", STREAM, CRLF, "lines end in CR LF"),
  CONTENT ("comments", STREAM, COMMENTS,
      "comments before, within and after events, long and misleading ones"),
  CONTENT ("split", STREAM, SPLIT, "each byte is a chunk of its own"),
  CONTENT ("multiline", STREAM, MULTILINE,
      "the JSON is over several data lines"),
  CONTENT ("named", STREAM, NAMED,
      "events have names and ids, and some are of types that nobody knows"),
  CONTENT ("whole-logs", STREAM, WHOLE_LOGS,
      "each event repeats the whole log so far"),
  CONTENT ("duplicate", STREAM, DUPLICATE, "each event comes twice"),
  CONTENT ("no-completed", STREAM, NO_COMPLETED,
      "ends when the job does, without the event that would say so"),
  CONTENT ("never-closes", STREAM, NEVER_CLOSES,
      "stays open after the last event"),

  /* Jobs that fail. What says that another attempt is worth it: the newer
   * header, the older one, or only the type. */
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
  FAILURE ("model-500-final", 500,
      DETAIL ("\"body\"", "Internal server error", "internal_server_error", ""),
      "X-Fal-Needs-Retry: 0", NULL, "the same, and not to be tried again"),
  FAILURE ("model-text", 500, "{\"detail\":\"CUDA out of memory\"}", NULL,
      NULL, "the model fails, with a plain text"),
  MODEL ("generation_timeout", 504, "Generation timed out", "transient"),
  MODEL ("downstream_service_error", 400, "Downstream service error",
      "of a service that the model uses; may be transient"),
  MODEL ("downstream_service_unavailable", 500,
      "Downstream service unavailable", "may be transient"),
  FAILURE ("runner-503", 503,
      FLAT_BODY ("Runner disconnected", "runner_disconnected"),
      "X-Fal-Needs-Retry: 1", "runner_disconnected",
      "the runner dies, in the flat form with an error_type"),
  FLAT ("runner_connection_error", 503, "Runner connection error", NULL,
      "transient"),
  FLAT ("runner_connection_refused", 503, "Runner connection refused", NULL,
      "transient"),
  FLAT ("runner_connection_timeout", 503, "Runner connection timed out",
      "X-Fal-Retryable: true", "transient"),
  FLAT ("runner_scheduling_failure", 503, "Runner could not be scheduled",
      "X-Fal-Needs-Retry: 1", "transient"),
  FLAT ("runner_incomplete_response", 502, "Runner response is incomplete",
      NULL, "transient"),
  FLAT ("runner_server_error", 500, "Runner server error", NULL, "transient"),
  FLAT ("request_timeout", 504, "Request timed out", NULL, "transient"),
  FLAT ("startup_timeout", 504, "Runner startup timed out", NULL, "transient"),
  FLAT ("internal_error", 500, "Internal error", NULL, "transient"),
  FLAT ("concurrent_requests_limit", 429, "Too many concurrent requests",
      "Retry-After: 1\nX-Fal-Needs-Retry: 1", "transient"),
  FLAT ("bad_request", 400, "Bad request", "X-Fal-Needs-Retry: 0", "final"),
  FLAT ("client_cancelled", 499, "Request was cancelled by the client", NULL,
      "final, though nobody here has cancelled it"),
  FLAT ("client_disconnected", 499, "Client disconnected", NULL, "final"),
  FAILURE ("job-504user", 504,
      FLAT_BODY ("Request timed out", "request_timeout"),
      "X-Fal-Request-Timeout-Type: user", "request_timeout",
      "final: the client's own start deadline has passed"),
  JOB ("stuck", STUCK, "the job never ends"),

  /* Results that are not what they should be. */
  JOB ("black", BLACK, "a black picture: the safety checker's work"),
  JOB ("tinted", TINTED, "a picture that is too red, and not blue enough"),
  JOB ("no-image", NO_IMAGE, "a result without an image"),
  JOB ("images", IMAGES, "images[0] instead of image, and no seed"),
  JOB ("data-uri", DATA_URI, "the picture as a data URI"),
  JOB ("bad-url", BAD_URL, "a URL that is not HTTP"),
  JOB ("wrong-size", WRONG_SIZE, "file_size, width and height are not true"),
  JOB ("not-image", NOT_IMAGE, "the file is HTML"),
  JOB ("damaged", DAMAGED, "the file has wrong bytes in its middle"),
  JOB ("bad-header", BAD_HEADER,
      "a PNG of a color type that does not exist"),
  JOB ("empty", EMPTY, "the file has no bytes"),
  JOB ("bomb", BOMB, "a PNG whose header says 60000×60000"),
};

const CupServiceFaultKind *
cup_service_fault_kinds (guint * n)
{
  *n = G_N_ELEMENTS (kinds);
  return kinds;
}
