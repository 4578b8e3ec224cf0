"""What may be said, item by item: D1 to D4 and T9 of the design, over the API."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
from google.protobuf.field_mask_pb2 import FieldMask
from profile_client import ProfileError

from profile_service.v1 import (
    CheckAnswersRequest,
    CheckAnswersResponse,
    Disclosure,
    Fact,
    HandoffContext,
    Initiation,
    Interaction,
    LookupProfileRequest,
    Profile,
    ResolveProfileRequest,
    SourceKey,
    SourceRecord,
    UpdateProfileRequest,
)
from tests.integration.desk import AGENT, AUTOMATED, Desk, claimed, observed, one, ref, verified

SAFE, FIRST, WITHHOLD = (
    Disclosure.DISCLOSURE_SAFE,
    Disclosure.DISCLOSURE_VERIFY_FIRST,
    Disclosure.DISCLOSURE_WITHHOLD,
)
REASON = HandoffContext.DisclosureReason
PHONE, MAIL = "+436601234567", "anna@example.org"


def stated(namespace: str, value: str) -> Any:
    """As a record states it."""
    return one(namespace, value, "SYSTEM_OF_RECORD")


def row(desk: Desk, key: str, *given: Any, source: str = "crm", **attributes: str) -> Any:
    """A record of a source."""
    record = SourceRecord(source_key=SourceKey(source=source, id=key), attributes=attributes)
    return desk.call(ResolveProfileRequest(identifiers=given, source_record=record, occur_time=desk.tick()))


def anna(desk: Desk, source: str = "crm") -> Any:
    """A customer as her record has her."""
    identifiers = (stated("crm", "A-1"), stated("phone", PHONE))
    return row(desk, "1", *identifiers, source=source, name="Anna Lang", birth_date="1978-12-11", postcode="8010")


def said(desk: Desk, context: Any) -> dict[str, int]:
    """The attributes of a context with their levels."""
    return {value.attribute: value.disclosure for value in context.profile.golden_record}


def check(desk: Desk, contact: str, **answers: str) -> Any:
    """Ask the customer."""
    return desk.call(CheckAnswersRequest(contact=ref(contact), occur_time=desk.tick(), answers=answers))


def test_d2_a_password_on_the_number_on_file_opens_a_vouched_record(desk: Desk) -> None:
    """Of one that is not vouched for it opens the number alone: nothing that the contact did not bring."""
    anna(desk)
    call = desk.start("voice", verified("phone", PHONE))
    assert (call.disclosure, call.context.disclosure_reason) == (SAFE, REASON.DISCLOSURE_REASON_VERIFIED)
    assert set(said(desk, call.context).values()) == {SAFE}
    bot = desk.context(call.contact, AUTOMATED).context
    assert said(desk, bot) == said(desk, call.context)


def test_d2_a_record_that_nobody_vouches_for_stays_closed(desk: Desk) -> None:
    """A password proves the number, and not whose row it stands in."""
    anna(desk, source="shop")
    call = desk.start("voice", verified("phone", PHONE))
    assert (call.disclosure, call.context.disclosure_reason) == (FIRST, REASON.DISCLOSURE_REASON_NOTHING_ON_FILE)
    assert set(said(desk, call.context).values()) == {FIRST}
    assert not desk.context(call.contact, AUTOMATED).context.HasField("profile")


def test_d2_a_password_on_ones_own_mailbox_opens_nothing_of_the_lines_owner(desk: Desk) -> None:
    """Her phone in his hand, his mailbox proved: hers is not SAFE, and a bot is given none of it."""
    anna(desk)
    call = desk.start("voice", observed("phone", PHONE), verified("email", "thief@example.net"))
    assert call.disclosure == FIRST
    assert SAFE not in said(desk, call.context).values()
    points = {point.value: point.disclosure for point in call.context.profile.contact_points}
    assert points[PHONE] == FIRST
    assert points["thief@example.net"] == SAFE
    bot = desk.context(call.contact, AUTOMATED).context
    assert "Anna" not in str(bot)
    assert not bot.HasField("profile")


def test_d4_a_proof_ends_with_its_contact(desk: Desk) -> None:
    """Whoever reads the context afterwards."""
    anna(desk)
    call = desk.start("voice", verified("phone", PHONE))
    desk.end(call.contact)
    after = desk.context(call.contact).context
    assert (after.disclosure, after.disclosure_reason) == (FIRST, REASON.DISCLOSURE_REASON_CONTACT_ENDED)
    assert not desk.context(call.contact, AUTOMATED).context.HasField("profile")


def test_d5_a_password_on_an_identifier_that_was_brought_already_counts_at_once(desk: Desk) -> None:
    """First the caller id, then the password on the same number."""
    anna(desk)
    call = desk.start("voice", observed("phone", PHONE))
    assert (call.disclosure, call.context.disclosure_reason) == (FIRST, REASON.DISCLOSURE_REASON_OBSERVED)
    assert desk.evidence(call.contact, verified("phone", PHONE)).disclosure == SAFE


def test_d5_the_best_proof_counts_whatever_comes_after(desk: Desk) -> None:
    """A password, and then the same number as the caller id of the line, or as what is said."""
    anna(desk)
    call = desk.start("voice", verified("phone", PHONE))
    for shown in (observed("phone", PHONE), claimed("phone", PHONE)):
        assert desk.evidence(call.contact, shown).disclosure == SAFE


def test_d2_words_belong_to_what_their_contact_opened(desk: Desk) -> None:
    """What was said on her line by whoever held it is not hers to be told; what she said when she had proved it is."""
    anna(desk)
    borrowed = desk.start("voice", observed("phone", PHONE))
    desk.record(borrowed.contact, "my biopsy", facts=[Fact(key="diagnosis", value="melanoma")])
    desk.end(borrowed.contact, summary="asked about a biopsy")
    proved = desk.start("voice", verified("phone", PHONE))
    desk.record(proved.contact, "my parcel", facts=[Fact(key="parcel", value="4711")])
    desk.end(proved.contact, summary="asked about a parcel")
    call = desk.start("voice", verified("phone", PHONE))
    facts = {fact.key: fact.disclosure for fact in call.context.facts}
    assert facts == {"diagnosis": FIRST, "parcel": SAFE}
    ended = {timeline.contact.summary: timeline.contact.disclosure for timeline in call.context.ended_contacts}
    assert ended == {"asked about a biopsy": FIRST, "asked about a parcel": SAFE}
    bot = desk.context(call.contact, AUTOMATED).context
    assert [fact.key for fact in bot.facts] == ["parcel"]
    assert [timeline.contact.summary for timeline in bot.ended_contacts] == ["asked about a parcel"]


def test_d3_a_bot_is_given_no_notes_and_nothing_of_others_on_the_line(desk: Desk) -> None:
    """Neither dispositions nor warnings; the customer's own words it is."""
    anna(desk)
    before = desk.start("voice", verified("phone", PHONE))
    desk.end(before.contact, disposition="difficult customer", summary="a complaint")
    call = desk.start("voice", verified("phone", PHONE))
    desk.record(call.contact, "where is my parcel", speaker=Interaction.SPEAKER_CUSTOMER)
    desk.record(call.contact, "she lies", kind=Interaction.KIND_NOTE, speaker=Interaction.SPEAKER_AGENT)
    desk.record(call.contact, "tell her no", speaker=Interaction.SPEAKER_PARTICIPANT)
    agent, bot = (desk.context(call.contact, audience).context for audience in (AGENT, AUTOMATED))
    assert len(agent.open_contacts[0].interactions) == 3
    assert [said.text for said in bot.open_contacts[0].interactions] == ["where is my parcel"]
    assert "difficult" in str(agent)
    assert "difficult" not in str(bot)


