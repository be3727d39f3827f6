"""Every exposure law against exact numbers: people whose surroundings stay as they are, and master equations.

Every check rejects four standard errors or more from the exact number, standard errors being exact too (6e-5 false
alarms a check; seeds are fixed). Each has a twin: the same check must reject a wrong engine, here the engine with a
rate times 1.1 or a law that differs, sized so that the expected distance is at least eight standard errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pytest
from chains import FAR, SURE, Chain, cases_for, chain, errors
from towns import SMALL_GRAPHS, Case, all_in_first_state, category, copies_of, layer, occurrence, simulate, town

from simulator.actions import AddTies, ScaleInfluence, ScaleSusceptibility
from simulator.behaviour import Behaviour, ByColumn, ByState, GroupOf, Response, Source, Transition
from simulator.conditions import parse
from simulator.population import Column
from simulator.streams import Draw
from simulator.turnover import Leave, Turnover
from simulator.units import to_ticks

# --- surroundings that stay as they are: exact exponentials -------------------------------------------------------


@dataclass(frozen=True)
class Leaf:
    """A contact of the person whom a test watches."""

    layer: str
    weight: float
    sort: str
    drinks: str


LEAVES = [
    Leaf("home", 0.25, "strong", "light"), Leaf("home", 1.0, "weak", "heavy"), Leaf("home", 3.0, "plain", "none"),
    Leaf("work", 0.5, "strong", "heavy"), Leaf("work", 2.0, "plain", "light"),
]  # fmt: skip
INFLUENCE = {"plain": 1.0, "strong": 2.0, "weak": 0.5}
LAYERS = {"home": 1.0, "work": 2.0}
DRINKING = ("none", "light", "heavy")
COUNTS = {"none": 0.0, "light": 0.5, "heavy": 1.0}
PEERS = Source("drinking", ("light", "heavy"), (0.5, 1.0))

TEMPTED = Transition(
    "start", ("sober",), "tempted", 1.0, "per_contact", PEERS, LAYERS, influence=(ByColumn("sort", INFLUENCE),)
)


def share_left(start: Transition, leaves: Sequence[Leaf], n: int, time: float, centre: str = "plain") -> float:
    """Share, of n people with these contacts, whom the transition has moved by a time; contacts never change."""
    size = len(leaves) + 1
    first = size * np.arange(n)
    names = dict.fromkeys(leaf.layer for leaf in leaves)
    layers = []
    for name in names:
        mine = [k for k, leaf in enumerate(leaves) if leaf.layer == name]
        ends = np.stack(np.broadcast_arrays(first[:, None], first[:, None] + 1 + np.array(mine)), axis=2)
        layers.append(layer(ends.reshape(-1, 2), name=name, weights=[leaves[k].weight for k in mine] * n))
    columns = [category("sort", [centre, *(leaf.sort for leaf in leaves)] * n)]
    mood = Behaviour("mood", ("sober", "tempted", "elsewhere"), (start,))
    world = town(size * n, [mood, Behaviour("drinking", DRINKING)], layers, columns)
    states = all_in_first_state(world)
    states[:, 0] = 2
    states[first, 0] = 0
    states[:, 1] = np.tile([0, *(DRINKING.index(leaf.drinks) for leaf in leaves)], n)
    run = simulate(world, until=time, start=states, keep_events=False)
    return float((run.final[first, 0] == 1).mean())


def exposure(
    leaves: Sequence[Leaf],
    law: str,
    f: Callable[[float], float] = lambda v: v,
    *,
    layers: Mapping[str, float] = LAYERS,
    influence: Mapping[str, float] = INFLUENCE,
    counts: Mapping[str, float] = COUNTS,
) -> float:
    weights = [leaf.weight * layers[leaf.layer] for leaf in leaves]
    count = sum(w * influence[leaf.sort] * counts[leaf.drinks] for w, leaf in zip(weights, leaves, strict=True))
    return count if law == "per_contact" else count / sum(weights) if law == "proportion" else f(count)


LINEAR = ((0.0, 0.1), (2.0, 0.4), (8.0, 1.0))
BY_LAW = {
    "per_contact": TEMPTED,
    "proportion": replace(TEMPTED, law="proportion"),
    "response": replace(TEMPTED, law="response", response=Response("count", LINEAR, "linear")),
}


def linear(value: float) -> float:
    return float(np.interp(value, *zip(*LINEAR, strict=True)))


@pytest.mark.parametrize("law", list(BY_LAW))
def test_weighted_star_with_influence(law: str) -> None:
    """Weights of ties and layers, influence of contacts, and how much each of their states counts."""
    right = BY_LAW[law]
    exact = exposure(LEAVES, law, linear)
    time = 1.0 / exact
    gone = -np.expm1(-1.0)
    wrong = {  # what a wrong engine does, and the exposure that it then finds
        "rate": (replace(right, rate=1.1), 1.1 * exact),
        "source weights": (
            replace(right, source=Source("drinking", ("light", "heavy"))),
            exposure(LEAVES, law, linear, counts={"none": 0.0, "light": 1.0, "heavy": 1.0}),
        ),
        "layer weights": (
            replace(right, layers={"home": 1.0, "work": 1.0}),
            exposure(LEAVES, law, linear, layers={"home": 1.0, "work": 1.0}),
        ),
        "influence at the wrong end": (
            replace(right, influence=(), susceptibility=right.influence),
            exposure(LEAVES, law, linear, influence=dict.fromkeys(INFLUENCE, 1.0)),
        ),
    }
    n = 15_000
    assert n >= max(cases_for(gone, -np.expm1(-other * time)) for _, other in wrong.values())
    assert errors(share_left(right, LEAVES, n, time), gone, n) < FAR
    for name, (transition, _) in wrong.items():
        assert errors(share_left(transition, LEAVES, n, time), gone, n) > FAR, name


def test_interventions_scale_both_ends_of_every_law() -> None:
    """Susceptibility x 3 of the person, influence x 2 of one contact: inside the count for `response`."""
    n, time = 22_000, 0.25
    centres, first = np.arange(0, 3 * n, 3, dtype=np.int32), np.arange(1, 3 * n, 3, dtype=np.int32)
    ends = np.stack([np.repeat(centres, 2), np.stack([first, first + 1], axis=1).ravel()], axis=1)
    layers = [layer(ends, name="home", weights=[1.0, 3.0] * n), layer([], name="work")]
    states = np.tile(np.array([[0, 0], [2, 2], [2, 0]], np.uint8), (n, 1))  # the first contact drinks heavily
    table = Response("count", ((0.0, 0.0), (2.0, 1.0)), "linear")  # the count rises from 1 to 2

    def gone(start: Transition, factor: float) -> float:
        mood = Behaviour("mood", ("sober", "tempted", "elsewhere"), (start,))
        world = town(3 * n, [mood, Behaviour("drinking", DRINKING)], layers)
        acts = occurrence(
            0.0,
            ScaleSusceptibility(centres, "mood", "start", np.full(n, factor)),
            ScaleInfluence(first, "mood", "start", np.full(n, 2.0)),
        )
        run = simulate(world, until=time, start=states, occurrences=[acts], keep_events=False)
        return float((run.final[centres, 0] == 1).mean())

    for law, exact in (("per_contact", 6.0), ("proportion", 1.5), ("response", 3.0)):
        start = replace(TEMPTED, law=law, influence=(), response=table if law == "response" else None)
        p = -np.expm1(-time * exact)
        assert n >= cases_for(p, -np.expm1(-time * exact * 1.1)), law
        assert errors(gone(start, 3.0), p, n) < FAR, law
        assert errors(gone(start, 3.3), p, n) > FAR, law


TABLE = ((0.0, 0.0), (0.3, 0.2), (0.5, 0.6), (0.8, 1.0))


@pytest.mark.parametrize("adopters", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("shape", ["step", "linear"])
def test_tables_of_a_share(shape: str, adopters: int) -> None:
    """k of 5 contacts: a step is read from its point on, also where the share is a third of three tenths."""
    leaves = [Leaf("home", 0.1, "plain", "heavy" if k < adopters else "none") for k in range(5)]
    start = replace(TEMPTED, law="response", influence=(), layers={"home": 1.0})
    share = adopters / 5
    factor = float(np.interp(share, *zip(*TABLE, strict=True)))
    if shape == "step":
        factor = [0.0, 0.0, 0.2, 0.6, 1.0, 1.0][adopters]
    time = 1.0 / max(factor, 0.1)
    n, p = 12_500, -np.expm1(-factor * time)

    def gone(rate: float) -> float:
        response = Response("share", TABLE, shape)
        return share_left(replace(start, rate=rate, response=response), leaves, n, time)

    if factor == 0:
        assert gone(1.0) == 0
    else:
        assert n >= cases_for(p, -np.expm1(-1.1 * factor * time))
        assert errors(gone(1.0), p, n) < FAR
        assert errors(gone(1.1), p, n) > FAR


def test_a_table_falls_too() -> None:
    """Many contacts may put off: 1 at none, 0.5 from one on, 0 from three on."""
    response = Response("count", ((0.0, 1.0), (1.0, 0.5), (3.0, 0.0)))
    start = replace(TEMPTED, law="response", influence=(), source=Source("drinking", ("heavy",)), response=response)
    n = 20_000
    for adopters, factor in ((0, 1.0), (1, 0.5), (2, 0.5), (3, 0.0), (4, 0.0)):
        leaves = [Leaf("home", 1.0, "plain", "heavy" if k < adopters else "none") for k in range(4)]
        found, p = share_left(replace(start, layers={"home": 1.0}), leaves, n, 1.0), -np.expm1(-factor)
        assert errors(found, p, n) < FAR if factor else found == 0


def test_layers_are_pooled() -> None:
    """One of one in one layer and none of nine in the other is a tenth, not a half; one adopter in each makes two."""
    n, rate = 13_000, 2.0
    leaves = [Leaf("home", 1.0, "plain", "heavy"), *[Leaf("work", 1.0, "plain", "none")] * 9]
    layers = {"home": 1.0, "work": 1.0}
    start = replace(TEMPTED, law="proportion", influence=(), layers=layers, rate=rate)
    times = 5.0
    p = -np.expm1(-0.1 * rate * times)
    assert n >= cases_for(p, -np.expm1(-0.11 * rate * times))
    assert errors(share_left(start, leaves, n, times), p, n) < FAR
    assert errors(share_left(replace(start, rate=1.1 * rate), leaves, n, times), p, n) > FAR
    alone = replace(start, layers={"home": 1.0})  # an engine that read one layer, or averaged the two
    assert errors(share_left(alone, leaves, n, times), p, n) > SURE

    both = [Leaf("home", 1.0, "plain", "heavy"), Leaf("work", 1.0, "plain", "heavy")]
    two = replace(start, law="response", response=Response("count", threshold=2.0), rate=1.0)
    p = -np.expm1(-1.0)
    assert errors(share_left(two, both, n, 1.0), p, n) < FAR
    assert share_left(replace(two, layers={"home": 1.0}), both, n, 1.0) == 0
    assert share_left(two, [both[0], Leaf("work", 1.0, "plain", "none")], n, 1.0) == 0


def test_contacts_of_very_uneven_weight() -> None:
    """Of forty contacts, one carries all the weight but a thousandth: a draw gives up after 32 refusals, then scans."""
    n = 13_000
    leaves = [Leaf("home", 1.0, "plain", "heavy"), *[Leaf("home", 1.0 / 39_000, "plain", "none")] * 39]
    start = replace(TEMPTED, law="proportion", influence=(), layers={"home": 1.0}, rate=1.0)
    exact = 1.0 / 1.001
    p = -np.expm1(-exact)
    given_up = -np.expm1(-exact * (1 - (39 / 40) ** 32))  # what an engine does that gives up without a scan
    assert n >= cases_for(p, -np.expm1(-1.1 * exact))
    assert n >= cases_for(p, given_up)
    assert errors(share_left(start, leaves, n, 1.0), p, n) < FAR
    assert errors(share_left(replace(start, rate=1.1), leaves, n, 1.0), p, n) > FAR


def test_directed_ties_are_read_along_the_arrow() -> None:
    """Who is only named by others has no contacts: proportion 0, count 0; the namers have one."""
    n = 20_000
    ends = np.stack([np.arange(n), np.arange(n, 2 * n)], axis=1)  # person k influences person n + k
    for law in ("proportion", "response"):
        response = Response("share", threshold=0.5) if law == "response" else None
        start = replace(TEMPTED, law=law, influence=(), layers={"home": 1.0}, response=response)
        mood = Behaviour("mood", ("sober", "tempted"), (start,))
        world = town(2 * n, [mood, Behaviour("drinking", DRINKING)], [layer(ends, name="home", directed=True)])
        states = all_in_first_state(world)
        states[:, 1] = 2
        final = simulate(world, until=1.0, start=states, keep_events=False).final[:, 0].reshape(2, n)
        assert final[0].sum() == 0
        assert errors(final[1].mean(), -np.expm1(-1.0), n) < FAR


def test_ties_that_come_and_go() -> None:
    """Half of a person's ties are there from 1 to 2 only: the share, and the count, are of those that are there."""
    n, rate, times = 15_000, 0.8, [1.0, 2.0, 3.0]
    first = 5 * np.arange(n, dtype=np.int32)[:, None]
    own = np.stack(np.broadcast_arrays(first, first + np.array([1, 2], np.int32)), axis=2).reshape(-1, 2)
    added = np.stack(np.broadcast_arrays(first, first + np.array([3, 4], np.int32)), axis=2).reshape(-1, 2)
    laws = {  # exposure before, during and after; own ties: one of two adopters; added, of weight 2: both
        "proportion": (None, [1 / 2, 5 / 6, 1 / 2]),
        "share": (Response("share", ((0.0, 0.0), (1.0, 1.0)), "linear"), [1 / 2, 5 / 6, 1 / 2]),
        "count": (Response("count", ((0.0, 0.0), (5.0, 1.0)), "linear"), [1 / 5, 1.0, 1 / 5]),
    }
    for name, (response, exposures) in laws.items():
        start = replace(
            TEMPTED, law="response" if response else "proportion", influence=(), layers={"home": 1.0},
            rate=rate, response=response,
        )  # fmt: skip

        def sober(rate: float, until: float, start: Transition = start) -> np.ndarray:
            mood = Behaviour("mood", ("sober", "tempted", "elsewhere"), (replace(start, rate=rate),))
            world = town(5 * n, [mood, Behaviour("drinking", DRINKING)], [layer(own, name="home")])
            states = all_in_first_state(world)
            states[:, 0], states[:, 1] = np.tile([0, 2, 2, 2, 2], n), np.tile([0, 2, 0, 2, 2], n)
            act = occurrence(1.0, AddTies("home", added, 2.0, to_ticks(until)))
            run = simulate(world, until=4.0, start=states, occurrences=[act])
            return np.array([(~run.in_states_at(0, (1,), to_ticks(t))[::5]).mean() for t in times])

        exact = np.exp(-rate * np.cumsum(exposures))
        assert np.all(errors(sober(rate, 2.0), exact, n) < FAR), name
        assert np.max(errors(sober(1.1 * rate, 2.0), exact, n)) > FAR, name
        assert errors(sober(rate, 3.0)[2], exact[2], n) > FAR, f"{name}: ties that have ended count"


