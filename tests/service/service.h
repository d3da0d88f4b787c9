/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A loopback service that speaks fal's queue and storage protocol, for tests
 * and for trying things out without a key.
 *
 * It runs on a thread of its own, in the process of a test or behind
 * tests/fal-service, listens on 127.0.0.1 only, and really upscales what it is
 * given. Two ports stand for fal's two origins: the API (queue and REST), and
 * the files (presigned uploads and results), which must never see the key.
 *
 * All functions may be called from any thread.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "image/image.h"

G_BEGIN_DECLS

typedef struct _CupFalService CupFalService;

/* What a request is for; where a fault can strike. */
typedef enum
{
  CUP_FAL_STAGE_INITIATE,       /* POST /storage/upload/initiate[-multipart] */
  CUP_FAL_STAGE_PUT,            /* PUT of a whole file */
  CUP_FAL_STAGE_PART,           /* PUT of one part of a file */
  CUP_FAL_STAGE_COMPLETE,       /* POST …/complete: the parts become a file */
  CUP_FAL_STAGE_SUBMIT,
  CUP_FAL_STAGE_STATUS,
  CUP_FAL_STAGE_STREAM,         /* GET …/status/stream */
  CUP_FAL_STAGE_RESULT,
  CUP_FAL_STAGE_DOWNLOAD,       /* GET of a file */
  CUP_FAL_STAGE_CANCEL,
  CUP_FAL_N_STAGES,
  CUP_FAL_STAGE_NONE = CUP_FAL_N_STAGES
} CupFalStage;

/* The first ones count requests, one for each CupFalStage. */
typedef enum
{
  CUP_FAL_COUNT_INITIATE,
  CUP_FAL_COUNT_PUT,
  CUP_FAL_COUNT_PART,
  CUP_FAL_COUNT_COMPLETE,
  CUP_FAL_COUNT_SUBMIT,
  CUP_FAL_COUNT_STATUS,
  CUP_FAL_COUNT_STREAM,
  CUP_FAL_COUNT_RESULT,
  CUP_FAL_COUNT_DOWNLOAD,
  CUP_FAL_COUNT_CANCEL,
  CUP_FAL_COUNT_REQUESTS,       /* everything, apart from /_service */
  CUP_FAL_COUNT_REFUSED,        /* answered with 401 for lack of a good key */
  CUP_FAL_COUNT_LIMITED,        /* submissions refused because of max_jobs */
  CUP_FAL_COUNT_LEAKS,          /* requests that took the key elsewhere */
  CUP_FAL_COUNT_FAULTS,         /* faults that struck */
  CUP_FAL_COUNT_ACCEPTED,       /* jobs that have been accepted */
  CUP_FAL_COUNT_COMPLETED,      /* of these: with a picture */
  CUP_FAL_COUNT_FAILED,         /* of these: with an error */
  CUP_FAL_COUNT_CANCELLED,      /* of these: cancelled */
  CUP_FAL_COUNT_QUEUED,         /* jobs that wait for a runner now */
  CUP_FAL_COUNT_RUNNING,        /* jobs in a runner now */
  CUP_FAL_COUNT_RUNNING_MOST,   /* the most that ever were at a time */
  CUP_FAL_COUNT_UPLOADED,       /* files that have been stored */
  CUP_FAL_COUNT_UPLOADED_BYTES,
  CUP_FAL_COUNT_SERVED,         /* files that have been sent completely */
  CUP_FAL_COUNT_SERVED_BYTES,
  CUP_FAL_COUNT_CONNECTIONS,    /* on which there was a request, both ports */
  CUP_FAL_N_COUNTERS
} CupFalCounter;