def test_d7_answers_open_the_record_whose_values_matched(desk: Desk) -> None:
    """And not what hangs on it by weaker links; the context says why it is open."""
    anna(desk)
    row(desk, "9", stated("phone", PHONE), source="shop", name="Anna Lang", loyalty="gold")
    call = desk.start("voice", observed("phone", PHONE))
    assert check(desk, call.contact, birth_date="11.12.1978").disclosure == FIRST
    assert check(desk, call.contact, postcode="8010").disclosure == SAFE
    context = desk.context(call.contact).context
    assert context.disclosure_reason == REASON.DISCLOSURE_REASON_ANSWERED
    levels = said(desk, context)
    assert levels["birth_date"] == SAFE
    assert levels.get("loyalty", FIRST) == FIRST


def test_d7_values_of_sources_that_may_not_answer_are_no_answers(desk: Desk) -> None:
    """What a form was told by anybody is nothing to ask for."""
    anna(desk, source="shop")
    call = desk.start("voice", observed("phone", PHONE))
    checked = check(desk, call.contact, birth_date="1978-12-11", postcode="8010")
    assert set(checked.verdicts.values()) == {CheckAnswersResponse.Verdict.VERDICT_NO_MATCH}
    assert checked.disclosure == FIRST


def test_t9_a_context_shows_no_contact_of_another_customer(desk: Desk, sql: psycopg.Connection) -> None:
    """Though the two were one customer for a while, and had one conversation; also while they still stand in it."""
    app = desk.start("app", verified("device", "d1"))
    desk.record(app.contact, "the biopsy result of Tuesday")
    mail = desk.start("email", verified("email", MAIL))
    both = desk.start("app", verified("device", "d1"), verified("email", MAIL))
    assert "biopsy" in str(desk.context(mail.contact).context)
    desk.correct(both.contact)
    sql.execute(
        "UPDATE contact SET conversation_id = (SELECT c.conversation_id FROM contact AS c WHERE c.contact_id = %s)"
        " WHERE contact_id = %s",
        (mail.contact.rpartition("/")[2], app.contact.rpartition("/")[2]),
    )
    context = desk.context(mail.contact).context
    assert "biopsy" not in str(context)
    assert app.contact.rpartition("/")[2] not in str(context)


