"""Which contacts name which, and what of nobody is chained to whom (T1, T4, T9). Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from profile_service.identity.contact.acts import Begun
from profile_service.identity.contact.threads import CHAINS, SKEW_US, How, Threading
from profile_service.identity.graph.model import ProfileId


def named_by(contact: Begun, by_key: Mapping[str, Begun]) -> Iterator[tuple[How, Begun]]:
    """The contacts that one names and that count, the strongest first: known, begun not much later, of a desk with it
    or of one customer with it, and not of two (T1, T4)."""
    for name in sorted(contact.names, key=lambda name: name.how):
        named = by_key.get(name.key)
        if named is None or named.id == contact.id or named.start_time_us - contact.start_time_us > SKEW_US:
            continue
        if name.how is How.PREVIOUS and contact.threading is Threading.NEW and not contact.is_leg:
            continue
        one_customer = contact.customer is not None and contact.customer == named.customer
        if _may_stand_together(contact, named) and (name.one_desk or one_customer):
            yield name.how, named


def _may_stand_together(contact: Begun, other: Begun) -> bool:
    if contact.customer is not None and other.customer is not None and contact.customer != other.customer:
        return False
    return contact.customer not in other.ruled_out and other.customer not in contact.ruled_out


Near = defaultdict[str, set[str]]
"""By contact, those that name it or that it names."""


def chains(namings: Mapping[str, Iterable[tuple[How, Begun]]]) -> Near:
    """What desks and carry-over codes chain, of whom each contact names."""
    near: Near = defaultdict(set)
    for name, named_ones in namings.items():
        for how, named in named_ones:
            if how in CHAINS:
                near[name].add(named.id)
                near[named.id].add(name)
    return near


def chained(name: str, contacts: Mapping[str, Begun], near: Near) -> tuple[set[str], set[ProfileId]]:
    """The contacts of nobody that are chained to one of nobody, itself among them, and the customers at their ends."""
    group, fresh, ends = {name}, [name], set[ProfileId]()
    while fresh:
        for other in near[fresh.pop()]:
            customer = contacts[other].customer
            if customer is not None:
                ends.add(customer)
            elif other not in group:
                group.add(other)
                fresh.append(other)
    return group, ends
