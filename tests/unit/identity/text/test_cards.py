"""Payment card numbers in text: what is one, where it ends, and what only looks like one."""

from __future__ import annotations

import pytest

from profile_service.identity.text.cards import CARDS_MAX, is_card_number, mask_cards, passes_luhn

CARD = "[card ending 1111]"
PLAIN = "4111111111111111"
FOURS = "4111 1111 1111 1111"


def with_check(digits: str) -> str:
    """The digits with the check digit of Luhn behind them, by the definition of ISO/IEC 7812-1."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


def number(prefix: str, length: int) -> str:
    """A number with a prefix, of so many digits, whose check digit is right."""
    return with_check(prefix.ljust(length - 1, "1"))


def test_the_check_digit_is_luhns() -> None:
    """The example of ISO/IEC 7812-1, of odd and of even length, and every other digit in its place."""
    assert passes_luhn("79927398713")
    assert [digit for digit in "0123456789" if passes_luhn("7992739871" + digit)] == ["3"]
    assert [digit for digit in "0123456789" if passes_luhn("411111111111111" + digit)] == ["1"]
    assert [passes_luhn(f"{digit}0") for digit in range(5)] == [True, False, False, False, False]
    assert [digit for digit in range(10) if passes_luhn(f"5{digit}")] == [9]
    assert all(passes_luhn(with_check(f"{seed:011}")) for seed in range(0, 10**11, 1_234_567_891))


@pytest.mark.parametrize(
    ("prefix", "length", "card"),
    [
        ("4", 13, True),
        ("4", 16, True),
        ("4", 19, True),
        ("4", 15, False),
        ("4", 12, False),
        ("51", 16, True),
        ("55", 16, True),
        ("59", 16, False),
        ("2221", 16, True),
        ("2720", 16, True),
        ("2220", 16, False),
        ("2721", 16, False),
        ("34", 15, True),
        ("37", 15, True),
        ("35", 15, False),
        ("34", 16, False),
        ("6011", 16, True),
        ("6011", 19, True),
        ("6012", 19, False),
        ("622126", 16, True),
        ("3528", 16, True),
        ("3589", 16, True),
        ("3527", 16, False),
        ("3590", 16, False),
        ("300", 14, True),
        ("306", 14, False),
        ("1800", 15, True),
        ("1801", 15, False),
        ("50", 12, True),
        ("99", 16, False),
        ("1", 16, False),
    ],
)
def test_issuer_range_length_and_check_digit_make_a_card(prefix: str, length: int, card: bool) -> None:
    """The first and the last prefix of a range, and those beside them; a wrong check digit makes none."""
    digits = number(prefix, length)
    assert is_card_number(digits) is card
    assert is_card_number(digits[:-1] + str((int(digits[-1]) + 1) % 10)) is False


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (PLAIN, CARD),
        (FOURS, CARD),
        ("", ""),
        ("no digits", "no digits"),
        ("4111 1111 1111 1112", "4111 1111 1111 1112"),
        (f"a {FOURS} b {PLAIN} c", f"a {CARD} b {CARD} c"),
        ("paid the order with 4111111111111111", f"paid the order with {CARD}"),
        ("4111-1111-1111-1111", CARD),
        ("4111\r\n\r\n\r\n1111     1111 _ 1111", CARD),
        ("4111" + " " * 12 + "1111 1111 1111", CARD),
        ("4111" + " " * 13 + "1111 1111 1111", "4111" + " " * 13 + "1111 1111 1111"),
        ("4111 x 1111 1111 1111", "4111 x 1111 1111 1111"),
        ("4111ー1111ー1111ー1111", CARD),
        ("④①①① ⁱ ⁴¹¹¹ ¹¹¹¹ ¹¹¹¹ ¹¹¹¹", f"④①①① ⁱ {CARD}"),
        ("٤١١١ ١١١١ ١١١١ ١١١١", CARD),
        ("4111%201111%201111%201111", CARD),
        ("4111&nbsp;1111&NBSP;1111&nbsp;1111", CARD),
        ("card=4111+1111+1111+1111&cvv=123", f"card={CARD}&cvv=123"),
        ("**4111** **1111** **1111** **1111**", f"**{CARD}**"),
        ("é 4111 1111 1111 1111 é", f"é {CARD} é"),
    ],
)
def test_a_card_number_is_masked_in_any_script_and_with_any_marks(text: str, masked: str) -> None:
    """All but its last four digits; the text around it is as it was."""
    assert mask_cards(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("3782 822463 10005", "[card ending 0005]"),
        ("3782 822463 1000 5", "3782 822463 1000 5"),
        ("3056 930902 5904", "[card ending 5904]"),
        ("411111 1111111111", "411111 1111111111"),
        ("411 111 111 111 111 1", CARD),
        ("41 11 11 11 11 11 11 11", CARD),
        ("41111 11111 111111", "41111 11111 111111"),
        ("4111 1111 1111 11 11", CARD),
        ("4111, 1111-1111 1111", CARD),
        ("411111-11111111 11", "411111-11111111 11"),
        ("411111 111111 1111", CARD),
        ("411111 111111 111 1", "411111 111111 111 1"),
        ("4111111111111 111", CARD),
        ("411 1111111111111", "411 1111111111111"),
        ("411111-111111 1111", "411111-111111 1111"),
        (number("4", 13)[:1] + " " + number("4", 13)[1:4] + " " + number("4", 13)[4:7], "4 111 111"),
        ("76,84 40,98 715,09 570,15 820,69 728,27", "76,84 40,98 715,09 570,15 820,69 728,27"),
        ("23.10.2026 15:50 - 16.06.2025 22:20", "23.10.2026 15:50 - 16.06.2025 22:20"),
        ("(239) 288-6613, (293) 764-6091", "(239) 288-6613, (293) 764-6091"),
    ],
)
def test_groups_have_the_form_of_a_card(text: str, masked: str) -> None:
    """Fours, whatever stands between them; else the same between all, and what is embossed or groups of equal size."""
    assert mask_cards(text) == masked


FORMS = [(4, 6, 5), (4, 6, 4), (4, 3, 3, 3), (4, 4, 5), (6, 13)]


@pytest.mark.parametrize("sizes", FORMS)
def test_numbers_are_masked_as_they_are_embossed(sizes: tuple[int, ...]) -> None:
    """With the same between all groups."""
    prefix = {15: "34", 14: "36", 13: "4", 19: "50"}[sum(sizes)]
    digits = number(prefix, sum(sizes))
    groups: list[str] = []
    for size in sizes:
        groups.append(digits[sum(map(len, groups)) :][:size])
    assert mask_cards(" ".join(groups)) == f"[card ending {digits[-4:]}]"
    mixed = groups[0] + "-" + " ".join(groups[1:])
    assert mask_cards(mixed) == (f"[card ending {digits[-4:]}]" if len(sizes) == 2 else mixed)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"12 {FOURS} 34", f"12 {CARD} 34"),
        (f"{FOURS} 50 EUR", f"{CARD} 50 EUR"),
        (f"1{PLAIN}", f"1{PLAIN}"),
        (f"{PLAIN}1", f"{PLAIN}1"),
        (f"{FOURS} {FOURS}", f"{CARD} {CARD}"),
        (f"{FOURS} 5500 0000 0000 0004", f"{CARD} [card ending 0004]"),
        ("bank reference 12345678901234567890", "bank reference 12345678901234567890"),
    ],
)
def test_a_number_begins_and_ends_with_a_group(text: str, masked: str) -> None:
    """Whatever digits stand beside it."""
    assert mask_cards(text) == masked


def test_numbers_that_overlap_are_masked_as_one() -> None:
    """Of five groups of four the first four and the last four are cards: it ends as the last of them."""
    first = with_check("411141111111111")
    digits = first[:4] + with_check(first[4:] + "000")
    text = " ".join(digits[place : place + 4] for place in range(0, 20, 4))
    assert mask_cards(f"a {text} b") == f"a [card ending {digits[-4:]}] b"
    assert mask_cards(f"{text} {FOURS}") == f"[card ending {digits[-4:]}] {CARD}"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"{FOURS} 123", f"{CARD} [code]"),
        (f"{FOURS} 1234", f"{CARD} [code]"),
        (f"{FOURS} 12", f"{CARD} 12"),
        (f"{FOURS}, 12345", f"{CARD}, 12345"),
        (f"{FOURS}/123", f"{CARD}/[code]"),
        (f"{FOURS} 12/27 123", f"{CARD} 12/27 [code]"),
        (f"{FOURS} exp 12/27 cvv 123", f"{CARD} exp 12/27 cvv [code]"),
        (f"{FOURS} 12/27 cvv: 123", f"{CARD} 12/27 cvv: [code]"),
        (f"{FOURS} 12/2027 CVC2 123", f"{CARD} 12/2027 CVC2 [code]"),
        (f"{FOURS} Prüfziffer 123", f"{CARD} Prüfziffer [code]"),
        (f"{FOURS} and then 123", f"{CARD} and then 123"),
        (f"{FOURS} 123 456", f"{CARD} 123 456"),
        ("4111 1111 1111 1111CVV 123", f"{CARD}CVV 123"),
        ("cvv 123", "cvv 123"),
    ],
)
def test_the_code_behind_a_number_is_masked(text: str, masked: str) -> None:
    """Three or four digits right behind it, or behind the date; a word for it stays."""
    assert mask_cards(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00"),
        (f"ticket {FOURS}", f"ticket {CARD}"),
        ("+49 151 2345600 4111 1111 1111 1111", f"+49 151 2345600 {CARD}"),
        ("+4111111111111111", f"+{CARD}"),
        ("+411111111111", "+411111111111"),
        (f"+{number('34', 15)}", f"+{number('34', 15)}"),
        (f"+ ({number('34', 15)}", f"+ ({number('34', 15)}"),
        (f"+ ( {number('34', 15)}", f"+ ( [card ending {number('34', 15)[-4:]}]"),
        (f"00 {number('34', 15)}", f"00 {number('34', 15)}"),
        (f"011 {number('34', 15)}", f"011 {number('34', 15)}"),
        (f"01 {number('34', 15)}", f"01 [card ending {number('34', 15)[-4:]}]"),
        (f"00 {PLAIN}", f"00 {CARD}"),
        ("+49 170 5427368, 22.04.2024", "+49 170 5427368, 22.04.2024"),
        ("41111111-1111-1111-1111-111111111111", "41111111-1111-1111-1111-111111111111"),
        (f"{PLAIN}abcdef00", f"{PLAIN}abcdef00"),
        (f"{PLAIN} abcdef00", f"{CARD} abcdef00"),
    ],
)
def test_what_only_looks_like_a_card_stays(text: str, masked: str) -> None:
    """Telephone numbers of at most 15 digits behind a plus or an international prefix, UUIDs and hashes."""
    assert mask_cards(text) == masked


def account(number: str) -> str:
    """A Hungarian account number in groups of four, with its check digits by ISO 7064."""
    value = int("".join(str(int(char, 36)) for char in f"{number}HU00"))
    whole = f"HU{98 - value % 97:02}{number}"
    return " ".join(whole[place : place + 4] for place in range(0, len(whole), 4))


@pytest.mark.parametrize("number", [PLAIN + "00000000", "00000000" + PLAIN, "0000" + PLAIN + "0005"])
def test_what_stands_in_an_iban_stays(number: str) -> None:
    """Where its length is that of its country and its check digits are right; a card number behind it is masked."""
    iban = account(number)
    assert mask_cards(iban) == iban
    assert mask_cards(iban.lower()) == iban.lower()
    assert mask_cards(iban.replace(" ", "-")) == iban.replace(" ", "-")
    assert mask_cards(f"{iban}, {FOURS}") == f"{iban}, {CARD}"
    check = int(iban[2:4])
    for other in (f"HU{check % 97 + 1:02}", f"XX{check:02}", f"DE{check:02}"):
        wrong = other + iban[4:]
        assert mask_cards(wrong).startswith(wrong.partition(FOURS)[0] + CARD)


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ("A4111111111111111", True),
        ("AB-4111111111111111", True),
        ("ABCD4111111111111111", True),
        ("ABCDE4111111111111111", False),
        ("ab4111111111111111", True),
        ("abc4111111111111111", False),
        ("AB12-4111111111111111", True),
        ("VISA4111111111111111", False),
        ("VISA-4111111111111111", False),
        ("is4111111111111111", False),
        ("KARTE-NR-4111 1111 1111 1111", False),
        ("AB-4111 1111 1111 1111", False),
        ("4111111111111111AB", True),
        ("4111111111111111A12", True),
        ("4111111111111111ABC", False),
        ("4111111111111111ab", False),
        ("cardnumber4111111111111111", False),
        ("order no. 4111111111111111", True),
        ("order 4111111111111111", False),
        ("case #4111111111111111", True),
        ("just in case 4111111111111111", False),
        ("ticket 4111111111111111", True),
        ("Ticketnummer: 4111111111111111", True),
        ("invoice number 4111111111111111", True),
        ("ref: 4111111111111111", True),
        ("tickets 4111111111111111", True),
        ("ticket for 4111111111111111", False),
        ("ticket 1 4111111111111111", False),
        ("Rechnung Nr. 4111111111111111", True),
    ],
)
def test_a_number_in_one_piece_may_be_a_code_or_have_another_name(text: str, stays: bool) -> None:
    """Glued to the letters of a code, or right behind a word for what has a number of its own."""
    assert mask_cards(text) == (text if stays else text.replace(FOURS, CARD).replace(PLAIN, CARD))


def test_a_run_of_very_many_numbers_is_masked_whole() -> None:
    """Up to the limit each by itself."""
    few, many = " ".join([PLAIN] * CARDS_MAX), " ".join([PLAIN] * (CARDS_MAX + 1))
    assert CARDS_MAX == 50
    assert mask_cards(few) == " ".join([CARD] * CARDS_MAX)
    assert mask_cards(many) == CARD
    assert mask_cards(f"a {many} b") == f"a {CARD} b"


def test_a_card_has_twelve_digits_at_least() -> None:
    """One of twelve is masked; with eleven there is none."""
    digits = number("50", 12)
    assert mask_cards(digits) == f"[card ending {digits[-4:]}]"
    assert mask_cards(number("50", 11)) == number("50", 11)
    assert mask_cards(f"50 {number('50', 11)}") == f"50 {number('50', 11)}"
