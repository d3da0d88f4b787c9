/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The upscalers on fal. What their schemas say stands here a second time, by
 * the service's names: a slip in the table is caught.
 */
#include "engine/fal/application.h"

#define CREATIVE "fal-ai/creative-upscaler"

static const struct
{
  const gchar *endpoint;
  gdouble scale;
  gboolean censors;
  /* property=wire, without the picture */
  const gchar *fields;
} documented[] = {
  {"fal-ai/clarity-upscaler", 2, TRUE, "prompt=prompt scale=upscale_factor "
        "creativity=creativity shape-preservation=resemblance "
        "negative-prompt=negative_prompt seed=seed "
        "guidance-scale=guidance_scale "
        "num-inference-steps=num_inference_steps "
        "enable-safety-checks=enable_safety_checker"},
  {"fal-ai/esrgan", 2, FALSE, "scale=scale"},
  {"fal-ai/ccsr", 2, FALSE, "scale=scale seed=seed num-inference-steps=steps"},
  {"fal-ai/aura-sr", 4, FALSE, "scale=upscale_factor"},
  {"fal-ai/drct-super-resolution", 4, FALSE, "scale=upscale_factor"},
  {"fal-ai/topaz/upscale/image", 2, FALSE,
      "prompt=prompt scale=upscale_factor"},
  {"fal-ai/seedvr/upscale/image", 2, FALSE, "scale=upscale_factor seed=seed"},
  {"clarityai/crystal-upscaler", 2, FALSE, "scale=scale_factor"},
  {"fal-ai/ideogram/upscale", 2, FALSE, "prompt=prompt seed=seed"},
  {"fal-ai/recraft/upscale/crisp", 4, TRUE,
      "enable-safety-checks=enable_safety_checker"},
  {"fal-ai/recraft/upscale/creative", 4, TRUE,
      "enable-safety-checks=enable_safety_checker"},
  {"fal-ai/codeformer", 2, FALSE, "scale=upscale_factor seed=seed"},
};

static void
test_table (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (documented); i++) {
    const CupFalApplication *application =
        cup_fal_application_find (documented[i].endpoint);
    gchar **pairs = g_strsplit (documented[i].fields, " ", -1), **pair;
    guint64 fields = CUP_FIELD_BIT (CUP_FIELD_IMAGE_URL);

    g_assert_true (cup_fal_application_is_known (application));
    g_assert_cmpfloat (cup_fal_application_get_scale (application), ==,
        documented[i].scale);
    g_assert_cmpint (cup_fal_application_censors (application), ==,
        documented[i].censors);
    g_assert_cmpstr (cup_fal_application_get_wire (application,
            CUP_FIELD_IMAGE_URL), ==, "image_url");
    for (pair = pairs; *pair; pair++) {
      gchar **words = g_strsplit (*pair, "=", 2);
      const CupField *field = cup_field_find_property (words[0]);

      fields |= CUP_FIELD_BIT (field->id);
      g_assert_cmpstr (cup_fal_application_get_wire (application, field->id),
          ==, words[1]);
      g_assert_true (cup_fal_application_find_field (application, words[1]) ==
          field);
      g_strfreev (words);
    }
    g_assert_cmphex (cup_fal_application_get_fields (application), ==, fields);
    g_strfreev (pairs);
  }
}

/* By what an application has not, it cannot be found. */
static void
test_find_field (void)
{
  const CupFalApplication *ccsr = cup_fal_application_find ("fal-ai/ccsr");

  g_assert_null (cup_fal_application_get_wire (ccsr, CUP_FIELD_PROMPT));
  g_assert_null (cup_fal_application_find_field (ccsr, "prompt"));
  g_assert_null (cup_fal_application_find_field (ccsr, "num_inference_steps"));
  g_assert_null (cup_fal_application_find_field (ccsr, "tile_vae"));
  g_assert_null (cup_fal_application_find_field (ccsr, ""));
  g_assert_null (cup_fal_application_find_field (ccsr, NULL));
  g_assert_true (cup_fal_application_find_field (ccsr, "image_url") ==
      cup_field_get (CUP_FIELD_IMAGE_URL));
}

static void
assert_has_all (const CupFalApplication * application)
{
  guint id;

  g_assert_cmphex (cup_fal_application_get_fields (application), ==,
      CUP_FIELDS_ALL);
  for (id = 0; id < CUP_N_FIELDS; id++) {
    const CupField *field = cup_field_get (id);

    g_assert_cmpstr (cup_fal_application_get_wire (application, id), ==,
        field->wire);
    g_assert_true (cup_fal_application_find_field (application, field->wire)
        == field);
  }
  g_assert_cmpfloat (cup_fal_application_get_scale (application), ==, 2);
  g_assert_true (cup_fal_application_censors (application));
}

static void
test_creative (void)
{
  const CupFalApplication *application = cup_fal_application_find (CREATIVE);

  g_assert_true (cup_fal_application_is_known (application));
  assert_has_all (application);
}

/* The whole endpoint counts, as it is. */
static void
test_unknown (void)
{
  const gchar *endpoints[] = { "me/mine", "fal-ai/topaz", CREATIVE "/v2",
    "fal-ai/creative-upscale", "FAL-AI/ccsr", "workflows/" CREATIVE, "", NULL
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (endpoints); i++) {
    const CupFalApplication *application =
        cup_fal_application_find (endpoints[i]);

    g_assert_false (cup_fal_application_is_known (application));
    assert_has_all (application);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fal-application/table", test_table);
  g_test_add_func ("/fal-application/find-field", test_find_field);
  g_test_add_func ("/fal-application/creative", test_creative);
  g_test_add_func ("/fal-application/unknown", test_unknown);
  return g_test_run ();
}
