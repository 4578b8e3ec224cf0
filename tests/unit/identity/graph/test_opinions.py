"""What records say against each other: E2, E6 and D7, each by the smallest graph that shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from profile_service.identity.graph.model import Assurance, Decisions, Link, LinkKind, LinkState, NodeId, Refusal
from profile_service.identity.graph.opinions import ALIKE_MAX, Saying, Statement, opinions_of
from profile_service.identity.graph.partition import Partition, partition
from profile_service.identity.matching.attributes import Attributes, PersonName
from profile_service.identity.policy import Namespace
from tests.unit.identity.graph.facts import OB, V, link, must, nodes, parts, policy

F = Assurance.ON_FILE
POLICY = policy(Namespace(name="crm", strength=100, limit=1), Namespace(name="account", strength=95, limit=1))


def person(given: str, born: int | None = None, document: str = "") -> Attributes:
    """What a record says of a person; the birth date is one of that year."""
    return Attributes(
        names=frozenset({PersonName(given, "weber")}),
        birth_dates=frozenset() if born is None else frozenset({(born, born % 12 + 1, born % 28 + 1)}),
        government_ids=frozenset({("passport", document)}) if document else frozenset(),
    )


ANNA, OTTO, ANNE = person("anna", 1980), person("otto", 1956), person("anne")
R1, R2 = NodeId("record/crm:1"), NodeId("record/crm:2")


def decide(
    links: Sequence[Link],
    said: Mapping[str, Attributes],
    decisions: Decisions | None = None,
    contesting: tuple[Statement, ...] = (),
) -> Partition:
    """Decide the ends of the links, with what their records say."""
    known = nodes(*{end for each in links for end in each.pair})
    saying = Saying({NodeId(record): attributes for record, attributes in said.items()}, contesting=contesting)
    return partition(known, links, decisions or Decisions(), POLICY, None, opinions_of(known, links, saying, POLICY))


def states(record: str, identifier: str, level: Assurance = F, time: int = 1, **more: object) -> Link:
    """A record states an identifier."""
    return link(record, identifier, V, level, time, **more)


def test_e2_records_that_contradict_each_other_are_not_one_customer_and_their_number_is_shared() -> None:
    """Two at one switchboard, at each level below VERIFIED."""
    for level in (OB, F):
        links = [states(R1, "phone:1", level, 1), states(R2, "phone:1", level, 2)]
        found = decide(links, {R1: ANNA, R2: OTTO})
        assert len(found.parts) == 3
        assert found.shared == {"phone:1": OB}
        assert len(decide(links, {R1: ANNA, R2: ANNA}).parts) == 1


def test_e2_a_verified_link_is_refused_and_makes_nothing_shared() -> None:
    """Both shown in one contact; a steward's word joins them all the same."""
    links = [states(R1, "phone:1", F), states(R2, "email:1", F), link("phone:1", "email:1", V, time=3)]
    found = decide(links, {R1: ANNA, R2: OTTO})
    assert parts(found.parts) == [["email:1", R2], ["phone:1", R1]]
    assert [refused.reason for refused in found.refused] == [Refusal.CONTRADICTION]
    assert not found.shared
    assert len(decide(links, {R1: ANNA, R2: OTTO}, Decisions(must=(must(R1, R2),))).parts) == 1


def test_e2_records_that_are_not_joined_speak_too() -> None:
    """Of one whose link is contested, and of one that is not among the nodes."""
    both = link("phone:1", "email:1", V, time=3)
    contested = states(R2, "email:1", F, state=LinkState.CONTESTED)
    assert len(decide([states(R1, "phone:1"), contested, both], {R1: ANNA, R2: OTTO}).parts) == 3
    outside = (Statement(R2, NodeId("email:1"), "record/crm", "email", active=False),)
    assert len(decide([states(R1, "phone:1"), both], {R1: ANNA, R2: OTTO}, None, outside).parts) == 2
    assert len(decide([states(R1, "phone:1"), both], {R1: ANNA, R2: ANNA}, None, outside).parts) == 1


