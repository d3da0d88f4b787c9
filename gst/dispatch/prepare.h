/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A job's input on its way to the engine. On a worker, in this order.
 */
#pragma once

#include "engine/engine.h"
#include "store/key.h"
#include "upload-format.h"

G_BEGIN_DECLS

/* Brings the input into memory, as it came (raw frames as pixels), and looks at
 * it for what has to be known when the result is there and the input is not any
 * more. A picture that the service fetches stays where it is. */
gboolean cup_prepare_load (CupEngine * engine, CupJob * job, GError ** error);
/* What the result will depend on, and is found by. @durable: to be known in
 * another process, too. FALSE where there is no telling: a picture that is
 * elsewhere may change. After cup_prepare_load(). */
gboolean cup_prepare_identify (CupEngine * engine, CupJob * job,
    gboolean durable, CupStoreKey * key);
/* Brings the input into the form that the engine accepts. @format: chooses for
 * jobs whose upload type is CUP_IMAGE_UNKNOWN. */
gboolean cup_prepare_encode (CupEngine * engine, CupJob * job,
    CupUploadFormat * format, GError ** error);

G_END_DECLS
