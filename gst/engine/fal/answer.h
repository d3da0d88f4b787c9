/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What comes back: the answers of fal's queue protocol, read with distrust.
 * Pure functions. Unknown members are ignored, missing ones and those of
 * another type are as if absent; what cannot be done without is
 * CUP_ERROR_BAD_DATA.
 */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Every answer but the picture itself. */
#define CUP_FAL_MAX_JSON (1 << 20)

/* The object in @body. How deep it can be nested is limited before json-glib,
 * which recurses, gets to see it. */
JsonNode *cup_fal_parse_json (GBytes * body, GError ** error);

/* Members of an object; NULL or FALSE where absent or of another type. */
const gchar *cup_fal_get_string (JsonObject * object, const gchar * name);
gboolean cup_fal_get_integer (JsonObject * object, const gchar * name,
    gint64 * value);
JsonObject *cup_fal_get_object (JsonObject * object, const gchar * name);

/* Where to put a picture, and where it is found then. */
typedef struct
{
  gchar *upload_url;
  gchar *file_url;
} CupFalUpload;

gboolean cup_fal_parse_upload (GBytes * body, CupFalUpload * upload,
    GError ** error);
void cup_fal_upload_clear (CupFalUpload * upload);
/* The tag that the storage gave to part @number of an upload in parts. */
gchar *cup_fal_parse_part (GBytes * body, guint number, GError ** error);

typedef enum
{
  CUP_FAL_UNKNOWN,              /* a word that is not known, or none */
  CUP_FAL_IN_QUEUE,
  CUP_FAL_IN_PROGRESS,
  CUP_FAL_COMPLETED,
  CUP_FAL_ENDED,                /* a word that is not documented, for a bad end */
} CupFalState;

/* @state_word: (nullable): as the service said it
 * @queue_position: how many are ahead, -1 where not told
 * @inference_time: seconds, -1 where not told
 * @logs: (nullable): its entries are as the service wrote them
 * @error_type: (nullable): where the service says already that it failed */
typedef struct
{
  CupFalState state;
  gchar *state_word;
  gint64 queue_position;
  gdouble inference_time;
  JsonArray *logs;
  gchar *error;
  gchar *error_type;
} CupFalStatus;

gboolean cup_fal_parse_status (GBytes * body, CupFalStatus * status,
    GError ** error);
void cup_fal_status_clear (CupFalStatus * status);

/* The answer to a submission; @state as in a status. @request_id is valid, the URLs
 * are not checked yet. */
typedef struct
{
  gchar *request_id;
  gchar *status_url;
  gchar *response_url;
  gchar *cancel_url;
  CupFalState state;
  gint64 queue_position;
} CupFalAccepted;

/* @header_id: (nullable): the id in the answer's headers, where @body has none. */
gboolean cup_fal_parse_accepted (GBytes * body, const gchar * header_id,
    CupFalAccepted * accepted, GError ** error);
void cup_fal_accepted_clear (CupFalAccepted * accepted);

/* @url: what the service gives as the place of the picture; for a "data:" URI
 * it is not set
 * @data: (nullable): the picture out of a "data:" URI
 * @content_type: (nullable): what the service says that it is
 * @file_name: (nullable): and how it is called
 * @file_size: and how large it is, -1 where not told */
typedef struct
{
  gchar *url;
  GBytes *data;
  gchar *content_type;
  gchar *file_name;
  gint64 file_size;
  gboolean has_seed;
  guint64 seed;
} CupFalOutput;

gboolean cup_fal_parse_output (GBytes * body, gsize max_bytes,
    CupFalOutput * output, GError ** error);
void cup_fal_output_clear (CupFalOutput * output);

G_END_DECLS
