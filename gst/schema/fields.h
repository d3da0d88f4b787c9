/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The input fields of fal-ai/creative-upscaler, in one table.
 *
 * Everything that depends on a field is made from its row: the element's
 * property with its range and text, the JSON that is sent, the warning that an
 * engine cannot honour it, the tests. A field that the service adds is one new
 * row here and one new id.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  CUP_FIELD_MODEL_TYPE,
  CUP_FIELD_IMAGE_URL,
  CUP_FIELD_PROMPT,
  CUP_FIELD_SCALE,
  CUP_FIELD_CREATIVITY,
  CUP_FIELD_DETAIL,
  CUP_FIELD_SHAPE_PRESERVATION,
  CUP_FIELD_PROMPT_SUFFIX,
  CUP_FIELD_NEGATIVE_PROMPT,
  CUP_FIELD_SEED,
  CUP_FIELD_GUIDANCE_SCALE,
  CUP_FIELD_NUM_INFERENCE_STEPS,
  CUP_FIELD_ENABLE_SAFETY_CHECKS,
  CUP_FIELD_SKIP_CCSR,
  CUP_FIELD_OVERRIDE_SIZE_LIMITS,
  CUP_FIELD_BASE_MODEL_URL,
  CUP_FIELD_ADDITIONAL_LORA_URL,
  CUP_FIELD_ADDITIONAL_LORA_SCALE,
  CUP_FIELD_ADDITIONAL_EMBEDDING_URL,
  CUP_N_FIELDS
} CupFieldId;

typedef enum
{
  CUP_FIELD_KIND_FRAME,         /* the picture itself: no property, comes from the stream */
  CUP_FIELD_KIND_STRING,
  CUP_FIELD_KIND_NUMBER,        /* a double */
  CUP_FIELD_KIND_INTEGER,       /* 64 bits with a sign */
  CUP_FIELD_KIND_UNSIGNED,      /* 64 bits without a sign; all of
                                 * them set stand for "not sent" */
  CUP_FIELD_KIND_BOOLEAN,
  CUP_FIELD_KIND_CHOICE,        /* one of a few words */
} CupFieldKind;

typedef struct
{
  const gchar *wire;            /* the word that is sent */
  const gchar *nick;            /* short name for a command line */
  const gchar *description;
} CupFieldChoice;

/* Of a field of CUP_FIELD_KIND_UNSIGNED: leaves the field to the service. */
#define CUP_FIELD_UNSET G_MAXUINT64

#define CUP_FIELD_MAX_CHOICES 4

/**
 * CupField:
 * @id: the row's index in the table
 * @wire: name in the service's JSON
 * @property: (nullable): name of the element's property; NULL for the frame
 * @minimum: smallest value allowed, of numbers and integers; unsigned fields
 *   take all 64 bits
 * @maximum: largest value allowed
 * @fallback: what the service takes where the field is not sent: a number,
 *   0/1 for a boolean, the index of a choice
 * @fallback_text: (nullable): the same for a string
 * @choices: terminated by a row without @wire
 * @per_frame: whether a controller may change it over time
 * @since: the project's version that had it first
 */
typedef struct
{
  CupFieldId id;
  CupFieldKind kind;
  const gchar *wire;
  const gchar *property;
  const gchar *nick;
  const gchar *blurb;
  gdouble minimum;
  gdouble maximum;
  gdouble fallback;
  const gchar *fallback_text;
  gboolean per_frame;
  CupFieldChoice choices[CUP_FIELD_MAX_CHOICES];
  const gchar *since;
} CupField;

const CupField *cup_field_get (CupFieldId id);
/* NULL where no field has that property name. */
const CupField *cup_field_find_property (const gchar * property);

/* Bit of a field in the masks that say which fields an engine honours. */
#define CUP_FIELD_BIT(id) (G_GUINT64_CONSTANT (1) << (id))
#define CUP_FIELDS_ALL (CUP_FIELD_BIT (CUP_N_FIELDS) - 1)

G_END_DECLS
