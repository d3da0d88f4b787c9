/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A request, taken apart, and the handlers for each kind of it.
 */
#pragma once

#include "service-private.h"

G_BEGIN_DECLS

typedef enum
{
  CUP_SERVICE_ROUTE_NONE,
  CUP_SERVICE_ROUTE_INITIATE,
  CUP_SERVICE_ROUTE_INITIATE_MULTIPART,
  CUP_SERVICE_ROUTE_TOKEN,
  CUP_SERVICE_ROUTE_PUT,
  CUP_SERVICE_ROUTE_PUT_PART,
  CUP_SERVICE_ROUTE_COMPLETE,
  CUP_SERVICE_ROUTE_POST_FILE,
  CUP_SERVICE_ROUTE_DOWNLOAD,
  CUP_SERVICE_ROUTE_SUBMIT,
  CUP_SERVICE_ROUTE_STATUS,
  CUP_SERVICE_ROUTE_STREAM,
  CUP_SERVICE_ROUTE_RESULT,
  CUP_SERVICE_ROUTE_CANCEL,
} CupServiceRoute;

/**
 * CupServiceRequest:
 * @on_files: it came in on the files' port
 * @path: as it was sent, or where a proxy's header says it is for
 * @segments: of the path, without empty ones
 * @route: what it is for
 * @method: that the route is for
 * @stage: the same for faults
 * @application: (nullable): of a request to the queue: "owner/alias"
 * @id: (nullable): request id, upload token
 * @fault: what strikes it
 * @counts: it is one of its stage
 */
typedef struct
{
  CupFalService *service;
  SoupServer *server;
  SoupServerMessage *message;
  gboolean on_files;
  const gchar *path;
  GHashTable *query;
  gchar **segments;
  CupServiceRoute route;
  const gchar *method;
  CupFalStage stage;
  gchar *application;
  const gchar *id;
  CupServiceFault fault;
  gboolean counts;
} CupServiceRequest;

/* Fills in what follows from the path: routes-parse.c */
void cup_service_request_parse (CupServiceRequest * request,
    const gchar * path);
void cup_service_request_clear (CupServiceRequest * request);
/* (nullable): a parameter of the query. */
const gchar *cup_service_request_get_query (CupServiceRequest * request,
    const gchar * name);
/* (nullable): the body, where it is a JSON object. */
JsonObject *cup_service_request_get_object (CupServiceRequest * request);
GBytes *cup_service_request_get_body (CupServiceRequest * request);

/* routes-queue.c and routes-storage.c; the request has passed authorization. */
void cup_service_handle_queue (CupServiceRequest * request);
void cup_service_handle_storage (CupServiceRequest * request);
/* One of the two, by the request's route. */
void cup_service_request_handle (CupServiceRequest * request);
/* Instead of that, where the request has a fault: routes-faults.c */
void cup_service_request_handle_fault (CupServiceRequest * request);
/* The answer of a row of the table of faults. */
void cup_service_request_answer_row (CupServiceRequest * request,
    const CupServiceFaultKind * kind);
/* routes-service.c: /_service/…, for scripts. */
void cup_service_handle_service (CupServiceRequest * request);
/* The log's entry; @leak: it took the key where it does not belong. */
void cup_service_request_log (CupServiceRequest * request, gboolean leak);

G_END_DECLS
