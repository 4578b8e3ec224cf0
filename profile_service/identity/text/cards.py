"""Mask payment card numbers in text: issuer range, length, check digit and form, all four.

A card number is written in one piece or in groups, in the digits of any script, with blanks and marks between groups.
Whatever digits stand beside it, it begins and ends at the border of a group: every sub-run of groups that has a card's
form is looked at. The code that is printed on a card is masked where it stands right behind the number.

Not masked is what only looks like one: inside an IBAN (its check digits are right), a telephone number after a plus or
an international prefix (15 digits at most, ITU-T E.164), a UUID or hash, and, in one piece, digits that are glued to
the letters of a code or stand right behind a word for a ticket, an invoice or the like. The ranges and their sources
are in `payment_numbers.toml`.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import accumulate, islice, pairwise

import msgspec

SHORTEST = 12
PHONE_DIGITS_MAX = 15
DIGITS_END = 0x1FC00
"""Behind the last digit of Unicode 16."""
CARDS_MAX = 50
"""A run of groups with more sub-runs that could be cards is masked whole: it was made to cost time."""
FORMS = frozenset({(4, 6, 5), (4, 6, 4), (4, 3, 3, 3), (4, 4, 5), (6, 13)})
"""Groups that are embossed on cards, beside those of equal size."""
_SEPARATOR = r"(?:[^\w]|[_\u30fc\u0640\u3161]){1,12}"
"""What may stand between two groups; the letters are dashes of Japanese, Arabic and Korean keyboards."""
_MAYBE = re.compile(rf"(?:[0-9](?:{_SEPARATOR})?){{{SHORTEST - 1}}}[0-9]")
_RUN = re.compile(rf"[0-9]+(?:{_SEPARATOR}[0-9]+)*")
_GROUP = re.compile(r"[0-9]+")
_ENCODED = re.compile(r"%20|&nbsp;", re.IGNORECASE)
_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
_HEX = re.compile(r"\b(?=[0-9a-f]*[a-f])[0-9a-f]{24,128}\b", re.IGNORECASE)
_IBAN = re.compile(r"\b[A-Z]{2}[0-9]{2}(?:[ \-]?[A-Z0-9]){11,29}", re.IGNORECASE)
_PLUS = re.compile(r"\+[\s(]{0,2}\Z")
_GLUED_BEFORE = re.compile(r"(?<![A-Za-z])(?P<word>[A-Z]{1,4}-?|[a-z]{1,2}|[A-Z]{1,4}-?[0-9]{1,8}-)\Z")
_GLUED_AFTER = re.compile(r"[A-Z]{1,2}[0-9]*(?![0-9A-Za-z])")
_CARD_WORDS = frozenset(
    {"VISA", "CARD", "KK", "NR", "NO", "CC", "MC", "PAN", "AMEX", "ELO", "MIR", "JCB", "IS", "SEPA", "ID"}
)
_NUMBER = (
    r"(?:s?(?:-?nummer|-?number|-?numero|-?num[eé]ro|-?nr|-?no|-?id)?\b[\s:.#]{0,3}"
    r"(?:(?:number|nummer|no|nr|id|n[º°o])\b[\s:.#]{0,3})?)"
)
_REFERENCE = re.compile(
    r"(?:\b(?:ticket|reference|invoice|booking|tracking|shipment|parcel|vorgang|bestell|bestellung|auftrag|rechnung|buchung"
    r"|sendung|paket|commande|facture|dossier|colis|pedido|factura|env[ií]o|ordine|fattura|pratica|bestelling|factuur|zaak)"
    rf"{_NUMBER}|\b(?:case|order|ref)(?=[\s:.#-]{{0,2}}(?:#|:|no\b|nr\b|id\b|num)){_NUMBER})\Z",
    re.IGNORECASE,
)
"""Words for what has a number of its own; those that are common in sentences only where they say so."""
_CODE = re.compile(
    r"(?P<card>\[card ending [0-9]{4}\])(?P<between>(?:\s{1,3}|\s?[,;/.\-]\s?)"
    r"(?:(?:exp\w{0,20}\W{0,3})?[0-9]{2} ?[/.\-] ?(?:20)?[0-9]{2}(?:\s{1,3}|\s?[,;/.\-]\s?))?)"
    r"(?:(?P<word>(?:cv[vc]2?|csc|cid|code|pr[uü]fziffer|pr[uü]fnummer)\W{0,3})[0-9]{3,4}|[0-9]{3,4})"
    r"(?![0-9]|[ /.,\-]{1,2}[0-9])",
    re.IGNORECASE,
)


class _Scheme(msgspec.Struct, frozen=True, kw_only=True):
    """A card scheme: prefixes (`51-55` is a range) and the lengths of its numbers."""

    name: str
    prefixes: tuple[str, ...]
    lengths: frozenset[int]


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    """payment_numbers.toml."""

    scheme: tuple[_Scheme, ...]
    iban: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Ranges:
    """First and last value of a prefix with the lengths that its numbers have, by the first two digits."""

    by_start: dict[str, tuple[tuple[str, str, frozenset[int]], ...]]
    lengths: dict[str, frozenset[int]]
    iban: dict[str, int]


@cache
def _ranges() -> _Ranges:
    text = (resources.files("profile_service.identity.text") / "payment_numbers.toml").read_bytes()
    document = msgspec.toml.decode(text, type=_Document)
    ranges: dict[str, list[tuple[str, str, frozenset[int]]]] = {}
    for scheme in document.scheme:
        for prefix in scheme.prefixes:
            first, _, last = prefix.partition("-")
            row = (first, last or first, scheme.lengths)
            for start in range(int(first.ljust(2, "0")[:2]), int((last or first).ljust(2, "9")[:2]) + 1):
                ranges.setdefault(f"{start:02}", []).append(row)
    return _Ranges(
        by_start={start: tuple(rows) for start, rows in ranges.items()},
        lengths={start: frozenset[int]().union(*(row[2] for row in rows)) for start, rows in ranges.items()},
        iban=document.iban,
    )


def passes_luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1, annex B."""
    return _luhn_sums(digits)[len(digits) % 2][-1] % 10 == 0


