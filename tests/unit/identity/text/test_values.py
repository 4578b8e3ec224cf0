"""Values as networks and people write them (values.tsv: one a line, with the standard or the reason), and generated
ones: what is keyed reads as itself, and no two subscribers get one key."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import phonenumbers
import pytest

from profile_service.identity.policies import shipped_policy
from profile_service.identity.text.normalise import Keyed, is_blocked, normalise
from profile_service.identity.text.refusal import IdentifierBlocked, IdentifierInvalid

POLICY = shipped_policy("default")
LEAST, LEAST_REFUSED = 400, 40
SUBSCRIBERS, PAIRS_OF_REGION, SHORT = 100_000, 200, 7
WRITTEN: tuple[Callable[[str], str], ...] = (
    lambda number: number,
    lambda number: f"00{number[1:]}",
    lambda number: " ".join((number[:3], number[3:6], number[6:])),
    lambda number: "-".join((number[:4], number[4:7], number[7:])),
)


class Line(NamedTuple):
    """A value as it is written; `expected`: "namespace value" of the key, INVALID or BLOCKED."""

    namespace: str
    region: str
    value: str
    expected: str
    why: str


def lines() -> list[Line]:
    """The corpus."""
    text = (Path(__file__).parent / "values.tsv").read_text()
    found = [Line(*line.split("\t")) for line in text.splitlines()[1:]]
    return [
        line._replace(
            region=line.region.replace("-", ""),
            value=json.loads(f'"{line.value}"'),
            expected=json.loads(f'"{line.expected}"') if line.expected.isascii() else line.expected,
        )
        for line in found
    ]


def keyed(namespace: str, value: str, region: str = "") -> Keyed | str:
    """What is keyed, or how the value is refused."""
    try:
        found = normalise(namespace, value, "", region)
    except IdentifierBlocked:
        return "BLOCKED"
    except IdentifierInvalid:
        return "INVALID"
    return "BLOCKED" if is_blocked(found, POLICY, frozenset(), ()) else found


@pytest.mark.parametrize("line", lines(), ids=lambda line: f"{line.namespace} {line.value}".encode("ascii", "replace"))
def test_a_value_is_read_as_its_network_writes_it(line: Line) -> None:
    """The key, or why there is none."""
    found = keyed(line.namespace, line.value, line.region)
    assert (found if isinstance(found, str) else f"{found.namespace} {found.value}") == line.expected, line.why


def test_the_corpus_is_large_enough() -> None:
    """Of both kinds, and each line says why."""
    corpus = lines()
    assert len(corpus) >= LEAST
    assert sum(line.expected in ("INVALID", "BLOCKED") for line in corpus) >= LEAST_REFUSED
    assert all(line.why for line in corpus)


@pytest.mark.parametrize("line", [line for line in lines() if " " in line.expected], ids=lambda line: line.expected)
def test_what_is_keyed_reads_as_itself(line: Line) -> None:
    """A canonical form is a fixed point."""
    found = keyed(line.namespace, line.value, line.region)
    assert isinstance(found, Keyed)
    assert keyed(found.namespace, found.value) == found


def subscribers(chance: random.Random) -> Iterator[tuple[str, str]]:
    """Different subscribers: numbers that somebody could have, mailboxes, accounts."""
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
        if example is None or len(str(example.national_number)) < SHORT:
            continue
        number = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
        for _ in range(PAIRS_OF_REGION):
            varied = number[:-5] + f"{chance.randrange(100_000):05}"
            if phonenumbers.is_valid_number(phonenumbers.parse(varied)):
                yield "phone", varied
    letters = "abcdefghijklmnopqrstuvwxyz"
    while True:
        name = "".join(chance.choices(letters, k=chance.randint(6, 12)))
        host = chance.choice(("gmail.com", "outlook.com", "example.org", "gmx.de", "yahoo.com", "qq.com"))
        yield "email", f"{name}q@{host}"
        yield "account", f"{name.title()}-{chance.randrange(10**6)}"
        yield "telegram", str(chance.randrange(10**9, 10**11))


def test_no_two_of_many_subscribers_get_one_key() -> None:
    """However their values are written."""
    chance = random.Random(16)
    different: dict[tuple[str, str], None] = {}
    for subscriber in subscribers(chance):
        different[subscriber] = None
        if len(different) == SUBSCRIBERS:
            break
    keys: dict[Keyed, tuple[str, str]] = {}
    for namespace, value in different:
        written = chance.choice(WRITTEN)(value) if namespace == "phone" else value
        found = keyed(namespace, written, "DE")
        assert isinstance(found, Keyed), (namespace, written)
        assert keys.setdefault(found, (namespace, value)) == (namespace, value)
        assert keyed(found.namespace, found.value) == found
