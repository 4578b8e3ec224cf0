"""Telephone numbers as people, networks and programs write them -> E.164, one for each line.

Numbers are read by libphonenumber: possible and whole for their region. Beside it: numbering plans that grew
(`numbering.toml`), words that networks spell on the keypad, and what of a text may reach the library at all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

import msgspec
import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber, ValidationResult, timezone

from profile_service.identity.text.refusal import IdentifierBlocked, IdentifierInvalid, refuse_hidden

PHONE_CHARACTERS_MAX = 40
MASKED_PHONE = re.compile(r"[*•…]|x{3}", re.IGNORECASE)
MINUS_SIGNS = "\u2212\u30fc"
"""Characters of keyboards that are no dash, and are typed as one."""
_E164 = re.compile(r"\+[1-9][0-9]{7,14}")
_PHONE_FORM = re.compile(
    r"(?:tel:)?(?P<number>[0-9 +\-./()#*]+?)"
    r"(?:[ ,;]*(?:ext(?:ension|n)?\.?|anexo|int\.?|доб\.?|x|;ext=)[ .:=]*(?P<extension>[0-9]{1,8}))?",
    re.IGNORECASE,
)
_KEYS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
_WORDS = (
    "anonymous unavailable unavailabl restricted unknown blocked private withheld unlisted noid outofarea nocallerid"
)
KEYPAD_WORDS = frozenset(word.translate(_KEYS) for word in _WORDS.split())
"""What networks send for callers who show no number: the word, on the keys of a telephone (ITU-T E.161)."""


class _Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    old: str
    now: str


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A numbering plan that grew: the forms of before, and what they are today."""

    country: str
    code: str
    since: date
    source: str
    forms: tuple[_Form, ...]