/**
 * CupFalServiceOptions:
 * @port: of the API; 0 for any that is free
 * @files_port: of the files; 0 for any that is free
 * @single_port: give out URLs of files on the API's port, too
 * @key: (nullable): the one key that is accepted, "id:secret"; NULL accepts
 *   every key of that form
 * @runners: jobs that are worked on at a time
 * @delay: milliseconds that a job spends in a runner, at least
 * @max_jobs: a submission while so many jobs are unfinished is refused with
 *   429; 0 for any number
 * @check_at_submit: refuse bad input at the submission; the hosted service
 *   does so in the result
 * @round: sizes of results are multiples of this
 * @result_type: of the pictures
 * @quality: of results that are JPEG or WebP, 1…100
 * @same_results: the first picture that was made is the result of all further
 *   jobs, whatever they send: for benchmarks, which are to measure the client
 * @keep_jobs: finished jobs that are remembered
 * @keep_bytes: bytes of files that are kept
 * @delete_downloaded: forget results that have been sent completely
 * @ping_interval: milliseconds between the comments that keep a status stream
 *   open
 * @seed: of the generator behind CHANCE= of faults; 0 for one that is always
 *   the same
 * @log_path: (nullable): file that gets one line of JSON for each request
 */
typedef struct
{
  guint port;
  guint files_port;
  gboolean single_port;
  const gchar *key;
  guint runners;
  guint delay;
  guint max_jobs;
  gboolean check_at_submit;
  guint round;
  CupImageType result_type;
  guint quality;
  gboolean same_results;
  guint keep_jobs;
  guint64 keep_bytes;
  gboolean delete_downloaded;
  guint ping_interval;
  guint seed;
  const gchar *log_path;
} CupFalServiceOptions;

/* Two runners, no delay, any port, any key, PNG. */
void cup_fal_service_options_init (CupFalServiceOptions * options);

/* Returns when both ports are listening. @options: (nullable): copied; NULL
 * for what cup_fal_service_options_init() gives. */
CupFalService *cup_fal_service_new (const CupFalServiceOptions * options,
    GError ** error);
/* Closes all connections and ends the thread. */
void cup_fal_service_free (CupFalService * service);

/* "http://127.0.0.1:PORT", without a slash at the end. */
const gchar *cup_fal_service_get_location (CupFalService * service);
const gchar *cup_fal_service_get_files_location (CupFalService * service);
guint cup_fal_service_get_port (CupFalService * service);

/* @spec is STAGE:KIND[:COUNT][:EVERY=N][:AFTER=N][:CHANCE=PERCENT][:FOR=MS];
 * the words that there are come from cup_fal_service_describe_faults(). Of
 * several faults for one stage each looks at every request of it, and the one
 * that was added first of those that would strike does. Jobs (kinds that say
 * how a job comes out) and requests for results are counted apart. */
gboolean cup_fal_service_add_fault (CupFalService * service,
    const gchar * spec, GError ** error);
void cup_fal_service_clear_faults (CupFalService * service);
/* Whether @spec could be added, without a service. */
gboolean cup_fal_service_check_fault (const gchar * spec, GError ** error);
/* A table for a person to read. */
gchar *cup_fal_service_describe_faults (void);

/* While it is held, jobs start and queue as always, but none finishes: lets a
 * test look at a state for as long as it wants. */
void cup_fal_service_hold (CupFalService * service, gboolean hold);

/* Job number @n of those that run, in the order in which they were started, ends
 * although the service is held. @fails: the model refuses its picture. Not to be
 * called from the service's own thread. */
void cup_fal_service_end_job (CupFalService * service, guint n,
    gboolean fails);

/* What happens with time: the service does not know jobs any more that are
 * finished, and has no files any more, neither uploads nor results. Done when it
 * returns; not to be called from the service's own thread. */
void cup_fal_service_forget_jobs (CupFalService * service);
void cup_fal_service_forget_files (CupFalService * service);

/* Changes max_jobs; jobs that are there already stay. */
void cup_fal_service_set_max_jobs (CupFalService * service, guint max_jobs);
/* Closes both ports and all connections, so that connecting is refused; with
 * FALSE listens on the same ports again. Jobs go on meanwhile. Done when it
 * returns; not to be called from the service's own thread. */
void cup_fal_service_set_refusing (CupFalService * service,
    gboolean refusing);

/* Every request so far, oldest first: an array of objects, see README.md. */
JsonNode *cup_fal_service_get_log (CupFalService * service);
guint64 cup_fal_service_get_count (CupFalService * service,
    CupFalCounter counter);
/* Waits until @counter is at least @count; FALSE after @timeout_ms. */
gboolean cup_fal_service_wait_count (CupFalService * service,
    CupFalCounter counter, guint64 count, guint timeout_ms);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CupFalService, cup_fal_service_free);

G_END_DECLS
