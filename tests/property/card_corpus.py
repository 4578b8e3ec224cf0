"""Payment card numbers in many forms, and numbers that look like them and are none; seeded."""

from __future__ import annotations

import random
import string
import tomllib
import uuid
from collections.abc import Callable, Iterator, Mapping
from importlib import resources
from typing import Any

import phonenumbers

TABLE: Mapping[str, Any] = tomllib.loads(
    (resources.files("profile_service.identity.text") / "payment_numbers.toml").read_text()
)
SEPARATORS = (
    "",
    " ",
    "-",
    ".",
    "  ",
    "\n",
    "\r\n",
    "\t",
    "\u00a0",
    "\u2009",
    "\u202f",
    "\u3000",
    "\u200b",
    "\u2060",
    "‐",
    "–",
    "—",
    "−",
    "/",
    ",",
    ", ",
    ". ",
    " - ",
    " – ",
    "_",
    "|",
    " / ",
    "·",
    ":",
    "\u2028",
    "\ufeff",
)
NEIGHBOURS = (
    "{}",
    "card {}",
    "my card is {}.",
    "({})",
    "{} 123",
    "{} 12/27",
    "{} 12/27 123",
    "12/27 {}",
    "{} exp 12/27 cvv 123",
    "room 12 {}",
    "7 {}",
    "{} 50 EUR",
    "{}, 1",
    "2 rooms, 3 nights: {} thanks",
    "{}\n{}",
    "#{}#",
    "カード番号{}です",
    "Карта {} действует",
    "PAN:{}",
    "visa {}",
    "call +49 30 901820, card {}",
    "{} or +43 664 1234567",
    '"{}"',
    "<{}>",
    "{};exp=2712",
    "number\n{}\n",
    "20 {} 20",
    "2026-11-27 {}",
)
SCRIPTS = (0x30, 0xFF10, 0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0x1D7CE)
"""ASCII, full width, Arabic, Persian, Devanagari, Bengali, Thai, mathematical bold."""


