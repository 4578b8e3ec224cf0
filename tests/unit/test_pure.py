"""Small pure functions: normalisation, cards, answers, golden record, consent, disclosure, threads, questions."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from profile_client.sanitise import sanitise

from profile_service.identity.contact.answers import answer_matches
from profile_service.identity.contact.disclosure import Standing, disclose
from profile_service.identity.contact.questions import AskKind, separating_question
from profile_service.identity.contact.threads import OpenConversation, Threading, choose_thread
from profile_service.identity.graph.breaker import MergeRate, is_out_of_band
from profile_service.identity.graph.model import Assurance, Disclosure, NodeId
from profile_service.identity.graph.simulation import rescored
from profile_service.identity.ids import uuid7
from profile_service.identity.policy import BreakerRules, PolicyError, parse_policy, shipped_policy
from profile_service.identity.profile.consent import ConsentFact, strictest
from profile_service.identity.profile.golden import RecordValues, survivorship
from profile_service.identity.text.normalise import (
    IdentifierInvalid,
    Keyed,
    is_blocked,
    normalise,
    normalise_email,
    normalise_phone,
)
from profile_service.identity.text.patterns import PatternInvalid, finds, require_pattern

POLICY = shipped_policy("default")


@pytest.mark.parametrize(
    ("namespace", "value", "region", "keyed"),
    [
        ("phone", "(977) 625-2661", "US", ("phone", "+19776252661")),
        ("phone", "+1 977 625 2661 x12", "", ("phone", "+19776252661;ext=12")),
        ("sms", "+552187654321", "", ("phone", "+5521987654321")),
        ("phone", "+5215512345678", "", ("phone", "+525512345678")),
        ("whatsapp", "4930901820", "", ("phone", "+4930901820")),
        ("whatsapp", "US.13491208655302741918", "", ("whatsapp", "US.13491208655302741918")),
        ("sip", "sip:+4930901820@pbx.example;user=phone", "", ("phone", "+4930901820")),
        ("sip", "<sip:Alice@Example.org>", "", ("sip", "alice@example.org")),
        ("email", " Ada@Example.ORG ", "", ("email", "ada@example.org")),
        ("email", "ada@exämple.org", "", ("email", "ada@xn--exmple-cua.org")),
        ("email", '"Lovelace, Ada" <Ada@Example.org>', "", ("email", "ada@example.org")),
        ("email", "Ada Lovelace, née Byron <ada@example.org> ", "", ("email", "ada@example.org")),
        ("email", "mailto:Ada@example.org", "", ("email", "ada@example.org")),
        ("x", "@Tomas_V", "", ("x", "tomas_v")),
        ("device", "ABC-def", "", ("device", "abc-def")),
    ],
)
def test_identifiers_are_normalised(namespace: str, value: str, region: str, keyed: tuple[str, str]) -> None:
    """Forms that mean the same meet in one key."""
    assert normalise(namespace, value, "", region) == Keyed(namespace=keyed[0], value=keyed[1])


@pytest.mark.parametrize(
    ("namespace", "value"),
    [
        ("phone", "12"),
        ("phone", "977 625 2661"),
        ("email", "not an address"),
        ("email", "Ada <not an address>"),
        ("email", "ad***@example.org"),
        ("phone", "+43 664 ***1234"),
        ("phone", "+43 664 12xxxxx"),
        ("account", "****1234"),
        ("email", "<ada@example.org> <byron@example.org>"),
        ("telegram", "@name"),
        ("account", "a b"),
        ("sip", "x"),
    ],
)
def test_what_is_not_of_its_namespace_is_refused_without_its_value(namespace: str, value: str) -> None:
    """The message may be logged, so it holds nothing of the value."""
    with pytest.raises(IdentifierInvalid) as caught:
        normalise(namespace, value, "", "")
    assert value not in str(caught.value)


@given(st.characters(min_codepoint=128, exclude_categories=["Cs"]))
def test_no_other_character_becomes_an_ascii_address(char: str) -> None:
    """A confusable letter never keys somebody else's mailbox (the Kelvin sign folds to k with str.lower)."""
    try:
        keyed = normalise_email(f"{char}im@example.org")
    except IdentifierInvalid:
        return
    assert keyed[0] not in "abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.mark.parametrize(
    ("namespace", "value"),
    [
        ("email", "test@test.com"),
        ("email", "noreply@shop.example"),
        ("phone", "+15555555555"),
        ("device", "00000000-0000-0000-0000-000000000000"),
        ("account", "null"),
    ],
)
def test_placeholders_are_blocked(namespace: str, value: str) -> None:
    """Values that many systems write where they know nothing."""
    assert is_blocked(Keyed(namespace=namespace, value=value), POLICY, frozenset(), ())
    assert not is_blocked(Keyed(namespace=namespace, value="something-else@shop.example"), POLICY, frozenset(), ())


