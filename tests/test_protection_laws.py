"""Nobody is worse off under protection, whatever the laws: on random scenarios, event by event; and what breaks it.

The check compares exactly, so it has no error rate. Each rule that refuses a scenario has a counter-example in which
somebody is worse off, so that no rule is there for nothing.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from small_towns import category, undirected

from interventions.monotone import trend
from interventions.protection import Verdict, protects
from interventions.schedule import occurrences
from interventions.specs import Effect, Intervention, NewTies, Rewiring, Target
from simulator.beginning import begin
from simulator.behaviour import (
    GROUP,
    PER_CONTACT,
    PROPORTION,
    RESPONSE,
    SPONTANEOUS,
    Behaviour,
    ByColumn,
    ByState,
    GroupOf,
    HazardRatio,
    Response,
    Series,
    Source,
    Transition,
)
from simulator.conditions import parse
from simulator.engine import plan_clocks
from simulator.network import ContactNetwork, Layer
from simulator.outcomes import Measure
from simulator.population import Column, Population
from simulator.streams import Draw
from simulator.trajectory import Trajectory
from simulator.turnover import Enter, Leave, Turnover
from simulator.units import to_ticks
from simulator.world import World

N = 40
HORIZON = 8.0
BOTH = {"friends": 1.0, "club": 0.5}


def world_of(behaviours: Mapping[str, Behaviour], luck: random.Random, turnover: Turnover | None = None) -> World:
    pairs = [(i, j) for i in range(N) for j in range(i)]
    layers: list[Layer] = [undirected(name, luck.sample(pairs, size)) for name, size in (("friends", 90), ("club", 30))]
    layers[0] = replace(layers[0], weights=np.array([luck.choice((0.5, 1.0, 1.7)) for _ in range(90)]))
    columns = [
        category("area", [luck.choice(("east", "west", "north")) for _ in range(N)]),
        Column("age", np.array([luck.uniform(20, 60) for _ in range(N)]), per_time=1.0),
        Column("nerve", np.array([luck.choice((1.0, 2.0, 3.0)) for _ in range(N)])),
        Column("comes", np.array([luck.choice((0.0, 0.0, luck.uniform(0, HORIZON))) for _ in range(N)])),
    ]
    layers.append(undirected("empty", []))
    network = ContactNetwork(N, {layer.name: layer for layer in layers})
    return World(
        Population(np.arange(N), {column.name: column for column in columns}), network, behaviours, 0, turnover
    )


def run_both(
    behaviours: Mapping[str, Behaviour],
    arm: Sequence[Intervention],
    luck: random.Random,
    turnover: Turnover | None = None,
) -> tuple[Trajectory, Trajectory]:
    """Run a control that does nothing, and an arm, with shared luck."""
    plan = plan_clocks(world_of(behaviours, luck, turnover))
    sizes = [len(behaviour.states) for behaviour in behaviours.values()]
    states = np.array([[luck.randrange(size) for size in sizes] for _ in range(N)], np.uint8)
    beginning = begin(plan, Draw(luck.randrange(10**6)), states, None, 0, to_ticks(HORIZON))
    none = np.empty(0, np.int64)
    control, treated = (beginning.simulation(occurrences(one), none, to_ticks(HORIZON)).run() for one in ((), arm))
    return control, treated


def worse_off(
    control: Trajectory, arm: Trajectory, behaviours: Mapping[str, Behaviour], orders: Mapping[str, Sequence[str]]
) -> tuple[int, int]:
    """Count, over instants at which somebody's state changes, who is then more, and who less, harmful in the arm."""
    place = np.full(int(control.first_state[-1]), -1)
    for column, (name, behaviour) in enumerate(behaviours.items()):
        for state in behaviour.states if name in orders else ():
            place[control.first_state[column] + behaviour.code(state)] = orders[name].index(state)
    columns = np.searchsorted(control.first_state, np.arange(place.size), side="right") - 1
    now = [place[run.start.astype(int) + control.first_state[:-1]] for run in (control, arm)]
    events = sorted(
        (int(tick), k, order, int(person), int(entered))
        for k, run in enumerate((control, arm))
        for order, (tick, person, entered) in enumerate(
            zip(run.events().tick, run.events().person, run.events().entered, strict=True)
        )
    )
    harmed = helped = 0
    for number, (tick, k, _, person, entered) in enumerate(events):
        now[k][person, columns[entered]] = place[entered]
        if number + 1 == len(events) or events[number + 1][0] != tick:
            harmed += int(np.count_nonzero(now[1] > now[0]))
            helped += int(np.count_nonzero(now[1] < now[0]))
    return harmed, helped


