"""What a tenant answers about the contacts of a history."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from threads import rules

from profile_service.v1 import (
    Audience,
    ContactReference,
    Conversation,
    GetContextRequest,
    Identifier,
    LookupProfileRequest,
    Proof,
    ProofMethod,
    Role,
    SourceKey,
)
from tests.disclosed.played import Desk

LAST = 1e9
"""After everything that the model tells of."""


def mailbox(customer: str) -> str:
    """What tells a customer."""
    return f"{customer.lower()}@m.example.org"


@dataclass
class Asked:
    """One tenant, and the contacts that it was told of, by the model's ids."""

    desk: Desk
    profiles: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)

    async def call(self, request: Any) -> Any:
        """Make a call."""
        return await self.desk.client.call(request)

    def ref(self, contact: str) -> ContactReference:
        """A contact by the platform's id."""
        return ContactReference(source_key=SourceKey(source=self.sources[contact], id=contact))

    def shown(self, customer: str, method: str = "ONE_TIME_PASSWORD") -> Identifier:
        """What tells a customer, proved."""
        proof = Proof(method=ProofMethod.Value(f"PROOF_METHOD_{method}"))
        return Identifier(namespace="email", value=mailbox(customer), role=Role.ROLE_SUBJECT, proof=proof)

    async def conversation(self, contact: str) -> Any:
        """The conversation in which a contact is now: to agents who listen it is that of the call."""
        request = GetContextRequest(contact=self.ref(contact), audience=Audience.AUDIENCE_AUTOMATED)
        return (await self.call(request)).context.conversation

    async def conversations(self) -> tuple[frozenset[frozenset[str]], frozenset[str]]:
        """The contacts, as they stand together, and those of closed conversations."""
        found: dict[str, set[str]] = {}
        closed: set[str] = set()
        for contact in self.names:
            conversation = await self.conversation(contact)
            found.setdefault(conversation.name, set()).add(contact)
            if conversation.state == Conversation.STATE_CLOSED:
                closed.add(contact)
        return frozenset(map(frozenset, found.values())), frozenset(closed)

    async def customer_of(self, contact: str) -> str | None:
        """The profile of the customer of a contact; None where nobody is known."""
        answer = await self.call(GetContextRequest(contact=self.ref(contact), audience=Audience.AUDIENCE_AUTOMATED))
        return answer.profile if answer.profile in await self.current() else None

    async def current(self) -> dict[str, str]:
        """The profiles of the customers as they are now, each with a customer."""
        found: dict[str, str] = {}
        for customer in self.profiles:
            looked = await self.call(
                LookupProfileRequest(identifiers=[self.shown(customer)], audience=Audience.AUDIENCE_AGENT)
            )
            found.update({candidate.profile: customer for candidate in looked.candidates})
        return found

    def uuids(self) -> dict[str, str]:
        """The ids of the contacts."""
        return {contact: name.rpartition("/")[2] for contact, name in self.names.items()}

    async def served(self) -> list[rules.Fact]:
        """Who the customers are as the service has it: a transfer inherits who was known before it (D6)."""
        current = await self.current()
        known = {contact: await self.customer_of(contact) for contact in self.names}
        return [
            rules.Identified(f"served {contact}", contact, LAST, None if profile is None else current[profile])
            for contact, profile in known.items()
        ]

    def key(self, contact: str) -> str:
        """What the model calls a contact."""
        return contact
