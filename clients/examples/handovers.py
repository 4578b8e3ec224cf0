"""Journeys around a handover: an ended chat, a transfer, a correction, a promise of ours, a till, a public post."""

from __future__ import annotations

from stories import DEADLINE_S, Story, identifier

from profile_service.v1 import (
    Audience,
    ContactReference,
    CorrectContactRequest,
    Direction,
    Disclosure,
    HandoffContext,
    Initiation,
    StartContactResponse,
)

SAFE = Disclosure.DISCLOSURE_SAFE
TRANSFER = Initiation.INITIATION_TRANSFER


def a_chat_that_has_ended(story: Story) -> None:
    """Hanna's chat is over when she calls: her last words and what she wanted are there."""
    story.sends("StartContact, RecordInteraction and EndContact of the chat; StartContact of the call")
    number = identifier("phone", "+4915190182077", "ONE_TIME_PASSWORD")
    chat = story.start("chat", "webchat", [number])
    story.say(chat.contact, "customer", "The parcel of Monday never came.", intent="lost parcel")
    story.end(chat.contact, "")
    call = story.start("call", "voice", [number], agent="Jonas", later=30)
    ended = call.context.ended_contacts[0]
    story.expect("the call goes on in the matter of the chat", holds=call.conversation == chat.conversation)
    story.expect("Jonas reads her last words", holds="never came" in ended.interactions[-1].text)
    story.expect("and sees what it is about", holds=call.context.conversation.intent == "lost parcel")


def a_transfer_that_repeats_the_number(story: Story) -> None:
    """Omar proves who he is to the menu; the leg of the agent brings his number again, and asks nothing."""
    story.sends("StartContact of the leg, with previous_contacts and INITIATION_TRANSFER")
    story.record("omar", [identifier("phone", "+4915190182078", "SYSTEM_OF_RECORD")], {"name": "Omar Haddad"})
    menu = story.start("menu", "voice", [identifier("phone", "+4915190182078", "ONE_TIME_PASSWORD")])
    leg = story.start(
        "leg",
        "voice",
        [identifier("phone", "+4915190182078", "CALLER_ID_ATTESTED")],
        agent="Mira",
        previous=menu.contact,
        initiation=TRANSFER,
    )
    story.expect("what the menu knew is handed over", holds=leg.disclosure == menu.disclosure == SAFE)


def a_correction_then_a_transfer(story: Story) -> None:
    """Lena calls from Carl's phone; what the first agent put right, the second need not."""
    story.sends("CorrectContact in the first leg; StartContact of the second, with previous_contacts")
    carl = story.record("carl", [identifier("phone", "+4915190182079", "SYSTEM_OF_RECORD")], {"name": "Carl Vos"})
    lena = story.record("lena", [identifier("crm", "C-5002", "SYSTEM_OF_RECORD")], {"name": "Lena Vos"})
    number = identifier("phone", "+4915190182079", "CALLER_ID_ATTESTED")
    call = story.start("call", "voice", [number], agent="Mira")
    story.expect("the number shows Carl", holds=call.profile == carl)
    request = CorrectContactRequest(
        contact=ContactReference(name=call.contact),
        occur_time=story.time(),
        correct_profile=lena,
        reason="Lena, on her husband's phone",
        audience=Audience.AUDIENCE_AGENT,
    )
    corrected = story.client.call(request, deadline_s=DEADLINE_S)
    story.show(StartContactResponse(context=corrected.context), f"{story.title}: Mira corrects the contact")
    leg = story.start("leg", "voice", [number], agent="Jonas", previous=call.contact, initiation=TRANSFER)
    story.expect("the correction goes along", holds=leg.profile == lena)


def a_promise_of_ours(story: Story) -> None:
    """We call Ada and promise a part; when she calls back, whoever answers knows it."""
    story.sends("StartContact with DIRECTION_OUTBOUND and the number dialled; RecordInteraction with the promise")
    story.record("ada", [identifier("phone", "+4915190182080", "SYSTEM_OF_RECORD")], {"name": "Ada Lind"})
    dialled = identifier("phone", "+4915190182080", "DIALLED")
    ours = story.start("ours", "voice", [dialled], agent="Lea", direction=Direction.DIRECTION_OUTBOUND)
    story.say(ours.contact, "agent", "The part comes on Friday.", promise="The part by Friday")
    story.end(ours.contact, "")
    hers = story.start(
        "hers", "voice", [identifier("phone", "+4915190182080", "CALLER_ID_ATTESTED")], agent="Jonas", later=20
    )
    story.expect("her call goes on in our matter", holds=hers.conversation == ours.conversation)
    story.expect("and Jonas sees the promise", holds=len(hers.context.open_promises) == 1)


def a_till_and_a_phone_at_once(story: Story) -> None:
    """Zoe shows her loyalty card at the till while she is on the phone about the same thing."""
    story.sends("StartContact on channel pos with the card, CHANNEL_DELIVERED")
    story.record(
        "zoe",
        [
            identifier("loyalty", "4012 3456 7890", "SYSTEM_OF_RECORD"),
            identifier("phone", "+4915190182081", "SYSTEM_OF_RECORD"),
        ],
        {"name": "Zoe Amadi"},
    )
    call = story.start("call", "voice", [identifier("phone", "+4915190182081", "ONE_TIME_PASSWORD")])
    till = story.start("till", "pos", [identifier("loyalty", "4012-3456-7890", "CHANNEL_DELIVERED")], agent="Till 3")
    story.expect("the card finds her, in the same matter", holds=till.conversation == call.conversation)
    story.expect(
        "the till is told that she is on the phone",
        holds=HandoffContext.WARNING_OTHER_CONTACT_LIVE in till.context.warnings,
    )
    story.expect("and a card that lies there says nothing of her", holds=till.disclosure != SAFE)


def a_public_post_then_the_app(story: Story) -> None:
    """What Ben writes in public is answered in public; in the app he is read his own matters."""
    story.sends("StartContact on channel post, which the policy says is public; StartContact of the app")
    story.record("ben", [identifier("account", "ben-k", "SYSTEM_OF_RECORD")], {"name": "Ben Koch"})
    login = identifier("account", "ben-k", "SIGNED_LOGIN")
    post = story.start("post", "post", [login], agent="Lea")
    story.expect("in public nothing is said, whatever is proved", holds=post.disclosure != SAFE)
    app = story.start("app", "app", [login], agent="Lea", later=5)
    story.expect("in the app it may be", holds=app.disclosure == SAFE)


HANDOVERS = (
    a_chat_that_has_ended,
    a_transfer_that_repeats_the_number,
    a_correction_then_a_transfer,
    a_promise_of_ours,
    a_till_and_a_phone_at_once,
    a_public_post_then_the_app,
)