def is_card_number(digits: str) -> bool:
    """Whether issuer range, length and check digit are all those of a payment card."""
    return _is_issued(digits) and passes_luhn(digits)


def _is_issued(digits: str) -> bool:
    rows = _ranges().by_start.get(digits[:2], ())
    return any(first <= digits[: len(first)] <= last and len(digits) in lengths for first, last, lengths in rows)


def _luhn_sums(digits: str) -> tuple[list[int], list[int]]:
    """Sums of the digits up to each place, those at even places doubled (first) or those at odd places (second)."""
    doubled = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
    values = [int(digit) for digit in digits]
    even = (value if place % 2 else doubled[value] for place, value in enumerate(values))
    odd = (doubled[value] if place % 2 else value for place, value in enumerate(values))
    return list(accumulate(even, initial=0)), list(accumulate(odd, initial=0))


def mask_cards(text: str) -> str:
    """Replace every payment card number by its last four digits, and the code behind it."""
    scanned = text if text.isascii() else text.translate(_digits_of_scripts())
    if "%" in scanned or "&" in scanned:
        scanned = _ENCODED.sub(lambda match: " " * len(match[0]), scanned)
    if _MAYBE.search(scanned) is None:
        return text
    pieces: list[str] = []
    done = 0
    for first, last, ending in _merged(_cards(scanned)):
        pieces += [text[done:first], f"[card ending {ending}]"]
        done = last
    if not done:
        return text
    return _CODE.sub(r"\g<card>\g<between>\g<word>[code]", "".join([*pieces, text[done:]]))


@cache
def _digits_of_scripts() -> dict[int, str]:
    """Every character that is a digit in some script or shape, and the digit."""
    values = ((number, unicodedata.digit(chr(number), None)) for number in range(0x80, DIGITS_END))
    return {number: str(value) for number, value in values if value is not None}


Span = tuple[int, int, str]


def _merged(spans: Sequence[Span]) -> Iterator[Span]:
    """Spans that overlap as one; it ends as the last of them."""
    current: Span | None = None
    for span in sorted(spans):
        if current is not None and span[0] < current[1]:
            current = max(current, (current[0], *span[1:]), key=lambda candidate: candidate[1])
            continue
        if current is not None:
            yield current
        current = span
    if current is not None:
        yield current


def _cards(text: str) -> list[Span]:
    """Where card numbers begin and end, with their last four digits."""
    exempt = [[match.span() for match in pattern.finditer(text)] for pattern in (_UUID, _HEX)] + [list(_ibans(text))]
    cards: list[Span] = []
    for match in _RUN.finditer(text):
        if match.end() - match.start() < SHORTEST:
            continue
        groups = [group.span() for group in _GROUP.finditer(text, match.start(), match.end())]
        run = _Run(text, groups)
        spans = list(islice(run.cards(), CARDS_MAX + 1))
        if len(spans) > CARDS_MAX:
            cards.append((match.start(), match.end(), run.digits[-4:]))
        elif spans:
            others = (*exempt, _phone(text, groups), _codes(text, groups))
            cards += [span for span in spans if not any(_inside(span, spans_) for spans_ in others)]
    return cards


