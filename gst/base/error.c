/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "error.h"

typedef CupErrorDetails CupErrorPrivate;

static void
cup_error_private_init (CupErrorPrivate * priv)
{
}

static void
cup_error_private_copy (const CupErrorPrivate * src, CupErrorPrivate * dest)
{
  dest->http_status = src->http_status;
  dest->request_id = g_strdup (src->request_id);
  dest->error_type = g_strdup (src->error_type);
  dest->url = g_strdup (src->url);
  dest->stage = src->stage;
  dest->maybe_accepted = src->maybe_accepted;
}

static void
cup_error_private_clear (CupErrorPrivate * priv)
{
  g_free (priv->request_id);
  g_free (priv->error_type);
  g_free (priv->url);
}

G_DEFINE_EXTENDED_ERROR (CupError, cup_error);

const CupErrorDetails *
cup_error_get_details (const GError * error)
{
  if (error == NULL || error->domain != CUP_ERROR)
    return NULL;
  return cup_error_get_private (error);
}

CupErrorDetails *
cup_error_edit_details (GError * error)
{
  if (error == NULL || error->domain != CUP_ERROR)
    return NULL;
  return cup_error_get_private (error);
}
