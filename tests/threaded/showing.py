"""Which contacts a context shows, beside what the model says (T9)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from threads import rules
from threads.shown import groups_of_nobody, shown

from profile_service.v1 import GetContextRequest
from tests.integration.desk import AGENT
from tests.threaded.played import Played

ENDED = 5
"""So many ended contacts a context shows."""


async def shown_otherwise(played: Played, whole: rules.Whole) -> AsyncIterator[str]:
    """The contacts whose context shows others than T9 says: at least what the model shows of the conversation and of
    what ended of the customer's; at most the customer's, and of nobody what one desk, a code or an agent put into the
    conversation and is not chained to two. A leg may hear a live call (D6): one of nobody any, a consult one of
    hers."""
    ids = {name: contact for contact, name in played.uuids().items()}
    customers = {name: whole.world.customer(played.key(name)) for name in played.names}
    for reader, own in customers.items():
        kind = whole.world.contacts[played.key(reader)].kind
        if own is None and kind in rules.LEG_KINDS:
            continue
        request = GetContextRequest(contact=played.ref(reader), audience=AGENT)
        context = (await played.call(request)).context
        lines = (*context.open_contacts, *context.ended_contacts)
        found = {ids[line.contact.name.rpartition("/")[2]] for line in lines} | {reader}
        together = {name.split()[-1] for name in whole.conversation(played.key(reader))}
        hers = {name for name, customer in customers.items() if own is not None and customer == own} | {reader}
        between = {
            name.split()[-1]
            for group in groups_of_nobody(whole)
            for name in group.members
            if len(group.customers) > 1 or own in group.ruled_out
        }
        calls = hers if kind is rules.Kind.CONSULT else {reader}
        stands = {name.split()[-1] for call in calls for name in whole.conversation(played.key(call))}
        may = hers | {name for name in stands - between if customers[name] is None}
        allowed = {name.split()[-1] for name in shown(whole, played.key(reader))}
        must = allowed & (hers & played.ended if kind is rules.Kind.CONSULT else together | (hers & played.ended))
        must = must if len(played.ended) <= ENDED else set[str]()
        if not must <= found <= may:
            yield f"{reader} is shown {sorted(found)}, not {sorted(must)} to {sorted(may)}"
