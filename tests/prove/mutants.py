"""`make mutants`: every seeded mutant, in a copy of the package, has to make its named test fail.

A mutant is one textual change that a careless hand could make. The copy runs the test that claims to catch it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.prove.disclosure_mutants import DISCLOSURE
from tests.prove.evidence_mutants import EVIDENCE
from tests.prove.mutant import Mutant
from tests.prove.thread_mutants import THREAD

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
"""What tests read beside the checkout."""
PARTITION = "tests/property/test_partition.py"
TWINS = "tests/store/test_twins.py"
CONCURRENCY = "tests/integration/test_concurrency.py"
INVARIANTS = "tests/integration/test_invariants.py"
GUARDS = "tests/integration/test_guards.py"
MATCHING = "tests/integration/test_matching.py"
EXTERNAL = "tests/integration/test_external.py"


MUTANTS = (
    Mutant(
        "locks on identifiers only",
        "profile_service/engine/graph/neighbourhood.py",
        "    if not await graph.lock_profiles(connection, caller.tenant, around):\n        return None\n"
        "    again = await graph.neighbourhood(connection, runtime.keyring, caller.tenant, seeds, policy)\n"
        "    if _owners(again) != _owners(around):\n        return None\n",
        "    again = around\n",
        f"{CONCURRENCY}::test_i2_merges_of_known_customers_at_once_end_as_one_profile",
    ),
    Mutant(
        "no re-check after locking",
        "profile_service/engine/graph/neighbourhood.py",
        "    if _owners(again) != _owners(around):\n        return None\n",
        "    again = around\n",
        f"{CONCURRENCY}::test_i2_merges_of_known_customers_at_once_end_as_one_profile",
    ),
    Mutant(
        "the key outside the transaction",
        "profile_service/store/schema/functions/apply_plans.sql",
        "    refused := stale || existing || conflicting;",
        "    refused := stale || conflicting; existing := '{}';",
        f"{CONCURRENCY}::test_i8_the_same_key_sent_many_times_at_once_is_one_contact",
    ),
    Mutant(
        "partition by arrival order",
        "profile_service/identity/graph/partition.py",
        "    ordered = sorted(((_order(link, nodes, policy, opinions), link) for link in counted), key=itemgetter(0))\n",
        "    ordered = sorted(((_order(link, nodes, policy, opinions)[:1], link) for link in counted), key=itemgetter(0))\n",
        f"{PARTITION}::test_i3_the_same_facts_in_any_order_give_the_same_partition",
    ),
    Mutant(
        "interactions de-duplicated by content, not by key",
        "profile_service/store/schema/functions/record_interactions.sql",
        "WHEN s.digest IS NOT NULL AND s.digest <> i.digest THEN 'conflict'",
        "WHEN false THEN 'conflict'",
        f"{INVARIANTS}::test_i7_each_interaction_is_in_one_timeline_once",
    ),
    Mutant(
        "interactions de-duplicated by a time window",
        "profile_service/engine/contact/interaction.py",
        'return keyring.digest(tenant, "interaction", self.source, self.source_event_id)',
        'return keyring.digest(tenant, "interaction", self.source, str(self.occur_time_us // 10_000_000))',
        f"{INVARIANTS}::test_i7_each_interaction_is_in_one_timeline_once",
    ),
    Mutant(
        "an answer without its key check",
        "profile_service/rpc/services/context_cache.py",
        "entry is None or entry.key != key or",
        "entry is None or",
        "tests/unit/test_context_cache.py::test_i10_an_entry_under_another_key_is_no_answer",
    ),
    Mutant(
        "a link counted though one end is below the minimum",
        "profile_service/identity/graph/counting.py",
        "    return all(\n",
        "    return any(\n",
        f"{PARTITION}::test_r2_a_link_counts_only_where_both_ends_reach_their_minimum",
    ),
    Mutant(
        "tenant taken from the request",
        "profile_service/rpc/boundary/interceptor.py",
        "        return caller\n",
        '        return replace(caller, tenant=str(metadata.get("tenant", caller.tenant)))\n',
        f"{INVARIANTS}::test_i14_the_tenant_comes_from_the_credential",
    ),
    Mutant(
        "assurance cap ignored",
        "profile_service/identity/policy.py",
        "            self.channels.get(channel, Assurance.CLAIMED),\n",
        "",
        "tests/integration/test_attacker.py::test_a_capped_caller_verifies_nothing",
    ),
    Mutant(
        "the neighbourhood stops at nodes shared by conflict",
        "profile_service/store/schema/functions/neighbourhoods.sql",
        "greatest(a.fan_out & 7, b.fan_out & 7)",
        "greatest(a.fan_out & 7, b.fan_out & 7, a.shared, b.shared)",
        f"{TWINS}::test_the_neighbourhood_in_sql_is_that_of_the_core",
    ),
    Mutant(
        "the anchor in SQL is the largest key",
        "profile_service/store/schema/functions/reanchor.sql",
        "x.strength DESC, x.key LIMIT 1",
        "x.strength DESC, x.key DESC LIMIT 1",
        f"{TWINS}::test_contacts_are_anchored_in_sql_as_in_the_core",
    ),
    Mutant(
        "the anchor in SQL does not prefer what may join",
        "profile_service/store/schema/functions/reanchor.sql",
        "ORDER BY x.may_join DESC, x.assurance DESC",
        "ORDER BY x.assurance DESC",
        f"{TWINS}::test_contacts_are_anchored_in_sql_as_in_the_core",
    ),
    Mutant(
        "rows of no known shape vanish",
        "profile_service/store/schema/functions/require_known_rows.sql",
        "    IF unknown IS NOT NULL THEN\n",
        "    IF false THEN\n",
        "tests/store/test_rows.py::test_a_table_or_column_that_apply_does_not_know_raises",
    ),
    Mutant(
        "a merge leaves no event",
        "profile_service/engine/graph/rows.py",
        "    write_events(plan, runtime, caller, change.plan, change.cause)\n",
        "",
        "tests/integration/test_events.py::test_a_merge_names_both_profiles_the_links_and_the_contact_that_caused_it",
    ),
    Mutant(
        "one flag for shared",
        "profile_service/identity/graph/counting.py",
        "    level = max((int(level) for level, _ in broken), default=0)\n",
        "    level = int(Assurance.VERIFIED) if broken else 0\n",
        f"{PARTITION}::test_r7_sharing_has_a_level",
    ),
    Mutant(
        "decisions make shared",
        "profile_service/identity/graph/joining.py",
        "            if reason is Refusal.CONFLICT:\n",
        "            if reason in (Refusal.CONFLICT, Refusal.CANNOT_LINK):\n",
        f"{PARTITION}::test_r10_a_cannot_link_covers_third_profiles",
    ),
    Mutant(
        "first-pair cannot-link",
        "profile_service/identity/graph/joining.py",
        "        for node in decision.left - decision.right:\n",
        "        for node in sorted(decision.left - decision.right)[:1]:\n",
        f"{PARTITION}::test_i6_a_cannot_link_holds_between_all_parts_that_contain_any_of_its_nodes",
    ),
    Mutant(
        "fan-out counted inside the neighbourhood",
        "profile_service/identity/graph/plan.py",
        "    decided = partition(nodes, links, Decisions(apart=owners), policy, levels, opinions)\n",
        "    decided = partition(nodes, links, Decisions(apart=owners), policy, None, opinions)\n",
        f"{PARTITION}::test_r6_fan_out_is_counted_from_all_of_a_nodes_own_links",
    ),
    Mutant(
        "tags dropped when shared",
        "profile_service/identity/graph/partition.py",
        "            run = Pass(self.policy, self.nodes, self.opinions, level, copied(self.parts))\n",
        "            run = Pass(self.policy, self.nodes, self.opinions, level, copied(self.parts))\n"
        "            for key in self.shared:\n"
        "                run.parts[key].sides.clear()\n",
        f"{PARTITION}::test_r10_shared_nodes_keep_their_tag",
    ),
    Mutant(
        "cores: weaker links join them",
        "profile_service/identity/graph/partition.py",
        "        cores=parts if cores is None else cores,\n",
        "        cores=parts,\n",
        f"{PARTITION}::test_d1_cores_depend_on_nothing_weaker_than_on_file",
    ),
    Mutant(
        "cores: a namespace that only finds joins them",
        "profile_service/identity/graph/counting.py",
        "    return link.assurance if opens else min(link.assurance, Assurance.OBSERVED)\n",
        "    return link.assurance\n",
        f"{PARTITION}::test_d1_a_core_is_within_a_profile_and_joined_by_strong_links",
    ),
    Mutant(
        "cores: over the cap of profiles nothing is decided",
        "profile_service/identity/graph/plan.py",
        "    if before.cores_capped:\n        return []\n",
        "    if before.capped:\n        return []\n",
        "tests/unit/identity/graph/test_plan.py::test_over_the_cap_cores_are_still_decided",
    ),
    Mutant(
        "a weaker conflict tears a better proved identifier away",
        "profile_service/identity/graph/sharing.py",
        "        if end is not None and not any(values_before(end, slot) - {end} for slot in slots):\n",
        "        if end is not None:\n",
        f"{PARTITION}::test_r7_a_weaker_conflict_leaves_a_better_proved_link_alone",
    ),
    Mutant(
        "assurance on the node",
        "profile_service/identity/graph/partition.py",
        "    standing = list(links)\n",
        "    from dataclasses import replace\n\n    standing = list(links)\n    best: dict[NodeId, Assurance] = {}\n    for one in standing:\n"
        "        for end, worth in ((one.a, one.assurance_a), (one.b, one.assurance_b)):\n"
        "            best[end] = max(worth, best.get(end, Assurance.CLAIMED))\n"
        "    standing = [replace(one, assurance_a=best[one.a], assurance_b=best[one.b]) for one in standing]\n",
        f"{PARTITION}::test_r2_a_weak_link_does_not_count_because_its_node_is_proved_elsewhere",
    ),
    Mutant(
        "comparison: day and month in one order only",
        "profile_service/identity/matching/comparisons.py",
        "    if same_year and left[1] == right[2] and left[2] == right[1]:\n        return Level.NEAR\n",
        "",
        "tests/unit/identity/matching/test_comparisons.py::test_levels",
    ),
    Mutant(
        "frequency: events are counted, not people",
        "profile_service/engine/matching/search.py",
        "        new = [value for value in description.values if value not in known]\n",
        "        new = [value for value in description.values if known is not None]\n",
        f"{MATCHING}::test_re_delivery_changes_nothing",
    ),
    Mutant(
        "veto: nothing forbids a match",
        "profile_service/identity/matching/scoring.py",
        "        if self.vetoes:\n            return 0.0\n",
        "",
        f"{MATCHING}::test_twins_share_a_mailbox_and_the_mailbox_names_neither",
    ),
    Mutant(
        "cap: a key that too many records have still finds them",
        "profile_service/store/schema/functions/candidates.sql",
        "                WHERE u.records <= p_cap GROUP BY u.call, u.node_id\n",
        "                GROUP BY u.call, u.node_id\n",
        f"{MATCHING}::test_a_key_that_is_too_common_says_so",
    ),
    Mutant(
        "contested: an identifier joins whomever the record resembles",
        "profile_service/engine/resolution/presenting.py",
        "            contested=_is_contested(item, found.nodes[item.index], fitting(found.nodes[item.index]))\n",
        "            contested=False\n",
        f"{MATCHING}::test_a_known_address_of_a_customer_whom_the_record_does_not_resemble_is_not_joined",
    ),
    Mutant(
        "breaker: a busy hour trips it",
        "profile_service/identity/graph/breaker.py",
        "max(rules.least, hour.changes * share)",
        "rules.least",
        f"{GUARDS}::test_a_busy_hour_with_a_usual_share_of_merges_trips_nothing",
    ),
    Mutant(
        "breaker: what it holds is lost",
        "profile_service/identity/graph/joining.py",
        "        return (Refusal.HELD if",
        "        return (Refusal.CANNOT_LINK if",
        f"{GUARDS}::test_the_breaker_trips_by_itself_and_what_it_held_applies_when_it_is_lifted",
    ),
    Mutant(
        "burst: all of a node's time is one",
        "profile_service/identity/graph/counting.py",
        "late - early < rule.within_us",
        "late >= early",
        f"{GUARDS}::test_a_burst_is_told_from_a_customer_with_many_records",
    ),
    Mutant(
        "depends on: a join by score outlives the identifier that it depends on",
        "profile_service/engine/resolution/presenting.py",
        "depends_on=frozenset(counted[value] for value in match.depends_on if value in counted),",
        "depends_on=frozenset(),",
        f"{GUARDS}::test_a_join_by_score_falls_back_with_the_identifier_that_it_depends_on",
    ),
    Mutant(
        "silence: a number is never given to somebody else",
        "profile_service/engine/graph/reassignment.py",
        "reassigned_us <= evidence.occur_time_us",
        "reassigned_us <= 0",
        f"{GUARDS}::test_a_number_given_to_somebody_else_does_not_join_its_old_owner",
    ),
    Mutant(
        "a record that came meanwhile is not seen",
        "profile_service/store/schema/functions/refuse_plans.sql",
        "        WHERE b.records <> s.records\n",
        "        WHERE b.records <> s.records AND false\n",
        f"{MATCHING}::test_two_records_at_once_of_each_of_60_customers_meet",
    ),
    Mutant(
        "a batch does not see its own records",
        "profile_service/engine/resolution/ahead.py",
        "        return [Candidate(profile=WAITING, via=WAITING, attributes=other.features) for other in alike.values()]\n",
        "        return []\n",
        "tests/integration/test_batch.py::test_a_batch_ends_as_its_records_one_by_one",
    ),
    Mutant(
        "a batch leaves contacts apart whose customers it makes one",
        "profile_service/engine/resolution/batch.py",
        "        drafts = [(turn, drafted) for turn, drafted in drafts if not threaded & drafted.change.plan.customers_changed]\n",
        "",
        "tests/integration/test_threads.py::test_t3_customers_whom_a_record_makes_one_have_one_conversation",
    ),
    Mutant(
        "owners are not checked again after locking",
        "profile_service/engine/graph/settlement.py",
        "    if again.capped or _owners(again) != _owners(around):\n        return None\n",
        "    again = around\n",
        "tests/integration/test_guards_inside.py"
        "::test_a_decision_made_anew_is_dropped_where_owners_moved_before_its_locks",
    ),
    Mutant(
        "a batch does not count the names that it brings",
        "profile_service/engine/resolution/ahead.py",
        "        self.people.update(turn.matched.counted)\n",
        "",
        "tests/integration/test_batch.py::test_a_batch_counts_names_and_people_as_single_records_do",
    ),
    Mutant(
        "near miss: the next in a series joins",
        "profile_service/identity/matching/scoring.py",
        "NEAR_MISS_MAX = 0.9\n",
        "NEAR_MISS_MAX = 0.99\n",
        "tests/unit/identity/matching/test_decision.py::test_an_address_one_letter_off_is_a_question_where_nothing_else_speaks",
    ),
    Mutant(
        "two ends of one contact",
        "profile_service/store/schema/functions/refuse_plans.sql",
        "        WHERE c.end_digest IS NOT NULL\n",
        "        WHERE false\n",
        f"{CONCURRENCY}::test_i8_of_eight_contents_under_one_key_one_wins[EndContact]",
    ),
    Mutant(
        "two rows of one key in a plan",
        "profile_service/store/plan.py",
        "    if len(rows) < 2 or not columns:\n",
        "    if rows:\n",
        "tests/integration/test_contacts.py::test_a_transfer_that_repeats_the_callers_number_is_one_customer",
    ),
    Mutant(
        "a caller takes all connections",
        "profile_service/store/turns.py",
        "        if self._held[party] >= max(1, self.size // 4):\n",
        "        if self._held[party] >= self.size:\n",
        f"{EXTERNAL}::test_turns_are_bounded_per_caller_and_tenant_and_go_to_who_holds_the_fewest",
    ),
    Mutant(
        "a second connection while one is held",
        "profile_service/store/turns.py",
        "    if _HOLDING.get():\n",
        "    if not _HOLDING:\n",
        f"{EXTERNAL}::test_a_second_connection_is_never_taken_while_one_is_held",
    ),
    Mutant(
        "any valid keys will do",
        "profile_service/store/key_check.py",
        '            if not hmac.compare_digest(checks.get(version, b""), value):\n',
        "            if not checks:\n",
        f"{EXTERNAL}::test_keys_of_another_database_are_refused",
    ),
    Mutant(
        "plain digests of content",
        "profile_service/store/keyring.py",
        '        return hmac.digest(key, msgspec.json.encode(fields, order="sorted"), "sha256")\n',
        '        return __import__("hashlib").sha256(msgspec.json.encode(fields, order="sorted")).digest()\n',
        "tests/integration/test_canary.py::test_no_stored_digest_can_be_guessed_back",
    ),
    Mutant(
        "the service is a superuser",
        "profile_service/store/embedded/cluster.py",
        "CREATE ROLE profile_service LOGIN NOSUPERUSER",
        "CREATE ROLE profile_service LOGIN SUPERUSER",
        "tests/integration/test_embedded.py::test_the_server_listens_on_no_port_and_its_login_is_no_superuser",
    ),
    Mutant(
        "numbers go to the library as they come",
        "profile_service/identity/text/phones.py",
        "    written = _written(value)\n",
        "    written = value\n",
        "tests/unit/identity/text/test_normalise.py::test_a_number_is_read_only_in_the_characters_of_numbers",
    ),
    Mutant(
        "one separator between groups of a card number",
        "profile_service/identity/text/cards.py",
        '){1,12}"',
        '){1,1}"',
        "tests/property/test_cards.py::test_every_card_number_is_masked",
    ),
    Mutant(
        "texts in maps are not masked",
        "profile_service/rpc/boundary/masking.py",
        '            if message.fields_by_name["value"].type == FieldDescriptor.TYPE_STRING:\n',
        "            if False:\n",
        "tests/unit/test_masking.py",
    ),
    Mutant(
        "items are validated before they are counted",
        "profile_service/rpc/boundary/body.py",
        '            raise FieldInvalid([(name, f"must have at most {most} items", "TOO_MANY_ITEMS")])\n',
        "            continue\n",
        "tests/unit/test_interceptor.py::test_lists_are_counted_before_anything_in_them_is_looked_at",
    ),
    *DISCLOSURE,
    *EVIDENCE,
    *THREAD,
)


def survives(mutant: Mutant) -> str | None:
    """Why the mutant was not caught; None where its test failed as it should."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy = Path(folder) / "copy"
        ignored = shutil.ignore_patterns(".venv", ".git", "build", ".data", "__pycache__", ".hypothesis")
        shutil.copytree(ROOT, copy, ignore=ignored)
        if SHARED.exists():
            (Path(folder) / "shared").symlink_to(SHARED)
        path = copy / mutant.file
        text = path.read_text()
        if text.count(mutant.before) != 1:
            return f"{mutant.file} does not hold the text to change exactly once"
        path.write_text(text.replace(mutant.before, mutant.after))
        environment = {**os.environ, "PYTHONPATH": f"{copy}:{copy / 'clients'}", "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", mutant.test]
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, check=False, timeout=300
        )
    if done.returncode == 0:
        return "its test passed"
    if done.returncode != 1 or "failed" not in done.stdout:
        return f"its test did not run: {done.stdout[-400:]}{done.stderr[-400:]}"
    return None


def main() -> int:
    """Try all mutants, two at a time; exit 1 where one survives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", help="only mutants whose names hold one of these")
    parser.add_argument("--third", action="store_true", help="every third mutant, from the --seed-th on")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chosen = MUTANTS[options.seed % 3 :: 3] if options.third else MUTANTS
    selected = [mutant for mutant in chosen if not options.words or any(word in mutant.name for word in options.words)]
    alive = 0
    with ThreadPoolExecutor(2) as pool:
        for mutant, why in zip(selected, pool.map(survives, selected), strict=True):
            alive += why is not None
            print(f"{'SURVIVED' if why else 'caught':9} {mutant.name}{f': {why}' if why else ''}", flush=True)
    print(f"{len(selected) - alive} of {len(selected)} mutants caught")
    return int(alive > 0)


if __name__ == "__main__":
    sys.exit(main())
