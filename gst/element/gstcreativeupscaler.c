/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-creativeupscaler
 * @title: creativeupscaler
 *
 * Sends each frame of a stream, raw video or images, to an upscaler that
 * enlarges it and invents plausible detail. Several frames are under way at
 * once (#creativeupscaler:max-in-flight); the results leave in order, with the
 * times of their frames, and with the caps that they turn out to have.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 multifilesrc location=photo.jpg stop-index=0 caps=image/jpeg ! creativeupscaler scale=2 ! image/png ! filesink location=photo-2x.png
 * ]| Upscales one picture with what is at hand: fal's hosted model where a key
 * is configured, else the embedded engine.
 * |[
 * gst-launch-1.0 multifilesrc location=in_%05d.png caps=image/png,framerate=24/1 ! creativeupscaler max-in-flight=8 ! multifilesink location=out_%05d.png
 * ]| Upscales a sequence, eight pictures at a time.
 */
/* How it works. The sink pad (sink.c, intake.c) turns frames into jobs and puts
 * them, with the serialized events and queries between them, into a window
 * (window.c). Engines complete the jobs in any order; workers make buffers of
 * the results near the head (render.c). A task on the src pad (src.c, serve.c)
 * serves the head of the window only: it sets caps and pushes. Nothing waits for
 * the network, least of all a state change.
 */
#include "gstcreativeupscaler.h"

#include <string.h>

#include "actions.h"
#include "caching.h"
#include "choice.h"
#include "engines.h"
#include "live.h"
#include "meta.h"
#include "preset.h"
#include "report.h"
#include "spending.h"

GST_DEBUG_CATEGORY (gst_creative_upscaler_debug);

G_DEFINE_TYPE_WITH_CODE (GstCreativeUpscaler, gst_creative_upscaler,
    GST_TYPE_ELEMENT, G_IMPLEMENT_INTERFACE (GST_TYPE_PRESET,
        cup_preset_interface_init);
    GST_DEBUG_CATEGORY_INIT (gst_creative_upscaler_debug, "creativeupscaler",
        0, "creative upscaler");
    cup_report_init_log ());
GST_ELEMENT_REGISTER_DEFINE (creativeupscaler, "creativeupscaler",
    GST_RANK_NONE, GST_TYPE_CREATIVE_UPSCALER);

/* Longer than a worker takes that notices a cancellation. */
#define JOIN_TIMEOUT (G_TIME_SPAN_SECOND / 2)
/* A disk may be that slow. */
#define CACHE_JOIN_TIMEOUT (30 * G_TIME_SPAN_SECOND)

/* State changes */

static void
renew_stats (GstCreativeUpscaler * self)
{
  CupStats *old;
  CupBudget *old_budget;

  GST_OBJECT_LOCK (self);
  old = self->stats;
  old_budget = self->budget;
  self->stats = cup_stats_new ();
  self->budget = cup_budget_new ();
  self->has_service = cup_engine_get_service (self->engine) != NULL;
  cup_spending_update (self);
  GST_OBJECT_UNLOCK (self);
  cup_stats_unref (old);
  cup_budget_unref (old_budget);
}

/* Also where there was an error. */
static gboolean
open_cache (GstCreativeUpscaler * self, GError ** error)
{
  GError *reason = NULL;
  CupCache *cache = cup_caching_open (self, self->progress, &reason);
  CupCache *old;

  GST_OBJECT_LOCK (self);
  old = self->cache;
  self->cache = cache;
  GST_OBJECT_UNLOCK (self);
  g_clear_pointer (&old, cup_cache_unref);
  if (!reason)
    return TRUE;
  g_propagate_error (error, reason);
  return FALSE;
}

static gboolean
start (GstCreativeUpscaler * self)
{
  GError *error = NULL;
  CupWorkers *workers;
  CupEngine *engine;

  GST_OBJECT_LOCK (self);
  self->dry_run = self->settings.dry_run;
  engine = self->given_engine ? g_object_ref (self->given_engine) : NULL;
  GST_OBJECT_UNLOCK (self);
  if (!engine)
    engine = cup_make_engine (self, &error);
  if (!engine) {
    cup_report_error (GST_ELEMENT (self), error, NULL, GST_CLOCK_TIME_NONE);
    g_clear_error (&error);
    return FALSE;
  }
  GST_DEBUG_OBJECT (self, "engine %s", cup_engine_get_name (engine));

  g_clear_object (&self->engine);
  self->engine = engine;
  g_clear_pointer (&self->progress, cup_progress_reporter_unref);
  renew_stats (self);
  self->progress = cup_progress_reporter_new (GST_ELEMENT (self),
      cup_engine_get_name (engine), self->stats);
  workers = cup_workers_new (0, &error);
  if (!workers || !open_cache (self, &error)) {
    cup_report_error (GST_ELEMENT (self), error, NULL, GST_CLOCK_TIME_NONE);
    g_clear_error (&error);
    g_clear_pointer (&workers, cup_workers_unref);
    cup_engine_close (engine);
    return FALSE;
  }
  self->dispatcher = cup_dispatcher_new (engine, workers, self->cache,
      self->budget);
  cup_window_set_workers (self->window, workers);
  cup_workers_unref (workers);
  self->n_jobs = 0;
  self->warned_fields = 0;
  self->warned_unmatched = FALSE;
  self->warned_times = FALSE;
  self->warned_price = FALSE;
  self->warned_alpha = FALSE;
  memset (&self->told, 0, sizeof self->told);
  self->told_latency = 0;
  self->earliest_time = GST_CLOCK_TIME_NONE;
  return TRUE;
}

