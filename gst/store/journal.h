/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is under way: who is about to submit what, and what the service has
 * accepted. The way of a key:
 *
 *   claim ──→ submitting ──→ accepted ──→ cup_store_add(), or forget
 *               ↑    │           │
 *               └────┘ refused   └──→ lost: the service does not know it any
 *                                     more; claimed as before
 *
 * Each step is on the disk before its function returns. When the process dies,
 * or lets go, somebody else may claim the key and is told how far it had come.
 */
#pragma once

#include "key.h"
#include "store.h"

G_BEGIN_DECLS

/**
 * CupStoreRequest:
 * @request_id: the service's id of an accepted request
 * @status_url: (nullable): as the service gave it
 * @response_url: (nullable): as the service gave it
 * @cancel_url: (nullable): as the service gave it
 * @upload_url: (nullable): where the input lies at the service
 * @accepted: microseconds since 1970 UTC; set by cup_store_note_accepted()
 *
 * Nothing that comes from a file is to be trusted more than what comes from a
 * service: addresses are checked again before they are used.
 */
typedef struct
{
  gchar *request_id;
  gchar *status_url;
  gchar *response_url;
  gchar *cancel_url;
  gchar *upload_url;
  gint64 accepted;
} CupStoreRequest;

void cup_store_request_free (CupStoreRequest * request);

/**
 * CupStoreClaim:
 * @CUP_STORE_CLAIM_STORED: the result is there; nothing is claimed
 * @CUP_STORE_CLAIM_OURS: the caller has it now, and nobody had
 * @CUP_STORE_CLAIM_UNCERTAIN: the caller has it now. A process that is gone was
 *   about to submit it, or had done so: the service may have accepted that, and
 *   may charge for it, and nobody can know
 * @CUP_STORE_CLAIM_RESUMABLE: the caller has it now. The service has accepted a
 *   request for it already, and the request is to be followed to its end
 * @CUP_STORE_CLAIM_BUSY: somebody who is alive has it, in this process or
 *   another: wait, and claim again
 */
typedef enum
{
  CUP_STORE_CLAIM_STORED,
  CUP_STORE_CLAIM_OURS,
  CUP_STORE_CLAIM_UNCERTAIN,
  CUP_STORE_CLAIM_RESUMABLE,
  CUP_STORE_CLAIM_BUSY,
} CupStoreClaim;

/* @refresh: a result that is stored does not count: it is to be replaced.
 * @request: (nullable): set with RESUMABLE, to be freed; NULL otherwise. */
gboolean cup_store_claim (CupStore * store, const CupStoreKey * key,
    gboolean refresh, CupStoreClaim * claim, CupStoreRequest ** request,
    GError ** error);

/* Whether the service has accepted a request for @key that nobody has the result
 * of. Claims nothing, and works where nothing can be written. */
gboolean cup_store_is_accepted (CupStore * store, const CupStoreKey * key,
    gboolean * accepted, GError ** error);

/* Before the submission is sent: from here on it may be accepted, whoever gets
 * to know of it. FALSE with CUP_ERROR_FAILED where the key is not claimed
 * through this store, as for all below. */
gboolean cup_store_note_submitting (CupStore * store, const CupStoreKey * key,
    GError ** error);
/* After it: the service's answer says that it was not accepted. */
gboolean cup_store_note_refused (CupStore * store, const CupStoreKey * key,
    GError ** error);
/* Or that it was; @request is copied. */
gboolean cup_store_note_accepted (CupStore * store, const CupStoreKey * key,
    const CupStoreRequest * request, GError ** error);
/* The service has lost the request, or it failed, and it is to be submitted
 * anew: claimed as if it had not been submitted. */
gboolean cup_store_note_lost (CupStore * store, const CupStoreKey * key,
    GError ** error);

/* Ends the claim without a result: there will be none. */
gboolean cup_store_forget (CupStore * store, const CupStoreKey * key,
    GError ** error);
/* Lets go of it as it is: who claims it next goes on with an accepted request.
 * The same happens to all claims with the store's last reference. */
gboolean cup_store_release (CupStore * store, const CupStoreKey * key,
    GError ** error);

/* Waits until one of @keys, which were BUSY, may be so no longer: claim again
 * to know. What they wait for is kept by cup_store_trim() meanwhile, and for
 * up to a minute after, so that who has waited meets it. @timeout is in microseconds,
 * negative for none. FALSE with G_IO_ERROR_CANCELLED, or CUP_ERROR_TIMEOUT. One
 * thread can so wait for any number of jobs. */
gboolean cup_store_wait (CupStore * store, const CupStoreKey * keys,
    guint n_keys, gint64 timeout, GCancellable * cancellable, GError ** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CupStoreRequest, cup_store_request_free);

G_END_DECLS
