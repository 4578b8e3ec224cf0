"""A contact that starts: what is asked, and what is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from profile_service.engine.contact.interaction import InteractionContent
from profile_service.engine.contact.target import AttendantNamed, ContactTarget
from profile_service.engine.identifiers import Given, Item
from profile_service.identity.contact.model import Direction, Initiation
from profile_service.identity.contact.threads import Threading
from profile_service.identity.graph.model import Outcome
from profile_service.store.keyring import Keyring


@dataclass(frozen=True, slots=True, kw_only=True)
class StartContact:
    """The request, without protobuf."""

    source: str
    source_contact_id: str
    channel: str
    occur_time_us: int
    given: Sequence[Given] = ()
    previous: Sequence[ContactTarget] = ()
    references: Sequence[tuple[str, str]] = ()
    direction: Direction = Direction.UNSPECIFIED
    initiation: Initiation = Initiation.UNSPECIFIED
    business_endpoint: str = ""
    brand: str = ""
    attendants: tuple[AttendantNamed, ...] = ()
    threading: Threading = Threading.AUTO
    continue_conversation: str | None = None
    first_interaction: InteractionContent | None = None
    default_region: str = ""
    carry_over_code: str | None = None

    def digest(self, keyring: Keyring, tenant: str) -> bytes:
        """The keyed hash of the fields in a fixed order, version 2; it does not depend on a serialisation."""
        fields = [
            2,
            self.channel,
            self.occur_time_us,
            [[*given.fields(), given.proof_time_us] for given in self.given],
            [[contact.contact_id, contact.source, contact.source_contact_id] for contact in self.previous],
            [list(pair) for pair in self.references],
            [self.direction, self.initiation, self.business_endpoint, self.brand, int(self.threading)],
            self.attendants,
            self.continue_conversation,
            self.default_region,
            self.first_interaction,
        ]
        if self.carry_over_code is not None:
            fields.append(self.carry_over_code)
        return keyring.digest_fields(tenant, "start", fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The answer, without the context; `is_pending`: contacts around it wait to be threaded again; `carried`: its
    carry-over code held."""

    contact: str
    conversation: str
    outcome: Outcome
    results: Sequence[tuple[int, int, str]]
    open_conversations: Sequence[str]
    revision: int
    replayed: bool
    is_pending: bool = False
    carried: bool = False
    items: Sequence[Item] = field(default_factory=tuple[Item, ...])
