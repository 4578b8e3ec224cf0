"""Identifiers that were given to somebody else: not seen for long, and back with a record of somebody else.

A contact alone says no such thing: a customer who was silent for long may well come with a new address or device. The
former owner keeps what came in before; from the moment of the new evidence the value is a new node (R8). That is
recorded as the end of the old node, in event time, so that it stays decided whatever arrives later.
"""

from __future__ import annotations

from profile_service.identity.policy import Policy
from profile_service.store.database import Connection, run
from profile_service.store.graph import Found
from profile_service.usecases.evidence import Evidence
from profile_service.usecases.identify import Item
from profile_service.usecases.runtime import Caller, Runtime


async def without_given_up(
    connection: Connection, runtime: Runtime, caller: Caller, evidence: Evidence, found: Found
) -> Found:
    """What was found, but for the identifiers that have a new owner; those stand in `given_up`."""
    policy = runtime.tenant(caller).policy
    suspects = {
        item.index: found.nodes[item.index]
        for item in evidence.items
        if item.index in found.nodes
        and found.nodes[item.index].profile in evidence.against
        and _may_change_hands(item, policy)
    }
    if not suspects:
        return found
    nodes = sorted({node.id for node in suspects.values()})
    rows = await run(connection, "last_seen", {"tenant": caller.tenant, "nodes": nodes})
    last = {str(row["node_id"]): row["last_time_us"] for row in rows}
    given_up = {
        index: node
        for index, node in suspects.items()
        if last.get(node.id) is not None
        and last[node.id] + policy.namespace(node.namespace).silence_us <= evidence.occur_time_us
    }
    return found.without(given_up) if given_up else found


def _may_change_hands(item: Item, policy: Policy) -> bool:
    rules = policy.namespace(item.namespace)
    return item.proven and item.assurance >= rules.join and rules.silence_us > 0
