"""The limits that stand in the protos, checked before anything else looks at a message."""

from __future__ import annotations

from google.protobuf.message import Message
from protovalidate import Validator

from profile_service.errors import FieldInvalid

_VALIDATOR = Validator()


def validate(message: Message, place: str = "") -> None:
    """Raise FieldInvalid where a field breaks a rule of its proto, naming each behind `place`."""
    violations = _VALIDATOR.collect_violations(message)
    if violations:
        raise FieldInvalid(
            [
                (
                    place + ".".join(part.field_name for part in violation.proto.field.elements)
                    if violation.proto.field
                    else place,
                    violation.proto.message,
                    violation.proto.rule_id.upper().replace(".", "_"),
                )
                for violation in violations
            ]
        )
