"""One service for the session, with a fresh tenant for every test: isolation is proved all the time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

import psycopg
import pytest
import pytest_asyncio
from profile_client import Target

from profile_service.play.local import LocalService, local_service
from profile_service.store import embedded
from tests.integration import whole_run
from tests.integration.desk import Desk
from tests.integration.watched import Watched, watched_service

TENANTS = tuple(f"t{number:03d}" for number in range(400))


@pytest.fixture(scope="session")
def service() -> Iterator[LocalService]:
    """Two processes that share a port. At its end, no personal value of the whole run may be outside sealed columns."""
    with whole_run.collector() as (collector, endpoint):
        settings = {"PROFILE_TELEMETRY__SAMPLE_RATIO": "1.0", "PROFILE_TELEMETRY__OTLP_ENDPOINT": endpoint}
        with local_service(tenants=TENANTS, processes=2, settings=settings) as running:
            yield running
            everything = whole_run.dump(embedded.start(running.home).owner_url) + running.log.read_text()
            everything += (running.home / "postgres.log").read_text() + "\n".join(whole_run.ERRORS)
        assert "rpc.server.call.duration" in collector.text()
        assert "profile_service.v1." in collector.text()
        assert not (found := whole_run.leaked(everything + collector.text())), found


@pytest.fixture(scope="session")
def database_url(service: LocalService) -> str:
    """The service's database, as its owner."""
    return embedded.start(service.home).owner_url


@pytest.fixture(scope="session")
def free_tenants() -> Iterator[str]:
    """Tenants that no test has used."""
    return iter(TENANTS[1:])


@pytest.fixture
def tenant(free_tenants: Iterator[str]) -> str:
    """A fresh tenant."""
    return next(free_tenants)


@pytest.fixture
def target(service: LocalService, tenant: str) -> Callable[[str], Target]:
    """How to call as a role of the fresh tenant."""
    return lambda role: Target(address=service.address, token=service.tokens[f"{tenant}/{role}"])


@pytest.fixture
def desk(target: Callable[[str], Target], tenant: str) -> Iterator[Desk]:
    """A contact centre in a fresh tenant."""
    desk = Desk(target("service"), tenant)
    yield desk
    desk.client.close()


@pytest.fixture
def sql(database_url: str) -> Iterator[psycopg.Connection]:
    """A connection of the owner, past row-level security."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def module_sql(database_url: str) -> Iterator[psycopg.Connection]:
    """As `sql`, for properties that run many times."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def desk_of_module(service: LocalService, free_tenants: Iterator[str]) -> Iterator[Desk]:
    """As `desk`, for properties that run many times."""
    free_desk = next(free_tenants)
    desk = Desk(Target(address=service.address, token=service.tokens[f"{free_desk}/service"]), free_desk)
    yield desk
    desk.client.close()


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def watched() -> AsyncIterator[Watched]:
    """A service in this process."""
    async with watched_service() as service:
        yield service
