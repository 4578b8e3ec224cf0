"""Wrong readings of what may be said, and who may ask."""

from __future__ import annotations

from tests.prove.mutant import Mutant

LEVELS = "tests/integration/test_levels.py"
CASES = "tests/disclosed/test_cases.py::test_case"
JOURNEYS = "tests/disclosed/test_journeys.py::test_journey"
SOURCES = "tests/integration/test_sources.py"

DISCLOSURE = (
    Mutant(
        "proof of an ended contact",
        "profile_service/identity/contact/disclosure.py",
        "    if standing.ended:\n",
        "    if False:\n",
        f"{LEVELS}::test_d4_a_proof_ends_with_its_contact",
    ),
    Mutant(
        "proof that never ends",
        "profile_service/identity/contact/disclosure.py",
        "        if end > now_us:\n",
        "        if end >= 0:\n",
        "tests/unit/identity/contact/test_disclosure.py::test_d4_a_proof_belongs_to_a_live_contact_and_to_minutes",
    ),
    Mutant(
        "last proof wins",
        "profile_service/store/schema/functions/apply_graph.sql",
        "        WHERE excluded.assurance > e.assurance OR e.withdrawn\n",
        "        WHERE true OR e.withdrawn\n",
        f"{LEVELS}::test_d5_the_best_proof_counts_whatever_comes_after",
    ),
    Mutant(
        "nobody else speaks in a contact",
        "profile_service/identity/contact/persons.py",
        "        if is_another(there, group, acquaintance, policy):\n",
        "        if False:\n",
        f"{CASES}[next_user_of_the_browser-1]",
    ),
    Mutant(
        "a silent number is its old owner's",
        "profile_service/engine/graph/reassignment.py",
        "    return node.signed_us is not None and node.signed_us < since_us\n",
        "    return False\n",
        f"{CASES}[recycled_number_new_owner-1]",
    ),
    Mutant(
        "what is shared is not when it begins anew",
        "profile_service/identity/graph/sharing.py",
        "            if shared.get(heir, 0) < level:\n",
        "            if False:\n",
        f"{CASES}[silence_unshares_nothing-1]",
    ),
    Mutant(
        "every leg inherits",
        "profile_service/engine/contact/transfer.py",
        "        if not contact.inherited\n",
        "        if True\n",
        f"{CASES}[one_leg_inherits-2]",
    ),
    Mutant(
        "a leg inherits whoever it brings",
        "profile_service/engine/contact/people.py",
        "    return NOTHING if is_another(before, shown, acquaintance, policy, Assurance.OBSERVED) else handed\n",
        "    return handed\n",
        f"{CASES}[a_strangers_leg_costs_nobody_the_transfer-2]",
    ),
    Mutant(
        "answers on a claim tell a bot who it is",
        "profile_service/engine/contact/standing.py",
        "    known = me.anchor is not None and not (automated and _by_claim(parts))\n",
        "    known = me.anchor is not None\n",
        f"{JOURNEYS}[withheld_number_and_three_answers-CRM vouched]",
    ),
    Mutant(
        "answers bind nothing",
        "profile_service/engine/contact/answered.py",
        "        if not self.identified.opens or tie.bound is None or tie.bound_core == core:\n",
        "        if True:\n",
        f"{CASES}[answered_once_bound_for_good-1]",
    ),
    Mutant(
        "a proof needs no more answers than a caller id",
        "profile_service/identity/contact/ties.py",
        "    needed = policy.checks_on_proof if worth is Assurance.VERIFIED and fresh else policy.checks_for_safe\n",
        "    needed = policy.checks_on_proof\n",
        f"{CASES}[recycled_number_and_a_birth_date-1]",
    ),
    Mutant(
        "what is proved in public is said there",
        "profile_service/engine/contact/standing.py",
        "_is_public(me, policy) or ",
        "",
        f"{CASES}[public_post-1]",
    ),
    Mutant(
        "words of who proved nothing are read out",
        "profile_service/engine/contact/levels.py",
        " and (cores or not self.automated)",
        "",
        f"{CASES}[words_of_who_proved_nothing_are_for_agents-2]",
    ),
    Mutant(
        "anybody releases anybody's number",
        "profile_service/engine/ownership.py",
        "    return await _states(runtime, caller, node) if target is None else False\n",
        "    return True\n",
        f"{CASES}[released_by_a_stranger-1]",
    ),
    Mutant(
        "agents read whom they like",
        "profile_service/engine/access.py",
        "        if caller.role in PEOPLE and not self.purpose and ",
        "        if False and ",
        "tests/integration/test_matrix.py::test_i22_an_agent_reads_through_a_contact_or_for_a_purpose",
    ),
    Mutant(
        "shown by conversation",
        "profile_service/engine/contact/context.py",
        "        return row.profile == row.contact_id and not parts.me.is_apart and not row.apart\n",
        "        return not parts.me.is_apart and not row.apart\n",
        f"{LEVELS}::test_t9_a_context_shows_no_contact_of_another_customer",
    ),
    Mutant(
        "words belong to whoever held the line",
        "profile_service/engine/contact/levels.py",
        "        return level_of(cores, self.opened.cores)\n",
        "        return level_of(self.opened.cores, self.opened.cores)\n",
        f"{LEVELS}::test_d2_words_belong_to_what_their_contact_opened",
    ),
    Mutant(
        "source checked by key only",
        "profile_service/engine/contact/reach.py",
        "    if not caller.covers(contact.source):\n",
        "    if False:\n",
        f"{SOURCES}::test_i22_what_is_of_another_source_is_not_found",
    ),
)
