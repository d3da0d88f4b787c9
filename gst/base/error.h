/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The one error domain of everything below the element.
 *
 * A GError says what went wrong in words for a person. Where a service was
 * involved it also carries what a program, or the service's support, will ask
 * for: the HTTP status, the request id, the service's own error type. These
 * travel inside the error, so that nothing on the way up can lose them.
 *
 * Cancellation is not in this domain: it is G_IO_ERROR_CANCELLED, as in GIO.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define CUP_ERROR (cup_error_quark ())

/**
 * CupErrorCode:
 * @CUP_ERROR_FAILED: none of the others
 * @CUP_ERROR_NOT_AUTHORIZED: no key, a refused key, or a locked account
 * @CUP_ERROR_NOT_FOUND: the application, request or file does not exist
 * @CUP_ERROR_BAD_INPUT: the picture or a field was refused as it is; sending
 *   it again cannot help
 * @CUP_ERROR_BAD_DATA: bytes that are not what they should be: a damaged or
 *   truncated picture, an answer that does not follow the protocol
 * @CUP_ERROR_TOO_LARGE: over a limit of ours
 * @CUP_ERROR_UNSUPPORTED: valid, but not something that we do
 * @CUP_ERROR_NETWORK: the service could not be reached, or the connection broke
 * @CUP_ERROR_TIMEOUT: a deadline or an inactivity limit has passed
 * @CUP_ERROR_SERVICE: the service says that it failed
 * @CUP_ERROR_SETTINGS: a property's value makes no sense
 * @CUP_ERROR_NO_SPACE: the disk, or what a quota leaves of it, is full
 * @CUP_ERROR_READ_ONLY: it can be read, but not be changed
 * @CUP_ERROR_NO_THREAD: the system gives no more threads
 * @CUP_ERROR_BUDGET: a limit of the user's on what may be spent is reached
 * @CUP_ERROR_CERTIFICATE: the host's TLS certificate is not trusted
 */
typedef enum
{
  CUP_ERROR_FAILED,
  CUP_ERROR_NOT_AUTHORIZED,
  CUP_ERROR_NOT_FOUND,
  CUP_ERROR_BAD_INPUT,
  CUP_ERROR_BAD_DATA,
  CUP_ERROR_TOO_LARGE,
  CUP_ERROR_UNSUPPORTED,
  CUP_ERROR_NETWORK,
  CUP_ERROR_TIMEOUT,
  CUP_ERROR_SERVICE,
  CUP_ERROR_SETTINGS,
  CUP_ERROR_NO_SPACE,
  CUP_ERROR_READ_ONLY,
  CUP_ERROR_NO_THREAD,
  CUP_ERROR_BUDGET,
  CUP_ERROR_CERTIFICATE,
} CupErrorCode;

/**
 * CupErrorDetails:
 * @http_status: status of the answer that caused the error, 0 where none did
 * @request_id: (nullable): the service's id of the request
 * @error_type: (nullable): the service's own type of the error
 *   (`detail[].type` or `error_type` of fal's protocol); of CUP_ERROR_BUDGET the
 *   property that is the limit
 * @url: (nullable): where the service keeps the picture, where the job was done
 * @stage: (nullable): what was being done, a static string ("upload",
 *   "submit", "status", "result", "download")
 * @maybe_accepted: whether the service may have accepted the request, and may
 *   charge for it, though no answer says so
 */
typedef struct
{
  guint http_status;
  gchar *request_id;
  gchar *error_type;
  gchar *url;
  const gchar *stage;
  gboolean maybe_accepted;
} CupErrorDetails;

GQuark cup_error_quark (void);

/* Both return the details inside @error to be read or filled in (strings are
 * owned by the error), or NULL where @error is not of CUP_ERROR. */
const CupErrorDetails *cup_error_get_details (const GError * error);
CupErrorDetails *cup_error_edit_details (GError * error);

G_END_DECLS
