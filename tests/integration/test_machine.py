"""A state machine drives the real server on a real database against a small pure model (design, I1-I4, I7, I8, R1-R14).

The model keeps the facts and evaluates all of them at once with `partition`; the service evaluates neighbourhoods, call
by call. After every step both must say the same of every identifier: with whom it is, and whether it is shared.
"""

from __future__ import annotations

import itertools
import random
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import psycopg
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from profile_client import ProfileError

from profile_service.engine.identifiers import key_of
from profile_service.identity.contact.persons import Acquaintance, Known, persons_of
from profile_service.identity.graph.counting import fan_out_levels, pairs
from profile_service.identity.graph.model import Assurance, Decisions, Link, LinkKind, Node, NodeId
from profile_service.identity.graph.partition import partition
from profile_service.identity.policies import shipped_policy
from profile_service.identity.text.normalise import Keyed
from profile_service.play.local import LocalService
from profile_service.store.keyring import Keyring, load_keyring
from profile_service.v1 import Identifier, ListProfileInteractionsRequest, StartContactRequest
from tests.integration.desk import VERIFIED, Desk, claimed, observed, stamp, verified

POLICY = shipped_policy("default")
NAMES = [f"{namespace}-{number}" for namespace in ("account", "email", "phone", "device") for number in range(3)]
PROOFS = {Assurance.CLAIMED: claimed, Assurance.OBSERVED: observed, Assurance.VERIFIED: verified}
MEMBERS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(list(PROOFS))),
    min_size=1,
    max_size=3,
    unique_by=lambda m: m[0],
)


