"""Who calls: bearer tokens from a file that holds only their hashes. Other ways in (mTLS, OIDC) fit behind `find`."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from profile_service.engine.caller import Caller, CallerRole
from profile_service.errors import CredentialInvalid
from profile_service.identity.graph.model import Assurance

SCHEME = "Bearer "


class CredentialFileError(Exception):
    """The credential file cannot be used; the message says why."""


def token_hash(token: str) -> str:
    """SHA-256 of a token in hex. Tokens are 256 random bits, so a plain hash cannot be guessed back."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Credentials:
    """The callers by the hash of their token."""

    by_hash: Mapping[str, Caller]

    def find(self, metadata: Mapping[str, str | bytes], now_us: int = 0) -> Caller:
        """The caller of a call. Raises CredentialInvalid, also for a token that has expired."""
        header = metadata.get("authorization", "")
        if not isinstance(header, str) or not header.startswith(SCHEME):
            raise CredentialInvalid
        caller = self.by_hash.get(token_hash(header.removeprefix(SCHEME)))
        if caller is None or (caller.expire_time_us is not None and caller.expire_time_us <= now_us):
            raise CredentialInvalid
        return caller

    @property
    def tenants(self) -> frozenset[str]:
        """The tenants that somebody can call for."""
        return frozenset(caller.tenant for caller in self.by_hash.values())


def _caller(path: Path, number: int, row: Mapping[str, Any]) -> tuple[str, Caller]:
    try:
        caller = Caller(
            tenant=str(row["tenant"]),
            name=str(row["caller"]),
            role=CallerRole(row["role"]),
            sources=frozenset(row["sources"]),
            cap=Assurance[row["assurance_cap"]],
            person=str(row.get("person", "")),
            expire_time_us=None if "expires" not in row else expiry_of(row["expires"]),
        )
        return str(row["token_sha256"]), caller
    except (KeyError, ValueError, TypeError) as error:
        raise CredentialFileError(f"{path}: credential {number}: {type(error).__name__} {error}") from None


def expiry_of(value: object) -> int:
    """When a token ends, in microseconds: of a date its beginning, in UTC. Raises ValueError."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if not isinstance(value, datetime):
        raise ValueError("expires: has to be a date or a time")
    when = value if value.tzinfo else value.replace(tzinfo=UTC)
    return int(when.timestamp()) * 1_000_000


def _rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a credential file; none where there is no file. Raises CredentialFileError."""
    try:
        if path.exists() and path.stat().st_mode & 0o077:
            raise CredentialFileError(f"{path} can be read by others: run chmod 600 on it")
        return tomllib.loads(path.read_text()).get("credential", []) if path.exists() else []
    except tomllib.TOMLDecodeError as error:
        raise CredentialFileError(f"{path}: {error}") from None


def load_credentials(path: Path) -> Credentials:
    """Read a credential file (TOML, tables `[[credential]]`). Raises CredentialFileError."""
    return Credentials(dict(_caller(path, number, row) for number, row in enumerate(_rows(path), 1)))


def add_credential(path: Path, caller: Caller) -> str:
    """Append a credential with a fresh token, which is returned and stored nowhere."""
    token = secrets.token_urlsafe(32)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "a") as file:
        file.write(_entry(caller, token_hash(token)))
    return token


def revoke_credentials(path: Path, tenant: str, name: str) -> int:
    """Take all tokens of a caller away; answers how many there were. Raises CredentialFileError."""
    known = load_credentials(path).by_hash
    left = {key: caller for key, caller in known.items() if (caller.tenant, caller.name) != (tenant, name)}
    _write(path, [_entry(caller, key) for key, caller in left.items()])
    return len(known) - len(left)


def _write(path: Path, entries: Iterable[str]) -> None:
    """Put a new file in the place of the old one, so that a reader sees either."""
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines(entries)
    fresh.replace(path)


def _entry(caller: Caller, hashed: str) -> str:
    """A table of the file; JSON's strings are TOML's."""
    fields: dict[str, object] = {
        "tenant": caller.tenant,
        "caller": caller.name,
        "role": caller.role.value,
        "sources": sorted(caller.sources),
        "assurance_cap": caller.cap.name,
        "token_sha256": hashed,
    }
    if caller.person:
        fields["person"] = caller.person
    if caller.expire_time_us is not None:
        fields["expires"] = datetime.fromtimestamp(caller.expire_time_us / 1_000_000, UTC).isoformat()
    lines = [f"{name} = {json.dumps(value)}" for name, value in fields.items()]
    return "\n[[credential]]\n" + "\n".join(lines) + "\n"
