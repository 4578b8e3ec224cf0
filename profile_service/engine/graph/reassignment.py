"""Identifiers that begin anew: not seen for long, and back with a record of somebody else, who has it now; or not
proved for long, or taken back by the last record that stated them, and back from the same owner or from another (D4).

The former owner keeps what came in before; from the moment of the new evidence the value is a new node (R8). That is
recorded as the end of the old node, in event time, so that it stays decided whatever arrives later. Of the second kind
a link worth an observation joins the two, so that what was known is there, and nothing of it is open.
"""

from __future__ import annotations

from collections.abc import Sequence

from profile_service.engine.caller import Caller
from profile_service.engine.graph.evidence import Evidence
from profile_service.engine.identifiers import Item
from profile_service.engine.runtime import Runtime
from profile_service.identity.graph.model import Assurance, NodeId
from profile_service.identity.policy import Policy
from profile_service.store.database import Connection
from profile_service.store.queries.found import Found, FoundNode
from profile_service.store.queries.graph import last_seen


async def without_reassigned(
    connection: Connection, runtime: Runtime, caller: Caller, calls: Sequence[tuple[Found, Evidence]]
) -> list[Found]:
    """What each call found, but for the identifiers that have a new owner; those stand in `reassigned`."""
    policy = runtime.tenant(caller).policy
    suspects = [_suspects(found, evidence, policy) for found, evidence in calls]
    nodes = sorted({node.id for some in suspects for node in some.values()})
    last = await last_seen(connection, caller.tenant, nodes) if nodes else {}
    left: list[Found] = []
    for (found, evidence), some in zip(calls, suspects, strict=True):
        reassigned = {
            index: node
            for index, node in some.items()
            if node.id in last
            and last[node.id] + policy.namespace(node.namespace).reassigned_us <= evidence.occur_time_us
        }
        left.append(found.without(reassigned) if reassigned else found)
    return left


def _suspects(found: Found, evidence: Evidence, policy: Policy) -> dict[int, FoundNode]:
    """The identifiers whose owner the record contradicts, of the kinds that change hands."""
    return {
        item.index: found.nodes[item.index]
        for item in evidence.items
        if item.index in found.nodes
        and found.nodes[item.index].profile in evidence.against
        and _may_change_hands(item, policy)
    }


def _may_change_hands(item: Item, policy: Policy) -> bool:
    rules = policy.namespace(item.namespace)
    return item.proven and item.assurance >= rules.join and rules.reassigned_us > 0


def ageing(items: Sequence[Item], policy: Policy) -> frozenset[int]:
    """The places of proved identifiers of the kinds that fall silent."""
    return frozenset(
        item.index
        for item in items
        if item.proven and item.assurance is Assurance.VERIFIED and policy.namespace(item.namespace).silence_us
    )


def without_renewed(found: Found, items: Sequence[Item], policy: Policy, occur_time_us: int) -> Found:
    """What was found, but for what begins anew with the call: identifiers that are proved and nothing had proved for
    too long, and those that are brought, or stated by another record, after their last record took them back."""
    places = ageing(items, policy)
    stated = set[NodeId]() if found.record is None else {known.node for known in found.record.statements or ()}

    def is_renewed(item: Item, node: FoundNode) -> bool:
        time_us = item.given.proof_time_us or occur_time_us
        if node.anew_us is not None and node.anew_us < time_us and node.id not in stated:
            return item.proven
        return item.index in places and _fell_silent(node, time_us - policy.namespace(item.namespace).silence_us)

    begins = {
        item.index: node
        for item in items
        if (node := found.nodes.get(item.index)) is not None and is_renewed(item, node)
    }
    renewed = frozenset(node.id for node in begins.values())
    return found.without({**found.reassigned, **begins}, found.renewed | renewed) if begins else found


def _fell_silent(node: FoundNode, since_us: int) -> bool:
    return node.signed_us is not None and node.signed_us < since_us