@dataclass
class Model:
    """The facts: sets per person in a contact, which contacts were withdrawn, and which identifiers were released
    when."""

    sets: dict[tuple[str, int], dict[tuple[str, int], tuple[Assurance, int]]] = field(default_factory=dict)
    person: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    withdrawn: set[str] = field(default_factory=set)
    epoch: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    established: set[tuple[str, int]] = field(default_factory=set)
    begun: dict[str, int] = field(default_factory=dict)
    proved: dict[tuple[str, tuple[str, int]], int] = field(default_factory=dict)
    renewed: list[tuple[tuple[str, int], int]] = field(default_factory=list)
    keys: dict[tuple[str, int], bytes] = field(default_factory=dict)

    def present(self, contact: str, members: list[tuple[str, Assurance]], time: int) -> None:
        """A contact brings identifiers: of who is there, or of others (D5)."""
        self.begun.setdefault(contact, time)
        able = [name for name, assurance in members if assurance >= Assurance.OBSERVED]
        joining = [n for n, a in members if n in able and a >= POLICY.join_min(n.partition("-")[0])]
        self.established |= {(name, self.epoch[name]) for name in (joining or able)}
        there = self.sets.setdefault((contact, self.person[contact]), {})
        proven = [(name, assurance) for name, assurance in members if assurance > Assurance.CLAIMED]
        persons = persons_of(
            [self.known(node, assurance) for node, (assurance, _) in there.items()],
            [self.known((name, self.epoch[name]), assurance) for name, assurance in proven],
            self.acquaintance(contact),
            POLICY,
        )
        number_of = {name: number for (name, _), number in zip(proven, persons, strict=True)}
        for name, assurance in members:
            person = self.person[contact] + number_of.get(name, 0)
            brought, node = self.sets.setdefault((contact, person), {}), (name, self.epoch[name])
            best = brought.get(node)
            if best is None or assurance > best[0]:
                brought[node] = (assurance, time)
            if best is None or assurance > best[0] or assurance is Assurance.VERIFIED:
                self.proved[contact, node] = time
        self.person[contact] += max(persons, default=0)

    def standing(self) -> Iterator[tuple[str, dict[tuple[str, int], tuple[Assurance, int]]]]:
        """Who showed what, by contact, but for what was withdrawn."""
        yield from ((contact, shown) for (contact, _), shown in self.sets.items() if contact not in self.withdrawn)

    def is_known(self, node: tuple[str, int], before: int) -> bool:
        """Whether an identifier was proved before a time."""
        return any(
            shown[node][0] is Assurance.VERIFIED and self.proved[contact, node] < before
            for contact, shown in self.standing()
            if node in shown
        )

    def release(self, name: str) -> None:
        """It began anew after its last proof beside an identifier known before: who showed it since is another (D4)."""
        node, later = (name, self.epoch[name]), (name, self.epoch[name] + 1)
        beside = [
            self.proved[contact, node]
            for contact, shown in self.standing()
            if node in shown and shown[node][0] is Assurance.VERIFIED
            if any(
                other != node and worth is Assurance.VERIFIED and self.is_known(other, self.begun[contact])
                for other, (worth, _) in shown.items()
            )
        ]
        self.epoch[name] += 1
        moved = [
            (contact, shown)
            for contact, shown in self.standing()
            if beside and node in shown and shown[node][0] > Assurance.CLAIMED
            if self.proved[contact, node] > max(beside)
        ]
        for contact, shown in moved:
            shown[later], self.proved[contact, later] = shown.pop(node), self.proved.pop((contact, node))
        if moved:
            self.renewed.append((node, max(beside) + 1))
            self.established |= {later} if node in self.established else set()
            self.epoch[name] += 1

    @staticmethod
    def known(node: tuple[str, int], assurance: Assurance) -> Known:
        """An identifier as the rule of D5 takes it."""
        namespace = node[0].partition("-")[0]
        method = "SIGNED_LOGIN" if VERIFIED.get(namespace, "SIGNED_LOGIN") == "SIGNED_LOGIN" else "ONE_TIME_PASSWORD"
        return Known(NodeId(f"{node[0]}/{node[1]}"), namespace, assurance, method if assurance >= 4 else "")

    def acquaintance(self, contact: str) -> Acquaintance:
        """What was proved in other contacts, and together."""
        known: set[NodeId] = set()
        together: set[frozenset[NodeId]] = set()
        for (other, _), members in self.sets.items():
            if other in self.withdrawn:
                continue
            proved = [
                NodeId(f"{node[0]}/{node[1]}")
                for node, (assurance, _) in members.items()
                if assurance is Assurance.VERIFIED
            ]
            known |= set(proved) if other != contact else set()
            together |= {frozenset(pair) for pair in itertools.combinations(proved, 2)}
        return Acquaintance(known=frozenset(known), together=frozenset(together))

    def links(self) -> list[Link]:
        """The links of all sets that stand: a pair exists from when its later end was shown."""
        made: list[Link] = []
        for (contact, _), members in self.sets.items():
            if contact in self.withdrawn:
                continue
            for (a, (of_a, at_a)), (b, (of_b, at_b)) in itertools.combinations(sorted(members.items()), 2):
                made += pairs(
                    [(NodeId(f"{a[0]}/{a[1]}"), of_a), (NodeId(f"{b[0]}/{b[1]}"), of_b)],
                    channel="app",
                    occur_time=max(at_a, at_b),
                )
        for (name, epoch), time in self.renewed:
            ends = NodeId(f"{name}/{epoch}"), NodeId(f"{name}/{epoch + 1}")
            made.append(
                Link(
                    a=ends[0],
                    b=ends[1],
                    assurance_a=Assurance.OBSERVED,
                    assurance_b=Assurance.OBSERVED,
                    first_time=time,
                    kind=LinkKind.RENEWED,
                )
            )
        return made

    def verdict(self) -> dict[str, tuple[frozenset[str], int]]:
        """Per identifier (and epoch) whom it is with, and up to where it is shared."""
        names = {node for members in self.sets.values() for node in members}
        nodes = {
            NodeId(f"{name}/{epoch}"): Node(
                id=NodeId(f"{name}/{epoch}"),
                key=self.keys[name, epoch],
                namespace=name.partition("-")[0],
                current=epoch == self.epoch[name],
            )
            for name, epoch in names
        }
        links = self.links()
        decided = partition(nodes, links, Decisions(), POLICY, fan_out_levels(nodes, links, POLICY))
        verdict: dict[str, tuple[frozenset[str], int]] = {}
        for part in decided.parts:
            owned = any((name.rpartition("/")[0], int(name.rpartition("/")[2])) in self.established for name in part)
            alone = len(part) == 1 and decided.level(next(iter(part))) > 0
            for name in part:
                verdict[name] = (frozenset(part) if owned and not alone else frozenset(), decided.level(name))
        return verdict


