"""How the journeys are told: a customer's contacts as short calls, each shown as the next agent sees it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from profile_client import ProfileClient, UnknownCustomer
from profile_client.screen import context_panel
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from profile_service.v1 import (
    Attendant,
    Audience,
    ContactReference,
    EndContactRequest,
    Fact,
    GetContextRequest,
    HandoffContext,
    Identifier,
    Interaction,
    Promise,
    Proof,
    ProofMethod,
    RecordInteractionRequest,
    ResolveProfileRequest,
    Role,
    SourceKey,
    SourceRecord,
    StartContactRequest,
    StartContactResponse,
)

SOURCE = "journeys"
DEADLINE_S = 5.0
BESIDE_WIDTH = 110
"""From so many columns on, two panels stand side by side."""


def identifier(namespace: str, value: str, method: str = "STATED") -> Identifier:
    """The customer's own identifier, with how it was proved."""
    return Identifier(
        namespace=namespace,
        value=value,
        role=Role.ROLE_SUBJECT,
        proof=Proof(method=ProofMethod.Value(f"PROOF_METHOD_{method}")),
    )


@dataclass(slots=True)
class Story:
    """One journey: a clock that moves with it, and what was asked of the next agent. It began half an hour ago: a proof
    lasts for minutes."""

    client: ProfileClient
    console: Console
    title: str
    now: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(minutes=30))
    failures: list[str] = field(default_factory=list[str])
    _run: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    _count: int = 0

    def time(self, minutes: float = 0.2) -> Timestamp:
        """A moment later."""
        self.now += timedelta(minutes=minutes)
        stamp = Timestamp()
        stamp.FromDatetime(self.now)
        return stamp

    def key(self, name: str) -> SourceKey:
        """A key of this run."""
        return SourceKey(source=SOURCE, id=f"{self._run}/{self.title}/{name}")

    def record(self, name: str, identifiers: list[Identifier], attributes: Mapping[str, str]) -> str:
        """The CRM tells of a customer."""
        request = ResolveProfileRequest(
            occur_time=self.time(),
            identifiers=identifiers,
            source_record=SourceRecord(
                source_key=SourceKey(source="crm", id=f"{self._run}-{name}"), attributes=attributes
            ),
        )
        return self.client.call(request, deadline_s=DEADLINE_S).profile

    def start(
        self,
        name: str,
        channel: str,
        identifiers: list[Identifier],
        *,
        agent: str = "",
        previous: str = "",
        later: float = 2,
        **more: Any,
    ) -> StartContactResponse:
        """A contact begins, and the next agent sees its context."""
        request = StartContactRequest(
            source_key=self.key(name),
            channel=channel,
            occur_time=self.time(later),
            identifiers=identifiers,
            attendants=[Attendant(kind=Attendant.KIND_AGENT, id=agent.lower(), display_name=agent)] if agent else [],
            previous_contacts=[ContactReference(name=previous)] if previous else [],
            audience=Audience.AUDIENCE_AGENT,
            **more,
        )
        answer = self.client.call(request, deadline_s=DEADLINE_S)
        if isinstance(answer, UnknownCustomer):
            raise TypeError("no answer in time")
        self.show(answer, f"{self.title}: {channel}" + (f", {agent} answers" if agent else ""))
        return answer

    def show(self, answer: StartContactResponse, title: str) -> None:
        """Print what the next agent sees."""
        self.console.print(context_panel(answer.context, title))

    def beside(self, answer: StartContactResponse, left: str, right: str) -> HandoffContext:
        """Print what an agent and a bot get of one contact side by side; answers the bot's."""
        request = GetContextRequest(contact=ContactReference(name=answer.contact), audience=Audience.AUDIENCE_AUTOMATED)
        read_out = self.client.call(request, deadline_s=DEADLINE_S).context
        panels = [context_panel(answer.context, left), context_panel(read_out, right)]
        if self.console.width < BESIDE_WIDTH:
            self.console.print(*panels)
            return read_out
        table = Table.grid(expand=True)
        table.add_column(ratio=1)
        table.add_column(ratio=1)
        table.add_row(*panels)
        self.console.print(table)
        return read_out

    def say(
        self,
        contact: str,
        speaker: str,
        text: str,
        *,
        intent: str = "",
        facts: Mapping[str, str] | None = None,
        promise: str = "",
    ) -> None:
        """Somebody says something."""
        self._count += 1
        interaction = Interaction(
            source_key=self.key(f"say-{self._count}"),
            kind=Interaction.KIND_MESSAGE,
            speaker=Interaction.Speaker.Value(f"SPEAKER_{speaker.upper()}"),
            occur_time=self.time(),
            text=text,
            intent=intent,
            facts=[Fact(key=key, value=value) for key, value in (facts or {}).items()],
            promises=[Promise(key=f"promise-{self._count}", what=promise)] if promise else [],
        )
        request = RecordInteractionRequest(contact=ContactReference(name=contact), interaction=interaction)
        self.client.call(request, deadline_s=DEADLINE_S)

    def end(self, contact: str, summary: str) -> None:
        """A contact ends."""
        request = EndContactRequest(contact=ContactReference(name=contact), occur_time=self.time(), summary=summary)
        self.client.call(request, deadline_s=DEADLINE_S)

    def sends(self, calls: str) -> None:
        """What the platform has to send for it."""
        self.console.print(Padding(f"the platform sends: {calls}", (0, 2)), style="dim")

    def expect(self, claim: str, *, holds: bool) -> None:
        """What this journey promises; a broken promise makes the run fail."""
        self.console.print(f"  {'✓' if holds else '✗'} {claim}", style="green" if holds else "bold red")
        if not holds:
            self.failures.append(f"{self.title}: {claim}")
