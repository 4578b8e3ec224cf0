"""The load generator, a process of its own: keeps calls in flight for a while, and prints what it saw as JSON.

Usage: python -m tests.bench.load ADDRESS METHOD TOKEN IN_FLIGHT SECONDS < one request per line, base64
Requests are used in order, and again from the start where `--again` is given.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from base64 import b64decode

import grpc


def main() -> None:
    """Run."""
    address, method, token, in_flight, seconds = sys.argv[1:6]
    again = "--again" in sys.argv
    requests = [b64decode(line) for line in sys.stdin]
    channels = [grpc.insecure_channel(address, (("grpc.use_local_subchannel_pool", 1),)) for _ in range(4)]
    calls = [channel.unary_unary(method) for channel in channels]
    metadata = (("authorization", f"Bearer {token}"),)
    latencies: list[float] = []
    failed: list[str] = []
    lock, done = threading.Lock(), threading.Event()
    state = {"next": 0, "live": 0}
    deadline = time.perf_counter() + float(seconds)

    def send() -> None:
        with lock:
            place = state["next"]
            over = time.perf_counter() >= deadline or (place >= len(requests) and not again)
            if over:
                if not state["live"]:
                    done.set()
                return
            state["next"] += 1
            state["live"] += 1
        started = time.perf_counter()
        future = calls[place % len(calls)].future(requests[place % len(requests)], timeout=30, metadata=metadata)

        def finish(answer: grpc.Future) -> None:
            with lock:
                latencies.append(time.perf_counter() - started)
                error = answer.exception()
                if isinstance(error, grpc.RpcError):
                    failed.append(str(error))
                state["live"] -= 1
            send()

        future.add_done_callback(finish)

    began = time.perf_counter()
    for _ in range(int(in_flight)):
        send()
    done.wait(float(seconds) + 40)
    took = time.perf_counter() - began
    ordered = sorted(latencies) or [0.0]
    print(
        json.dumps(
            {
                "rate": len(latencies) / took,
                "calls": len(latencies),
                "p50_ms": 1000 * ordered[len(ordered) // 2],
                "p99_ms": 1000 * ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)],
                "failed": len(failed),
                "first_failure": failed[0] if failed else "",
            }
        )
    )


if __name__ == "__main__":
    main()
