"""Identifiers as given -> the value that is keyed. Every namespace has one form, which the table here names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from profile_service.identity.policy import Policy
from profile_service.identity.text.addresses import normalise_email
from profile_service.identity.text.networks import (
    account_of_page,
    digits,
    folded_opaque,
    linkedin,
    opaque,
    printed_code,
    sip,
    whatsapp,
    x_handle,
)
from profile_service.identity.text.patterns import finds
from profile_service.identity.text.phones import normalise_phone
from profile_service.identity.text.placeholders import is_no_code
from profile_service.identity.text.refusal import IdentifierBlocked, fold_ascii

PHONE_BEARING = frozenset({"phone", "sms", "rcs", "whatsapp_phone", "tel"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """What is keyed: a namespace (that of the key, not of the request), a normalised value and its scope."""

    namespace: str
    value: str
    scope: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How the values of a namespace are read: (value, region) -> namespace and value of the key. The rest says in words
    what `read` does, for the table in the README."""

    read: Callable[[str, str], tuple[str, str]]
    canonical: str
    invalid: str = ""
    blocked: str = ""


def _plain(namespace: str, read: Callable[[str], str]) -> Callable[[str, str], tuple[str, str]]:
    return lambda value, _: (namespace, read(value))


def _phone(value: str, region: str) -> tuple[str, str]:
    return "phone", normalise_phone(value, region)


FORMS: Mapping[str, Form] = {
    "phone": Form(
        read=_phone,
        canonical="E.164, one for each line: trunk prefixes, old forms (`numbering.toml`); `;ext=`",
        invalid="not possible or without area code, words, short codes",
        blocked="words on the keypad (+266696687), repeated digits",
    ),
    "email": Form(
        read=_plain("email", normalise_email),
        canonical="mailbox in lower case, IDNA; no name, comment, tag or dot that the provider ignores",
        invalid="not RFC 5321, part of it hidden",
        blocked="senders that nobody reads, in 20 languages",
    ),
    "whatsapp": Form(
        read=whatsapp,
        canonical="a number: `phone`; LID and business user ids as they are, by scope; no device",
        invalid="groups, channels, lists",
    ),
    "sip": Form(
        read=sip,
        canonical="a number: `phone`; else user@host in lower case; no name, tag, port",
        invalid="not RFC 3261",
        blocked="anonymous.invalid, Anonymous, Unavailable",
    ),
    "x": Form(
        read=_plain("x", x_handle),
        canonical="handle in lower case, also of a link",
        invalid="not 1 to 15 of a-z, 0-9, _",
    ),
    "linkedin": Form(
        read=_plain("linkedin", linkedin),
        canonical="name of the page in lower case, also of a link",
        invalid="pages of companies",
    ),
    "telegram": Form(read=_plain("telegram", digits), canonical="numeric user id", invalid="user names: they move"),
    "instagram": Form(
        read=_plain("instagram", account_of_page), canonical="scoped id as it is; name of a link in lower case"
    ),
    "messenger": Form(
        read=_plain("messenger", account_of_page), canonical="scoped id as it is; name of a link in lower case"
    ),
    "apple_business": Form(read=_plain("apple_business", opaque), canonical="opaque id as it is, by scope"),
    "account": Form(
        read=_plain("account", opaque),
        canonical="as it is, in any script (NFC)",
        invalid="spaces, invisible characters, characters that NFC makes another (U+212A)",
        blocked="(null), guest, {{user.id}}, 0000",
    ),
    "crm": Form(read=_plain("crm", opaque), canonical="as `account`"),
    **{
        name: Form(
            read=_plain(name, printed_code),
            canonical="letters and digits in upper case, however they are grouped",
            invalid="not 4 to 64 letters and digits",
        )
        for name in ("loyalty", "coupon", "ticket")
    },
    "device": Form(read=_plain("device", folded_opaque), canonical="in lower case"),
    "cookie": Form(read=_plain("cookie", opaque), canonical="as it is"),
}
_OPAQUE = Form(read=_plain("", opaque), canonical="as it is")


def normalise(namespace: str, value: str, scope: str, region: str) -> Keyed:
    """Return what is keyed. Phone-bearing namespaces feed the `phone` key, which has no scope.

    Raises IdentifierInvalid, of which IdentifierBlocked.
    """
    if value.strip() and is_no_code(value):
        raise IdentifierBlocked("a placeholder value")
    form = FORMS.get("phone" if namespace in PHONE_BEARING else namespace, _OPAQUE)
    keyed, canonical = form.read(value, region)
    return Keyed(namespace=keyed or namespace, value=canonical, scope="" if keyed == "phone" else scope.strip())


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
