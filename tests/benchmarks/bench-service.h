/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The loopback service as a process of its own, and a pipeline whose errors end the
 * benchmark.
 */
#pragma once

#include <glib/gstdio.h>
#include <gst/gst.h>
#include <signal.h>

typedef struct
{
  GSubprocess *process;
  gchar *ready_file;
  gchar *url;
} BenchService;

/* $CUP_FAL_SERVICE on a port of its own, with eight runners and @option; returns when
 * it answers. */
static inline void
bench_service_start (BenchService * service, const gchar * option)
{
  GError *error = NULL;
  gint fd = g_file_open_tmp ("bench-XXXXXX", &service->ready_file, &error);

  if (fd < 0)
    g_error ("%s", error->message);
  g_close (fd, NULL);
  service->process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE,
      &error, g_getenv ("CUP_FAL_SERVICE"), "--port", "0", "--runners", "8",
      "--delete-downloaded", "--ready-file", service->ready_file, option, NULL);
  if (!service->process)
    g_error ("%s", error->message);
  do {
    g_usleep (5000);
    g_free (service->url);
    g_file_get_contents (service->ready_file, &service->url, NULL, NULL);
  } while (!service->url || !*service->url);
  g_strstrip (service->url);
}

static inline void
bench_service_stop (BenchService * service)
{
  g_subprocess_send_signal (service->process, SIGTERM);
  g_subprocess_wait (service->process, NULL, NULL);
  g_object_unref (service->process);
  g_remove (service->ready_file);
  g_free (service->ready_file);
  g_free (service->url);
}

/* For gst_bus_set_sync_handler(). */
static inline GstBusSyncReply
bench_on_message (GstBus * bus, GstMessage * message, gpointer data)
{
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    GError *error = NULL;

    gst_message_parse_error (message, &error, NULL);
    g_error ("%s", error->message);
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}
