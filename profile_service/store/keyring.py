"""Keys: keyed hashes for look-ups, sealed values for everything personal. The keys live outside the database.

A key file is JSON, `{"current": 1, "keys": {"1": "<64 hex digits>"}}`, mode 0600. Per tenant and purpose a key is
derived with HKDF-SHA256 (RFC 5869). Sealed values are AES-256-GCM: version byte, 12-byte nonce, ciphertext and tag.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12
KEY_BYTES = 32


class _KeyFile(msgspec.Struct, frozen=True, kw_only=True):
    current: int
    keys: dict[int, str]


class KeyFileError(Exception):
    """The key file cannot be used; the message says why and what to do."""


class SealBroken(Exception):
    """A sealed value does not open: it was changed, moved to another row, or sealed under a key that is gone."""


class Keyring:
    """The keys of all tenants. Immutable after construction."""

    def __init__(self, keys: dict[int, bytes], current: int) -> None:
        if current not in keys or not 0 < current < 256:
            raise KeyFileError(f"the current key {current} is not among the keys of the key file")
        self._keys = keys
        self._current = current
        self._oldest = min(keys)
        self._derived = lru_cache(maxsize=4096)(self._derive)
        self._sealers = lru_cache(maxsize=1024)(self._sealer)

    def _derive(self, version: int, tenant: str, purpose: str) -> bytes:
        info = f"profile-service/{purpose}/{tenant}".encode()
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(self._keys[version])

    def _sealer(self, version: int, tenant: str) -> AESGCM:
        return AESGCM(self._derived(version, tenant, "seal"))

    def checks(self) -> dict[int, bytes]:
        """What each key answers to a fixed question; it tells nothing of the key."""
        return {version: self._derive(version, "", "check") for version in self._keys}

    def digest(self, tenant: str, purpose: str, *parts: str) -> bytes:
        """HMAC-SHA256 of the parts under the tenant's key for the purpose; 32 bytes. Uses the oldest key, because
        rotating look-up keys means keying every row anew."""
        return self.digests(tenant, purpose, [parts])[0]

    def digests(self, tenant: str, purpose: str, values: Iterable[Sequence[str]]) -> list[bytes]:
        """As `digest`, for many values."""
        key = self._derived(self._oldest, tenant, purpose)
        return [hmac.digest(key, "\x00".join(parts).encode(), "sha256") for parts in values]

    def digest_fields(self, tenant: str, purpose: str, fields: Sequence[object]) -> bytes:
        """As `digest`, of plain fields in their order; of mappings the order does not count. A plain hash of personal
        fields would be undone by guessing."""
        key = self._derived(self._oldest, tenant, purpose)
        return hmac.digest(key, msgspec.json.encode(fields, order="sorted"), "sha256")

    def seal(self, tenant: str, place: str, value: bytes) -> bytes:
        """Encrypt a value; `place` names table, column and row, and has to be the same to open it."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._sealers(self._current, tenant).encrypt(nonce, value, f"{tenant}/{place}".encode())
        return bytes((self._current,)) + nonce + sealed

    def open(self, tenant: str, place: str, sealed: bytes) -> bytes:
        """Decrypt a value. Raises SealBroken."""
        if not sealed or sealed[0] not in self._keys:
            raise SealBroken(place.partition("/")[0])
        sealer = self._sealers(sealed[0], tenant)
        try:
            return sealer.decrypt(sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :], f"{tenant}/{place}".encode())
        except InvalidTag:
            raise SealBroken(place.partition("/")[0]) from None


def create_key_file(path: Path) -> None:
    """Make a key file with one fresh key, readable by its owner alone. Raises FileExistsError."""
    document = json.dumps({"current": 1, "keys": {"1": secrets.token_hex(KEY_BYTES)}})
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(document + "\n")


def load_keyring(path: Path) -> Keyring:
    """Read a key file. Raises KeyFileError."""
    try:
        mode = path.stat().st_mode & 0o777
        document = msgspec.json.decode(path.read_bytes(), type=_KeyFile)
        keys = {version: bytes.fromhex(text) for version, text in document.keys.items()}
    except FileNotFoundError:
        raise KeyFileError(
            f"there is no key file at {path}: restore it, without it no stored value can be read"
        ) from None
    except (ValueError, msgspec.MsgspecError) as error:
        raise KeyFileError(f"{path} is not a key file: {type(error).__name__}") from None
    if mode & 0o077:
        raise KeyFileError(f"{path} can be read by others (mode {mode:04o}): run chmod 600 on it")
    if any(len(key) != KEY_BYTES for key in keys.values()):
        raise KeyFileError(f"{path}: every key must be {KEY_BYTES} bytes (64 hex digits)")
    return Keyring(keys, document.current)
