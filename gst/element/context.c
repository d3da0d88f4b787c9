/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The context protocol: see context.h.
 *
 * The element's contexts are where GstElement keeps them: what is set from
 * outside, at whatever time, holds from the next READY → PAUSED on, and an
 * engine that is at work stays with the network that it has.
 */
#include "context.h"

#include "gstcreativeupscaler.h"

static CupFalNetwork *
get_network (GstElement * element)
{
  GstContext *context = gst_element_get_context (element, CUP_CONTEXT_TYPE);
  CupFalNetwork *network = NULL;

  if (!context)
    return NULL;
  if (!gst_structure_get (gst_context_get_structure (context),
          CUP_CONTEXT_FIELD, CUP_TYPE_FAL_NETWORK, &network, NULL) || !network)
    GST_WARNING_OBJECT (element, "the context that was set has no network");
  gst_context_unref (context);
  return network;
}

/* Asks who is linked to @pad, and takes the answer over. */
static gboolean
ask_peer (GstElement * element, GstPad * pad)
{
  GstQuery *query = gst_query_new_context (CUP_CONTEXT_TYPE);
  GstContext *context = NULL;

  if (gst_pad_peer_query (pad, query))
    gst_query_parse_context (query, &context);
  if (context) {
    GST_DEBUG_OBJECT (element, "takes the network of a neighbour at %s",
        GST_PAD_NAME (pad));
    gst_element_set_context (element, context);
  }
  gst_query_unref (query);
  return context != NULL;
}

static CupFalNetwork *
create_network (GstElement * element)
{
  CupFalNetwork *network = cup_fal_network_new ();
  /* Persistent: it stays through NULL, for the next start. */
  GstContext *context = gst_context_new (CUP_CONTEXT_TYPE, TRUE);

  gst_structure_set (gst_context_writable_structure (context),
      CUP_CONTEXT_FIELD, CUP_TYPE_FAL_NETWORK, network, NULL);
  gst_element_set_context (element, context);
  gst_element_post_message (element,
      gst_message_new_have_context (GST_OBJECT (element), context));
  return network;
}

CupFalNetwork *
cup_context_find_network (GstElement * element)
{
  GstCreativeUpscaler *self = GST_CREATIVE_UPSCALER (element);
  CupFalNetwork *network = get_network (element);

  if (network)
    return network;
  if (ask_peer (element, self->srcpad) || ask_peer (element, self->sinkpad))
    network = get_network (element);
  if (network)
    return network;
  /* Who has one sets it from within the message. */
  gst_element_post_message (element,
      gst_message_new_need_context (GST_OBJECT (element), CUP_CONTEXT_TYPE));
  network = get_network (element);
  return network ? network : create_network (element);
}

gboolean
cup_context_answer (GstElement * element, GstQuery * query)
{
  GstContext *context;
  const gchar *type;

  if (!gst_query_parse_context_type (query, &type)
      || !g_str_equal (type, CUP_CONTEXT_TYPE))
    return FALSE;
  context = gst_element_get_context (element, CUP_CONTEXT_TYPE);
  if (!context)
    return FALSE;
  gst_query_set_context (query, context);
  gst_context_unref (context);
  return TRUE;
}
