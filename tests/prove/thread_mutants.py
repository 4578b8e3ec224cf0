"""Wrong readings of where a contact stands, and of what it hands over (3.2)."""

from __future__ import annotations

from tests.prove.mutant import Mutant

THREADS = "tests/unit/identity/contact/test_threads.py"
THREADED = "tests/integration/test_threads.py"
HANDOVER = "tests/integration/test_handover.py"
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
        "who followed stays behind",
        RULES,
        "    return _into(target, (changed.id, *(other.id for other in beside)), changed.joining)\n",
        "    return _into(target, (changed.id,), changed.joining)\n",
        f"{THREADED}::test_t3_who_is_identified_midway_goes_on_in_her_conversation",
    ),
    Mutant(
        "who was ruled out stays",
        RULES,
        "and (customer is not None or changed.ruled_out):\n",
        "and customer is not None:\n",
        f"{THREADED}::test_t3_a_corrected_contact_goes_where_its_customer_is",
    ),
    Mutant(
        "customers who are one keep two conversations",
        "profile_service/engine/graph/settlement.py",
        "    if one_now and not await rethread_customers(connection, runtime, caller, sorted(one_now), now):\n",
        "    if one_now and False:\n",
        f"{THREADED}::test_t3_customers_who_turn_out_to_be_one_have_one_conversation",
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
)
