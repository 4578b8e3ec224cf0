"""How long one evaluation of `partition` takes at 10, 100 and 1,000 nodes."""

from __future__ import annotations

import random
import statistics
import time

from profile_service.identity.graph.counting import pairs
from profile_service.identity.graph.model import Assurance, Decisions, Link, Node, NodeId
from profile_service.identity.graph.partition import partition
from profile_service.identity.policies import shipped_policy

SIZES = (10, 100, 1000)
ROUNDS = 15


def graph(size: int, chance: random.Random) -> tuple[dict[NodeId, Node], list[Link]]:
    """A base of contacts with two to four identifiers each, a tenth of them shared between customers."""
    kinds = ("account", "email", "phone", "device", "x")
    names = [f"{kinds[number % len(kinds)]}:{number}" for number in range(size)]
    nodes = {NodeId(name): Node(id=NodeId(name), key=name.encode(), namespace=name.partition(":")[0]) for name in names}
    links: list[Link] = []
    for time_us in range(size):
        start = chance.randrange(size)
        members = {names[(start + step) % size] for step in range(chance.randint(1, 3))}
        if chance.random() < 0.1:
            members.add(chance.choice(names))
        proved = [(NodeId(name), chance.choice((Assurance.OBSERVED, Assurance.VERIFIED))) for name in members]
        links += pairs(proved, channel="app", occur_time=time_us)
    return nodes, links


def seconds_per_evaluation(seed: int) -> dict[int, float]:
    """Median seconds of one evaluation, by the number of nodes."""
    chance, policy = random.Random(seed), shipped_policy("default")
    answers: dict[int, float] = {}
    for size in SIZES:
        times: list[float] = []
        for _ in range(ROUNDS):
            nodes, links = graph(size, chance)
            began = time.perf_counter()
            partition(nodes, links, Decisions(), policy)
            times.append(time.perf_counter() - began)
        answers[size] = statistics.median(times)
    return answers
