/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libsoup 3, loaded at run time.
 *
 * libsoup 3 aborts the whole process from its library constructor where
 * libsoup 2 is there already, and a plugin cannot know what its application
 * has loaded. So the plugin does not link to it: it looks for libsoup 2 first,
 * and loads libsoup 3 only where that is safe. What the plugin calls is listed
 * once, below, and called through the table that cup_soup_get() returns.
 *
 * The macros of libsoup's headers that hide a call (SOUP_TYPE_…, SOUP_SESSION
 * and its like, SOUP_SESSION_ERROR) must not be used: they would need the
 * library linked.
 */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

#define CUP_SOUP_FUNCTIONS(X)                   \
  X (auth_manager_get_type)                     \
  X (content_decoder_get_type)                  \
  X (date_time_new_from_http_string)            \
  X (message_add_flags)                         \
  X (message_disable_feature)                   \
  X (message_get_connection_id)                 \
  X (message_get_request_headers)               \
  X (message_get_response_headers)              \
  X (message_get_status)                        \
  X (message_get_tls_peer_certificate_errors)   \
  X (message_headers_append)                    \
  X (message_headers_get_content_length)        \
  X (message_headers_get_encoding)              \
  X (message_headers_get_one)                   \
  X (message_new_from_uri)                      \
  X (message_set_request_body_from_bytes)       \
  X (session_abort)                             \
  X (session_error_quark)                       \
  X (session_new_with_options)                  \
  X (session_remove_feature_by_type)            \
  X (session_send_async)                        \
  X (session_send_finish)                       \
  X (session_set_proxy_resolver)                \
  X (session_set_tls_database)

/* soup_session_send_async() is called as soup->session_send_async(). */
typedef struct
{
#define CUP_SOUP_MEMBER(name) __typeof__ (&soup_ ## name) name;
  CUP_SOUP_FUNCTIONS (CUP_SOUP_MEMBER)
#undef CUP_SOUP_MEMBER
} CupSoup;

/* The table, loaded on the first call; NULL and CUP_ERROR_UNSUPPORTED where
 * libsoup 2 is in the process or libsoup 3 is not to be had. The answer never
 * changes in a process. Any thread. */
const CupSoup *cup_soup_get (GError ** error);

G_END_DECLS