def _inside(span: Span, others: Sequence[tuple[int, int]]) -> bool:
    """Whether a span is inside one of others, which are in order and do not overlap."""
    place = bisect_right(others, span[0], key=lambda other: other[0]) - 1
    return place >= 0 and span[1] <= others[place][1]


class _Run:
    """Groups of digits in a row. Costs some 0.1 us a group and length: what is tried on all starts is tried in
    comprehensions."""

    def __init__(self, text: str, groups: Sequence[tuple[int, int]]) -> None:
        self.text, self.groups = text, groups
        self.digits = "".join(text[first:last] for first, last in groups)
        places = list(accumulate((last - first for first, last in groups), initial=0))
        self.starts = dict(zip(places, range(len(groups)), strict=False))
        self.ends = dict(zip(places[1:], range(len(groups)), strict=True))

    def cards(self) -> Iterator[Span]:
        """The sub-runs that are card numbers."""
        if len(self.digits) < SHORTEST:
            return
        digits, ends = self.digits, self.ends
        sums, by_start = _luhn_sums(digits), defaultdict[frozenset[int], list[int]](list)
        lengths = _ranges().lengths
        for begin in self.starts:
            allowed = lengths.get(digits[begin : begin + 2])
            if allowed is not None:
                by_start[allowed].append(begin)
        for allowed, begins in by_start.items():
            for length in allowed:
                # Doubled is every second digit from the last but one: the even places, where the end is even.
                for begin in [
                    begin
                    for begin in begins
                    if begin + length in ends
                    and (sums[(begin + length) % 2][begin + length] - sums[(begin + length) % 2][begin]) % 10 == 0
                ]:
                    end = begin + length
                    first, last = self.starts[begin], ends[end]
                    if _is_issued(digits[begin:end]) and self._has_form(first, last):
                        yield self.groups[first][0], self.groups[last][1], digits[end - 4 : end]

    def _has_form(self, first: int, last: int) -> bool:
        """Whether groups are those of a card: one; fours, whatever stands between them; or, with the same between all
        of them, what is embossed or groups of equal size but for the last (prices and dates in a row are none)."""
        groups = self.groups[first : last + 1]
        sizes = tuple(end - begin for begin, end in groups)
        if len(sizes) == 1 or (sizes[:3] == (4, 4, 4) and max(sizes) == 4):
            return True
        between = {self.text[end:begin] for (_, end), (begin, _) in pairwise(groups)}
        is_even = all(size == sizes[0] for size in sizes[:-1]) and sizes[-1] <= sizes[0]
        return len(between) == 1 and (is_even or sizes in FORMS)


def _ibans(text: str) -> Iterator[tuple[int, int]]:
    """Account numbers with the length of their country and right check digits (ISO 7064, modulo 97)."""
    for match in _IBAN.finditer(text):
        length = _ranges().iban.get(match[0][:2].upper(), 0)
        characters = [(place, char) for place, char in enumerate(match[0]) if char.isalnum()][:length]
        value = "".join(char for _, char in characters).upper()
        if (
            len(value) == length
            and value
            and int("".join(str(int(char, 36)) for char in value[4:] + value[:4])) % 97 == 1
        ):
            yield match.start(), match.start() + characters[-1][0] + 1


def _phone(text: str, groups: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The telephone number that a run begins with: after a plus or an international prefix, as many groups as it can
    have."""
    first = groups[0][0]
    prefixed = text[slice(*groups[0])] in ("00", "011")
    if not prefixed and not _PLUS.search(text[max(0, first - 3) : first]):
        return []
    last, count = first, 0
    for begin, end in groups[1:] if prefixed else groups:
        count += end - begin
        if count > PHONE_DIGITS_MAX:
            break
        last = end
    return [(first, last)]


def _codes(text: str, groups: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Groups by themselves that are part of a code of letters and digits, or stand behind a word for what has a number.
    A card number that stands there is written in groups."""
    codes: list[tuple[int, int]] = []
    for number, (first, last) in enumerate(groups):
        if last - first < SHORTEST:
            continue
        before = text[max(0, first - 48) : first]
        glued = _GLUED_BEFORE.search(before)
        is_code = glued is not None and glued["word"].rstrip("-0123456789").upper() not in _CARD_WORDS
        is_named = number == 0 and _REFERENCE.search(before) is not None
        if is_code or is_named or _GLUED_AFTER.match(text, last):
            codes.append((first, last))
    return codes
