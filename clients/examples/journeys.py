"""Journeys of customers who change channel, played through the service at SERVICE_ADDRESS with the token SERVICE_TOKEN.

`make run` starts one for them. Exit code 0 where every journey held what it promises. The people are made up.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import timedelta

from handovers import HANDOVERS
from profile_client import ProfileClient, Target
from rich.console import Console
from stories import DEADLINE_S, Story, identifier

from profile_service.v1 import (
    AddEvidenceRequest,
    Audience,
    CheckAnswersRequest,
    ContactReference,
    CorrectContactRequest,
    Disclosure,
    Outcome,
    StartContactResponse,
)


def web_chat_to_phone_to_mail(story: Story) -> None:
    """Nadia chats, phones and writes; nothing is asked twice."""
    story.sends("StartContact of each contact, RecordInteraction of each word, EndContact")
    story.now -= timedelta(hours=11)
    story.record(
        "nadia",
        [
            identifier("crm", "C-1001", "SYSTEM_OF_RECORD"),
            identifier("phone", "+49151901820", "SYSTEM_OF_RECORD"),
            identifier("email", "nadia.brandt@example.org", "SYSTEM_OF_RECORD"),
            identifier("account", "nadia-b", "SYSTEM_OF_RECORD"),
        ],
        {"name": "Nadia Brandt", "birth_date": "1988-04-02", "postcode": "10115"},
    )
    chat = story.start(
        "chat", "webchat", [identifier("account", "nadia-b", "SIGNED_LOGIN"), identifier("device", "b7e1", "SESSION")]
    )
    story.say(chat.contact, "customer", "My coffee machine leaks since Monday.", intent="repair")
    story.say(chat.contact, "bot", "Which model is it?")
    story.say(chat.contact, "customer", "A Lario 3, bought in May.", facts={"model": "Lario 3", "bought": "May"})
    call = story.start(
        "call", "voice", [identifier("phone", "+49151901820", "CALLER_ID_ATTESTED")], agent="Jonas", later=4
    )
    read_out = story.beside(call, "the agent, who answers", "a bot, which says what it reads")
    story.expect("a bot is told nothing of the chat before a proof", holds=not read_out.facts)
    facts = {fact.key for fact in call.context.facts}
    story.expect("the call goes on in the chat's conversation", holds=call.conversation == chat.conversation)
    story.expect("Jonas knows the model and need not ask", holds={"model", "bought"} <= facts)
    story.expect(
        "an attested number alone is not enough to disclose",
        holds=call.disclosure == Disclosure.DISCLOSURE_VERIFY_FIRST,
    )
    story.say(call.contact, "agent", "I send you a label.", promise="Send a return label by mail")
    story.end(call.contact, "Leaking machine; return label promised.")
    mail = story.start(
        "mail", "email", [identifier("email", "nadia.brandt@example.org", "MAIL_DMARC")], agent="Mira", later=600
    )
    story.expect("Mira sees the open promise", holds=len(mail.context.open_promises) == 1)
    story.expect("and who spoke with her last", holds=mail.context.last_agent.display_name == "Jonas")


def social_to_app(story: Story) -> None:
    """Tomas complains in public, then opens the app: two strangers until he logs in."""
    story.sends("StartContact of the post and of the app, with the account that the login proves")
    story.record("tomas", [identifier("account", "tomas", "SYSTEM_OF_RECORD")], {"name": "Tomas Varga"})
    post = story.start("post", "x", [identifier("x", "@tomas_v", "CHANNEL_DELIVERED")], agent="Lea")
    story.say(post.contact, "customer", "Third time my parcel is late!", intent="late parcel")
    app = story.start(
        "app",
        "app",
        [identifier("account", "tomas", "SIGNED_LOGIN"), identifier("x", "@tomas_v", "SIGNED_LOGIN")],
        agent="Lea",
        later=12,
    )
    story.expect(
        "the login joins what was two people", holds=app.outcome in (Outcome.OUTCOME_LINKED, Outcome.OUTCOME_MERGED)
    )
    story.expect("the public post is in the same conversation", holds=app.conversation == post.conversation)
    story.expect("what his account says may be said", holds=app.disclosure == Disclosure.DISCLOSURE_SAFE)
    public = [timeline.contact.disclosure for timeline in app.context.open_contacts if timeline.contact.channel == "x"]
    story.expect(
        "what was posted in his name may not, until he proves it his",
        holds=public == [Disclosure.DISCLOSURE_VERIFY_FIRST],
    )


def family_landline(story: Story) -> None:
    """Two account holders share a landline: a call from it alone names nobody."""
    story.sends("StartContact of the call; AddEvidence when the password is read out")
    for name, crm, born in (("Ruth Adler", "C-2001", "1956-01-09"), ("Emil Adler", "C-2002", "1953-11-30")):
        story.record(
            crm,
            [
                identifier("crm", crm, "SYSTEM_OF_RECORD"),
                identifier("phone", "+43123456789", "SYSTEM_OF_RECORD"),
                identifier("email", f"{name.partition(' ')[0].lower()}@adler.example", "SYSTEM_OF_RECORD"),
            ],
            {"name": name, "birth_date": born},
        )
    call = story.start("call", "voice", [identifier("phone", "+43123456789", "CALLER_ID_ATTESTED")], agent="Jonas")
    story.expect("nobody is picked", holds=call.outcome == Outcome.OUTCOME_AMBIGUOUS)
    story.expect("both are offered", holds=len(call.context.candidates) == 2)
    story.expect("nothing is disclosed", holds=call.disclosure == Disclosure.DISCLOSURE_WITHHOLD)
    request = AddEvidenceRequest(
        contact=ContactReference(name=call.contact),
        occur_time=story.time(),
        identifiers=[identifier("email", "emil@adler.example", "ONE_TIME_PASSWORD")],
        audience=Audience.AUDIENCE_AGENT,
    )
    answer = story.client.call(request, deadline_s=DEADLINE_S)
    story.show(
        StartContactResponse(context=answer.context),
        f"{story.title}: he reads out a one-time password from his mailbox",
    )
    story.expect("a password to the mailbox on file settles it", holds=answer.disclosure == Disclosure.DISCLOSURE_SAFE)


def mistyped_address(story: Story) -> None:
    """Somebody types the address of Ines into a form: a claim finds, and discloses nothing."""
    story.sends("StartContact of the form, with what was typed")
    story.record(
        "ines",
        [
            identifier("crm", "C-3001", "SYSTEM_OF_RECORD"),
            identifier("email", "ines@example.net", "SYSTEM_OF_RECORD"),
        ],
        {"name": "Ines Moreau"},
    )
    form = story.start("form", "web_form", [identifier("email", "ines@example.net", "ONE_TIME_PASSWORD")])
    story.expect("a form's word is a claim, whatever it says", holds=not form.context.HasField("profile"))
    story.expect("one more proof is asked for", holds=form.disclosure == Disclosure.DISCLOSURE_VERIFY_FIRST)


def wrong_person(story: Story) -> None:
    """Paul calls from Vera's phone; the agent corrects it in the call, and nothing of Vera's stays open."""
    story.sends("StartContact; CorrectContact by the agent; CheckAnswers")
    vera = story.record(
        "vera",
        [identifier("crm", "C-4001", "SYSTEM_OF_RECORD"), identifier("phone", "+33644556677", "SYSTEM_OF_RECORD")],
        {"name": "Vera Lang"},
    )
    paul = story.record(
        "paul",
        [identifier("crm", "C-4002", "SYSTEM_OF_RECORD")],
        {"name": "Paul Reyes", "birth_date": "1990-07-15", "postcode": "75011", "last_order": "A-771"},
    )
    call = story.start("call", "voice", [identifier("phone", "+33644556677", "CALLER_ID_ATTESTED")], agent="Mira")
    story.expect("the number shows Vera", holds=call.profile == vera)
    request = CorrectContactRequest(
        contact=ContactReference(name=call.contact),
        occur_time=story.time(),
        correct_profile=paul,
        reason="Caller is Paul, on a colleague's phone",
        etag=call.context.profile.etag,
        audience=Audience.AUDIENCE_AGENT,
    )
    answer = story.client.call(request, deadline_s=DEADLINE_S)
    story.show(StartContactResponse(context=answer.context), f"{story.title}: Mira corrects the contact")
    story.expect("the contact is Paul's now", holds=answer.profile == paul)
    checks = CheckAnswersRequest(
        contact=ContactReference(name=call.contact),
        occur_time=story.time(),
        answers={"birth_date": "15.7.1990", "postcode": "75011", "last_order": "A-771"},
    )
    checked = story.client.call(checks, deadline_s=DEADLINE_S)
    story.expect(
        "an agent's word is a claim: three answers make it safe",
        holds=checked.disclosure == Disclosure.DISCLOSURE_SAFE,
    )


WIDTH = int(os.environ.get("COLUMNS", "98"))
"""Where no terminal says how wide it is."""
JOURNEYS: tuple[Callable[[Story], None], ...] = (
    web_chat_to_phone_to_mail,
    social_to_app,
    family_landline,
    mistyped_address,
    wrong_person,
    *HANDOVERS,
)
GO_ON = """
Go on from here:
  make serve          the service on 127.0.0.1:50051, its database and credentials under .data/
  make test           the whole test suite
  make help           everything else
"""


def main() -> int:
    """Play all journeys; answers the exit code."""
    address, token = os.environ.get("SERVICE_ADDRESS"), os.environ.get("SERVICE_TOKEN")
    if not address or not token:
        sys.exit("SERVICE_ADDRESS and SERVICE_TOKEN say which service to call; `make run` starts one")
    console = Console()
    console.width = min(max(console.width if console.is_terminal else WIDTH, 80), 160)
    failures: list[str] = []
    with ProfileClient(Target(address=address, token=token)) as client:
        for journey in JOURNEYS:
            story = Story(client, console, journey.__name__.replace("_", " "))
            console.rule(journey.__doc__ or story.title, align="left")
            journey(story)
            failures += story.failures
    console.print(GO_ON if not failures else "\n".join(failures), highlight=False, soft_wrap=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
