"""A credential acts on contacts of its own sources, by key and by name (I22); what it may not see is not found."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from profile_client import ProfileClient, ProfileError, Target

from profile_service.engine.caller import Caller, CallerRole
from profile_service.identity.graph.model import Assurance
from profile_service.play.local import local_service
from profile_service.rpc.boundary.credentials import add_credential
from profile_service.v1 import (
    AddEvidenceRequest,
    CheckAnswersRequest,
    CloseConversationRequest,
    ContactReference,
    CorrectContactRequest,
    EndContactRequest,
    GetContextRequest,
    Interaction,
    ListInteractionsRequest,
    RecordInteractionRequest,
    SourceKey,
)
from tests.integration.desk import Desk, ref, verified

NAMED = "conversations/{0}/contacts/{0}".format("0197a5b0-0000-7000-8000-000000000001")


@pytest.fixture(scope="module")
def desks() -> Iterator[tuple[Desk, ProfileClient]]:
    """A desk whose contacts are of the source `test`, and a client that covers another."""
    with tempfile.TemporaryDirectory(prefix="profile-sources-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        other = Caller(
            tenant="demo",
            name="other",
            role=CallerRole.SERVICE,
            sources=frozenset({"other"}),
            cap=Assurance.VERIFIED,
        )
        token = add_credential(home / "credentials.toml", other)
        with local_service(home=home) as service:
            yield Desk(service.target(), "demo"), ProfileClient(Target(address=service.address, token=token))


CALLS: dict[str, Callable[[Desk, ContactReference], Any]] = {
    "GetContext": lambda _, contact: GetContextRequest(contact=contact),
    "AddEvidence": lambda desk, contact: AddEvidenceRequest(
        contact=contact, identifiers=[verified("email", "b@example.org")], occur_time=desk.tick()
    ),
    "CheckAnswers": lambda desk, contact: CheckAnswersRequest(
        contact=contact, answers={"postcode": "1"}, occur_time=desk.tick()
    ),
    "EndContact": lambda desk, contact: EndContactRequest(contact=contact, occur_time=desk.tick()),
    "CorrectContact": lambda desk, contact: CorrectContactRequest(
        contact=contact, occur_time=desk.tick(), reason="another"
    ),
    "RecordInteraction": lambda desk, contact: RecordInteractionRequest(
        contact=contact,
        interaction=Interaction(
            source_key=SourceKey(source="other", id="1"),
            kind=Interaction.KIND_MESSAGE,
            text="hello",
            occur_time=desk.tick(),
        ),
    ),
    "GetContext of a conversation": lambda _, contact: GetContextRequest(conversation=contact.name[:50]),
    "ListInteractions": lambda _, contact: ListInteractionsRequest(parent=contact.name[:50]),
    "CloseConversation": lambda desk, contact: CloseConversationRequest(name=contact.name[:50], occur_time=desk.tick()),
}


def refused(client: ProfileClient, request: Any) -> tuple[str, str]:
    """The error of a call: its reason and its text."""
    with pytest.raises(ProfileError) as error:
        client.call(request, deadline_s=30)
    return error.value.reason, str(error.value)


@pytest.mark.parametrize("name", CALLS)
def test_i22_what_is_of_another_source_is_not_found(desks: tuple[Desk, ProfileClient], name: str) -> None:
    """By name, alike with what does not exist, also after its own caller has used it; for whom it is, it is there."""
    desk, other = desks
    contact = ref(desk.start("voice", verified("email", "anna@example.org")).contact)
    desk.record(contact.name, "mine")
    reason, text = refused(other, CALLS[name](desk, contact))
    assert reason in ("CONTACT_NOT_FOUND", "CONVERSATION_NOT_FOUND")
    assert (reason, text) == refused(other, CALLS[name](desk, ContactReference(name=NAMED)))
    desk.call(GetContextRequest(contact=contact))


def test_i22_a_foreign_contact_is_no_previous_contact(desks: tuple[Desk, ProfileClient]) -> None:
    """Nor may its conversation be continued: who guesses a name is told nothing by it."""
    desk, other = desks
    contact = desk.start("voice", verified("email", "carla@example.org"))
    desk.record(contact.contact, "the biopsy result")
    request = desk.start_request("p1", "voice", previous_contacts=[ref(contact.contact)])
    request.source_key.source = "other"
    started: Any = other.call(request, deadline_s=30)
    assert started.conversation != contact.conversation
    assert "biopsy" not in str(started)
    request = desk.start_request("p2", "voice", continue_conversation=contact.conversation)
    request.source_key.source = "other"
    request.threading = type(request).THREADING_CONTINUE
    assert refused(other, request)[0] == "CONVERSATION_NOT_FOUND"


def test_i22_a_foreign_contact_is_not_waited_for(desks: tuple[Desk, ProfileClient]) -> None:
    """Who names it before it comes does not come into its conversation."""
    desk, other = desks
    request = desk.start_request("early", "voice", previous_contacts=[ref("to-come")])
    request.source_key.source = "other"
    early: Any = other.call(request, deadline_s=30)
    assert desk.start("voice", key="to-come").conversation != early.conversation
    again: Any = other.call(GetContextRequest(contact=ContactReference(name=early.contact)), deadline_s=30)
    assert again.context.conversation.name == early.conversation
