"""The policy's document: what it may say, and what it means where it says nothing."""

from __future__ import annotations

from typing import Any

import pytest

from profile_service.identity.graph.model import Assurance
from profile_service.identity.policies import shipped_policy
from profile_service.identity.policy import (
    DAY_US,
    HOUR_US,
    BreakerRules,
    FanOut,
    Lifecycle,
    MatchRules,
    Namespace,
    Policy,
    PolicyError,
    Source,
)
from profile_service.identity.policy_document import parse_policy

C, OB, V = Assurance.CLAIMED, Assurance.OBSERVED, Assurance.VERIFIED
LEAST = """
name = "x"
version = 1
{top}
[namespaces.record]
strength = 90
[namespaces.contact]
strength = 1
[namespaces.email]
strength = 70
{email}
{tables}
"""


def parsed(tables: str = "", top: str = "", email: str = "") -> Policy:
    """A policy that says little more than what is given."""
    return parse_policy(LEAST.format(tables=tables, top=top, email=email))


def refusal(tables: str = "", top: str = "", email: str = "") -> str:
    """Why a document is refused."""
    with pytest.raises(PolicyError) as caught:
        parsed(tables, top, email)
    return str(caught.value)


def test_a_policy_that_says_little_means_what_is_documented() -> None:
    """Every default; claims count nowhere, and a link joins where it was observed at both ends."""
    found = parsed()
    empty: dict[str, Any] = {}
    namespaces = {
        name: Namespace(
            name=name,
            strength=strength,
            limit=0,
            join=OB,
            anchor=OB,
            cap=V,
            scoped=False,
            lifecycle=Lifecycle.STABLE,
            shareable=False,
            opens=True,
            signed=False,
            fan_out=(),
            ttl_days=0,
            silence_us=0,
        )
        for name, strength in (("record", 90), ("contact", 1), ("email", 70))
    }
    assert found == Policy(
        name="x",
        version=1,
        namespaces=namespaces,
        channels=empty,
        sources=empty,
        methods=empty,
        matching=MatchRules(join=0.95, review=0.5, key_cap=50, candidates_max=16),
        breaker=BreakerRules(least=0, share=0.5, factor=4.0, usual_days=7, usual_least=1000),
        neighbourhood_cap=1000,
        profile_size_cap=1000,
        checks_for_safe=2,
        checks_per_day=5,
        points={},
        proof_valid_us={},
        transfer_within_us=HOUR_US // 6,
        desks=(),
        continue_within_us={"": 7 * DAY_US},
        idle_close_us=14 * DAY_US,
        ask_order=(),
        blocked=empty,
        blocked_patterns=empty,
    )
    assert found.label == "x@1"


