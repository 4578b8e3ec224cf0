"""Identifiers as given, and the value that is keyed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profile_service.identity.policies import shipped_policy
from profile_service.identity.text.addresses import normalise_email, parted_email
from profile_service.identity.text.normalise import Keyed, is_blocked, knows, normalise
from profile_service.identity.text.phones import normalise_phone
from profile_service.identity.text.refusal import IdentifierInvalid, fold_ascii

POLICY = shipped_policy("default")


@pytest.mark.parametrize(
    ("namespace", "value", "region", "keyed"),
    [
        ("phone", "(977) 625-2661", "US", ("phone", "+19776252661")),
        ("phone", "+1 977 625 2661 x12", "", ("phone", "+19776252661;ext=12")),
        ("sms", "+552187654321", "", ("phone", "+5521987654321")),
        ("rcs", "+4930901820", "", ("phone", "+4930901820")),
        ("whatsapp_phone", "+4930901820", "", ("phone", "+4930901820")),
        ("tel", "+4930901820", "", ("phone", "+4930901820")),
        ("phone", "+5215512345678", "", ("phone", "+525512345678")),
        ("whatsapp", "4930901820", "", ("phone", "+4930901820")),
        ("whatsapp", " +4930901820 ", "", ("phone", "+4930901820")),
        ("whatsapp", "US.13491208655302741918", "", ("whatsapp", "US.13491208655302741918")),
        ("sip", "sip:+4930901820@pbx.example;user=phone", "", ("phone", "+4930901820")),
        ("sip", "sip:(977)6252661@pbx.example;USER=phone", "US", ("phone", "+19776252661")),
        ("sip", "sip:030901820@pbx.example?a=b", "DE", ("sip", "030901820@pbx.example")),
        ("sip", "<sip:Alice@Example.org>", "", ("sip", "alice@example.org")),
        ("sip", " SIPS:Alice:secret@Example.org;transport=tls ", "", ("sip", "alice@example.org")),
        ("sip", "alice@example.org", "", ("sip", "alice@example.org")),
        ("email", " Ada@Example.ORG ", "", ("email", "ada@example.org")),
        ("email", "ada@exämple.org", "", ("email", "ada@xn--exmple-cua.org")),
        ("email", '"Lovelace, Ada" <Ada@Example.org>', "", ("email", "ada@example.org")),
        ("email", "Ada Lovelace, née Byron <ada@example.org> ", "", ("email", "ada@example.org")),
        ("email", "mailto:Ada@example.org", "", ("email", "ada@example.org")),
        ("x", "@Tomas_V", "", ("x", "tomas_v")),
        ("x", " https://www.X.com/Tomas_V/ ", "", ("x", "tomas_v")),
        ("telegram", " 4711 ", "", ("telegram", "4711")),
        ("device", "ABC-def", "", ("device", "abc-def")),
        ("cookie", " ABC-def ", "", ("cookie", "ABC-def")),
        ("account", " Ab-1 ", "", ("account", "Ab-1")),
        ("account", "a" * 512, "", ("account", "a" * 512)),
        ("account", "**1234", "", ("account", "**1234")),
    ],
)
def test_identifiers_are_normalised(namespace: str, value: str, region: str, keyed: tuple[str, str]) -> None:
    """Forms that mean the same meet in one key."""
    assert normalise(namespace, value, "", region) == Keyed(namespace=keyed[0], value=keyed[1], scope="")


def test_a_scope_belongs_to_a_platform_and_not_to_a_number() -> None:
    """A number is one everywhere."""
    assert normalise("instagram", "4711", " page ", "") == Keyed(namespace="instagram", value="4711", scope="page")
    assert normalise("phone", "+4930901820", "page", "").scope == ""
    assert normalise("whatsapp", "4930901820", "page", "").scope == ""
    assert normalise("whatsapp", "US.1", "page", "").scope == "page"


LONG, MASKED = "longer than an e-mail address", "part of the value is hidden"
NO_NUMBER = "not a phone number: at most 40 digits, blanks and + - . / ( ) # *, and an extension"
NO_HANDLE = "must be 1 to 15 letters, digits and underscores"
NO_ADDRESS, NO_TEXT = "not an e-mail address", "must be 1 to 512 characters that can be seen, without spaces"


@pytest.mark.parametrize(
    ("namespace", "value", "region", "why"),
    [
        ("phone", "12", "", "not a phone number; give a country code or a default_region"),
        ("phone", "977 625 2661", "", "not a phone number; give a country code or a default_region"),
        ("phone", "1", "DE", "not a phone number"),
        ("phone", "+1 977 625", "", "not a possible phone number in its region"),
        ("phone", "+43 664 ***1234", "", MASKED),
        ("phone", "+43 664 •1234", "", MASKED),
        ("phone", "+43 664 12XXX", "", MASKED),
        ("phone", "+43 664 12xxxxx", "", MASKED),
        ("phone", "0800 FLOWERS", "DE", NO_NUMBER),
        ("phone", "", "DE", NO_NUMBER),
        ("email", "not an address", "", NO_ADDRESS),
        ("email", "Ada <not an address>", "", NO_ADDRESS),
        ("email", "<ada@example.org> <byron@example.org>", "", NO_ADDRESS),
        ("email", "ad***@example.org", "", MASKED),
        ("email", "ad*@example.org", "", MASKED),
        ("email", "ad•@example.org", "", MASKED),
        ("email", "ad…@example.org", "", MASKED),
        ("account", "****1234", "", MASKED),
        ("account", "***1234", "", MASKED),
        ("account", "a b", "", NO_TEXT),
        ("account", "", "", NO_TEXT),
        ("account", "ba\u212aup", "", "a character that looks like another one"),
        ("account", "a" * 513, "", NO_TEXT),
        ("device", "a b", "", NO_TEXT),
        ("cookie", "", "", NO_TEXT),
        ("x", "http://x.com/in/tomas", "", NO_HANDLE),
        ("x", "anna.lang", "", NO_HANDLE),
        ("telegram", "@tomas", "", "must be digits"),
        ("telegram", "٤٧", "", "must be digits"),
        ("telegram", "", "", "must be digits"),
        ("sip", "tomas", "", "not a SIP address"),
        ("sip", "sip:1@pbx.example;user=phone", "DE", "not a phone number"),
    ],
)
def test_what_is_not_of_its_namespace_is_refused_without_its_value(
    namespace: str, value: str, region: str, why: str
) -> None:
    """The message may be logged, so it holds nothing of the value."""
    with pytest.raises(IdentifierInvalid) as caught:
        normalise(namespace, value, "", region)
    assert str(caught.value) == why


@given(st.characters(min_codepoint=128, exclude_categories=["Cs", "Cf"]))
def test_no_other_character_becomes_an_ascii_address(char: str) -> None:
    """A confusable letter never keys somebody else's mailbox (the Kelvin sign folds to k with str.lower)."""
    try:
        keyed = normalise_email(f"{char}im@example.org")
    except IdentifierInvalid:
        return
    assert keyed[0] not in "abcdefghijklmnopqrstuvwxyz0123456789"


