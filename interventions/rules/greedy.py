"""Greedy choice by simulation: people for whom the intervention does most good, found in the scenario's own model."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from interventions.ranking import Request, in_words, targets
from interventions.rules.choosing import asked_for, followed_by_others, lazily
from interventions.scores import once
from simulator.beginning import Beginning, begin
from simulator.clock_plan import ClockPlan, plan_clocks
from simulator.engine import Simulation
from simulator.errors import Problem, SpecError
from simulator.kernel_arrays import no_comings
from simulator.streams import Draw
from simulator.world import Occurrence

if TYPE_CHECKING:
    from interventions.specs import Intervention
    from simulator.actions import Action
    from simulator.behaviour import Source
    from simulator.world import Situation

MOST_SIMULATIONS = 10_000
"""Numbers of simulations of one network's plan: those of the next network come after them."""
INSTANTS = 64
"""Parts into which the time that is left is cut, to take the mean of a share over it."""
BY_DEGREE = 3
"""Of every four candidates, so many are those with most contacts; the others are drawn at random."""


Simulations = Annotated[int, Field(ge=1, le=MOST_SIMULATIONS)]
Candidates = Annotated[int, Field(ge=1)]


@targets.add("greedy")
@in_words("who together do most good in {simulations} simulations made before")
def rank_greedy(
    situation: Situation,
    request: Request,
    *,
    state: Source,
    better: Literal["lower", "higher"],
    measure: Literal["share", "person_time"] = "person_time",
    simulations: Simulations = 20,
    candidates: Candidates = 200,
    lazy: bool = True,
) -> np.ndarray:
    """People for whom the intervention does most good, found by simulating it on this network before it acts.

    One by one, the person is added who, together with those added before, changes the share of people in `state` most
    for the better, on average over `simulations` runs of the scenario's own model with the intervention's own effect.
    The share is the mean over the time that is left (`person_time`) or that at the horizon (`share`). All choices are
    tried under the same luck, so that their differences are those that people make.

    This plans as somebody could who knows the network, the rates and how many people are in which state, but not who
    will do what when: the luck of planning, who starts in which state included, is its own, never that of a replicate;
    so the choice is made once per network, the same in all replicates. Where the target's `where` asks for states, what
    is known is who is in which state now, and the choice is made anew each time. Planning reckons with nobody refusing
    or dropping out, with one date, without passing it on, and with no other intervention, not even those of the
    background. What is best in `simulations` runs need not be best on average: more of them make a better choice.

    Example: if 0 influences four people and 5 two others, 0 comes first; 1, who influences nobody, comes late.

    It is a bounded approximation: only `candidates` people are tried, three quarters of them those with most contacts,
    a quarter drawn at random, whatever the cut (make it several times as many as are wanted); others follow them by
    their contacts. Where the mean outcome is monotone and submodular in the set of people, as under independent
    cascades (Kempe, Kleinberg & Tardos 2003, doi:10.1145/956750.956769), at least 1 - 1/e = 63 % of what the best set
    of candidates achieves in these runs is reached. That does not hold in general: where several contacts are needed
    before anybody follows (`response`), the first people may add nothing, and nothing is guaranteed. `lazy` passes over
    people who added too little before (CELF, Leskovec et al. 2007, doi:10.1145/1281192.1281239): many times as fast,
    and the same choice where the outcome is submodular in these runs.

    Parameters
    ----------
    situation : Situation
    request : Request
        With the intervention.
    state : states
        Of a behaviour: in which people are counted.
    better : {"lower", "higher"}
        Whether it is better if fewer or more people are in `state`.
    measure : {"share", "person_time"}
        Counted at the horizon, or over all the time until then.
    simulations : int
        Runs of the model for each set of people that is tried.
    candidates : int
        People who are tried.
    lazy : bool
        Whether to leave out people who cannot be the best any more, were the outcome submodular.

    Returns
    -------
    int32[n_eligible]
        The people chosen first, in the order in which they were added.

    Raises
    ------
    SpecError
        Without an intervention.
    """
    intervention = request.intervention
    if intervention is None:
        message = "`greedy` tries out what an intervention does, and can only pick people for one"
        raise SpecError(Problem(message, ("rank",)))
    goal = Goal(situation.world.column_of(state.behaviour), state, better, measure)
    asked = (goal, simulations, candidates, lazy)

    def make() -> np.ndarray:
        luck = Draw(situation.draw.seed, "planning", situation.world.number * MOST_SIMULATIONS)
        tried = candidates_of(situation.world.network.degree(), request.eligible, candidates, luck)
        trial = rehearsal(situation, intervention, goal, simulations)
        return choose(trial, tried, request.places, lazy=lazy)

    key = ("greedy", repr(asked), *asked_for(situation, request), _known(situation, intervention))
    chosen = once(situation.world.network, key, make)
    return followed_by_others(chosen, situation, request, "greedy")


