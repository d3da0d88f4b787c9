/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Faults that can be ordered: one table of what there is, and a list of which
 * are to strike when.
 *
 * Locked inside: tests add while the service's thread takes.
 */
#pragma once

#include "service.h"

G_BEGIN_DECLS

#define CUP_FAL_STAGE_BIT(stage) (1u << (stage))

/* Where in the handling of a request a fault comes in. */
typedef enum
{
  /* The row's answer is sent; the request is not looked at. */
  CUP_SERVICE_FAULT_ANSWER,
  /* The request is not looked at, and the connection misbehaves. */
  CUP_SERVICE_FAULT_CONNECTION,
  /* The request is handled, and then the connection misbehaves. */
  CUP_SERVICE_FAULT_CONNECTION_AFTER,
  /* The handler makes an odd answer. */
  CUP_SERVICE_FAULT_CONTENT,
  /* The job comes out like that, however often it is asked for. */
  CUP_SERVICE_FAULT_JOB,
} CupServiceFaultWhen;

/* What the code has to know a fault by. Those that are only an answer need
 * none: their row is enough. */
typedef enum
{
  CUP_SERVICE_FAULT_PLAIN,
  /* connection */
  CUP_SERVICE_FAULT_STALL,
  CUP_SERVICE_FAULT_RESET,
  CUP_SERVICE_FAULT_TRUNCATE,
  CUP_SERVICE_FAULT_OVERSIZE,
  CUP_SERVICE_FAULT_SLOW,
  CUP_SERVICE_FAULT_LATE,
  CUP_SERVICE_FAULT_WRONG_TYPE,
  /* answer */
  CUP_SERVICE_FAULT_RETRY_DATE,
  /* content */
  CUP_SERVICE_FAULT_REDIRECT,
  CUP_SERVICE_FAULT_REDIRECT_CIRCLE,
  CUP_SERVICE_FAULT_REDIRECT_GROWING,
  CUP_SERVICE_FAULT_REDIRECT_PRIVATE,
  CUP_SERVICE_FAULT_GZIP_BOMB,
  CUP_SERVICE_FAULT_DEEP,
  CUP_SERVICE_FAULT_BAD_URL,
  CUP_SERVICE_FAULT_FOREIGN_URLS,
  CUP_SERVICE_FAULT_NO_URLS,
  CUP_SERVICE_FAULT_IN_PROGRESS,
  CUP_SERVICE_FAULT_UNKNOWN_STATE,
  CUP_SERVICE_FAULT_MINIMAL,
  CUP_SERVICE_FAULT_CUT,
  CUP_SERVICE_FAULT_SILENT,
  CUP_SERVICE_FAULT_PINGS,
  CUP_SERVICE_FAULT_CRLF,
  CUP_SERVICE_FAULT_COMMENTS,
  CUP_SERVICE_FAULT_SPLIT,
  CUP_SERVICE_FAULT_MULTILINE,
  CUP_SERVICE_FAULT_NAMED,
  CUP_SERVICE_FAULT_WHOLE_LOGS,
  CUP_SERVICE_FAULT_DUPLICATE,
  CUP_SERVICE_FAULT_NO_COMPLETED,
  CUP_SERVICE_FAULT_NEVER_CLOSES,
  /* job */
  CUP_SERVICE_FAULT_STUCK,
  CUP_SERVICE_FAULT_BLACK,
  CUP_SERVICE_FAULT_TINTED,
  CUP_SERVICE_FAULT_NO_IMAGE,
  CUP_SERVICE_FAULT_IMAGES,
  CUP_SERVICE_FAULT_DATA_URI,
  CUP_SERVICE_FAULT_WRONG_SIZE,
  CUP_SERVICE_FAULT_NOT_IMAGE,
  CUP_SERVICE_FAULT_DAMAGED,
  CUP_SERVICE_FAULT_BAD_HEADER,
  CUP_SERVICE_FAULT_EMPTY,
  CUP_SERVICE_FAULT_BOMB,
} CupServiceFaultId;

/**
 * CupServiceFaultKind:
 * @name: the word that selects it
 * @stages: CUP_FAL_STAGE_BIT of every stage that it can strike
 * @status: of the answer
 * @type: (nullable): Content-Type of the answer
 * @body: (nullable): of the answer
 * @headers: (nullable): more headers, "Name: value" in lines
 * @error_type: (nullable): the error's type, in headers and in the status
 * @no_id: the answer comes from in front of the service, and so it has no
 *   x-fal-request-id
 * @blurb: for a person
 */
typedef struct
{
  const gchar *name;
  guint stages;
  CupServiceFaultWhen when;
  CupServiceFaultId id;
  guint status;
  const gchar *type;
  const gchar *body;
  const gchar *headers;
  const gchar *error_type;
  gboolean no_id;
  const gchar *blurb;
} CupServiceFaultKind;

/**
 * CupServiceFault:
 * @kind: (nullable): NULL for no fault
 * @duration: milliseconds, for those that take some time
 */
typedef struct
{
  const CupServiceFaultKind *kind;
  guint duration;
} CupServiceFault;

typedef struct _CupServiceFaults CupServiceFaults;

/* @seed: of the chances; 0 for a fixed one. */
CupServiceFaults *cup_service_faults_new (guint seed);
void cup_service_faults_free (CupServiceFaults * faults);

gboolean cup_service_faults_add (CupServiceFaults * faults,
    const gchar * spec, GError ** error);
void cup_service_faults_clear (CupServiceFaults * faults);

/* What strikes this request (or this job, where @job is set) of @stage; each
 * call is one request to every fault of that stage. */
CupServiceFault cup_service_faults_take (CupServiceFaults * faults,
    CupFalStage stage, gboolean job);

/* Whether @fault is @id; FALSE where there is none. */
gboolean cup_service_fault_is (const CupServiceFault * fault,
    CupServiceFaultId id);

/* The row of @name for @stage, which there has to be. */
const CupServiceFaultKind *cup_service_fault_find (CupFalStage stage,
    const gchar * name);

/* The stage's word: "initiate", "put", … */
const gchar *cup_service_stage_get_name (CupFalStage stage);

G_END_DECLS