def test_i15_a_claim_says_nothing(desk: Desk) -> None:
    """Before and after the customer proves it."""
    anna(desk)
    form = desk.start("web_form", claimed("phone", PHONE))
    assert form.context.disclosure_reason == REASON.DISCLOSURE_REASON_FOUND_BY_CLAIM
    desk.start("voice", verified("phone", PHONE))
    assert not desk.context(form.contact).context.HasField("profile")
    nobody = desk.start("web_form", claimed("phone", "+436609999999"))
    assert (nobody.disclosure, nobody.context.disclosure_reason) == (WITHHOLD, REASON.DISCLOSURE_REASON_NOBODY_KNOWN)


def test_d3_an_agent_checks_without_seeing_the_answer(desk: Desk) -> None:
    """Below SAFE what may be asked is on file, without its value; then it is shown."""
    row(desk, "1", stated("account", "anna-l"), stated("phone", PHONE), name="Anna Lang", postcode="8010")
    call = desk.start("voice", observed("phone", PHONE))
    values = {value.attribute: (value.value, value.masked) for value in call.context.profile.golden_record}
    assert values == {"name": ("Anna Lang", False), "postcode": ("", True)}
    points = {point.namespace: (point.value, point.masked) for point in call.context.profile.contact_points}
    assert points == {"account": ("", True), "phone": (PHONE, False)}
    proved = desk.evidence(call.contact, verified("phone", PHONE)).context
    assert {value.attribute: value.value for value in proved.profile.golden_record} == {
        "name": "Anna Lang",
        "postcode": "8010",
    }


def transferred(desk: Desk, before: str, *given: Any, **more: Any) -> Any:
    """The next leg of a call."""
    initiation = Initiation.INITIATION_TRANSFER
    return desk.start("voice", *given, previous_contacts=[ref(before)], initiation=initiation, **more)