@pytest.mark.parametrize("law", ["proportion", "share", "count", "group"])
def test_contacts_who_leave(law: str) -> None:
    """Of four contacts two have adopted; one of these leaves at 1, both others at 2: 1/2, 1/3, then 1; or 2, 1, 1."""
    n, times = 13_000, [1.0, 2.0, 3.0]
    exposures = [0.5, 0.25, 0.25] if law == "count" else [1 / 2, 1 / 3, 1.0]
    response = {
        "share": Response("share", ((0.0, 0.0), (1.0, 1.0)), "linear"),
        "count": Response("count", ((0.0, 0.0), (4.0, 1.0)), "linear"),
    }.get(law)
    first = 5 * np.arange(n)[:, None]
    ends = np.stack(np.broadcast_arrays(first, first + np.arange(1, 5)), axis=2).reshape(-1, 2)
    leaves = Column("leaves", np.tile([np.nan, np.nan, 1.0, 2.0, 2.0], n))
    family = Column("family", np.repeat(np.arange(n, dtype=float), 5))
    states = np.tile(np.array([[0, 0], [2, 2], [2, 2], [2, 0], [2, 0]], np.uint8), (n, 1))

    def sober(rate: float, turnover: Turnover | None) -> np.ndarray:
        start = replace(
            TEMPTED, rate=rate, law="response" if response else law, influence=(), response=response,
            layers={} if law == "group" else {"home": 1.0}, group=GroupOf("family") if law == "group" else None,
        )  # fmt: skip
        mood = Behaviour("mood", ("sober", "tempted", "elsewhere"), (start,))
        ties = layer(ends, name="home")
        world = town(5 * n, [mood, Behaviour("drinking", DRINKING)], [ties], [leaves, family])
        end = to_ticks(3.5)
        case = Case(replace(world, turnover=turnover), states, (), np.array([end]), end)
        run = case.simulation(Draw(1)).run()
        return np.array([run.in_states_at(0, (0,), to_ticks(time))[::5].mean() for time in times])

    rate = 2.0 if law == "count" else 1.0
    exact = np.exp(-rate * np.cumsum(exposures))
    assert n >= cases_for(exact, exact**1.1)
    assert np.all(errors(sober(rate, Turnover(leave=Leave(at="leaves"))), exact, n) < FAR)
    assert np.max(errors(sober(1.1 * rate, Turnover(leave=Leave(at="leaves"))), exact, n)) > FAR
    assert np.max(errors(sober(rate, None), exact, n)) > SURE, "an engine that counts people who have left"