def verdict_on(
    behaviours: Mapping[str, Behaviour],
    arm: Sequence[Intervention],
    harmful: Sequence[str],
    turnover: Turnover | None = None,
) -> Verdict:
    first = next(iter(behaviours))
    measure = Measure("person_time", first, tuple(harmful))
    return protects(behaviours, {"usual": [], "arm": arm}, "usual", measure, "lower", turnover)


# --- random scenarios -------------------------------------------------------------------------------------------


class Inventor:
    """Makes up behaviours and interventions that mostly keep the rules, and now and then do not."""

    def __init__(self, seed: int) -> None:
        self.luck = random.Random(seed)
        self.odd = self.luck.choice((0.0, 0.0, 0.05))
        self.orders: dict[str, list[str]] = {}
        for name in ("habit", "help"):
            states = [f"{name}{k}" for k in range(self.luck.choice((2, 2, 3)))]
            self.luck.shuffle(states)
            self.orders[name] = states

    def strays(self) -> bool:
        return self.luck.random() < self.odd

    def rising(self, size: int, way: int, least: float = 0.0, most: float = 1.0) -> list[float]:
        """Numbers that rise (way 1) or fall; seldom, neither."""
        steps = [self.luck.choice((least, (least + most) / 2, most)) for _ in range(size)]
        return steps if self.strays() else sorted(steps, reverse=way < 0)

    def by_state(self, way: int) -> ByState:
        name = self.luck.choice(list(self.orders))
        numbers = self.rising(len(self.orders[name]), way, 0.3, 1.5)
        return ByState(name, dict(zip(self.orders[name], numbers, strict=True)))

    def transition(self, number: int, name: str) -> Transition:
        luck, order = self.luck, self.orders[name]
        low = luck.randrange(len(order) - 1)
        before, after = (low, low + 1) if luck.random() < 0.5 else (low + 1, low)
        way = after - before
        law = luck.choice((SPONTANEOUS, PER_CONTACT, PROPORTION, GROUP, RESPONSE, RESPONSE))
        changes: dict[str, Any] = {}
        response = 1
        if law == RESPONSE:
            response = luck.choice((1, 1, -1))
            shape, reads = luck.choice(("step", "linear")), luck.choice(("count", "share"))
            points = [0.0, 0.5, 1.0, 2.0] if reads == "count" else [0.0, 0.2, 0.5, 0.8]
            table = tuple(zip(points, self.rising(4, response), strict=True))
            changes["response"] = Response(reads, table, shape)
            if response == 1 and luck.random() < 0.4:
                threshold = luck.choice((1.0, 2.0, "nerve")) if reads == "count" else 0.4
                changes["response"] = Response(reads, threshold=threshold)
        if law != SPONTANEOUS:
            other = luck.choice(list(self.orders))
            weights = self.rising(len(self.orders[other]), way * response, 0.0, 2.0)
            pairs = [
                pair for pair in zip(self.orders[other], weights, strict=True) if pair[1] > 0 or luck.random() < 0.3
            ]
            pairs = pairs or [(self.orders[other][-1 if way * response > 0 else 0], 1.0)]
            luck.shuffle(pairs)
            changes["source"] = Source(other, tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs))
            if luck.random() < 0.3:
                changes["influence"] = (luck.choice((self.by_state(way * response), self.fixed())),)
        if law in (PER_CONTACT, PROPORTION, RESPONSE):
            changes["layers"] = luck.choice((BOTH, {"friends": 1.0}, {"club": 1.0, "empty": 1.0}))
        if law == GROUP:
            changes["group"] = GroupOf("area", luck.choice((None, parse("nerve > 1"))))
        if luck.random() < 0.3:
            changes["susceptibility"] = tuple(luck.choice((self.by_state(way), self.fixed())) for _ in range(2))
        if luck.random() < 0.2:
            read = luck.choice(list(self.orders))
            states = self.orders[read][1:] if (way > 0) != self.strays() else self.orders[read][:-1]
            changes["where"] = parse(f"{read} in [{', '.join(states)}] or nerve > 2")
        if luck.random() < 0.3:
            changes["time_in_state"] = tuple(zip((0.0, 0.7, 2.0), self.rising(3, -1, 0.1), strict=True))
        if luck.random() < 0.2:
            changes["series"] = (Series(((0.0, 0.4), (1.0, 1.0), (3.0, 0.2)), luck.choice((None, 4.0))),)
        rate = luck.choice((0.2, 0.6, 1.5)) * (2 if law in (PROPORTION, GROUP, RESPONSE) else 1)
        return Transition(f"t{number}", (order[before],), order[after], rate, law, **changes)

    def fixed(self) -> ByColumn | HazardRatio | float:
        luck = self.luck
        regions = {area: luck.choice((0.0, 0.5, 1.0, 2.5)) for area in ("east", "west", "north")}
        return luck.choice((ByColumn("area", regions), HazardRatio("age", 1.3, 10.0, 40.0), 0.7))

    def behaviours(self) -> dict[str, Behaviour]:
        made = {}
        for name, order in self.orders.items():
            states = order.copy()
            self.luck.shuffle(states)
            moves = tuple(self.transition(k, name) for k in range(self.luck.randint(2, 5)))
            made[name] = Behaviour(name, tuple(states), moves)
        return made

    def intervention(self, number: int, behaviours: Mapping[str, Behaviour]) -> Intervention:
        luck = self.luck
        effect = Effect(lasting=luck.choice((None, 1.5, 4.0)), half_life=0.7 if number == 1 else None)
        for _ in range(luck.randint(1, 3)):
            name = luck.choice(list(behaviours))
            one = luck.choice(behaviours[name].transitions)
            after, before = (self.orders[name].index(state) for state in (one.to_state, one.from_states[0]))
            way = after - before
            if one.law == RESPONSE and one.response is not None and one.response.table:
                contacts = way * (trend([factor for _, factor in one.response.table]) or 1)
            else:
                contacts = way
            kind = luck.choice(("set", "set", "susceptibility", "influence", "ties", "rewire"))
            which = f"{name}.{one.name}"
            if kind == "set":
                state = self.orders[name][-1 if self.strays() else 0]
                effect = replace(effect, set={name: state})
            elif kind == "susceptibility":
                factor = luck.uniform(0, 1) if (way > 0) != self.strays() else luck.uniform(1, 6)
                effect = replace(effect, susceptibility={which: factor})
            elif kind == "influence" and one.law != SPONTANEOUS:
                factor = luck.uniform(0, 1) if (contacts > 0) != self.strays() else luck.uniform(1, 6)
                effect = replace(effect, influence={which: factor})
            elif kind == "ties":
                effect = replace(effect, ties=NewTies(luck.choice(("friends", "club", "empty")), luck.randint(1, 3)))
            elif kind == "rewire" and luck.random() < 0.3:
                effect = replace(effect, rewire=Rewiring(luck.choice(("friends", "club")), 0.5))
        where = parse(f"habit == {self.orders['habit'][-1]}") if luck.random() < 0.4 else None
        target = Target(where=where, share=luck.uniform(0.1, 0.7))
        at = tuple(sorted({luck.choice((0.0, 1.0, round(luck.uniform(0, HORIZON), 2))) for _ in range(2)}))
        return Intervention(f"i{number}", "champions", target, at, uptake=0.8, effect=effect)


