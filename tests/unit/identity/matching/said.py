"""What records say, for the tests: attributes, identifiers, and how two of them compare."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st

from profile_service.identity.matching.attributes import Address, Attributes, PersonName, parse_attributes
from profile_service.identity.matching.comparisons import compare
from profile_service.identity.matching.frequencies import Frequencies
from profile_service.identity.matching.model import shipped_model
from profile_service.identity.matching.vetoes import vetoes

MODEL = shipped_model()
NAMESPACES = ("email", "phone", "x", "sip", "account", "crm", "instagram", "device")
EMPTY = Frequencies(people=1000, of_comparison={}, of_value={})
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "given_name": st.sampled_from(["Bob", "Robert", "Rob", "Ann", "Benedetta", "Xqzt", "Wvlorb", "J", ""]),
        "family_name": st.sampled_from(["Smith", "Smyth", "Garcia Lopez", "Garcia", "Kusha", ""]),
        "birth_date": st.sampled_from(["1978-12-11", "11/12/1978", "1978", "1990-03-15", "x"]),
        "street": st.sampled_from(["1 Oak Lane", "1 Oak Ln Springfield 60527", "2 Elm St"]),
        "postcode": st.sampled_from(["60527", "60528", "99999"]),
        "city": st.sampled_from(["Springfield", "Sprngfield", "Paris"]),
        "government_id/ssn": st.sampled_from(["1", "2"]),
    },
)


def levels(left: Mapping[str, str], right: Mapping[str, str]) -> dict[str, str]:
    """The levels of two records."""
    return levels_of(parse_attributes(left), parse_attributes(right))


def levels_of(left: Attributes, right: Attributes) -> dict[str, str]:
    """The levels of two customers."""
    return {agreement.comparison: agreement.level for agreement in compare(left, right)}


def said_by(**said: str) -> Attributes:
    """What a record says; identifiers by their namespaces."""
    return parse_attributes(said, [(name, value) for name, value in said.items() if name in NAMESPACES])


def against(left: Attributes, right: Attributes) -> list[str]:
    """The vetoes of two customers."""
    return vetoes(left, right, compare(left, right))


def named(given: str = "", family: str = "", middle: str = "", suffix: str = "") -> PersonName:
    """A name."""
    return PersonName(given=given, family=family, middle=middle, suffix=suffix)


def people(*names: PersonName) -> Attributes:
    """A customer of whom only names are known."""
    return Attributes(names=frozenset(names))


def living_at(*addresses: Address) -> Attributes:
    """A customer of whom only addresses are known."""
    return Attributes(addresses=frozenset(addresses))