# --- groups ---------------------------------------------------------------------------------------------------------


def test_groups_count_the_others() -> None:
    """Wards of one to five people, some unknown; who is under forty does not count, but is influenced all the same."""
    n = 12_000
    ward, drinks, ages = zip(
        ("one", 2, 50), ("two", 2, 50), ("two", 0, 50), ("three", 2, 50), ("three", 0, 50), ("three", 2, 30),
        ("five", 2, 50), ("five", 2, 50), ("five", 1, 50), ("five", 0, 30), ("five", 0, 50),
        (None, 2, 50), (None, 2, 50), strict=True,
    )  # fmt: skip
    size = len(ward)
    counts = {0: 0.0, 1: 0.5, 2: 1.0}

    def shares(*, oneself: bool = False, where: bool = True) -> np.ndarray:
        found = []
        for i in range(size):
            others = [
                j for j in range(size)
                if ward[j] is not None and ward[j] == ward[i] and (j != i or oneself) and (ages[j] >= 40 or not where)
            ]  # fmt: skip
            found.append(sum(counts[drinks[j]] for j in others) / len(others) if others else 0.0)
        return np.array(found)

    labels = [None if w is None else f"{w} {copy}" for copy in range(n) for w in ward]
    names = tuple(sorted({label for label in labels if label is not None}))
    code = {label: k for k, label in enumerate(names)} | {None: -1}
    columns = [
        Column("ward", np.array([code[label] for label in labels], np.int32), names),
        Column("age", np.tile(np.array(ages, float), n)),
    ]

    def left(rate: float) -> np.ndarray:
        group = GroupOf("ward", parse("age >= 40"))
        start = Transition("start", ("sober",), "tempted", rate, "group", PEERS, group=group)
        mood = Behaviour("mood", ("sober", "tempted"), (start,))
        world = town(size * n, [mood, Behaviour("drinking", DRINKING)], (), columns)
        states = all_in_first_state(world)
        states[:, 1] = np.tile(drinks, n)
        run = simulate(world, until=1.0, start=states, keep_events=False)
        return (run.final[:, 0] == 0).reshape(n, size).mean(axis=0)

    rate = 1.5
    exact = np.exp(-rate * shares())
    found = left(rate)
    never = shares() == 0
    assert np.all(found[never] == 1)
    assert never.sum() >= 4
    assert np.all(errors(found, exact, n)[~never] < FAR)
    assert np.max(errors(left(1.1 * rate), exact, n)[~never]) > FAR
    for wrong in (shares(oneself=True), shares(where=False)):
        assert np.max(errors(found, np.exp(-rate * wrong), n)[wrong > 0]) > SURE