def test_a_policy_says_all_of_it() -> None:
    """Days and hours become microseconds, names assurances, lists what cannot be changed."""
    email = """
    limit = 20
    join = "VERIFIED"
    anchor = "CLAIMED"
    cap = "OBSERVED"
    scoped = true
    lifecycle = "reassignable"
    shareable = true
    opens = false
    signed = true
    ttl_days = 3
    silence_days = 1.5
    fan_out = [{ of = ["record", "crm"], max = 4 }, { of = ["crm"], max = 5, within_hours = 0.5, quarantine = true }]
    """
    top = """
    neighbourhood_cap = 7
    continue_within_days = 2
    idle_close_days = 0.5
    ask_order = ["b", "a"]
    """
    tables = """
    [channels]
    web = "OBSERVED"
    [methods]
    SESSION = "VERIFIED"
    [matching]
    join = 0.9
    review = 0.9
    key_cap = 10_000
    candidates_max = 200
    [breaker]
    least = 1
    share = 1.0
    factor = 1.0
    usual_days = 366
    [blocked.email]
    values = ["a"]
    [blocked.phone]
    patterns = ["^0+$"]
    """
    found = parsed(tables, top, email)
    assert found.namespaces["email"] == Namespace(
        name="email",
        strength=70,
        limit=20,
        join=V,
        anchor=C,
        cap=OB,
        scoped=True,
        lifecycle=Lifecycle.REASSIGNABLE,
        shareable=True,
        opens=False,
        signed=True,
        fan_out=(
            FanOut(of=frozenset({"record", "crm"}), max=4, within_us=0, quarantine=False),
            FanOut(of=frozenset({"crm"}), max=5, within_us=HOUR_US // 2, quarantine=True),
        ),
        ttl_days=3,
        silence_us=DAY_US * 3 // 2,
    )
    assert (found.neighbourhood_cap, found.ask_order) == (7, ("b", "a"))
    assert (found.continue_within_us[""], found.idle_close_us) == (2 * DAY_US, DAY_US // 2)
    assert (found.channels, found.methods) == ({"web": OB}, {"SESSION": V})
    assert found.matching == MatchRules(join=0.9, review=0.9, key_cap=10_000, candidates_max=200)
    assert found.breaker == BreakerRules(least=1, share=1.0, factor=1.0, usual_days=366)
    assert found.blocked == {"email": {"a"}, "phone": frozenset()}
    assert found.blocked_patterns == {"email": (), "phone": ("^0+$",)}


def test_a_method_says_how_long_it_lasts_and_an_attribute_its_points() -> None:
    """Of the others an hour, and none."""
    found = parsed(top="proof_valid_minutes = { SESSION = 0.5 }\npoints = { postcode = 2 }")
    assert (found.proof_valid("SESSION"), found.proof_valid("OTHER")) == (30_000_000, HOUR_US)
    assert found.points == {"postcode": 2}


def test_a_source_says_what_it_issues_and_vouches_for() -> None:
    """Nothing, where it does not say; its cap is the highest then."""
    tables = """
    [sources.shop]
    cap = "CLAIMED"
    issues = ["email"]
    vouches = ["contact"]
    answers = true
    [sources.form]
    """
    shop = Source(cap=C, issues=frozenset({"email"}), vouches=frozenset({"contact"}), answers=True)
    assert parsed(tables).sources == {"shop": shop, "form": Source(cap=V)}


def test_one_time_of_two_may_be_given() -> None:
    """The other is as it is documented."""
    found = parsed(top="idle_close_days = 1")
    assert (found.continue_within_us[""], found.idle_close_us) == (7 * DAY_US, DAY_US)
    found = parsed(top="continue_within_days = 0")
    assert (found.continue_within_us[""], found.idle_close_us) == (0, 14 * DAY_US)


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("[matching]\njoin = 0.5\nreview = 0.51", "matching.review: has to be at most matching.join"),
        ("[matching]\njoin = 1.0", "matching.join: Expected `float` < 1.0"),
        ("[matching]\nreview = 0.0", "matching.review: Expected `float` > 0.0"),
        ("[matching]\nreview = 0", "matching.review: Expected `float` > 0.0"),
        ("[matching]\nkey_cap = 0", "matching.key_cap: Expected `int` >= 1"),
        ("[matching]\nkey_cap = 10_001", "matching.key_cap: Expected `int` <= 10000"),
        ("[matching]\ncandidates_max = 0", "matching.candidates_max: Expected `int` >= 1"),
        ("[matching]\ncandidates_max = 201", "matching.candidates_max: Expected `int` <= 200"),
        ("[breaker]\nleast = -1", "breaker.least: Expected `int` >= 0"),
        ("[breaker]\nshare = -0.1", "breaker.share: Expected `float` >= 0.0"),
        ("[breaker]\nshare = 1.1", "breaker.share: Expected `float` <= 1.0"),
        ("[breaker]\nfactor = 0.9", "breaker.factor: Expected `float` >= 1.0"),
        ("[breaker]\nusual_days = 0", "breaker.usual_days: Expected `int` >= 1"),
        ("[breaker]\nusual_days = 367", "breaker.usual_days: Expected `int` <= 366"),
        ("[channels]\nweb = 1", "channels.web: Expected `str`, got `int`"),
        ("[blocked]\nphone = 1", "blocked.phone: Expected `object`, got `int`"),
        ("[channels]\nweb = 'SURE'", "channels.web: 'SURE' is not one of CLAIMED, OBSERVED, ON_FILE, VERIFIED"),
        ("[sources.shop]\ncap = 'SURE'", "sources.shop.cap: 'SURE' is not one of CLAIMED, OBSERVED, ON_FILE, VERIFIED"),
        ("[sources.shop]\nissues = ['fax']", "sources.shop.issues: there is no namespace 'fax'"),
        ("[sources.shop]\nvouches = ['email', 'fax']", "sources.shop.vouches: there is no namespace 'fax'"),
        ("[methods]\nM = 'SURE'", "methods.M: 'SURE' is not one of CLAIMED, OBSERVED, ON_FILE, VERIFIED"),
        ("[matching]\nkey_cap = 1.5", "matching.key_cap: Expected `int`, got `float`"),
        ("[breaker]\nusual_least = -1", "breaker.usual_least: Expected `int` >= 0"),
    ],
)
def test_tables_that_are_refused(table: str, why: str) -> None:
    """With the place, and what would be right."""
    assert refusal(table) == why