/* Does not wait but for messages that are being posted: jobs were cancelled with
 * the window, and end by themselves.
 * The engine stays until the next start or the element's end, so that what it
 * still has to say to the service (cancel) is said. */
static void
stop (GstCreativeUpscaler * self)
{
  cup_window_set_workers (self->window, NULL);
  g_clear_pointer (&self->dispatcher, cup_dispatcher_free);
  if (self->engine)
    cup_engine_close (self->engine);
  cup_progress_reporter_close (self->progress);
  if (self->engine)
    cup_spending_tell_sum (self, "stop");
}

static GstStateChangeReturn
gst_creative_upscaler_change_state (GstElement * element,
    GstStateChange transition)
{
  GstCreativeUpscaler *self = GST_CREATIVE_UPSCALER (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED)
    cup_live_set_playing (self, FALSE);

  ret = GST_ELEMENT_CLASS (gst_creative_upscaler_parent_class)->change_state
      (element, transition);

  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING)
    cup_live_set_playing (self, TRUE);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY
      || (transition == GST_STATE_CHANGE_READY_TO_PAUSED
          && ret == GST_STATE_CHANGE_FAILURE))
    stop (self);
  return ret;
}

void
gst_creative_upscaler_use_engine (GstCreativeUpscaler * self,
    CupEngine * engine)
{
  CupEngine *old;

  GST_OBJECT_LOCK (self);
  old = self->given_engine;
  self->given_engine = engine ? g_object_ref (engine) : NULL;
  GST_OBJECT_UNLOCK (self);
  g_clear_object (&old);
}

/* GObject */

/* Whether @value is another one than that of a property which holds from the next
 * start on, while the element is started. Of a property that cannot be read every
 * value counts as another one. */
static gboolean
comes_too_late (GstCreativeUpscaler * self, const GValue * value,
    GParamSpec * pspec)
{
  GValue old = G_VALUE_INIT;
  gboolean differs;

  if (!(pspec->flags & GST_PARAM_MUTABLE_READY)
      || GST_STATE (self) <= GST_STATE_READY)
    return FALSE;
  if (!(pspec->flags & G_PARAM_READABLE))
    return TRUE;
  g_object_get_property (G_OBJECT (self), pspec->name, &old);
  differs = g_param_values_cmp (pspec, value, &old) != 0;
  g_value_unset (&old);
  return differs;
}

static void
gst_creative_upscaler_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstCreativeUpscaler *self = GST_CREATIVE_UPSCALER (object);
  const gboolean is_late = comes_too_late (self, value, pspec);
  CupPromise promise;
  guint max_in_flight;
  gboolean known;

  GST_OBJECT_LOCK (self);
  promise = cup_live_get_promise (self);
  known = cup_properties_set (&self->settings, id, value, pspec);
  max_in_flight = self->settings.max_in_flight;
  cup_spending_update (self);
  GST_OBJECT_UNLOCK (self);
  /* The window's lock comes before the object's. */
  cup_window_set_max (self->window, max_in_flight);
  cup_live_update (self, promise);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  else if (is_late)
    cup_report_late_setting (GST_ELEMENT (self), pspec->name);
}

static GstStructure *
get_stats (GstCreativeUpscaler * self)
{
  GstStructure *structure;
  CupCache *cache;
  CupBudgetFigures figures;
  CupStats *stats;

  GST_OBJECT_LOCK (self);
  stats = cup_stats_ref (self->stats);
  cache = self->cache ? cup_cache_ref (self->cache) : NULL;
  cup_budget_get_figures (self->budget, &figures);
  GST_OBJECT_UNLOCK (self);
  structure = cup_stats_to_structure (stats,
      cup_window_get_in_flight (self->window), &figures);
  gst_structure_set (structure, "uncertain-requests", G_TYPE_UINT64,
      cache ? cup_cache_get_uncertain (cache) : (guint64) 0, NULL);
  g_clear_pointer (&cache, cup_cache_unref);
  cup_stats_unref (stats);
  return structure;
}