BECOME, PEER, LOSE = 0.1, 1.0, 0.5


def four_people(rates: tuple[float, float, float], exposure: Callable[[int], float]) -> Chain:
    """Four people, everybody a contact of everybody; `exposure` of how many others are obese."""
    become, peer, lose = rates

    def moves(person: int, state: tuple[int, ...]) -> list[tuple[int, float]]:
        others = sum(state) - state[person]
        return [(0, lose)] if state[person] else [(1, become + peer * exposure(others))]

    return chain(4, 2, moves)


def birth_death(rates: tuple[float, float, float], exposure: Callable[[int], float]) -> float:
    """Share of obese people in the long run, from the closed form of a birth-death chain."""
    become, peer, lose = rates
    weights = [1.0]
    for k in range(4):
        weights.append(weights[-1] * (4 - k) * (become + peer * exposure(k)) / ((k + 1) * lose))
    return sum(k * w for k, w in enumerate(weights)) / (4 * sum(weights))


def obesity_by(law: str, rates: tuple[float, float, float]) -> Behaviour:
    become, peer, lose = rates
    source, ties = Source("obesity", ("obese",)), {"ties": 1.0}
    catch = {
        "per_contact": Transition("catch", ("lean",), "obese", peer / 3, "per_contact", source, ties),
        "proportion": Transition("catch", ("lean",), "obese", peer, "proportion", source, ties),
        "group": Transition("catch", ("lean",), "obese", peer, "group", source, group=GroupOf("family")),
        "response": Transition(
            "catch", ("lean",), "obese", peer, "response", source, ties,
            response=Response("share", ((0.0, 0.0), (1.0, 1.0)), "linear"),
        ),
    }  # fmt: skip
    become_obese, lose_weight = (
        Transition("become", ("lean",), "obese", become),
        Transition("lose", ("obese",), "lean", lose),
    )
    return Behaviour("obesity", ("lean", "obese"), (become_obese, catch[law], lose_weight))


