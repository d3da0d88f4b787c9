/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files of the store: written so that they are on the disk, and their errors
 * as the store's. Inside the store only; any thread.
 */
#pragma once

#include "key.h"

G_BEGIN_DECLS

/* CUP_ERROR_NO_SPACE, CUP_ERROR_READ_ONLY or CUP_ERROR_FAILED, with what the
 * system says. @doing: "cannot write" and the like. */
void cup_file_set_error (GError ** error, gint number, const gchar * doing,
    const gchar * path);

/* Returns the mode of what is made as @path, less the umask: 0600, or 0660 in a
 * folder that is setgid and that its group may write, which is one that users of a
 * group share. A folder adds the bits to search it. */
guint cup_file_get_mode (const gchar * path);

/* Makes the folder, and those above it, with that mode. TRUE where it is
 * there already. What is new is on the disk afterwards. */
gboolean cup_file_make_folder (const gchar * path, GError ** error);
/* What was renamed into it, or made in it, stays. */
gboolean cup_file_sync_folder (const gchar * path, GError ** error);
/* A new file; on the disk afterwards, or removed again. */
gboolean cup_file_write (const gchar * path, GBytes * bytes, GError ** error);
/* All of a regular file that has to have @size bytes. @damaged: whether the
 * error is one of the file, and not of the circumstances. */
GBytes *cup_file_read (const gchar * path, guint64 size, gboolean * damaged,
    GError ** error);

/* Where a result's file is in the store @directory, by what its row says; NULL
 * where @type is none that the store has. "results/ab/abcd….png", or for a later
 * generation "…-2.png". */
gchar *cup_file_get_result_path (const gchar * directory,
    const CupStoreKey * key, const gchar * type, gint64 generation);

G_END_DECLS
