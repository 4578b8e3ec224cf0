"""Evidence against: why two customers cannot be one, whatever else agrees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter

from profile_service.identity.matching.attributes import Attributes
from profile_service.identity.matching.comparisons import government_level
from profile_service.identity.matching.levels import Agreement
from profile_service.identity.matching.nicknames import is_listed

NUMBERED = frozenset({"ii", "iii", "iv"})
PERSONAL = ("given_name", "middle_name", "family_name", "birth_date", "gender")
GIVEN_NAME_AND_BIRTH_DATE, NAME = "given_name_and_birth_date", "name"
DOCUMENT_OF_NOBODY = "document_of_nobody"
"""It is not known who it is: that says nothing against anybody, as the others do."""
GENERATION = 15
"""Namesakes in one home are so many years apart, at least: else it is one person, with a birth date typed wrongly."""
_suffix = attrgetter("suffix")
DIFFERENT_DATES = ("different", "year", "within_year", "partial_different")


IsName = Callable[[str], bool]
"""Whether a word is known to be a given name, rather than a slip of the keys."""


def vetoes(left: Attributes, right: Attributes, found: Iterable[Agreement], is_name: IsName = is_listed) -> list[str]:
    """Why the two cannot be one customer, whatever else agrees. `found` is what `compare` answered.

    Relatives share a home, a family name and often a mailbox, phone or device; what tells them apart is a given name or
    a birth date that differs. A government id or a handle in common outweighs that.
    """
    levels = {comparison: level for comparison, level, _ in found}
    against = _conflicting_suffixes(left, right)
    if left.government_ids and right.government_ids and not _is_the_same_person(levels):
        against += _conflicting_ids(left, right)
    if levels.get("government_id") in ("exact", "close") or levels.get("handle") == "exact":
        return against
    at_one_address = levels.get("address") in ("street", "street_near")
    if at_one_address and (_is_a_document_of_nobody(left, right) or _is_a_document_of_nobody(right, left)):
        against.append(DOCUMENT_OF_NOBODY)
    return against + _of_relatives(left, right, levels, is_name)


def ruled_out(left: Attributes, right: Attributes, persons: Iterable[Agreement]) -> str:
    """The veto for which names and birth dates are enough, whatever the rest says; empty where the rest counts.
    `persons` is what `compare_persons` answered."""
    levels = {comparison: level for comparison, level, _ in persons}
    if levels.get("given_name") != "different":
        return ""
    if (left.government_ids and right.government_ids) or (left.handles and right.handles):
        return ""
    if levels.get("birth_date") in DIFFERENT_DATES:
        return GIVEN_NAME_AND_BIRTH_DATE
    may_reach = (left.emails and right.emails) or (left.phones and right.phones) or (left.devices and right.devices)
    return NAME if levels.get("family_name") == "different" and not may_reach else ""


def _of_relatives(left: Attributes, right: Attributes, levels: Mapping[str, str], is_name: IsName) -> list[str]:
    """What tells people apart who have much in common."""
    given_differs = levels.get("given_name", "").startswith("different")
    family_differs = levels.get("family_name") == "different"
    date_differs = levels.get("birth_date") in DIFFERENT_DATES
    if not (given_differs or family_differs or date_differs):
        return []
    against: list[str] = []
    if given_differs and date_differs:
        against.append(GIVEN_NAME_AND_BIRTH_DATE)
    if _could_be_twins(levels):
        against.append("twins")
    if _is_half_a_name_against(levels):
        against.append(NAME)
    if given_differs and _is_a_device_all(levels) and _are_names(left, right, is_name):
        against.append("given_name_at_a_device")
    reached = "exact" in (levels.get(one) for one in ("email", "phone", "device"))
    if family_differs and date_differs and reached:
        against.append("family_name_and_birth_date")
    at_home = levels.get("address") == "household"
    if at_home and date_differs and not _has_one_name_and_generation(left, right, levels):
        against.append("birth_date_at_home")
    if not given_differs:
        return against
    if at_home or (levels.get("family_name") in ("exact", "close") and reached and _are_names(left, right, is_name)):
        against.append("given_name_of_relatives")
    elif NAME not in against and family_differs and (not reached or _are_names(left, right, is_name)):
        against.append(NAME)
    return against


def merge_vetoes(
    left: Attributes, right: Attributes, found: Iterable[Agreement], is_name: IsName = is_listed
) -> list[str]:
    """Why two established customers cannot be one: as `vetoes`, and a birth date that differs where no mailbox is like
    the other's. A single record may have it wrong; of two histories it says that they are two customers'."""
    agreements = list(found)
    levels = {one.comparison: one.level for one in agreements}
    against = vetoes(left, right, agreements, is_name)
    if levels.get("birth_date") in ("different", "partial_different") and levels.get("email") in (None, "different"):
        against.append("birth_date")
    return against


def _is_the_same_person(levels: Mapping[str, str]) -> bool:
    """Whether the birth date agrees, and two of given name, family name and place, and the given name is no other one:
    a document's number that was typed wrongly is likelier then than two people."""
    if levels.get("birth_date") not in ("exact", "near") or levels.get("given_name", "").startswith("different"):
        return False
    agreeing = (
        levels.get("given_name") in ("exact", "nickname", "close"),
        levels.get("family_name") in ("exact", "close", "similar"),
        levels.get("address") in ("household", "street", "street_near", "postcode", "postcode_area"),
    )
    return sum(agreeing) >= 2


