/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The upscalers on fal: see application.h.
 *
 * A row has a field of ours only where the model's has the same meaning and
 * the same unit. The range may be narrower: the service says so when a value
 * is outside. What else a model takes is left to the user's extra members; the
 * rows name those that look like ours and are not.
 */
#include "application.h"

struct _CupFalApplication
{
  const gchar *endpoint;        /* NULL in the row for those not in the table */
  gdouble scale;
  gboolean censors;
  gboolean has_all_fields;      /* under the names of the table of fields */
  const gchar *wire[CUP_N_FIELDS];      /* where it has not all */
};

/* Every model's. */
#define IMAGE_URL [CUP_FIELD_IMAGE_URL] = "image_url"

/* Which black pictures are suspicious: see application.h. The black one of
 * creative-upscaler is documented; what the other checkers do is not. */

/* *INDENT-OFF* */
static const CupFalApplication applications[] = {
  {
    .endpoint = "fal-ai/creative-upscaler",
    .scale = 2,
    .censors = TRUE,
    .has_all_fields = TRUE,
  },
  {
    .endpoint = "fal-ai/clarity-upscaler",
    .scale = 2,
    .censors = TRUE,
    .wire = {
      IMAGE_URL,
      [CUP_FIELD_PROMPT] = "prompt",
      [CUP_FIELD_SCALE] = "upscale_factor",
      [CUP_FIELD_CREATIVITY] = "creativity",
      [CUP_FIELD_SHAPE_PRESERVATION] = "resemblance",
      [CUP_FIELD_NEGATIVE_PROMPT] = "negative_prompt",
      [CUP_FIELD_SEED] = "seed",
      [CUP_FIELD_GUIDANCE_SCALE] = "guidance_scale",
      [CUP_FIELD_NUM_INFERENCE_STEPS] = "num_inference_steps",
      [CUP_FIELD_ENABLE_SAFETY_CHECKS] = "enable_safety_checker",
    },
  },
  {
    /* Its "model" is one of Real-ESRGAN's, not of diffusion. */
    .endpoint = "fal-ai/esrgan",
    .scale = 2,
    .wire = {
      IMAGE_URL,
      [CUP_FIELD_SCALE] = "scale",
    },
  },
  {
    .endpoint = "fal-ai/ccsr",
    .scale = 2,
    .wire = {
      IMAGE_URL,
      [CUP_FIELD_SCALE] = "scale",
      [CUP_FIELD_SEED] = "seed",
      [CUP_FIELD_NUM_INFERENCE_STEPS] = "steps",
    },
  },
  {
    .endpoint = "fal-ai/aura-sr",
    .scale = 4,
    .wire = {
      IMAGE_URL,
      [CUP_FIELD_SCALE] = "upscale_factor",
    },
  },
  {
    .endpoint = "fal-ai/drct-super-resolution",
    .scale = 4,
    .wire = {
      IMAGE_URL,
      [CUP_FIELD_SCALE] = "upscale_factor",
    },
  },
  {
    /* Its "creativity" goes from 1 to 6 in steps. */
    .endpoint = "fal-ai/topaz/upscale/image",
    .scale = 2,
    .wire = {
      IMAGE_URL,
      [CUP_FIELD_PROMPT] = "prompt",
      [CUP_FIELD_SCALE] = "upscale_factor",
    },
  },
  {
    .endpoint = "fal-ai/seedvr/upscale/image",
    .scale = 2,
    .wire = {
      IMAGE_URL,
      [CUP_FIELD_SCALE] = "upscale_factor",
      [CUP_FIELD_SEED] = "seed",
    },
  },
  {
    /* Its "creativity" goes from 0 to 10. */
    .endpoint = "clarityai/crystal-upscaler",
    .scale = 2,
    .wire = {
      IMAGE_URL,
      [CUP_FIELD_SCALE] = "scale_factor",
    },
  },
  {
    /* Its "detail" and "resemblance" are per cent, and it has no factor: it
     * doubles at most. */
    .endpoint = "fal-ai/ideogram/upscale",
    .scale = 2,
    .wire = {
      IMAGE_URL,
      [CUP_FIELD_PROMPT] = "prompt",
      [CUP_FIELD_SEED] = "seed",
    },
  },
  {
    /* Neither of the two has a factor, and the one that they have in mind is
     * not published; no model of this table has a larger default. */
    .endpoint = "fal-ai/recraft/upscale/crisp",
    .scale = 4,
    .censors = TRUE,
    .wire = {
      IMAGE_URL,
      [CUP_FIELD_ENABLE_SAFETY_CHECKS] = "enable_safety_checker",
    },
  },
  {
    .endpoint = "fal-ai/recraft/upscale/creative",
    .scale = 4,
    .censors = TRUE,
    .wire = {
      IMAGE_URL,
      [CUP_FIELD_ENABLE_SAFETY_CHECKS] = "enable_safety_checker",
    },
  },
  {
    /* Its "fidelity" is about faces. */
    .endpoint = "fal-ai/codeformer",
    .scale = 2,
    .wire = {
      IMAGE_URL,
      [CUP_FIELD_SCALE] = "upscale_factor",
      [CUP_FIELD_SEED] = "seed",
    },
  },
};

static const CupFalApplication unknown = {
  .scale = 2,
  .censors = TRUE,
  .has_all_fields = TRUE,
};
/* *INDENT-ON* */

const CupFalApplication *
cup_fal_application_find (const gchar * endpoint)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (applications); i++) {
    if (g_strcmp0 (applications[i].endpoint, endpoint) == 0)
      return &applications[i];
  }
  return &unknown;
}

gboolean
cup_fal_application_is_known (const CupFalApplication * application)
{
  return application != &unknown;
}

guint64
cup_fal_application_get_fields (const CupFalApplication * application)
{
  guint64 fields = 0;
  guint id;

  for (id = 0; id < CUP_N_FIELDS; id++) {
    if (cup_fal_application_get_wire (application, id))
      fields |= CUP_FIELD_BIT (id);
  }
  return fields;
}

const gchar *
cup_fal_application_get_wire (const CupFalApplication * application,
    CupFieldId id)
{
  g_return_val_if_fail (id < CUP_N_FIELDS, NULL);
  return application->has_all_fields ? cup_field_get (id)->wire :
      application->wire[id];
}

const CupField *
cup_fal_application_find_field (const CupFalApplication * application,
    const gchar * wire)
{
  guint id;

  if (wire == NULL)
    return NULL;
  for (id = 0; id < CUP_N_FIELDS; id++) {
    if (g_strcmp0 (cup_fal_application_get_wire (application, id), wire) == 0)
      return cup_field_get (id);
  }
  return NULL;
}

gdouble
cup_fal_application_get_scale (const CupFalApplication * application)
{
  return application->scale;
}

gboolean
cup_fal_application_censors (const CupFalApplication * application)
{
  return application->censors;
}
