/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the parts of the service share. Everything runs on the service's own
 * thread, except where a header says otherwise.
 */
#pragma once

#include <libsoup/soup.h>

#include "faults.h"
#include "record.h"
#include "service.h"
#include "storage.h"

G_BEGIN_DECLS

typedef struct _CupServiceQueue CupServiceQueue;

/* The largest request body that is taken. */
#define CUP_SERVICE_MAX_BODY (256 * 1024 * 1024)

struct _CupFalService
{
  /* Set before the thread starts, never changed after. */
  CupFalServiceOptions options;
  gchar *key;
  gchar *log_path;
  gchar *location;
  gchar *files_origin;
  guint port;
  guint files_port;
  GMainContext *context;
  GMainLoop *loop;
  GThread *thread;

  /* Locked inside. */
  CupServiceRecord *record;
  CupServiceFaults *faults;

  /* Atomic. */
  gint held;

  /* Of the service's thread. */
  SoupServer *api;
  SoupServer *files;
  CupServiceStorage *storage;
  CupServiceQueue *queue;
  GPtrArray *streams;
  GPtrArray *connections;
};

/* A source of the service's context; destroy and unref it. */
GSource *cup_service_add_timeout (CupFalService * service, guint ms,
    GSourceFunc callback, gpointer data);

/* The handler of all requests on both ports: routes.c */
void cup_service_handle (SoupServer * server, SoupServerMessage * message,
    const char *path, GHashTable * query, gpointer user_data);
/* Refuses bodies that are too large before they are read. */
void cup_service_handle_early (SoupServer * server,
    SoupServerMessage * message, const char *path, GHashTable * query,
    gpointer user_data);

G_END_DECLS
