/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who is using the store: a file DIR/owners/ID.lock that is locked (flock)
 * as long as its owner lives. The kernel takes the lock away with the process,
 * however it ends; a pid may be another process's by then, and a time says
 * nothing of a process that was stopped.
 *
 * Files in owners/ that begin with an owner's ID are that owner's: what it is
 * writing. Inside the store only; any thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _CupOwner CupOwner;

/* @directory is the store's. */
CupOwner *cup_owner_new (const gchar * directory, GError ** error);
/* Gives the lock back, and removes its file. */
void cup_owner_free (CupOwner * owner);

/* 32 hexadecimal digits, never used before. */
const gchar *cup_owner_get_id (CupOwner * owner);
/* DIR/owners/ID.@suffix, to be freed. */
gchar *cup_owner_get_path (CupOwner * owner, const gchar * suffix);
/* One that no other call has had: for a new file. */
gchar *cup_owner_get_new_path (CupOwner * owner);

/* Whether the owner @id is alive. FALSE for anything that is no ID. */
gboolean cup_owner_is_alive (const gchar * directory, const gchar * id);

/* Whether any owner is alive. */
gboolean cup_owner_is_any_alive (const gchar * directory);

/* Called with the name behind "ID." of a file that an owner left behind. Where
 * it returns TRUE, the file is removed afterwards. */
typedef gboolean (*CupOwnerLeftFunc) (const gchar * id, const gchar * suffix,
    gpointer user_data);
/* For all files of owners that are dead. Another process may do the same at
 * the same time. */
void cup_owner_clean_up (const gchar * directory, CupOwnerLeftFunc func,
    gpointer user_data);

G_END_DECLS
