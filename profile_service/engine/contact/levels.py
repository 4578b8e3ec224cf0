"""The level of everything in a context, from what is stored of it: what is open, and what that lets be said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from profile_service.engine.contact.standing import contact_standing
from profile_service.identity.contact.calls import Leg, legs_of, opened_in, person_at
from profile_service.identity.contact.disclosure import (
    Opened,
    Reason,
    Standing,
    as_shown,
    cores_opened,
    disclose,
    level_of,
    open_now,
)
from profile_service.identity.graph.model import Disclosure, NodeId
from profile_service.identity.policy import Policy
from profile_service.store.queries.parts import (
    ContextParts,
    StoredContact,
    StoredConversation,
    StoredFact,
    StoredPoint,
    StoredPromise,
    StoredWords,
)


@dataclass(frozen=True)
class Levels:
    """What may be said in one contact, to its reader."""

    parts: ContextParts
    policy: Policy
    now_us: int
    automated: bool = False

    @cached_property
    def _stands(self) -> Standing:
        """Where the contact stands, whoever is guarded."""
        return contact_standing(self.parts, self.policy, automated=self.automated)

    @cached_property
    def standing(self) -> Standing:
        """Where the contact stands for its reader."""
        return as_shown(self._stands, self.opened)

    @cached_property
    def opened(self) -> Opened:
        """The cores that are open."""
        here = self.parts.opened_here
        return open_now(self._stands, here.proofs, here.answers, self.policy, self.now_us)

    @cached_property
    def _legs(self) -> Mapping[str, Leg]:
        """This contact and the legs before it, with who is there."""
        return {leg.contact: leg for leg in legs_of(self.parts.calls, self.parts.me.id)}

    @cached_property
    def _of_contacts(self) -> dict[str, Disclosure]:
        """The levels of contacts, as far as they were asked for."""
        return {}

    @cached_property
    def whole(self) -> tuple[Disclosure, Reason]:
        """What may be said on the whole, and why."""
        return disclose(self.standing, self.opened, is_news=self._is_news())

    @cached_property
    def _cores(self) -> Mapping[NodeId, NodeId]:
        """The cores of the nodes of the profile."""
        return {row.id: row.core for row in self.parts.nodes or () if row.core is not None and row.own}

    @cached_property
    def _stated(self) -> frozenset[NodeId]:
        """The identifiers that records of open cores state."""
        records = self.parts.records or ()
        return frozenset(node for row in records if self.of_node(row.node) is Disclosure.SAFE for node in row.states)

    def of_node(self, node: NodeId) -> Disclosure:
        """Of what hangs on a node of the profile: a record's attributes, a pin, a preference, a consent."""
        core = self._cores.get(node)
        return level_of(() if core is None else (core,), self.opened.cores)

    def of_point(self, row: StoredPoint) -> Disclosure:
        """Of a contact point: its own core, and those of the records that state it."""
        return Disclosure.SAFE if row.id in self._stated else self.of_node(row.id)

    @cached_property
    def facts(self) -> list[StoredFact]:
        """The facts, but for what others said in this contact."""
        return [row for row in self.parts.facts or () if self._may_count(row)]

    @cached_property
    def promises(self) -> list[StoredPromise]:
        """What was said of promises, but for what others were promised in this contact; the latest first."""
        return [row for row in self.parts.promises or () if self._may_count(row)]

    def of_words(self, row: StoredWords) -> Disclosure:
        """Of a fact or a promise."""
        return self._of_said(row.contact, row.occur_time_us, self._brought(row))

    def of_contact(self, row: StoredContact) -> Disclosure:
        """Of a contact and its interactions."""
        level = self._of_contacts.get(row.contact_id)
        if level is None:
            level = self._of_said(row.contact_id, None, self._legs.get(row.contact_id))
            self._of_contacts[row.contact_id] = level
        return level

    def of_conversation(self, row: StoredConversation) -> Disclosure:
        """Of another conversation: of the contact that it belongs to."""
        return self._of_said(row.owner or "", None, None)

    def _may_count(self, row: StoredWords) -> bool:
        return row.contact != self.parts.me.id or self._brought(row) is not None

    def _brought(self, row: StoredWords) -> Leg | None:
        """The leg of this call in which who speaks here said it, before it was handed over; None where it is none."""
        leg, time = self._legs.get(row.contact), row.occur_time_us
        if leg is None or (leg.until_us is not None and time > leg.until_us):
            return None
        return leg if person_at(self.parts.calls[leg.contact], time) == leg.person else None

    def _of_said(self, contact: str, time_us: int | None, brought: Leg | None) -> Disclosure:
        """Of what was said, noted or promised in a contact: what it opened. One's own words may be said, and those that
        one brought from a leg before; to a bot only of one that had proved something."""
        if brought is not None and contact == self.parts.me.id:
            return Disclosure.SAFE
        until = None if brought is None else brought.until_us
        opened = opened_in(self.parts.calls, contact, until if time_us is None else time_us, until)
        cores = cores_opened(opened.proofs, opened.answers, self.policy)
        if brought is not None and (cores or not self.automated):
            return Disclosure.SAFE
        return level_of(cores, self.opened.cores)

    def _is_news(self) -> bool:
        """Whether something may be said that neither this contact nor a leg before it brought."""
        if not self.opened.cores:
            return False
        brought = {claim.node for claim in self.parts.claims or ()}
        known = any(core in self.opened.cores for node, core in self._cores.items() if node not in brought)
        return known or bool(self._stated - brought) or any(level is Disclosure.SAFE for level in self._words())

    def _words(self) -> Iterable[Disclosure]:
        """The levels of what other contacts left."""
        parts, own = self.parts, {self.parts.me.id, *self.parts.me.legs}
        for contact in (*(parts.contacts or ()), *(parts.ended or ())):
            if contact.contact_id not in own:
                yield self.of_contact(contact)
        yield from (self.of_words(row) for row in (*self.facts, *self.promises) if row.contact not in own)
        yield from map(self.of_conversation, parts.others or ())