@dataclass(frozen=True)
class Goal:
    """What is to become better.

    Parameters
    ----------
    column : int
        Of the behaviour in states arrays.
    states : Source
    better : {"lower", "higher"}
    measure : {"share", "person_time"}
    """

    column: int
    states: Source
    better: str
    measure: str


@dataclass(frozen=True, eq=False)
class Rehearsal:
    """An intervention that is tried out on one set of people after another, always under the same luck.

    Parameters
    ----------
    plan : ClockPlan
    beginnings : tuple of Beginning
        One for each simulation.
    intervention : Intervention
    occasion, tick, now, horizon : int
        Which time the intervention acts, when, when runs begin, and when they end.
    goal : Goal
    observe_at : int64[n_times]
        Ticks at which people are counted: the horizon alone, or instants at the same distance from `tick` on.
    """

    plan: ClockPlan
    beginnings: tuple[Beginning, ...]
    intervention: Intervention
    occasion: int
    tick: int
    now: int
    horizon: int
    goal: Goal
    observe_at: np.ndarray

    def benefit(self, persons: Sequence[int]) -> float:
        """Return how good the outcome is, on average over the simulations, if these people are treated; higher is
        better.
        """
        treated = np.array(sorted(persons), np.int32)
        total = 0.0
        for beginning in self.beginnings:
            total += self._outcome(beginning, treated)
        mean = total / len(self.beginnings)
        return round(mean if self.goal.better == "higher" else -mean, 12)

    def _outcome(self, beginning: Beginning, treated: np.ndarray) -> float:
        from interventions.acting import effects_on

        def act(situation: Situation) -> list[Action]:
            there = treated[situation.present[treated]]
            return effects_on(self.intervention, situation, there, self.occasion)

        occurrence = Occurrence(self.tick, self.intervention.name, self.occasion, act)
        run = Simulation(
            self.plan, beginning.draw, beginning.start, [occurrence], self.observe_at, self.horizon, keep_events=False,
            now=self.now, since=beginning.since, comings=beginning.comings, entrant_ties=beginning.entrant_ties,
        )  # fmt: skip
        shares = self._shares(run.run().counts)
        if shares.size == 1:
            return float(shares[0])
        return float((shares[1:] + shares[:-1]).mean() / 2)  # the time between two instants is always the same

    def _shares(self, counts: np.ndarray) -> np.ndarray:
        """Return float64[n_times]: the share of the people there who are in the states."""
        behaviour = self.plan.world.behaviours[self.goal.states.behaviour]
        first = int(self.plan.first_state[self.goal.column])
        mine = counts[:, first : first + len(behaviour.states)]
        weights = np.zeros(len(behaviour.states))
        given = self.goal.states.weights or (1.0,) * len(self.goal.states.states)
        weights[[behaviour.code(state) for state in self.goal.states.states]] = given
        return mine @ weights / np.maximum(mine.sum(axis=1), 1)


