"""Wrong readings of what counts as evidence (E1 to E8)."""

from __future__ import annotations

from tests.prove.mutant import Mutant

OPINIONS = "tests/unit/identity/graph/test_opinions.py"
RECORDS = "tests/integration/test_records.py"
PLAYED = "tests/disclosed"

EVIDENCE = (
    Mutant(
        "claim in a score",
        "profile_service/engine/matching/description.py",
        "        if item.given.role is not Role.SUBJECT or (item.given.method == CLAIM and not claims):\n"
        "            continue\n"
        "        if item.keyed is not None and item.key is not None and (item.proven or claims):\n",
        "        if item.given.role is not Role.SUBJECT:\n"
        "            continue\n"
        "        if item.keyed is not None and item.key is not None:\n",
        f"{RECORDS}::test_e1_a_claim_joins_by_no_score",
    ),
    Mutant(
        "re-delivery that forgets a doubt",
        "profile_service/engine/resolution/presenting.py",
        "        is_own = own is not None and (node.profile == own or node.id in joined)\n",
        "        is_own = own is not None\n",
        f"{RECORDS}::test_e4_a_doubt_stays_when_more_is_said",
    ),
    Mutant(
        "re-delivery is news",
        "profile_service/engine/resolution/delivery.py",
        "        is_restated=digest == before.digest and request.source_revision > before.revision,\n",
        "        is_restated=False,\n",
        "tests/disclosed/test_redelivery.py::test_e4_a_delivery_again_changes_nothing",
    ),
    Mutant(
        "veto below VERIFIED only",
        "profile_service/identity/graph/joining.py",
        "        if reason is None and self.level < STEWARD_LEVEL:\n",
        "        if reason is None and self.level < Assurance.VERIFIED:\n",
        f"{OPINIONS}::test_e2_a_verified_link_is_refused_and_makes_nothing_shared",
    ),
    Mutant(
        "veto of joined rows only",
        "profile_service/identity/graph/opinions.py",
        "        return own.union(self.stating.get(node, ()))\n",
        "        return own\n",
        f"{OPINIONS}::test_e2_records_that_are_not_joined_speak_too",
    ),
    Mutant(
        "veto that forgets",
        "profile_service/identity/graph/joining.py",
        "        self.spoken_of |= other.spoken_of\n",
        "",
        f"{OPINIONS}::test_e2_what_a_part_took_in_speaks_for_all_of_it",
    ),
    Mutant(
        "sharing against a stronger side",
        "profile_service/identity/graph/sharing.py",
        "    return {end for end in ends if not records_before(end)}\n",
        "    return ends\n",
        f"{OPINIONS}::test_e2_what_stronger_links_put_beside_a_record_just_loses",
    ),
    Mutant(
        "duplicates are two customers",
        "profile_service/identity/graph/joining.py",
        "            if alike and self.level <= Assurance.OBSERVED:\n",
        "            if False:\n",
        f"{OPINIONS}::test_e6_duplicates_are_one_profile_and_two_cores",
    ),
    Mutant(
        "what records dispute is on file",
        "profile_service/identity/graph/partition.py",
        "        level = min(level, Assurance.OBSERVED)\n",
        "        pass\n",
        f"{OPINIONS}::test_e2_other_given_names_alone_open_nothing_and_join_weakly",
    ),
    Mutant(
        "first word of a placeholder list only",
        "profile_service/identity/text/placeholders.py",
        "for words in listed.words.values() for word in words)",
        "for words in listed.words.values() for word in sorted(words)[:1])",
        "tests/unit/identity/text/test_values.py::test_a_value_is_read_as_its_network_writes_it",
    ),
    Mutant(
        "veto of what is stated now only",
        "profile_service/identity/graph/opinions.py",
        "            if statement.since_us <= time_us < statement.until_us\n",
        "            if False\n",
        f"{PLAYED}/test_cases.py::test_case[taken_back_speaks_of_its_time-1]",
    ),
    Mutant(
        "what comes to a row is on file at once",
        "profile_service/engine/resolution/settling.py",
        "        return time_us + policy.settle_us if item.namespace in had and policy.settle_us else None\n",
        "        return None\n",
        f"{PLAYED}/test_settling.py",
    ),
    Mutant(
        "what was taken back goes on",
        "profile_service/identity/graph/taking_back.py",
        "            return of_part == {record}\n",
        "            return False\n",
        f"{PLAYED}/test_taking_back.py",
    ),
    Mutant(
        "what another row of hers states begins anew",
        "profile_service/identity/graph/taking_back.py",
        "    if own is None or any(_is_duplicate(own, other) for other in stating):\n",
        "    if own is None:\n",
        f"{PLAYED}/test_taking_back.py",
    ),
    Mutant(
        "taken back it begins anew now alone",
        "profile_service/engine/graph/backdating.py",
        "    for known in await last_known(connection, tenant, nodes, sources, time_us):\n",
        "    for known in (await last_known(connection, tenant, nodes, sources, time_us))[:0]:\n",
        f"{PLAYED}/test_taking_back.py",
    ),
    Mutant(
        "said again it stays parted",
        "profile_service/engine/resolution/taking_back.py",
        "        if each.successor is None:\n",
        "        if each.successor is not None or True:\n",
        f"{PLAYED}/test_taking_back.py",
    ),
    Mutant(
        "what answers bound stays bound",
        "profile_service/engine/resolution/taking_back.py",
        "    await renewal.unbind(connection, tenant, record, delivery.gone)\n",
        "",
        f"{PLAYED}/test_taking_back.py",
    ),
)
