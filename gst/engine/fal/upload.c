/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Uploading a picture: see upload.h.
 *
 *   initiate → PUT
 *   initiate-multipart → parts → complete     what is very large
 *
 * Whatever fails on the way, a new place is asked for: the address of the old
 * one is valid for a short time only.
 */
#include "upload.h"

#include <string.h>

#include "answer.h"
#include "base/error.h"
#include "base/log.h"
#include "base/room.h"
#include "call.h"
#include "protocol.h"

#define MIB (1024 * 1024)
/* Parts under way at a time: enough to fill a line, few enough to leave the
 * service's connections to others. */
#define MAX_PARALLEL 4

/* "upload=auto": what is small saves two requests. fal's documentation says "a
 * few KB"; where the storage cannot be reached, pictures of several megabytes
 * are reported to work. */
#define INLINE_SMALL (8 * 1024)
#define INLINE_MAX (4 * MIB)
/* The text in base64 and the URI are a third larger than the picture. The request's
 * body is larger than the URI by up to as much again while it grows. */
#define INLINE_ROOM 8
/* For how long nobody tries a storage that could not be reached, where there
 * is another way. */
#define STORAGE_PAUSE (60 * G_USEC_PER_SEC)

#define MAX_UNREADABLE 4
/* Where there is another way, the frame does not wait long for this one. */
#define MAX_FALLBACK_ATTEMPTS 3

typedef struct
{
  CupFalUploader *uploader;
  guint number;                 /* from 1 on */
  CupFalCall *call;
  gchar *tag;                   /* NULL before it is stored */
} Part;

struct _CupFalUploader
{
  CupFalUploader **slot;
  CupFalApi *api;
  GBytes *bytes;
  CupImageType type;
  const CupFalUploaderFuncs *funcs;
  gpointer user_data;

  CupBackoff rounds;
  GSource *timer;
  CupFalCall *call;
  CupFalUpload place;
  Part *parts;
  guint n_parts;
  guint n_begun;
  guint n_stored;
  guint n_transfers;            /* that the uplink was told of */
  gboolean is_probe;            /* finds out whether the storage is back */
  guint64 sent;
};

static void begin_round (CupFalUploader * self);

gchar *
cup_fal_make_data_uri (GBytes * bytes, CupImageType type, GError ** error)
{
  gsize size, room;
  gconstpointer data = g_bytes_get_data (bytes, &size);
  gchar *text, *uri;

  if (!g_size_checked_mul (&room, size, INLINE_ROOM)
      || !cup_room_has_block (room)) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE,
        "no memory to send a picture of %.0f MB inside the request; "
        "upload=storage needs less", size / (1024 * 1024.0));
    return NULL;
  }
  text = g_base64_encode (data, size);
  uri = g_strconcat ("data:", cup_image_type_get_mime (type), ";base64,", text,
      NULL);
  g_free (text);
  return uri;
}

gboolean
cup_fal_goes_inline (CupFalApi * api, gsize size)
{
  return api->upload == CUP_FAL_UPLOAD_DATA_URI
      || (api->upload == CUP_FAL_UPLOAD_AUTO && size <= INLINE_SMALL);
}

