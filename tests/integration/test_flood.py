"""What strangers send costs no memory: bodies without a credential, and frames that are none."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from profile_service.play.local import LocalService, local_service
from profile_service.rpc.boundary.exempt import STREAMS_MAX
from tests.integration.desk import Desk, verified

METHOD = "/profile_service.v1.ContactService/StartContact"
BATCH = "/profile_service.v1.ProfileService/BatchResolveProfiles"
HEALTH = "/grpc.health.v1.Health/Check"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
EMPTY_ITEMS = b"\x42\x00" * 524_288
"""1 MB that is parsed into half a million identifiers."""
FULL = os.environ.get("PROVE_FULL") == "1"
BODIES, FRAMES, SOCKETS = (1000, 9000, 1000) if FULL else (200, 1000, 100)
AT_ONCE = 16
GROWTH_MAX_MB = 50


@pytest.fixture
def flooded() -> Iterator[LocalService]:
    """A service of its own, warm."""
    with local_service() as running:
        desk = Desk(running.target(), "demo")
        for _ in range(300):
            desk.start("app", verified("account", "warm"))
        desk.client.close()
        yield running


def resident_mb(process: int) -> float:
    """The most memory that a process has had."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


async def _calls(address: str, method: str, bodies: list[bytes], token: str) -> Counter[str]:
    """Send bodies, some at once; answers how many ended how."""
    codes, left = Counter[str](), list(bodies)
    metadata = (("authorization", f"Bearer {token}"),)

    async def send(channel: grpc.aio.Channel) -> None:
        while left:
            body = left.pop()
            try:
                await channel.unary_unary(method)(body, timeout=60, metadata=metadata)
                codes["OK"] += 1
            except grpc.aio.AioRpcError as error:
                codes[error.code().name] += 1

    async with grpc.aio.insecure_channel(address) as channel:
        await asyncio.gather(*(send(channel) for _ in range(AT_ONCE)))
    return codes


async def _garbage(address: str, count: int, random_: random.Random) -> None:
    host, _, port = address.rpartition(":")
    for number in range(count):
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write((PREFACE if number % 2 else b"") + random_.randbytes(random_.randint(1, 4096)))
        writer.close()


async def test_bodies_of_strangers_and_frames_that_are_none_take_no_memory(flooded: LocalService) -> None:
    """A megabyte a body, thousands of frames: the process grows by 50 MB at most, and serves."""
    random_, service = random.Random(1), flooded.processes[0]
    before = resident_mb(service)
    codes = await _calls(flooded.address, METHOD, [EMPTY_ITEMS] * BODIES, "nobody")
    assert codes == {"UNAUTHENTICATED": BODIES}
    strangers = resident_mb(service) - before
    health = await _calls(flooded.address, HEALTH, [EMPTY_ITEMS] * (BODIES // 10), "")
    assert health.keys() <= {"OK", "NOT_FOUND"}, health
    frames = [random_.randbytes(random_.choice((3, 100, 10_000))) for _ in range(FRAMES)]
    codes = await _calls(flooded.address, METHOD, frames, flooded.tokens["service"])
    assert codes == {"INVALID_ARGUMENT": FRAMES}
    await _garbage(flooded.address, SOCKETS, random_)
    growth = resident_mb(service) - before
    malformed = FRAMES + SOCKETS
    print(
        f"figure: {BODIES} bodies of strangers: {strangers:.1f} MB; and {malformed} malformed frames: {growth:.1f} MB"
    )
    assert growth <= GROWTH_MAX_MB
    large = [EMPTY_ITEMS * size for size in (1, 3)] * 10
    assert set(await _calls(flooded.address, METHOD, large, flooded.tokens["service"])) == {"INVALID_ARGUMENT"}
    print(
        f"figure: bodies of a caller that are too large, {AT_ONCE} at once: {resident_mb(service) - before:.1f} MB more"
    )
    batches = [b"\x0a\x00" * 2_000_000] * 10
    assert set(await _calls(flooded.address, BATCH, batches, flooded.tokens["service"])) == {"INVALID_ARGUMENT"}
    print(f"figure: batches of 2,000,000 empty items: {resident_mb(service) - before:.1f} MB more")
    desk = Desk(flooded.target(), "demo")
    assert desk.start("app", verified("account", "warm")).profile
    desk.client.close()


async def test_streams_that_need_no_credential_are_counted(flooded: LocalService) -> None:
    """Watch for ever, by the hundred: the next is told so, and calls go on."""
    channels = [
        grpc.aio.insecure_channel(flooded.address, options=(("grpc.use_local_subchannel_pool", 1),)) for _ in range(2)
    ]
    streams = [
        channels[number % 2].unary_stream("/grpc.health.v1.Health/Watch")(b"", timeout=60)
        for number in range(STREAMS_MAX + 20)
    ]
    firsts = await asyncio.gather(*(stream.read() for stream in streams), return_exceptions=True)
    refused = [first for first in firsts if isinstance(first, grpc.aio.AioRpcError)]
    assert len(refused) == 20
    assert {error.code() for error in refused} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
    desk = Desk(flooded.target(), "demo")
    assert desk.start("app", verified("account", "warm")).profile
    desk.client.close()
    for stream in streams:
        stream.cancel()
    for channel in channels:
        await channel.close()