def test_nobody_is_worse_off_on_random_scenarios_where_it_holds() -> None:
    laws: Counter[str] = Counter()
    n_held = n_helped = n_timed = n_refused = n_harmed = 0
    for seed in range(450):
        inventor = Inventor(seed)
        behaviours = inventor.behaviours()
        arm = [inventor.intervention(k, behaviours) for k in range(inventor.luck.randint(1, 3))]
        verdict = verdict_on(behaviours, arm, inventor.orders["habit"][-1:])  # whether or not people come and go
        if not verdict.holds and seed % 3:
            continue
        turnover = Turnover(Enter(at="comes"), Leave(0.1)) if seed % 5 == 0 else None
        control, treated = run_both(behaviours, arm, inventor.luck, turnover)
        orders = verdict.orders or {"habit": inventor.orders["habit"]}
        harmed, helped = worse_off(control, treated, behaviours, orders)
        if verdict.holds:
            assert harmed == 0, f"seed {seed}: {behaviours}, {arm}"
            if helped:
                used = [t for name in orders for t in behaviours[name].transitions]
                laws.update({t.law if t.response is None else f"{t.law} {t.response.reads}" for t in used})
                n_timed += any(t.time_in_state for t in used)
            n_held, n_helped = n_held + 1, n_helped + (helped > 0)
        else:
            n_refused, n_harmed = n_refused + 1, n_harmed + (harmed > 0)
    print(n_held, n_helped, n_refused, n_harmed, n_timed, laws)
    assert n_held > 120
    assert n_helped > 80
    assert min(laws.values()) > 20, laws
    assert len(laws) == 6
    assert n_timed > 20
    assert n_harmed > n_refused / 4, "the verdict refuses for nothing"


