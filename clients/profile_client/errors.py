"""Errors of the service as one exception with its reason."""

from __future__ import annotations

from collections.abc import Mapping

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

DOMAIN = "profile-service"


class ProfileError(Exception):
    """A call failed. `reason` is an ErrorReason without its prefix, or empty where the service did not answer.

    `had_no_effect`: the service itself says so; without its word a write may have had its effect once, and is safe to
    repeat with the same key.
    """

    def __init__(self, code: grpc.StatusCode, reason: str, message: str, metadata: Mapping[str, str]) -> None:
        super().__init__(f"{reason or code.name}: {message}")
        self.code = code
        self.reason = reason
        self.message = message
        self.metadata = dict(metadata)

    @property
    def had_no_effect(self) -> bool:
        """Whether it is certain that nothing happened."""
        unknown = ("INTERNAL_ERROR", "DATABASE_UNAVAILABLE", "DEADLINE_PASSED")
        return bool(self.reason) and self.reason not in unknown


def profile_error(error: grpc.RpcError) -> ProfileError:
    """Read the status of a failed call."""
    code: grpc.StatusCode = error.code()  # pyright: ignore[reportAttributeAccessIssue] # every RpcError of a call has it
    details: str = error.details() or ""  # pyright: ignore[reportAttributeAccessIssue]
    reason, metadata = "", {}
    status = rpc_status.from_call(error)  # pyright: ignore[reportArgumentType]
    for detail in status.details if status is not None else ():
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info) and info.domain == DOMAIN:
            reason, metadata = info.reason, dict(info.metadata)
    return ProfileError(code, reason, details, metadata)