def _is_a_document_of_nobody(left: Attributes, right: Attributes) -> bool:
    """Whether one side has a document and says nothing of the person, and the other is not known to have any: a home
    does not tell which of the family it is."""
    is_named = left.names or left.birth_dates or right.government_ids
    return bool(left.government_ids and not is_named)


def _has_one_name_and_generation(left: Attributes, right: Attributes, levels: Mapping[str, str]) -> bool:
    """Whether the names agree, and the birth dates are closer than those of a parent and a child."""
    if levels.get("given_name") not in ("exact", "nickname") or levels.get("family_name") not in ("exact", "close"):
        return False
    years = (abs(a[0] - b[0]) for a in left.birth_dates for b in right.birth_dates)
    return levels.get("middle_name") != "different" and min(years, default=GENERATION) < GENERATION


def _is_a_device_all(levels: Mapping[str, str]) -> bool:
    """Whether nothing speaks for the two but a device: those who live together share it."""
    agreeing = {name for name, level in levels.items() if not level.startswith("different") and name != "gender"}
    return agreeing == {"device"}


def _could_be_twins(levels: Mapping[str, str]) -> bool:
    """Whether a family name and a birth date are all that two people with other given names have in common."""
    if not levels.get("given_name", "").startswith("different") or levels.get("birth_date") != "exact":
        return False
    return levels.get("family_name") in ("exact", "close") and not _has_support(levels)


def _has_support(levels: Mapping[str, str]) -> bool:
    """Whether anything agrees besides names, birth date and gender."""
    return any(level != "different" for comparison, level in levels.items() if comparison not in PERSONAL)


def _is_half_a_name_against(levels: Mapping[str, str]) -> bool:
    """Whether all that is known of the one's name differs from the other's, and a birth date alone speaks for them."""
    parts = [levels[part] for part in ("given_name", "family_name") if part in levels]
    return bool(parts) and all(part.startswith("different") for part in parts) and not _has_support(levels)


def _are_names(left: Attributes, right: Attributes, is_name: IsName) -> bool:
    """Whether both have a given name that is one, not a slip of the keys: those are what tells relatives apart. One
    that goes on where the other's ends is one too (Anna and Annabelle)."""
    mine, others = ({name.given for name in one.names if name.given} for one in (left, right))
    known = {given for given in mine | others if is_name(given)}
    known |= {given for given in mine | others if given.startswith(tuple(known))}
    return not known.isdisjoint(mine) and not known.isdisjoint(others)


def _conflicting_ids(left: Attributes, right: Attributes) -> list[str]:
    """The kinds of documents of which both have one, and no number is nearly another's."""
    levels: dict[str, list[str]] = {}
    for mine in left.government_ids:
        for other in right.government_ids:
            level = government_level(mine, other)
            if level is not None:
                levels.setdefault(mine[0], []).append(level)
    return [f"government_id/{kind}" for kind, found in sorted(levels.items()) if set(found) == {"different"}]


def _conflicting_suffixes(left: Attributes, right: Attributes) -> list[str]:
    """Junior and senior; the first is told from the second only where the other is numbered too."""
    if not any(map(_suffix, (*left.names, *right.names))):
        return []
    mine, other = ({name.suffix for name in one.names if name.suffix} for one in (left, right))
    first, numbered = ({name.middle for name in one.names} & {"i"} for one in (left, right))
    mine, other = mine or (first if other & NUMBERED else set()), other or (numbered if mine & NUMBERED else set())
    return ["name_suffix"] if mine and other and mine.isdisjoint(other) else []
