/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A team's work on the rows of a picture.
 */
#pragma once

#include "base/team.h"
#include "plane.h"

G_BEGIN_DECLS

/* cup_team_run() where every part is some rows of @rows: parts are of @at_once rows
 * (the last may have fewer). */
typedef gboolean (*CupTeamRowsFunc) (CupRows rows, gpointer data,
    GError ** error);
gboolean cup_team_run_rows (CupTeam * team, CupRows rows, guint at_once,
    CupTeamRowsFunc func, gpointer data, const CupInterrupt * interrupt,
    GError ** error);

G_END_DECLS
