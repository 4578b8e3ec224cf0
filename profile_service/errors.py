"""Domain errors. The docstring is the message, `reason` the ErrorReason without its prefix; nothing is personal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

VIOLATIONS_MAX, WORDS_MAX, MESSAGE_MAX = 20, 80, 800
"""Violations that an error names, and characters of each part and of the whole message: they travel as metadata, which
clients cap at 8 to 16 KiB."""


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


class ServiceError(Exception):
    """Something went wrong."""

    reason: ClassVar[str] = "INTERNAL_ERROR"

    def __init__(self, message: str = "", **metadata: str) -> None:
        text = (type(self).__doc__ or "").strip()
        super().__init__(_cut(f"{text} {message}".strip() if message else text, MESSAGE_MAX))
        self.metadata = {name: _cut(value, WORDS_MAX) for name, value in metadata.items()}


class FieldInvalid(ServiceError):
    """A field breaks a rule."""

    reason = "FIELD_INVALID"

    def __init__(self, violations: list[tuple[str, str, str]]) -> None:
        lines = [
            (_cut(field, WORDS_MAX), _cut(text, WORDS_MAX), reason)
            for field, text, reason in violations[:VIOLATIONS_MAX]
        ]
        more = f"; and {len(violations) - len(lines)} more" if len(violations) > len(lines) else ""
        super().__init__("; ".join(f"{field}: {text}" for field, text, _ in lines) + more)
        self.violations = lines


class RequestMalformed(ServiceError):
    """The request is not a message of the method."""

    reason = "REQUEST_MALFORMED"


class RequestTooLarge(ServiceError):
    """The request is larger than the method takes: send it in parts."""

    reason = "REQUEST_TOO_LARGE"


class TimeInFuture(ServiceError):
    """A time lies more than 5 minutes in the future: check the caller's clock."""

    reason = "TIME_IN_FUTURE"


class NotRegistered(ServiceError):
    """The policy does not register this channel, namespace or source."""

    reason = "NOT_REGISTERED"


class IdentifierUnusable(ServiceError):
    """The value is not one of its namespace."""

    reason = "IDENTIFIER_INVALID"


class PageTokenInvalid(ServiceError):
    """The page_token is not ours, or belongs to another query: start again without it."""

    reason = "PAGE_TOKEN_INVALID"


class CredentialInvalid(ServiceError):
    """Send a known token as metadata `authorization: Bearer <token>`."""

    reason = "CREDENTIAL_INVALID"


class MethodDenied(ServiceError):
    """The credential's role may not call this method."""

    reason = "METHOD_DENIED"


class SourceDenied(ServiceError):
    """The credential may not speak for this source."""

    reason = "SOURCE_DENIED"


class ProfileNotFound(ServiceError):
    """There is no such profile."""

    reason = "PROFILE_NOT_FOUND"


class PurposeNeeded(ServiceError):
    """Name the contact in which you read this customer (`contact`), or say what for (`purpose`): it is audited."""

    reason = "PURPOSE_NEEDED"


class ProfileSplit(ServiceError):
    """The profile was split: call GetProfile and use one of its successors."""

    reason = "PROFILE_SPLIT"


class ProfileWithoutIdentifier(ServiceError):
    """The profile has no identifier yet that this could hang on: add evidence first."""

    reason = "PROFILE_WITHOUT_IDENTIFIER"


class ConversationNotFound(ServiceError):
    """There is no such conversation."""

    reason = "CONVERSATION_NOT_FOUND"


class ConversationSplit(ServiceError):
    """The contacts of the conversation are of different customers by now: use one of its successors."""

    reason = "CONVERSATION_SPLIT"

    def __init__(self, successors: Sequence[str]) -> None:
        names = {f"successor_{number}": f"conversations/{name}" for number, name in enumerate(successors[:10], 1)}
        super().__init__(successors=str(len(successors)), **names)


class ContactNotFound(ServiceError):
    """There is no such contact."""

    reason = "CONTACT_NOT_FOUND"


class IdentifierNotFound(ServiceError):
    """The identifier is not known."""

    reason = "IDENTIFIER_NOT_FOUND"


class ContactEnded(ServiceError):
    """The contact has ended."""

    reason = "CONTACT_ENDED"


class KeyReused(ServiceError):
    """Another payload was sent under this key before: use a fresh key for a new call."""

    reason = "KEY_REUSED"


class RevisionConflict(ServiceError):
    """The same source_revision holds other content: send a higher source_revision."""

    reason = "REVISION_CONFLICT"


class EtagStale(ServiceError):
    """The etag is not the current one: read the profile again."""

    reason = "ETAG_STALE"


class Contention(ServiceError):
    """Other calls changed the same profiles all the time: retry with the same key."""

    reason = "CONTENTION"


class SpentForNow(ServiceError):
    """Not again before a time: `retry_s` are the seconds until then."""

    def __init__(self, retry_s: int, **metadata: str) -> None:
        super().__init__(**metadata)
        self.retry_s = retry_s


class BudgetSpent(SpentForNow):
    """The budget of this hour is spent: retry after the delay in RetryInfo."""

    reason = "BUDGET_SPENT"


class ChecksExhausted(SpentForNow):
    """Too many answers about this customer failed within a day: ask again after the delay in RetryInfo."""

    reason = "CHECKS_EXHAUSTED"


class Overloaded(ServiceError):
    """The server is full: retry after the delay in RetryInfo."""

    reason = "OVERLOADED"


class CapReached(ServiceError):
    """A cap is reached, of a contact or of what one change may concern."""

    reason = "CAP_REACHED"


class DeadlinePassed(ServiceError):
    """The deadline passed; a write may have had its effect once: retry with the same key."""

    reason = "DEADLINE_PASSED"


class DatabaseUnavailable(ServiceError):
    """The database cannot be reached; a write may have had its effect once: retry with the same key."""

    reason = "DATABASE_UNAVAILABLE"
