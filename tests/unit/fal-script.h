/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The scripted service of test-fal-engine.c: it does everything right, except
 * for what the rules of a test say, and counts.
 */
#pragma once

#include <libsoup/soup.h>
#include <string.h>

#include "image/image.h"

#define MS (G_USEC_PER_SEC / 1000)
#define KEY "my-id:my-s3cret"
#define ID "req-1"

typedef enum
{
  INITIATE, PUT, SUBMIT, STATUS, RESULT, PICTURE, CANCEL, OTHER, N_STAGES
} Stage;

/* What a stage does instead, the first @times times. */
typedef enum
{
  ANSWER, HANG, BREAK, LATE     /* after service_answer_late() */
} Action;

typedef struct
{
  Stage stage;
  guint times;
  Action action;
  guint status;
  const gchar *body;            /* "$" stands for the service's address */
  const gchar *header;
  const gchar *value;
} Rule;

#define ALWAYS 1000

typedef struct
{
  GMainContext *context;
  GMainLoop *loop;
  GThread *thread;
  SoupServer *server;
  gchar *base;
  GBytes *picture;
  const Rule *rules;            /* ended by one without times */
  guint struck[8];
  GPtrArray *paused;
  GPtrArray *late;              /* of the service's thread */
  gint counts[N_STAGES];        /* atomic */
  gint leaks;                   /* atomic: the key where it must not be */
  gint keyless;                 /* atomic: no key where it must be */
  GMutex lock;
  gchar *submitted;             /* the last body */
  gchar *uploaded_type;
  gsize uploaded_size;
  gchar *status_query;
} Service;

static gchar *
expand (Service * service, const gchar * text)
{
  GString *expanded = g_string_new (text);

  g_string_replace (expanded, "$", service->base, 0);
  return g_string_free (expanded, FALSE);
}

static void
answer (Service * service, SoupServerMessage * message, guint status,
    const gchar * body)
{
  gchar *text = expand (service, body);

  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, "application/json",
      SOUP_MEMORY_TAKE, text, strlen (text));
}

static Stage
find_stage (const gchar * method, const gchar * path)
{
  if (g_str_has_prefix (path, "/storage/upload/initiate"))
    return INITIATE;
  if (g_str_has_prefix (path, "/put"))
    return PUT;
  if (strcmp (path, "/owner/alias/sub") == 0)
    return SUBMIT;
  if (strcmp (path, "/owner/alias/requests/" ID "/status") == 0)
    return STATUS;
  if (strcmp (path, "/owner/alias/requests/" ID) == 0)
    return RESULT;
  if (strcmp (path, "/owner/alias/requests/" ID "/cancel") == 0)
    return CANCEL;
  if (g_str_has_prefix (path, "/picture"))
    return PICTURE;
  return OTHER;
}

/* TRUE where that is the answer. */
static gboolean
apply (Service * service, const Rule * rule, SoupServerMessage * message)
{
  switch (rule->action) {
    case ANSWER:
      if (rule->header)
        soup_message_headers_append (soup_server_message_get_response_headers
            (message), rule->header, rule->value);
      answer (service, message, rule->status, rule->body);
      return TRUE;
    case HANG:
      soup_server_message_pause (message);
      g_ptr_array_add (service->paused, g_object_ref (message));
      return TRUE;
    case BREAK:
      g_socket_shutdown (soup_server_message_get_socket (message), TRUE, TRUE,
          NULL);
      return TRUE;
    case LATE:
    default:
      soup_server_message_pause (message);
      g_ptr_array_add (service->late, g_object_ref (message));
      return FALSE;
  }
}

static void
note (Service * service, Stage stage, SoupServerMessage * message)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_request_headers (message);
  SoupMessageBody *body = soup_server_message_get_request_body (message);
  const gchar *key = soup_message_headers_get_one (headers, "Authorization");

  g_atomic_int_inc (&service->counts[stage]);
  if (stage == PUT || stage == PICTURE || stage == OTHER) {
    if (key)
      g_atomic_int_inc (&service->leaks);
  } else if (g_strcmp0 (key, "Key " KEY) != 0) {
    g_atomic_int_inc (&service->keyless);
  }

  g_mutex_lock (&service->lock);
  if (stage == SUBMIT) {
    g_free (service->submitted);
    service->submitted = g_strndup (body->data, body->length);
  } else if (stage == PUT) {
    g_free (service->uploaded_type);
    service->uploaded_type =
        g_strdup (soup_message_headers_get_one (headers, "Content-Type"));
    service->uploaded_size = body->length;
  } else if (stage == STATUS) {
    g_free (service->status_query);
    service->status_query =
        g_strdup (g_uri_get_query (soup_server_message_get_uri (message)));
  }
  g_mutex_unlock (&service->lock);
}

