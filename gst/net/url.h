/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which URLs are talked to at all, and which are the same place.
 *
 * One rule for every request, wherever its URL came from: https, or http to
 * this machine only, where nothing can be read on the way. No user
 * information: it would be a secret in a place where nobody expects one.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Parses @url and checks it against the rule. NULL and CUP_ERROR_SETTINGS
 * where it does not keep it; the error shows @url redacted. */
GUri *cup_url_parse (const gchar * url, GError ** error);
/* The same for the target of a redirect, which may be relative to @base. */
GUri *cup_url_parse_relative (GUri * base, const gchar * url, GError ** error);

/* Whether @uri names this machine: localhost, 127.0.0.0/8 or ::1. */
gboolean cup_url_is_loopback (GUri * uri);
/* Whether @address is one of the public network: not of this machine, a private
 * network (RFC 1918, RFC 6598, unique local), a link, a group, or reserved;
 * IPv4 within IPv6 is looked at too. */
gboolean cup_url_address_is_public (GInetAddress * address);
/* FALSE where @uri's host is written as an address that is not public, or in an
 * unusual spelling ("0x7f.1"), or is "localhost" or below ".localhost". A name
 * may still turn out to be private: CupHttpRequest.public_only. */
gboolean cup_url_may_be_public (GUri * uri);
/* Scheme, host and port. */
gboolean cup_url_same_origin (GUri * a, GUri * b);
/* "host" or "host:port", for messages. */
gchar *cup_url_get_authority (GUri * uri);

G_END_DECLS
