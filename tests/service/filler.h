/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bodies that are too large: how they begin, so that a client takes them for
 * what it has asked for, and how they go on.
 *
 * Any thread.
 */
#pragma once

#include "service.h"

G_BEGIN_DECLS

/* What the body of an answer looks like. */
typedef enum
{
  CUP_SERVICE_FORM_OBJECT,
  CUP_SERVICE_FORM_EVENTS,
  CUP_SERVICE_FORM_PICTURE,
  CUP_SERVICE_N_FORMS
} CupServiceForm;

/**
 * CupServiceFiller:
 * @type: Content-Type
 * @opening: how the body begins
 * @byte: how it goes on for as long as one wants, without being wrong
 */
typedef struct
{
  const gchar *type;
  const gchar *opening;
  guint8 byte;
} CupServiceFiller;

const CupServiceFiller *cup_service_filler_for_stage (CupFalStage stage);

/* (transfer none): 200 MB of @filler in less than 1 MB of gzip. Takes half a
 * second the first time. */
GBytes *cup_service_filler_get_bomb (const CupServiceFiller * filler);

G_END_DECLS
