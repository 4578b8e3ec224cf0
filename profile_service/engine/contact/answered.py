"""What follows from the answers of a contact (D7): verdicts are recorded, the customer is identified, and what was
proved is bound to the record that the answers are of, so that nobody asks again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from profile_service.engine.caller import Caller
from profile_service.engine.contact.comparison import Comparison
from profile_service.engine.contact.verdict import write_own_profile
from profile_service.engine.graph.evidence import Evidence
from profile_service.engine.graph.settlement import write_evidence
from profile_service.engine.runtime import Runtime
from profile_service.identity.contact.checks import Judged
from profile_service.identity.contact.disclosure import ANSWERED, Matched, answered
from profile_service.identity.contact.ties import Tie
from profile_service.identity.graph.model import Assurance, LinkKind, NodeId, ProfileId, Role
from profile_service.store.database import Connection
from profile_service.store.plan import Plan, PlanStatus
from profile_service.store.queries import graph
from profile_service.store.queries.contacts import KnownContact
from profile_service.store.queries.parts import OwnContact
from profile_service.store.rows.contact import ContactChangeRow
from profile_service.store.rows.graph import EvidenceRow
from profile_service.store.rows.profile import AnswerCheckRow

UNTIED = Tie(Assurance.CLAIMED, 0, NodeId(""))


def write_checks(
    plan: Plan, runtime: Runtime, contact: str, compared: Comparison, judged: Judged, time_us: int
) -> None:
    """The verdicts by attribute, with the records that they are about; never the answers."""
    found = [(attribute, True, node) for attribute, node in judged.matched.items()]
    found += [(attribute, False, node) for attribute, nodes in judged.failed.items() for node in nodes]
    for attribute, matched, node in found:
        tie = UNTIED if node is None else compared.ties[compared.core_of(node)]
        plan.add(
            AnswerCheckRow(
                check_id=runtime.new_id(),
                contact_id=contact,
                attribute=attribute,
                matched=matched,
                node_id=node,
                worth=tie.worth,
                needed=tie.needed,
                address=compared.address,
                occur_time_us=time_us,
            )
        )


class Identified(NamedTuple):
    """The core whose records answers are of: enough of them to say whose contact it is, or to open it."""

    profile: ProfileId
    tie: Tie
    core: NodeId
    opens: bool


def identified_by(before: Iterable[Matched], compared: Comparison, judged: Judged, now_us: int) -> Identified | None:
    """The core that the answers of a contact identify, those of before included; what they open stands before what they
    only identify."""
    policy = compared.policy
    fresh = [
        Matched(attribute, core, compared.profiles[core], tie.worth, tie.needed, now_us)
        for attribute, node in judged.matched.items()
        if node is not None
        for core in (compared.core_of(node),)
        for tie in (compared.ties[core],)
    ]
    touched = {answer.core for answer in fresh}
    found: list[tuple[bool, int, NodeId, ProfileId]] = []
    for core, known in answered((*before, *fresh), policy).items():
        if core in touched and known.profile is not None and (known.opens or known.points >= policy.checks_to_identify):
            found.append((known.opens, known.points, core, known.profile))
    if not found:
        return None
    opens, _, core, profile = max(found)
    return Identified(profile, compared.ties[core], core, opens)


def write_identified(plan: Plan, contact: KnownContact, me: OwnContact, identified: Identified, time_us: int) -> None:
    """The contact stands under the customer whose record the answers are of, unless an agent said otherwise, or a proof
    does."""
    plan.add(
        EvidenceRow(
            subject_id=contact.contact_id,
            node_id=identified.tie.record,
            role=Role.SUBJECT,
            assurance=Assurance.ON_FILE,
            method=ANSWERED,
            channel=contact.channel,
            occur_time_us=time_us,
            proof_time_us=time_us,
            person=len(contact.persons),
        )
    )
    stands = me.anchor is not None and (me.profile == identified.profile or me.assurance is Assurance.VERIFIED)
    if stands or me.corrected:
        return
    plan.add(
        ContactChangeRow(
            contact_id=contact.contact_id,
            anchor_node=identified.tie.record,
            anchor_assurance=min(identified.tie.worth, Assurance.OBSERVED),
            ambiguous=False,
            shared=False,
            corrected=False,
            persons=contact.persons,
        )
    )
    plan.touch_profile(identified.profile)
    if me.anchor is None:
        write_own_profile(plan, contact.contact_id, time_us, live=False)


@dataclass(frozen=True, slots=True)
class Binding:
    """What a contact's answers bind: the identifier that was proved to the record."""

    contact: KnownContact
    identified: Identified
    time_us: int

    def evidence(self) -> Evidence | None:
        """The pair, where they are not of one core anyway."""
        tie, core = self.identified.tie, self.identified.core
        if not self.identified.opens or tie.bound is None or tie.bound_core == core:
            return None
        return Evidence(
            subject=self.contact.contact_id,
            items=(),
            channel=self.contact.channel,
            occur_time_us=self.time_us,
            earlier=[(tie.bound, Assurance.VERIFIED), (tie.record, Assurance.VERIFIED)],
            kind=LinkKind.SETTLED if tie.settles else LinkKind.BOUND,
        )


async def write_bound(
    connection: Connection, runtime: Runtime, caller: Caller, plan: Plan, binding: Binding
) -> int | None:
    """Write the plan of the answers, with what they bind; the revision, or None where it no longer holds."""
    evidence = binding.evidence()
    if evidence is None:
        applied = (await graph.apply_plans(connection, caller.tenant, runtime.clock(), [plan]))[0]
        return applied.revision if applied.status is PlanStatus.APPLIED else None
    applied = await write_evidence(connection, runtime, caller, plan, evidence)
    return applied.revision if applied is not None and applied.status is PlanStatus.APPLIED else None
