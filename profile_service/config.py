"""One frozen tree of settings, read once from PROFILE_* variables; an unknown one fails the start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "PROFILE_"
NOT_SETTINGS = frozenset({"PROFILE_TOKEN"})
"""Variables of clients that have the same prefix."""


class ConfigError(Exception):
    """The settings cannot be used; the message names the variable."""


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GrpcSettings(_Group):
    """How the service listens."""

    address: str = Field(
        default="127.0.0.1:50051", description="host:port, or unix:/path. Plain text on loopback or a socket only."
    )
    tls_certificate: Path | None = Field(default=None, description="PEM chain of the server. Needed off loopback.")
    tls_key: Path | None = Field(default=None, description="PEM key of the server.")
    request_max_bytes: int = Field(default=262_144, ge=4096, description="Largest request.")
    batch_max_bytes: int = Field(
        default=4_194_304, ge=4096, description="Largest request of a batch, and of SimulatePolicy."
    )
    in_flight_max: int = Field(
        default=1024,
        description="Calls served at once per process: a quarter for a caller, half for a tenant; more are shed.",
    )
    default_deadline_s: float = Field(default=10.0, description="For calls that come without a deadline.")
    drain_s: float = Field(default=10.0, description="How long a stop waits for calls under way.")


class DatabaseSettings(_Group):
    """Where the facts are."""

    url: SecretStr | None = Field(default=None, description="PostgreSQL 15 or newer. Not set: the embedded one.")
    data_dir: Path = Field(
        default=Path("~/.local/share/profile-service"), description="Home of the embedded one, and of the keys."
    )
    connections: int = Field(
        default=16, ge=4, description="Connections per process. A caller takes a quarter of them at most."
    )
    wait_s: float = Field(default=3.0, gt=0, description="How long a call waits for a connection.")


class TelemetrySettings(_Group):
    """What is reported, and where to."""

    otlp_endpoint: str = Field(default="", description="OTLP over gRPC, for traces and metrics. Empty: none.")
    prometheus_port: int = Field(default=0, description="Port of /metrics on loopback. 0: none.")
    sample_ratio: float = Field(
        default=0.1, description="Share of calls that are traced, where the caller does not say."
    )


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        nested_model_default_partial_update=True,
    )

    grpc: GrpcSettings = GrpcSettings()
    database: DatabaseSettings = DatabaseSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    credentials_file: Path | None = Field(
        default=None, description="Who may call. Not set: credentials.toml in the data directory."
    )
    tenants_file: Path | None = Field(
        default=None, description="Per-tenant policy, regions, blocked values. Not set: defaults."
    )
    key_file: Path | None = Field(
        default=None, description="The keys. Not set: keys.json in the data directory, made at first start."
    )
    policy: str = Field(
        default="default", description="The shipped policy of tenants that name none: default or bench."
    )
    processes: int = Field(default=1, description="Server processes that share the port.")
    coalesce: bool = Field(
        default=True, description="Whether calls that arrive together share a statement and a commit."
    )

    @model_validator(mode="after")
    def _fits(self) -> Settings:
        tls = (self.grpc.tls_certificate, self.grpc.tls_key)
        if (tls[0] is None) != (tls[1] is None):
            raise ValueError("PROFILE_GRPC__TLS_CERTIFICATE and PROFILE_GRPC__TLS_KEY go together")
        if tls[0] is None and not is_local(self.grpc.address):
            raise ValueError("PROFILE_GRPC__ADDRESS: plain text is for loopback and unix sockets only: configure TLS")
        if self.processes > 1 and self.grpc.address.startswith("unix:"):
            raise ValueError("PROFILE_PROCESSES: several processes cannot share a unix socket")
        return self

    @property
    def home(self) -> Path:
        """The data directory."""
        return self.database.data_dir.expanduser()

    @property
    def credentials(self) -> Path:
        """The credential file."""
        return self.credentials_file or self.home / "credentials.toml"

    @property
    def keys(self) -> Path:
        """The key file."""
        return self.key_file or self.home / "keys.json"


def is_local(address: str) -> bool:
    """Whether an address is a unix socket or on the loopback interface."""
    if address.startswith("unix:"):
        return True
    host = address.rpartition(":")[0].strip("[]")
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment. Raises ConfigError."""
    given = dict(os.environ if environment is None else environment)
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    for name in given:
        if name.startswith(PREFIX) and name.partition("__")[0] not in known and name not in NOT_SETTINGS:
            raise ConfigError(f"{name} is not a setting: run `profile-service check-config` to see them all")
    try:
        if environment is None:
            return Settings()
        return Settings.model_validate(_tree(given))
    except ValidationError as error:
        first = error.errors()[0]
        place = "__".join(str(part) for part in first["loc"]).upper()
        raise ConfigError(f"{PREFIX}{place}: {first['msg']}" if place else str(first["msg"])) from None


def _tree(given: Mapping[str, str]) -> dict[str, object]:
    tree: dict[str, object] = {}
    for name, value in given.items():
        if name.startswith(PREFIX):
            group, _, leaf = name.removeprefix(PREFIX).lower().partition("__")
            if leaf:
                branch = tree.setdefault(group, {})
                if isinstance(branch, dict):
                    branch[leaf] = value
            else:
                tree[group] = value
    return tree
