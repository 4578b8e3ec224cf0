"""No payment card number is kept in any form, and numbers that are none stay: both rates are printed."""

from __future__ import annotations

import itertools
import os
import random
import unicodedata

import pytest

from profile_service.identity.text.cards import is_card_number, mask_cards, passes_luhn
from tests.property.card_corpus import NO_CARDS, luhn_digit, written_cards

FULL = os.environ.get("PROVE_FULL") == "1"
CARDS, OTHERS = (200_000, 10_000) if FULL else (20_000, 2_000)
MASKED_MAX = 0.001
SEED = int(os.environ.get("PROVE_SEED", "1"))


def digits_of(text: str) -> str:
    """The digits of a text, of any script, in a row."""
    return "".join(str(unicodedata.decimal(char)) for char in text if char.isdecimal())


def test_every_card_number_is_masked() -> None:
    """Issuer ranges, lengths, separators, scripts and neighbours: none is missed."""
    cards = list(itertools.islice(written_cards(random.Random(SEED)), CARDS))
    missed = [(scheme, text) for scheme, number, text in cards if number[:-4] in digits_of(mask_cards(text))]
    print(f"figure: {len(cards):,} card numbers in text, {len(missed)} missed")
    assert not missed, missed[:5]


@pytest.mark.parametrize("kind", NO_CARDS)
def test_numbers_that_are_none_stay(kind: str) -> None:
    """One in a thousand at most is taken for a card."""
    texts = list(itertools.islice(NO_CARDS[kind](random.Random(SEED)), OTHERS))
    masked = [text for text in texts if mask_cards(text) != text]
    print(f"figure: {len(texts):,} {kind}, {len(masked)} masked ({len(masked) / len(texts):.2%})")
    assert len(masked) / len(texts) <= MASKED_MAX, masked[:10]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("4111 1111 1111 1111 123", "[card ending 1111] [code]"),
        ("4111 1111 1111 1111 12/27 cvv: 123", "[card ending 1111] 12/27 cvv: [code]"),
        ("4111 1111 1111 1111 50 EUR", "[card ending 1111] 50 EUR"),
        ("3782 822463 10005", "[card ending 0005]"),
        ("+49 151 2345600 4111 1111 1111 1111", "+49 151 2345600 [card ending 1111]"),
        ("bank reference 12345678901234567890", "bank reference 12345678901234567890"),
        ("order no. 4111111111111111", "order no. 4111111111111111"),
        ("paid the order with 4111111111111111", "paid the order with [card ending 1111]"),
        ("just in case 4111111111111111", "just in case [card ending 1111]"),
        ("ticket 4111 1111 1111 1111", "ticket [card ending 1111]"),
        ("4111 1111 1111 1111CVV 123", "[card ending 1111]CVV 123"),
        ("KARTE-NR-4111 1111 1111 1111", "KARTE-NR-[card ending 1111]"),
        ("is4111 1111 1111 1111", "is[card ending 1111]"),
        ("cardnumber4111111111111111", "cardnumber[card ending 1111]"),
        ("card=4111+1111+1111+1111&cvv=123", "card=[card ending 1111]&cvv=123"),
        ("4111%201111%201111%201111", "[card ending 1111]"),
        ("4111&nbsp;1111&nbsp;1111&nbsp;1111", "[card ending 1111]"),
        ("**4111** **1111** **1111** **1111**", "**[card ending 1111]**"),
        ("4111\r\n\r\n\r\n1111     1111 _ 1111", "[card ending 1111]"),
        ("4111ー1111ー1111ー1111", "[card ending 1111]"),
        ("④①①① ⁱ ⁴¹¹¹ ¹¹¹¹ ¹¹¹¹ ¹¹¹¹", "④①①① ⁱ [card ending 1111]"),
        ("4111 1111 1111 11 11", "[card ending 1111]"),
        ("+49 170 5427368, 22.04.2024", "+49 170 5427368, 22.04.2024"),
        ("(239) 288-6613, (293) 764-6091", "(239) 288-6613, (293) 764-6091"),
        ("BLZ 50010593, 6008457622", "BLZ 50010593, 6008457622"),
        ("76,84 40,98 715,09 570,15 820,69 728,27", "76,84 40,98 715,09 570,15 820,69 728,27"),
        ("23.10.2026 15:50 - 16.06.2025 22:20", "23.10.2026 15:50 - 16.06.2025 22:20"),
        ("45.755316, 16.063328", "45.755316, 16.063328"),
        ("4111 1111 1111 1112", "4111 1111 1111 1112"),
    ],
)
def test_what_is_said_beside_a_number_decides(text: str, masked: str) -> None:
    """The code goes with the card; what has another name, or a wrong check digit, stays."""
    assert mask_cards(text) == masked


def test_the_check_digit_is_luhns() -> None:
    """The example of ISO/IEC 7812-1, and every other digit in its place."""
    assert passes_luhn("7992739871" + luhn_digit("7992739871"))
    assert sum(passes_luhn(f"7992739871{digit}") for digit in range(10)) == 1
    assert is_card_number("4111111111111111")
    assert not is_card_number("7992739871" + "3" + "00000")


def test_text_that_was_made_to_cost_time_is_masked_all_the_same() -> None:
    """Thousands of numbers in a row: none of them is left."""
    text = "4111 1111 1111 1111 " * 3000
    assert "4111" not in mask_cards(text)