class _Plans(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    plans: tuple[Plan, ...]


@cache
def plans_that_grew() -> dict[str, Plan]:
    """By country code."""
    text = (Path(__file__).parent / "numbering.toml").read_text()
    return {plan.code: plan for plan in msgspec.toml.decode(text, type=_Plans).plans}


@cache
def _compiled(code: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    plan = plans_that_grew().get(code)
    return () if plan is None else tuple((re.compile(form.old), form.now) for form in plan.forms)


def _as_of_today(code: str, national: str) -> str:
    """The national number as the plan of today writes the line."""
    for old, now in _compiled(code):
        if old.fullmatch(national):
            return old.sub(now, national)
    return national


@cache
def _plan_of(code: int) -> tuple[frozenset[int], re.Pattern[str] | None] | None:
    """How many digits national numbers have behind a country code, and what is dialled in front of them at home."""
    region = phonenumbers.region_code_for_country_code(code)
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    if metadata is None or metadata.general_desc is None:
        return None
    prefix = metadata.national_prefix_for_parsing
    return frozenset(metadata.general_desc.possible_length), re.compile(prefix) if prefix else None


@cache
def _country_codes() -> frozenset[str]:
    return frozenset(str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE)


def _whole(value: str) -> str | None:
    """The line, where it is plain that a value is an E.164 number; None where it has to be read."""
    code = next((value[1:end] for end in (2, 3, 4) if value[1:end] in _country_codes()), None)
    plan = None if code is None else _plan_of(int(code))
    if code is None or plan is None:
        return None
    national = _as_of_today(code, value[1 + len(code) :])
    lengths, prefix = plan
    dialled = None if prefix is None else prefix.match(national)
    if len(national) not in lengths or (dialled is not None and dialled.end() > 0):
        return None
    return f"+{code}{national}"


def normalise_phone(value: str, region: str) -> str:
    """Return E.164, with `;ext=` where an extension was given. Raises IdentifierInvalid, IdentifierBlocked."""
    if _E164.fullmatch(value) and value[1:] not in KEYPAD_WORDS:
        whole = _whole(value)
        if whole is not None:
            return whole
    written = _written(value)
    if "".join(filter(str.isdigit, written)).removeprefix("00") in KEYPAD_WORDS and not _is_valid(written, region):
        raise IdentifierBlocked("a word on the keypad, for a number that is not shown")
    return _read(written, region or None)


def _is_valid(written: str, region: str) -> bool:
    """Whether somebody has the number, as it is dialled at home."""
    if written.startswith("+") or not region:
        return False
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(written, region))
    except phonenumbers.NumberParseException:
        return False


@lru_cache(maxsize=8192)
def _read(value: str, region: str | None) -> str:
    try:
        number = phonenumbers.parse(value, region, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        hint = "" if region else "; give a country code or a default_region"
        raise IdentifierInvalid(f"not a phone number{hint}") from None
    code, national = str(number.country_code), phonenumbers.national_significant_number(number)
    today = _as_of_today(code, national)
    line = f"+{code}{national}" if today == national else _whole(f"+{code}{today}")
    reason = phonenumbers.is_possible_number_with_reason(number) if today == national else ValidationResult.IS_POSSIBLE
    if reason == ValidationResult.IS_POSSIBLE_LOCAL_ONLY or _lacks_its_area(number, value):
        raise IdentifierInvalid("a number without its area code")
    if reason != ValidationResult.IS_POSSIBLE or line is None:
        raise IdentifierInvalid("not a possible phone number in its region")
    return f"{line};ext={number.extension}" if number.extension else line


def _lacks_its_area(number: PhoneNumber, written: str) -> bool:
    """Whether a number that is written as at home has no trunk prefix where there is one, and is none without: what
    remains is dialled within one town."""
    if number.country_code_source != phonenumbers.CountryCodeSource.FROM_DEFAULT_COUNTRY:
        return False
    region = phonenumbers.region_code_for_country_code(number.country_code or 0)
    metadata = PhoneMetadata.metadata_for_region(region)
    trunk = None if metadata is None else metadata.national_prefix
    digits = "".join(filter(str.isdigit, written))
    return trunk == "0" and not digits.startswith(trunk) and not phonenumbers.is_valid_number(number)


def is_fixed_line(line: str) -> bool:
    """Whether an E.164 number is a household's: by its number plan a fixed line, and no mobile one."""
    try:
        number = phonenumbers.parse(line.partition(";")[0])
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.FIXED_LINE


def time_zones_of(line: str) -> tuple[str, ...]:
    """The time zones (IANA) where an E.164 number may be; none where that is not known."""
    return _known(phonenumbers.parse(line.partition(";")[0]))


def time_zones_in(region: str) -> tuple[str, ...]:
    """The time zones of the numbering plan of a region (ISO 3166-1 alpha-2)."""
    code = phonenumbers.country_code_for_region(region)
    return _known(PhoneNumber(country_code=code, national_number=0)) if code else ()


def _known(number: PhoneNumber) -> tuple[str, ...]:
    zones: Iterable[str] = timezone.time_zones_for_geographical_number(number)
    return tuple(zone for zone in zones if zone != timezone.UNKNOWN_TIMEZONE)


def _written(value: str) -> str:
    """A telephone number in the characters that numbers are written in, and no more of them than a number takes: the
    library that reads it takes seconds for others. Raises IdentifierInvalid."""
    text = value.strip().rstrip(",;. ")
    if len(text) > 2 * PHONE_CHARACTERS_MAX:  # marks that are left out count too
        raise IdentifierInvalid("longer than a phone number")
    refuse_hidden(text, MASKED_PHONE)
    text = "".join(_phone_character(char) for char in text).strip()
    number = _PHONE_FORM.fullmatch(text)
    if number is None or len(number["number"]) > PHONE_CHARACTERS_MAX:
        raise IdentifierInvalid("not a phone number: at most 40 digits, blanks and + - . / ( ) # *, and an extension")
    return number["number"] + (f" ext. {number['extension']}" if number["extension"] else "")


def _phone_character(char: str) -> str:
    """Digits and plus of full width as ASCII, every blank as a space, every dash as a hyphen; marks without a width, as
    come with copied numbers, are left out."""
    if char.isascii():
        return char
    category = unicodedata.category(char)
    if category == "Cf":
        return ""
    if char in MINUS_SIGNS:
        return "-"
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category in ("Zs", "Pd"):
        return " " if category == "Zs" else "-"
    folded = unicodedata.normalize("NFKC", char)
    return folded if len(folded) == 1 and folded in "0123456789+-./()#*" else char
