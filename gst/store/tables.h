/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The index's tables (docs/store.md), and how older ones become those of
 * today. Inside the store only.
 */
#pragma once

#include "database.h"

G_BEGIN_DECLS

/* In the file's header: whose it is. */
#define CUP_TABLES_APPLICATION_ID 0x43557073

/* Brings the tables to the version of today, one transaction a step: whoever is
 * killed in between leaves an older version that is whole. CUP_ERROR_UNSUPPORTED
 * where they are of a newer one, or where the file is another program's. The
 * caller has the store's folder locked. */
gboolean cup_tables_migrate (CupDatabase * database, GError ** error);
/* That they are of today's version. */
gboolean cup_tables_check (CupDatabase * database, GError ** error);

/* The above with steps of the caller's: steps[i] goes from version i to i + 1. */
gboolean cup_tables_migrate_steps (CupDatabase * database,
    const gchar * const *steps, guint n_steps, GError ** error);

G_END_DECLS
