/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A proxy as a user writes it.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A resolver that answers everything with @url. NULL and CUP_ERROR_SETTINGS
 * where @url is not that of a proxy; the error shows it redacted. */
GProxyResolver *cup_proxy_resolver_new (const gchar * url, GError ** error);

G_END_DECLS
