"""An attacker without control of the victim's channels gets nothing (I15): scripted, and as a property."""

from __future__ import annotations

import uuid
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from profile_client import ProfileError

from profile_service.v1 import Disclosure, ExternalReference, GetContextRequest, LookupProfileRequest
from tests.integration.desk import AGENT, AUTOMATED, Desk, claimed, observed, one, ref, verified

CANARY = "the victim's secret"


def assert_blind(answer: Any) -> None:
    """Nothing of the victim, whoever reads it."""
    assert CANARY not in str(answer)
    assert "Victoria" not in str(answer)
    assert answer.disclosure != Disclosure.DISCLOSURE_SAFE


def victim(desk: Desk, mail: str, phone: str) -> Any:
    """A customer with something to lose."""
    made = desk.crm(
        uuid.uuid4().hex,
        verified("crm", uuid.uuid4().hex),
        verified("email", mail),
        verified("phone", phone),
        name="Victoria",
    )
    contact = desk.start("email", verified("email", mail))
    desk.record(contact.contact, CANARY)
    return made


def test_a_web_form_that_claims_the_victim_gets_nothing_before_and_after_she_verifies(desk: Desk) -> None:
    """The pre-hijack: the attacker's claim comes first, the victim proves the address later."""
    before = desk.start("web_form", one("email", "victoria@example.org", "ONE_TIME_PASSWORD"))
    made = victim(desk, "victoria@example.org", "+33644556701")
    after = desk.start("web_form", one("email", "victoria@example.org", "SIGNED_LOGIN"))
    for contact in (before, after):
        assert contact.profile != made.profile
        for audience in (AGENT, AUTOMATED):
            assert_blind(desk.context(contact.contact, audience).context)
    assert desk.timeline(made.profile) == [CANARY]


def test_a_stranger_in_cc_gets_nothing_and_makes_no_link(desk: Desk) -> None:
    """PARTICIPANT makes no links, however well it is proved."""
    made = victim(desk, "victoria2@example.org", "+33644556702")
    desk.start(
        "email", verified("email", "victoria2@example.org"), verified("email", "cc@example.org", role="PARTICIPANT")
    )
    stranger = desk.start("email", verified("email", "cc@example.org"))
    assert stranger.profile != made.profile
    assert CANARY not in str(stranger.context)


def test_a_spoofed_caller_id_gets_nothing(desk: Desk) -> None:
    """Without attestation A the number is a claim."""
    made = victim(desk, "victoria3@example.org", "+33644556703")
    call = desk.start("voice", one("phone", "+33644556703", "CALLER_ID"))
    assert call.profile != made.profile
    assert_blind(call.context)
    own = desk.evidence(call.contact, verified("account", "attacker"))
    assert own.profile != made.profile
    assert CANARY not in str(own.context)


def test_a_capped_caller_verifies_nothing(desk: Desk) -> None:
    """The letter channel caps proofs at CLAIMED, whatever the caller says."""
    made = victim(desk, "victoria4@example.org", "+33644556704")
    assert desk.start("letter", verified("email", "victoria4@example.org")).profile != made.profile


MOVES = st.lists(
    st.sampled_from(["form", "call", "mail", "app", "evidence", "reference", "lookup", "record", "context", "again"]),
    min_size=1,
    max_size=8,
)


@given(moves=MOVES, pick=st.randoms(use_true_random=False))
def test_i15_random_attacks_disclose_nothing_and_change_only_the_attackers_partition(
    moves: list[str], pick: Any, desk_of_module: Desk, module_sql: psycopg.Connection
) -> None:
    """Any sequence of calls whose proofs the attacker can produce: claims of the victim, proofs of the own."""
    desk, run = desk_of_module, uuid.uuid4().hex
    desk.step_s = 0.01  # so many calls of one desk would come from the future
    mail, phone = f"v{run}@example.org", f"+3312{pick.randrange(10**7):07d}"
    made = victim(desk, mail, phone)
    owned = "SELECT node_id, profile_id, shared FROM node WHERE tenant_id = %s AND profile_id = %s ORDER BY 1"
    owners = module_sql.execute(owned, (desk.tenant, made.profile.rpartition("/")[2])).fetchall()
    theirs = [claimed("email", mail), one("phone", phone, "CALLER_ID"), one("email", mail, "MAIL_SENDER")]
    own = [verified("account", f"a{run}"), observed("email", f"a{run}@example.org"), observed("device", f"d{run}")]
    contacts = [desk.start("web_form", pick.choice(theirs)).contact]
    for move in moves:
        given_now = pick.sample(theirs, 1) + pick.sample(own, pick.randrange(3))
        answer: Any = None
        if move in ("form", "call", "mail", "app"):
            channel = {"form": "web_form", "call": "voice", "mail": "email", "app": "app"}[move]
            answer = desk.start(channel, *given_now)
            contacts.append(answer.contact)
        elif move == "evidence":
            answer = desk.evidence(pick.choice(contacts), *given_now)
        elif move == "reference":
            answer = desk.start("email", *given_now, external_references=[ExternalReference(kind="ticket", value=run)])
        elif move == "lookup":
            answer = desk.call(LookupProfileRequest(identifiers=given_now, audience=AUTOMATED))
        elif move == "record":
            desk.record(pick.choice(contacts), "attacker's words")
        elif move == "again":
            desk.start("email", verified("email", mail))
        for contact in contacts:
            seen = desk.call(GetContextRequest(contact=ref(contact), audience=AGENT))
            assert CANARY not in str(seen) and "Victoria" not in str(seen)
            assert seen.profile != made.profile
        assert CANARY not in str(answer)
    assert module_sql.execute(owned, (desk.tenant, made.profile.rpartition("/")[2])).fetchall() == owners
    assert "attacker's words" not in desk.timeline(made.profile)


def test_an_unknown_contact_is_refused(desk: Desk) -> None:
    """Guessing names finds nothing."""
    with pytest.raises(ProfileError, match="CONTACT_NOT_FOUND"):
        desk.context("conversations/00000000-0000-7000-8000-000000000000/contacts/00000000-0000-7000-8000-000000000000")