def test_d6_a_transfer_inherits_what_was_proved_with_its_time(desk: Desk) -> None:
    """With the caller's number repeated or without it; a new call inherits nothing of it."""
    anna(desk)
    first = desk.start("voice", verified("phone", PHONE))
    desk.record(first.contact, "my parcel is late")
    second = transferred(desk, first.contact)
    assert (second.disclosure, second.profile) == (SAFE, first.profile)
    desk.end(first.contact)
    third = transferred(desk, second.contact, observed("phone", PHONE))
    assert third.disclosure == SAFE
    bot = desk.context(third.contact, AUTOMATED).context
    assert "my parcel is late" in str(third.context.ended_contacts)
    assert said(desk, bot)
    redial = desk.start("voice", observed("phone", PHONE), previous_contacts=[ref(third.contact)])
    assert redial.disclosure == FIRST


def test_d6_checks_go_along_with_a_transfer(desk: Desk) -> None:
    """And need not be asked again."""
    anna(desk)
    first = desk.start("voice", observed("phone", PHONE))
    assert check(desk, first.contact, birth_date="1978-12-11", postcode="8010").disclosure == SAFE
    second = transferred(desk, first.contact)
    assert second.disclosure == SAFE
    assert set(second.context.attributes_checked) == {"birth_date", "postcode"}


def test_d6_whom_answers_identified_on_a_shared_line_stays_known(desk: Desk) -> None:
    """Two at one landline: an account number stated, two right answers; the leg repeats the line. What he gave is asked
    for no more."""
    line, his = "+43123456789", {"birth_date": "1953-11-30", "postcode": "1010"}
    for key, given_name, said_of in (
        ("1", "Ruth", {"birth_date": "1956-01-09", "postcode": "1020"}),
        ("2", "Emil", his),
    ):
        numbers = (stated("crm", key), stated("account", f"90020010{key}"), stated("phone", line))
        customer = row(desk, key, *numbers, given_name=given_name, family_name="Adler", **said_of).profile
    first = desk.start("voice", observed("phone", line))
    desk.record(first.contact, "my meter reading is wrong")
    desk.evidence(first.contact, claimed("account", "900200102"))
    assert desk.context(first.contact).context.ask.key not in ("", "account", "phone")
    check(desk, first.contact, **his)
    for leg in (transferred(desk, first.contact, observed("phone", line)), desk.context(first.contact)):
        assert leg.profile == customer
        assert "my meter reading is wrong" in str(leg.context)
        assert set(leg.context.attributes_checked) == set(his)
        assert "Ruth" not in str(leg.context)


def test_d6_a_leg_that_turns_out_to_be_of_another_customer_hears_no_call(desk: Desk) -> None:
    """Whether it shows somebody else, or an agent says so; of the same customer it goes on to hear it."""
    anna(desk)
    bela = row(desk, "b", stated("email", "bela@example.org"), given_name="Bela")
    call = desk.start("voice", verified("phone", PHONE))
    desk.record(call.contact, "my parcel is late")
    legs = [
        desk.start("voice", previous_contacts=[ref(call.contact)], initiation=Initiation.INITIATION_CONSULT)
        for _ in range(4)
    ]
    shows, said_of, nobody, same = (leg.contact for leg in legs)
    desk.evidence(shows, verified("email", "bela@example.org"))
    desk.correct(said_of, bela.profile)
    desk.correct(nobody)
    desk.evidence(same, verified("phone", PHONE))
    for contact in (shows, said_of, nobody):
        assert "my parcel is late" not in str(desk.context(contact)), contact
    assert "my parcel is late" in str(desk.context(same))


def test_d6_a_consulted_leg_sees_the_call_as_long_as_it_lives(desk: Desk) -> None:
    """And takes nothing of it: the transfer inherits what was proved. A bot sees nothing, nor does anybody later."""
    anna(desk)
    call = desk.start("voice", verified("phone", PHONE))
    desk.record(call.contact, "my parcel is late")
    colleague = one("sip", "dan@pbx.example.com", "DIALLED", role="BUSINESS")
    consult = desk.start("voice", colleague, previous_contacts=[ref(call.contact)])
    supervisor = desk.start("voice", previous_contacts=[ref(call.contact)], initiation=Initiation.INITIATION_CONSULT)
    for leg in (consult, supervisor):
        seen = desk.context(leg.contact)
        assert (seen.profile, seen.context.disclosure) == (call.profile, SAFE)
        assert "my parcel is late" in str(seen.context.open_contacts)
        assert "my parcel is late" not in str(desk.context(leg.contact, AUTOMATED))
    after = transferred(desk, call.contact)
    assert (after.profile, after.disclosure) == (call.profile, SAFE)
    desk.end(call.contact)
    desk.record(after.contact, "it came at last")
    assert "it came at last" in str(desk.context(supervisor.contact).context.open_contacts)
    desk.end(after.contact)
    assert "my parcel is late" not in str(desk.context(supervisor.contact))
    late = desk.start("voice", previous_contacts=[ref(call.contact)], initiation=Initiation.INITIATION_CONSULT)
    assert "my parcel is late" not in str(late)