@pytest.mark.parametrize("law", ["per_contact", "proportion", "group", "response"])
def test_four_people_in_the_long_run(law: str) -> None:
    """Everybody met by everybody: all laws agree on 0.468; if one counted oneself it would be 0.392.

    Eleven instants, two time units apart, from thirty on: the standard error is 0.001.
    """
    rates, spacing, n_times, copies = (BECOME, PEER, LOSE), 2.0, 11, 25_000
    exact = four_people(rates, lambda k: k / 3)
    share = exact.values(lambda state: sum(state) / 4)
    mean, variance = exact.in_the_long_run(share, spacing, n_times)
    with_oneself = birth_death(rates, lambda k: k / 4)
    assert mean == pytest.approx(birth_death(rates, lambda k: k / 3), abs=1e-9)
    assert mean == pytest.approx(0.468, abs=5e-4)
    assert with_oneself == pytest.approx(0.392, abs=5e-4)
    error = (variance / copies) ** 0.5
    assert abs(exact.after(share, (0, 0, 0, 0), 30.0)[0] - mean) < error / 10, "the runs begin too early"

    def found(rates: tuple[float, float, float]) -> float:
        family = Column("family", np.repeat(np.arange(copies, dtype=float), 4))
        world = town(4 * copies, [obesity_by(law, rates)], [copies_of("K4", copies)], [family])
        times = [30.0 + spacing * k for k in range(n_times)]
        run = simulate(world, until=times[-1], draw=Draw(7), observe=times, keep_events=False)
        return float(run.counts[:, 1].mean() / (4 * copies))

    faster = (BECOME, 1.1 * PEER, LOSE)
    assert birth_death(faster, lambda k: k / 3) - mean > SURE * error
    assert abs(found(rates) - mean) < FAR * error
    assert abs(found(rates) - with_oneself) > SURE * error
    assert abs(found(faster) - mean) > FAR * error


