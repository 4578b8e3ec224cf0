"""Page tokens: a keyset position with an HMAC that binds it to method, parent, filters and tenant."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from typing import Protocol, TypeVar

import msgspec

from profile_service.errors import PageTokenInvalid

MAC_BYTES = 16
Position = TypeVar("Position")


class Digests(Protocol):
    """What makes keyed hashes: the keyring."""

    def digest(self, tenant: str, purpose: str, *parts: str) -> bytes:
        """32 bytes."""
        ...


def _mac(keyring: Digests, tenant: str, binding: object, body: bytes) -> bytes:
    key = keyring.digest(tenant, "page_token")
    return hmac.digest(key, msgspec.json.encode(binding) + b"\x00" + body, "sha256")[:MAC_BYTES]


def encode_page_token(keyring: Digests, tenant: str, binding: object, position: tuple[object, ...]) -> str:
    """Make a token for the position after which the next page begins."""
    body = msgspec.json.encode(position)
    return urlsafe_b64encode(_mac(keyring, tenant, binding, body) + body).decode()


def decode_page_token(
    keyring: Digests, tenant: str, binding: object, token: str, kind: type[Position]
) -> Position | None:
    """The position of a token, as a tuple of the kind; None for the first page. Raises PageTokenInvalid."""
    if not token:
        return None
    try:
        raw = urlsafe_b64decode(token)
        mac, body = raw[:MAC_BYTES], raw[MAC_BYTES:]
        if not hmac.compare_digest(mac, _mac(keyring, tenant, binding, body)):
            raise PageTokenInvalid
        return msgspec.json.decode(body, type=kind)
    except (Error, ValueError):
        raise PageTokenInvalid from None
