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
  gint max_jobs;

  /* Of cup_fal_service_set_refusing(); the mutex guards these. */
  GMutex mutex;
  GCond changed;
  gboolean refusing;
  gboolean refusing_wanted;

  /* Of the service's thread. */
  SoupServer *api;
  SoupServer *files;
  CupServiceStorage *storage;
  CupServiceQueue *queue;
  GPtrArray *streams;
  GPtrArray *connections;
  /* While it refuses: what keeps others from taking the ports. */
  GSocket *api_place;
  GSocket *files_place;
  gboolean changing;
};

/* A source of the service's context; destroy and unref it. */
GSource *cup_service_add_timeout (CupFalService * service, guint ms,
    GSourceFunc callback, gpointer data);

/* listen.c. Sets the ports and the origins; called before the thread is
 * there. */
gboolean cup_service_listen (CupFalService * service, GError ** error);
/* Ends what was listened to, and what the connections were used for. */
void cup_service_disconnect (CupFalService * service);
/* Frees what is left of it; also where the service has not been started. */
void cup_service_listen_clear (CupFalService * service);

/* The handler of all requests on both ports: routes.c */
void cup_service_handle (SoupServer * server, SoupServerMessage * message,
    const char *path, GHashTable * query, gpointer user_data);
/* Refuses bodies that are too large before they are read. */
void cup_service_handle_early (SoupServer * server,
    SoupServerMessage * message, const char *path, GHashTable * query,
    gpointer user_data);

G_END_DECLS