@pytest.mark.parametrize(
    "table",
    [
        "[matching]\nkey_cap = 1\ncandidates_max = 1\nreview = 0.001\njoin = 0.999",
        "[matching]\nreview = 0.95",
        "[breaker]\nleast = 0\nshare = 0.0\nusual_days = 1\nfactor = 1\nusual_least = 0",
        "[breaker]\nshare = 1",
    ],
)
def test_tables_at_their_bounds(table: str) -> None:
    """They are taken; a whole number is a number."""
    assert parsed(table).name == "x"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("join = 'CLAIMED'", "namespaces.email.join: claims count nowhere, so it must be OBSERVED or more"),
        ("join = 'SURE'", "namespaces.email.join: 'SURE' is not one of CLAIMED, OBSERVED, ON_FILE, VERIFIED"),
        ("anchor = 'SURE'", "namespaces.email.anchor: 'SURE' is not one of CLAIMED, OBSERVED, ON_FILE, VERIFIED"),
        ("cap = 'SURE'", "namespaces.email.cap: 'SURE' is not one of CLAIMED, OBSERVED, ON_FILE, VERIFIED"),
        ("lifecycle = 'odd'", "namespaces.email.lifecycle: 'odd' is not one of stable, rotating, reassignable"),
        ("fan_out = [{ max = 1 }]", "namespaces.email.fan_out[0]: Object missing required field `of`"),
        ("limit = -1", "namespaces.email.limit: Expected `int` >= 0"),
        ("limit = 1.0", "namespaces.email.limit: Expected `int`, got `float`"),
        ("scoped = 1", "namespaces.email.scoped: Expected `bool`, got `int`"),
        ("ttl_days = 'x'", "namespaces.email.ttl_days: Expected `int`, got `str`"),
        ("silence_days = -1", "namespaces.email.silence_days: Expected `float` >= 0.0"),
        ("silence_days = nan", "namespaces.email.silence_days: Expected `float` >= 0.0"),
        ("silence_days = inf", "namespaces.email.silence_days: Expected `float` <= 100000.0"),
        ("fan_out = [{ of = ['x'], max = -1 }]", "namespaces.email.fan_out[0].max: Expected `int` >= 0"),
        (
            "fan_out = [{ of = ['x'], max = 1 }, { of = ['x'], max = 1, quarantine = 1 }]",
            "namespaces.email.fan_out[1].quarantine: Expected `bool`, got `int`",
        ),
        ("shape = 1", "namespaces.email: Object contains unknown field `shape`"),
    ],
)
def test_namespaces_that_are_refused(line: str, why: str) -> None:
    """With the place."""
    assert refusal(email=line) == why


@pytest.mark.parametrize(
    ("where", "text", "start"),
    [
        ("email", "shape = 1", "namespaces.email: "),
        ("email", "fan_out = [{ of = ['x'], max = 1, least = 2 }]", "namespaces.email.fan_out[0]: "),
        ("tables", "[matching]\nshape = 1", "matching: "),
        ("tables", "[breaker]\nshape = 1", "breaker: "),
    ],
)
def test_words_that_nobody_knows_are_refused(where: str, text: str, start: str) -> None:
    """The message names the table, and the word."""
    why = refusal(**{where: text})
    assert why.startswith(start)
    assert "least" in why or "shape" in why


