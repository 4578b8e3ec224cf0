"""Which conversations contacts make, as a whole: a fold over all that is known of them, in the order of their own time
and never of arrival (T0 to T5, T7). A contact that is the latest of its customer is placed by `threads.choose_thread`,
which comes to the same. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from profile_service.identity.contact.acts import Act, ActKind, Begun
from profile_service.identity.contact.chains import Near, chained, chains, named_by
from profile_service.identity.contact.model import Initiation
from profile_service.identity.contact.threads import Threading, Within
from profile_service.identity.graph.model import ProfileId

FOR_EVER = 1 << 62
BEGIN, ACT, CLOSING = range(3)


class Place(NamedTuple):
    """Where a contact, or an act, stands in the order (T0)."""

    time_us: int
    rank: int
    depth: int
    own_time_us: int
    source: str
    id: str


class Followed(NamedTuple):
    """The contact that one follows (None: none); `apart`: it is shown with nobody else's, as a reference alone says so,
    or what is chained to it of nobody is chained to two customers, or to one that it is not (T9)."""

    parent: str | None
    apart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Threads:
    """What comes out: the conversations as sets of contacts, whom each contact follows, the order, and when those were
    closed that are."""

    conversations: Sequence[frozenset[str]]
    followed: Mapping[str, Followed]
    places: Mapping[str, Place]
    closed: Mapping[str, int]

    def close_time(self, contacts: Iterable[str]) -> int | None:
        """When a conversation of these was closed; None where it is open (T7)."""
        times = [self.closed.get(contact) for contact in contacts]
        known = [time for time in times if time is not None]
        return max(known) if times and len(known) == len(times) else None


def fold(contacts: Iterable[Begun], acts: Iterable[Act], within: Within) -> Threads:
    """Fold what is known of contacts, and of what they name as far as it is among them."""
    folding = _Folding({contact.id: contact for contact in contacts}, within)
    for place, event in folding.events(acts):
        if isinstance(event, Act):
            folding.apply(event, place.time_us)
        else:
            folding.begin(event, place.time_us)
    return folding.result()


@dataclass(slots=True)
class _Folding:
    contacts: Mapping[str, Begun]
    within: Within
    named: dict[str, list[Begun]] = field(init=False)
    near: Near = field(init=False)
    places: dict[str, Place] = field(init=False)
    stands_in: dict[str, int] = field(default_factory=dict[str, int])
    members: list[set[str]] = field(default_factory=list[set[str]])
    placed: list[Begun] = field(default_factory=list[Begun])
    followed: dict[str, Followed] = field(default_factory=dict[str, Followed])
    closings: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        by_key = {contact.key: contact for contact in self.contacts.values()}
        namings = {name: list(named_by(contact, by_key)) for name, contact in self.contacts.items()}
        self.named = {name: [named for _, named in found] for name, found in namings.items()}
        self.near = chains(namings)
        self.places = dict(_places(self.contacts, self.named))

    def events(self, acts: Iterable[Act]) -> list[tuple[Place, Begun | Act]]:
        """Begins and acts in order; an act rests until all contacts are known that it names."""
        known = [act for act in acts if self.contacts.keys() >= set(act.contacts)]
        events: list[tuple[Place, Begun | Act]] = [(self.places[name], begun) for name, begun in self.contacts.items()]
        events += [(self.place_of(act), act) for act in known]
        return sorted(events, key=lambda event: event[0])

    def place_of(self, act: Act) -> Place:
        time_us = max(act.time_us, *(self.places[name].time_us for name in act.contacts))
        rank = CLOSING if act.kind is ActKind.CLOSE else ACT
        return Place(time_us, rank, 0, act.time_us, "", act.id)

    def result(self) -> Threads:
        closed = {name: self.closed_at(begun, FOR_EVER) for name, begun in self.contacts.items()}
        return Threads(
            conversations=[frozenset(members) for members in self.members if members],
            followed=self.shown_apart(),
            places=self.places,
            closed={name: time for name, time in closed.items() if time is not None},
        )

    def shown_apart(self) -> dict[str, Followed]:
        """Whom each contact follows, with whether it is shown with nobody else's: where a reference alone put it where
        it stands and nothing that stands there is chained to it, or where it is between customers (T9)."""
        between = set(self.between())

        def is_apart(name: str, followed: Followed) -> bool:
            by_reference = followed.apart and not self.near[name] & self.members[self.stands_in[name]]
            return by_reference or name in between

        return {name: Followed(followed.parent, is_apart(name, followed)) for name, followed in self.followed.items()}

    def between(self) -> Iterator[str]:
        """The contacts of nobody that are chained to two customers, or stand with one whom another that is chained to
        them is not."""
        left = {name for name, contact in self.contacts.items() if contact.customer is None and self.near[name]}
        while left:
            group, ends = chained(left.pop(), self.contacts, self.near)
            left -= group
            ruled_out = {customer for name in group for customer in self.contacts[name].ruled_out}
            yield from (name for name in group if len(ends) > 1 or self.customers_with(name) & ruled_out)

    def customers_with(self, name: str) -> set[ProfileId]:
        """The customers who stand in the conversation of a contact."""
        there = (self.contacts[other].customer for other in self.members[self.stands_in[name]])
        return {customer for customer in there if customer is not None}

    # Begins

    def begin(self, contact: Begun, at_us: int) -> None:
        """Place a contact (T1)."""
        followed = self.followed[contact.id] = self.choose(contact, at_us)
        parent = followed.parent
        if parent is None:
            self.put({contact.id}, self.new())
        else:
            self.put({contact.id}, self.stands_in[parent])
        self.placed.append(contact)
        if parent is not None and contact.inherits_closing:
            closed_us = self.closed_at(self.contacts[parent], at_us)
            self.closings[contact.id] += [] if closed_us is None else [closed_us]

    def choose(self, contact: Begun, at_us: int) -> Followed:
        """The contact that it follows: the strongest name that fits, the latest bearer of a reference, the latest of
        the customer's that is alive."""
        for named in self.named[contact.id]:
            if named.id in self.stands_in and self.fits(contact, self.stands_in[named.id]):
                return Followed(named.id)
        if contact.threading is Threading.NEW:
            return Followed(None)
        bearer = self.latest_bearer(contact, at_us)
        if bearer is not None:
            return Followed(bearer.id, apart=True)
        return Followed(None if contact.is_bulk or contact.customer is None else self.latest_alive(contact, at_us))

    def latest_bearer(self, contact: Begun, at_us: int) -> Begun | None:
        """The latest contact of equal standing that bore one of its references by then (T5)."""
        own = {key for key, since_us in contact.references.items() if since_us <= contact.start_time_us}
        for bearer in reversed(self.placed) if own else ():
            borne = any(bearer.references.get(key, FOR_EVER) <= at_us for key in own)
            is_equal = bearer.customer == contact.customer and (contact.customer or bearer.source == contact.source)
            if borne and is_equal and self.fits(contact, self.stands_in[bearer.id]):
                return bearer
        return None

    def latest_alive(self, contact: Begun, at_us: int) -> str | None:
        """The latest earlier contact of the customer and brand that is alive and not closed (T2); bulk of ours only on
        its own channel, from others where there is nothing else."""
        last_resort: str | None = None
        for earlier in reversed(self.placed):
            if not self.is_alive(earlier, contact, at_us):
                continue
            if not earlier.is_bulk or earlier.channel == contact.channel:
                return earlier.id
            last_resort = last_resort or earlier.id
        return last_resort

    def is_alive(self, earlier: Begun, contact: Begun, at_us: int) -> bool:
        """Whether a contact of the same customer and brand may be followed at a time."""
        if (earlier.customer, earlier.brand) != (contact.customer, contact.brand):
            return False
        if earlier.initiation is Initiation.CONSULT or self.closed_at(earlier, at_us) is not None:
            return False
        return at_us - earlier.alive_at(at_us) <= self.within(earlier.channel, earlier.brand)

    def fits(self, contact: Begun, conversation: int) -> bool:
        """Whether a contact may stand in a conversation: it holds one customer, and none of whom it was said that it is
        not this customer (T4)."""
        there = [self.contacts[name] for name in self.members[conversation]]
        customers = {other.customer for other in there if other.customer is not None}
        if customers & contact.ruled_out:
            return False
        if contact.customer is None:
            return True
        return customers <= {contact.customer} and not any(contact.customer in other.ruled_out for other in there)

    # Acts of people

    def apply(self, act: Act, at_us: int) -> None:
        """Do what somebody said (T1, T7)."""
        first, *others = act.contacts
        if act.kind is ActKind.CLOSE:
            for name in self.covered(self.contacts[first], act.customer):
                self.closings[name].append(at_us)
        elif act.kind is ActKind.SPLIT:
            earliest = min(act.contacts, key=lambda name: self.places[name])
            self.put(set(act.contacts) & self.members[self.stands_in[earliest]], self.new())
        elif act.kind is ActKind.MOVE and not others:
            self.put(self.legs(first), self.new())
        else:
            taken = self.legs(first) if act.kind is ActKind.MOVE else set(self.members[self.stands_in[first]])
            self.bring(taken, self.stands_in[others[0]])

    def bring(self, taken: set[str], conversation: int) -> None:
        """Put contacts where others stand, if all of them fit there: across customers it rests."""
        if taken <= self.members[conversation]:
            return
        if all(self.fits(self.contacts[name], conversation) for name in taken):
            self.put(taken, conversation)

    def covered(self, contact: Begun, customer: ProfileId | None) -> set[str]:
        """What a closing covers: what stands there; under another customer than then, the call alone."""
        if contact.customer == customer:
            return set(self.members[self.stands_in[contact.id]])
        return self.legs(contact.id)

    def legs(self, name: str) -> set[str]:
        """The legs of the call of a contact, as far as they stand together."""
        there = self.members[self.stands_in[name]]
        pairs = [(leg, self.first_named(leg)) for leg in there if self.contacts[leg].is_leg]
        found, size = {name}, 0
        while len(found) > size:
            size = len(found)
            for leg, before in pairs:
                if before in there and (leg in found or before in found):
                    found |= {leg, str(before)}
        return found

    def first_named(self, name: str) -> str | None:
        return next((named.id for named in self.named[name]), None)

    def closed_at(self, contact: Begun, at_us: int) -> int | None:
        """The closing that holds a contact at a time: the latest before it, unless the customer said something
        since."""
        closed_us = max(self.closings[contact.id], default=None)
        return None if closed_us is None or contact.opened(closed_us, at_us) else closed_us

    def new(self) -> int:
        """A new conversation."""
        self.members.append(set())
        return len(self.members) - 1

    def put(self, names: set[str], conversation: int) -> None:
        for name in names:
            if name in self.stands_in:
                self.members[self.stands_in[name]].discard(name)
            self.stands_in[name] = conversation
            self.members[conversation].add(name)


def _places(contacts: Mapping[str, Begun], named: Mapping[str, Sequence[Begun]]) -> Iterator[tuple[str, Place]]:
    """Each contact in order: one that names another stands after it, also where it began a little before (clocks
    differ); those that name each other in a ring keep their own places (T0)."""
    places: dict[str, Place] = {}
    for contact in contacts:
        chain = [contact]
        while chain[-1] not in places and (first := next(iter(named[chain[-1]]), None)) is not None:
            if first.id in chain:
                ring = chain[chain.index(first.id) :]
                places.update((name, _own_place(contacts[name])) for name in ring)
                break
            chain.append(first.id)
        for name in reversed(chain):
            if name in places:
                continue
            own, before = _own_place(contacts[name]), next((places.get(first.id) for first in named[name][:1]), None)
            behind = (
                own if before is None or own > before else own._replace(time_us=before.time_us, depth=before.depth + 1)
            )
            places[name] = behind
    yield from places.items()


def _own_place(contact: Begun) -> Place:
    return Place(contact.start_time_us, BEGIN, 0, contact.start_time_us, contact.source, contact.key)
