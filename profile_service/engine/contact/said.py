"""What is known of a customer, and what was promised, of all that was said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from msgspec.structs import replace

from profile_service.engine.contact.levels import Levels
from profile_service.identity.contact.model import PromiseState
from profile_service.identity.graph.model import Disclosure
from profile_service.identity.limits import CONTEXT
from profile_service.store.queries.opened import Fact, Opener, Promise
from profile_service.store.queries.parts import StoredFact, StoredPromise


def known_facts(opener: Opener, rows: Iterable[StoredFact], levels: Levels) -> list[Fact]:
    """The latest fact of each key and level, unless it was withdrawn or has expired; the rows come with the latest
    first. What may be said stands before what was said later and may not."""
    latest: dict[str, tuple[StoredFact, Disclosure]] = {}
    for row in rows:
        level = levels.of_words(row)
        if row.key not in latest or level > latest[row.key][1]:
            latest[row.key] = row, level
    standing = (pair for pair in latest.values() if not pair[0].withdrawn)
    live = [pair for pair in standing if pair[0].expire_time_us is None or pair[0].expire_time_us > levels.now_us]
    return [opener.fact(row, level) for row, level in live[: CONTEXT.facts]]


def open_promises(opener: Opener, rows: Iterable[StoredPromise], levels: Levels) -> list[Promise]:
    """The promises that are open, by the latest word of each key of a conversation; a later word need not say again
    what was promised, nor when it is due. The rows come with the latest first."""
    said: defaultdict[tuple[str, str], list[StoredPromise]] = defaultdict(list)
    for row in rows:
        said[row.conversation, row.key].append(row)
    promised: list[Promise] = []
    for latest, *earlier in said.values():
        if latest.state is not PromiseState.OPEN:
            continue
        words = next((row for row in (latest, *earlier) if row.what is not None), latest)
        due = next((row.due_time_us for row in (latest, *earlier) if row.due_time_us is not None), None)
        opened = opener.promise(words, levels.of_words(latest))
        promised.append(replace(opened, state=latest.state, occur_time_us=latest.occur_time_us, due_time_us=due))
    return promised[: CONTEXT.promises]
