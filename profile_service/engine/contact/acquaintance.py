"""Read what is known of identifiers that may be of one person or of two (D5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from profile_service.engine.caller import Caller
from profile_service.engine.runtime import Runtime
from profile_service.identity.contact.persons import Acquaintance
from profile_service.identity.graph.model import NodeId
from profile_service.identity.matching.attributes import Attributes
from profile_service.identity.matching.opinion import objection
from profile_service.store.database import Connection
from profile_service.store.queries.persons import proved_together, records_stating
from profile_service.store.rows.record import FEATURES

Records = Mapping[NodeId, Mapping[NodeId, Attributes]]
"""By identifier the records that state it, with what they say."""


async def read_acquaintance(
    connection: Connection, runtime: Runtime, caller: Caller, nodes: Iterable[NodeId], contacts: Sequence[str]
) -> Acquaintance:
    """What is known of identifiers, but for what `contacts` showed: the contact itself, and the legs before it."""
    asked = sorted(set(nodes))
    if len(asked) < 2:
        return Acquaintance()
    policy = runtime.tenant(caller).policy
    stating: defaultdict[NodeId, dict[NodeId, Attributes]] = defaultdict(dict)
    known: set[NodeId] = set()
    for row in await records_stating(connection, caller.tenant, asked, contacts):
        if row.proved:
            known.add(row.node)
        if row.record is None or row.features is None or row.source is None:
            continue
        if policy.source(row.source).is_of_record(row.namespace):
            known.add(row.node)
            said = FEATURES.open(runtime.keyring, caller.tenant, row.features, row.record)
            stating[row.node][row.record] = said
    together = await proved_together(connection, caller.tenant, asked)
    pairs = [frozenset(pair) for pair in combinations(asked, 2)]
    return Acquaintance(
        known=frozenset(known),
        together=together | {pair for pair in pairs if _are_stated_together(pair, stating)},
        apart=frozenset(pair for pair in pairs if _contradict(pair, stating)),
    )


def _are_stated_together(pair: Iterable[NodeId], stating: Records) -> bool:
    left, right = (stating.get(node, {}).keys() for node in pair)
    return bool(left & right)


def _contradict(pair: Iterable[NodeId], stating: Records) -> bool:
    """Whether both are on file, and every record of the one speaks against one of the other's."""
    left, right = (stating.get(node, {}).values() for node in pair)

    def all_against(mine: Iterable[Attributes], theirs: Iterable[Attributes]) -> bool:
        return all(any(objection(said, against) for against in theirs) for said in mine)

    return bool(left) and bool(right) and all_against(left, right)
