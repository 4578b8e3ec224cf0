"""Identifiers as given -> the value that is keyed. Well-kept libraries behind strict fast paths; ASCII-only folding."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from profile_service.identity.policy import Policy
from profile_service.identity.text.patterns import finds

_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_CANONICAL_EMAIL = re.compile(
    r"[a-z0-9_+\-](?:\.?[a-z0-9_+\-]){0,63}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}"
)
_FORMATTED_EMAIL = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>\s*")
_MASKED_EMAIL, MASKED_PHONE = re.compile(r"[*•…]"), re.compile(r"[*•…]|x{3}", re.IGNORECASE)
_CANONICAL_PHONE = re.compile(r"\+[1-9][0-9]{7,14}")
PHONE_CHARACTERS_MAX = 40
MINUS_SIGNS = "\u2212\u30fc"
"""Characters of keyboards that are no dash, and are typed as one."""
_PHONE_FORM = re.compile(
    r"(?:tel:)?(?P<number>[0-9 +\-./()#*]+?)"
    r"(?:[ ,;]*(?:ext(?:ension|n)?\.?|anexo|int\.?|доб\.?|x|;ext=)[ .:=]*(?P<extension>[0-9]{1,8}))?",
    re.IGNORECASE,
)
EMAIL_LOCAL_MAX, EMAIL_DOMAIN_MAX, EMAIL_IDN_MAX, EMAIL_DOTS_MAX = 64, 253, 80, 8
"""Characters before the @ and behind it (RFC 5321, RFC 1035); behind it fewer where they are not ASCII: reading those
costs the library 10 us a character and more a label."""
_OPAQUE = re.compile(r"[\x21-\x7e]{1,512}")
_BRAZIL_MOBILE = re.compile(r"\+55([1-9][0-9])([6-9][0-9]{7})")
_MASKED = re.compile(r"\*{3}")
_SIP = re.compile(r"(?:sips?:)?(?P<user>[^@;:]+)(?::[^@]*)?@(?P<host>[^;?>]+)(?P<rest>[;?].*)?", re.IGNORECASE)
PHONE_BEARING = frozenset({"phone", "sms", "rcs", "whatsapp_phone", "tel"})


class IdentifierInvalid(ValueError):
    """The value is not one of its namespace; the message holds no part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """What is keyed: a namespace (that of the key, not of the request), a normalised value and its scope."""

    namespace: str
    value: str
    scope: str = ""


def fold_ascii(text: str) -> str:
    """Lower-case ASCII letters only: no other character may become an ASCII one (U+212A would with str.lower)."""
    return text.translate(_ASCII_LOWER)


def parted_email(value: str) -> tuple[str, str]:
    """The display name and the address of `"Name" <address>`, as mail programs write it (RFC 5322, but names need no
    quotes here); a bare address has no name."""
    formatted = _FORMATTED_EMAIL.fullmatch(value)
    if formatted is None:
        return "", value.strip()
    return formatted["name"].strip(" \t'\""), formatted["address"].strip()


