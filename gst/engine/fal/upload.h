/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How a picture gets to the service: to the place in its storage that it gives
 * out (in one piece, or in parts where it is large), or inline as a "data:"
 * URI. Protocol: "Upload", generations A and B, and "data URI".
 *
 * HTTP thread only, except for the pure functions at the end.
 */
#pragma once

#include "api.h"
#include "image/image.h"

G_BEGIN_DECLS

typedef struct _CupFalUploader CupFalUploader;

/**
 * CupFalUploaderFuncs:
 * @retry: it will be tried again, or another way, because of @reason
 * @done: once: the URL under which the service finds the picture, or @error;
 *   both are the receiver's. @bytes: how many were sent
 */
typedef struct
{
  void (*retry) (const gchar * reason, gpointer user_data);
  void (*done) (gchar * url, guint64 bytes, GError * error,
      gpointer user_data);
} CupFalUploaderFuncs;

/* Stores the uploader in @slot, and clears that just before @done is called;
 * nothing is called from within. @funcs is static. */
void cup_fal_uploader_start (CupFalUploader ** slot, CupFalApi * api,
    GBytes * bytes, CupImageType type, const CupFalUploaderFuncs * funcs,
    gpointer user_data);
/* Takes it back, if there is one. */
void cup_fal_uploader_cancel (CupFalUploader ** slot);

/* Whether the settings say that a picture of @size goes inline without the
 * storage being asked. Any thread. */
gboolean cup_fal_goes_inline (CupFalApi * api, gsize size);
/* Returns "data:image/png;base64,…", or NULL where there is no memory for what is
 * made of it. Any thread. */
gchar *cup_fal_make_data_uri (GBytes * bytes, CupImageType type,
    GError ** error);

G_END_DECLS
