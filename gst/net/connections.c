/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Breaking dead connections: see connections.h.
 */
#include "connections.h"

#include "base/log.h"

typedef struct
{
  guint64 id;                   /* the key */
  GSocket *socket;
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

void
cup_connections_add (CupConnections * connections, guint64 id, GSocket * socket)
{
  Connection *connection = g_new0 (Connection, 1);

  /* There is no other moment at which it is told that one is gone. */
  g_hash_table_foreach_remove (connections->by_id, is_closed, NULL);

  connection->id = id;
  connection->socket = g_object_ref (socket);
  connection->active = g_get_monotonic_time ();
  g_hash_table_replace (connections->by_id, &connection->id, connection);
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