def normalise_email(value: str) -> str:
    """Return local part and domain, ASCII-folded, the domain in its IDNA form; a display name and `mailto:` are left
    out. Raises IdentifierInvalid."""
    folded = fold_ascii(parted_email(value)[1]).removeprefix("mailto:")
    if len(folded) <= 254 and _CANONICAL_EMAIL.fullmatch(folded):
        return folded
    _refuse_masked(folded, _MASKED_EMAIL)
    local, _, domain = folded.rpartition("@")
    most = EMAIL_DOMAIN_MAX if domain.isascii() else EMAIL_IDN_MAX
    if len(local) > EMAIL_LOCAL_MAX or len(domain) > most or domain.count(".") > EMAIL_DOTS_MAX:
        raise IdentifierInvalid("longer than an e-mail address")
    try:
        parsed = validate_email(folded, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise IdentifierInvalid("not an e-mail address") from None
    return f"{fold_ascii(parsed.local_part)}@{parsed.ascii_domain}"


def _refuse_masked(value: str, mask: re.Pattern[str]) -> None:
    """What a system shows of a value that it hides is many customers' (eva***@example.org); libraries read on, as if
    nothing was missing."""
    if mask.search(value):
        raise IdentifierInvalid("part of the value is hidden")


def same_line(e164: str) -> str:
    """Fold forms of one line that differ from E.164 into one: Brazil's ninth digit, Mexico's 521, Argentina's 549.

    Source: national numbering plans (Anatel 2016, IFT 2019, ENACOM).
    """
    brazil = _BRAZIL_MOBILE.fullmatch(e164)
    if brazil:
        return f"+55{brazil[1]}9{brazil[2]}"
    if e164.startswith("+521") and len(e164) == 14:
        return "+52" + e164[4:]
    if e164.startswith("+549") and len(e164) == 14:
        return "+54" + e164[4:]
    return e164


@lru_cache(maxsize=8192)
def _parse_phone(value: str, region: str | None) -> str:
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        hint = "" if region else "; give a country code or a default_region"
        raise IdentifierInvalid(f"not a phone number{hint}") from None
    if not phonenumbers.is_possible_number(number):
        raise IdentifierInvalid("not a possible phone number in its region")
    line = same_line(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return f"{line};ext={number.extension}" if number.extension else line


def is_fixed_line(line: str) -> bool:
    """Whether an E.164 number is a household's: by its number plan a fixed line, and no mobile one."""
    try:
        number = phonenumbers.parse(line.partition(";")[0])
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.FIXED_LINE


def normalise_phone(value: str, region: str) -> str:
    """Return E.164, with `;ext=` where an extension was given. Raises IdentifierInvalid."""
    if _CANONICAL_PHONE.fullmatch(value):
        return same_line(value)
    return _parse_phone(_written_phone(value), region or None)


def _written_phone(value: str) -> str:
    """A telephone number in the characters that numbers are written in, and no more of them than a number takes: the
    library that reads it takes seconds for others. Raises IdentifierInvalid."""
    text = value.strip().rstrip(",;. ")
    if len(text) > 2 * PHONE_CHARACTERS_MAX:  # marks that are left out count too
        raise IdentifierInvalid("longer than a phone number")
    _refuse_masked(text, MASKED_PHONE)
    text = "".join(_phone_character(char) for char in text)
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


def _opaque(value: str) -> str:
    text = unicodedata.normalize("NFC", value.strip())
    _refuse_masked(text, _MASKED)
    if not _OPAQUE.fullmatch(text):
        raise IdentifierInvalid("must be 1 to 512 printable ASCII characters without spaces")
    return text


def _folded_opaque(value: str) -> str:
    return fold_ascii(_opaque(value))


def _handle(value: str) -> str:
    text = fold_ascii(value.strip().removeprefix("@"))
    text = re.sub(r"^https?://(?:www\.)?[a-z0-9.-]+/", "", text).strip("/")
    return _opaque(text)


def _digits(value: str) -> str:
    text = value.strip()
    if not (text.isascii() and text.isdigit()):
        raise IdentifierInvalid("must be digits")
    return text


_BY_NAMESPACE: Mapping[str, Callable[[str], str]] = {
    "email": normalise_email,
    "x": _handle,
    "telegram": _digits,
    "device": _folded_opaque,
    "cookie": _opaque,
}


def _sip(value: str, region: str) -> Keyed:
    match = _SIP.fullmatch(value.strip().strip("<>"))
    if match is None:
        raise IdentifierInvalid("not a SIP address")
    user, host = match["user"], fold_ascii(match["host"])
    if "user=phone" in fold_ascii(match["rest"] or ""):
        return Keyed(namespace="phone", value=normalise_phone(user, region))
    return Keyed(namespace="sip", value=f"{fold_ascii(user)}@{host}")


def normalise(namespace: str, value: str, scope: str, region: str) -> Keyed:
    """Return what is keyed. Phone-bearing namespaces feed the `phone` key. Raises IdentifierInvalid."""
    if namespace in PHONE_BEARING:
        return Keyed(namespace="phone", value=normalise_phone(value, region))
    if namespace == "whatsapp" and value.strip().removeprefix("+").isdigit():
        return Keyed(namespace="phone", value=normalise_phone("+" + value.strip().removeprefix("+"), region))
    if namespace == "sip":
        return _sip(value, region)
    return Keyed(namespace=namespace, value=_BY_NAMESPACE.get(namespace, _opaque)(value), scope=scope.strip())


def is_blocked(keyed: Keyed, policy: Policy, tenant_values: frozenset[str], tenant_patterns: tuple[str, ...]) -> bool:
    """Whether the value is a placeholder: shipped with the policy, or the tenant's own (exact value or pattern)."""
    folded = fold_ascii(keyed.value)
    if folded in policy.blocked.get(keyed.namespace, frozenset()) or folded in tenant_values:
        return True
    patterns = policy.blocked_patterns.get(keyed.namespace, ()) + tenant_patterns
    return any(finds(pattern, folded) for pattern in patterns)


def knows(policy: Policy, namespace: str) -> bool:
    """Whether callers may send identifiers of the namespace."""
    return namespace in PHONE_BEARING or policy.registered(namespace)