static void
gst_creative_upscaler_get_property (GObject * object, guint id,
    GValue * value, GParamSpec * pspec)
{
  GstCreativeUpscaler *self = GST_CREATIVE_UPSCALER (object);
  gboolean known;

  if (id == CUP_STATS_PROPERTY) {
    g_value_take_boxed (value, get_stats (self));
    return;
  }
  GST_OBJECT_LOCK (self);
  known = cup_properties_get (&self->settings, id, value, pspec);
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_creative_upscaler_finalize (GObject * object)
{
  GstCreativeUpscaler *self = GST_CREATIVE_UPSCALER (object);

  g_clear_object (&self->given_engine);
  /* Here, and not in a state change: so that the end of the process does not
   * cut off the requests that take submitted jobs back. */
  if (self->engine)
    cup_engine_join (self->engine);
  g_clear_object (&self->engine);
  /* Likewise what is to be written: it was paid for. */
  if (self->cache)
    cup_cache_join (self->cache, CACHE_JOIN_TIMEOUT);
  g_clear_pointer (&self->cache, cup_cache_unref);
  /* Likewise the threads that let go of the last frames. Where one of them
   * brought the element here, by a message that it posted, it has one. */
  if (!cup_window_join (self->window, JOIN_TIMEOUT))
    GST_DEBUG_OBJECT (self, "frames outlive the element");
  cup_settings_clear (&self->settings);
  g_clear_pointer (&self->progress, cup_progress_reporter_unref);
  cup_stats_unref (self->stats);
  cup_budget_unref (self->budget);
  cup_window_unref (self->window);
  g_mutex_clear (&self->task_lock);
  G_OBJECT_CLASS (gst_creative_upscaler_parent_class)->finalize (object);
}

static void
gst_creative_upscaler_class_init (GstCreativeUpscalerClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstCaps *src_caps = cup_choice_get_template_caps ();
  GstCaps *sink_caps = cup_choice_get_sink_template_caps ();

  object_class->set_property = gst_creative_upscaler_set_property;
  object_class->get_property = gst_creative_upscaler_get_property;
  object_class->finalize = gst_creative_upscaler_finalize;
  cup_properties_install (object_class);
  cup_stats_install_property (object_class);
  cup_actions_install (object_class);
  cup_meta_register ();

  element_class->change_state =
      GST_DEBUG_FUNCPTR (gst_creative_upscaler_change_state);
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, sink_caps));
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, src_caps));
  gst_caps_unref (sink_caps);
  gst_caps_unref (src_caps);
  gst_element_class_set_static_metadata (element_class, "Creative upscaler",
      "Filter/Converter/Video/Scaler/Network",
      "Enlarges frames and images and invents plausible detail, by fal's "
      "hosted diffusion model or embedded", "The Creative Upscaler authors");
}

static void
gst_creative_upscaler_init (GstCreativeUpscaler * self)
{
  GstElementClass *klass = GST_ELEMENT_GET_CLASS (self);

  g_mutex_init (&self->task_lock);
  cup_settings_init (&self->settings);
  self->window = cup_window_new ();
  self->stats = cup_stats_new ();
  self->budget = cup_budget_new ();
  cup_window_set_max (self->window, self->settings.max_in_flight);
  self->earliest_time = GST_CLOCK_TIME_NONE;
  self->live.frame_duration = GST_CLOCK_TIME_NONE;
  gst_segment_init (&self->segment, GST_FORMAT_UNDEFINED);

  self->sinkpad = gst_pad_new_from_template
      (gst_element_class_get_pad_template (klass, "sink"), "sink");
  gst_pad_set_chain_function (self->sinkpad,
      GST_DEBUG_FUNCPTR (gst_creative_upscaler_chain));
  /* The full form: a plain event function would turn "flushing" into an error.
   */
  gst_pad_set_event_full_function (self->sinkpad,
      GST_DEBUG_FUNCPTR (gst_creative_upscaler_sink_event));
  gst_pad_set_query_function (self->sinkpad,
      GST_DEBUG_FUNCPTR (gst_creative_upscaler_sink_query));
  gst_pad_set_activatemode_function (self->sinkpad,
      GST_DEBUG_FUNCPTR (gst_creative_upscaler_sink_activate));
  GST_PAD_SET_ACCEPT_TEMPLATE (self->sinkpad);
  gst_element_add_pad (GST_ELEMENT (self), self->sinkpad);

  self->srcpad = gst_pad_new_from_template
      (gst_element_class_get_pad_template (klass, "src"), "src");
  gst_pad_set_event_function (self->srcpad,
      GST_DEBUG_FUNCPTR (gst_creative_upscaler_src_event));
  gst_pad_set_query_function (self->srcpad,
      GST_DEBUG_FUNCPTR (gst_creative_upscaler_src_query));
  gst_pad_set_activatemode_function (self->srcpad,
      GST_DEBUG_FUNCPTR (gst_creative_upscaler_src_activate));
  gst_pad_use_fixed_caps (self->srcpad);
  gst_element_add_pad (GST_ELEMENT (self), self->srcpad);
}
