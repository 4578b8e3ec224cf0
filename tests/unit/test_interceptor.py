"""The interceptor hands each call the caller of its own credential."""

from __future__ import annotations

from typing import Any, cast

import grpc

from profile_service.config import TelemetrySettings
from profile_service.identity.model import Assurance
from profile_service.rpc.credentials import Credentials, token_hash
from profile_service.rpc.interceptor import ServiceInterceptor, current_caller
from profile_service.telemetry import Telemetry
from profile_service.usecases.runtime import Caller, CallerRole
from profile_service.v1 import GetProfileRequest, Profile

METHOD = "/profile_service.v1.ProfileService/GetProfile"


class Call:
    """What the interceptor reads of a call's context."""

    def __init__(self, token: str) -> None:
        self.token = token

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        """The token alone."""
        return (("authorization", f"Bearer {self.token}"),)

    def time_remaining(self) -> float:
        """A deadline that is far away."""
        return 30.0


async def test_two_credentials_of_one_name_keep_their_own_caps_and_sources() -> None:
    """Also when the one has called the same method just before the other."""
    strong, weak = (
        Caller(tenant="t", name="desk", role=CallerRole.SERVICE, sources=frozenset({source}), cap=cap)
        for source, cap in (("*", Assurance.VERIFIED), ("form", Assurance.CLAIMED))
    )
    credentials = Credentials({token_hash("strong"): strong, token_hash("weak"): weak})
    seen: list[Caller] = []

    async def note(request: Any, context: Any) -> Profile:
        seen.append(current_caller())
        return Profile()

    interceptor = ServiceInterceptor(credentials, Telemetry(TelemetrySettings()), 8, 10.0)
    serve = interceptor.wrap(METHOD, note)
    request = GetProfileRequest(name="profiles/01a20137-645d-72ac-b674-0f0c84d0d366")
    for token in ("strong", "weak", "strong"):
        await serve(request, cast("grpc.aio.ServicerContext", Call(token)))
    assert [one.cap for one in seen] == [Assurance.VERIFIED, Assurance.CLAIMED, Assurance.VERIFIED]
    assert [one.sources for one in seen] == [strong.sources, weak.sources, strong.sources]
    assert {one.method for one in seen} == {"GetProfile"}
