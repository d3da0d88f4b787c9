/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pictures for looking at: what was reduced, and what the engine makes of the
 * rest at several values of each field, side by side.
 */
#pragma once

#include "image/pixels.h"

G_BEGIN_DECLS

/* Shows so much less of each picture, its pixels so many times as large (1). */
void crops_set_zoom (guint zoom);

/* Says what is where on a sheet. */
void crops_print_legend (void);

/* Writes @directory/@name.png of the middle of @original, 8 bits. @quality is of
 * the JPEG that it goes through when it was reduced, 0 for none. */
gboolean crops_write (const gchar * directory, const gchar * name,
    const CupPixels * original, guint quality, GError ** error);
/* The same of all samples. */
gboolean crops_write_samples (const gchar * directory, GError ** error);

G_END_DECLS
