/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a result is found by: a SHA-256 of all that the result depends on.
 *
 * The key is a set of named parts; in which order they are added does not
 * matter. What is hashed, byte by byte (integers are little endian):
 *
 *   "creative-upscaler key\n"
 *   u32 CUP_STORE_KEY_VERSION
 *   for each part, sorted by the bytes of its name:
 *     u32 length of the name, the name, a value
 *
 * and a value is a tag of one byte and what belongs to it:
 *
 *   's' u32 length, UTF-8           a text, or a choice's word
 *   'i' s64                         a number that is whole and fits
 *   'd' u64                         any other number, as IEEE 754 has it
 *   'b' u8                          0 or 1
 *   'z'                             JSON's null
 *   'a' u32 count, values           an array
 *   'o' u32 count, of each: u32 length, name, value
 *                                   an object, sorted by the bytes of the names
 *   'P' u32 width, height, channels, depth, 32 bytes
 *                                   pixels: the SHA-256 of their samples, row by
 *                                   row with nothing between, 16 bits as little
 *                                   endian
 *   'E' u64 length, 32 bytes        an encoded picture: its SHA-256
 *   'F' 16 bytes                    a picture in either form, by a fingerprint:
 *                                   for tables in this process, not for the disk
 *
 * Numbers have one form whatever type they came in: 1 and 1.0 are 'i', and so
 * is −0.0, as 0. A field of the service is the part "field:" and its wire name, or
 * "beside:" where an extra member has that name: for applications that know the
 * field by another one, both count.
 * One that is left to the service has no part: that is the value "unset", which
 * differs from every value that can be set, also from the service's default.
 * (A field that the service adds later leaves all older keys as they are.)
 *
 * The version changes when the same parts would be hashed in another way, or
 * mean something else: all that was stored before is not found any more.
 */
#pragma once

#include <gio/gio.h>

#include "image/fingerprint.h"
#include "image/pixels.h"
#include "schema/values.h"

G_BEGIN_DECLS

#define CUP_STORE_KEY_SIZE 32
#define CUP_STORE_KEY_VERSION 1

typedef struct
{
  guint8 bytes[CUP_STORE_KEY_SIZE];
} CupStoreKey;

/* To be used as a table's key: GHashFunc, GEqualFunc. */
guint cup_store_key_hash (gconstpointer key);
gboolean cup_store_key_equal (gconstpointer a, gconstpointer b);
/* 64 hexadecimal digits, lower case; free with g_free(). */
gchar *cup_store_key_to_string (const CupStoreKey * key);

/* One thread at a time. A name is added once; a second time is a bug and is
 * reported by g_critical(). */
typedef struct _CupStoreKeyBuilder CupStoreKeyBuilder;

CupStoreKeyBuilder *cup_store_key_builder_new (void);
void cup_store_key_builder_free (CupStoreKeyBuilder * builder);

/* The picture, either form; the same picture in the two forms has two keys. */
void cup_store_key_builder_add_pixels (CupStoreKeyBuilder * builder,
    const CupPixels * pixels);
void cup_store_key_builder_add_encoded (CupStoreKeyBuilder * builder,
    GBytes * bytes);
/* The picture where there is no store: many times faster. The key is of no use to
 * another process, and in a store nobody would ever find it. */
void cup_store_key_builder_add_fingerprint (CupStoreKeyBuilder * builder,
    const CupFingerprint * fingerprint);
/* What else the result depends on: "engine", "application", and how a picture
 * is encoded on its way, where that loses something. @value: (nullable): as if
 * it was not added. */
void cup_store_key_builder_add_text (CupStoreKeyBuilder * builder,
    const gchar * name, const gchar * value);
void cup_store_key_builder_add_number (CupStoreKeyBuilder * builder,
    const gchar * name, gdouble value);
/* Every field that is set and in @fields (CUP_FIELD_BIT: those that the engine
 * sends), and the extra members. */
void cup_store_key_builder_add_values (CupStoreKeyBuilder * builder,
    const CupValues * values, guint64 fields);

/* May be called again, after more parts. */
void cup_store_key_builder_get_key (CupStoreKeyBuilder * builder,
    CupStoreKey * key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CupStoreKeyBuilder, cup_store_key_builder_free);

G_END_DECLS
