"""What a source has twice: records that are of one customer (E6)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from profile_service.config import Settings
from profile_service.server import lay_foundation
from profile_service.store import embedded
from profile_service.store.database import Database
from profile_service.store.queries.reviews import Duplicate, duplicates


def tell_duplicates(settings: Settings, tenant: str, source: str, tell: Callable[[Duplicate], None]) -> int:
    """Tell each pair, the oldest first; answers how many there are. Raises what `lay_foundation` raises."""
    foundation = lay_foundation(settings)

    async def read() -> int:
        database, number = Database(url=foundation.url, size=1), 0
        try:
            async for duplicate in duplicates(database, foundation.keyring, tenant, source):
                tell(duplicate)
                number += 1
        finally:
            await database.close()
        return number

    try:
        return asyncio.run(read())
    finally:
        if settings.database.url is None:
            embedded.release(settings.home)
