/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pictures behind a JPEG in the same file: views in other sizes, gain maps of HDR. The
 * first picture names them in a segment of its own (CIPA DC-007, "MPF").
 *
 * Any thread, at any time.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* More than any file has. */
#define CUP_MPF_MAX 16

/* Returns how many pictures the JPEG @bytes names that are to stand behind it and do not:
 * in a file that was not cut they are in @bytes. @sizes: of CUP_MPF_MAX, those of their
 * files. */
guint cup_mpf_read (GBytes * bytes, guint32 * sizes);

G_END_DECLS
