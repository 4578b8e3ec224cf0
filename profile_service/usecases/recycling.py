"""Identifiers that were given to somebody else: not seen for long, and back with somebody who is not their customer.

The former owner keeps what came in before; from the moment of the new evidence the value is a new node (R8). That is
recorded as the end of the old node, in event time, so that it stays decided whatever arrives later.
"""

from __future__ import annotations

from collections.abc import Iterator

from profile_service.identity.model import Role
from profile_service.identity.policy import Policy
from profile_service.store.database import Connection, run
from profile_service.store.graph import Found, FoundNode
from profile_service.usecases.evidence import Evidence
from profile_service.usecases.identify import Item
from profile_service.usecases.runtime import Caller, Runtime


async def without_given_up(
    connection: Connection, runtime: Runtime, caller: Caller, evidence: Evidence, found: Found
) -> Found:
    """What was found, but for the identifiers that have a new owner; those stand in `given_up`."""
    policy = runtime.tenant(caller).policy
    suspects = dict(_strangers(evidence, found, policy))
    if not suspects:
        return found
    nodes = sorted({node.id for node in suspects.values()})
    rows = await run(connection, "last_seen", {"tenant": caller.tenant, "nodes": nodes})
    last = {str(row["node_id"]): row["last_time_us"] for row in rows}
    given_up = {
        index: node
        for index, node in suspects.items()
        if last[node.id] is not None
        and last[node.id] + policy.namespace(node.namespace).silence_us <= evidence.occur_time_us
    }
    return found.without(given_up) if given_up else found


def _strangers(evidence: Evidence, found: Found, policy: Policy) -> Iterator[tuple[int, FoundNode]]:
    """The identifiers of customers whom nothing else in the evidence speaks for, and something speaks against."""
    for item in evidence.items:
        node = found.nodes.get(item.index)
        if node is None or node.profile is None or node.profile in evidence.fits or not _may_change_hands(item, policy):
            continue
        others = [one for one in evidence.items if one.key not in (None, item.key) and one.given.role is Role.SUBJECT]
        familiar = any(found.nodes[one.index].profile == node.profile for one in others if one.index in found.nodes)
        if not familiar and any(_names_somebody(one, item, policy) for one in others):
            yield item.index, node


def _may_change_hands(item: Item, policy: Policy) -> bool:
    rules = policy.namespace(item.namespace)
    return item.proven and item.assurance >= rules.join and rules.silence_us > 0


def _names_somebody(other: Item, item: Item, policy: Policy) -> bool:
    """Whether another identifier says more of who it is: a customer may well have a new device."""
    return other.proven and policy.strength(other.namespace) > policy.strength(item.namespace)