# --- what is refused, and breaks --------------------------------------------------------------------------------

OBESE, LEAN, CHAMPION = Source("weight", ("obese",)), Source("weight", ("lean",)), Source("advocacy", ("champion",))
GAIN = Transition("gain", ("lean",), "obese", 0.3)
LOSE = Transition("lose", ("obese",), "lean", 0.3)


def town(*transitions: Transition, more: Sequence[Behaviour] = ()) -> dict[str, Behaviour]:
    weight = Behaviour("weight", ("lean", "obese"), transitions)
    advocacy = Behaviour("advocacy", ("none", "champion"), (Transition("tire", ("champion",), "none", 0.2),))
    return {one.name: one for one in (weight, advocacy, *more)}


def drinking(*transitions: Transition) -> dict[str, Behaviour]:
    return {"drinking": Behaviour("drinking", ("none", "light", "heavy"), transitions)}


def acting(**effect: Any) -> list[Intervention]:
    return [Intervention("x", "champions", Target(share=0.5), (0.0, 2.0), effect=Effect(**effect))]


def response(name: str, before: str, after: str, table: Sequence[float], source: Source, reads: str = "count") -> Any:
    points = (0.0, 1.0, 2.0) if reads == "count" else (0.0, 0.3, 0.6)
    shape = Response(reads, tuple(zip(points, table, strict=True)))
    return Transition(name, (before,), after, 2.0, RESPONSE, source, BOTH, response=shape)


def catch(law: str, **changes: Any) -> Transition:
    given: dict[str, Any] = {"group": GroupOf("area")} if law == GROUP else {"layers": BOTH}
    if law == RESPONSE:
        given["response"] = Response("share", threshold=0.4)
    return Transition("catch", ("lean",), "obese", 1.0, law, **{"source": OBESE, **given, **changes})


