"""Who may ask (I22): every method by role, of contacts and customers of own and of foreign sources, live and ended."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from profile_client import ProfileClient, ProfileError, Target

from profile_service.engine.caller import Caller, CallerRole
from profile_service.identity.graph.model import Assurance
from profile_service.play.local import LocalService, local_service
from profile_service.rpc.boundary.credentials import add_credential, revoke_credentials
from profile_service.rpc.boundary.permissions import PERMISSIONS, may_call
from profile_service.v1 import (
    AddEvidenceRequest,
    Attendant,
    CheckAnswersRequest,
    CheckConsentRequest,
    CloseConversationRequest,
    Consent,
    ContactReference,
    CorrectContactRequest,
    EndContactRequest,
    GetContextRequest,
    GetProfileRequest,
    Interaction,
    IssueCarryOverCodeRequest,
    ListContactsRequest,
    ListInteractionsRequest,
    ListProfileInteractionsRequest,
    Preferences,
    Profile,
    RecordConsentRequest,
    RecordInteractionRequest,
    SourceKey,
    UpdateContactRequest,
    UpdateProfileRequest,
)
from tests.integration.desk import AGENT, Desk, claimed, ref, stamp, verified

RELOADED_S = 1.5
"""A running service takes credentials up within a second."""


@dataclass(frozen=True)
class Place:
    """A contact with its conversation and its customer."""

    contact: str
    conversation: str
    profile: str


@dataclass
class House:
    """A service, the contact centre of all sources, and callers that cover the source `own` alone."""

    service: LocalService
    desk: Desk
    places: dict[tuple[str, str], Place] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)

    def client(self, role: CallerRole, **more: Any) -> ProfileClient:
        """A fresh credential of a role."""
        caller = Caller(
            tenant="demo",
            name=f"{role.value}-{uuid.uuid4().hex[:8]}",
            role=role,
            sources=frozenset({"own"}),
            cap=Assurance.VERIFIED,
            **more,
        )
        token = add_credential(self.service.home / "credentials.toml", caller)
        client = ProfileClient(Target(address=self.service.address, token=token))
        self.names[id(client)] = caller.name
        return client

    def place(self, source: str, state: str) -> Place:
        """A contact of a source that is live, or ended two hours ago."""
        ago = 3 * 3600 if state == "ended" else 60
        request = self.desk.start_request(
            uuid.uuid4().hex,
            "voice",
            verified("email", f"{uuid.uuid4().hex}@example.org"),
            occur_time=stamp(time.time() - ago),
            attendants=[Attendant(kind=Attendant.KIND_AGENT, id="agent-7")],
        )
        request.source_key.source = source
        started = self.desk.call(request)
        if state == "ended":
            self.desk.call(EndContactRequest(contact=ref(started.contact), occur_time=stamp(time.time() - 2 * 3600)))
        return Place(started.contact, started.conversation, started.profile)


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """A service with contacts of `own` and of `other`, live and ended."""
    with local_service() as service:
        made = House(service, Desk(service.target(), "demo"))
        for source in ("own", "other"):
            for state in ("live", "ended"):
                made.places[source, state] = made.place(source, state)
        yield made


@pytest.fixture(scope="module")
def clients(house: House) -> Mapping[CallerRole, ProfileClient]:
    """A caller of each role, once the service knows them."""
    made = {role: house.client(role) for role in CallerRole}
    time.sleep(RELOADED_S)
    return made


Make = Callable[[Place], Any]


def now() -> Any:
    """The time of the call."""
    return stamp(time.time())


def said(source: str) -> Interaction:
    """Something is said."""
    key = SourceKey(source=source, id=uuid.uuid4().hex)
    return Interaction(source_key=key, kind=Interaction.KIND_MESSAGE, text="hello", occur_time=now())


OF_CONTACTS: Mapping[str, Make] = {
    "IssueCarryOverCode": lambda place: IssueCarryOverCodeRequest(contact=ref(place.contact)),
    "AddEvidence": lambda place: AddEvidenceRequest(
        contact=ref(place.contact), identifiers=[claimed("phone", "+436601234567")], occur_time=now(), audience=AGENT
    ),
    "CheckAnswers": lambda place: CheckAnswersRequest(
        contact=ref(place.contact), answers={"postcode": "1"}, occur_time=now()
    ),
    "RecordInteraction": lambda place: RecordInteractionRequest(contact=ref(place.contact), interaction=said("own")),
    "GetContext": lambda place: GetContextRequest(contact=ref(place.contact), audience=AGENT),
    "UpdateContact": lambda place: UpdateContactRequest(
        contact=ref(place.contact), source_revision=time.time_ns(), summary="wrapped up", occur_time=now()
    ),
    "CorrectContact": lambda place: CorrectContactRequest(
        contact=ref(place.contact), reason="somebody else", occur_time=now(), audience=AGENT
    ),
    "CloseConversation": lambda place: CloseConversationRequest(name=place.conversation, occur_time=now()),
    "ListInteractions": lambda place: ListInteractionsRequest(parent=place.conversation, contact=ref(place.contact)),
}
OF_LIVE = frozenset({"CorrectContact", "IssueCarryOverCode"})
OF_CUSTOMERS: Mapping[str, Callable[[Place, ContactReference | None, str], Any]] = {
    "GetProfile": lambda place, contact, purpose: GetProfileRequest(
        name=place.profile, contact=contact, purpose=purpose
    ),
    "ListProfileInteractions": lambda place, contact, purpose: ListProfileInteractionsRequest(
        parent=place.profile, contact=contact, purpose=purpose
    ),
    "CheckConsent": lambda place, contact, purpose: CheckConsentRequest(
        profile=place.profile, purpose="marketing", channel="email", contact=contact, read_purpose=purpose
    ),
    "UpdateProfile": lambda place, contact, purpose: UpdateProfileRequest(
        profile=Profile(name=place.profile, preferences=Preferences(language="de")),
        update_mask=FieldMask(paths=["preferences.language"]),
        occur_time=now(),
        contact=contact,
        purpose=purpose,
    ),
}


def outcome(client: ProfileClient, request: Any) -> str:
    """`ok`, or the reason of the error."""
    try:
        client.call(request, deadline_s=30)
    except ProfileError as error:
        return error.reason
    return "ok"


def expected_of_contact(role: CallerRole, method: str, source: str, state: str) -> set[str]:
    """What I22 says of a method on a contact."""
    full = f"/profile_service.v1.ContactService/{method}"
    if not may_call(role, full):
        return {"METHOD_DENIED"}
    if method == "ListInteractions" and role in (CallerRole.STEWARD, CallerRole.ADMIN):
        return {"PURPOSE_NEEDED"}
    hidden = {"CONTACT_NOT_FOUND", "CONVERSATION_NOT_FOUND"}
    if source == "other":
        return hidden
    is_over = state == "ended" and role is CallerRole.AGENT and method != "CloseConversation"
    if is_over:
        return hidden
    return {"ok", "CONTACT_ENDED"} if method in OF_LIVE and state == "ended" else {"ok"}


@pytest.mark.parametrize("role", list(CallerRole))
@pytest.mark.parametrize("method", sorted(OF_CONTACTS))
@pytest.mark.parametrize("source", ["own", "other"])
@pytest.mark.parametrize("state", ["live", "ended"])
def test_i22_contacts_by_role_source_and_state(
    house: House, clients: Mapping[CallerRole, ProfileClient], role: CallerRole, method: str, source: str, state: str
) -> None:
    """What may not be seen is not found."""
    place = house.place(source, state) if method == "CorrectContact" else house.places[source, state]
    reason = outcome(clients[role], OF_CONTACTS[method](place))
    assert reason in expected_of_contact(role, method, source, state)


@pytest.mark.parametrize("role", list(CallerRole))
def test_i22_live_contacts_are_listed_of_own_sources(
    house: House, clients: Mapping[CallerRole, ProfileClient], role: CallerRole
) -> None:
    """To those who have them."""
    allowed = may_call(role, "/profile_service.v1.ContactService/ListContacts")
    for source, reason in (("own", "ok"), ("other", "SOURCE_DENIED")):
        assert outcome(clients[role], ListContactsRequest(source=source)) == (reason if allowed else "METHOD_DENIED")


@pytest.mark.parametrize("method", sorted(OF_CUSTOMERS))
@pytest.mark.parametrize("source", ["own", "other"])
@pytest.mark.parametrize("state", ["live", "ended"])
def test_i22_an_agent_reads_through_a_contact_or_for_a_purpose(
    house: House, clients: Mapping[CallerRole, ProfileClient], method: str, source: str, state: str
) -> None:
    """The contact is one of the own sources, and live or ended lately; a purpose opens any customer."""
    agent, place, make = clients[CallerRole.AGENT], house.places[source, state], OF_CUSTOMERS[method]
    through = outcome(agent, make(place, ref(place.contact), ""))
    assert through == ("ok" if (source, state) == ("own", "live") else "CONTACT_NOT_FOUND")
    assert outcome(agent, make(place, None, "")) == "PURPOSE_NEEDED"
    assert outcome(agent, make(place, None, "case 4711")) == "ok"
    another = house.places["own", "live"]
    if place != another:
        assert outcome(agent, make(place, ref(another.contact), "")) == "PROFILE_NOT_FOUND"


@pytest.mark.parametrize("method", sorted(OF_CUSTOMERS))
def test_i22_customers_by_the_other_roles(
    house: House, clients: Mapping[CallerRole, ProfileClient], method: str
) -> None:
    """A service those of its sources, alike with what does not exist; stewards and admins for a purpose; bots none."""
    make = OF_CUSTOMERS[method]
    own, other = house.places["own", "ended"], house.places["other", "live"]
    nobody = Place("", "", "profiles/0197a5b0-0000-7000-8000-000000000001")
    service = clients[CallerRole.SERVICE]
    assert outcome(service, make(own, None, "")) == "ok"
    assert outcome(service, make(other, None, "")) == outcome(service, make(nobody, None, "")) == "PROFILE_NOT_FOUND"
    assert outcome(clients[CallerRole.AUTOMATED], make(own, None, "")) == "METHOD_DENIED"
    for role in (CallerRole.STEWARD, CallerRole.ADMIN):
        assert outcome(clients[role], make(own, None, "")) == "PURPOSE_NEEDED"
        assert outcome(clients[role], make(own, ref(own.contact), "")) == "PURPOSE_NEEDED"
        assert outcome(clients[role], make(other, None, "review 12")) == "ok"


def test_i22_a_credential_of_a_person_is_for_their_contacts(house: House) -> None:
    """Those that they attend."""
    mine, theirs = house.client(CallerRole.AGENT, person="agent-7"), house.client(CallerRole.AGENT, person="agent-8")
    time.sleep(RELOADED_S)
    place = house.places["own", "live"]
    for method in ("GetContext", "AddEvidence", "ListInteractions"):
        assert outcome(mine, OF_CONTACTS[method](place)) == "ok"
        assert outcome(theirs, OF_CONTACTS[method](place)) == "CONTACT_NOT_FOUND"
    live = ListContactsRequest(source="own")
    assert place.contact in {contact.name for contact in mine.call(live).contacts}
    assert not theirs.call(live).contacts


def test_a_break_glass_is_limited_within_an_hour(house: House) -> None:
    """And says when there is more."""
    agent, place = house.client(CallerRole.AGENT), house.places["other", "live"]
    time.sleep(RELOADED_S)
    request = OF_CUSTOMERS["GetProfile"](place, None, "audit 1")
    reasons = [outcome(agent, request) for _ in range(22)]
    assert reasons[:20] == ["ok"] * 20
    assert reasons[20:] == ["BUDGET_SPENT"] * 2


def test_consents_of_agents_are_said_in_a_contact_of_theirs(
    house: House, clients: Mapping[CallerRole, ProfileClient]
) -> None:
    """By name an automated caller says none."""
    place = house.places["own", "live"]
    stop = Consent(purpose="marketing", state=Consent.STATE_WITHDRAWN)
    request = RecordConsentRequest(profile=place.profile, consent=stop)
    assert outcome(clients[CallerRole.AGENT], request) == "PURPOSE_NEEDED"
    assert outcome(clients[CallerRole.AUTOMATED], request) == "PROFILE_NOT_FOUND"
    request.contact.name = place.contact
    assert outcome(clients[CallerRole.AGENT], request) == "ok"
    foreign = RecordConsentRequest(
        profile=place.profile, consent=stop, contact=ref(house.places["other", "live"].contact)
    )
    assert outcome(clients[CallerRole.AGENT], foreign) == "CONTACT_NOT_FOUND"


def test_a_stop_is_taken_back_by_whom_the_policy_names(
    house: House, clients: Mapping[CallerRole, ProfileClient]
) -> None:
    """A service of an unnamed source permits nothing again; an agent does in a contact that proved something."""
    place = house.places["own", "live"]
    stopped, granted = Consent.STATE_WITHDRAWN, Consent.STATE_GRANTED

    def after(role: CallerRole, state: Consent.State.ValueType, contact: str = "") -> int:
        request = RecordConsentRequest(
            profile=place.profile,
            consent=Consent(purpose="survey", state=state, occur_time=stamp(time.time())),
            contact=ref(contact) if contact else None,
        )
        assert outcome(clients[role], request) == "ok"
        profile = clients[CallerRole.STEWARD].call(OF_CUSTOMERS["GetProfile"](place, None, "audit 2"))
        return {consent.purpose: consent.state for consent in profile.consents}["survey"]

    assert after(CallerRole.SERVICE, stopped) == stopped
    assert after(CallerRole.SERVICE, granted) == stopped
    assert after(CallerRole.AGENT, granted, place.contact) == granted


def test_tokens_end_and_are_revoked_without_a_restart(house: House) -> None:
    """Within a second; the file names nobody's token."""
    over = house.client(CallerRole.SERVICE, expire_time_us=int(time.time() * 1_000_000) - 1)
    client = house.client(CallerRole.SERVICE)
    time.sleep(RELOADED_S)
    request = OF_CONTACTS["GetContext"](house.places["own", "live"])
    assert outcome(over, request) == "CREDENTIAL_INVALID"
    assert outcome(client, request) == "ok"
    path = house.service.home / "credentials.toml"
    assert revoke_credentials(path, "demo", house.names[id(client)]) == 1
    time.sleep(RELOADED_S)
    assert outcome(client, request) == "CREDENTIAL_INVALID"
    assert '"call_denied"' in house.service.log.read_text()


def test_the_matrix_names_methods_that_there_are() -> None:
    """So that a method that is renamed stays in it."""
    known = {method.rpartition("/")[2] for method in PERMISSIONS}
    assert OF_CONTACTS.keys() | OF_CUSTOMERS.keys() <= known