@pytest.mark.parametrize("graph", ["C6", "S5"])
@pytest.mark.parametrize("law", ["proportion", "threshold"])
def test_from_all_lean(graph: str, law: str) -> None:
    """A ring of six and a star of five: half the contacts of somebody in a ring, one of four or of one in the star."""
    size, ties = SMALL_GRAPHS[graph]
    contacts = [[j for i, j in ties if i == k] + [i for i, j in ties if j == k] for k in range(size)]
    rates, times = (0.2, 1.0, 0.3), [0.7, 2.0, 6.0]

    def exact(rates: tuple[float, float, float], law: str = law) -> Chain:
        become, peer, lose = rates

        def moves(person: int, state: tuple[int, ...]) -> list[tuple[int, float]]:
            share = sum(state[j] for j in contacts[person]) / len(contacts[person])
            met = share if law == "proportion" else float(share >= 0.5)
            return [(0, lose)] if state[person] else [(1, become + peer * met)]

        return chain(size, 2, moves)

    def found(rates: tuple[float, float, float], copies: int) -> np.ndarray:
        obesity = obesity_by("proportion" if law == "proportion" else "response", rates)
        if law == "threshold":
            become, catch, lose = obesity.transitions
            catch = replace(catch, response=Response("share", threshold=0.5))
            obesity = replace(obesity, transitions=(become, catch, lose))
        world = town(size * copies, [obesity], [copies_of(graph, copies)])
        run = simulate(world, until=times[-1], observe=times, draw=Draw(8), keep_events=False)
        return run.counts[:, 1] / (size * copies)

    right = exact(rates)
    share = right.values(lambda state: sum(state) / size)
    start = (0,) * size
    mean, variance = np.array([right.after(share, start, time) for time in times]).T
    wrong = (rates[0], 1.1 * rates[1], rates[2])
    shift = np.array([exact(wrong).after(share, start, time)[0] for time in times]) - mean
    copies = max(5_000, int(np.min(variance * (SURE / shift) ** 2)) + 1)
    assert copies < 200_000
    error = np.sqrt(variance / copies)
    assert np.all(np.abs(found(rates, copies) - mean) < FAR * error)
    assert np.max(np.abs(found(wrong, copies) - mean) / error) > FAR


# --- a person's own states ------------------------------------------------------------------------------------------

STRESS_RATE, SUPPORT_RATE = 1.2, 0.6


