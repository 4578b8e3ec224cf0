"""Which identifiers begin anew when a record takes them back (D4). Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from profile_service.identity.graph.model import NodeId
from profile_service.identity.matching.attributes import Attributes
from profile_service.identity.matching.opinion import Opinion, opinion
from profile_service.identity.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Stating:
    """A record states an identifier. `parts`: the core and the profile of the identifier, `record_parts`: those of the
    record; `source` is the record's namespace."""

    node: NodeId
    namespace: str
    parts: tuple[str, str | None]
    record: NodeId
    source: str
    record_parts: tuple[str, str | None]
    said: Attributes


def left_by_all(record: NodeId, statements: Iterable[Stating], policy: Policy) -> frozenset[NodeId]:
    """Of identifiers that a record takes back, those that no other record of the core states, or, where none of the
    core does, of the profile; nor a duplicate of the record. Statements are those of before."""
    by_node: defaultdict[NodeId, list[Stating]] = defaultdict(list)
    for statement in statements:
        if policy.source(statement.source).is_of_record(statement.namespace):
            by_node[statement.node].append(statement)
    return frozenset(node for node, stating in by_node.items() if _is_last(record, stating))


def _is_last(record: NodeId, stating: Sequence[Stating]) -> bool:
    own = next((statement for statement in stating if statement.record == record), None)
    if own is None or any(_is_duplicate(own, other) for other in stating):
        return False
    for part in range(len(own.parts)):
        of_part = {other.record for other in stating if other.record_parts[part] == other.parts[part]}
        if of_part:
            return of_part == {record}
    return False


def _is_duplicate(own: Stating, other: Stating) -> bool:
    """Whether another record of the source is of the same customer."""
    if other.record == own.record or other.source != own.source:
        return False
    return opinion(own.said, other.said) is Opinion.AGREE
