/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How an answer is made; what can be asked of it is in http.h.
 */
#pragma once

#include "http-private.h"

G_BEGIN_DECLS

/* Takes @body. */
CupHttpResponse *cup_http_response_new (CupHttp * http, SoupMessage * message,
    GBytes * body);
void cup_http_response_free (CupHttpResponse * response);

G_END_DECLS
