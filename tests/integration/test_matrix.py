"""Who may ask (I22): every method, by role, of contacts and customers of one's own sources and of others', live and
ended."""

from __future__ import annotations
