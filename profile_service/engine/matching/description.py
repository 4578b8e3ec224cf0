"""What a source record says of a customer, with the keyed hashes that it is found and counted by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from profile_service.engine.identifiers import Item
from profile_service.identity.graph.model import Result, Role
from profile_service.identity.matching.attributes import Attributes, as_compared, digits_of, parse_attributes, words
from profile_service.identity.matching.blocking import blocking_keys
from profile_service.identity.matching.frequencies import compared_values, counted_values
from profile_service.identity.text.addresses import parted_email
from profile_service.identity.text.normalise import Keyed
from profile_service.identity.text.phones import MASKED_PHONE
from profile_service.store.keyring import Keyring

PEOPLE = ("people", "")
NAMES = ("given_name", "family_name", "name")
ADDRESS_LIKE = re.compile(r"(?=[^a-z]*[a-z])[\w.+-]+|[\w.+-]*\*+[\w.+-]*@[\w.-]+")
CLAIM = "STATED"
READABLE_MAX = 254
"""Longer values are neither addresses nor numbers with a slip."""
Value = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A record's features, its blocking keys, its own values, and the values whose frequency a comparison can need;
    the same however often the record is decided."""

    features: Attributes = field(default_factory=Attributes)
    keys: Sequence[bytes] = ()
    values: Sequence[Value] = ()
    compared: Sequence[Value] = ()
    compared_keys: Sequence[bytes] = ()

    @property
    def key_of_people(self) -> bytes:
        """The keyed hash under which all customers are counted."""
        return self.compared_keys[0]


def describe(keyring: Keyring, tenant: str, features: Attributes) -> Description:
    """Everything that follows from the features alone. `compared` has the number of people and the sums by comparison
    as well."""
    values = sorted(compared_values(features))
    sums = sorted({comparison for comparison, _ in values})
    compared = [PEOPLE, *((comparison, "") for comparison in sums), *values]
    return Description(
        features=features,
        keys=keyring.digests(tenant, "blocking", ((key,) for key in blocking_keys(features))),
        values=sorted(set(counted_values(features))),
        compared=compared,
        compared_keys=keyring.digests(tenant, "value", compared),
    )


def value_key(keyring: Keyring, tenant: str, value: Value) -> bytes:
    """The keyed hash under which the people who have a value are counted."""
    return keyring.digest(tenant, "value", *value)


def evidence_of(items: Iterable[Item], *, claims: bool = False) -> list[Value]:
    """The identifiers of a record as matching compares them. One that is not valid still says something; one of
    somebody else (a participant's, the business's), or that is only claimed, nothing (E1), unless `claims` are weighed
    too: for a question to people."""
    values: list[Value] = []
    for item in items:
        if item.given.role is not Role.SUBJECT or (item.given.method == CLAIM and not claims):
            continue
        if item.keyed is not None and item.key is not None and (item.proven or claims):
            values.append((item.namespace, _scoped(item.keyed)))
        elif item.refused is Result.INVALID and (value := readable(item.namespace, item.given.value)):
            values.append((item.namespace, value))
    return values


def _scoped(keyed: Keyed) -> str:
    return f"{keyed.scope}:{keyed.value}" if keyed.scope else keyed.value


def compared_as(item: Item) -> Value | None:
    """The attribute that a valid identifier is compared as, and its value there."""
    return None if item.keyed is None or item.key is None else as_compared(item.namespace, _scoped(item.keyed))


def readable(namespace: str, value: str) -> str:
    """What can be read of an identifier that is not valid: the digits of a phone number, an address without its @."""
    if len(value) > READABLE_MAX:
        return ""
    if namespace == "phone":
        return "" if MASKED_PHONE.search(value) else digits_of(value)
    lowered = parted_email(value)[1].lower()
    return lowered if namespace == "email" and ADDRESS_LIKE.fullmatch(lowered) else ""


def features_of(attributes: Mapping[str, str], items: Sequence[Item], *, claims: bool = False) -> Attributes:
    """What a source record says of the customer, as matching compares it. One that names nobody may have a name beside
    an e-mail address."""
    said = attributes
    if not any(attributes.get(name) for name in NAMES):
        said = {**attributes, "name": "|".join(_display_names(items))}
    return parse_attributes(said, evidence_of(items, claims=claims))


def _display_names(items: Sequence[Item]) -> list[str]:
    """Of several words: a single one is an office's as often as a person's."""
    own = (item.given for item in items if item.namespace == "email" and item.given.role is Role.SUBJECT)
    names = (parted_email(given.value)[0] for given in own)
    return [name for name in names if len(words(name)) > 1 and "@" not in name]
