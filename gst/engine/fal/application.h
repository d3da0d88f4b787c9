/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The upscalers on fal, and what each calls the fields: one table, after the
 * models' published schemas. An application that is not in it is taken to have
 * the fields of creative-upscaler.
 *
 * Constant data; any thread.
 */
#pragma once

#include "schema/values.h"

G_BEGIN_DECLS

typedef struct _CupFalApplication CupFalApplication;

/* @endpoint: what is submitted to, as of cup_fal_parse_application(). Never
 * NULL. */
const CupFalApplication *cup_fal_application_find (const gchar * endpoint);
/* FALSE for the row that stands for applications that are not in the table. */
gboolean cup_fal_application_is_known (const CupFalApplication * application);
/* CUP_FIELD_BIT of every field that it has. */
guint64 cup_fal_application_get_fields (const CupFalApplication * application);
/* NULL where it has no such field. */
const gchar *cup_fal_application_get_wire (const CupFalApplication *
    application, CupFieldId id);
/* The field that it calls @wire, NULL where there is none. */
const CupField *cup_fal_application_find_field (const CupFalApplication *
    application, const gchar * wire);
/* The factor by which it enlarges when nothing is said, at most. */
gdouble cup_fal_application_get_scale (const CupFalApplication * application);
/* Whether a result that is all black, and whose input was not, stands for one
 * that a safety checker has refused: the application is documented to do that,
 * or it has a checker, or is unknown and may have one, and then no answer says
 * otherwise. */
gboolean cup_fal_application_censors (const CupFalApplication * application);

G_END_DECLS