class Machine(RuleBasedStateMachine):
    """One customer base after the other, each with identifiers of its own in the same tenant."""

    desk: ClassVar[Desk]
    keyring: ClassVar[Keyring]
    sql: ClassVar[psycopg.Connection]

    def __init__(self) -> None:
        super().__init__()
        self.run, self.model = uuid.uuid4().hex[:12], Model()
        self.requests: dict[str, tuple[StartContactRequest, Any]] = {}
        self.said: dict[str, list[str]] = defaultdict(list)

    def value(self, name: str) -> str:
        """An identifier of this run."""
        namespace, _, number = name.partition("-")
        digits = int(self.run[:8], 16) % 10**7
        forms = {"email": f"{number}.{self.run}@example.org", "phone": f"+49151{number}{digits:07d}"}
        return forms.get(namespace, f"{number}-{self.run}")

    def identifier(self, name: str, assurance: Assurance) -> Identifier:
        """As it is sent; its key in the order of ties is remembered."""
        namespace = name.partition("-")[0]
        key = key_of(self.keyring, self.desk.tenant, Keyed(namespace=namespace, value=self.value(name)))
        for epoch in range(self.model.epoch[name] + 1):
            self.model.keys[name, epoch] = key + epoch.to_bytes(4, "big")
        return PROOFS[assurance](namespace, self.value(name))

    def present(self, contact: str, members: list[tuple[str, Assurance]]) -> None:
        self.model.present(contact, members, int(self.desk.now * 1_000_000))

    @rule(members=MEMBERS)
    def start(self, members: list[tuple[str, Assurance]]) -> None:
        """A contact starts."""
        request = self.desk.start_request("", "app", *(self.identifier(*member) for member in members))
        answer = self.desk.call(request)
        self.requests[answer.contact] = (request, answer)
        self.present(answer.contact, members)

    @precondition(lambda self: self.requests)
    @rule(data=st.data(), members=MEMBERS)
    def evidence(self, data: st.DataObject, members: list[tuple[str, Assurance]]) -> None:
        """Something turns up in a contact."""
        contact = data.draw(st.sampled_from(sorted(set(self.requests) - self.model.withdrawn) or sorted(self.requests)))
        if contact in self.model.withdrawn:
            return
        self.desk.evidence(contact, *(self.identifier(*member) for member in members))
        self.present(contact, members)

    @precondition(lambda self: self.requests)
    @rule(data=st.data())
    def correct(self, data: st.DataObject) -> None:
        """An agent says that a contact is somebody else."""
        contact = data.draw(st.sampled_from(sorted(self.requests)))
        self.desk.correct(contact)
        self.model.withdrawn.add(contact)

    @precondition(lambda self: self.requests)
    @rule(data=st.data())
    def record(self, data: st.DataObject) -> None:
        """Somebody says something, and the platform delivers it twice."""
        contact, event = data.draw(st.sampled_from(sorted(self.requests))), uuid.uuid4().hex
        moment = stamp(self.desk.now)
        text = f"line {sum(map(len, self.said.values()))}"
        first = self.desk.record(contact, text, event=event, occur_time=moment)
        assert self.desk.record(contact, text, event=event, occur_time=moment).interaction == first.interaction
        self.said[contact].append(text)

    @rule(name=st.sampled_from([name for name in NAMES if name.startswith(("phone", "email"))]))
    def release(self, name: str) -> None:
        """A number is given back by who proves it."""
        if any((name, self.model.epoch[name]) in members for members in self.model.sets.values()):
            self.start([(name, Assurance.VERIFIED)])
            self.desk.release(self.identifier(name, Assurance.CLAIMED), list(self.requests)[-1])
            self.model.release(name)
            self.identifier(name, Assurance.CLAIMED)  # the keys of its later nodes

    @precondition(lambda self: self.requests)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        """A platform retries; another payload under the key is refused."""
        contact = data.draw(st.sampled_from(sorted(self.requests)))
        request, answer = self.requests[contact]
        again = self.desk.call(request)
        assert again.replayed and (again.contact, again.outcome) == (answer.contact, answer.outcome)
        other = StartContactRequest()
        other.CopyFrom(request)
        other.brand = "other"
        with pytest.raises(ProfileError, match="KEY_REUSED"):
            self.desk.call(other)

    def found(self) -> dict[str, tuple[frozenset[str], int]]:
        """What the database says, in the model's names."""
        rows = self.sql.execute(
            "SELECT key, epoch, profile_id::text, shared FROM node WHERE tenant_id = %s AND key = ANY (%s)",
            (self.desk.tenant, list({key[:32] for key in self.model.keys.values()})),
        ).fetchall()
        names = {key: name for name, key in self.model.keys.items()}
        owned: defaultdict[str, set[str]] = defaultdict(set)
        recorded: dict[str, tuple[str | None, int]] = {}
        for key, epoch, profile, shared in rows:
            name = names[bytes(key) + epoch.to_bytes(4, "big")]
            recorded[f"{name[0]}/{name[1]}"] = (profile, shared)
            if profile is not None:
                owned[profile].add(f"{name[0]}/{name[1]}")
        return {
            name: (frozenset(owned[profile]) if profile is not None else frozenset(), shared)
            for name, (profile, shared) in recorded.items()
        }

    @invariant()
    def the_service_says_what_the_model_says(self) -> None:
        """Partition and sharing, for every identifier."""
        if self.model.sets:
            assert self.found() == self.model.verdict()

    def teardown(self) -> None:
        """Every word that was said is in exactly one timeline, once."""
        profiles = {self.desk.context(contact).profile for contact in self.requests}
        texts: list[str] = []
        for profile in profiles:
            request = ListProfileInteractionsRequest(parent=profile, page_size=500)
            texts += [
                interaction.text for interaction in self.desk.call(request).interactions if interaction.text != "test"
            ]
        assert sorted(texts) == sorted(text for said in self.said.values() for text in said)


