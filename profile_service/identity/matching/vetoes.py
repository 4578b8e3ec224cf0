"""Evidence against: why two customers cannot be one, whatever else agrees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter

from profile_service.identity.matching.attributes import Attributes
from profile_service.identity.matching.comparisons import government_level
from profile_service.identity.matching.levels import Agreement
from profile_service.identity.matching.nicknames import is_given_name
from profile_service.identity.matching.vocabulary import Comparison, Level

NUMBERED = frozenset({"ii", "iii", "iv"})
PERSONAL = frozenset(
    {
        Comparison.GIVEN_NAME,
        Comparison.MIDDLE_NAME,
        Comparison.FAMILY_NAME,
        Comparison.BIRTH_DATE,
        Comparison.GENDER,
    }
)
GIVEN_NAME_AND_BIRTH_DATE, TWINS, NAME = "given_name_and_birth_date", "twins", "name"
GIVEN_NAME_AT_A_DEVICE, FAMILY_NAME_AND_BIRTH_DATE = "given_name_at_a_device", "family_name_and_birth_date"
BIRTH_DATE_AT_HOME, GIVEN_NAME_OF_RELATIVES = "birth_date_at_home", "given_name_of_relatives"
ORDER = (
    GIVEN_NAME_AND_BIRTH_DATE,
    TWINS,
    NAME,
    GIVEN_NAME_AT_A_DEVICE,
    FAMILY_NAME_AND_BIRTH_DATE,
    BIRTH_DATE_AT_HOME,
    GIVEN_NAME_OF_RELATIVES,
)
"""How they are told, the strongest first."""
DOCUMENT_OF_NOBODY = "document_of_nobody"
"""It is not known who it is: that says nothing against anybody, as the others do."""
GENERATION = 15
"""Namesakes in one home are so many years apart, at least: else it is one person, with a birth date typed wrongly."""
_suffix = attrgetter("suffix")
NEARLY_ONE = (Level.EXACT, Level.CLOSE)
ONE_STREET = (Level.STREET, Level.STREET_NEAR)
ONE_PLACE = (*ONE_STREET, Level.HOUSEHOLD, Level.POSTCODE, Level.POSTCODE_AREA)
OTHER_NAME = (Level.DIFFERENT, Level.DIFFERENT_AT_HOME)
BIRTH_DATE = "birth_date"
DIFFERENT_DATES = (Level.DIFFERENT, Level.YEAR, Level.WITHIN_YEAR, Level.PARTIAL_DIFFERENT)


Levels = Mapping[Comparison, Level]
IsName = Callable[[str], bool]
"""Whether a word is known to be a given name, rather than a slip of the keys."""


def vetoes(
    left: Attributes, right: Attributes, agreements: Iterable[Agreement], is_name: IsName = is_given_name
) -> list[str]:
    """Why the two cannot be one customer, whatever else agrees. `agreements` is what `compare` answered.

    Relatives share a home, a family name and often a mailbox, phone or device; what tells them apart is a given name or
    a birth date that differs. A government id or a handle in common outweighs that.
    """
    levels = {comparison: level for comparison, level, _ in agreements}
    against = against_document(left, right, levels)
    if levels.get(Comparison.GOVERNMENT_ID) in NEARLY_ONE or levels.get(Comparison.HANDLE) is Level.EXACT:
        return against
    at_one_address = levels.get(Comparison.ADDRESS) in ONE_STREET
    if at_one_address and (_is_a_document_of_nobody(left, right) or _is_a_document_of_nobody(right, left)):
        against.append(DOCUMENT_OF_NOBODY)
    return against + _of_relatives(left, right, levels, is_name)


def against_document(left: Attributes, right: Attributes, levels: Levels) -> list[str]:
    """What rules out that the two are one customer whatever they are called: another generation, another document."""
    against = _conflicting_suffixes(left, right)
    if left.government_ids and right.government_ids and not _is_the_same_person(levels):
        against += _conflicting_ids(left, right)
    return against


def ruled_out(left: Attributes, right: Attributes, persons: Iterable[Agreement]) -> str:
    """The veto for which names and birth dates are enough, whatever the rest says; empty where the rest counts.
    `persons` is what `compare_persons` answered."""
    levels = {comparison: level for comparison, level, _ in persons}
    if levels.get(Comparison.GIVEN_NAME) is not Level.DIFFERENT:
        return ""
    if (left.government_ids and right.government_ids) or (left.handles and right.handles):
        return ""
    if levels.get(Comparison.BIRTH_DATE) in DIFFERENT_DATES:
        return GIVEN_NAME_AND_BIRTH_DATE
    may_reach = (left.emails and right.emails) or (left.phones and right.phones) or (left.devices and right.devices)
    return NAME if levels.get(Comparison.FAMILY_NAME) is Level.DIFFERENT and not may_reach else ""


def _of_relatives(left: Attributes, right: Attributes, levels: Levels, is_name: IsName) -> list[str]:
    """What tells people apart who have much in common."""
    given_differs = levels.get(Comparison.GIVEN_NAME) in OTHER_NAME
    family_differs = levels.get(Comparison.FAMILY_NAME) is Level.DIFFERENT
    date_differs = levels.get(Comparison.BIRTH_DATE) in DIFFERENT_DATES
    if not (given_differs or family_differs or date_differs):
        return []
    against = _by_date(left, right, levels) if date_differs else set[str]()
    if given_differs:
        against |= _by_given_name(left, right, levels, is_name)
    if _could_be_twins(levels):
        against.add(TWINS)
    if _is_half_a_name_against(levels):
        against.add(NAME)
    return sorted(against, key=ORDER.index)


def _by_date(left: Attributes, right: Attributes, levels: Levels) -> set[str]:
    """What another birth date says: with another name, and at one home, where it is not a parent's or child's slip."""
    against: set[str] = set()
    if levels.get(Comparison.GIVEN_NAME) in OTHER_NAME:
        against.add(GIVEN_NAME_AND_BIRTH_DATE)
    if levels.get(Comparison.FAMILY_NAME) is Level.DIFFERENT and _is_reached(levels):
        against.add(FAMILY_NAME_AND_BIRTH_DATE)
    if _is_at_home(levels) and not _has_one_name_and_generation(left, right, levels):
        against.add(BIRTH_DATE_AT_HOME)
    return against


def _by_given_name(left: Attributes, right: Attributes, levels: Levels, is_name: IsName) -> set[str]:
    """What another given name says: of those who live together, or share an address, it is another person's."""
    against: set[str] = set()
    if _is_a_device_all(levels) and _are_names(left, right, is_name):
        against.add(GIVEN_NAME_AT_A_DEVICE)
    family, reached = levels.get(Comparison.FAMILY_NAME), _is_reached(levels)
    if _is_at_home(levels) or (family in NEARLY_ONE and reached and _are_names(left, right, is_name)):
        against.add(GIVEN_NAME_OF_RELATIVES)
    elif family is Level.DIFFERENT and (not reached or _are_names(left, right, is_name)):
        against.add(NAME)
    return against