def test_d6_a_correction_goes_along_with_a_transfer(desk: Desk) -> None:
    """Once and twice, also where the leg repeats the number that an agent said is not this customer's."""
    vera = anna(desk)
    paul = row(desk, "2", stated("crm", "B-2"), name="Paul Reyes", birth_date="1990-07-15", postcode="75011")
    call = desk.start("voice", observed("phone", PHONE))
    assert call.profile == vera.profile
    desk.correct(call.contact, paul.profile, etag=call.context.profile.etag)
    second = transferred(desk, call.contact)
    assert second.profile == paul.profile
    third = transferred(desk, second.contact, observed("phone", PHONE))
    assert third.profile == paul.profile
    assert "Anna" not in str(third.context)
    assert (third.disclosure, third.context.disclosure_reason) == (FIRST, REASON.DISCLOSURE_REASON_CORRECTED)


def test_d6_a_leg_that_brings_somebody_else_inherits_nothing(desk: Desk) -> None:
    """By a mistake of the platform: another customer's line, or login."""
    anna(desk)
    other = row(desk, "2", stated("crm", "B-2"), stated("phone", "+436607654321"), name="Paul Reyes")
    first = desk.start("voice", verified("phone", PHONE))
    desk.record(first.contact, "the biopsy result")
    leg = transferred(desk, first.contact, verified("phone", "+436607654321"))
    assert leg.profile == other.profile
    assert "biopsy" not in str(leg.context)
    assert "Anna" not in str(leg.context)


def test_d10_a_claim_tells_a_bot_nothing(desk: Desk) -> None:
    """Of a customer's number and of nobody's it is told alike."""
    anna(desk)
    answers: list[Any] = []
    for number in (PHONE, "+436609999999"):
        form = desk.start("web_form", claimed("phone", number), audience=AUTOMATED)
        context, results = form.context, form.identifier_results
        answers.append(
            (
                form.disclosure,
                form.outcome,
                context.disclosure_reason,
                context.disclosure_words,
                context.HasField("ask"),
                context.HasField("profile"),
                len(context.candidates),
                [(result.result, result.reason) for result in results],
            )
        )
    assert answers[0] == answers[1]


def test_d7_an_account_is_an_answer(desk: Desk) -> None:
    """Compared as identifiers are; a wrong one fails."""
    row(desk, "1", stated("account", "anna-l"), stated("phone", PHONE), birth_date="1978-12-11")
    call = desk.start("voice", observed("phone", PHONE))
    assert check(desk, call.contact, account="ben-k").attempts_left == 4
    assert check(desk, call.contact, account="anna-l", birth_date="11.12.1978").disclosure == SAFE


def test_d7_guesses_at_once_in_many_contacts_are_no_way_around_the_limit(desk: Desk) -> None:
    """Twelve contacts that show the customer's number guess at the same time: five answers fail, no more."""
    anna(desk)
    calls = [desk.start("voice", observed("phone", PHONE)).contact for _ in range(12)]
    guesses = [
        CheckAnswersRequest(contact=ref(call), occur_time=desk.tick(), answers={"birth_date": f"1970-01-{day:02}"})
        for day, call in enumerate(calls, 1)
    ]

    def guessed(request: CheckAnswersRequest) -> str:
        try:
            desk.call(request)
        except ProfileError as error:
            return error.reason
        return ""

    with ThreadPoolExecutor(12) as pool:
        outcomes = Counter(pool.map(guessed, guesses))
    assert outcomes == {"": 5, "CHECKS_EXHAUSTED": 7}


