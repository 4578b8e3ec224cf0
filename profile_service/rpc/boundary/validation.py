"""The limits that stand in the protos, checked before anything else looks at a message."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from google.protobuf.message import Message
from protovalidate import Validator

from profile_service.errors import FieldInvalid, ServiceError

_VALIDATOR = Validator()
TURN_ITEMS = 8
"""So many items of a batch are validated in a row; then others get their turn."""
Item = TypeVar("Item", bound=Message)
Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


def validate(message: Message, place: str = "") -> None:
    """Raise FieldInvalid where a field breaks a rule of its proto, naming each behind `place`."""
    violations = _VALIDATOR.collect_violations(message)
    if violations:
        raise FieldInvalid(
            [
                (
                    place + ".".join(map(_step, violation.proto.field.elements)) if violation.proto.field else place,
                    violation.proto.message,
                    violation.proto.rule_id.upper().replace(".", "_"),
                )
                for violation in violations
            ]
        )


def _step(element: Any) -> str:
    """A step of a field path, with the place in a list or the key of a map."""
    return element.field_name if element.subscript is None else f"{element.field_name}[{element.subscript.value}]"


async def answer_each(
    items: Sequence[Item],
    ask: Callable[[Item], Asked],
    answer: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer | ServiceError]]],
) -> list[Answer | ServiceError]:
    """The answers to the items of a batch, in order; an item that is not as it should be has its error, and the others
    are answered."""
    errors: dict[int, ServiceError] = {}
    asked: dict[int, Asked] = {}
    for place, item in enumerate(items):
        try:
            validate(item, f"requests[{place}].")
            asked[place] = ask(item)
        except ServiceError as error:
            errors[place] = error
        if place % TURN_ITEMS == 0:
            await asyncio.sleep(0)
    answers = dict(zip(asked, await answer(list(asked.values())), strict=True))
    return [errors[place] if place in errors else answers[place] for place in range(len(items))]
