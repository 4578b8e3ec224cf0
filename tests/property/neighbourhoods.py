"""The neighbourhood (R9) as pure code: the oracle of schema/functions/neighbourhoods.sql."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from profile_service.identity.graph.counting import counted_links, level_of, stands
from profile_service.identity.graph.model import Link, LinkState, Node, NodeId
from profile_service.identity.graph.plan import Neighbourhood
from profile_service.identity.policy import Policy


def reachable(
    seeds: Iterable[NodeId],
    links: Iterable[Link],
    nodes: Mapping[NodeId, Node],
    policy: Policy,
    fan_out: Mapping[NodeId, int],
) -> set[NodeId]:
    """R9: everything reachable over counted links, also through nodes shared by conflict, stopping only where fan-out
    makes a link stop counting."""
    adjacent: defaultdict[NodeId, list[NodeId]] = defaultdict(list)
    for link in counted_links((link for link in links if stands(link, fan_out)), nodes, policy):
        level = max(level_of(fan_out.get(node, 0)) for node in (link.a, link.b))
        if link.state is not LinkState.CONTESTED and link.assurance > level:
            adjacent[link.a].append(link.b)
            adjacent[link.b].append(link.a)
    found = set(seeds)
    frontier = list(found)
    while frontier:
        for other in adjacent[frontier.pop()]:
            if other not in found:
                found.add(other)
                frontier.append(other)
    return found


def restrict(neighbourhood: Neighbourhood, seeds: Iterable[NodeId], policy: Policy) -> Neighbourhood:
    """The part of a whole graph that a change at the seeds can reach; what the store does in SQL, as pure code."""
    nodes = {key: state.node for key, state in neighbourhood.nodes.items()}
    levels = {key: state.fan_out for key, state in neighbourhood.nodes.items()}
    found = reachable(seeds, neighbourhood.links, nodes, policy, levels)
    owners = {neighbourhood.nodes[key].profile for key in found}
    links = tuple(link for link in neighbourhood.links if link.a in found and link.b in found)
    return replace(
        neighbourhood,
        nodes={key: neighbourhood.nodes[key] for key in found},
        links=links,
        depended_on={key: neighbourhood.nodes[key].fan_out for link in links for key in link.depends_on - found},
        names=tuple(name for name in neighbourhood.names if name.founder in found or name.id in owners),
    )
