/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which addresses belong to the public network, and which hosts are none.
 *
 * An answer of a service names the host that a result is fetched from. It must
 * not name one that only this machine can reach: a router's page, a cloud's
 * metadata service, a database on localhost. After the registries of special
 * purpose addresses (RFC 6890 and what IANA has added since).
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* NULL where @address is of the public network; otherwise why not, as in "it
 * stands for 10.0.0.1, an address of a private network". */
gchar *cup_address_find_fault (GInetAddress * address);
/* The same for a host, where it is written as an address, in whatever spelling
 * a resolver or a proxy may take for one, or is a name of this machine. NULL
 * for other names: what they stand for is not known yet. */
gchar *cup_address_find_host_fault (const gchar * host);

G_END_DECLS
