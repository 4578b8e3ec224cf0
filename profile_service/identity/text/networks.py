"""What names somebody on a network: SIP addresses, messenger accounts, handles and links to profile pages."""

from __future__ import annotations

import re
from urllib.parse import unquote

from profile_service.identity.text.phones import normalise_phone
from profile_service.identity.text.refusal import (
    IdentifierBlocked,
    IdentifierInvalid,
    composed,
    fold_ascii,
    refuse_hidden,
    without_marks,
)

OPAQUE_MAX = 512
"""Characters of an identifier that a system gave out."""
_SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f]")
_GROUPS = re.compile(r"[ .\u00a0-]")
_CODE = re.compile(r"[A-Z0-9]{4,64}")
_MASKED = re.compile(r"\*{3}")
_NAME_ADDRESS = re.compile(r"(?:\"(?:[^\"\\]|\\.)*\"|[^<>\"]*)\s*<(?P<address>[^<>]*)>(?P<rest>.*)")
_SIP = re.compile(
    r"(?:sips?:)?(?P<user>[^@;:]+)(?::[^@]*)?@(?P<host>[^;?>:]+)(?::[0-9]+)?(?P<rest>[;?].*)?", re.IGNORECASE
)
_GLOBAL_NUMBER = re.compile(r"\+[0-9().-]{8,25}")
_NO_CALLER = frozenset(
    {"anonymous", "unavailable", "restricted", "unknown", "private", "withheld", "blocked", "asterisk"}
)
_JID = re.compile(r"(?P<user>[^@:_.]+)(?:[_.][0-9]+)?(?::[0-9]+)?@(?P<server>[a-z.]+)")
_PRINTED_NUMBER = re.compile(r"\+[0-9][0-9 ().\u00a0-]{6,30}")
_NUMBERS = frozenset({"s.whatsapp.net", "c.us"})
_LINK = re.compile(r"(?:https?://)?(?:[\w-]+\.)*(?P<site>[\w-]+\.[a-z]{2,})/(?P<path>[^?#]*).*", re.IGNORECASE)
_X = re.compile(r"[a-z0-9_]{1,15}")
_X_PAGES = frozenset({"i", "in", "home", "search", "hashtag", "intent", "share", "explore", "settings", "messages"})


def opaque(value: str) -> str:
    """What a system gave out, in any script, as it stands. Raises IdentifierInvalid."""
    text = composed(value.strip())
    refuse_hidden(text, _MASKED)
    if not 0 < len(text) <= OPAQUE_MAX or _SPACES.search(text) or without_marks(text) != text:
        raise IdentifierInvalid("must be 1 to 512 characters that can be seen, without spaces")
    return text


def folded_opaque(value: str) -> str:
    """The same in lower case, as device ids are written either way. Raises IdentifierInvalid."""
    return fold_ascii(opaque(value))


def printed_code(value: str) -> str:
    """What is printed on a card, a voucher or a receipt: letters and digits in upper case, however they are grouped.
    Raises IdentifierInvalid."""
    refuse_hidden(value, _MASKED)
    text = _GROUPS.sub("", fold_ascii(without_marks(value.strip().removeprefix("#")))).upper()
    if not _CODE.fullmatch(text):
        raise IdentifierInvalid("must be 4 to 64 letters and digits, in groups perhaps")
    return text


def reference(kind: str, value: str) -> str:
    """What names a conversation outside, as it is compared: a Message-ID with or without its brackets (RFC 5322); a
    number of ours with or without its sign, in either case."""
    text = without_marks(value)
    if kind in ("message_id", "in_reply_to"):
        return text.removeprefix("<").removesuffix(">").strip()
    return fold_ascii(text.strip().removeprefix("#")) if kind in ("ticket", "order") else text


def digits(value: str) -> str:
    """An account number of a network. Raises IdentifierInvalid."""
    text = value.strip()
    if not (text.isascii() and text.isdigit()) or len(text) > 20:
        raise IdentifierInvalid("must be digits")
    return text


def x_handle(value: str) -> str:
    """A handle of X, or a link to its page: `@Name`, `x.com/name?s=21`. Raises IdentifierInvalid."""
    text = without_marks(value)
    page = _page(text, "x.com", "twitter.com")
    handle = fold_ascii((text if page is None else page[0]).removeprefix("@"))
    if not _X.fullmatch(handle) or (page is not None and handle in _X_PAGES):
        raise IdentifierInvalid("must be 1 to 15 letters, digits and underscores")
    return handle


