/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Breaking dead connections: see connections.h.
 */
#include "connections.h"

#ifdef G_OS_UNIX
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#endif

#include "base/log.h"
#include "url.h"

/* Seconds, and a number: a peer that acknowledges nothing is found dead after
 * fifteen seconds of silence. */
#define PROBE_AFTER 5
#define PROBE_INTERVAL 5
#define PROBES 2

typedef struct
{
  guint64 id;                   /* the key */
  GSocket *socket;
  GUri *uri;                    /* of some request on it: its origin counts */
  guint n_requests;             /* under way */
  guint n_posts;                /* of these */
  gint64 active;
} Connection;

struct _CupConnections
{
  GHashTable *by_id;
};

static void
connection_free (gpointer data)
{
  Connection *connection = data;

  g_uri_unref (connection->uri);
  g_object_unref (connection->socket);
  g_free (connection);
}

CupConnections *
cup_connections_new (void)
{
  CupConnections *connections = g_new0 (CupConnections, 1);

  connections->by_id = g_hash_table_new_full (g_int64_hash, g_int64_equal,
      NULL, connection_free);
  return connections;
}

void
cup_connections_free (CupConnections * connections)
{
  g_hash_table_unref (connections->by_id);
  g_free (connections);
}

static gboolean
is_closed (gpointer key, gpointer value, gpointer user_data)
{
  return g_socket_is_closed (((Connection *) value)->socket);
}

/* The kernel asks whether the other side is still there. Where a POST is under
 * way it does not: an outage may pass, and the answer may still come. */
static void
update_probing (Connection * connection)
{
  if (!g_socket_is_closed (connection->socket))
    g_socket_set_option (connection->socket, SOL_SOCKET, SO_KEEPALIVE,
        connection->n_posts == 0, NULL);
}

static void
begin_probing (Connection * connection)
{
#ifdef TCP_KEEPIDLE
  GSocket *socket = connection->socket;

  g_socket_set_option (socket, IPPROTO_TCP, TCP_KEEPIDLE, PROBE_AFTER, NULL);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_KEEPINTVL, PROBE_INTERVAL,
      NULL);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_KEEPCNT, PROBES, NULL);
#endif
  update_probing (connection);
}

void
cup_connections_add (CupConnections * connections, guint64 id,
    GSocket * socket, GUri * uri)
{
  Connection *connection = g_new0 (Connection, 1);

  /* There is no other moment at which it is told that one is gone. */
  g_hash_table_foreach_remove (connections->by_id, is_closed, NULL);

  connection->id = id;
  connection->socket = g_object_ref (socket);
  connection->uri = g_uri_ref (uri);
  connection->active = g_get_monotonic_time ();
  begin_probing (connection);
  g_hash_table_replace (connections->by_id, &connection->id, connection);
}

void
cup_connections_enter (CupConnections * connections, guint64 id,
    gboolean is_post)
{
  Connection *connection = g_hash_table_lookup (connections->by_id, &id);

  if (!connection)
    return;
  connection->n_requests++;
  connection->n_posts += is_post;
  update_probing (connection);
}

void
cup_connections_leave (CupConnections * connections, guint64 id,
    gboolean is_post)
{
  Connection *connection = g_hash_table_lookup (connections->by_id, &id);

  if (!connection)
    return;
  connection->n_requests--;
  connection->n_posts -= is_post;
  update_probing (connection);
}

void
cup_connections_break_idle (CupConnections * connections, GUri * uri,
    gint64 since)
{
  GHashTableIter iter;
  Connection *connection;

  g_hash_table_iter_init (&iter, connections->by_id);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) & connection)) {
    if (connection->n_requests == 0 && connection->active < since
        && cup_url_same_origin (connection->uri, uri))
      g_socket_shutdown (connection->socket, TRUE, TRUE, NULL);
  }
}

void
cup_connections_note_activity (CupConnections * connections, guint64 id,
    gint64 now)
{
  Connection *connection = g_hash_table_lookup (connections->by_id, &id);

  if (connection)
    connection->active = now;
}

void
cup_connections_break_if_silent (CupConnections * connections, guint64 id,
    gint64 since)
{
  Connection *connection = g_hash_table_lookup (connections->by_id, &id);

  if (!connection || connection->active > since)
    return;
  cup_info ("a connection is dead and is not used any more");
  g_socket_shutdown (connection->socket, TRUE, TRUE, NULL);
}

void
cup_connections_break (CupConnections * connections, guint64 id)
{
  Connection *connection = g_hash_table_lookup (connections->by_id, &id);

  if (connection)
    g_socket_shutdown (connection->socket, TRUE, TRUE, NULL);
}

void
cup_connections_break_all (CupConnections * connections)
{
  GHashTableIter iter;
  Connection *connection;

  g_hash_table_iter_init (&iter, connections->by_id);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) & connection))
    g_socket_shutdown (connection->socket, TRUE, TRUE, NULL);
}
