/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See trainer.h. A step's patches are dealt to SHARES parts; threads take parts,
 * and the parts' gradients are added in their order.
 */
#include "trainer.h"

#include <string.h>

#include "expansion.h"

#define BATCH 16
#define SHARES 4
#define PATCH 32

#define RATE 3e-3
#define WARM_UP 200
/* Of the mean of the gradient's norms, what one may be. */
#define NORM_LIMIT 1.5
#define PROGRESS_INTERVAL 1000

typedef struct
{
  CupPass *pass;
  gfloat *gradient;
  gdouble squares;
} Share;

/**
 * Trainer:
 * @values: what is trained; @average is their running mean, the result
 * @means, @squares: Adam's, of the gradient
 * @decay: β₁ and β₂ to the power of the step's number
 * @norm: running mean of the gradient's norm
 * @pending: shares of the step that are not done
 */
typedef struct
{
  const CupRecipe *recipe;
  CupExamples *examples;
  CupModel *model;
  CupExpansion expansion;
  gfloat *values;
  gfloat *average;
  gfloat *means;
  gfloat *squares;
  gfloat *gradient;
  gfloat *of_model;
  gdouble decay[2];
  gdouble norm;
  guint iteration;

  Share shares[SHARES];
  GMutex lock;
  GCond cond;
  guint pending;
} Trainer;

static void
trainer_init (Trainer * self, const CupRecipe * recipe,
    const CupLayers * layers, guint n_threads, CupModel * model)
{
  CupRandom random;
  guint i;

  memset (self, 0, sizeof *self);
  self->recipe = recipe;
  self->examples = cup_examples_new (&recipe->examples, n_threads);
  self->model = model;
  cup_model_init (model, recipe->shape);
  cup_expansion_init (&self->expansion, model, recipe->expansion);
  self->values = g_new0 (gfloat, self->expansion.size);
  self->average = g_new0 (gfloat, self->expansion.size);
  self->means = g_new0 (gfloat, self->expansion.size);
  self->squares = g_new0 (gfloat, self->expansion.size);
  self->gradient = g_new0 (gfloat, self->expansion.size);
  self->of_model = g_new0 (gfloat, model->size);
  self->decay[0] = self->decay[1] = 1.0;
  cup_random_init (&random, recipe->seed, 0);
  cup_expansion_fill (&self->expansion, model, &random, self->values);
  memcpy (self->average, self->values,
      self->expansion.size * sizeof *self->values);
  for (i = 0; i < SHARES; i++) {
    self->shares[i].pass = cup_pass_new (model, layers, PATCH);
    self->shares[i].gradient = g_new0 (gfloat, model->size);
  }
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
}

static void
trainer_clear (Trainer * self)
{
  guint i;

  for (i = 0; i < SHARES; i++) {
    cup_pass_free (self->shares[i].pass);
    g_free (self->shares[i].gradient);
  }
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  cup_examples_free (self->examples);
  g_free (self->values);
  g_free (self->average);
  g_free (self->means);
  g_free (self->squares);
  g_free (self->gradient);
  g_free (self->of_model);
}