def test_only_ascii_letters_are_folded() -> None:
    """The Kelvin sign stays."""
    assert fold_ascii("ABCXYZ Ä \u212a") == "abcxyz Ä \u212a"


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("a@b.org", ("", "a@b.org")),
        (" a@b.org ", ("", "a@b.org")),
        ('"Ada L" < a@b.org > ', ("Ada L", "a@b.org")),
        ("\t'Ada' <a@b.org>", ("Ada", "a@b.org")),
        ("<a@b.org>", ("", "a@b.org")),
        ("Ada <a@b.org> x", ("", "Ada <a@b.org> x")),
    ],
)
def test_a_display_name_stands_before_the_address(value: str, parts: tuple[str, str]) -> None:
    """As mail programs write it; a bare address has none."""
    assert parted_email(value) == parts


@pytest.mark.parametrize(
    ("value", "keyed"),
    [
        ("a.b+c_d-e@sub.example.org", "a.b+c_d-e@sub.example.org"),
        ("o'neil@example.org", "o'neil@example.org"),
        ("ä@example.org", "ä@example.org"),
        ("Ä@Example.org", "ä@example.org"),
        ("a@" + "b." * 8 + "org", "a@" + "b." * 8 + "org"),
        ("x@" + "ä" * 40 + ".de", None),
        ("x" * 64 + "@b.de", "x" * 64 + "@b.de"),
        ("'" + "x" * 63 + "@b.de", "'" + "x" * 63 + "@b.de"),
    ],
)
def test_addresses_are_keyed_with_their_domain_in_ascii(value: str, keyed: str | None) -> None:
    """Whatever the local part is written in; dots and tags of the local part are part of it."""
    found = normalise_email(value)
    assert found.isascii() if keyed is None else found == keyed


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("x@" + "ä." * 40 + "de", LONG),
        ("x@" + "ä" * 78 + ".de", LONG),
        ("x@" + "ä" * 77 + ".de", NO_ADDRESS),
        ("x" * 65 + "@b.de", LONG),
        ("x@" + "ä.ä.ä.ä.ä.ä.ä.ä.ä.de", LONG),
        ("x@" + "_" * 251 + ".d", NO_ADDRESS),
        ("x@" + "_" * 252 + ".d", LONG),
        ("x" * 64 + "ä@b.de", LONG),
    ],
)
def test_an_address_that_is_longer_than_one_is_refused_before_the_library(value: str, why: str) -> None:
    """It takes milliseconds for names of many labels in other scripts."""
    with pytest.raises(IdentifierInvalid) as caught:
        normalise_email(value)
    assert str(caught.value) == why