def guard(desk: Desk, profile: str, *, guarded: bool = True) -> Any:
    """Staff guard a customer, or no longer."""
    return desk.call(
        UpdateProfileRequest(
            profile=Profile(name=profile, guarded=guarded),
            update_mask=FieldMask(paths=["guarded"]),
            occur_time=desk.tick(),
            purpose="threat",
        )
    )


def test_d3_a_guarded_customer_is_nobody_until_something_is_proved(desk: Desk) -> None:
    """Whatever is observed, claimed or answered; a password opens her, and staff may end it."""
    customer = anna(desk)
    assert guard(desk, customer.profile).guarded
    call = desk.start("voice", observed("phone", PHONE))
    assert (call.disclosure, call.context.disclosure_reason) == (WITHHOLD, REASON.DISCLOSURE_REASON_NOBODY_KNOWN)
    assert "Anna" not in str(call.context)
    check(desk, call.contact, birth_date="1978-12-11", postcode="8010")
    assert desk.context(call.contact).context.disclosure == WITHHOLD
    claim = desk.start("webchat", claimed("phone", PHONE)).context
    assert (claim.disclosure, len(claim.candidates)) == (WITHHOLD, 0)
    looked = desk.call(LookupProfileRequest(identifiers=[observed("phone", PHONE)], audience=AGENT))
    assert customer.profile in {candidate.profile for candidate in looked.candidates}
    assert desk.evidence(call.contact, verified("phone", PHONE)).disclosure == SAFE
    assert set(said(desk, desk.context(call.contact).context).values()) == {SAFE}
    assert not guard(desk, customer.profile, guarded=False).guarded
    assert desk.start("voice", observed("phone", PHONE)).disclosure == FIRST


def test_d3_no_other_mask_guards_or_unguards(desk: Desk) -> None:
    """Who sets all that can be set does not mean it."""
    customer = anna(desk)
    guard(desk, customer.profile)
    request = UpdateProfileRequest(
        profile=Profile(name=customer.profile), update_mask=FieldMask(paths=["*"]), occur_time=desk.tick(), purpose="it"
    )
    assert desk.call(request).guarded


def test_d7_the_next_context_says_until_when_failed_answers_count(desk: Desk) -> None:
    """A day from the first of them; to agents alone."""
    anna(desk)
    call = desk.start("voice", observed("phone", PHONE))
    check(desk, call.contact, postcode="9999")
    after = desk.start("voice", observed("phone", PHONE)).context
    assert HandoffContext.WARNING_CHECKS_FAILED in after.warnings
    assert 86_000 < after.checks_failed_until_time.seconds - after.as_of_time.seconds <= 86_400
    bot = desk.context(call.contact, AUTOMATED).context
    assert not bot.HasField("checks_failed_until_time")


def test_e1_what_a_record_merely_heard_is_no_point_of_its_core(desk: Desk) -> None:
    """A login opens the record; a mailbox that somebody told its source, and that is another's core, is not told."""
    hers = "anna.home@example.org"
    desk.start("email", observed("email", hers), observed("phone", PHONE))
    row(desk, "1", stated("account", "A-9"), claimed("email", hers), stated("phone", PHONE), source="crm")
    call = desk.start("app", one("account", "A-9", "SIGNED_LOGIN"))
    assert call.disclosure == SAFE
    safe = {point.value for point in call.context.profile.contact_points if point.disclosure == SAFE}
    assert PHONE in safe
    assert hers not in safe


def test_d4_who_merely_heard_of_a_number_releases_nothing(desk: Desk) -> None:
    """A form in which somebody wrote her number is no record that states it."""
    desk.end(desk.start("voice", verified("phone", PHONE)).contact)
    row(desk, "f", claimed("phone", PHONE), source="form", name="Vera Rossi")
    assert desk.release(claimed("phone", PHONE)).revision == 0
    row(desk, "1", stated("phone", PHONE), source="crm", name="Anna Lang")
    assert desk.release(claimed("phone", PHONE)).revision > 0
