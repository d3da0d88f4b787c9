/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * HTTP on a thread apart.
 *
 * A CupHttp is somebody's access to a thread with a GMainContext in which
 * libsoup sessions live. All that is done with it happens on that thread:
 * others get there by cup_http_invoke(). Nothing here blocks a caller, with the
 * exception of cup_http_join().
 *
 * Several may share the thread, and where they have the same options their
 * connections: CupHttpShared. Each has its own requests, and its own end. What
 * is called on the thread must not block: the others would wait, too.
 *
 * Every request has a limit for the size of the answer, and limits in time;
 * TLS certificates are always verified; nothing is redirected behind the
 * caller's back; no cookie is kept, nothing is decompressed.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _CupHttp CupHttp;
typedef struct _CupHttpShared CupHttpShared;
typedef struct _CupHttpResponse CupHttpResponse;
typedef struct _CupHttpWatch CupHttpWatch;

/* What is common to several CupHttp. By itself it is nothing but a place to
 * meet: there is a thread as long as there is one that has not ended. Any
 * thread. */
CupHttpShared *cup_http_shared_new (void);
CupHttpShared *cup_http_shared_ref (CupHttpShared * shared);
void cup_http_shared_unref (CupHttpShared * shared);

/* How long a closed CupHttp waits for requests that are still under way. */
#define CUP_HTTP_CLOSE_TIMEOUT (2 * G_USEC_PER_SEC)

/**
 * CupHttpOptions:
 * @tls_database: (nullable): the authorities that are trusted instead of this
 *   machine's
 * @proxy: (nullable): "http://host:port", "socks5://host:port" or the like for
 *   every request that is not to this machine; NULL for this machine's settings
 * @tls_ca_file: (nullable): the same from a PEM file, where there is no
 *   @tls_database
 * @connect_timeout: what the requests will have, as far as that matters to
 * @inactivity_timeout: others: on a connection one waits until another has made
 *   it, and loses it with who finds it dead
 *
 * Connections are shared where all of these are the same; a file is not if its
 * content has changed meanwhile.
 */
typedef struct
{
  GTlsDatabase *tls_database;
  const gchar *proxy;
  const gchar *tls_ca_file;
  gint64 connect_timeout;
  gint64 inactivity_timeout;
} CupHttpOptions;

/* On the thread of @shared, or on one of its own. @options: (nullable). NULL
 * and CUP_ERROR_UNSUPPORTED where libsoup cannot be used, see soup.h,
 * CUP_ERROR_SETTINGS for a proxy or a file that makes no sense, or
 * CUP_ERROR_FAILED where no thread can be had. cup_http_close() must be called
 * before the last reference goes, which may be on the HTTP thread. */
CupHttp *cup_http_new_shared (CupHttpShared * shared,
    const CupHttpOptions * options, GError ** error);
CupHttp *cup_http_new (const CupHttpOptions * options, GError ** error);
CupHttp *cup_http_ref (CupHttp * http);
void cup_http_unref (CupHttp * http);

/* Runs @func once on the HTTP thread, soon, in the order of the calls, and
 * frees @data by @destroy. Any thread; from the HTTP thread too it is never
 * run from within the call. FALSE where @http has ended: nothing was done, @data
 * is still the caller's. */
gboolean cup_http_invoke (CupHttp * http, void (*func) (gpointer data),
    gpointer data, GDestroyNotify destroy);
gboolean cup_http_is_current_thread (CupHttp * http);

/* Starts to end: requests of @http that are under way, and those that follow
 * from their answers, may finish for CUP_HTTP_CLOSE_TIMEOUT at most; what is
 * left then is completed with G_IO_ERROR_CANCELLED. Nobody else's request is
 * touched; the thread ends with the last one that uses it. Any thread, does not
 * block, may be called again. */
void cup_http_close (CupHttp * http);
/* Waits until a closed CupHttp has ended, and the thread where it is the last
 * one, no longer than what is left of CUP_HTTP_CLOSE_TIMEOUT. Returns at once
 * on the HTTP thread itself. TRUE where it has ended. */
gboolean cup_http_join (CupHttp * http);

/* HTTP thread only, from here on. */

/* Calls @func once after @delay microseconds. g_source_destroy() to stop it,
 * g_source_unref() in any case. */
GSource *cup_http_add_timer (CupHttp * http, gint64 delay,
    void (*func) (gpointer data), gpointer data);
