/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A picture's file in memory. The name may come from outside.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* All of the regular file at @path, 1 GiB at most. Does not wait for what is no
 * file (a pipe, a device), which is CUP_ERROR_UNSUPPORTED; ends early with
 * G_IO_ERROR_CANCELLED. G_FILE_ERROR for what the system says. */
GBytes *cup_image_read_file (const gchar * path, GCancellable * cancellable,
    GError ** error);

G_END_DECLS
