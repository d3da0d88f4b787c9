/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The sockets below libsoup's connections, to be able to break a dead one.
 *
 * On HTTP/2 all requests to a host share one connection, and libsoup (3.2)
 * goes on using it whatever happens to single requests: it does not notice
 * that the other side has silently gone (a NAT that forgot it, a network that
 * changed) before TCP gives up after a quarter of an hour, and a request that
 * is cancelled ends only when something else is read. So it is noted which
 * connections carry bytes. Where a request times out on one that has been
 * silent for everybody, its socket is shut down, and libsoup takes a new one.
 *
 * Servers close connections that are idle, some after five seconds. What is sent
 * just then is lost, and whether it was looked at is not known. So a request
 * that must not be sent twice gets a connection that was active just now.
 *
 * HTTP thread only.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _CupConnections CupConnections;

CupConnections *cup_connections_new (void);
void cup_connections_free (CupConnections * connections);

/* @id is libsoup's. @uri: where it leads to. */
void cup_connections_add (CupConnections * connections, guint64 id,
    GSocket * socket, GUri * uri);
/* A request is under way on it, until it leaves. */
void cup_connections_enter (CupConnections * connections, guint64 id,
    gboolean is_post);
void cup_connections_leave (CupConnections * connections, guint64 id,
    gboolean is_post);
/* Shuts those to the origin of @uri down that have no request and have been
 * silent since before @since. A server does not take one with a request for
 * idle. */
void cup_connections_break_idle (CupConnections * connections, GUri * uri,
    gint64 since);
void cup_connections_note_activity (CupConnections * connections, guint64 id,
    gint64 now);
/* Shuts the connection down where nothing has come or gone since @since. */
void cup_connections_break_if_silent (CupConnections * connections, guint64 id,
    gint64 since);
void cup_connections_break (CupConnections * connections, guint64 id);
void cup_connections_break_all (CupConnections * connections);

G_END_DECLS