@pytest.mark.parametrize(
    ("value", "keyed"),
    [
        ("(030) 90 18 20", "+4930901820"),
        ("030/901820 ext. 12", "+4930901820;ext=12"),
        ("030 901820 Durchwahl 1", None),
        ("030 901820 доб. 12", "+4930901820;ext=12"),
        ("030 901820 anexo 12", "+4930901820;ext=12"),
        ("030 901820 int 12", "+4930901820;ext=12"),
        ("030 901820 extension 1234567", "+4930901820;ext=1234567"),
        ("030 901820 x123456789", None),
        ("tel:+49-30-901820;ext=12", "+4930901820;ext=12"),
        ("TEL:+4930901820", "+4930901820"),
        ("+49 (0)30 901820", "+4930901820"),
        ("+49.30.901820,;. ", "+4930901820"),
        ("＋４９３０９０１８２０", "+4930901820"),
        ("٠٣٠ ٩٠١٨٢٠", "+4930901820"),
        ("\u202a+49\u00a030\u2011901820\u202c", "+4930901820"),
        ("+49\u221230\u30fc901820", "+4930901820"),
        ("\uff0b49\uff0830\uff09901820", "+4930901820"),
        ("+49 30 90½820", None),
        ("+49 30 9018⑳", None),
        ("tel:863-1234;phone-context=+1-914-555", None),
        ("0800 FLOWERS", None),
        ("1" + " " * 239 + "2", None),
        ("0" * 41, None),
        ("+49 30 901820" + " " * 90, "+4930901820"),
        ("+49 30" + " " * 28 + "901820", "+4930901820"),
        ("+49 30" + " " * 29 + "901820", None),
        ("+4930" + "\u200b" * 69 + "901820", "+4930901820"),
        ("+4930" + "\u200b" * 70 + "901820", None),
    ],
)
def test_a_number_is_read_only_in_the_characters_of_numbers(value: str, keyed: str | None) -> None:
    """Other characters, parameters and lengths never reach the library, which takes seconds for some."""
    if keyed is not None:
        assert normalise_phone(value, "DE") == keyed
        return
    with pytest.raises(IdentifierInvalid):
        normalise_phone(value, "DE")


def test_marks_that_are_left_out_count_for_the_length() -> None:
    """Twice what a number takes."""
    with pytest.raises(IdentifierInvalid) as caught:
        normalise_phone("+4930" + "\u200b" * 70 + "901820", "")
    assert str(caught.value) == "longer than a phone number"


@pytest.mark.parametrize("value", ["+4930901820", "+12025550123", "+6421234567"])
def test_a_number_in_its_canonical_form_is_taken_as_it_is(value: str) -> None:
    """A plus, country code, and as many digits as numbers of the plan have."""
    assert normalise_phone(value, "") == value


@pytest.mark.parametrize(
    ("e164", "line"),
    [
        ("+552187654321", "+5521987654321"),
        ("+552167654321", "+5521967654321"),
        ("+552197654321", "+5521997654321"),
        ("+552157654321", "+552157654321"),
        ("+5521987654321", "+5521987654321"),
        ("+5215512345678", "+525512345678"),
        ("+521551234567", "+521551234567"),
        ("+5491112345678", "+541112345678"),
        ("+549111234567", "+549111234567"),
        ("+4930901820", "+4930901820"),
    ],
)
def test_forms_of_one_line_are_one(e164: str, line: str) -> None:
    """Brazil's ninth digit of mobile numbers, Mexico's 521 and Argentina's 549; other numbers are as they are."""
    assert normalise_phone(e164, "") == line


@pytest.mark.parametrize(
    ("namespace", "value"),
    [
        ("email", "test@test.com"),
        ("email", "Test@Test.com"),
        ("email", "noreply@shop.example"),
        ("phone", "+15555555555"),
        ("device", "00000000-0000-0000-0000-000000000000"),
        ("account", "null"),
        ("account", "NULL"),
    ],
)
def test_placeholders_are_blocked(namespace: str, value: str) -> None:
    """Values that many systems write where they know nothing."""
    assert is_blocked(Keyed(namespace=namespace, value=value), POLICY, frozenset(), ()) is True
    assert is_blocked(Keyed(namespace=namespace, value="something-else@shop.example"), POLICY, frozenset(), ()) is False
    assert is_blocked(Keyed(namespace="fax", value=value), POLICY, frozenset(), ()) is False


def test_tenants_block_values_and_patterns_of_their_own() -> None:
    """Exact values, and patterns, in all namespaces."""
    mine = Keyed(namespace="phone", value="+4930901820")
    assert is_blocked(mine, POLICY, frozenset({"+4930901820"}), ()) is True
    assert is_blocked(mine, POLICY, frozenset({"+493090182"}), ()) is False
    assert is_blocked(mine, POLICY, frozenset(), ("x", r"^\+4930")) is True
    assert is_blocked(mine, POLICY, frozenset(), (r"^\+4931",)) is False


def test_callers_may_send_what_the_policy_registers_and_what_bears_a_number() -> None:
    """Not records."""
    bare = replace(POLICY, namespaces={"email": POLICY.namespaces["email"], "record": POLICY.namespaces["record"]})
    names = ("email", "phone", "sms", "rcs", "whatsapp_phone", "tel", "record", "fax")
    assert [name for name in names if knows(bare, name)] == ["email", "phone", "sms", "rcs", "whatsapp_phone", "tel"]
