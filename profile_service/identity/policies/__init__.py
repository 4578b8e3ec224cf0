"""The policies that ship, as documents beside this."""

from __future__ import annotations

from importlib import resources

from profile_service.identity.policy import Policy, PolicyError
from profile_service.identity.policy_document import parse_policy

SHIPPED = ("default", "bench")


def shipped_policy(name: str) -> Policy:
    """Load a policy that ships with the package: `default` or `bench`. Raises PolicyError where there is none."""
    return parse_policy(shipped_text(name))


def shipped_text(name: str) -> str:
    """The document of a policy that ships. Raises PolicyError where there is none."""
    if name not in SHIPPED:
        raise PolicyError(f"no policy named {name!r} ships with this version: choose {' or '.join(SHIPPED)}")
    return (resources.files(__name__) / f"{name}.toml").read_text()