def test_e2_what_stronger_links_put_beside_a_record_just_loses() -> None:
    """The number stays hers, and is not shared."""
    proved = link(R1, "phone:1", V, kind=LinkKind.SETTLED)
    found = decide([proved, states(R2, "phone:1", OB, 2)], {R1: ANNA, R2: OTTO})
    assert parts(found.parts) == [["phone:1", R1], [R2]]
    assert not found.shared


def test_e2_other_given_names_alone_open_nothing_and_join_weakly() -> None:
    """What is on file at both is an observation."""
    links = [states(R1, "phone:1", F, 1), states(R2, "phone:1", F, 2)]
    found = decide(links, {R1: ANNA, R2: person("otto")})
    assert (len(found.parts), len(found.cores)) == (1, 3)
    assert not found.shared
    verified = [states(R1, "phone:1"), states(R2, "email:1"), link("phone:1", "email:1", V, time=3)]
    found = decide(verified, {R1: ANNA, R2: person("otto")})
    assert [refused.reason for refused in found.refused] == [Refusal.OTHER_NAME]
    assert len(decide(verified, {R1: person("anna"), R2: ANNE}).parts) == 1


def test_e2_a_key_is_its_own_records_and_answers_settle() -> None:
    """Whatever another record states of it."""
    links = [states(R1, "crm:1", V), states("record/shop:1", "crm:1", OB, 2)]
    found = decide(links, {R1: ANNA, "record/shop:1": OTTO})
    assert found.part_of()[R1] == found.part_of()[NodeId("crm:1")]
    disputed = [states(R1, "phone:1"), states(R2, "phone:1"), link(R2, "phone:1", V, time=9, kind=LinkKind.SETTLED)]
    assert ["phone:1", R2] in parts(decide(disputed, {R1: ANNA, R2: OTTO}).cores)
    bound = [states(R1, "phone:1"), states(R2, "phone:1"), link(R2, "phone:1", V, time=9, kind=LinkKind.BOUND)]
    assert ["phone:1", R2] not in parts(decide(bound, {R1: ANNA, R2: OTTO}).cores)


def test_e2_what_a_part_took_in_speaks_for_all_of_it() -> None:
    """Otto's number stays away from a login, beside which Anna's mailbox was proved."""
    both = [
        link("account:1", name, V, time=place)
        for place, name in enumerate(("device:1", "device:2", "email:1", "phone:1"))
    ]
    found = decide([*both, states(R1, "email:1", OB), states(R2, "phone:1", OB)], {R1: ANNA, R2: OTTO})
    assert parts(found.parts) == [["account:1", "device:1", "device:2", "email:1", R1], ["phone:1", R2]]


def test_e2_sources_that_are_none_of_record_say_nothing_against_others() -> None:
    """A form in another name."""
    links = [states(R1, "phone:1"), states("record/form:1", "phone:1", OB)]
    assert len(decide(links, {R1: ANNA, "record/form:1": OTTO}).parts) == 1


def test_e6_duplicates_are_one_profile_and_two_cores() -> None:
    """Whatever limit their keys have; the number stays with the older, and is not shared; the source is told."""
    links = [
        *(states(R1, "crm:1", V), states(R1, "phone:1", F, 1)),
        *(states(R2, "crm:2", V), states(R2, "phone:1", F, 2)),
    ]
    found = decide(links, {R1: ANNA, R2: ANNA})
    assert parts(found.parts) == [["crm:1", "crm:2", "phone:1", R1, R2]]
    assert parts(found.cores) == [["crm:1", "phone:1", R1], ["crm:2", R2]]
    assert not found.shared
    assert [(refused.link.pair, refused.reason) for refused in found.refused] == [((R1, R2), Refusal.DUPLICATE)]
    assert decide(links, {R1: ANNA, R2: person("anna")}).shared == {"phone:1": F}


@pytest.mark.parametrize(("number", "joined"), [(ALIKE_MAX, True), (ALIKE_MAX + 1, False)])
def test_e6_so_many_records_are_not_one_customers(number: int, joined: bool) -> None:
    """They are not compared."""
    records = [f"record/crm:{place:03}" for place in range(number)]
    links = [states(record, "phone:1", F, place) for place, record in enumerate(records)]
    links += [states(record, f"crm:{place:03}", V) for place, record in enumerate(records)]
    found = decide(links, dict.fromkeys(records, ANNA))
    assert (len(found.parts) == 1) is joined
