"""The plan of a trial: what will happen if it is run, made without running it.

A plan is put together from what is known of a scenario (its behaviours, arms, inputs), from town 0 and from the
beginning of the first replicate; `plan_sections` puts it into words. Of a town too large to be made in
seconds no number is given that would need it, and the plan says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from experiments.description import portrait_lines, protection_of, try_out
from experiments.design import Trial
from experiments.forecast import MOST_SLOTS, Forecast, forecast
from experiments.memory import footprint_of, people_and_ties
from experiments.plan.arms import Setting, Step, cost_at, reached_at, steps_of, treated_at
from experiments.plan.behaviours import Move, moves_of
from experiments.plan.people import begin_lines, settled_lines, turnover_lines
from experiments.plan.pilot import Date, counted_dates, dates_of, open_ended, watched
from experiments.plan.sections import sections
from experiments.report.words import OutcomeWords, outcome_words
from scenarios import build
from scenarios.inputs import Input, inputs_of
from simulator.footprint import Footprint, available_memory, check_memory

if TYPE_CHECKING:
    from interventions.protection import Verdict
    from scenarios.loading import Scenario

MOST_RINGS = 20_000_000
"""Rings, of the warm-up or of one arm, up to which the first replicate is followed to see whom interventions reach."""


@dataclass(frozen=True)
class BehaviourPlan:
    """A behaviour: its states, who begins in which, and how people move."""

    states: tuple[str, ...]
    begin: tuple[str, ...]
    moves: tuple[Move, ...]


@dataclass(frozen=True)
class ArmPlan:
    """An arm: what it does, in order."""

    dates: tuple[Date, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Plan:
    """What will happen in a trial.

    Parameters
    ----------
    scenario : Scenario
    control : str
    setting : Setting
        What the words on arms share: behaviours, time unit, currency, people.
    ties : int
        About how many, where no town was made.
    portrait : tuple of str
        Lines on people and ties; empty where no town was made.
    people : tuple of str
        Who enters and leaves, and what happens before the start.
    behaviours : mapping of str to BehaviourPlan
    background : ArmPlan
        What is done in every arm, the control too.
    arms : mapping of str to ArmPlan
        What else is done.
    outcomes : mapping of str to OutcomeWords
    protection : Verdict
    memory : Footprint
    foreseen : Forecast or None
        None where no town was made.
    inputs : tuple of Input
    """

    scenario: Scenario
    control: str
    setting: Setting
    ties: int
    portrait: tuple[str, ...]
    people: tuple[str, ...]
    behaviours: Mapping[str, BehaviourPlan]
    background: ArmPlan
    arms: Mapping[str, ArmPlan]
    outcomes: Mapping[str, OutcomeWords]
    protection: Verdict
    memory: Footprint
    foreseen: Forecast | None
    inputs: tuple[Input, ...]


def plan_of(trial: Trial, threads: int) -> Plan:
    """Make the plan of a trial; nothing is written.

    Parameters
    ----------
    trial : Trial
    threads : int
        On how many it would run.

    Raises
    ------
    SpecError
        What a run would refuse.
    """
    scenario, spec = trial.scenario, trial.scenario.spec
    arms = tuple(trial.arms)
    people, ties = people_and_ties(scenario)
    behaviours = build.behaviours_of(spec)
    unit = spec.time.unit
    known: dict[str, tuple[str, ...] | None] = {}
    portrait: list[str] = []
    said = list(turnover_lines(spec, behaviours, unit))
    states, foreseen, dates = (
        None,
        None,
        {name: dates_of(members, trial.horizon_tick) for name, members in trial.arms.items()},
    )
    memory = footprint_of(scenario, arms, threads)
    if people + ties <= MOST_SLOTS:
        check_memory(footprint_of(scenario, arms, 1), available_memory())
        world = trial.town(0).world
        clocks, states = try_out(scenario, world)
        people = world.population.residents
        ties = sum(layer.n_ties for layer in world.without_reserve().network.layers.values())
        known = {name: column.categories for name, column in world.population.columns.items()}
        portrait = portrait_lines(world)
        foreseen = forecast(scenario, clocks, states, threads=threads, only=arms)
        memory = foreseen.memory
        if foreseen.warm_up <= MOST_RINGS:
            found: list[Date] = []
            background = watched(build.background_of(spec), found)
            beginning = build.beginning_of(scenario, clocks, trial.luck(0), background)
            if spec.time.warm_up is not None:
                said += settled_lines(behaviours, beginning.start, build.warm_up_of(spec), unit, acts=bool(found))
            for name, members in trial.arms.items():
                times = [*(date.time for date in dates[name]), *([trial.horizon] if open_ended(members) else [])]
                last = _followed(foreseen.arms[name], times, trial.horizon)
                dates[name] = counted_dates(beginning, members, last, trial.horizon_tick, found)
        states = states[:people]
    setting = Setting(behaviours, unit, spec.time.start, spec.study.currency, people)
    resolved = scenario.resolved()
    return Plan(
        scenario=scenario,
        control=trial.control,
        setting=setting,
        ties=ties,
        portrait=tuple(portrait),
        people=tuple(said),
        behaviours={
            name: BehaviourPlan(
                each.states,
                tuple(begin_lines(spec, behaviours, name, states)),
                moves_of(behaviours, name, known, list(spec.network.layers), unit),
            )
            for name, each in behaviours.items()
        },
        background=_told([date for date in dates[trial.control] if date.intervention.background], setting),
        arms={
            name: _told([date for date in each if not date.intervention.background], setting)
            for name, each in dates.items()
        },
        outcomes={name: outcome_words(name, resolved["outcomes"][name], resolved) for name in trial.measures},
        protection=protection_of(scenario, arms),
        memory=memory,
        foreseen=foreseen,
        inputs=tuple(inputs_of(spec)),
    )


def _told(dates: Sequence[Date], setting: Setting) -> ArmPlan:
    return ArmPlan(tuple(dates), tuple(steps_of(dates, setting)))


def _followed(rings: float, times: Sequence[float], horizon: float) -> float:
    """Return up to which of its dates the first replicate of an arm is followed, given its rings to the horizon."""
    return max((time for time in times if rings * time / horizon <= MOST_RINGS), default=0.0)


def data(plan: Plan) -> dict[str, Any]:
    """Return a plan as plain data: what it says, and the numbers behind it."""
    spec, setting = plan.scenario.spec, plan.setting
    return {
        "scenario": plan.scenario.name,
        "title": plan.scenario.title,
        "unit": setting.unit,
        "horizon": build.horizon_of(spec),
        "replicates": spec.experiment.replicates,
        "control": plan.control,
        "people": setting.people,
        "ties": plan.ties,
        "sections": [{"heading": each.heading, "lines": list(each.lines)} for each in sections(plan)],
        "behaviours": {
            name: {
                "states": list(each.states),
                "moves": [
                    {
                        "from": list(move.leaves),
                        "to": move.enters,
                        "transitions": dict(move.transitions),
                        "examples": [{"words": one.words, "rate": one.rate} for one in move.examples],
                    }
                    for move in each.moves
                ],
            }
            for name, each in plan.behaviours.items()
        },
        "background": [_date(date, setting) for date in plan.background.dates],
        "arms": {name: [_date(date, setting) for date in arm.dates] for name, arm in plan.arms.items()},
        "outcomes": {
            name: {
                "measures": words.definition,
                "better": "lower" if words.lower else "higher",
                "matters": words.matters,
                "primary": name == spec.outcomes.primary,
            }
            for name, words in plan.outcomes.items()
        },
        "protection": {"holds": plan.protection.holds, "reasons": list(plan.protection.reasons)},
        "effort": {
            "rings": None if plan.foreseen is None else plan.foreseen.rings,
            "seconds": None if plan.foreseen is None else plan.foreseen.seconds,
            "threads": None if plan.foreseen is None else plan.foreseen.threads,
            "memory_bytes": plan.memory.total,
        },
        "inputs": [{**asdict(each), "place": each.name} for each in plan.inputs],
    }


def _date(date: Date, setting: Setting) -> dict[str, Any]:
    return {
        "time": date.time,
        "intervention": date.intervention.name,
        "kind": date.intervention.kind,
        "eligible": None if date.counted is None else date.counted.eligible,
        "reached": reached_at(date, setting),
        "treated": treated_at(date, setting),
        "cost": cost_at(date, setting),
    }
