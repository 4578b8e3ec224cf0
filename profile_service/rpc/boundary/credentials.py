"""Who calls: bearer tokens from a file that holds only their hashes. Other ways in (mTLS, OIDC) fit behind `find`."""

from __future__ import annotations

import hashlib
import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
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

    def find(self, metadata: Mapping[str, str | bytes]) -> Caller:
        """The caller of a call. Raises CredentialInvalid."""
        header = metadata.get("authorization", "")
        if not isinstance(header, str) or not header.startswith(SCHEME):
            raise CredentialInvalid
        caller = self.by_hash.get(token_hash(header.removeprefix(SCHEME)))
        if caller is None:
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
        )
        return str(row["token_sha256"]), caller
    except (KeyError, ValueError, TypeError) as error:
        raise CredentialFileError(f"{path}: credential {number}: {type(error).__name__} {error}") from None


def load_credentials(path: Path) -> Credentials:
    """Read a credential file (TOML, tables `[[credential]]`). Raises CredentialFileError."""
    try:
        if path.exists() and path.stat().st_mode & 0o077:
            raise CredentialFileError(f"{path} can be read by others: run chmod 600 on it")
        table = tomllib.loads(path.read_text()) if path.exists() else {}
    except tomllib.TOMLDecodeError as error:
        raise CredentialFileError(f"{path}: {error}") from None
    rows = table.get("credential", [])
    return Credentials(dict(_caller(path, number, row) for number, row in enumerate(rows, 1)))


def add_credential(path: Path, caller: Caller) -> str:
    """Append a credential with a fresh token, which is returned and stored nowhere."""
    token = secrets.token_urlsafe(32)
    sources = ", ".join(f'"{source}"' for source in sorted(caller.sources))
    entry = (
        f'\n[[credential]]\ntenant = "{caller.tenant}"\ncaller = "{caller.name}"\nrole = "{caller.role.value}"\n'
        f'sources = [{sources}]\nassurance_cap = "{caller.cap.name}"\ntoken_sha256 = "{token_hash(token)}"\n'
    )
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "a") as file:
        file.write(entry)
    return token