@pytest.mark.parametrize(
    ("top", "why"),
    [
        ("proof_valid_minutes = { SESSION = -1 }", "proof_valid_minutes[...]: Expected `float` >= 0.0"),
        ("profile_size_cap = -1", "profile_size_cap: Expected `int` >= 0"),
        ("checks_for_safe = 1.0", "checks_for_safe: Expected `int`, got `float`"),
        ("idle_close_days = -1", "idle_close_days: Expected `float` >= 0.0"),
    ],
)
def test_other_words_that_are_refused(top: str, why: str) -> None:
    """With the place."""
    assert refusal(top=top) == why


def test_a_word_that_nobody_knows_is_refused() -> None:
    """At the top."""
    assert "shape" in refusal(top="shape = 1")


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("a =", "is no TOML: "),
        ("", "Object missing required field `name`"),
        ("name = 'x'\nversion = 1", "Object missing required field `namespaces`"),
        ("namespaces = 1", "namespaces: Expected `object`, got `int`"),
        ("name = 'x'\nversion = 1\nnamespaces = { record = 1 }", "namespaces.record: Expected `object`, got `int`"),
        ("channels = 1", "channels: Expected `object`, got `int`"),
        ("name = 'x'\na" + ".a" * 3_000 + " = 1", "line 2: is longer than 500 characters"),
        ("a = " + "[" * 400 + "\n" + "[" * 400, "is no TOML: "),
        ("continue_within_days = inf\n[namespaces]", "continue_within_days: Expected `float` <= 100000.0"),
    ],
)
def test_documents_that_are_none(text: str, start: str) -> None:
    """What TOML refuses, what is no policy, and what is made to cost memory."""
    with pytest.raises(PolicyError) as caught:
        parse_policy(text)
    assert str(caught.value).startswith(start)


@pytest.mark.parametrize(("kept", "missing"), [("record", "contact"), ("contact", "record"), ("email", "contact")])
def test_records_and_contacts_have_a_namespace(kept: str, missing: str) -> None:
    """The first that is missing is told."""
    with pytest.raises(PolicyError) as caught:
        parse_policy(f"name = 'x'\nversion = 1\n[namespaces.{kept}]\nstrength = 1")
    assert str(caught.value) == f"namespaces.{missing}: is missing"


def test_a_pattern_that_re2_does_not_take_is_refused() -> None:
    """And told, wherever it stands; one that it takes is no matter."""
    why = refusal("[blocked.email]\npatterns = ['^a$']\n[blocked.phone]\npatterns = ['a', '(a)\\1']")
    assert why.startswith("blocked.phone.patterns: ")
    assert "(a)" in why


@pytest.mark.parametrize("name", ["default", "bench"])
def test_policies_that_ship_can_be_read(name: str) -> None:
    """By their names; there is no other."""
    assert shipped_policy(name).namespaces["email"].strength == 70
    with pytest.raises(PolicyError) as caught:
        shipped_policy("other")
    assert str(caught.value) == "no policy named 'other' ships with this version: choose default or bench"


def test_how_long_a_conversation_goes_on_by_channel_and_brand() -> None:
    """The most particular that is named."""
    top = 'continue_within = { email = 14, "*/gold" = 10, "email/gold" = 30 }\nlive_hours = { email = 1 }'
    found = parsed(top=top, tables='[channels]\nemail = "VERIFIED"')
    expected = {("email", ""): 14, ("email", "red"): 14, ("email", "gold"): 30, ("sms", "gold"): 10, ("sms", "red"): 7}
    assert {place: found.continue_within(*place) // DAY_US for place in expected} == expected
    assert found.live_us == {"": DAY_US, "email": DAY_US // 24}
    for key in ("continue_within", "live_hours"):
        with pytest.raises(PolicyError, match=f"{key}: there is no channel 'fax'"):
            parsed(top=f"{key} = {{ fax = 1 }}")
