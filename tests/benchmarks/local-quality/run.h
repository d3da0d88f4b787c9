/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Has the embedded engine upscale pictures, by its public interface only: jobs
 * in, results out.
 */
#pragma once

#include <math.h>

#include "image/image.h"

G_BEGIN_DECLS

/* Leaves a field to the engine. */
#define RUN_UNSET NAN

/**
 * RunSettings:
 * @creativity: the field of that name, or RUN_UNSET, as the next two
 * @detail:
 * @shape_preservation:
 * @other_seed: whether it is another one than usual
 * @skip_restoration: the field skip_ccsr
 * @is_lossy: whether the engine is told that a lossy codec has been at the
 *   picture
 */
typedef struct
{
  gdouble creativity;
  gdouble detail;
  gdouble shape_preservation;
  gboolean other_seed;
  gboolean skip_restoration;
  gboolean is_lossy;
} RunSettings;

extern const RunSettings run_defaults;
/* Neither texture nor detail. */
extern const RunSettings run_restoration;

/* For all pictures: the number of inference steps, by which the engine chooses
 * a network; 0 for its default. */
void run_set_steps (guint steps);

/* @picture at @factor times its size. */
CupPixels *run_upscale (const CupPixels * picture, guint factor,
    const RunSettings * settings);
/* The same of a file's bytes, so that the engine knows how it was compressed. */
CupPixels *run_upscale_encoded (GBytes * bytes, guint factor,
    const RunSettings * settings);

/* Lets the engine go. */
void run_close (void);

G_END_DECLS
