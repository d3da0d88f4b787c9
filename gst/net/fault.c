/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The words for what can go wrong with an exchange.
 *
 * They name the host, the reason, and the next step, but no path, query or
 * header: see CupHttpDone.
 */
#include "exchange.h"

#include "base/error.h"
#include "redact.h"
#include "url.h"

GError *
cup_exchange_new_timeout (CupExchange * exchange, const gchar * what,
    gint64 limit)
{
  gchar *host = cup_url_get_authority (exchange->uri);
  GError *error = g_error_new (CUP_ERROR, CUP_ERROR_TIMEOUT,
      "%s: %s for %g s; check the network and the service, or allow more time",
      host, what, (gdouble) limit / G_USEC_PER_SEC);

  g_free (host);
  return error;
}

GError *
cup_exchange_new_too_large (CupExchange * exchange, goffset size)
{
  gchar *host = cup_url_get_authority (exchange->uri);
  GError *error;

  if (size >= 0)
    error = g_error_new (CUP_ERROR, CUP_ERROR_TOO_LARGE,
        "%s sends an answer of %" G_GOFFSET_FORMAT " bytes, over the limit of "
        "%" G_GSIZE_FORMAT, host, size, exchange->max_size);
  else
    error = g_error_new (CUP_ERROR, CUP_ERROR_TOO_LARGE,
        "%s sends an answer of more than the %" G_GSIZE_FORMAT " bytes that "
        "are the limit", host, exchange->max_size);
  g_free (host);
  return error;
}

GError *
cup_exchange_new_informational (CupExchange * exchange, guint limit)
{
  guint status = cup_exchange_get_status (exchange);
  gchar *host = cup_url_get_authority (exchange->uri);
  GError *error = g_error_new (CUP_ERROR, CUP_ERROR_BAD_DATA,
      "%s sends more than %u informational answers (the last one is HTTP %u) "
      "before the answer to the request; check that this is the service's "
      "address", host, limit, status);

  g_free (host);
  return error;
}

GError *
cup_exchange_new_truncated (CupExchange * exchange)
{
  gchar *host = cup_url_get_authority (exchange->uri);
  GError *error = g_error_new (CUP_ERROR, CUP_ERROR_NETWORK,
      "the connection to %s broke: %" G_GSIZE_FORMAT " bytes came of an "
      "answer of %" G_GOFFSET_FORMAT, host, exchange->received,
      exchange->expected);

  g_free (host);
  return error;
}

GError *
cup_exchange_new_not_public (CupExchange * exchange, const gchar * fault)
{
  gchar *host = cup_url_get_authority (exchange->uri);
  GError *error = g_error_new (CUP_ERROR, CUP_ERROR_BAD_DATA,
      "%s is refused: %s; where an answer sends us has to be in the public "
      "network", host, fault);

  g_free (host);
  return error;
}

GError *
cup_exchange_new_no_tunnel (CupExchange * exchange)
{
  guint status = cup_exchange_get_status (exchange);
  gchar *host = cup_url_get_authority (exchange->uri);
  GError *error = g_error_new (CUP_ERROR, CUP_ERROR_NETWORK,
      "the proxy does not connect to %s (HTTP %u): %s", host, status,
      status == SOUP_STATUS_PROXY_UNAUTHORIZED ?
      "it wants a user name and a password that it accepts" :
      "check that it is the right one and lets this host through");

  g_free (host);
  return error;
}

GError *
cup_exchange_new_bad_redirect (CupExchange * exchange, const gchar * location,
    const gchar * why)
{
  gchar *host = cup_url_get_authority (exchange->uri);
  gchar *shown = cup_redact_url (location);
  GError *error = g_error_new (CUP_ERROR, CUP_ERROR_BAD_DATA,
      "%s redirects (HTTP %u) to %s: %s", host,
      cup_exchange_get_status (exchange), shown, why);

  g_free (shown);
  g_free (host);
  return error;
}

/* Adds @text, which ends in what to do. */
static void
add_cause (GString * causes, const gchar * text)
{
  g_string_append (causes, causes->len > 0 ? "; " : ": ");
  g_string_append (causes, text);
}

static void
add_clock (GString * causes, const gchar * text)
{
  GDateTime *now = g_date_time_new_now_utc ();
  gchar *time = g_date_time_format (now, "%Y-%m-%d %H:%M UTC");
  gchar *cause = g_strdup_printf ("%s; check this machine's clock, which says "
      "%s", text, time);

  add_cause (causes, cause);
  g_free (cause);
  g_free (time);
  g_date_time_unref (now);
}

/* Why the certificate is not trusted, and what to do. The clock comes first: a
 * wrong one makes the other causes look true as well. */
static gchar *
describe_certificate (CupExchange * exchange)
{
  GTlsCertificateFlags flags =
      exchange->http->soup->message_get_tls_peer_certificate_errors
      (exchange->message);
  GString *causes = g_string_new (NULL);

  if (flags & G_TLS_CERTIFICATE_NOT_ACTIVATED)
    add_clock (causes, "it is not valid yet");
  if (flags & G_TLS_CERTIFICATE_EXPIRED)
    add_clock (causes, "it has expired");
  if (flags & G_TLS_CERTIFICATE_UNKNOWN_CA)
    add_cause (causes, exchange->http->sessions->tls_database ?
        "it is not signed by an authority of tls-ca-file or tls-database; add "
        "the server's authority there" :
        "it is not signed by an authority that this machine trusts; install or "
        "update the package ca-certificates, or name the server's own "
        "authority with tls-ca-file");
  if (flags & G_TLS_CERTIFICATE_BAD_IDENTITY)
    add_cause (causes, "it is for another host; check the address");
  if (flags & G_TLS_CERTIFICATE_REVOKED)
    add_cause (causes, "it has been revoked; ask who runs the server");
  return g_string_free (causes, FALSE);
}

static GError *
new_untrusted (CupExchange * exchange, const gchar * host,
    const GError * reason)
{
  gchar *causes = describe_certificate (exchange);
  GError *error = g_error_new (CUP_ERROR, CUP_ERROR_CERTIFICATE,
      "no secure connection to %s: %s%s", host, reason->message, causes);

  g_free (causes);
  return error;
}

GError *
cup_exchange_translate (CupExchange * exchange, const GError * reason)
{
  const CupSoup *soup = exchange->http->soup;
  gchar *host = cup_url_get_authority (exchange->uri);
  GError *error;

  if (reason->domain == soup->session_error_quark ()
      && (reason->code == SOUP_SESSION_ERROR_PARSING
          || reason->code == SOUP_SESSION_ERROR_ENCODING))
    error = g_error_new (CUP_ERROR, CUP_ERROR_BAD_DATA,
        "%s does not answer in HTTP: %s; check that this is the service's "
        "address", host, reason->message);
  else if (g_error_matches (reason, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    error = g_error_new (CUP_ERROR, CUP_ERROR_TIMEOUT,
        "%s: %s; check the network and the service", host, reason->message);
  else if (g_error_matches (reason, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE))
    error = new_untrusted (exchange, host, reason);
  else if (reason->domain == G_TLS_ERROR)
    error = g_error_new (CUP_ERROR, CUP_ERROR_NETWORK,
        "no secure connection to %s: %s", host, reason->message);
  else if (exchange->active_since == 0)
    error = g_error_new (CUP_ERROR, CUP_ERROR_NETWORK,
        "%s cannot be reached: %s; check the address and the network", host,
        reason->message);
  else
    error = g_error_new (CUP_ERROR, CUP_ERROR_NETWORK,
        "the connection to %s broke: %s", host, reason->message);
  g_free (host);
  return error;
}