def test_tenants_block_values_and_patterns_of_their_own() -> None:
    """Exact values, and patterns."""
    mine = Keyed(namespace="phone", value="+4930901820")
    assert is_blocked(mine, POLICY, frozenset({"+4930901820"}), ())
    assert is_blocked(mine, POLICY, frozenset(), (r"^\+4930",))


@pytest.mark.parametrize(
    ("value", "keyed"),
    [
        ("(030) 90 18 20", "+4930901820"),
        ("030/901820 ext. 12", "+4930901820;ext=12"),
        ("tel:+49-30-901820;ext=12", "+4930901820;ext=12"),
        ("+49 (0)30 901820", "+4930901820"),
        ("＋４９３０９０１８２０", "+4930901820"),
        ("\u202a+49\u00a030\u2011901820\u202c", "+4930901820"),
        ("tel:863-1234;phone-context=+1-914-555", None),
        ("0800 FLOWERS", None),
        ("1" + " " * 239 + "2", None),
        ("0" * 41, None),
    ],
)
def test_a_number_is_read_only_in_the_characters_of_numbers(value: str, keyed: str | None) -> None:
    """Other characters, parameters and lengths never reach the library, which takes seconds for some."""
    if keyed is not None:
        assert normalise_phone(value, "DE") == keyed
        return
    with pytest.raises(IdentifierInvalid):
        normalise_phone(value, "DE")


@pytest.mark.parametrize(
    "value", ["x@" + "ä." * 40 + "de", "x@" + "ä" * 81 + ".de", "x" * 65 + "@b.de", "x@" + "a." * 130 + "de"]
)
def test_an_address_that_is_longer_than_one_is_refused_before_the_library(value: str) -> None:
    """It takes milliseconds for names of many labels in other scripts."""
    with pytest.raises(IdentifierInvalid, match="longer than"):
        normalise_email(value)


def test_a_document_with_a_long_line_is_refused_with_its_place() -> None:
    """A dotted key of many parts takes the square of its length in memory."""
    with pytest.raises(PolicyError, match="line 2 is longer than 500"):
        parse_policy("name = 'x'\na" + ".a" * 3_000 + " = 1")


def test_patterns_run_in_linear_time_or_not_at_all() -> None:
    """What re would take for ever for is over at once; what RE2 does not take is told."""
    assert not finds(r"^(a+)+$", "a" * 40 + "b")
    with pytest.raises(PatternInvalid):
        require_pattern(r"(a)\1")


def test_answers_forgive_form_and_not_content() -> None:
    """Dates in several forms, case and accents; an empty answer never matches."""
    assert answer_matches("birth_date", "15.7.1990", ["1990-07-15"])
    assert not answer_matches("birth_date", "14.7.1990", ["1990-07-15"])
    assert answer_matches("name", "renée  o'neil", ["Renee ONeil"])
    assert not answer_matches("postcode", "", ["", "75011"])


def test_survivorship_takes_the_latest_and_pins_win() -> None:
    """With provenance per attribute."""
    records = [
        RecordValues(source="a", occur_time=1, attributes={"name": "Old", "city": "Rome"}),
        RecordValues(source="b", occur_time=2, attributes={"name": "New", "city": ""}),
    ]
    held = {one.attribute: (one.value, one.source) for one in survivorship(records, {})}
    assert held == {"name": ("New", "b"), "city": ("Rome", "a")}
    assert {one.attribute: one.value for one in survivorship(records, {"name": "Pin"})}["name"] == "Pin"


@given(st.permutations([("n1", True, 1), ("n1", False, 2), ("n2", True, 3), ("n3", True, 1)]))
def test_consent_is_the_strictest_whatever_the_order(rows: list[tuple[str, bool, int]]) -> None:
    """The last word of each node, and of those the strictest; apart, each has its own again."""
    facts = [
        ConsentFact(node=node, purpose="p", channel="", brand="", granted=granted, occur_time=time)
        for node, granted, time in rows
    ]
    assert [one.granted for one in strictest(facts)] == [False]
    assert [one.granted for one in strictest(fact for fact in facts if fact.node != "n1")] == [True]