def luhn_digit(digits: str) -> str:
    """The digit that completes a number (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 if place % 2 else 2)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def card_numbers(random_: random.Random) -> Iterator[tuple[str, str]]:
    """For ever: scheme and number, every range and length in turn."""
    while True:
        for scheme in TABLE["scheme"]:
            for prefix in scheme["prefixes"]:
                first, _, last = prefix.partition("-")
                for length in scheme["lengths"]:
                    start = str(random_.randint(int(first), int(last or first)))
                    digits = start + "".join(random_.choices(string.digits, k=length - 1 - len(start)))
                    yield scheme["name"], digits + luhn_digit(digits)


def groups(number: str, random_: random.Random) -> list[str]:
    """As people write it: by fours, as it is embossed, by twos, digit by digit, or in groups of any size."""
    if len(number) == 15 and random_.random() < 0.5:
        sizes = [4, 6, 5]
    elif len(number) == 14 and random_.random() < 0.5:
        sizes = [4, 6, 4]
    else:
        size = random_.choice((4, 4, 4, 2, 1, 3, 5, 6, 8))
        sizes = [size] * (len(number) // size) + [len(number) % size]
    found, place = list[str](), 0
    for size in sizes:
        found += [number[place : place + size]] if size else []
        place += size
    return found


def written_cards(random_: random.Random) -> Iterator[tuple[str, str, str]]:
    """For ever: scheme, number, and a text that holds it."""
    for count, (scheme, number) in enumerate(card_numbers(random_)):
        separator = SEPARATORS[count % len(SEPARATORS)]
        neighbour = NEIGHBOURS[count // len(SEPARATORS) % len(NEIGHBOURS)]
        script = SCRIPTS[count // 7 % len(SCRIPTS)]
        written = separator.join(groups(number, random_)) if separator else number
        spelled = "".join(chr(script + int(char)) if char.isascii() and char.isdigit() else char for char in written)
        yield scheme, number, neighbour.format(*[spelled] * neighbour.count("{}"))


def ibans(random_: random.Random) -> Iterator[str]:
    """Valid ones of all countries, in one piece, by fours, or with dashes."""
    while True:
        for country, length in TABLE["iban"].items():
            body = "".join(random_.choices(string.digits, k=length - 4))
            check = 98 - int("".join(str(int(char, 36)) for char in f"{body}{country}00")) % 97
            whole = f"{country}{check:02}{body}"
            separator = random_.choice(("", " ", "-"))
            parts = [whole[place : place + 4] for place in range(0, length, 4)]
            yield random_.choice(("{}", "IBAN {}", "IBAN: {} please", "to {}, thanks")).format(separator.join(parts))


def phones(random_: random.Random) -> Iterator[str]:
    """Numbers of all countries, in the forms of libphonenumber, with a plus, an international prefix, or as at home."""
    forms = phonenumbers.PhoneNumberFormat
    kinds = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
    regions = sorted(phonenumbers.SUPPORTED_REGIONS)
    while True:
        for region in regions:
            example = phonenumbers.example_number_for_type(region, random_.choice(kinds))
            if example is None:
                continue
            national = str(example.national_number)
            tail = "".join(random_.choices(string.digits, k=min(6, len(national) - 3)))
            number = phonenumbers.PhoneNumber(
                country_code=example.country_code,
                national_number=int(national[: -len(tail)] + tail),
                italian_leading_zero=example.italian_leading_zero,
                number_of_leading_zeros=example.number_of_leading_zeros,
            )
            form = random_.choice((forms.E164, forms.INTERNATIONAL, forms.NATIONAL, forms.RFC3966))
            text = phonenumbers.format_number(number, form)
            if form is forms.INTERNATIONAL and random_.random() < 0.3:
                text = "00" + text.removeprefix("+")
            yield random_.choice(("{}", "call me at {}", "Tel. {}", "{} (mobile)", "my number is {}, thanks")).format(
                text
            )


def tickets(random_: random.Random) -> Iterator[str]:
    """Numbers behind the word for what they are the number of."""
    words = (
        "ticket {}",
        "Ticket #{}",
        "ticket no. {}",
        "case no. {}",
        "case number {}",
        "order no. {}",
        "Order-ID: {}",
        "reference {}",
        "Ref: {}",
        "invoice {}",
        "booking {}",
        "tracking number {}",
        "Bestellung {}",
        "Bestellnummer {}",
        "Auftrag Nr. {}",
        "Rechnung {}",
        "Rechnungsnummer: {}",
        "Vorgang {}",
        "Sendungsnummer {}",
        "Buchung {}",
        "commande {}",
        "facture n° {}",
        "pedido {}",
        "factura {}",
        "ordine {}",
        "fattura {}",
        "bestelling {}",
    )
    while True:
        length = random_.choice((6, 8, 10, 11, 12, 13, 14, 16, 18, 20))
        number = "".join(random_.choices(string.digits, k=length))
        yield random_.choice(words).format(number)


def order_numbers(random_: random.Random) -> Iterator[str]:
    """Letters and digits."""

    def letters(most: int) -> str:
        return "".join(random_.choices(string.ascii_uppercase, k=random_.randint(1, most)))

    def digits(least: int, most: int) -> str:
        return "".join(random_.choices(string.digits, k=random_.randint(least, most)))

    while True:
        yield random_.choice(
            (
                lambda: f"order {letters(4)}{digits(8, 18)}",
                lambda: f"{letters(4)}-{digits(8, 18)}",
                lambda: f"{letters(3)}-{digits(4, 8)}-{digits(8, 12)}",
                lambda: f"{digits(12, 16)}{letters(2)} was sent",
                lambda: f"{letters(2).lower()}{digits(12, 16)}",
                lambda: f"{letters(2)}{digits(4, 6)}{letters(2)}{digits(4, 13)}",
            )
        )()


def uuids(random_: random.Random) -> Iterator[str]:
    """With dashes, without, in capitals."""
    while True:
        made = uuid.UUID(int=random_.getrandbits(128), version=4)
        yield random_.choice((str(made), made.hex, str(made).upper(), f"id {made}", f"conversations/{made}"))


NO_CARDS: Mapping[str, Callable[[random.Random], Iterator[str]]] = {
    "IBANs": ibans,
    "telephone numbers": phones,
    "ticket numbers": tickets,
    "order numbers": order_numbers,
    "UUIDs": uuids,
}
