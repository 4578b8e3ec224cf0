"""Whose identifiers are of which person (D5): those of one call, beside what was shown before it in the contact, or in
the legs that it follows (D6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from profile_service.engine.caller import Caller
from profile_service.engine.contact.acquaintance import read_acquaintance
from profile_service.engine.contact.transfer import NOTHING, HandedOver
from profile_service.engine.graph.evidence import Evidence
from profile_service.engine.identifiers import Item
from profile_service.engine.runtime import Runtime
from profile_service.identity.contact.persons import Known, is_another, persons_of
from profile_service.identity.graph.model import Assurance, NodeId
from profile_service.identity.policy import Policy
from profile_service.store.database import Connection
from profile_service.store.queries.found import Found


def shown_by(items: Sequence[Item], found: Found) -> list[tuple[int, Known]]:
    """The customer's own identifiers of a call, by place; one that is not known yet has a name of its own, and one that
    begins anew with the call is known by what it was."""
    known = {**found.reassigned, **found.nodes}
    return [
        (
            item.index,
            Known(
                node=known[item.index].id if item.index in known else NodeId(f"new/{item.index}"),
                namespace=item.namespace,
                assurance=item.assurance,
                method=item.given.method,
            ),
        )
        for item in items
        if item.proven
    ]


def may_be_several(items: Sequence[Item], found: Found, policy: Policy) -> bool:
    """Whether a call shows two known values of a namespace: of one person perhaps, or of two."""
    proved = Counter(
        item.namespace
        for item in items
        if item.proven and item.assurance is Assurance.VERIFIED and item.index in found.nodes
    )
    return any(count > 1 and policy.namespace(name).opens for name, count in proved.items())


async def handed_to(
    connection: Connection, runtime: Runtime, caller: Caller, call: tuple[Sequence[Item], Found], handed: HandedOver
) -> HandedOver:
    """What a leg inherits: nothing where it shows somebody else itself."""
    items, found = call
    shown = [known for _, known in shown_by(items, found)]
    before = [known for known in handed.known if known.assurance > Assurance.CLAIMED]
    if not shown or not before:
        return handed
    nodes = [known.node for known in (*before, *shown) if not known.node.startswith("new/")]
    acquaintance = await read_acquaintance(connection, runtime, caller, nodes, handed.legs)
    policy = runtime.tenant(caller).policy
    return NOTHING if is_another(before, shown, acquaintance, policy, Assurance.OBSERVED) else handed


async def divided(
    connection: Connection,
    runtime: Runtime,
    caller: Caller,
    evidence: Evidence,
    found: Found,
    before: Sequence[Known] = (),
) -> Evidence:
    """The evidence, with whose each identifier is; `before`: what who is there showed in the contact."""
    pairs = shown_by(evidence.items, found)
    shown, policy = [known for _, known in pairs], runtime.tenant(caller).policy
    nodes = [known.node for known in (*before, *shown) if not known.node.startswith("new/")]
    acquaintance = await read_acquaintance(connection, runtime, caller, nodes, [evidence.subject])
    numbers = persons_of(before, shown, acquaintance, policy)
    others = {place: evidence.person + number for (place, _), number in zip(pairs, numbers, strict=True) if number}
    return replace(evidence, persons=others) if others else evidence
