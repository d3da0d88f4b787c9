/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The service's two ports: listening, and refusing for a while.
 *
 * A port that is not listened to is anybody's. So a socket is bound to it
 * meanwhile: connecting to that is refused as well, and it is what listens
 * again later.
 */
#include "misbehave.h"
#include "service-private.h"
#include "stream.h"

static SoupServer *
listen_on (CupFalService * service, guint port, guint * actual, GError ** error)
{
  SoupServer *server = soup_server_new ("server-header", "fal-service", NULL);
  GSList *uris;

  if (!soup_server_listen_local (server, port, SOUP_SERVER_LISTEN_IPV4_ONLY,
          error)) {
    g_prefix_error (error, "cannot listen on 127.0.0.1:%u: ", port);
    g_object_unref (server);
    return NULL;
  }
  uris = soup_server_get_uris (server);
  *actual = g_uri_get_port (uris->data);
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  soup_server_add_early_handler (server, NULL, cup_service_handle_early,
      service, NULL);
  soup_server_add_handler (server, NULL, cup_service_handle, service, NULL);
  return server;
}

gboolean
cup_service_listen (CupFalService * service, GError ** error)
{
  service->api = listen_on (service, service->options.port, &service->port,
      error);
  if (!service->api)
    return FALSE;
  service->files = listen_on (service, service->options.files_port,
      &service->files_port, error);
  if (!service->files)
    return FALSE;
  service->location = g_strdup_printf ("http://127.0.0.1:%u", service->port);
  service->files_origin =
      g_strdup_printf ("http://127.0.0.1:%u", service->files_port);
  return TRUE;
}

void
cup_service_disconnect (CupFalService * service)
{
  soup_server_disconnect (service->api);
  soup_server_disconnect (service->files);
  cup_service_misbehave_end (service);
  g_ptr_array_set_size (service->streams, 0);
}

void
cup_service_listen_clear (CupFalService * service)
{
  g_clear_object (&service->api);
  g_clear_object (&service->files);
  g_clear_object (&service->api_place);
  g_clear_object (&service->files_place);
}

static GSocket *
keep_port (guint port)
{
  GSocketAddress *address =
      g_inet_socket_address_new_from_string ("127.0.0.1", port);
  GError *error = NULL;
  GSocket *place;

  place = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM,
      G_SOCKET_PROTOCOL_TCP, &error);
  if (!place || !g_socket_bind (place, address, TRUE, &error))
    g_error ("cannot keep 127.0.0.1:%u: %s", port, error->message);
  g_object_unref (address);
  return place;
}

static void
listen_again (SoupServer * server, GSocket ** place, guint port)
{
  GError *error = NULL;

  if (!g_socket_listen (*place, &error)
      || !soup_server_listen_socket (server, *place, 0, &error))
    g_error ("cannot listen on 127.0.0.1:%u again: %s", port, error->message);
  g_clear_object (place);
}

static void
apply (CupFalService * service, gboolean refusing)
{
  if (refusing) {
    cup_service_disconnect (service);
    service->api_place = keep_port (service->port);
    service->files_place = keep_port (service->files_port);
  } else {
    listen_again (service->api, &service->api_place, service->port);
    listen_again (service->files, &service->files_place, service->files_port);
  }
}

static gboolean
on_change (gpointer data)
{
  CupFalService *service = data;
  gboolean refusing;

  /* Disconnecting iterates the context: another change can come meanwhile. */
  if (service->changing)
    return G_SOURCE_REMOVE;
  service->changing = TRUE;
  g_mutex_lock (&service->mutex);
  while (service->refusing != service->refusing_wanted) {
    refusing = service->refusing_wanted;
    g_mutex_unlock (&service->mutex);
    apply (service, refusing);
    g_mutex_lock (&service->mutex);
    service->refusing = refusing;
    g_cond_broadcast (&service->changed);
  }
  g_mutex_unlock (&service->mutex);
  service->changing = FALSE;
  return G_SOURCE_REMOVE;
}

void
cup_fal_service_set_refusing (CupFalService * service, gboolean refusing)
{
  g_return_if_fail (g_thread_self () != service->thread);

  g_mutex_lock (&service->mutex);
  service->refusing_wanted = !!refusing;
  g_main_context_invoke (service->context, on_change, service);
  while (service->refusing != service->refusing_wanted)
    g_cond_wait (&service->changed, &service->mutex);
  g_mutex_unlock (&service->mutex);
}