def rehearsal(situation: Situation, intervention: Intervention, goal: Goal, simulations: int) -> Rehearsal:
    """Prepare to try out an intervention, under luck of planning.

    Runs begin as the town's runs do, or, where the target's `where` asks for states or nobody said how people begin, as
    things are now.

    Parameters
    ----------
    situation : Situation
        Gives the network as it is known, and the date.
    intervention : Intervention
    goal : Goal
    simulations : int
    """
    world, now = situation.world, situation.tick
    occasion = situation.past.occasions(intervention.name)
    first = world.number * MOST_SIMULATIONS
    lucks = [Draw(situation.draw.seed, "planning", first + k) for k in range(simulations)]
    if _from_now(situation, intervention):
        plan, nobody = plan_clocks(world), no_comings(len(world.behaviours))
        beginnings = [Beginning(plan, luck, situation.states, None, nobody) for luck in lucks]
    else:
        assert world.initial is not None
        now = 0
        starts = [world.initial(luck) for luck in lucks]
        plan = plan_clocks(replace(world, population=starts[0].population))
        beginnings = [
            begin(plan, luck, start.states, start.since, start.warm_up, situation.horizon)
            for luck, start in zip(lucks, starts, strict=True)
        ]
    tick, horizon = situation.tick, situation.horizon
    parts = INSTANTS if goal.measure == "person_time" and horizon > tick else 0
    instants = [tick + (horizon - tick) * k // parts for k in range(parts)] + [horizon]
    return Rehearsal(
        plan, tuple(beginnings), intervention, occasion, tick, now, horizon, goal, np.array(instants, np.int64)
    )


def _from_now(situation: Situation, intervention: Intervention) -> bool:
    """Say whether planning begins with things as they are now: somebody looked at them, or nothing else is known.

    So it does where the target's `where` asks for states, before time 0, and where nobody said how people begin. Then
    who comes or goes later, and since when people are in their states, is not known.
    """
    where, world = intervention.target.where, situation.world
    looked = where is not None and bool(where.starts or where.columns & set(world.behaviours))
    return looked or situation.tick < 0 or world.initial is None


def _known(situation: Situation, intervention: Intervention) -> tuple[object, ...]:
    """Return what a plan depends on beside the network, the goal and who can be picked."""
    behaviours, occasion = repr(dict(situation.world.behaviours)), situation.past.occasions(intervention.name)
    known = intervention.name, repr(intervention.effect), behaviours, occasion, situation.tick, situation.horizon
    if not _from_now(situation, intervention):
        return known
    return *known, hashlib.blake2b(situation.states.tobytes(), digest_size=16).digest()


def candidates_of(degree: np.ndarray, eligible: np.ndarray, number: int, luck: Draw) -> np.ndarray:
    """Return int64[k], those with most contacts first: three in four of them the best connected, one in four random.

    Parameters
    ----------
    degree : int[n_persons]
    eligible : bool[n_persons]
    number : int
        How many, at most.
    luck : Draw
    """
    order = luck.order("rank", "greedy", n=degree.size)
    order = order[eligible[order]]
    by_degree = order[np.argsort(-degree[order], kind="stable")]
    best = by_degree[: -(-number * BY_DEGREE // 4)]
    others = order[~np.isin(order, best)][: max(number - best.size, 0)]
    return by_degree[np.isin(by_degree, np.concatenate([best, others]))]


def choose(trial: Rehearsal, candidates: np.ndarray, places: int, *, lazy: bool = True) -> np.ndarray:
    """Return int32[k]: the candidates who together do most good, in the order in which they were added; of equals,
    whoever stands first.
    """
    chosen: list[int] = []
    now = trial.benefit(chosen) if candidates.size and places else 0.0

    def gains(which: np.ndarray) -> np.ndarray:
        return np.array([trial.benefit([*chosen, int(candidates[each])]) - now for each in which]).round(12)

    def take(which: int) -> None:
        nonlocal now
        chosen.append(int(candidates[which]))
        now = trial.benefit(chosen)

    lazily(gains, take, candidates.size, places, lazy=lazy)
    return np.array(chosen, np.int32)
