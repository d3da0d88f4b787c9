/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of the store share. Inside the store only.
 *
 * Locks: database->lock (of the writer), then that of the reader, then
 * store->lock; none of them while a file is read or written, but that renaming
 * and removing results is done with the writer's lock and inside a transaction:
 * that makes it one step for other threads and processes. So nobody removes a
 * file that another is about to refer to.
 */
#pragma once

#include "database.h"
#include "digest.h"
#include "owner.h"
#include "results.h"

G_BEGIN_DECLS

struct _CupStore
{
  gint ref_count;
  gchar *directory;
  CupDatabase *reader;          /* so that lookups do not wait for an fsync() */
  CupDatabase *writer;          /* (nullable): and owner, where read-only */
  CupOwner *owner;
  GError *refusal;              /* (nullable): why it is read-only */

  GMutex lock;
  GCond changed;                /* the journal has, by this process */
  guint64 serial;               /* how often */
  GHashTable *touched;          /* set of keys that were used */
  gint has_lost;                /* atomic: a file had no row */
  GError *notice;               /* (nullable): see cup_store_get_notice() */
};

/* What a row says of its file. */
typedef struct
{
  gchar *type;
  gint64 generation;
  gint64 size;
  gboolean has_digest;
  guint8 digest[CUP_DIGEST_SIZE];
  gint64 created;
  gint64 used;
} CupStoreEntry;

/* Sets what the picture is, taken from its bytes, or why that cannot be had. */
void cup_store_read_picture (CupStoreRecord * record, const gchar * path);
/* Inside a transaction: the row of @key, instead of one that is there. */
gboolean cup_store_write_row (CupStore * store, const CupStoreKey * key,
    const CupStoreRecord * record, const CupStoreEntry * entry,
    GError ** error);

/* What the index has lost (adopt.c). Returns whether results/ has a file of @key that
 * is not on its way out. @database is locked by the caller. */
gboolean cup_store_has_file (CupStore * store, CupDatabase * database,
    const CupStoreKey * key, gboolean * found, GError ** error);
/* No lock held. TRUE with the record of a file without a row, which gets one where
 * something can be written, or with NULL where there is no such file. */
gboolean cup_store_adopt (CupStore * store, const CupStoreKey * key,
    CupStoreRecord ** record, GError ** error);
/* The row of @key and its file differ. Returns whether the file shows by its own
 * checksums that it is whole: then the row was wrong, and @record is made anew. */
gboolean cup_store_readopt (CupStore * store, const CupStoreKey * key,
    CupStoreRecord ** record);
/* Inside a transaction, in a new index: gives rows to all files that have none. */
gboolean cup_store_adopt_all (CupStore * store, guint * n, GError ** error);

/* Moves a damaged @index aside, and makes a new one of what can be read of it, and of
 * the files. @open opens the new one. The folder is locked, and nobody else has it
 * open. */
gboolean cup_store_rebuild (CupStore * store, const gchar * index,
    gboolean (*open) (CupStore * store, const gchar * index, GError ** error),
    GError ** error);
/* Whether a run before this one has found that the index has to be made anew. */
gboolean cup_store_wants_rebuild (CupStore * store);
void cup_store_ask_for_rebuild (CupStore * store);

/* Microseconds since 1970: what is in the tables. */
gint64 cup_store_get_time (void);

/* A transaction of the writer, whose lock is held from here to the end. */
gboolean cup_store_begin (CupStore * store, GError ** error);
gboolean cup_store_commit (CupStore * store, GError ** error);
void cup_store_rollback (CupStore * store);
/* Wakes those who wait for a change of the journal. No lock held. */
void cup_store_notify (CupStore * store);

/* Inside a transaction: removes a file that no row refers to. */
gboolean cup_store_remove_file (CupStore * store, const CupStoreKey * key,
    const gchar * type, gint64 generation, GError ** error);
/* Removes up to @max files whose rows are gone. FALSE where that failed; what
 * is left is found again. */
gboolean cup_store_collect_garbage (CupStore * store, guint max,
    GError ** error);
/* Inside a transaction: writes down what was used. */
gboolean cup_store_write_touched (CupStore * store, GError ** error);
/* No lock held; where there is enough of it. */
void cup_store_touch (CupStore * store, const CupStoreKey * key);

/* Binds ?1 and steps once: whether there is a row. */
gboolean cup_store_has_row (CupDatabase * database, const gchar * sql,
    const CupStoreKey * key, gboolean * found, GError ** error);

G_END_DECLS