def _is_reached(levels: Levels) -> bool:
    """Whether both are reached over one mailbox, number or device."""
    return Level.EXACT in (
        levels.get(comparison) for comparison in (Comparison.EMAIL, Comparison.PHONE, Comparison.DEVICE)
    )


def _is_at_home(levels: Levels) -> bool:
    """Whether they live together, by name and street."""
    return levels.get(Comparison.ADDRESS) is Level.HOUSEHOLD


def merge_vetoes(
    left: Attributes, right: Attributes, agreements: Iterable[Agreement], is_name: IsName = is_given_name
) -> list[str]:
    """Why two established customers cannot be one: as `vetoes`, and a birth date that differs where no mailbox is like
    the other's. A single record may have it wrong; of two histories it says that they are two customers'."""
    agreements = list(agreements)
    levels = {agreement.comparison: agreement.level for agreement in agreements}
    against = vetoes(left, right, agreements, is_name)
    date_differs = levels.get(Comparison.BIRTH_DATE) in (Level.DIFFERENT, Level.PARTIAL_DIFFERENT)
    if date_differs and levels.get(Comparison.EMAIL) in (None, Level.DIFFERENT):
        against.append(BIRTH_DATE)
    return against


def _is_the_same_person(levels: Levels) -> bool:
    """Whether the birth date agrees, and two of given name, family name and place, and the given name is no other one:
    a document's number that was typed wrongly is likelier then than two people."""
    if levels.get(Comparison.BIRTH_DATE) not in (Level.EXACT, Level.NEAR):
        return False
    if levels.get(Comparison.GIVEN_NAME) in OTHER_NAME:
        return False
    agreeing = (
        levels.get(Comparison.GIVEN_NAME) in (Level.EXACT, Level.NICKNAME, Level.CLOSE),
        levels.get(Comparison.FAMILY_NAME) in (Level.EXACT, Level.CLOSE, Level.SIMILAR),
        levels.get(Comparison.ADDRESS) in ONE_PLACE,
    )
    return sum(agreeing) >= 2