/* On a thread of the pool. @data is the share. */
static void
run_share (gpointer data, gpointer user_data)
{
  Trainer *self = user_data;
  Share *share = data;
  const guint first = (share - self->shares) * (BATCH / SHARES);
  guint i;

  memset (share->gradient, 0, self->model->size * sizeof *share->gradient);
  share->squares = 0.0;
  for (i = first; i < first + BATCH / SHARES; i++) {
    CupRandom random;

    cup_random_init (&random, self->recipe->seed,
        1 + (guint64) self->iteration * BATCH + i);
    cup_examples_get_patch (self->examples, &random, PATCH,
        self->model->n_layers, cup_pass_get_input (share->pass),
        cup_pass_get_target (share->pass));
    share->squares += cup_pass_run (share->pass, self->model, share->gradient);
  }

  g_mutex_lock (&self->lock);
  if (--self->pending == 0)
    g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* Fills self->of_model with the mean of the gradient; returns that of e². */
static gdouble
run_batch (Trainer * self, GThreadPool * pool)
{
  const gfloat scale = 1.0f / (PATCH * PATCH * CUP_MODEL_PHASES * BATCH);
  gdouble squares = 0.0;
  guint i;
  gsize k;

  g_mutex_lock (&self->lock);
  self->pending = SHARES;
  for (i = 0; i < SHARES; i++)
    g_thread_pool_push (pool, &self->shares[i], NULL);
  while (self->pending > 0)
    g_cond_wait (&self->cond, &self->lock);
  g_mutex_unlock (&self->lock);

  memset (self->of_model, 0, self->model->size * sizeof *self->of_model);
  for (i = 0; i < SHARES; i++) {
    for (k = 0; k < self->model->size; k++)
      self->of_model[k] += self->shares[i].gradient[k];
    squares += self->shares[i].squares;
  }
  for (k = 0; k < self->model->size; k++)
    self->of_model[k] *= scale;
  return squares * scale;
}

/* One bad batch must not throw away what was learned. */
static void
clip_gradient (Trainer * self)
{
  gdouble sum = 0.0, norm, limit;
  gsize k;

  for (k = 0; k < self->expansion.size; k++)
    sum += (gdouble) self->gradient[k] * self->gradient[k];
  norm = sqrt (sum);
  if (self->iteration < 20)
    self->norm = MAX (self->norm, norm);
  limit = NORM_LIMIT * self->norm;
  if (norm > limit) {
    const gfloat scale = limit / norm;

    for (k = 0; k < self->expansion.size; k++)
      self->gradient[k] *= scale;
    norm = limit;
  }
  self->norm = 0.98 * self->norm + 0.02 * norm;
}

/* From RATE to nothing, as slowly at the ends as a cosine. */
static gdouble
get_rate (const Trainer * self)
{
  const gdouble done = (gdouble) self->iteration / self->recipe->iterations;
  gdouble rate = RATE * (1.0 - done * done * (3.0 - 2.0 * done)) + 1e-6;

  if (self->iteration < WARM_UP)
    rate *= (self->iteration + 1.0) / WARM_UP;
  return rate;
}

static void
descend (Trainer * self)
{
  const gfloat beta_1 = 0.9f, beta_2 = 0.999f;
  const gfloat keep = self->iteration < 2000 ? 0.99f : 0.999f;
  gfloat step, scale;
  gsize k;

  self->decay[0] *= beta_1;
  self->decay[1] *= beta_2;
  step = get_rate (self) / (1.0 - self->decay[0]);
  scale = 1.0 / (1.0 - self->decay[1]);
  for (k = 0; k < self->expansion.size; k++) {
    const gfloat slope = self->gradient[k];

    self->means[k] = beta_1 * self->means[k] + (1.0f - beta_1) * slope;
    self->squares[k] =
        beta_2 * self->squares[k] + (1.0f - beta_2) * (slope * slope);
    self->values[k] -= step * self->means[k]
        / (sqrtf (self->squares[k] * scale) + 1e-8f);
    self->average[k] = keep * self->average[k]
        + (1.0f - keep) * self->values[k];
  }
  cup_expansion_limit (&self->expansion, self->model, self->values);
}

void
cup_trainer_run (const CupRecipe * recipe, const CupLayers * layers,
    guint n_threads, CupModel * model, CupTrainerProgress progress,
    gpointer user_data)
{
  gdouble recent = 0.0;
  GThreadPool *pool;
  Trainer self;

  trainer_init (&self, recipe, layers, n_threads, model);
  pool = g_thread_pool_new (run_share, &self, n_threads, TRUE, NULL);
  for (; self.iteration < recipe->iterations; self.iteration++) {
    cup_expansion_collapse (&self.expansion, self.values, model);
    recent += run_batch (&self, pool);
    cup_expansion_get_gradient (&self.expansion, model, self.values,
        self.of_model, self.gradient);
    clip_gradient (&self);
    descend (&self);
    if (progress && (self.iteration + 1) % PROGRESS_INTERVAL == 0) {
      const gdouble error = recent / PROGRESS_INTERVAL
          * (CUP_MODEL_RANGE * CUP_MODEL_RANGE) / (255.0 * 255.0);

      progress (self.iteration + 1, -10 * log10 (error), user_data);
      recent = 0.0;
    }
  }
  g_thread_pool_free (pool, FALSE, TRUE);

  cup_expansion_limit (&self.expansion, model, self.average);
  cup_expansion_collapse (&self.expansion, self.average, model);
  trainer_clear (&self);
}