SET_LEAN = acting(set={"weight": "lean"})
SET_CHAMPION = acting(set={"advocacy": "champion"})
FALLING, RISING = (1.0, 0.5, 0.1), (0.1, 0.5, 1.0)
FADING = ((0.0, 1.0), (1.0, 0.1))
GROWING = ((0.0, 0.1), (1.0, 1.0))
STEPS = (
    Transition("start", ("none",), "light", 0.6),
    Transition("slide", ("light",), "heavy", 0.6),
    Transition("stop", ("light",), "none", 0.6),
    Transition("mend", ("heavy",), "light", 0.6),
)
LESS = ByState("advocacy", {"none": 1.0, "champion": 0.2})
MORE = ByState("advocacy", {"none": 0.2, "champion": 1.0})
HEED = replace(LOSE, name="heed", susceptibility=(MORE,))  # so that champions are what protects


def timed(steps: tuple[tuple[float, float], ...], *names: str) -> tuple[Transition, ...]:
    return tuple(replace(one, time_in_state=steps, rate=2.0) if one.name in names else one for one in STEPS)


HOLDS: dict[str, tuple[dict[str, Behaviour], list[Intervention]]] = {
    "proportion": (town(catch(PROPORTION), GAIN, LOSE), SET_LEAN),
    "group": (town(catch(GROUP), GAIN, LOSE), SET_LEAN),
    "threshold on share": (town(catch(RESPONSE), GAIN, LOSE), SET_LEAN),
    "ties elsewhere": (
        town(catch(PROPORTION, layers={"friends": 1.0}), GAIN, LOSE),
        acting(ties=NewTies("club", 2), rewire=Rewiring("club"), set={"weight": "lean"}),
    ),
    "a count of protection lowers": (town(response("r", "lean", "obese", FALLING, LEAN), LOSE), SET_LEAN),
    "ties to what lowers": (
        town(response("r", "lean", "obese", FALLING, CHAMPION), LOSE),
        acting(ties=NewTies("club", 2), set={"advocacy": "champion"}),
    ),
    "influence on what lowers": (
        town(response("r", "lean", "obese", FALLING, CHAMPION), LOSE),
        acting(influence={"weight.r": 3.0}, set={"advocacy": "champion"}),
    ),
    "ties that carry protection": (
        town(GAIN, response("r", "obese", "lean", RISING, CHAMPION)),
        acting(ties=NewTies("club", 2), set={"advocacy": "champion"}),
    ),
    "own other behaviour": (town(replace(GAIN, susceptibility=(LESS,)), LOSE), SET_CHAMPION),
    "the influence of champions": (town(catch(PER_CONTACT, influence=(LESS,)), GAIN, LOSE), SET_CHAMPION),
    "where": (town(replace(GAIN, where=parse("advocacy == none or nerve > 2")), LOSE), SET_CHAMPION),
    "g that falls": (town(replace(GAIN, rate=2.0, time_in_state=FADING), LOSE), SET_LEAN),
    "g that falls, either way": (
        town(catch(PROPORTION), replace(GAIN, time_in_state=FADING), replace(LOSE, rate=1.0, time_in_state=FADING)),
        SET_LEAN,
    ),
    "g at the ends of three": (drinking(*timed(FADING, "start", "mend")), acting(set={"drinking": "none"})),
    "g that grows, where nobody comes back": (
        drinking(*timed(GROWING, "start", "slide")[:2]),
        acting(set={"drinking": "none"}),
    ),
}
"""What the laws allow; each has somebody who is better off."""

