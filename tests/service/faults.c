/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The list of faults that were ordered: reads the words, and decides which
 * request each of them strikes.
 */
#include "faults.h"

#include "base/error.h"
#include "fault-kinds.h"

#define DEFAULT_DURATION 5000
#define DEFAULT_SEED 20240227
#define ALWAYS 100

typedef struct
{
  CupFalStage stage;
  const CupServiceFaultKind *kind;
  guint duration;
  /* Strikes every @every-th request after the first @after, of these @chance
   * percent, and not more than @count. */
  guint64 count;
  guint64 every;
  guint64 after;
  gint32 chance;
  guint64 seen;
  guint64 struck;
} Order;

struct _CupServiceFaults
{
  GMutex mutex;
  GPtrArray *orders;
  GRand *rand;
};

static const gchar *const stage_names[CUP_FAL_N_STAGES] = {
  [CUP_FAL_STAGE_INITIATE] = "initiate",
  [CUP_FAL_STAGE_PUT] = "put",
  [CUP_FAL_STAGE_PART] = "part",
  [CUP_FAL_STAGE_COMPLETE] = "complete",
  [CUP_FAL_STAGE_SUBMIT] = "submit",
  [CUP_FAL_STAGE_STATUS] = "status",
  [CUP_FAL_STAGE_STREAM] = "stream",
  [CUP_FAL_STAGE_RESULT] = "result",
  [CUP_FAL_STAGE_DOWNLOAD] = "download",
  [CUP_FAL_STAGE_CANCEL] = "cancel",
};

const gchar *
cup_service_stage_get_name (CupFalStage stage)
{
  return stage < CUP_FAL_N_STAGES ? stage_names[stage] : "none";
}

CupServiceFaults *
cup_service_faults_new (guint seed)
{
  CupServiceFaults *faults = g_new0 (CupServiceFaults, 1);

  g_mutex_init (&faults->mutex);
  faults->orders = g_ptr_array_new_with_free_func (g_free);
  faults->rand = g_rand_new_with_seed (seed ? seed : DEFAULT_SEED);
  return faults;
}

void
cup_service_faults_free (CupServiceFaults * faults)
{
  g_ptr_array_unref (faults->orders);
  g_rand_free (faults->rand);
  g_mutex_clear (&faults->mutex);
  g_free (faults);
}

static gboolean
parse_stage (const gchar * word, CupFalStage * stage, GError ** error)
{
  GString *names;
  guint i;

  for (i = 0; i < CUP_FAL_N_STAGES; i++) {
    if (g_strcmp0 (word, stage_names[i]) == 0) {
      *stage = i;
      return TRUE;
    }
  }
  names = g_string_new (NULL);
  for (i = 0; i < CUP_FAL_N_STAGES; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", stage_names[i]);
  g_set_error (error, CUP_ERROR, CUP_ERROR_SETTINGS,
      "\"%s\" is not a stage: there are %s", word, names->str);
  g_string_free (names, TRUE);
  return FALSE;
}

static const CupServiceFaultKind *
find_kind (CupFalStage stage, const gchar * name)
{
  const CupServiceFaultKind *kinds;
  guint i, n;

  kinds = cup_service_fault_kinds (&n);
  for (i = 0; i < n; i++)
    if (g_strcmp0 (name, kinds[i].name) == 0
        && (kinds[i].stages & CUP_FAL_STAGE_BIT (stage)))
      return &kinds[i];
  return NULL;
}

const CupServiceFaultKind *
cup_service_fault_find (CupFalStage stage, const gchar * name)
{
  const CupServiceFaultKind *kind = find_kind (stage, name);

  g_assert (kind);
  return kind;
}

static gboolean
parse_kind (const gchar * word, Order * order, GError ** error)
{
  order->kind = find_kind (order->stage, word);
  if (order->kind)
    return TRUE;
  g_set_error (error, CUP_ERROR, CUP_ERROR_SETTINGS,
      "\"%s\" is not a fault that there is for the stage \"%s\"; --list-faults "
      "shows them all", word, stage_names[order->stage]);
  return FALSE;
}

static gboolean
parse_modifier (const gchar * word, Order * order, GError ** error)
{
  guint64 value;

  if (g_str_has_prefix (word, "EVERY=")
      && g_ascii_string_to_unsigned (word + 6, 10, 1, G_MAXUINT, &value, NULL))
    order->every = value;
  else if (g_str_has_prefix (word, "AFTER=")
      && g_ascii_string_to_unsigned (word + 6, 10, 0, G_MAXUINT, &value, NULL))
    order->after = value;
  else if (g_str_has_prefix (word, "CHANCE=")
      && g_ascii_string_to_unsigned (word + 7, 10, 1, ALWAYS, &value, NULL))
    order->chance = value;
  else if (g_str_has_prefix (word, "FOR=")
      && g_ascii_string_to_unsigned (word + 4, 10, 0, 3600000, &value, NULL))
    order->duration = value;
  else if (g_ascii_string_to_unsigned (word, 10, 1, G_MAXUINT, &value, NULL))
    order->count = value;
  else {
    g_set_error (error, CUP_ERROR, CUP_ERROR_SETTINGS,
        "\"%s\" is not COUNT, EVERY=N, AFTER=N, CHANCE=PERCENT (1 to 100) or "
        "FOR=MILLISECONDS", word);
    return FALSE;
  }
  return TRUE;
}

static Order *
parse_order (const gchar * spec, GError ** error)
{
  gchar **words = g_strsplit (spec, ":", -1);
  Order *order = g_new0 (Order, 1);
  guint i, n = g_strv_length (words);
  gboolean good;

  order->duration = DEFAULT_DURATION;
  order->count = G_MAXUINT64;
  order->every = 1;
  order->chance = ALWAYS;
  if (n < 2) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_SETTINGS,
        "\"%s\" is not STAGE:KIND, as in \"result:503:2\"", spec);
    good = FALSE;
  } else {
    good = parse_stage (words[0], &order->stage, error)
        && parse_kind (words[1], order, error);
    for (i = 2; good && i < n; i++)
      good = parse_modifier (words[i], order, error);
  }
  g_strfreev (words);
  if (!good)
    g_clear_pointer (&order, g_free);
  return order;
}

