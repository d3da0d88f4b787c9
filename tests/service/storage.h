/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files in memory: what was uploaded, and results. The oldest are forgotten
 * where they are too many or too large together.
 *
 * Of the service's thread only.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _CupServiceStorage CupServiceStorage;

/**
 * CupServiceFile:
 * @path: "/files/…", under which it is served
 * @type: Content-Type
 * @bytes: (nullable): NULL until the upload is complete
 * @is_result: made here, not uploaded
 * @token: (nullable): names its upload: "/upload/TOKEN"
 * @signature: (nullable): what the upload's query must have in it
 */
typedef struct
{
  gchar *path;
  gchar *type;
  GBytes *bytes;
  gboolean is_result;
  gchar *token;
  gchar *signature;

  /*< private > */
  GPtrArray *parts;
  guint64 size;
  GList *link;
} CupServiceFile;

CupServiceStorage *cup_service_storage_new (guint64 keep_bytes);
void cup_service_storage_free (CupServiceStorage * storage);

/* Only what is safe in a path is kept of @name. Files that these return are
 * valid until the next call that adds or removes something. */
CupServiceFile *cup_service_storage_initiate (CupServiceStorage * storage,
    const gchar * name, const gchar * type);
CupServiceFile *cup_service_storage_add (CupServiceStorage * storage,
    const gchar * name, const gchar * type, GBytes * bytes,
    gboolean is_result);

CupServiceFile *cup_service_storage_find (CupServiceStorage * storage,
    const gchar * path);
CupServiceFile *cup_service_storage_find_upload (CupServiceStorage * storage,
    const gchar * token);
void cup_service_storage_remove (CupServiceStorage * storage,
    CupServiceFile * file);

/* Everything that has been stored, uploaded or made. */
void cup_service_storage_forget (CupServiceStorage * storage);

/* The whole file. @type: (nullable): replaces what was said at first. */
void cup_service_storage_put (CupServiceStorage * storage,
    CupServiceFile * file, const gchar * type, GBytes * bytes);
/* Part @number (1…10000); returns its ETag, or NULL for another number. */
gchar *cup_service_storage_put_part (CupServiceStorage * storage,
    CupServiceFile * file, guint64 number, GBytes * bytes);
/* Joins parts 1…@n; FALSE where one is missing or its ETag differs. */
gboolean cup_service_storage_complete (CupServiceStorage * storage,
    CupServiceFile * file, const gchar * const *etags, guint n);

/* Random bytes as hexadecimal digits, for names that cannot be guessed. */
gchar *cup_service_random_hex (guint n_bytes);

G_END_DECLS