BREAKS: dict[str, tuple[dict[str, Behaviour], list[Intervention], str]] = {
    "proportion, ties added": (
        town(catch(PROPORTION), GAIN, LOSE),
        acting(ties=NewTies("club", 2)),
        "of which `weight.catch` reads a share",
    ),
    "share, ties added": (
        town(catch(RESPONSE), GAIN, LOSE),
        acting(ties=NewTies("friends", 2)),
        "of which `weight.catch` reads a share",
    ),
    "proportion, rewired": (
        town(catch(PROPORTION), GAIN, LOSE),
        acting(rewire=Rewiring("friends")),
        "rewires ties of `friends`, which `weight.catch` reads",
    ),
    "per contact, rewired": (
        town(catch(PER_CONTACT), GAIN, LOSE),
        acting(rewire=Rewiring("friends")),
        "rewires ties of `friends`, which `weight.catch` reads",
    ),
    "count, ties added": (
        town(response("r", "lean", "obese", RISING, OBESE), LOSE),
        acting(ties=NewTies("friends", 2)),
        "carry `weight.r` towards harm",
    ),
    "a count of harm lowers": (
        town(response("r", "lean", "obese", FALLING, OBESE), LOSE),
        SET_LEAN,
        "driven by `weight.obese`, which harm in others does not raise",
    ),
    "a table that rises and falls": (
        town(response("r", "lean", "obese", (0.1, 1.0, 0.1), OBESE), LOSE),
        SET_LEAN,
        "both rises and falls",
    ),
    "influence under a falling table": (
        town(response("r", "lean", "obese", FALLING, CHAMPION), LOSE),
        acting(influence={"weight.r": 0.2}, set={"advocacy": "champion"}),
        "lowers influence on `weight.r`",
    ),
    "weights that fall with harm": (
        drinking(
            *STEPS,
            Transition(
                "copy", ("none",), "light", 2.0, PER_CONTACT, Source("drinking", ("light", "heavy"), (2.0, 0.1)), BOTH
            ),
        ),
        acting(set={"drinking": {"heavy": "light"}}),
        "which harm in others does not raise",
    ),
    "own other behaviour": (
        town(replace(GAIN, rate=2.0, susceptibility=(MORE,)), LOSE, HEED),
        SET_CHAMPION,
        "a person's own `advocacy` does not raise",
    ),
    "the influence of champions": (
        town(catch(PER_CONTACT, influence=(MORE,)), GAIN, LOSE, HEED),
        SET_CHAMPION,
        "others' `advocacy` does not raise",
    ),
    "where": (
        town(
            replace(GAIN, rate=1.0, where=parse("advocacy == champion or nerve > 2")),
            replace(LOSE, susceptibility=(MORE,)),
        ),
        SET_CHAMPION,
        "own `advocacy` does not raise",
    ),
    "g that grows": (
        town(replace(GAIN, rate=3.0, time_in_state=GROWING), LOSE),
        SET_LEAN,
        "since a person became `lean`",
    ),
    "g away from harm that grows": (
        town(replace(GAIN, rate=2.0), replace(LOSE, rate=3.0, time_in_state=GROWING)),
        SET_LEAN,
        "since a person became `obese`",
    ),
    "g that falls, in the middle, towards harm": (
        drinking(*timed(FADING, "slide")),
        acting(set={"drinking": {"light": "none"}}),
        "since a person became `light`",
    ),
    "g that falls, in the middle, away from harm": (
        drinking(*timed(FADING, "stop")),
        acting(set={"drinking": {"heavy": "light"}}),
        "since a person became `light`",
    ),
    "g that falls, where nobody comes back": (
        drinking(*timed(FADING, "start", "slide")[:2]),
        acting(susceptibility={"drinking.start": 0.3}),
        "since a person became `light`",
    ),
}
"""What is refused, a part of the reason, and an arm in which somebody is worse off."""


def harm_in(
    behaviours: dict[str, Behaviour],
    arm: list[Intervention],
    orders: Mapping[str, Sequence[str]],
    turnover: Turnover | None = None,
) -> Any:
    total = np.zeros(2, int)
    for replicate in range(25):
        total += worse_off(*run_both(behaviours, arm, random.Random(replicate), turnover), behaviours, orders)
    return total.tolist()


