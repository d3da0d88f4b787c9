/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The store as the dispatcher uses it: what is read is read on the caller's
 * thread, a worker; what is written is written on one thread of the cache's own,
 * in the order in which it was said (but first what a service has accepted), so
 * that a step of a job is never on the disk before the one that it follows, and
 * nobody waits for the disk who has something better to do. A further thread waits
 * for what other processes are working on.
 *
 * All functions may be called from any thread, and do not block, but for those
 * that say so.
 */
#pragma once

#include "engine/job.h"
#include "store/key.h"

G_BEGIN_DECLS

typedef struct _CupCache CupCache;

/* Something that is to be told to the user: a warning, as the work goes on
 * without. Any thread, no lock held. */
typedef void (*CupCacheWarn) (const GError * error, gpointer user_data);

/**
 * CupCacheSettings:
 * @directory: where the store is
 * @refresh: what others have stored is not used, but replaced, once
 * @max_size: bytes of pictures beyond which the least recently used ones are
 *   removed, 0 for no limit
 */
typedef struct
{
  const gchar *directory;
  gboolean refresh;
  guint64 max_size;
} CupCacheSettings;

/* Blocks for milliseconds. Warns where the store is there but nothing can be
 * written. NULL and an error where there is none to be had: CUP_ERROR_UNSUPPORTED
 * in a build without SQLite. @destroy frees @user_data with the cache. */
CupCache *cup_cache_open (const CupCacheSettings * settings,
    CupCacheWarn warn, gpointer user_data, GDestroyNotify destroy,
    GError ** error);
CupCache *cup_cache_ref (CupCache * cache);
void cup_cache_unref (CupCache * cache);
/* How many submissions of processes that are gone were met that may have been
 * accepted, which nobody knows. The jobs are submitted again. */
guint64 cup_cache_get_uncertain (CupCache * cache);
/* Waits until all that was said is on the disk, at most @timeout microseconds.
 * Not for a state change. */
void cup_cache_join (CupCache * cache, gint64 timeout);

/**
 * CupCacheFind:
 * @CUP_CACHE_NONE: nothing is known; the caller has the key now, if the cache
 *   can be written to
 * @CUP_CACHE_STORED: the result
 * @CUP_CACHE_UNUSABLE: a result that was stored as it came, and cannot be read
 * @CUP_CACHE_RESUMABLE: the caller has the key now, and the request that the
 *   service has accepted for it
 * @CUP_CACHE_UNCERTAIN: the caller has the key now. A submission of a process
 *   that is gone may have been accepted
 * @CUP_CACHE_BUSY: somebody else has it: see cup_cache_wait()
 */
typedef enum
{
  CUP_CACHE_NONE,
  CUP_CACHE_STORED,
  CUP_CACHE_UNUSABLE,
  CUP_CACHE_RESUMABLE,
  CUP_CACHE_UNCERTAIN,
  CUP_CACHE_BUSY,
} CupCacheFind;

/**
 * CupCacheFinding:
 * @claimed: whether the caller has the key: cup_cache_add(), cup_cache_forget()
 *   or cup_cache_release() ends that
 * @result: STORED
 * @request: RESUMABLE
 * @error: UNUSABLE
 */
typedef struct
{
  CupCacheFind find;
  gboolean claimed;
  CupResult *result;
  CupJournalRequest *request;
  GError *error;
} CupCacheFinding;

void cup_cache_finding_clear (CupCacheFinding * finding);

/* Blocks on the disk, also where it is far behind with what has been added.
 * Trouble is warned of, and counts as NONE. @claim: FALSE to only look: STORED,
 * UNUSABLE, RESUMABLE (without @request) or NONE. */
void cup_cache_find (CupCache * cache, const CupStoreKey * key, gboolean claim,
    CupCacheFinding * finding);
/* Calls @func, once, when a key that was BUSY may be so no longer, or after
 * cup_cache_wake(). */
void cup_cache_wait (CupCache * cache, const CupStoreKey * key,
    void (*func) (gpointer user_data), gpointer user_data);
void cup_cache_wake (CupCache * cache);

/* Returns NULL, or why nothing may be submitted: the index is damaged, and may not
 * know what has been paid for. */
GError *cup_cache_get_damage (CupCache * cache);

/* The steps of a key that the caller has: store/journal.h. @done is called when
 * it is on the disk, or cannot be (which is warned of), in the cache's thread. */
void cup_cache_note_submitting (CupCache * cache, const CupStoreKey * key,
    void (*done) (gpointer user_data), gpointer user_data);
void cup_cache_note_refused (CupCache * cache, const CupStoreKey * key);
void cup_cache_note_accepted (CupCache * cache, const CupStoreKey * key,
    const CupJournalRequest * request);
void cup_cache_note_lost (CupCache * cache, const CupStoreKey * key);
void cup_cache_forget (CupCache * cache, const CupStoreKey * key);
void cup_cache_release (CupCache * cache, const CupStoreKey * key);
/* Encoded results only. Where it cannot be stored, the key is released: an
 * accepted request can still be gone on with. */
void cup_cache_add (CupCache * cache, const CupStoreKey * key,
    const CupResult * result, const gchar * engine, const gchar * service);

/* As engine/journal.h has them; the first blocks on the disk. */
gchar *cup_cache_lookup_upload (CupCache * cache, GBytes * bytes,
    const gchar * place);
void cup_cache_add_upload (CupCache * cache, GBytes * bytes,
    const gchar * place, const gchar * url, gint64 lifetime);
void cup_cache_remove_upload (CupCache * cache, GBytes * bytes,
    const gchar * place);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CupCache, cup_cache_unref);

G_END_DECLS