def standing(**more: object) -> Standing:
    """A contact that stands under somebody, observed."""
    base: dict[str, object] = {
        "anchored": True,
        "anchor_assurance": Assurance.OBSERVED,
        "checks_matched": 0,
        "candidates": 0,
        "shared": False,
        "ambiguous": False,
        "corrected": False,
    }
    return Standing(**{**base, **more})  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("held", "level"),
    [
        (standing(), Disclosure.VERIFY_FIRST),
        (standing(anchor_assurance=Assurance.VERIFIED), Disclosure.SAFE),
        (standing(checks_matched=2), Disclosure.SAFE),
        (standing(checks_matched=1), Disclosure.VERIFY_FIRST),
        (standing(anchored=False), Disclosure.WITHHOLD),
        (standing(anchored=False, candidates=1), Disclosure.VERIFY_FIRST),
        (standing(anchored=False, candidates=2), Disclosure.WITHHOLD),
        (standing(ambiguous=True, checks_matched=9), Disclosure.WITHHOLD),
        (standing(corrected=True, anchor_assurance=Assurance.CLAIMED), Disclosure.VERIFY_FIRST),
    ],
)
def test_disclosure(held: Standing, level: Disclosure) -> None:
    """Nothing is said before it is proved."""
    assert disclose(held, POLICY)[0] is level


def test_the_question_that_separates_most_is_asked() -> None:
    """The policy's order decides among equals; an attribute that all share separates nobody."""
    known = [
        {"birth_date": frozenset({"1"}), "postcode": frozenset({"x"})},
        {"birth_date": frozenset({"2"}), "postcode": frozenset({"x"})},
    ]
    ask = separating_question(known, POLICY)
    assert ask is not None and (ask.kind, ask.key, ask.separates) == (AskKind.ANSWER, "birth_date", 2)
    assert separating_question([known[0], known[0]], POLICY) is None


def test_threads() -> None:
    """AUTO takes the latest fresh conversation of the brand; a named one wins; NEW takes none."""
    held = [
        OpenConversation(id="new", brand="b", last_time_us=9, channel="app"),
        OpenConversation(id="old", brand="a", last_time_us=5, channel="app"),
    ]
    choose = {"open_conversations": held, "brand": "a", "channel": "voice", "since_us": 0}
    auto = choose_thread(Threading.AUTO, named=None, **choose)
    assert (auto.conversation, auto.offered, auto.channel_change) == ("old", ("new",), True)
    assert choose_thread(Threading.AUTO, named=held[0], **choose).conversation == "new"
    assert choose_thread(Threading.NEW, named=None, **choose).conversation is None
    assert choose_thread(Threading.AUTO, named=None, **{**choose, "since_us": 6}).conversation is None


def test_ids_sort_by_age() -> None:
    """Microsecond by microsecond, whatever the random bits."""
    ids = [uuid7(1_700_000_000_000_000 + step, (1 << 62) - 1 - step) for step in range(0, 5000, 7)]
    assert ids == sorted(ids)


@given(st.text())
def test_nothing_steers_a_terminal(text: str) -> None:
    """Every control, bidi and invisible character is written out."""
    assert all(char == "\n" or unicodedata.category(char)[0] not in "C" for char in sanitise(text))


def test_policies_say_what_is_wrong() -> None:
    """A join at CLAIMED is refused: claims count nowhere."""
    with pytest.raises(PolicyError, match=r"namespaces\.email\.join"):
        parse_policy('name = "x"\nversion = 1\n[namespaces.email]\nstrength = 1\njoin = "CLAIMED"')
    with pytest.raises(PolicyError, match="no policy named"):
        shipped_policy("other")


def test_merges_leave_the_band_by_share_and_by_number() -> None:
    """Few never do; until the usual share is known half of the changes may merge, then four times what is usual."""
    rules = BreakerRules(least=200, share=0.5, factor=4.0, usual_least=1000)
    unknown = MergeRate(changes=999, merges=0)
    quiet, busy = MergeRate(changes=50_000, merges=500), MergeRate(changes=50_000, merges=10_000)
    cases = (
        (MergeRate(changes=200, merges=200), unknown, False),
        (MergeRate(changes=400, merges=201), unknown, True),
        (MergeRate(changes=500, merges=201), unknown, False),
        (MergeRate(changes=5_000, merges=201), quiet, True),
        (MergeRate(changes=6_000, merges=240), quiet, False),
        (MergeRate(changes=1_000, merges=700), busy, False),
        (MergeRate(changes=1_000, merges=801), busy, True),
    )
    for hour, usual, trips in cases:
        assert is_out_of_band(hour, usual, rules) is trips, (hour, usual)
    assert not is_out_of_band(MergeRate(changes=9, merges=9_999), unknown, BreakerRules(least=0))


def test_a_simulated_threshold_does_not_merge_what_something_forbids() -> None:
    """A review that reached the threshold in force is one of two that may not merge: no threshold changes that."""
    current = shipped_policy("default")
    draft = replace(current, matching=replace(current.matching, join=0.6))
    asked, forbidden = (NodeId("a"), NodeId("b")), (NodeId("c"), NodeId("d"))
    told = rescored((), {asked: 0.7, forbidden: 0.99}, "default@1", (current, draft), 0)
    assert [link.pair for link in told.links] == [asked]
