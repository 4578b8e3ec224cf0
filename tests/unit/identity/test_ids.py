"""UUIDv7: ids that sort by age."""

from __future__ import annotations

from uuid import UUID

import pytest

from profile_service.identity.ids import NIL, uuid7

NOW = 1_700_000_000_000_000
BITS = (1 << 62) - 1


def test_ids_sort_by_age() -> None:
    """Microsecond by microsecond, whatever the random bits."""
    ids = [str(uuid7(NOW + step, BITS - step)) for step in range(0, 5000, 7)]
    assert ids == sorted(ids)
    assert str(uuid7(NOW, BITS)) < str(uuid7(NOW + 1, 0))


def test_nil_sorts_before_every_id() -> None:
    """Before the first of all, too."""
    assert NIL == "00000000-0000-0000-0000-000000000000"
    assert str(uuid7(0, 0)) > NIL


@pytest.mark.parametrize(
    ("time_us", "random_bits", "text"),
    [
        (0, 0, "00000000-0000-7000-8000-000000000000"),
        (0, BITS, "00000000-0000-7000-bfff-ffffffffffff"),
        (0, BITS + 1, "00000000-0000-7000-8000-000000000000"),
        (1_645_557_742_000_000, 0x18C4DC0C0C07398F, "017f22e2-79b0-7000-98c4-dc0c0c07398f"),
        (1_645_557_742_000_999, 0, "017f22e2-79b0-7ffb-8000-000000000000"),
        (500, 0, "00000000-0000-7800-8000-000000000000"),
        (((1 << 48) - 1) * 1000, 0, "ffffffff-ffff-7000-8000-000000000000"),
        ((1 << 48) * 1000, 0, "00000000-0000-7000-8000-000000000000"),
    ],
)
def test_ids_have_the_layout_of_rfc_9562(time_us: int, random_bits: int, text: str) -> None:
    """48 bits of milliseconds, the version, 12 bits of the fraction (method 3), the variant, 62 random bits; the
    fourth is the example of appendix A.6 without its fraction."""
    found = uuid7(time_us, random_bits)
    assert found == text
    assert UUID(found).version == 7
