"""Take up credentials, tenants and policies that changed on disk, without a restart. What cannot be read changes
nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from profile_service.config import Settings
from profile_service.engine.runtime import Runtime
from profile_service.rpc.boundary.credentials import CredentialFileError, load_credentials
from profile_service.rpc.boundary.interceptor import ServiceInterceptor
from profile_service.telemetry import Log
from profile_service.tenants import TenantFileError, files_of, load_tenants

RELOAD_SECONDS = 1.0
Stamp = tuple[tuple[str, int, int], ...]


@dataclass(slots=True)
class Reloader:
    """Watches the files of one process."""

    settings: Settings
    interceptor: ServiceInterceptor
    runtime: Runtime
    log: Log
    _seen: Stamp = field(default=())

    def __post_init__(self) -> None:
        self._seen = self.stamp()

    async def watch(self) -> None:
        """Look again every second, for ever."""
        while True:
            await asyncio.sleep(RELOAD_SECONDS)
            self.look()

    def look(self) -> bool:
        """Take up what changed; answers whether something was."""
        stamp = self.stamp()
        if stamp == self._seen:
            return False
        self._seen = stamp
        try:
            credentials = load_credentials(self.settings.credentials)
            tenants = load_tenants(self.settings.tenants_file, credentials.tenants, self.settings.policy)
        except (CredentialFileError, TenantFileError, OSError) as error:
            self.log.say("reload_refused", type=type(error).__name__)
            return False
        self.interceptor.take(credentials)
        self.runtime.tenants = tenants
        self.runtime.audit.tenants = tuple(tenants)
        self.log.say("reloaded", callers=len(credentials.by_hash), tenants=len(tenants))
        return True

    def stamp(self) -> Stamp:
        """What says that a file changed: its time and its size."""
        return tuple(_stamp(path) for path in self._files())

    def _files(self) -> Iterable[Path]:
        return (self.settings.credentials, *files_of(self.settings.tenants_file))


def _stamp(path: Path) -> tuple[str, int, int]:
    try:
        found = path.stat()
    except OSError:
        return str(path), 0, 0
    return str(path), found.st_mtime_ns, found.st_size
