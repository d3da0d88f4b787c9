/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of fields. Names, defaults and ranges are those that the service
 * publishes for fal-ai/creative-upscaler; where it publishes no bound, the
 * range is that of the type, or for a LoRA's scale what is of any use.
 */
#include "fields.h"

#define FALLBACK_PROMPT_SUFFIX \
  " high quality, highly detailed, high resolution, sharp"
#define FALLBACK_NEGATIVE_PROMPT \
  "blurry, low resolution, bad, ugly, low quality, pixelated, interpolated, " \
  "compression artifacts, noisey, grainy"

/* *INDENT-OFF* */
static const CupField fields[CUP_N_FIELDS] = {
  {
    .id = CUP_FIELD_MODEL_TYPE,
    .kind = CUP_FIELD_KIND_CHOICE,
    .wire = "model_type",
    .property = "model-type",
    .nick = "Model type",
    .blurb = "Which kind of diffusion model makes the result",
    .fallback = 0,
    .choices = {
      {"SD_1_5", "sd-1-5", "Stable Diffusion 1.5"},
      {"SDXL", "sdxl", "Stable Diffusion XL"},
    },
    .since = "0.1",
  },
  {
    .id = CUP_FIELD_IMAGE_URL,
    .kind = CUP_FIELD_KIND_FRAME,
    .wire = "image_url",
    .nick = "Image",
    .blurb = "The picture to upscale: each frame of the stream",
    .since = "0.1",
  },
  {
    .id = CUP_FIELD_PROMPT,
    .kind = CUP_FIELD_KIND_STRING,
    .wire = "prompt",
    .property = "prompt",
    .nick = "Prompt",
    .blurb = "What the picture shows, in words. When it is not set, the "
        "service describes each frame by itself",
    .since = "0.1",
  },
  {
    .id = CUP_FIELD_SCALE,
    .kind = CUP_FIELD_KIND_NUMBER,
    .wire = "scale",
    .property = "scale",
    .nick = "Scale",
    .blurb = "Factor by which width and height grow. Services may round the "
        "size: see size-policy",
    .minimum = 1, .maximum = 5, .fallback = 2,
    .since = "0.1",
  },
  {
    .id = CUP_FIELD_CREATIVITY,
    .kind = CUP_FIELD_KIND_NUMBER,
    .wire = "creativity",
    .property = "creativity",
    .nick = "Creativity",
    .blurb = "How far the result may deviate from the input: 0 hardly at all, "
        "1 as far as the model likes (the denoising strength of the "
        "diffusion). The embedded engine adds texture: none with 0, most "
        "with 1",
    .minimum = 0, .maximum = 1, .fallback = 0.5,
    .per_frame = TRUE,
    .since = "0.1",
  },
  {
    .id = CUP_FIELD_DETAIL,
    .kind = CUP_FIELD_KIND_NUMBER,
    .wire = "detail",
    .property = "detail",
    .nick = "Detail",
    .blurb = "How much detail is invented: 0 adds none, larger values add "
        "more. The embedded engine strengthens the detail that is there: 0 "
        "leaves it as it is",
    .minimum = 0, .maximum = 5, .fallback = 1,
    .per_frame = TRUE,
    .since = "0.1",
  },
  {
    .id = CUP_FIELD_SHAPE_PRESERVATION,
    .kind = CUP_FIELD_KIND_NUMBER,
    .wire = "shape_preservation",
    .property = "shape-preservation",
    .nick = "Shape preservation",
    .blurb = "How strongly shapes of the input are kept: 0 leaves them to the "
        "model, larger values hold on to them. The embedded engine takes back "
        "what creativity and detail change at the scale of the input: nothing "
        "with 0, nearly all of it with 1, all with 3",
    .minimum = 0, .maximum = 3, .fallback = 0.25,
    .per_frame = TRUE,
    .since = "0.1",
  },
  {
    .id = CUP_FIELD_PROMPT_SUFFIX,
    .kind = CUP_FIELD_KIND_STRING,
    .wire = "prompt_suffix",
    .property = "prompt-suffix",
    .nick = "Prompt suffix",
    .blurb = "Text that is added to the end of the prompt; it should begin "
        "with a space. Empty for none",
    .fallback_text = FALLBACK_PROMPT_SUFFIX,
    .since = "0.1",
  },
  {
    .id = CUP_FIELD_NEGATIVE_PROMPT,
    .kind = CUP_FIELD_KIND_STRING,
    .wire = "negative_prompt",
    .property = "negative-prompt",
    .nick = "Negative prompt",
    .blurb = "What the result should not look like, in words; empty for none",
    .fallback_text = FALLBACK_NEGATIVE_PROMPT,
    .since = "0.1",
  },
  {
    .id = CUP_FIELD_SEED,
    .kind = CUP_FIELD_KIND_UNSIGNED,
    .wire = "seed",
    .property = "seed",
    .nick = "Seed",
    .blurb = "Number that the random choices begin with: the same seed with "
        "the same frame, settings and version of the model gives the same "
        "result. -1 (all 64 bits set, the default) lets the service choose one "
        "for each frame; the embedded engine draws one each time it is "
        "started, for all frames. It has a meaning there where creativity is "
        "above 0",
    .per_frame = TRUE,
    .since = "0.1",
  },
  {
    .id = CUP_FIELD_GUIDANCE_SCALE,
    .kind = CUP_FIELD_KIND_NUMBER,
    .wire = "guidance_scale",
    .property = "guidance-scale",
    .nick = "Guidance scale",
    .blurb = "How closely the diffusion follows the prompt: larger values "
        "follow it more closely (classifier-free guidance)",
    .minimum = 0, .maximum = 16, .fallback = 7.5,
    .per_frame = TRUE,
    .since = "0.1",
  },
  {
    .id = CUP_FIELD_NUM_INFERENCE_STEPS,
    .kind = CUP_FIELD_KIND_INTEGER,
    .wire = "num_inference_steps",
    .property = "num-inference-steps",
    .nick = "Number of inference steps",
    .blurb = "Steps of the diffusion: more take longer, and cost more where "
        "time is charged. The embedded engine has no steps, but takes a "
        "smaller or a larger model by them, where local-model is auto",
    .minimum = 1, .maximum = 200, .fallback = 20,
    .per_frame = TRUE,
    .since = "0.1",
  },
  {
    .id = CUP_FIELD_ENABLE_SAFETY_CHECKS,
    .kind = CUP_FIELD_KIND_BOOLEAN,
    .wire = "enable_safety_checks",
    .property = "enable-safety-checks",
    .nick = "Enable safety checks",
    .blurb = "Let the service check its results. What fails the check comes "
        "back as a black picture; on-unsafe says what becomes of it",
    .fallback = TRUE,
    .since = "0.1",
  },
  {
    .id = CUP_FIELD_SKIP_CCSR,
    .kind = CUP_FIELD_KIND_BOOLEAN,
    .wire = "skip_ccsr",
    .property = "skip-ccsr",
    .nick = "Skip CCSR",
    .blurb = "Leave out the first pass, which restores the picture (by a "
        "model named CCSR) before detail is invented. The embedded engine "
        "then resamples (Lanczos) in place of restoring by a network",
    .fallback = FALSE,
    .since = "0.1",
  },
  {
    .id = CUP_FIELD_OVERRIDE_SIZE_LIMITS,
    .kind = CUP_FIELD_KIND_BOOLEAN,
    .wire = "override_size_limits",
    .property = "override-size-limits",
    .nick = "Override size limits",
    .blurb = "Allow pictures above the engine's size limit, which can take "
        "very long; otherwise they fail. The embedded engine's limit is the "
        "memory that can be had",
    .fallback = FALSE,
    .since = "0.1",
  },
  {
    .id = CUP_FIELD_BASE_MODEL_URL,
    .kind = CUP_FIELD_KIND_STRING,
    .wire = "base_model_url",
    .property = "base-model-url",
    .nick = "Base model URL",
    .blurb = "URL of the weights of a diffusion model to use in place of the "
        "service's own",
    .since = "0.1",
  },
  {
    .id = CUP_FIELD_ADDITIONAL_LORA_URL,
    .kind = CUP_FIELD_KIND_STRING,
    .wire = "additional_lora_url",
    .property = "additional-lora-url",
    .nick = "Additional LoRA URL",
    .blurb = "URL of a LoRA (a file of weights that teaches the model a style "
        "or a subject) to add to the model",
    .since = "0.1",
  },
  {
    .id = CUP_FIELD_ADDITIONAL_LORA_SCALE,
    .kind = CUP_FIELD_KIND_NUMBER,
    .wire = "additional_lora_scale",
    .property = "additional-lora-scale",
    .nick = "Additional LoRA scale",
    .blurb = "How much the LoRA of additional-lora-url counts: 1 in full, 0 "
        "not at all; negative values reverse what it does",
    .minimum = -10, .maximum = 10, .fallback = 1,
    .per_frame = TRUE,
    .since = "0.1",
  },
  {
    .id = CUP_FIELD_ADDITIONAL_EMBEDDING_URL,
    .kind = CUP_FIELD_KIND_STRING,
    .wire = "additional_embedding_url",
    .property = "additional-embedding-url",
    .nick = "Additional embedding URL",
    .blurb = "URL of a textual inversion embedding (a small file that teaches "
        "the model a word to use in prompts) to add to the model",
    .since = "0.1",
  },
};
/* *INDENT-ON* */

const CupField *
cup_field_get (CupFieldId id)
{
  g_return_val_if_fail (id < CUP_N_FIELDS, NULL);
  return &fields[id];
}

const CupField *
cup_field_find_property (const gchar * property)
{
  guint i;

  for (i = 0; i < CUP_N_FIELDS; i++) {
    if (g_strcmp0 (fields[i].property, property) == 0)
      return &fields[i];
  }
  return NULL;
}
