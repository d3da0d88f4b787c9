/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Connections that misbehave: taken from libsoup, which would not do any of
 * this, and written to by hand.
 */
#pragma once

#include "service-private.h"

G_BEGIN_DECLS

/* Takes the connection of @message as soon as its handler has returned. Its
 * response, so far as it has been made, is what is sent badly. @stage is for
 * the form of an endless body. */
void cup_service_misbehave (CupFalService * service, SoupServer * server,
    SoupServerMessage * message, const CupServiceFault * fault,
    CupFalStage stage);
/* Takes it as well, sends what there is of the head, begins a chunk with
 * @text, of which only @length bytes are sent, and then closes the connection
 * or resets it. */
void cup_service_break_off (CupFalService * service, SoupServer * server,
    SoupServerMessage * message, const gchar * text, gsize length,
    gboolean reset);
/* Closes all of them; iterates the service's context. */
void cup_service_misbehave_end (CupFalService * service);

G_END_DECLS
