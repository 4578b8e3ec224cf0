"""Domain errors -> google.rpc.Status. One table; a message never holds a personal value or a driver's text."""

from __future__ import annotations

from collections.abc import Mapping

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from profile_service.errors import FieldInvalid, Overloaded, ServiceError, SpentForNow

DOMAIN = "profile-service"
RETRY_SECONDS = 1

CODES: Mapping[str, int] = {
    "FIELD_INVALID": code_pb2.INVALID_ARGUMENT,
    "REQUEST_MALFORMED": code_pb2.INVALID_ARGUMENT,
    "REQUEST_TOO_LARGE": code_pb2.INVALID_ARGUMENT,
    "TIME_IN_FUTURE": code_pb2.INVALID_ARGUMENT,
    "NOT_REGISTERED": code_pb2.INVALID_ARGUMENT,
    "PAGE_TOKEN_INVALID": code_pb2.INVALID_ARGUMENT,
    "IDENTIFIER_INVALID": code_pb2.INVALID_ARGUMENT,
    "CREDENTIAL_INVALID": code_pb2.UNAUTHENTICATED,
    "METHOD_DENIED": code_pb2.PERMISSION_DENIED,
    "SOURCE_DENIED": code_pb2.PERMISSION_DENIED,
    "PROFILE_NOT_FOUND": code_pb2.NOT_FOUND,
    "CONVERSATION_NOT_FOUND": code_pb2.NOT_FOUND,
    "CONTACT_NOT_FOUND": code_pb2.NOT_FOUND,
    "IDENTIFIER_NOT_FOUND": code_pb2.NOT_FOUND,
    "CONTACT_ENDED": code_pb2.FAILED_PRECONDITION,
    "PROFILE_SPLIT": code_pb2.FAILED_PRECONDITION,
    "CONVERSATION_SPLIT": code_pb2.FAILED_PRECONDITION,
    "PURPOSE_NEEDED": code_pb2.FAILED_PRECONDITION,
    "PROFILE_WITHOUT_IDENTIFIER": code_pb2.FAILED_PRECONDITION,
    "KEY_REUSED": code_pb2.ALREADY_EXISTS,
    "REVISION_CONFLICT": code_pb2.ALREADY_EXISTS,
    "ETAG_STALE": code_pb2.ABORTED,
    "CONTENTION": code_pb2.ABORTED,
    "CHECKS_EXHAUSTED": code_pb2.RESOURCE_EXHAUSTED,
    "CAP_REACHED": code_pb2.RESOURCE_EXHAUSTED,
    "BUDGET_SPENT": code_pb2.RESOURCE_EXHAUSTED,
    "OVERLOADED": code_pb2.RESOURCE_EXHAUSTED,
    "DEADLINE_PASSED": code_pb2.DEADLINE_EXCEEDED,
    "DATABASE_UNAVAILABLE": code_pb2.UNAVAILABLE,
    "INTERNAL_ERROR": code_pb2.INTERNAL,
}
_GRPC_CODES = {code.value[0]: code for code in grpc.StatusCode}


class _Status(grpc.Status):
    """What grpc takes to end a call."""

    def __init__(self, status: status_pb2.Status) -> None:
        self.code = _GRPC_CODES[status.code]
        self.details = status.message
        self.trailing_metadata = (("grpc-status-details-bin", status.SerializeToString()),)


def code_of(error: ServiceError) -> int:
    """The google.rpc.Code of a domain error."""
    return CODES[error.reason]


def status_of(error: ServiceError) -> grpc.Status:
    """The status of a domain error: ErrorInfo always, BadRequest for fields, RetryInfo when shedding."""
    details: list[Message] = [
        error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=dict(error.metadata))
    ]
    if isinstance(error, FieldInvalid):
        details.append(
            error_details_pb2.BadRequest(
                field_violations=[
                    error_details_pb2.BadRequest.FieldViolation(field=field, description=text, reason=reason)
                    for field, text, reason in error.violations
                ]
            )
        )
    if isinstance(error, Overloaded | SpentForNow):
        wait_s = error.retry_s if isinstance(error, SpentForNow) else RETRY_SECONDS
        details.append(error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=wait_s)))
    packed: list[any_pb2.Any] = []
    for detail in details:
        packed.append(any_pb2.Any())
        packed[-1].Pack(detail)
    return _Status(status_pb2.Status(code=code_of(error), message=str(error), details=packed))