def linkedin(value: str) -> str:
    """The name of a person's page, or a link to it: `linkedin.com/in/name`. Raises IdentifierInvalid."""
    text = without_marks(value)
    page = _page(text, "linkedin.com")
    if page is None:
        return fold_ascii(opaque(text))
    if len(page) < 2 or fold_ascii(page[0]) not in ("in", "pub"):
        raise IdentifierInvalid("no link to a person's page")
    return fold_ascii(opaque(page[1]))


def account_of_page(value: str) -> str:
    """The account of a network whose ids are opaque; of a link to its page the name on it. Raises IdentifierInvalid."""
    text = without_marks(value)
    page = _page(text)
    return opaque(text) if page is None else fold_ascii(opaque(page[0].removeprefix("@")))


def _page(text: str, *sites: str) -> list[str] | None:
    """The parts of the path of a link to a page, the first of which may be empty; None for what is no link. Raises
    IdentifierInvalid where it leads to another of the sites, if any are given."""
    link = _LINK.fullmatch(text)
    if link is None:
        return None
    if sites and fold_ascii(link["site"]) not in sites:
        raise IdentifierInvalid("a link to another network")
    return link["path"].strip("/").split("/")


WHATSAPP = "whatsapp:"
"""What providers write before a number of the network."""


def whatsapp(value: str, region: str) -> tuple[str, str]:
    """The namespace and value of a WhatsApp id: a number is a telephone number; accounts without one (LID, user ids of
    a business) are accounts. Of a JID the device is left out. Raises IdentifierInvalid."""
    text = without_marks(value)
    if fold_ascii(text[: len(WHATSAPP)]) == WHATSAPP:
        text = text[len(WHATSAPP) :]
    jid = _JID.fullmatch(fold_ascii(text))
    if jid is not None:
        if jid["server"] in _NUMBERS:
            return "phone", _as_number(jid["user"], region)
        if jid["server"] != "lid" and jid["server"] != "hosted.lid":
            raise IdentifierInvalid("a group, a channel or a list, and no account")
        return "whatsapp", f"{digits(jid['user'])}@lid"
    bare = text.removeprefix("+")
    if _PRINTED_NUMBER.fullmatch(text) and not bare.isdigit():
        return "phone", normalise_phone(text, region)
    if not bare.isdigit():
        return "whatsapp", opaque(text)
    try:
        return "phone", _as_number(bare, region)
    except IdentifierBlocked:
        raise
    except IdentifierInvalid:
        return "whatsapp", f"{digits(bare)}@lid"


def _as_number(bare: str, region: str) -> str:
    return normalise_phone(f"+{bare.removeprefix('+')}", region)


def sip(value: str, region: str) -> tuple[str, str]:
    """The namespace and value of a SIP address (RFC 3261): a user part that is a number, by its plus or `user=phone`,
    is a telephone number. Display names, tags, passwords and ports are left out. Raises IdentifierInvalid."""
    text = without_marks(value)
    named = _NAME_ADDRESS.fullmatch(text)
    if named is not None:
        text = named["address"].strip() + named["rest"].strip()
    if fold_ascii(text[:4]) == "tel:":
        return "phone", normalise_phone(text.partition(";")[0], region)
    match = _SIP.fullmatch(text)
    if match is None:
        raise IdentifierInvalid("not a SIP address")
    user, host = unquote(match["user"]), fold_ascii(match["host"])
    if host.endswith("anonymous.invalid") or fold_ascii(user) in _NO_CALLER:
        raise IdentifierBlocked("a caller who shows no number")
    if "user=phone" in fold_ascii(match["rest"] or ""):
        return "phone", normalise_phone(user.partition(";")[0], region)
    number = _number_of(user) if _GLOBAL_NUMBER.fullmatch(user) else None
    return ("phone", number) if number else ("sip", f"{fold_ascii(opaque(user))}@{host}")


def _number_of(user: str) -> str | None:
    """The line of a user part that looks like a number; None where no plan has it: within a house it may be one."""
    try:
        return normalise_phone(user, "")
    except IdentifierBlocked:
        raise
    except IdentifierInvalid:
        return None