def buffered(
    stress: float = STRESS_RATE, *, buffer: float = 0.25, loud: float = 2.0
) -> tuple[list[Behaviour], Callable[[int, tuple[int, ...]], list[tuple[int, float]]]]:
    """Stress spreads along a path of three; who has support catches it at a quarter of the rate, and spreads it double.

    Support is gained from supported contacts (as a share, and alone), while not stressed, and lost twice as fast under
    stress. A joint state is stress + 2 x support. Returned as the engine's behaviours, and as master equation.
    """
    own_support = ByState("support", {"none": 1.0, "some": buffer})
    louder = ByState("support", {"none": 1.0, "some": loud})
    under_stress = ByState("stress", {"calm": 0.3, "stressed": 0.6})
    ties = {"ties": 1.0}
    behaviours = [
        Behaviour(
            "stress",
            ("calm", "stressed"),
            (
                Transition("worry", ("calm",), "stressed", 0.4, susceptibility=(own_support,)),
                Transition(
                    "catch", ("calm",), "stressed", stress, "per_contact", Source("stress", ("stressed",)), ties,
                    susceptibility=(own_support,), influence=(louder,),
                ),
                Transition("relax", ("stressed",), "calm", 0.7),
            ),
        ),
        Behaviour(
            "support",
            ("none", "some"),
            (
                Transition("find", ("none",), "some", 0.2, where=parse("stress == calm")),
                Transition(
                    "get", ("none",), "some", SUPPORT_RATE, "proportion", Source("support", ("some",)), ties,
                    where=parse("stress != stressed"),
                ),
                Transition("lose", ("some",), "none", under_stress),
            ),
        ),
    ]  # fmt: skip
    contacts = [[1], [0, 2], [1]]

    def moves(person: int, state: tuple[int, ...]) -> list[tuple[int, float]]:
        stressed, supported = [s % 2 for s in state], [s // 2 for s in state]
        mine, found = contacts[person], []
        if stressed[person]:
            found.append((2 * supported[person], 0.7))
        else:
            heard = sum((loud if supported[j] else 1.0) for j in mine if stressed[j])
            own = buffer if supported[person] else 1.0
            found.append((1 + 2 * supported[person], own * (0.4 + stress * heard)))
        if supported[person]:
            found.append((stressed[person], 0.6 if stressed[person] else 0.3))
        elif not stressed[person]:
            found.append((2, 0.2 + SUPPORT_RATE * sum(supported[j] for j in mine) / len(mine)))
        return found

    return behaviours, moves


def test_support_buffers_stress() -> None:
    """Hazard ratios by the person's own state, at both ends, and conditions on it: master equation over 64 states."""
    times, copies = [0.5, 1.5, 3.0], 100_000
    start = (1, 2, 0)  # one is stressed, one has support

    def found(behaviours: list[Behaviour]) -> np.ndarray:
        first = 3 * np.arange(copies)[:, None]
        ties = np.concatenate([first + np.array([0, 1]), first + np.array([1, 2])])
        world = town(3 * copies, behaviours, [layer(ties)])
        states = np.tile(np.array([[s % 2, s // 2] for s in start], np.uint8), (copies, 1))
        run = simulate(world, until=times[-1], start=states, observe=times, draw=Draw(3), keep_events=False)
        return run.counts[:, [1, 3]] / (3 * copies)

    def exact(moves: Callable[[int, tuple[int, ...]], list[tuple[int, float]]]) -> np.ndarray:
        model = chain(3, 4, moves)
        stressed = model.values(lambda state: sum(s % 2 for s in state) / 3)
        supported = model.values(lambda state: sum(s // 2 for s in state) / 3)
        return np.array([[model.after(values, start, time) for values in (stressed, supported)] for time in times])

    right, moves = buffered()
    mean, variance = np.moveaxis(exact(moves), 2, 0)
    error = np.sqrt(variance / copies)
    assert np.all(np.abs(found(right) - mean) < FAR * error)
    for change in (partial(buffered, 1.1 * STRESS_RATE), partial(buffered, buffer=1.0), partial(buffered, loud=1.0)):
        behaviours, moves = change()
        assert np.max(np.abs(exact(moves)[:, :, 0] - mean) / error) > SURE
        assert np.max(np.abs(found(behaviours) - mean) / error) > FAR


def test_conditions_on_columns_and_on_states() -> None:
    """Champions under forty who live in town: a static part, and one that comes with a state entered at rate a."""
    n, a, b, time = 45_000, 0.7, 1.3, 1.5
    areas, ages = ["town", "town", "land", "town"], [30.0, 50.0, 30.0, np.nan]
    columns = [category("area", areas * n), Column("age", np.tile(ages, n))]

    def two_stages(b: float) -> float:
        return float(1 - (b * np.exp(-a * time) - a * np.exp(-b * time)) / (b - a))

    def left(rate: float, text: str) -> np.ndarray:
        quit = Transition("quit", ("smoker",), "former", rate, where=parse(text))
        rise = Transition("rise", ("none",), "champion", a)
        smoking = Behaviour("smoking", ("smoker", "former"), (quit,))
        advocacy = Behaviour("advocacy", ("none", "champion"), (rise,))
        run = simulate(town(4 * n, [smoking, advocacy], (), columns), until=time, keep_events=False)
        return (run.final[:, 0] == 1).reshape(n, 4).mean(axis=0)

    stages = two_stages(b)
    alone = -np.expm1(-b * time)
    cases = {
        "area == town and age < 40": [alone, 0, 0, 0],
        "area == town and age < 40 and advocacy == champion": [stages, 0, 0, 0],
        "age != 50 and advocacy != none": [stages, 0, stages, stages],
        "not (area == town and age >= 40) or advocacy == champion": [alone, stages, alone, stages],
    }
    assert n >= cases_for(stages, two_stages(1.1 * b))
    for text, expected in cases.items():
        exact = np.array(expected)
        certain = exact == 0
        found = left(b, text)
        assert np.all(found[certain] == 0), text
        assert np.all(errors(found, exact, n)[~certain] < FAR), text
        assert np.max(errors(left(1.1 * b, text), exact, n)[~certain]) > FAR, text


# --- thresholds -----------------------------------------------------------------------------------------------------


def ring_of(n: int) -> list[tuple[int, int]]:
    return [(i, (i + 1) % n) for i in range(n)]


def adoption(threshold: float | str, reads: str = "count", rate: float = 50.0) -> Behaviour:
    adopt = Transition(
        "adopt", ("no",), "yes", rate, "response", Source("adoption", ("yes",)), {"ties": 1.0},
        response=Response(reads, threshold=threshold),
    )  # fmt: skip
    return Behaviour("adoption", ("no", "yes"), (adopt,))


@pytest.mark.parametrize(("threshold", "reads"), [(1.0, "count"), (0.5, "share")])
def test_a_cascade_on_a_ring(threshold: float, reads: str) -> None:
    """One adopter of forty: everybody follows, one after another, each beside somebody who has adopted."""
    n = 40
    world = town(n, [adoption(threshold, reads)], [layer(ring_of(n))])
    states = all_in_first_state(world)
    states[7] = 1
    run = simulate(world, until=50.0, start=states)
    assert run.final.sum() == n
    adopted = {7}
    for person in run.events().person.tolist():
        assert {(person - 1) % n, (person + 1) % n} & adopted
        adopted.add(person)


@pytest.mark.parametrize(("threshold", "reads"), [(2.0, "count"), (0.51, "share"), (1.0, "share")])
def test_a_cascade_stops_where_two_are_needed(threshold: float, reads: str) -> None:
    """Adopters 3, 5 and 6 of twelve: 4 follows, then nobody."""
    world = town(12, [adoption(threshold, reads)], [layer(ring_of(12))])
    states = all_in_first_state(world)
    states[[3, 5, 6]] = 1
    run = simulate(world, until=50.0, start=states)
    assert run.events().person.tolist() == [4]


def test_thresholds_by_column() -> None:
    """A chain adopts up to the first who needs two, or whose threshold is not known; who needs none adopts alone."""
    thresholds = [9.0, 1.0, 1.0, 2.0, 1.0, 0.0, np.nan, 1.0]
    column = Column("threshold", np.array(thresholds))
    world = town(8, [adoption("threshold")], [layer([(i, i + 1) for i in range(7)])], [column])
    states = all_in_first_state(world)
    states[0] = 1
    final = simulate(world, until=50.0, start=states).final[:, 0]
    assert final.tolist() == [1, 1, 1, 1, 1, 1, 0, 0]
    states[0] = 0
    final = simulate(world, until=50.0, start=states).final[:, 0]
    assert final.tolist() == [0, 0, 0, 0, 1, 1, 0, 0]


def test_waiting_for_the_threshold() -> None:
    """Along a chain at rate r, the k-th adopts after k exponential waits: an exact Erlang law, copy by copy."""
    n, k, rate, time = 20_000, 3, 1.0, 2.5
    ends = np.concatenate([4 * np.arange(n)[:, None] + np.array([i, i + 1]) for i in range(k)])

    def reached(rate: float) -> float:
        world = town(4 * n, [adoption(1.0, rate=rate)], [layer(ends)])
        states = all_in_first_state(world)
        states[::4] = 1
        return float(simulate(world, until=time, start=states, keep_events=False).final[3::4, 0].mean())

    def erlang(x: float) -> float:
        return float(1 - np.exp(-x) * (1 + x + x**2 / 2))

    assert n >= cases_for(erlang(rate * time), erlang(1.1 * rate * time))
    assert errors(reached(rate), erlang(rate * time), n) < FAR
    assert errors(reached(1.1 * rate), erlang(rate * time), n) > FAR


@pytest.mark.parametrize(("adopters", "adopts"), [(1000, 0), (2000, 1)])
def test_heavy_ties_do_not_wrap(adopters: int, adopts: int) -> None:
    """3,000 contacts of an hour and a half a day, in seconds a year: a third is below a half, two thirds are above."""
    n = 3001
    ties = layer([(0, i) for i in range(1, n)], weights=[2_000_000.0] * (n - 1))
    source, response = Source("drinking", ("heavy",)), Response("share", threshold=0.5)
    start = Transition("start", ("sober",), "tempted", 5.0, "response", source, {"ties": 1.0}, response=response)
    world = town(n, [Behaviour("mood", ("sober", "tempted"), (start,)), Behaviour("drinking", DRINKING)], [ties])
    states = all_in_first_state(world)
    states[1:, 0] = 1
    states[1 : 1 + adopters, 1] = 2
    assert simulate(world, until=20.0, start=states).final[0, 0] == adopts
