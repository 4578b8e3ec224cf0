"""How to reach the service: address, token, TLS, and the retries that gRPC itself makes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import grpc
import grpc.aio

SERVICE_CONFIG = json.dumps(
    {
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [
            {
                "name": [
                    {"service": "profile_service.v1.ContactService"},
                    {"service": "profile_service.v1.ProfileService"},
                ],
                "retryPolicy": {
                    "maxAttempts": 4,
                    "initialBackoff": "0.02s",
                    "maxBackoff": "0.5s",
                    "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE", "ABORTED"],
                },
            }
        ],
        "retryThrottling": {"maxTokens": 100, "tokenRatio": 0.1},
    }
)
"""Retried: UNAVAILABLE and ABORTED, which are safe because every write carries its key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An address and the token to call it with. `root_certificates` (PEM) switches TLS on."""

    address: str
    token: str
    root_certificates: bytes | None = None

    def options(self) -> Sequence[tuple[str, str | int]]:
        """Channel options."""
        return (
            ("grpc.service_config", SERVICE_CONFIG),
            ("grpc.enable_retries", 1),
            ("grpc.use_local_subchannel_pool", 1),
        )

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What every call carries."""
        return (("authorization", f"Bearer {self.token}"),)

    def channel(self) -> grpc.Channel:
        """A synchronous channel."""
        if self.root_certificates is None:
            return grpc.insecure_channel(self.address, options=self.options())
        return grpc.secure_channel(
            self.address, grpc.ssl_channel_credentials(self.root_certificates), options=self.options()
        )

    def aio_channel(self) -> grpc.aio.Channel:
        """An asynchronous channel."""
        if self.root_certificates is None:
            return grpc.aio.insecure_channel(self.address, options=self.options())
        return grpc.aio.secure_channel(
            self.address, grpc.ssl_channel_credentials(self.root_certificates), options=self.options()
        )
