"""E-mail addresses as people, forms and mail programs write them -> one for each mailbox.

Addresses are read by email-validator. Beside it: what RFC 5322 writes around an address, what nobody sees, what a
provider takes for one mailbox, and senders that nobody reads (`mailboxes.toml`).
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import msgspec
from email_validator import EmailNotValidError, validate_email

from profile_service.identity.text.refusal import (
    IdentifierBlocked,
    IdentifierInvalid,
    composed,
    fold_ascii,
    refuse_hidden,
    without_marks,
)

_CANONICAL = re.compile(r"[a-z0-9_+\-](?:\.?[a-z0-9_+\-]){0,63}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}")
_FORMATTED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>\s*")
_COMMENT = re.compile(r"\((?:[^()\\]|\\.)*\)")
_MASKED = re.compile(r"[*•…]")
LOCAL_MAX, DOMAIN_MAX, IDN_MAX, DOTS_MAX = 64, 253, 80, 8
"""Characters before the @ and behind it (RFC 5321, RFC 1035); behind it fewer where they are not ASCII: reading those
costs the library 10 us a character and more a label."""
WRITTEN_MAX = 1024
"""Characters of an address with its name and comments."""
COMMENTS_MAX = 8
FULL_WIDTH_AT = "\uff20"
ANONYMOUS = "anonymous.invalid"
"""The host of a caller who shows no address (RFC 3323)."""
_APART = str.maketrans("", "", ".-_")


class Provider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a provider takes for one mailbox. `ignored`: characters that do not count; `tag`: what begins one."""

    domain: str
    others: tuple[str, ...] = ()
    dots: bool = True
    ignored: str = ""
    tag: str = ""
    source: str = ""


class _Nobody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    words: tuple[str, ...]
    whole: frozenset[str]


class _Mailboxes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    providers: tuple[Provider, ...]
    nobody: _Nobody


@cache
def _listed() -> tuple[dict[str, Provider], frozenset[str], tuple[str, ...]]:
    text = (Path(__file__).parent / "mailboxes.toml").read_text()
    listed = msgspec.toml.decode(text, type=_Mailboxes)
    providers = {name: provider for provider in listed.providers for name in (provider.domain, *provider.others)}
    return providers, listed.nobody.whole, listed.nobody.words


def parted_email(value: str) -> tuple[str, str]:
    """The display name and the address of `"Name" <address>`, as mail programs write it (RFC 5322, but names need no
    quotes here, and comments are left out); a bare address has no name."""
    formatted = _FORMATTED.fullmatch(value) or _FORMATTED.fullmatch(_without_comments(value))
    if formatted is None:
        return "", _without_comments(value).strip()
    return formatted["name"].strip(" \t'\""), _without_comments(formatted["address"]).strip()


def _without_comments(value: str) -> str:
    """Without what stands in parentheses (RFC 5322, 3.2.2), also one in another; not where a quoted local part is."""
    if "(" not in value or '"' in value.rpartition("@")[0].rpartition("<")[2]:
        return value
    for _ in range(COMMENTS_MAX):
        value, times = _COMMENT.subn(" ", value)
        if not times:
            break
    return value.replace(" @", "@").replace("@ ", "@")


def normalise_email(value: str) -> str:
    """Return local part and domain of the mailbox: in lower case, the domain in its IDNA form, without the dots and
    tags that its provider does not count; a display name, comments and `mailto:` are left out.

    Raises IdentifierInvalid, and IdentifierBlocked for senders that nobody reads.
    """
    if len(value) > WRITTEN_MAX:
        raise IdentifierInvalid("longer than an e-mail address")
    written = parted_email(without_marks(value).replace(FULL_WIDTH_AT, "@"))[1]
    folded = fold_ascii(written).removeprefix("mailto:").rstrip(",;").removesuffix(".")
    if not (len(folded) <= 254 and _CANONICAL.fullmatch(folded)):
        folded = _read(folded)
    local, _, domain = folded.rpartition("@")
    if is_nobody(local) or domain == ANONYMOUS:
        raise IdentifierBlocked("a sender that nobody reads")
    return _mailbox(local, domain)


def _read(folded: str) -> str:
    refuse_hidden(folded, _MASKED)
    local, _, domain = folded.rpartition("@")
    most = DOMAIN_MAX if domain.isascii() else IDN_MAX
    if len(local) > LOCAL_MAX or len(domain) > most or domain.count(".") > DOTS_MAX:
        raise IdentifierInvalid("longer than an e-mail address")
    if not local.isascii():
        folded = f"{_folded(composed(local))}@{domain}"
    try:
        parsed = validate_email(folded, check_deliverability=False, test_environment=True, allow_quoted_local=True)
    except EmailNotValidError:
        raise IdentifierInvalid("not an e-mail address") from None
    return f"{fold_ascii(parsed.local_part)}@{parsed.ascii_domain}"


def _folded(local: str) -> str:
    """In lower case, also beyond ASCII; no other character becomes an ASCII one."""
    lower = ((char, char.lower()) for char in local)
    return "".join(small if len(small) == 1 and not small.isascii() else char for char, small in lower)


def is_nobody(local: str) -> bool:
    """Whether a local part is of a sender that nobody reads."""
    _, whole, words = _listed()
    bare = local.partition("+")[0].translate(_APART).rstrip("0123456789")
    return bare in whole or bare.startswith(words) or bare.endswith(words)


def _mailbox(local: str, domain: str) -> str:
    provider = _listed()[0].get(domain)
    if provider is None:
        return f"{local}@{domain}"
    kept = local.partition(provider.tag)[0] if provider.tag else local
    if not provider.dots:
        kept = kept.replace(".", "")
    kept = "".join(char for char in kept if char not in provider.ignored)
    return f"{kept or local}@{provider.domain}"
