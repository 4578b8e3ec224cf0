"""The fold beside the model of threads."""

from __future__ import annotations

from tests.threaded.test_apart import (
    test_a_reference_alone_keeps_apart,
    test_it_comes_to_what_the_model_says,
    test_what_is_between_customers_is_apart,
)

__all__ = [
    "test_a_reference_alone_keeps_apart",
    "test_it_comes_to_what_the_model_says",
    "test_what_is_between_customers_is_apart",
]