gboolean
cup_service_faults_add (CupServiceFaults * faults, const gchar * spec,
    GError ** error)
{
  Order *order = parse_order (spec, error);

  if (!order)
    return FALSE;
  g_mutex_lock (&faults->mutex);
  g_ptr_array_add (faults->orders, order);
  g_mutex_unlock (&faults->mutex);
  return TRUE;
}

gboolean
cup_fal_service_check_fault (const gchar * spec, GError ** error)
{
  Order *order = parse_order (spec, error);

  g_free (order);
  return order != NULL;
}

void
cup_service_faults_clear (CupServiceFaults * faults)
{
  g_mutex_lock (&faults->mutex);
  g_ptr_array_set_size (faults->orders, 0);
  g_mutex_unlock (&faults->mutex);
}

/* The dice are thrown for every request, whatever comes of it, so that a
 * fault's count does not change the luck of the others. */
static gboolean
strikes (Order * order, GRand * rand)
{
  gboolean lucky = order->chance < ALWAYS
      && g_rand_int_range (rand, 0, ALWAYS) >= order->chance;

  order->seen++;
  return !lucky && order->seen > order->after
      && (order->seen - order->after) % order->every == 0
      && order->struck < order->count;
}

CupServiceFault
cup_service_faults_take (CupServiceFaults * faults, CupFalStage stage,
    gboolean job)
{
  CupServiceFault fault = { NULL, 0 };
  guint i;

  g_mutex_lock (&faults->mutex);
  for (i = 0; i < faults->orders->len; i++) {
    Order *order = g_ptr_array_index (faults->orders, i);

    if (order->stage != stage
        || (order->kind->when == CUP_SERVICE_FAULT_JOB) != job)
      continue;
    /* All of them count this request, the first that strikes has it. */
    if (strikes (order, faults->rand) && !fault.kind) {
      order->struck++;
      fault.kind = order->kind;
      fault.duration = order->duration;
    }
  }
  g_mutex_unlock (&faults->mutex);
  return fault;
}

gboolean
cup_service_fault_is (const CupServiceFault * fault, CupServiceFaultId id)
{
  return fault->kind && fault->kind->id == id;
}

gchar *
cup_fal_service_describe_faults (void)
{
  const CupServiceFaultKind *kinds;
  GString *text = g_string_new (NULL);
  guint i, j, n;

  kinds = cup_service_fault_kinds (&n);
  for (i = 0; i < n; i++) {
    g_string_append_printf (text, "  %-31s %s\n%34s(", kinds[i].name,
        kinds[i].blurb, "");
    for (j = 0; j < CUP_FAL_N_STAGES; j++)
      if (kinds[i].stages & CUP_FAL_STAGE_BIT (j))
        g_string_append_printf (text, "%s ", stage_names[j]);
    g_string_truncate (text, text->len - 1);
    g_string_append (text, ")\n");
  }
  return g_string_free (text, FALSE);
}