def test_the_service_agrees_with_the_model(
    desk_of_module: Desk, module_sql: psycopg.Connection, service: LocalService
) -> None:
    """Histories of up to 12 steps; their number is that of the hypothesis profile."""
    from hypothesis import settings

    desk_of_module.step_s = 0.01  # thousands of calls: none is in the future
    Machine.desk, Machine.sql = desk_of_module, module_sql
    Machine.keyring = load_keyring(service.home / "keys.json")
    run_state_machine_as_test(Machine, settings=settings(settings.default, stateful_step_count=12))


def test_i3_the_same_contacts_in_another_order_give_the_same_partition(
    desk: Desk, free_tenants: Any, service: LocalService, sql: psycopg.Connection
) -> None:
    """One history, delivered in order to one tenant and shuffled to another."""
    from profile_client import Target

    other_tenant = next(free_tenants)
    other = Desk(Target(address=service.address, token=service.tokens[f"{other_tenant}/service"]), other_tenant)
    chance = random.Random(7)
    history = []
    for number in range(60):
        names = chance.sample(NAMES, chance.randint(1, 3))
        given = [PROOFS[chance.choice(list(PROOFS))](name.partition("-")[0], _plain(name)) for name in names]
        history.append(desk.start_request(f"c{number}", "app", *given))
    shuffled = history[:]
    chance.shuffle(shuffled)
    for item, two in zip(history, shuffled, strict=True):
        desk.call(item)
        other.call(two)
    other.client.close()
    assert _partition(sql, service, desk.tenant) == _partition(sql, service, other_tenant)


def _plain(name: str) -> str:
    namespace, _, number = name.partition("-")
    return {"email": f"n{number}@example.org", "phone": f"+491519018{number}"}.get(namespace, name)


def _partition(sql: psycopg.Connection, service: LocalService, tenant: str) -> dict[str, tuple[frozenset[str], int]]:
    keyring = load_keyring(service.home / "keys.json")
    names = {key_of(keyring, tenant, Keyed(namespace=n.partition("-")[0], value=_plain(n))): n for n in NAMES}
    rows = sql.execute("SELECT key, profile_id, shared FROM node WHERE tenant_id = %s", (tenant,)).fetchall()
    owned: defaultdict[Any, set[str]] = defaultdict(set)
    for key, profile, _ in rows:
        owned[profile].add(names[bytes(key)])
    return {
        names[bytes(key)]: (frozenset(owned[profile]) if profile else frozenset(), shared)
        for key, profile, shared in rows
    }
