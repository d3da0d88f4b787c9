/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GStreamer's own plugins, those that a test needs and no others: loading all
 * that a system has takes long, and some of them leak.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* A plugin that is built with a sanitizer cannot be loaded by a program that is
 * not. */
#ifdef __has_feature
#define HAS_FEATURE(name) __has_feature (name)
#else
#define HAS_FEATURE(name) 0
#endif
#if defined (__SANITIZE_ADDRESS__) || defined (__SANITIZE_THREAD__) \
    || HAS_FEATURE (address_sanitizer) || HAS_FEATURE (thread_sanitizer)
#define IS_SANITIZED TRUE
#else
#define IS_SANITIZED FALSE
#endif

/* Before gst_init(): no plugins but those of @directory (nullable), which are
 * loaded in this process, since a scanner of its own could not load what was
 * built with a sanitizer. */
void plugins_restrict (const gchar * directory);
/* After gst_init(): @names are those of the files without "libgst", with a
 * blank between. Those that are not there are left out. */
void plugins_load (const gchar * names);
/* Marks the test as skipped, and is TRUE, where one of @elements is not there;
 * with a blank between. */
gboolean plugins_skip_without (const gchar * elements);

G_END_DECLS
