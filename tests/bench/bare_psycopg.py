"""Bare psycopg transactions that write the rows of one new customer's StartContact, with nothing decided.

Usage: python -m tests.bench.bare_psycopg URL CONNECTIONS SECONDS; prints the rate as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
import uuid

import psycopg
import uvloop

TENANT = "bare"
STATEMENTS = (
    "INSERT INTO node (tenant_id, node_id, namespace, scope, key, epoch, value, established, shared, fan_out,"
    " profile_id, core_id, first_time_us, last_time_us)"
    " VALUES (%(t)s, %(n)s, 'email', '', %(k)s, 0, %(v)s, true, 0, 0, %(p)s, %(n)s, 1, 1)",
    "INSERT INTO evidence (tenant_id, subject_id, node_id, role, assurance, method, channel, occur_time_us)"
    " VALUES (%(t)s, %(c)s, %(n)s, 1, 4, 'ONE_TIME_PASSWORD', 'app', 1)",
    "INSERT INTO profile (tenant_id, profile_id, founder_node, state, create_time_us, revision)"
    " VALUES (%(t)s, %(p)s, %(n)s, 'live', 1, 1)",
    "INSERT INTO conversation (tenant_id, conversation_id, brand, state, owner_contact, owner_node, open_time_us,"
    " last_time_us, revision) VALUES (%(t)s, %(o)s, '', 'open', %(c)s, %(n)s, 1, 1, 1)",
    "INSERT INTO contact (tenant_id, contact_id, conversation_id, key, source, channel, direction, initiation, brand,"
    " start_time_us, last_time_us, anchor_node, anchor_assurance, ambiguous, shared, channel_change, apart,"
    " threading, start_digest, payload, answer) VALUES (%(t)s, %(c)s, %(o)s, %(d)s, 'bench', 'app', 0, 0, '', 1, 1, %(n)s, 4, false, false,"
    " false, false, 1, %(d)s, %(v)s, '{}')",
    "INSERT INTO audit (tenant_id, entry_id, kind, caller, method, policy, subject, record_time_us)"
    " VALUES (%(t)s, %(e)s, 'change', 'bench', 'StartContact', 'default@1', '{}', 1)",
)


async def main() -> None:
    """Run."""
    url, connections, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    deadline = time.perf_counter() + seconds
    done = 0

    async def work() -> None:
        nonlocal done
        async with await psycopg.AsyncConnection.connect(url, autocommit=True, prepare_threshold=0) as connection:
            await connection.execute("SET ROLE profile_app")
            await connection.execute("SELECT set_config('profile.tenant', %s, false)", (TENANT,))
            while time.perf_counter() < deadline:
                ids = {name: str(uuid.uuid4()) for name in "ncpoe"}
                row = {"t": TENANT, "k": os.urandom(32), "d": os.urandom(32), "v": os.urandom(160), **ids}
                async with connection.transaction():
                    for statement in STATEMENTS:
                        await connection.execute(statement, row)  # pyright: ignore[reportArgumentType]
                done += 1

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(connections)))
    print(json.dumps({"rate": done / (time.perf_counter() - began), "calls": done}))


if __name__ == "__main__":
    uvloop.run(main())
