"""The policy: its namespaces, and what proofs are worth."""

from __future__ import annotations

from dataclasses import replace

import pytest

from profile_service.identity.graph.model import Assurance
from profile_service.identity.policy import CANDIDATES_MAX, DAY_US, HOUR_US
from tests.unit.identity.test_policy_document import parsed

C, OB, V = Assurance.CLAIMED, Assurance.OBSERVED, Assurance.VERIFIED
F = Assurance.ON_FILE


def test_times_are_microseconds() -> None:
    """An hour and a day of them."""
    assert (HOUR_US, DAY_US, CANDIDATES_MAX) == (3_600_000_000, 86_400_000_000, 200)


def test_namespaces_of_records_are_one() -> None:
    """Any source; an unknown namespace is none, and callers may not name records."""
    found = parsed()
    assert found.namespace("record/crm") is found.namespace("record") is found.namespaces["record"]
    assert (found.strength("record/shop"), found.strength("email"), found.strength("contact")) == (90, 70, 1)
    for name in ("fax", "records", "record-x"):
        with pytest.raises(KeyError, match=name):
            found.namespace(name)
    registered = {name: found.registered(name) for name in ("email", "contact", "record", "record/crm", "fax")}
    assert registered == {"email": True, "contact": True, "record": False, "record/crm": False, "fax": False}


def test_the_least_assurance_of_an_end_is_its_namespaces() -> None:
    """Of a record that of records."""
    found = parsed(email="join = 'VERIFIED'")
    assert (found.join_min("email"), found.join_min("record/crm")) == (V, OB)


@pytest.mark.parametrize(
    ("method", "namespace", "channel", "source", "cap", "worth"),
    [
        ("PROVED", "email", "voice", "", V, V),
        ("SEEN", "email", "voice", "", V, OB),
        ("OTHER", "email", "voice", "", V, C),
        ("PROVED", "email", "voice", "", OB, OB),
        ("PROVED", "email", "letter", "", V, OB),
        ("PROVED", "email", "pigeon", "", V, C),
        ("PROVED", "email", "voice", "shop", V, OB),
        ("PROVED", "email", "voice", "list", V, C),
        ("PROVED", "x", "voice", "", V, OB),
        ("PROVED", "record/crm", "voice", "", V, V),
        ("SYSTEM_OF_RECORD", "email", "voice", "crm", V, F),
        ("SYSTEM_OF_RECORD", "email", "voice", "crm", OB, OB),
        ("SYSTEM_OF_RECORD", "email", "voice", "form", V, OB),
        ("SYSTEM_OF_RECORD", "contact", "voice", "crm", V, OB),
        ("SYSTEM_OF_RECORD", "email", "voice", "list", V, C),
        ("SYSTEM_OF_RECORD", "record/form", "voice", "form", V, V),
        ("SYSTEM_OF_RECORD", "x", "voice", "crm", V, OB),
        ("PROVED", "email", "voice", "crm", V, V),
        ("SIGNED_WEBHOOK", "email", "voice", "", V, OB),
        ("SIGNED_WEBHOOK", "chat", "voice", "", V, V),
    ],
)
def test_a_proof_is_worth_its_method_under_every_cap(
    method: str, namespace: str, channel: str, source: str, cap: Assurance, worth: Assurance
) -> None:
    """The least of method, caller, source, channel and namespace; a source that is not listed caps nothing, a channel
    or a method that is not listed is worth a claim. What a record states is worth what its source vouches for."""
    tables = """
    [methods]
    PROVED = "VERIFIED"
    SEEN = "OBSERVED"
    SYSTEM_OF_RECORD = "VERIFIED"
    SIGNED_WEBHOOK = "VERIFIED"
    [channels]
    voice = "VERIFIED"
    letter = "OBSERVED"
    [sources.shop]
    cap = "OBSERVED"
    [sources.list]
    cap = "CLAIMED"
    [sources.crm]
    issues = ["x"]
    vouches = ["email"]
    [namespaces.chat]
    strength = 6
    signed = true
    [namespaces.x]
    strength = 5
    cap = "OBSERVED"
    """
    found = parsed(tables)
    assert found.worth(method, namespace=namespace, channel=channel, source=source, caller_cap=cap) is worth


@pytest.mark.parametrize(
    ("values", "flags"),
    [
        ({"tier": "GOLD"}, ["vip"]),
        ({"club": "yes", "tier": "silver"}, ["vip"]),
        ({"tier": "silver", "dunning": "3"}, ["debtor"]),
        ({"tier": "gold", "dunning": "3"}, ["vip", "debtor"]),
        ({}, []),
    ],
)
def test_flags_follow_from_attributes(values: dict[str, str], flags: list[str]) -> None:
    """One of them is enough, in either case."""
    meant = {"vip": {"tier": frozenset({"gold"}), "club": frozenset({"yes"})}, "debtor": {"dunning": frozenset({"3"})}}
    assert replace(parsed(), flags=meant).flags_of(values) == flags
