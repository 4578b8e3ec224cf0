"""What e-mail addresses and user names say: slips, masks, shared mailboxes, and after whom they are named."""

from __future__ import annotations

import re
from functools import lru_cache
from operator import attrgetter

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from profile_service.identity.matching.attributes import Attributes, digits_of
from profile_service.identity.matching.names import CLOSE, SIMILAR
from profile_service.identity.matching.nicknames import are_nicknames, is_listed
from profile_service.identity.matching.vocabulary import Level
from profile_service.identity.matching.words import HOUSEHOLDS, ROLES

MAILBOX_NAME, MAILBOX_PREFIX = 3, 5
"""A given name of so many letters can be told in an e-mail address; before other letters it takes a few more."""
USER_NAME = 6
"""So many letters and digits make a name that hardly anybody else uses."""
CHOSEN = frozenset({"x", "sip", "linkedin"})
"""Namespaces whose values people choose; others number their customers."""
MASK = "*"
"""Stands for what is hidden of an address."""
_LETTERS = re.compile(r"[a-z]+")
_given = attrgetter("given")


def _words(text: str) -> list[str]:
    return _LETTERS.findall(text)


def email_level(left: str, right: str) -> Level | None:
    """Tags and dots of the local part are no difference; a slip of the keys is told from another customer's number."""
    if MASK in left or MASK in right:
        return _masked_level(left, right)
    if left == right:
        return Level.ROLE if _is_shared_mailbox(left.partition("@")[0]) else Level.EXACT
    (mine, _, domain), (other, _, far) = left.partition("@"), right.partition("@")
    mine, other = mine.partition("+")[0].replace(".", ""), other.partition("+")[0].replace(".", "")
    near = domain == far or JaroWinkler.similarity(domain, far) >= SIMILAR
    if mine == other:
        return Level.EXACT if domain == far else Level.SLIP if near else Level.LOCAL
    if not (domain and far):
        return Level.SLIP if JaroWinkler.similarity(left, right) >= CLOSE else Level.DIFFERENT
    if min(len(mine), len(other)) <= 3 or JaroWinkler.similarity(mine, other) < CLOSE:
        return Level.DIFFERENT
    if DamerauLevenshtein.distance(digits_of(mine), digits_of(other)) > 1:
        return Level.DIFFERENT
    return Level.SLIP if near and DamerauLevenshtein.distance(mine, other) == 1 else Level.CLOSE


def _masked_level(left: str, right: str) -> Level | None:
    """What is shown of an address that is hidden in part (eva***@example.org), where the domain is the same."""
    (mine, _, domain), (other, _, far) = left.partition("@"), right.partition("@")
    if MASK in mine and MASK in other:
        shown, known = mine.partition(MASK)[0], other.partition(MASK)[0]
        fits = shown.startswith(known) or known.startswith(shown)
    else:
        hidden, whole = (mine, other) if MASK in mine else (other, mine)
        fits = whole.startswith(hidden.partition(MASK)[0]) and whole.endswith(hidden.rpartition(MASK)[2])
    if not fits:
        return Level.DIFFERENT
    return Level.MASKED if domain == far else None


def _is_shared_mailbox(local: str) -> bool:
    """Whether a mailbox says that several people read it: an office's, or a family's."""
    return local in ROLES or not HOUSEHOLDS.isdisjoint(_words(local))


@lru_cache(maxsize=200_000)
def _mailbox_level(email: str, given: str) -> Level | None:
    """Whether an address is named after somebody: of the name, or of another one."""
    local = email.partition("@")[0]
    if given in local or any(are_nicknames(word, given) for word in _words(local)):
        return Level.EXACT
    return Level.DIFFERENT if _names_in(email) else None


@lru_cache(maxsize=200_000)
def _names_in(email: str) -> frozenset[str]:
    """The given names that an address holds: words of it, or longer ones with something behind them. What is hidden in
    part may go on as another name."""
    if MASK in email:
        return frozenset()
    words = _words(email.partition("@")[0])
    return frozenset(name for word in words if (name := _name_at_start(word)))


def _name_at_start(word: str) -> str:
    if len(word) >= MAILBOX_NAME and is_listed(word):
        return word
    return next((word[:end] for end in range(len(word) - 1, MAILBOX_PREFIX - 1, -1) if is_listed(word[:end])), "")


def compare_mailbox_names(left: Attributes, right: Attributes) -> Level | None:
    """A given name with the addresses of a side that says none: many are named after their owner. Where neither says
    one, addresses with different names are of different people; with the same they need not be of one."""
    if not (left.emails or right.emails):
        return None
    is_named = any(map(_given, left.names))
    if is_named == any(map(_given, right.names)):
        return Level.DIFFERENT if not is_named and _have_other_names(left.emails, right.emails) else None
    named, other = (left, right) if is_named else (right, left)
    givens = [name.given for name in named.names if len(name.given) >= MAILBOX_NAME]
    levels = {_mailbox_level(email, given) for email in other.emails - named.emails for given in givens}
    return next((level for level in (Level.EXACT, Level.DIFFERENT) if level in levels), None)


def _have_other_names(left: frozenset[str], right: frozenset[str]) -> bool:
    """Whether each side has a given name in its addresses that the other has not: a family name may be one as well."""
    mine, others = (frozenset[str]().union(*map(_names_in, emails)) for emails in (left, right))
    apart, elsewhere = mine - others, others - mine
    return bool(apart and elsewhere) and not any(are_nicknames(a, b) for a in apart for b in elsewhere)


def user_names(features: Attributes) -> list[tuple[str, str]]:
    """The names that somebody goes by, as (platform, letters and digits): where people choose one, and before the @ of
    addresses."""
    names = [("email", email.partition("@")[0].partition("+")[0]) for email in features.emails if MASK not in email]
    for handle in features.handles:
        platform, _, value = handle.partition(":")
        if platform in CHOSEN:
            names.append((platform, value.partition("@")[0].rstrip("/").rpartition("/")[2]))
    return [(platform, "".join(filter(str.isalnum, name))) for platform, name in names]


def compare_user_names(left: Attributes, right: Attributes) -> Level | None:
    """Whether somebody goes by one name on two platforms, or on one and before the @ of an address."""
    names = user_names(right)
    crossed = [(a, b) for here, a in user_names(left) for there, b in names if here != there]
    if not crossed:
        return None
    return Level.EXACT if any(_is_one_user_name(a, b) for a, b in crossed) else Level.DIFFERENT


def _is_one_user_name(left: str, right: str) -> bool:
    """The same, or the same with a letter behind it, as people add where a name is taken; with another digit it is
    somebody else's."""
    shorter, longer = sorted((left, right), key=len)
    if len(shorter) < USER_NAME or shorter.isdigit() or not longer.startswith(shorter):
        return False
    rest = longer.removeprefix(shorter)
    return not rest or (len(rest) == 1 and rest.isalpha())
