/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "team-rows.h"

typedef struct
{
  CupRows rows;
  guint at_once;
  CupTeamRowsFunc func;
  gpointer data;
} RowsWork;

static gboolean
run_rows (guint part, gpointer data, GError ** error)
{
  RowsWork *work = data;
  CupRows rows;

  rows.first = work->rows.first + part * work->at_once;
  rows.n = MIN (work->at_once, work->rows.first + work->rows.n - rows.first);
  return work->func (rows, work->data, error);
}

gboolean
cup_team_run_rows (CupTeam * team, CupRows rows, guint at_once,
    CupTeamRowsFunc func, gpointer data, const CupInterrupt * interrupt,
    GError ** error)
{
  RowsWork work = { rows, at_once, func, data };

  return cup_team_run (team, (rows.n + at_once - 1) / at_once, run_rows, &work,
      interrupt, error);
}