static void
answer_well (Service * service, Stage stage, SoupServerMessage * message)
{
  switch (stage) {
    case INITIATE:
      answer (service, message, 200,
          "{\"upload_url\":\"$/put/1?signature=abc\",\"file_url\":\"$/file\"}");
      break;
    case SUBMIT:
      answer (service, message, 200,
          "{\"status\":\"IN_QUEUE\",\"request_id\":\"" ID
          "\",\"queue_position\":0,\"logs\":null,\"metrics\":{}}");
      break;
    case STATUS:
      answer (service, message, 200, "{\"status\":\"COMPLETED\",\"request_id\":"
          "\"" ID "\",\"metrics\":{\"inference_time\":1.5}}");
      break;
    case RESULT:
      answer (service, message, 200, "{\"image\":{\"url\":\"$/picture.png\","
          "\"content_type\":\"image/png\"},\"seed\":9007199254740993}");
      break;
    case PICTURE:
      soup_server_message_set_status (message, 200, NULL);
      soup_server_message_set_response (message, "image/png",
          SOUP_MEMORY_COPY, g_bytes_get_data (service->picture, NULL),
          g_bytes_get_size (service->picture));
      break;
    default:
      answer (service, message, stage == OTHER ? 404 : 200, "{}");
      break;
  }
}

static void
handler (SoupServer * server, SoupServerMessage * message, const char *path,
    GHashTable * query, gpointer data)
{
  Service *service = data;
  Stage stage = find_stage (soup_server_message_get_method (message), path);
  const Rule *rule;
  guint i;

  note (service, stage, message);
  for (i = 0, rule = service->rules; rule && rule->times > 0; rule++, i++) {
    if (rule->stage != stage || service->struck[i] >= rule->times)
      continue;
    service->struck[i]++;
    if (apply (service, rule, message))
      return;
    break;
  }
  answer_well (service, stage, message);
}

static gpointer
service_run (gpointer data)
{
  Service *service = data;

  g_main_context_push_thread_default (service->context);
  g_main_loop_run (service->loop);
  g_main_context_pop_thread_default (service->context);
  return NULL;
}

static GBytes *
make_picture (guint width, guint height)
{
  CupPixels *pixels = cup_pixels_new (width, height, 3, 8, NULL);
  GError *error = NULL;
  GBytes *bytes;

  memset (pixels->data, 77, cup_pixels_get_size (pixels));
  bytes = cup_image_encode (pixels, CUP_IMAGE_PNG, 100, &error);
  g_assert_no_error (error);
  cup_pixels_unref (pixels);
  return bytes;
}

static Service *
service_new (const Rule * rules)
{
  Service *service = g_new0 (Service, 1);
  GError *error = NULL;
  GSList *uris;

  service->rules = rules;
  service->picture = make_picture (32, 16);
  service->context = g_main_context_new ();
  service->loop = g_main_loop_new (service->context, FALSE);
  service->paused = g_ptr_array_new_with_free_func (g_object_unref);
  service->late = g_ptr_array_new_with_free_func (g_object_unref);
  g_mutex_init (&service->lock);
  g_main_context_push_thread_default (service->context);
  service->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (service->server, NULL, handler, service, NULL);
  soup_server_listen_local (service->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY,
      &error);
  g_assert_no_error (error);
  g_main_context_pop_thread_default (service->context);
  uris = soup_server_get_uris (service->server);
  service->base = g_strdup_printf ("http://127.0.0.1:%d",
      g_uri_get_port (uris->data));
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  service->thread = g_thread_new ("service", service_run, service);
  return service;
}

static gboolean
service_stop (gpointer data)
{
  Service *service = data;

  soup_server_disconnect (service->server);
  g_ptr_array_set_size (service->paused, 0);
  g_ptr_array_set_size (service->late, 0);
  g_main_loop_quit (service->loop);
  return G_SOURCE_REMOVE;
}

static void
service_free (Service * service)
{
  GSource *source = g_idle_source_new ();

  g_assert_cmpint (g_atomic_int_get (&service->leaks), ==, 0);
  g_assert_cmpint (g_atomic_int_get (&service->keyless), ==, 0);
  g_source_set_callback (source, service_stop, service, NULL);
  g_source_attach (source, service->context);
  g_source_unref (source);
  g_thread_join (service->thread);
  while (g_main_context_iteration (service->context, FALSE));
  g_object_unref (service->server);
  g_ptr_array_unref (service->paused);
  g_ptr_array_unref (service->late);
  g_main_loop_unref (service->loop);
  g_main_context_unref (service->context);
  g_bytes_unref (service->picture);
  g_mutex_clear (&service->lock);
  g_free (service->submitted);
  g_free (service->uploaded_type);
  g_free (service->status_query);
  g_free (service->base);
  g_free (service);
}

static gboolean
answer_late (gpointer data)
{
  Service *service = data;
  guint i;

  for (i = 0; i < service->late->len; i++)
    soup_server_message_unpause (g_ptr_array_index (service->late, i));
  g_ptr_array_set_size (service->late, 0);
  return G_SOURCE_REMOVE;
}

/* What is LATE is answered now. */
static inline void
service_answer_late (Service * service)
{
  g_main_context_invoke (service->context, answer_late, service);
}

static gint
count (Service * service, Stage stage)
{
  return g_atomic_int_get (&service->counts[stage]);
}

static void
wait_for (Service * service, Stage stage, gint times)
{
  while (count (service, stage) < times)
    g_usleep (MS);
}
