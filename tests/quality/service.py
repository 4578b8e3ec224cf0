"""Play a set of records through the real service, and ask it afterwards where every record stands."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from profile_client import AsyncProfileClient, Target

from profile_service.v1 import (
    GetProfileRequest,
    Identifier,
    ListReviewsRequest,
    Proof,
    ProofMethod,
    ResolveProfileRequest,
    Role,
    SourceKey,
    SourceRecord,
)
from tests.quality.fields import Record

AT_ONCE = 32
EPOCH_S = 1_704_067_200
PROOFS = {
    "email": ProofMethod.PROOF_METHOD_MAIL_DMARC,
    "phone": ProofMethod.PROOF_METHOD_CALLER_ID_ATTESTED,
    "x": ProofMethod.PROOF_METHOD_CHANNEL_DELIVERED,
    "device": ProofMethod.PROOF_METHOD_SESSION,
}
"""How an identifier counts as OBSERVED."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Where every record stands, in the order given; which share opened a review; how fast it went."""

    owners: Sequence[str]
    reviewed: float
    records_per_s: float


def request_of(record: Record, place: int) -> ResolveProfileRequest:
    """The call that hands a record over."""
    digest = hashlib.sha256(record.id.encode()).hexdigest()
    request = ResolveProfileRequest(
        request_id=f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}",
        identifiers=[
            Identifier(namespace=namespace, value=value, role=Role.ROLE_SUBJECT, proof=Proof(method=PROOFS[namespace]))
            for namespace, value in record.identifiers
        ],
        source_record=SourceRecord(
            source_key=SourceKey(source="quality", id=record.id), attributes=dict(record.attributes)
        ),
        default_region="US",
    )
    request.occur_time.seconds = EPOCH_S + place
    return request


async def play(target: Target, records: Sequence[Record], progress: Callable[[int], None]) -> Reached:
    """Hand over the records, in order as far as calls in parallel are, and read their profiles at the end."""
    owners = [""] * len(records)
    async with AsyncProfileClient(target) as client:

        async def give(place: int) -> None:
            await client.call(request_of(records[place], place), deadline_s=60)
            progress(1)

        async def ask(place: int) -> None:
            request = GetProfileRequest(source_key=SourceKey(source="quality", id=records[place].id))
            owners[place] = (await client.call(request, deadline_s=60)).name

        started = time.perf_counter()
        await _all(give, len(records))
        seconds = time.perf_counter() - started
        await _all(ask, len(records))
        reviews = (await client.call(ListReviewsRequest(page_size=1))).total_size
    return Reached(owners=owners, reviewed=reviews / len(records), records_per_s=len(records) / seconds)


async def _all(step: Callable[[int], object], count: int) -> None:
    places = iter(range(count))

    async def work() -> None:
        for place in places:
            await step(place)  # pyright: ignore

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
