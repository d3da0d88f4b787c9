/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What engines share of a service: whose limit is whose, for how long, and that
 * nothing of a key is kept.
 */
#include <string.h>

#include "engine/fal/network.h"

#define KEY "id-7f3a:s3cret-91c2"

static void
test_accounts (void)
{
  static const struct
  {
    const gchar *location, *key;
    gboolean same_account, same_origin;
  } cases[] = {
    {"https://queue.fal.run", KEY, TRUE, TRUE},
    {"https://queue.fal.run/gateway", KEY, TRUE, TRUE},
    {"https://queue.fal.run", KEY "x", FALSE, TRUE},
    {"https://queue.fal.run", "id-7f3a:another", FALSE, TRUE},
    {"https://queue.fal.run:8443", KEY, FALSE, FALSE},
    {"https://other.fal.run", KEY, FALSE, FALSE},
    {"http://127.0.0.1:443", KEY, FALSE, FALSE},
  };
  CupFalNetwork *network = cup_fal_network_new ();
  CupFalAccount *first, *other;
  guint i;

  first = cup_fal_network_enter (network, cases[0].location, cases[0].key);
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_test_message ("%s", cases[i].location);
    other = cup_fal_network_enter (network, cases[i].location, cases[i].key);
    g_assert_true ((other == first) == cases[i].same_account);
    g_assert_true ((other->limiter == first->limiter) == cases[i].same_account);
    g_assert_true ((other->origin == first->origin) == cases[i].same_origin);
    cup_fal_network_leave (network, other);
  }
  cup_fal_network_leave (network, first);
  g_object_unref (network);
}

static void
on_turn (CupFalTicket * ticket, gpointer data)
{
}

/* What was learned is forgotten with the last of those who use it. */
static void
test_life (void)
{
  CupFalNetwork *network = cup_fal_network_new ();
  CupFalAccount *account[3];
  CupFalTicket *ticket;
  CupFalShare *share;
  guint i;

  for (i = 0; i < 2; i++)
    account[i] = cup_fal_network_enter (network, "https://queue.fal.run", KEY);
  share = cup_fal_share_new (account[0]->limiter);
  ticket = cup_fal_ticket_new (share, on_turn, NULL);
  cup_fal_ticket_enter (ticket, 1);
  cup_fal_ticket_refused (ticket, 1);
  cup_fal_ticket_free (ticket);
  cup_fal_share_free (share);
  cup_fal_network_leave (network, account[0]);

  account[2] = cup_fal_network_enter (network, "https://queue.fal.run", KEY);
  g_assert_cmpuint (cup_fal_limiter_get_limit (account[2]->limiter), ==, 1);
  cup_fal_network_leave (network, account[1]);
  cup_fal_network_leave (network, account[2]);

  account[0] = cup_fal_network_enter (network, "https://queue.fal.run", KEY);
  g_assert_cmpuint (cup_fal_limiter_get_limit (account[0]->limiter), ==,
      G_MAXUINT);
  cup_fal_network_leave (network, account[0]);
  g_object_unref (network);
}

static void
test_digest (void)
{
  CupFalNetwork *network = cup_fal_network_new ();
  CupFalAccount *account = cup_fal_network_enter (network,
      "https://queue.fal.run", KEY);

  g_assert_cmpuint (strlen (account->digest), ==, 64);
  g_assert_null (strstr (account->digest, "s3cret"));
  g_assert_null (strstr (account->origin->name, "s3cret"));
  cup_fal_network_leave (network, account);
  g_object_unref (network);
}

static gpointer
enter_and_leave (gpointer data)
{
  static const gchar *const locations[] = {
    "https://queue.fal.run", "https://other.fal.run", "http://127.0.0.1:80"
  };
  static const gchar *const keys[] = { KEY, "a:b" };
  guint i;

  for (i = 0; i < 2000; i++) {
    CupFalAccount *account = cup_fal_network_enter (data, locations[i % 3],
        keys[i % 2]);
    CupFalShare *share = cup_fal_share_new (account->limiter);

    cup_fal_share_free (share);
    cup_fal_network_leave (data, account);
  }
  return NULL;
}

static void
test_threads (void)
{
  CupFalNetwork *network = cup_fal_network_new ();
  GThread *thread[4];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (thread); i++)
    thread[i] = g_thread_new ("user", enter_and_leave, network);
  for (i = 0; i < G_N_ELEMENTS (thread); i++)
    g_thread_join (thread[i]);
  g_object_unref (network);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fal-network/accounts", test_accounts);
  g_test_add_func ("/fal-network/life", test_life);
  g_test_add_func ("/fal-network/digest", test_digest);
  g_test_add_func ("/fal-network/threads", test_threads);
  return g_test_run ();
}
