"""What the service does not do yet, by the name of the journey, and why; one that passes has to leave this table."""

from __future__ import annotations

from collections.abc import Mapping

LATER: Mapping[str, str] = {}
