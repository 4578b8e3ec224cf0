"""Which profile id names which part (R11)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from profile_service.identity.graph.model import NodeId, ProfileId
from profile_service.identity.graph.naming import Name, NameState, Naming, name_parts
from tests.unit.identity.graph.facts import ids


def name(profile: str, founder: str, nodes: str = "", state: NameState = NameState.LIVE, revision: int = 7) -> Name:
    """An id as it stood before; its nodes by letters."""
    return Name(id=ProfileId(profile), founder=NodeId(founder), state=state, nodes=ids(*nodes), revision=revision)


def named(parts: Sequence[str], *names: Name) -> Naming:
    """Name parts that are given by the letters of their nodes; the last letter is the strongest."""
    minted = iter(["n1", "n2", "n3"])

    def strongest(part: Iterable[NodeId]) -> NodeId:
        return max(part)

    return name_parts([ids(*part) for part in parts], names, strongest=strongest, mint=lambda: ProfileId(next(minted)))


def told(naming: Naming) -> dict[str, tuple[str, str, str]]:
    """State, founder and nodes by id."""
    return {key: (name.state.value, name.founder, "".join(sorted(name.nodes))) for key, name in naming.names.items()}


def test_states_are_those_that_are_stored() -> None:
    """Three texts."""
    assert [state.value for state in NameState] == ["live", "redirected", "split"]


def test_a_name_has_no_nodes_and_no_revision_where_none_are_given() -> None:
    """As for one that is not live."""
    said = Name(id=ProfileId("p"), founder=NodeId("a"), state=NameState.SPLIT, nodes=frozenset(), revision=0)
    assert Name(id=ProfileId("p"), founder=NodeId("a"), state=NameState.SPLIT) == said


def test_a_new_part_gets_a_new_id() -> None:
    """Its founder is its strongest node."""
    found = named(["ab", "cd"])
    assert found.id_of_part == {0: "n1", 1: "n2"}
    assert found.created == {"n1", "n2"}
    assert told(found) == {"n1": ("live", "b", "ab"), "n2": ("live", "d", "cd")}


def test_a_live_id_stays_with_its_founder() -> None:
    """Whatever comes and goes; what went gets a new one. Revisions are the store's to count."""
    found = named(["ax", "b"], name("p1", "a", "ab"))
    assert (found.id_of_part, found.created) == ({0: "p1", 1: "n1"}, {"n1"})
    assert told(found) == {"p1": ("live", "a", "ax"), "n1": ("live", "b", "b")}
    assert found.names[ProfileId("p1")].revision == 0


def test_of_two_live_ids_in_one_part_the_oldest_lives() -> None:
    """Whichever was given first; the other redirects over its founder, and names nothing."""
    older, younger = name("p1", "b", "b"), name("p2", "a", "a")
    for order in ((older, younger), (younger, older)):
        found = named(["ab"], *order)
        assert (found.id_of_part, found.created) == ({0: "p1"}, frozenset())
        assert told(found) == {"p1": ("live", "b", "ab"), "p2": ("redirected", "a", "")}


def test_a_younger_id_passes_to_what_is_left_of_its_part() -> None:
    """Where its founder went to an older profile and others did not; the strongest of them founds it anew."""
    found = named(["ab", "cdz"], name("p1", "a", "a"), name("p2", "b", "bcd"))
    assert (found.id_of_part, found.created) == ({0: "p1", 1: "p2"}, frozenset())
    assert told(found) == {"p1": ("live", "a", "ab"), "p2": ("live", "d", "cdz")}


def test_a_younger_id_passes_to_one_remainder_that_has_no_name() -> None:
    """A remainder with a name of its own is left alone; of several the first."""
    found = named(["ab", "xc", "d", "e"], name("p1", "a", "a"), name("p2", "b", "bcde"), name("p0", "x", "x"))
    assert found.id_of_part == {0: "p1", 1: "p0", 2: "p2", 3: "n1"}
    assert told(found)["p2"] == ("live", "d", "d")
    assert found.created == {"n1"}


def test_an_id_whose_founder_names_nobody_any_more_keeps_the_one_part_that_is_left() -> None:
    """The strongest of what it named founds it anew."""
    found = named(["abz"], name("p1", "s", "abs"))
    assert (found.id_of_part, found.created) == ({0: "p1"}, frozenset())
    assert told(found) == {"p1": ("live", "b", "abz")}


def test_an_id_whose_founder_names_nobody_any_more_redirects_where_the_rest_has_a_name() -> None:
    """Over the strongest of what it named."""
    found = named(["abx"], name("p1", "s", "abs"), name("p2", "x", "x"))
    assert told(found) == {"p1": ("redirected", "b", ""), "p2": ("live", "x", "abx")}
    assert found.id_of_part == {0: "p2"}


def test_nobody_inherits_a_broken_part() -> None:
    """The founder names nobody any more, several parts are left: the id is split over what it named."""
    found = named(["a", "b"], name("p1", "s", "abs"))
    assert (found.id_of_part, found.created) == ({0: "n1", 1: "n2"}, {"n1", "n2"})
    assert told(found)["p1"] == ("split", "s", "ab")
    assert told(named([], name("p1", "s", "s"))) == {"p1": ("split", "s", "")}


def test_a_redirected_id_comes_back_with_its_founder() -> None:
    """Where the founder's part has no other name; of two the older."""
    gone = name("p2", "b", state=NameState.REDIRECTED)
    younger = name("p3", "c", state=NameState.REDIRECTED)
    apart = named(["a", "bc"], name("p1", "a", "abc"), younger, gone)
    assert (apart.id_of_part, apart.created) == ({0: "p1", 1: "p2"}, frozenset())
    assert told(apart) == {"p1": ("live", "a", "a"), "p2": ("live", "b", "bc")}
    together = named(["ab"], name("p1", "a", "ab"), gone)
    assert told(together) == {"p1": ("live", "a", "ab")}


def test_a_live_id_comes_before_an_older_one_that_redirects() -> None:
    """The part has a name; what redirects stays as it is."""
    found = named(["ab"], name("p0", "a", state=NameState.REDIRECTED), name("p1", "b", "b"))
    assert found.id_of_part == {0: "p1"}
    assert told(found) == {"p1": ("live", "b", "ab")}
    assert named(["b"], name("p0", "a", state=NameState.REDIRECTED)).id_of_part == {0: "n1"}


def test_a_split_id_never_comes_back() -> None:
    """Not with its founder either."""
    found = named(["ab"], name("p0", "a", state=NameState.SPLIT))
    assert (found.id_of_part, found.created) == ({0: "n1"}, {"n1"})
