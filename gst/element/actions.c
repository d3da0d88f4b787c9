/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "actions.h"

#include "gstcreativeupscaler.h"
#include "report.h"

typedef struct
{
  const gchar *name;
  const gchar *blurb;
} Action;

static const Action cancel_all_action = { "cancel-all",
  "Cancels all frames that the engine has not finished, at the service too as "
      "far as that is still possible, and returns how many they are. They "
      "count as cancelled, not as failed, and the stream goes on: a GAP event "
      "leaves in the place of each, and the next buffer has DISCONT. Frames "
      "whose results are there already (and paid for) leave as usual, and so "
      "do events; frames that come later are upscaled"
};

static const Action drain_action = { "drain",
  "Asks to be told when all frames that have come so far are through. Returns "
      "TRUE without waiting; an element message creativeupscaler-drained "
      "follows, one for each call, when the last of these frames has been "
      "pushed, left out or, by a flush or a stop, thrown away. Without frames "
      "under way it comes at once. Frames that come later are upscaled, but "
      "not waited for. Returns FALSE, and no message follows, where the "
      "element is not in PAUSED or PLAYING"
};

static const Action *const actions[] = { &cancel_all_action, &drain_action };

/* From the application's thread, which holds no lock of ours. */
static guint
cancel_all (GstCreativeUpscaler * self)
{
  guint n = cup_window_cancel_pending (self->window);

  GST_INFO_OBJECT (self, "%u frames are cancelled", n);
  return n;
}

static gboolean
drain (GstCreativeUpscaler * self)
{
  if (!gst_pad_is_active (self->sinkpad))
    return FALSE;
  /* The src task tells, or who empties the window. */
  if (!cup_window_push_mark (self->window))
    cup_report_drained (GST_ELEMENT (self));
  return TRUE;
}

const gchar *
cup_action_get_blurb (const gchar * signal)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (actions); i++) {
    if (g_str_equal (actions[i]->name, signal))
      return actions[i]->blurb;
  }
  return NULL;
}

/**
 * GstCreativeUpscaler::cancel-all:
 *
 * Takes back the frames that are with the engine: docs/reference.md.
 *
 * Returns: how many
 */
/**
 * GstCreativeUpscaler::drain:
 *
 * Asks for a message when what has been taken so far has left:
 * docs/reference.md.
 *
 * Returns: whether there will be one
 */
void
cup_actions_install (GObjectClass * klass)
{
  GType type = G_OBJECT_CLASS_TYPE (klass);
  const GSignalFlags flags = G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION;

  g_signal_new_class_handler (cancel_all_action.name, type, flags,
      G_CALLBACK (cancel_all), NULL, NULL, NULL, G_TYPE_UINT, 0);
  g_signal_new_class_handler (drain_action.name, type, flags,
      G_CALLBACK (drain), NULL, NULL, NULL, G_TYPE_BOOLEAN, 0);
}