def _is_a_document_of_nobody(left: Attributes, right: Attributes) -> bool:
    """Whether one side has a document and says nothing of the person, and the other is not known to have any: a home
    does not tell which of the family it is."""
    is_named = left.names or left.birth_dates or right.government_ids
    return bool(left.government_ids and not is_named)


def _has_one_name_and_generation(left: Attributes, right: Attributes, levels: Levels) -> bool:
    """Whether the names agree, and the birth dates are closer than those of a parent and a child."""
    one_given = levels.get(Comparison.GIVEN_NAME) in (Level.EXACT, Level.NICKNAME)
    if not one_given or levels.get(Comparison.FAMILY_NAME) not in NEARLY_ONE:
        return False
    years = (abs(a[0] - b[0]) for a in left.birth_dates for b in right.birth_dates)
    return levels.get(Comparison.MIDDLE_NAME) is not Level.DIFFERENT and min(years, default=GENERATION) < GENERATION


def _is_a_device_all(levels: Levels) -> bool:
    """Whether nothing speaks for the two but a device: those who live together share it."""
    agreeing = {name for name, level in levels.items() if level not in OTHER_NAME and name is not Comparison.GENDER}
    return agreeing == {Comparison.DEVICE}


def _could_be_twins(levels: Levels) -> bool:
    """Whether a family name and a birth date are all that two people with other given names have in common."""
    if levels.get(Comparison.GIVEN_NAME) not in OTHER_NAME or levels.get(Comparison.BIRTH_DATE) is not Level.EXACT:
        return False
    return levels.get(Comparison.FAMILY_NAME) in NEARLY_ONE and not _has_support(levels)


def _has_support(levels: Levels) -> bool:
    """Whether anything agrees besides names, birth date and gender."""
    return any(level is not Level.DIFFERENT for comparison, level in levels.items() if comparison not in PERSONAL)


def _is_half_a_name_against(levels: Levels) -> bool:
    """Whether all that is known of the one's name differs from the other's, and a birth date alone speaks for them."""
    parts = [levels[part] for part in (Comparison.GIVEN_NAME, Comparison.FAMILY_NAME) if part in levels]
    return bool(parts) and all(part in OTHER_NAME for part in parts) and not _has_support(levels)


def _are_names(left: Attributes, right: Attributes, is_name: IsName) -> bool:
    """Whether both have a given name that is one, not a slip of the keys: those are what tells relatives apart. One
    that goes on where the other's ends is one too (Anna and Annabelle)."""
    mine, others = ({name.given for name in side.names if name.given} for side in (left, right))
    known = {given for given in mine | others if is_name(given)}
    known |= {given for given in mine | others if given.startswith(tuple(known))}
    return not known.isdisjoint(mine) and not known.isdisjoint(others)


def _conflicting_ids(left: Attributes, right: Attributes) -> list[str]:
    """The kinds of documents of which both have one, and no number is nearly another's."""
    levels: dict[str, list[Level]] = {}
    for mine in left.government_ids:
        for other in right.government_ids:
            level = government_level(mine, other)
            if level is not None:
                levels.setdefault(mine[0], []).append(level)
    return [f"government_id/{kind}" for kind, answers in sorted(levels.items()) if set(answers) == {Level.DIFFERENT}]


def _conflicting_suffixes(left: Attributes, right: Attributes) -> list[str]:
    """Junior and senior; the first is told from the second only where the other is numbered too."""
    if not any(map(_suffix, (*left.names, *right.names))):
        return []
    mine, other = ({name.suffix for name in side.names if name.suffix} for side in (left, right))
    first, numbered = ({name.middle for name in side.names} & {"i"} for side in (left, right))
    mine, other = mine or (first if other & NUMBERED else set()), other or (numbered if mine & NUMBERED else set())
    return ["name_suffix"] if mine and other and mine.isdisjoint(other) else []
