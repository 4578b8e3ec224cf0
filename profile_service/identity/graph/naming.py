"""Which profile id names which part (R11): live ids come first, the oldest id lives, nobody inherits a broken part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from profile_service.identity.graph.model import NodeId, ProfileId


class NameState(StrEnum):
    """LIVE names a part; REDIRECTED resolves over its founder; SPLIT answers its successors."""

    LIVE = "live"
    REDIRECTED = "redirected"
    SPLIT = "split"


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A profile id as it stood before: its founder, the nodes that it named (empty where it is not live), and the
    revision of the profile when it was read."""

    id: ProfileId
    founder: NodeId
    state: NameState
    nodes: frozenset[NodeId] = frozenset()
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """The decision: the id of every part, and what became of every id that was looked at."""

    id_of_part: Mapping[int, ProfileId]
    names: Mapping[ProfileId, Name]
    created: frozenset[ProfileId]

    def id_of(self, parts: Sequence[frozenset[NodeId]]) -> dict[NodeId, ProfileId]:
        """The id that names each node of the parts, in the order in which they were named."""
        return {node: self.id_of_part[index] for index, part in enumerate(parts) for node in part}


@dataclass(slots=True)
class _Desk:
    parts: Sequence[frozenset[NodeId]]
    part_of: dict[NodeId, int]
    id_of_part: dict[int, ProfileId]
    names: dict[ProfileId, Name]

    def settle(self, name: Name, state: NameState, founder: NodeId, nodes: frozenset[NodeId]) -> None:
        self.names[name.id] = Name(id=name.id, founder=founder, state=state, nodes=nodes)

    def give(self, index: int, name: Name, founder: NodeId) -> None:
        self.id_of_part[index] = name.id
        self.settle(name, NameState.LIVE, founder, self.parts[index])

    def rest(self, name: Name) -> list[int]:
        """The parts that hold what the id named before."""
        return sorted({self.part_of[node] for node in name.nodes if node in self.part_of})


def name_parts(
    parts: Sequence[frozenset[NodeId]],
    names: Iterable[Name],
    *,
    strongest: Callable[[Iterable[NodeId]], NodeId],
    mint: Callable[[], ProfileId],
) -> Naming:
    """Name every part.

    `parts` holds only nodes that identify somebody: no node that is shared and stands alone. `strongest` picks the
    founder of a new part. UUIDv7 text sorts by age, which is how the oldest id is told.
    """
    desk = _Desk(parts, {node: index for index, part in enumerate(parts) for node in part}, {}, {})
    ordered = sorted(names, key=lambda name: name.id)
    live = [name for name in ordered if name.state is NameState.LIVE]
    for name in _keep(desk, live):
        _pass_on(desk, name, strongest)
    for name in live:
        if name.founder not in desk.part_of:
            _refound(desk, name, strongest)
    for name in ordered:
        index = desk.part_of.get(name.founder)
        if name.state is NameState.REDIRECTED and index is not None and index not in desk.id_of_part:
            desk.give(index, name, name.founder)
    created: set[ProfileId] = set()
    for index, part in enumerate(parts):
        if index not in desk.id_of_part:
            founder = strongest(part)
            name = Name(id=mint(), founder=founder, state=NameState.LIVE)
            desk.give(index, name, founder)
            created.add(name.id)
    return Naming(id_of_part=desk.id_of_part, names=desk.names, created=frozenset(created))


def _keep(desk: _Desk, live: Iterable[Name]) -> list[Name]:
    """Live ids keep the part that holds their founder, the oldest first; answers those that came too late."""
    losers: list[Name] = []
    for name in live:
        index = desk.part_of.get(name.founder)
        if index is None:
            continue
        if index in desk.id_of_part:
            losers.append(name)
        else:
            desk.give(index, name, name.founder)
    return losers


def _pass_on(desk: _Desk, name: Name, strongest: Callable[[Iterable[NodeId]], NodeId]) -> None:
    """A younger id whose founder's part has another name goes to a remainder of its old part, else redirects."""
    for index in desk.rest(name):
        if index not in desk.id_of_part:
            desk.give(index, name, strongest(desk.parts[index] & name.nodes))
            return
    desk.settle(name, NameState.REDIRECTED, name.founder, frozenset())


def _refound(desk: _Desk, name: Name, strongest: Callable[[Iterable[NodeId]], NodeId]) -> None:
    """The founder has turned shared: the one part that is left keeps the id, several end it."""
    rest = desk.rest(name)
    if len(rest) == 1:
        founder = strongest(desk.parts[rest[0]] & name.nodes)
        if rest[0] in desk.id_of_part:
            desk.settle(name, NameState.REDIRECTED, founder, frozenset())
        else:
            desk.give(rest[0], name, founder)
        return
    desk.settle(name, NameState.SPLIT, name.founder, frozenset(node for node in name.nodes if node in desk.part_of))