def harmful_in(behaviours: Mapping[str, Behaviour]) -> str:
    return "heavy" if "drinking" in behaviours else "obese"


@pytest.mark.parametrize("name", HOLDS)
def test_holds(name: str) -> None:
    behaviours, arm = HOLDS[name]
    verdict = verdict_on(behaviours, arm, [harmful_in(behaviours)])
    assert verdict.reasons == ()
    harmed, helped = harm_in(behaviours, arm, verdict.orders)
    assert harmed == 0
    assert helped > 0


@pytest.mark.parametrize("name", BREAKS)
def test_breaks(name: str) -> None:
    behaviours, arm, said = BREAKS[name]
    verdict = verdict_on(behaviours, arm, [harmful_in(behaviours)])
    assert not verdict.holds
    assert any(said in reason for reason in verdict.reasons), verdict.reasons
    first, behaviour = next(iter(behaviours.items()))
    harmed, _ = harm_in(behaviours, arm, {first: behaviour.states})
    assert harmed > 0


def test_leaving_that_depends_on_states() -> None:
    """Obese people stay longer where they are treated, and others copy them."""
    behaviours = town(catch(PER_CONTACT), replace(LOSE, rate=0.05))
    alike, unlike = Leave(0.3), Leave(0.3, susceptibility=(ByState("advocacy", {"none": 3.0, "champion": 0.1}),))
    assert verdict_on(behaviours, SET_CHAMPION, ["obese"], Turnover(leave=alike)).holds
    (reason,) = verdict_on(behaviours, SET_CHAMPION, ["obese"], Turnover(leave=unlike)).reasons
    assert "how soon people leave depends on `advocacy`" in reason
    lean_first = {"weight": ("lean", "obese")}
    assert harm_in(behaviours, SET_CHAMPION, lean_first, Turnover(leave=unlike))[0] > 0
    assert harm_in(behaviours, SET_LEAN, lean_first, Turnover(leave=alike))[0] == 0


def test_a_tie_of_no_weight_carries_nothing_but_makes_other_draws() -> None:
    none = acting(ties=NewTies("friends", 2, weight=0.0), set={"weight": "lean"})
    assert verdict_on(town(catch(PER_CONTACT), LOSE), none, ["obese"]).holds
    assert not verdict_on(town(catch(PROPORTION), LOSE), none, ["obese"]).holds


def test_a_table_that_does_not_change_reads_nobody() -> None:
    flat = response("r", "lean", "obese", (0.5, 0.5, 0.5), LEAN)
    ties = acting(ties=NewTies("friends", 2), influence={"weight.r": 4.0}, rewire=Rewiring("friends"))
    assert verdict_on(town(flat, LOSE), ties, ["obese"]).holds


def test_a_number_by_state_that_is_the_same_for_all_does_not_bear() -> None:
    even = ByState("advocacy", {"none": 0.5, "champion": 0.5})
    behaviours = town(replace(GAIN, susceptibility=(even,)), LOSE)
    verdict = verdict_on(behaviours, acting(susceptibility={"advocacy.tire": 9.0}), ["obese"])
    assert verdict.holds
    assert set(verdict.orders) == {"weight"}


def test_a_condition_too_long_to_go_through() -> None:
    long = " or ".join(f"nerve == {k}" for k in range(9))
    behaviours = town(replace(GAIN, where=parse(f"advocacy == none and ({long})")), LOSE)
    (reason,) = verdict_on(behaviours, SET_CHAMPION, ["obese"]).reasons
    assert "comparisons" in reason


def test_every_effect_is_looked_at() -> None:
    """Whoever gives interventions another effect must say here what it does to protection."""
    assert {one.name for one in fields(Effect)} == {
        "set", "susceptibility", "influence", "ties", "rewire",
        "lasting", "half_life",  # a factor that ends or fades stays on its side of 1
    }  # fmt: skip
