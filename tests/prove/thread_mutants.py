"""Wrong readings of where a contact stands, and of what it hands over (3.2)."""

from __future__ import annotations

from tests.prove.mutant import Mutant

THREADS = "tests/unit/identity/contact/test_threads.py"
THREADED = "tests/integration/test_threads.py"
HANDOVER = "tests/integration/test_handover.py"
FOLD = "profile_service/identity/contact/fold.py"
CHAINS = "profile_service/identity/contact/chains.py"
IDS = "profile_service/identity/contact/conversation_ids.py"
MODEL = "tests/threaded/test_fold.py::test_the_fold_comes_to_what_the_model_says"
RULES = "profile_service/identity/contact/threads.py"
START = "profile_service/usecases/contacts/start_contact.py"
LEVELS = "profile_service/engine/contact/levels.py"
RECORD = "profile_service/store/schema/functions/record_interactions.sql"

THREAD = (
    Mutant(
        "a reference joins whoever knows it",
        RULES,
        "        return name.customer == customer and (customer is not None or name.one_source)\n",
        "        return True\n",
        f"{THREADS}::test_t5_references_join_equal_standing",
    ),
    Mutant(
        "two customers in a conversation",
        RULES,
        "    return name.customer == customer\n\n\ndef _followed",
        "    return True\n\n\ndef _followed",
        f"{THREADED}::test_t4_a_name_that_does_not_fit_falls_to_the_next",
    ),
    Mutant(
        "a contact keeps the conversation of another customer",
        FOLD,
        "        return customers <= {contact.customer} and not any(",
        "        return not any(",
        MODEL,
    ),
    Mutant(
        "who was ruled out stays",
        FOLD,
        "        if customers & contact.ruled_out:\n            return False\n",
        "",
        MODEL,
    ),
    Mutant(
        "words keep nothing alive",
        "profile_service/identity/contact/acts.py",
        "        return max(self.start_time_us, *last, self.start_time_us)\n",
        "        return self.start_time_us\n",
        MODEL,
    ),
    Mutant(
        "a leg may not begin before what it names",
        CHAINS,
        "named.start_time_us - contact.start_time_us > SKEW_US",
        "named.start_time_us > contact.start_time_us",
        MODEL,
    ),
    Mutant(
        "what was closed stays so whatever the customer says",
        "profile_service/identity/contact/acts.py",
        "        return bisect_right(words, time_us) > bisect_right(words, closed_us)\n",
        "        return False\n",
        MODEL,
    ),
    Mutant(
        "a move leaves the legs of the call behind",
        FOLD,
        "            taken = self.legs(first) if act.kind is ActKind.MOVE else",
        "            taken = {first} if act.kind is ActKind.MOVE else",
        MODEL,
    ),
    Mutant(
        "a consult is followed",
        FOLD,
        "        if earlier.initiation is Initiation.CONSULT or self.closed_at",
        "        if self.closed_at",
        MODEL,
    ),
    Mutant(
        "customers who are one keep two conversations",
        "profile_service/engine/graph/settlement.py",
        "    if changed and not await refold(connection, runtime, caller, (), changed):\n",
        "    if changed and False:\n",
        f"{THREADED}::test_t3_customers_who_turn_out_to_be_one_have_one_conversation",
    ),
    Mutant(
        "a start that comes late moves nothing",
        "profile_service/engine/contact/rethreading.py",
        "        if later and not await refold(connection, runtime, caller, [contact], own=contact):\n",
        "        if later and False:\n",
        f"{THREADED}::test_t3_a_start_that_comes_late_is_followed",
    ),
    Mutant(
        "words that come late move nothing",
        "profile_service/usecases/conversations/record_interaction.py",
        "    if late is not None:\n",
        "    if late is not None and False:\n",
        f"{THREADED}::test_t3_a_word_that_comes_late_keeps_a_contact_alive",
    ),
    Mutant(
        "the neighbours of who leaves are not placed again",
        "profile_service/store/queries/threads.py",
        "    while (fresh or customers) and len(found) < GATHERED_MAX:\n",
        "    while not found:\n",
        f"{THREADED}::test_t3_who_followed_a_contact_that_leaves_is_placed_again",
    ),
    Mutant(
        "who names a contact is not found when it comes",
        "profile_service/store/queries/threads.sql",
        "        WHERE one.tenant_id = %(tenant)s AND one.key = h.key LIMIT %(most)s\n",
        "        WHERE false AND one.tenant_id = %(tenant)s AND one.key = h.key LIMIT %(most)s\n",
        f"{THREADED}::test_t0_a_leg_before_the_contact_that_it_names_follows_it",
    ),
    Mutant(
        "starts at once do not see each other",
        START,
        "            expect_customer(plan, found, verdict)\n",
        "            pass\n",
        f"{THREADED}::test_t2_starts_at_once_go_on_in_one_conversation",
    ),
    Mutant(
        "what was shown before the start is forgotten",
        START,
        "        shown = early.shown_before(found, self.caller, self.policy, self.leg, request.channel)\n",
        "        shown: list[Known] = []\n",
        f"{THREADED}::test_d4_a_password_before_its_contact_counts",
    ),
    Mutant(
        "a late message opens a closed conversation",
        RECORD,
        "            state = CASE WHEN t.reopen_time_us > c.close_time_us THEN 'open' ELSE c.state END,\n",
        "            state = 'open',\n",
        f"{THREADED}::test_t7_what_was_closed_stays_closed",
    ),
    Mutant(
        "an edit opens a closed conversation",
        RECORD,
        "FILTER (WHERE j.speaks = 1 AND NOT j.supersedes)",
        "FILTER (WHERE j.speaks = 1)",
        f"{THREADED}::test_t7_what_was_closed_stays_closed",
    ),
    Mutant(
        "a revision leaves what lower ones taught",
        RECORD,
        "        DELETE FROM fact AS f WHERE f.tenant_id = p_tenant AND f.said_by = ANY (\n",
        "        DELETE FROM fact AS f WHERE false AND f.tenant_id = p_tenant AND f.said_by = ANY (\n",
        f"{HANDOVER}::test_a_deleted_message_takes_its_fact_along",
    ),
    Mutant(
        "a leg tells what came after it was handed over",
        LEVELS,
        "        if leg is None or (leg.until_us is not None and time > leg.until_us):\n",
        "        if leg is None:\n",
        "tests/disclosed/test_legs.py::test_d6_a_leg_tells_of_who_is_there",
    ),
    Mutant(
        "what is between two customers is shown to one",
        FOLD,
        "(name for name in group if len(ends) > 1 or ",
        "(name for name in group if ",
        f"{THREADED}::test_t9_what_is_chained_between_two_customers_is_shown_to_neither",
    ),
    Mutant(
        "who names contacts of two customers is shown to one",
        RULES,
        "        apart=chosen is not None and (chosen.how is How.REFERENCE or is_between(heeded, joining.customer)),\n",
        "        apart=chosen is not None and chosen.how is How.REFERENCE,\n",
        f"{THREADED}::test_t9_what_is_chained_between_two_customers_is_shown_to_neither",
    ),
    Mutant(
        "who was ruled out goes on in a conversation that is named",
        RULES,
        "    if customer in name.ruled_out:\n        return False\n",
        "",
        f"{THREADED}::test_t4_who_was_ruled_out_does_not_go_on_there",
    ),
    Mutant(
        "an act is before the contacts that it names",
        "profile_service/store/queries/threads.sql",
        "AND (one.time_us >= %(time_us)s OR EXISTS (\n",
        "AND (one.time_us >= %(time_us)s OR NOT EXISTS (SELECT 1) AND EXISTS (\n",
        f"{THREADED}::test_t0_an_act_is_not_before_the_contacts_that_it_names",
    ),
    Mutant(
        "who stands behind what it names is gone on with",
        "profile_service/engine/contact/refolding.py",
        "    return any(other.names and other.start_time_us >= since_us for other in others)\n",
        "    return False and any(other.names and other.start_time_us >= since_us for other in others)\n",
        f"{THREADED}::test_t0_who_stands_behind_what_it_names_is_not_gone_on_with",
    ),
    Mutant(
        "a code gives way to what comes before",
        RULES,
        "    CODE = 2\n    PREVIOUS = 3\n",
        "    CODE = 3\n    PREVIOUS = 2\n",
        "tests/integration/test_carry_over.py::test_t1_a_code_beats_new_and_what_comes_before",
    ),
    Mutant(
        "a code holds for ever",
        "profile_service/store/schema/functions/find.sql",
        " AND one.expire_time_us >= a.as_of_us LIMIT 1",
        " LIMIT 1",
        "tests/integration/test_carry_over.py::test_a_code_holds_for_a_time",
    ),
    Mutant(
        "an id stays with its founder, whose contact it is by now",
        IDS,
        "        if founder in threads.places and (not told_for[name] or customers.get(founder) in told_for[name])\n",
        "        if founder in threads.places\n",
        f"{THREADED}::test_t6_an_id_that_leads_to_somebody_else_names_its_successors",
    ),
    Mutant(
        "a consulted leg hears a call that is not its customer's",
        "profile_service/engine/contact/context.py",
        "    if (parts.me.anchor is not None or parts.me.corrected) and heard.profile != read.profile:\n",
        "    if False:\n",
        "tests/integration/test_levels.py::test_d6_a_leg_that_turns_out_to_be_of_another_customer_hears_no_call",
    ),
    Mutant(
        "a record merges customers and leaves their contacts apart",
        "profile_service/engine/resolution/single.py",
        "        elif reshares_known(change := drafted.change) or await with_contacts(\n",
        "        elif reshares_known(change := drafted.change) or not await with_contacts(\n",
        f"{THREADED}::test_t3_customers_whom_a_record_makes_one_have_one_conversation",
    ),
)
