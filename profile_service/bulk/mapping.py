"""Which column is what: a row becomes the resolution that hands it over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from profile_service.engine.graph.evidence import RECORD_CHANNEL
from profile_service.identity.graph.model import Assurance
from profile_service.identity.policy import SYSTEM_OF_RECORD, Policy
from profile_service.v1 import (
    Identifier,
    Proof,
    ProofMethod,
    ResolveProfileRequest,
    Role,
    SourceKey,
    SourceRecord,
)

RECORD_ID_MAX = 256
METHOD_PREFIX = "PROOF_METHOD_"
BY_PASSWORD = frozenset({"phone", "email"})
"""The namespaces to which a one-time password is sent."""


class MappingError(Exception):
    """The mapping or a row cannot be used; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMap:
    """Columns by what they hold. Identifiers are the namespaces of the policy, everything else is an attribute.

    `proofs` are the methods by which the source proved identifiers; the others it states, as a system of record.
    """

    source: str
    id_column: str
    attributes: Mapping[str, str]
    identifiers: Mapping[str, str]
    time_column: str = ""
    region: str = ""
    proofs: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def columns(self) -> frozenset[str]:
        """Every column that is named."""
        named = {self.id_column, self.time_column, *self.attributes.values(), *self.identifiers.values()}
        return frozenset(named - {""})

    def method(self, namespace: str) -> str:
        """How the source shows that an identifier is the customer's."""
        return self.proofs.get(namespace, SYSTEM_OF_RECORD)

    def read_out_by(self, policy: Policy) -> frozenset[str]:
        """The identifiers over which a customer, after a password, may be told what the record says."""
        return frozenset(
            namespace
            for namespace in self.identifiers.keys() & BY_PASSWORD
            if policy.worth(
                self.method(namespace),
                namespace=namespace,
                channel=RECORD_CHANNEL,
                source=self.source,
                caller_cap=Assurance.VERIFIED,
            )
            >= Assurance.ON_FILE
        )


def parse_map(pairs: Sequence[str], namespaces: frozenset[str]) -> tuple[dict[str, str], dict[str, str]]:
    """`given_name=first` pairs -> (attributes, identifiers). Raises MappingError."""
    attributes: dict[str, str] = {}
    identifiers: dict[str, str] = {}
    for pair in (part.strip() for text in pairs for part in text.split(",") if part.strip()):
        target, equals, column = pair.partition("=")
        if not equals or not target or not column:
            raise MappingError(f"--map {pair}: write ATTRIBUTE=COLUMN, as in given_name=first")
        (identifiers if target in namespaces else attributes)[target] = column
    return attributes, identifiers


def parse_proofs(pairs: Sequence[str], identifiers: Mapping[str, str]) -> dict[str, str]:
    """`email=ONE_TIME_PASSWORD` pairs -> methods by namespace. Raises MappingError."""
    proofs: dict[str, str] = {}
    methods = {name.removeprefix(METHOD_PREFIX) for name in ProofMethod.DESCRIPTOR.values_by_name} - {"UNSPECIFIED"}
    for pair in pairs:
        namespace, _, method = pair.partition("=")
        if namespace not in identifiers:
            raise MappingError(f"--proof {pair}: --map names no column of {namespace or 'an identifier'}")
        if method not in methods:
            raise MappingError(f"--proof {pair}: write NAMESPACE=METHOD, with a method of {', '.join(sorted(methods))}")
        proofs[namespace] = method
    return proofs


def require_columns(columns: ColumnMap, rows: Iterable[Mapping[str, str]]) -> None:
    """Raise MappingError where a column is named that none of the rows has."""
    known = {column for row in rows for column in row}
    missing = sorted(columns.columns - known)
    if missing:
        raise MappingError(f"there is no column {missing[0]}; there are: {', '.join(sorted(known)) or 'none'}")


def request_of(columns: ColumnMap, row: Mapping[str, str], now: datetime) -> ResolveProfileRequest:
    """The resolution of a row; `now` is its time where no column has one, so that of two rows of one record the later
    stands. The same row under the same mapping has the same request_id, so that handing it over
    twice changes nothing. Raises MappingError.
    """
    record = row.get(columns.id_column, "").strip()
    if not record or len(record) > RECORD_ID_MAX:
        raise MappingError(f"column {columns.id_column} has no record id of at most {RECORD_ID_MAX} characters")
    time = _time(row.get(columns.time_column, ""), columns.time_column) if columns.time_column else now
    digest = hashlib.sha256(
        json.dumps([asdict(columns), record, sorted(row.items())], sort_keys=True).encode()
    ).hexdigest()
    request = ResolveProfileRequest(
        request_id=f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}",
        identifiers=[
            Identifier(
                namespace=namespace,
                value=value.strip(),
                role=Role.ROLE_SUBJECT,
                proof=Proof(method=ProofMethod.Value(METHOD_PREFIX + columns.method(namespace))),
            )
            for namespace, column in columns.identifiers.items()
            for value in row.get(column, "").split("|")
            if value.strip()
        ],
        source_record=SourceRecord(
            source_key=SourceKey(source=columns.source, id=record),
            attributes={
                name: value for name, column in columns.attributes.items() if (value := row.get(column, "").strip())
            },
        ),
        default_region=columns.region,
    )
    try:
        request.occur_time.FromDatetime(time)
    except (OverflowError, ValueError):
        raise MappingError(f"column {columns.time_column} is a time that cannot be") from None
    return request


def _time(text: str, column: str) -> datetime:
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        raise MappingError(f"column {column} is no ISO 8601 time") from None
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