/* Calls @func once on the HTTP thread after @cancellable is cancelled from
 * whatever thread, or has been. */
CupHttpWatch *cup_http_watch_cancellable (CupHttp * http,
    GCancellable * cancellable, void (*func) (gpointer data), gpointer data);
/* @func is not called any more. May be called from within it. */
void cup_http_unwatch (CupHttpWatch * watch);

/* A piece of the body of an answer with a status of 2xx, in order. Must not
 * send or cancel from within. */
typedef void (*CupHttpData) (const guint8 * data, gsize size,
    gpointer user_data);

/**
 * CupHttpRequest:
 * @method: "GET", "PUT" or "POST"
 * @url: has to keep the rule of url.h
 * @headers: (nullable) (array zero-terminated=1): names and values in turn.
 *   They are not sent along where a redirect is followed
 * @body: (nullable): what is sent
 * @content_type: (nullable): of @body
 * @max_size: bytes of an answer's body that are accepted
 * @connect_timeout: microseconds from the begin of connecting (resolving the
 *   name) until the connection stands, with TLS. Waiting for one of the
 *   session's connections to get free does not count
 * @inactivity_timeout: microseconds without a byte in either direction
 * @max_idle: microseconds. A connection that stands already is used only where
 *   it was active within that time, or is in use: for what must not be sent
 *   twice. 0 for any connection
 * @deadline: g_get_monotonic_time() when it must be over, 0 for none
 * @follow_redirects: whether a GET may go elsewhere, up to five times. If not,
 *   a redirect is an error
 * @public_only: whether only hosts of the public network are talked to: a
 *   name that turns out to stand for this machine, a private network or a link
 *   is CUP_ERROR_BAD_DATA, and nothing is sent there. Where a proxy is used
 *   the address is the proxy's concern, and only hosts that are written as an
 *   address are looked at. Holds for redirects too
 * @public_redirects: the same for what comes after a redirect that leads to
 *   another origin
 * @sending: (nullable): set to TRUE when bytes of it may have begun to go out;
 *   has to stay valid until it is done
 * @on_data: (nullable): gets the body piece by piece instead of the response,
 *   which is empty then; @max_size is for all pieces together. Answers with a
 *   status other than 2xx are as always, and have 1 MiB at most. A body that does not tell its length
 *   and was cut may look like one that has ended
 * @cancellable: (nullable): may be cancelled from any thread
 *
 * All of it is copied or referenced. Timeouts of 0 are none.
 */
typedef struct
{
  const gchar *method;
  const gchar *url;
  const gchar *const *headers;
  GBytes *body;
  const gchar *content_type;
  gsize max_size;
  gint64 connect_timeout;
  gint64 inactivity_timeout;
  gint64 max_idle;
  gint64 deadline;
  gboolean follow_redirects;
  gboolean public_only;
  gboolean public_redirects;
  gboolean *sending;
  CupHttpData on_data;
  GCancellable *cancellable;
} CupHttpRequest;

/* The stage in the details of an error after which it is certain that nothing
 * of the request has been sent. */
#define CUP_HTTP_STAGE_CONNECT "connect"

/* One of @response and @error is NULL; both belong to the caller of this
 * function. Any answer that came completely is a @response, whatever its
 * status. Errors are of CUP_ERROR (NETWORK, CERTIFICATE, TIMEOUT, TOO_LARGE,
 * BAD_DATA; SETTINGS for a URL against the rule) and name the host, but no path, query
 * or header; or G_IO_ERROR_CANCELLED. */
typedef void (*CupHttpDone) (CupHttpResponse * response, const GError * error,
    gpointer user_data);

/* Sends @request. @done is called once, never from within this function. */
void cup_http_send (CupHttp * http, const CupHttpRequest * request,
    CupHttpDone done, gpointer user_data);

guint cup_http_response_get_status (CupHttpResponse * response);
GBytes *cup_http_response_get_body (CupHttpResponse * response);
/* NULL where there is no such header. @name in any case. */
const gchar *cup_http_response_get_header (CupHttpResponse * response,
    const gchar * name);
/* What the Retry-After header asks for, in seconds or as a date: microseconds
 * from now, at least 0; -1 where there is none that can be understood. */
gint64 cup_http_response_get_retry_after (CupHttpResponse * response);

G_END_DECLS
