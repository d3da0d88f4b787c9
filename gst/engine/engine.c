/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine.h"

G_DEFINE_ABSTRACT_TYPE (CupEngine, cup_engine, G_TYPE_OBJECT);

static void
cup_engine_class_init (CupEngineClass * klass)
{
}

static void
cup_engine_init (CupEngine * engine)
{
}

const gchar *
cup_engine_get_name (CupEngine * engine)
{
  return CUP_ENGINE_GET_CLASS (engine)->name;
}

CupEngineAccepts
cup_engine_get_accepts (CupEngine * engine)
{
  return CUP_ENGINE_GET_CLASS (engine)->accepts;
}

guint64
cup_engine_get_honoured_fields (CupEngine * engine)
{
  CupEngineClass *klass = CUP_ENGINE_GET_CLASS (engine);

  return klass->get_honours ? klass->get_honours (engine) : klass->honours;
}

gboolean
cup_engine_censors (CupEngine * engine)
{
  CupEngineClass *klass = CUP_ENGINE_GET_CLASS (engine);

  return klass->get_censors ? klass->get_censors (engine) : klass->censors;
}

const gchar *
cup_engine_get_service (CupEngine * engine)
{
  CupEngineClass *klass = CUP_ENGINE_GET_CLASS (engine);

  return klass->get_service ? klass->get_service (engine) : NULL;
}

gdouble
cup_engine_get_upload_speed (CupEngine * engine)
{
  CupEngineClass *klass = CUP_ENGINE_GET_CLASS (engine);

  return klass->get_upload_speed ? klass->get_upload_speed (engine) : 0;
}

void
cup_engine_upscale_async (CupEngine * engine, CupJob * job)
{
  CUP_ENGINE_GET_CLASS (engine)->upscale_async (engine, job);
}

void
cup_engine_close (CupEngine * engine)
{
  CupEngineClass *klass = CUP_ENGINE_GET_CLASS (engine);

  if (klass->close)
    klass->close (engine);
}

void
cup_engine_join (CupEngine * engine)
{
  CupEngineClass *klass = CUP_ENGINE_GET_CLASS (engine);

  if (klass->join)
    klass->join (engine);
}
