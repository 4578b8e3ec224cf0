"""Play a set of records through the real service, and ask it afterwards where every record stands."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from profile_client import AsyncProfileClient, Target

from profile_service.v1 import (
    BatchResolveProfilesRequest,
    GetProfileRequest,
    Identifier,
    ListReviewsRequest,
    Proof,
    ProofMethod,
    ResolveProfileRequest,
    ResolveProfileResponse,
    Role,
    SourceKey,
    SourceRecord,
)
from tests.quality.fields import Record

BATCH, BATCHES_AT_ONCE, READS_AT_ONCE = 100, 2, 32
DEADLINE_S = 120.0
EPOCH_S = 1_704_067_200
PROOFS = {
    "email": ProofMethod.PROOF_METHOD_MAIL_DMARC,
    "phone": ProofMethod.PROOF_METHOD_CALLER_ID_ATTESTED,
    "x": ProofMethod.PROOF_METHOD_CHANNEL_DELIVERED,
    "linkedin": ProofMethod.PROOF_METHOD_CHANNEL_DELIVERED,
    "device": ProofMethod.PROOF_METHOD_SESSION,
}
"""How an identifier counts as OBSERVED."""


@dataclass(slots=True)
class Reached:
    """Where every record stands, in the order given; what each call answered; how many reviews are open; the rate."""

    owners: list[str]
    answers: list[ResolveProfileResponse] = field(default_factory=list[ResolveProfileResponse])
    reviews: int = 0
    records_per_s: float = 0.0


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
    request.occur_time.seconds = EPOCH_S + (place if record.time_s is None else record.time_s)
    return request


async def play(
    target: Target,
    records: Sequence[Record],
    progress: Callable[[int], None] = lambda _: None,
    *,
    ordered: bool = False,
) -> Reached:
    """Hand over the records in batches, one by one where they are a stream, and read their profiles at the end.

    Raises RuntimeError where the service refuses a record.
    """
    reached = Reached(owners=[""] * len(records))
    answers: dict[int, ResolveProfileResponse] = {}
    requests = [request_of(record, place) for place, record in enumerate(records)]
    async with AsyncProfileClient(target) as client:

        async def give(first: int) -> None:
            batch = BatchResolveProfilesRequest(requests=requests[first : first + size])
            for place, item in enumerate((await client.call(batch, deadline_s=DEADLINE_S)).items, first):
                if item.HasField("error"):
                    raise RuntimeError(f"record {records[place].id}: {item.error.reason} {item.error.message}")
                answers[place] = item.response
                progress(1)

        async def ask(place: int) -> None:
            request = GetProfileRequest(source_key=SourceKey(source="quality", id=records[place].id))
            reached.owners[place] = (await client.call(request, deadline_s=DEADLINE_S)).name

        started = time.perf_counter()
        size, at_once = (1, 1) if ordered else (BATCH, BATCHES_AT_ONCE)
        await _all(give, range(0, len(records), size), at_once)
        reached.records_per_s = len(records) / (time.perf_counter() - started)
        await _all(ask, range(len(records)), READS_AT_ONCE)
        reached.reviews = (await client.call(ListReviewsRequest(page_size=1))).total_size
    reached.answers = [answers[place] for place in range(len(records))]
    return reached


async def _all(step: Callable[[int], Awaitable[None]], places: Sequence[int], at_once: int) -> None:
    waiting = iter(places)

    async def work() -> None:
        for place in waiting:
            await step(place)

    await asyncio.gather(*(work() for _ in range(at_once)))
