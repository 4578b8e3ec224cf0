"""Every case file holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from profile_client import ProfileClient, Target

from tests.cases.language import Line
from tests.cases.player import play, read_case
from tests.integration import conftest

FILES = sorted((Path(__file__).parent / "files").glob("*.json"))
service, free_tenants, tenant, target = conftest.service, conftest.free_tenants, conftest.tenant, conftest.target


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_case_holds(file: Path, target: Callable[[str], Target]) -> None:
    """In a tenant of its own."""
    clients: dict[str, ProfileClient] = {}

    def client(call: Line) -> ProfileClient:
        role = str(call.get("role", "service"))
        return clients.setdefault(role, ProfileClient(target(role)))

    short = play(read_case(file), client)
    for open_client in clients.values():
        open_client.close()
    assert short == []


def test_what_does_not_hold_is_told(target: Callable[[str], Target]) -> None:
    """A player that let everything pass would show nothing."""
    lines: list[Line] = [
        {
            "call": "StartContact",
            "as": "A",
            "request": {
                "sourceKey": {"source": "desk", "id": "A-${run}"},
                "channel": "app",
                "occurTime": "@0",
                "identifiers": [{"namespace": "account", "value": "${who}", "role": "ROLE_SUBJECT"}],
            },
        },
        {"call": "EndContact", "as": "E", "request": {"contact": {"name": "${A.contact}"}, "occurTime": "@9999999"}},
        {"call": "GetContext", "as": "C", "request": {"contact": {"name": "conversations/x/contacts/y"}}},
        {"expect": {"path": "A.outcome", "is": "OUTCOME_MERGED"}, "why": "one that is wrong"},
        {"expect": {"ok": "C"}, "why": "one that was refused"},
        {"expect": {"same": ["A.profile", "C.profile"]}, "why": "a part that is missing"},
        {"expect": {"any": [{"path": "A.profile", "has not": "profiles/"}]}, "why": "none of them"},
        {"expect": {"path": "A.outcome", "is": "OUTCOME_CREATED"}, "why": "one that holds"},
    ]
    with ProfileClient(target("service")) as client:
        short = play(lines, lambda _: client)
    assert [line.partition(":")[0] for line in short] == [
        "one that is wrong",
        "one that was refused",
        "a part that is missing",
        "none of them",
    ]