static void
clear_timer (CupFalUploader * self)
{
  if (self->timer)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

static void
begin_transfer (CupFalUploader * self)
{
  self->n_transfers++;
  cup_fal_uplink_begin (&self->api->uplink, g_get_monotonic_time ());
}

/* @bytes: 0 where they have not arrived. */
static void
end_transfer (CupFalUploader * self, gsize bytes)
{
  self->n_transfers--;
  self->sent += bytes;
  cup_fal_uplink_end (&self->api->uplink, bytes, g_get_monotonic_time ());
}

static void
clear_round (CupFalUploader * self)
{
  guint i;

  while (self->n_transfers > 0)
    end_transfer (self, 0);

  cup_fal_call_cancel (&self->call);
  for (i = 0; i < self->n_parts; i++) {
    cup_fal_call_cancel (&self->parts[i].call);
    g_free (self->parts[i].tag);
  }
  g_clear_pointer (&self->parts, g_free);
  self->n_parts = self->n_begun = self->n_stored = 0;
  cup_fal_upload_clear (&self->place);
}

static void
uploader_free (CupFalUploader * self)
{
  clear_timer (self);
  clear_round (self);
  g_bytes_unref (self->bytes);
  cup_fal_api_unref (self->api);
  g_free (self);
}

/* Takes @url or @error. */
static void
finish (CupFalUploader * self, gchar * url, GError * error)
{
  *self->slot = NULL;
  if (self->is_probe && self->place.upload_url && !error)
    self->api->no_storage_until = 0;
  self->funcs->done (url, self->sent, error, self->user_data);
  uploader_free (self);
}

static gboolean
may_fall_back (CupFalUploader * self)
{
  return self->api->upload == CUP_FAL_UPLOAD_AUTO
      && g_bytes_get_size (self->bytes) <= INLINE_MAX;
}

/* After the pause one upload finds out how it is; the others go on without. */
static gboolean
is_storage_paused (CupFalUploader * self)
{
  return may_fall_back (self)
      && g_get_monotonic_time () < self->api->no_storage_until;
}

static void
finish_inline (CupFalUploader * self)
{
  GError *error = NULL;
  gchar *uri = cup_fal_make_data_uri (self->bytes, self->type, &error);

  if (uri)
    self->sent += g_bytes_get_size (self->bytes);
  finish (self, uri, error);
}

static void
on_timer (gpointer data)
{
  CupFalUploader *self = data;

  clear_timer (self);
  begin_round (self);
}

/* What the storage, or the way to it, has to do with; not what it thinks of
 * the request. */
static gboolean
is_out_of_reach (const CupFalFailure * failure, const GError * error)
{
  return failure ? cup_fal_failure_is_transient (failure) :
      cup_fal_error_is_transient (error)
      || g_error_matches (error, CUP_ERROR, CUP_ERROR_BAD_DATA);
}

/* Whether the place that was given is good for nothing more: it has expired, or
 * the parts are gone, as they are where completing them went well and only the
 * answer was lost. */
static gboolean
is_useless (CupFalUploader * self, guint status)
{
  gboolean completing = self->n_parts > 0 && self->n_stored == self->n_parts;

  return status == 403 || (completing && (status == 400 || status == 404
          || status == 409 || status == 410));
}

/* The calls below have tried what they may: another round from the start,
 * another way, or the end. */
static void
handle_trouble (CupFalUploader * self, const CupFalFailure * failure,
    const GError * error)
{
  GError *reason = cup_fal_call_make_error (self->api, failure, error,
      CUP_STAGE_UPLOAD, NULL);
  gboolean placed = self->place.upload_url != NULL;
  gboolean useless = failure && is_useless (self, failure->status);
  gint64 delay;

  clear_round (self);
  if (placed && (useless || is_out_of_reach (failure, error))
      && cup_fal_api_try_again (self->api, &self->rounds, error, -1, &delay)) {
    self->funcs->retry (reason->message, self->user_data);
    self->timer = cup_http_add_timer (self->api->http, delay, on_timer, self);
  } else if (is_out_of_reach (failure, error) && may_fall_back (self)) {
    cup_info ("%s; pictures are sent inline for a while", reason->message);
    self->api->no_storage_until = g_get_monotonic_time () + STORAGE_PAUSE;
    self->funcs->retry (reason->message, self->user_data);
    finish_inline (self);
  } else {
    finish (self, NULL, g_steal_pointer (&reason));
  }
  g_clear_error (&reason);
}

/* In one piece. */

static void
on_stored (CupHttpResponse * response, const CupFalFailure * failure,
    const GError * error, gpointer user_data)
{
  CupFalUploader *self = user_data;

  if (failure || error) {
    handle_trouble (self, failure, error);
    return;
  }
  end_transfer (self, g_bytes_get_size (self->bytes));
  finish (self, g_steal_pointer (&self->place.file_url), NULL);
}

static const CupFalCallFuncs put_funcs = { NULL, NULL, on_stored };

static void
put_picture (CupFalUploader * self)
{
  CupFalCallSpec spec = {.method = "PUT",.is_transfer = TRUE };

  spec.url = self->place.upload_url;
  spec.body = self->bytes;
  spec.content_type = cup_image_type_get_mime (self->type);
  spec.max_attempts = 1;
  begin_transfer (self);
  cup_fal_call_start (&self->call, self->api, &spec, &put_funcs, self);
}

/* In parts. */

static void
get_extent (const Part * part, gsize * offset, gsize * size)
{
  gsize part_size = part->uploader->api->part_size;

  *offset = (gsize) (part->number - 1) * part_size;
  *size = MIN (g_bytes_get_size (part->uploader->bytes) - *offset, part_size);
}

/* {upload_url}/{suffix}, before the query. */
static gchar *
make_part_url (CupFalUploader * self, const gchar * suffix)
{
  const gchar *url = self->place.upload_url;
  gsize path = strcspn (url, "?");

  return g_strdup_printf ("%.*s/%s%s", (int) path, url, suffix, url + path);
}

static void
on_complete (CupHttpResponse * response, const CupFalFailure * failure,
    const GError * error, gpointer user_data)
{
  CupFalUploader *self = user_data;

  if (failure || error)
    handle_trouble (self, failure, error);
  else
    finish (self, g_steal_pointer (&self->place.file_url), NULL);
}

static const CupFalCallFuncs complete_funcs = { NULL, NULL, on_complete };

static void
complete_parts (CupFalUploader * self)
{
  CupFalCallSpec spec = {.method = "POST",.is_transfer = TRUE };
  CupJsonWriter *writer = cup_json_writer_new ();
  gchar *url = make_part_url (self, "complete");
  guint i;

  cup_json_writer_begin_object (writer);
  cup_json_writer_add_name (writer, "parts");
  cup_json_writer_begin_array (writer);
  for (i = 0; i < self->n_parts; i++) {
    cup_json_writer_begin_object (writer);
    cup_json_writer_add_name (writer, "partNumber");
    cup_json_writer_add_integer (writer, self->parts[i].number);
    cup_json_writer_add_name (writer, "etag");
    cup_json_writer_add_string (writer, self->parts[i].tag);
    cup_json_writer_end_object (writer);
  }
  cup_json_writer_end_array (writer);
  cup_json_writer_end_object (writer);

  spec.url = url;
  spec.body = cup_json_writer_finish (writer);
  spec.content_type = "application/json";
  cup_fal_call_start (&self->call, self->api, &spec, &complete_funcs, self);
  g_bytes_unref (spec.body);
  g_free (url);
}

static void put_parts (CupFalUploader * self);

static gboolean
accept_part (CupHttpResponse * response, gpointer user_data, GError ** error)
{
  Part *part = user_data;
  const gchar *header = cup_http_response_get_header (response, "ETag");

  part->tag = cup_fal_parse_part (cup_http_response_get_body (response),
      part->number, header ? NULL : error);
  if (!part->tag && header)
    part->tag = g_strdup (header);
  return part->tag != NULL;
}

static void
on_part (CupHttpResponse * response, const CupFalFailure * failure,
    const GError * error, gpointer user_data)
{
  Part *part = user_data;
  CupFalUploader *self = part->uploader;
  gsize offset, size;

  if (failure || error) {
    handle_trouble (self, failure, error);
    return;
  }
  self->n_stored++;
  get_extent (part, &offset, &size);
  end_transfer (self, size);
  if (self->n_stored == self->n_parts)
    complete_parts (self);
  else
    put_parts (self);
}

static const CupFalCallFuncs part_funcs = { accept_part, NULL, on_part };

static void
put_parts (CupFalUploader * self)
{
  gsize offset, size;

  while (self->n_begun < self->n_parts
      && self->n_begun - self->n_stored < MAX_PARALLEL) {
    CupFalCallSpec spec = {.method = "PUT",.is_transfer = TRUE };
    Part *part = &self->parts[self->n_begun++];
    gchar *number = g_strdup_printf ("%u", part->number);
    gchar *url = make_part_url (self, number);

    spec.url = url;
    get_extent (part, &offset, &size);
    spec.body = g_bytes_new_from_bytes (self->bytes, offset, size);
    begin_transfer (self);
    cup_fal_call_start (&part->call, self->api, &spec, &part_funcs, part);
    g_bytes_unref (spec.body);
    g_free (number);
    g_free (url);
  }
}

static void
begin_parts (CupFalUploader * self)
{
  gsize size = g_bytes_get_size (self->bytes);
  gsize part_size = self->api->part_size;
  guint i;

  self->n_parts = (guint) ((size + part_size - 1) / part_size);
  self->parts = g_new0 (Part, self->n_parts);
  for (i = 0; i < self->n_parts; i++) {
    self->parts[i].uploader = self;
    self->parts[i].number = i + 1;
  }
  put_parts (self);
}

/* The place. */

static gboolean
is_large (CupFalUploader * self)
{
  return g_bytes_get_size (self->bytes) > self->api->multipart_above;
}

static gboolean
accept_place (CupHttpResponse * response, gpointer user_data, GError ** error)
{
  CupFalUploader *self = user_data;
  const gchar *storage = self->api->storage_location;

  cup_fal_upload_clear (&self->place);
  if (cup_fal_parse_upload (cup_http_response_get_body (response),
          &self->place, error)
      && cup_fal_api_check_url (self->place.upload_url, storage, "the upload",
          error)
      && cup_fal_api_check_url (self->place.file_url, storage,
          "the uploaded picture", error))
    return TRUE;
  cup_fal_upload_clear (&self->place);
  return FALSE;
}

static void
on_inline (gpointer data)
{
  CupFalUploader *self = data;

  clear_timer (self);
  finish_inline (self);
}

static void
on_retry (const gchar * reason, gpointer user_data)
{
  CupFalUploader *self = user_data;

  self->funcs->retry (reason, self->user_data);
  /* Another one has found out meanwhile. */
  if (is_storage_paused (self) && !self->is_probe) {
    cup_fal_call_cancel (&self->call);
    self->timer = cup_http_add_timer (self->api->http, 0, on_inline, self);
  }
}

static void
on_place (CupHttpResponse * response, const CupFalFailure * failure,
    const GError * error, gpointer user_data)
{
  CupFalUploader *self = user_data;

  if (failure || error)
    handle_trouble (self, failure, error);
  else if (is_large (self))
    begin_parts (self);
  else
    put_picture (self);
}

static const CupFalCallFuncs place_funcs = { accept_place, on_retry, on_place };

static void
begin_round (CupFalUploader * self)
{
  CupFalCallSpec spec = {.method = "POST" };
  gchar *url = g_strconcat (self->api->storage_location, is_large (self) ?
      "/storage/upload/initiate-multipart?storage_type=fal-cdn-v3" :
      "/storage/upload/initiate?storage_type=fal-cdn-v3", NULL);

  spec.url = url;
  spec.body = cup_fal_build_upload_body (self->type);
  spec.headers = (const gchar * const *) self->api->upload_headers;
  spec.max_unreadable = MAX_UNREADABLE;
  spec.max_attempts = may_fall_back (self) ? MAX_FALLBACK_ATTEMPTS : 0;
  cup_fal_call_start (&self->call, self->api, &spec, &place_funcs, self);
  g_bytes_unref (spec.body);
  g_free (url);
}

void
cup_fal_uploader_start (CupFalUploader ** slot, CupFalApi * api,
    GBytes * bytes, CupImageType type, const CupFalUploaderFuncs * funcs,
    gpointer user_data)
{
  CupFalUploader *self = g_new0 (CupFalUploader, 1);

  self->slot = slot;
  self->api = cup_fal_api_ref (api);
  self->bytes = g_bytes_ref (bytes);
  self->type = type;
  self->funcs = funcs;
  self->user_data = user_data;
  self->rounds = cup_fal_api_make_backoff (api, may_fall_back (self) ?
      MAX_FALLBACK_ATTEMPTS : CUP_FAL_MAX_ATTEMPTS);
  *slot = self;
  if (cup_fal_goes_inline (api, g_bytes_get_size (bytes))
      || is_storage_paused (self)) {
    self->timer = cup_http_add_timer (api->http, 0, on_inline, self);
    return;
  }
  self->is_probe = api->no_storage_until > 0;
  if (self->is_probe)
    api->no_storage_until = g_get_monotonic_time () + STORAGE_PAUSE;
  begin_round (self);
}

void
cup_fal_uploader_cancel (CupFalUploader ** slot)
{
  CupFalUploader *self = g_steal_pointer (slot);

  if (self)
    uploader_free (self);
}
