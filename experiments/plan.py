"""The plan of a trial: what will happen if it is run, in sentences, made without running it.

A plan is put together from what is known of a scenario (its behaviours, arms, inputs), from town 0 and from the
beginning of the first replicate. `sections` says it in words, `data` as plain data. Of a town too large to be made in
seconds no number is given that would need it, and the plan says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from experiments.description import portrait_lines, protection_lines, protection_of, try_out
from experiments.design import Trial
from experiments.forecast import MOST_SLOTS, Forecast, forecast, forecast_lines, memory_lines
from experiments.memory import footprint_of, people_and_ties
from experiments.plan_arms import Setting, Step, cost_at, reached_at, steps_of, total_in_words, treated_at
from experiments.plan_behaviours import Move, move_lines, moves_of
from experiments.plan_people import begin_lines, settled_lines, turnover_lines
from experiments.plan_phrases import a, duration, plain_number, state_label
from experiments.plan_pilot import Date, counted_dates, dates_of
from experiments.report_words import OutcomeWords, listed, number, outcome_words, plain_label, plural
from scenarios import build
from scenarios.bibliography import references_of
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
        About how many.
    portrait : tuple of str
        Lines on people and ties; empty where no town was made.
    people : tuple of str
        Who enters and leaves, and what happens before the start.
    behaviours : mapping of str to BehaviourPlan
    arms : mapping of str to ArmPlan
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
    arms: Mapping[str, ArmPlan]
    outcomes: Mapping[str, OutcomeWords]
    protection: Verdict
    memory: Footprint
    foreseen: Forecast | None
    inputs: tuple[Input, ...]


@dataclass(frozen=True)
class Section:
    """A part of a plan: a heading and lines, indented below one another."""

    heading: str
    lines: tuple[str, ...]


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
    states, foreseen, dates = None, None, {name: dates_of(members) for name, members in trial.arms.items()}
    memory = footprint_of(scenario, arms, threads)
    if people + ties <= MOST_SLOTS:
        check_memory(footprint_of(scenario, arms, 1), available_memory())
        world = trial.town(0).world
        clocks, states = try_out(scenario, world)
        people = world.population.residents
        known = {name: column.categories for name, column in world.population.columns.items()}
        portrait = portrait_lines(world)
        foreseen = forecast(scenario, clocks, states, threads=threads, only=arms)
        memory = foreseen.memory
        if foreseen.warm_up <= MOST_RINGS:
            beginning = build.beginning_of(scenario, clocks, trial.luck(0))
            if spec.time.warm_up is not None:
                said += settled_lines(behaviours, beginning.start, build.warm_up_of(spec), unit)
            for name, members in trial.arms.items():
                last = _followed(foreseen.arms[name], dates[name], trial.horizon)
                dates[name] = counted_dates(beginning, members, last, trial.horizon_tick)
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
        arms={name: ArmPlan(tuple(each), tuple(steps_of(each, setting))) for name, each in dates.items()},
        outcomes={name: outcome_words(name, resolved["outcomes"][name], resolved) for name in trial.measures},
        protection=protection_of(scenario, arms),
        memory=memory,
        foreseen=foreseen,
        inputs=tuple(inputs_of(spec)),
    )


def _followed(rings: float, dates: Sequence[Date], horizon: float) -> float:
    """Return up to which of its dates the first replicate of an arm is followed, given its rings to the horizon."""
    return max((date.time for date in dates if rings * date.time / horizon <= MOST_RINGS), default=0.0)


def sections(plan: Plan) -> list[Section]:
    """Say a plan in words, in the order in which a planner asks."""
    return [
        Section("What is compared", tuple(_compared(plan))),
        Section("People and ties", tuple(_people(plan))),
        Section("How people change", tuple(_behaviours(plan))),
        Section("What each arm does", tuple(_arms(plan))),
        Section("Can anybody be worse off?", tuple(protection_lines(plan.protection))),
        Section("Time and memory", tuple(_effort(plan))),
        Section("What it rests on", tuple(_inputs(plan))),
    ]


def text_lines(plan: Plan) -> list[str]:
    """Return the lines that `netrial plan` prints."""
    lines = [f"{plan.scenario.name}: {plan.scenario.title}"]
    for section in sections(plan):
        lines += ["", section.heading, *(f"  {line}" for line in section.lines)]
    return lines


def _compared(plan: Plan) -> list[str]:
    spec = plan.scenario.spec
    unit = plan.setting.unit
    others = [name for name in plan.arms if name != plan.control]
    horizon = build.horizon_of(spec)
    length = f"{horizon:g} {unit}{'' if horizon == 1 else 's'}"
    arms = f"{plural(len(others), 'arm')} ({listed(others)}) and the control, {plan.control}"
    lines = [
        arms if others else f"the control, {plan.control}, alone",
        f"{plural(spec.experiment.replicates, 'replicate')} of {length}; "
        "in each, all arms have the same people and the same luck",
    ]
    primary = spec.outcomes.primary
    for name, words in sorted(plan.outcomes.items(), key=lambda item: item[0] != primary):
        better = "lower" if words.lower else "higher"
        role = "; arms are ranked on this" if name == primary else ""
        lines.append(f"{words.label}: {words.definition}; {better} is better{_matters(words, unit)}{role}")
    return lines


def _matters(words: OutcomeWords, unit: str) -> str:
    """Say from which difference on an outcome is worth having."""
    if words.matters is None:
        return ""
    if words.kind in ("share", "difference"):
        points = plain_number(100 * words.matters)
        amount = f"{points} percentage point{'' if points == '1' else 's'}"
    elif words.kind == "time_to":
        amount = duration(words.matters, unit)
    else:
        what = f" person-{unit}s" if words.kind == "person_time" else ""
        amount = f"{number(words.matters, 0)}{what} in the whole town"
    return f"; a difference of {amount} is the smallest worth having"


def _people(plan: Plan) -> list[str]:
    networks = plan.scenario.spec.experiment.networks
    if not plan.portrait:
        return [
            f"about {plan.setting.people:,} people and {plan.ties:,} ties",
            "so large a town is not made in seconds: this plan leaves out what its network looks like, how many people "
            "interventions reach where that needs the town, and how long a run takes",
            "`netrial check` makes the town; a smaller one is planned with --set population.size=100000",
            *plan.people,
        ]
    first = [f"of {networks} networks, this is the first"] if networks > 1 else []
    return [*first, *plan.portrait, *plan.people]


def _behaviours(plan: Plan) -> list[str]:
    unit = plan.setting.unit
    lines = [f"at a rate of 3 % {a(unit)}, about 3 in 100 people move within {a(unit)}"]
    for name, each in plan.behaviours.items():
        states = listed([state_label(state) for state in each.states], "or")
        lines.append(f"{plain_label(name)}: everybody is {states}")
        lines += [f"  {line}" for line in each.begin]
        for move in each.moves:
            lines += [f"  {line}" for line in move_lines(move, unit)]
        if not each.moves:
            lines.append("  nobody moves on their own")
    return lines


def _arms(plan: Plan) -> list[str]:
    lines = []
    if plan.foreseen is not None and any(date.counted for arm in plan.arms.values() for date in arm.dates):
        lines.append("numbers of people offered are those of the first replicate; who accepts, and costs, are means")
    for name, arm in plan.arms.items():
        role = " (the control)" if name == plan.control else ""
        if not arm.steps:
            lines.append(f"{name}{role}: nothing is done")
            continue
        lines.append(f"{name}{role}")
        for step in arm.steps:
            lines += [f"  {step.title}", *(f"    {line}" for line in step.lines)]
        total = total_in_words(arm.dates, plan.setting)
        lines += [f"  {total}"] if total else []
    return lines


def _effort(plan: Plan) -> list[str]:
    if plan.foreseen is not None:
        return forecast_lines(plan.foreseen, plan.setting.unit)
    return ["how long it takes was not tried", *memory_lines(plan.memory, available_memory())]


def _inputs(plan: Plan) -> list[str]:
    assumed = [each for each in plan.inputs if each.assumed]
    costs = sum(each.kind == "cost" for each in assumed)
    of_costs = f", {costs} of them costs, on which no ranking by an outcome depends" if costs else ""
    are = "is" if len(assumed) == 1 else "are"
    lines = [f"{len(assumed)} of {plural(len(plan.inputs), 'input')} {are} assumed{of_costs}"]
    references = references_of(plan.scenario.spec)
    by_source: dict[str, list[Input]] = {}
    for each in plan.inputs:
        by_source.setdefault(each.source, []).append(each)
    titles = {"assumed": "assumed, measured by nobody", "fitted": "fitted to data", "file": "read from files"}
    for source in sorted(by_source, key=lambda source: (source in titles, source == "assumed")):
        cited = references.get(source)
        doi = f" doi:{cited.doi}" if cited is not None and cited.doi else ""
        lines.append(titles.get(source, source) if cited is None else f"{cited.text}{doi}")
        lines += [f"  {each.name} = {each.value} {_unit(each)}".rstrip() for each in by_source[source]]
    return lines


def _unit(given: Input) -> str:
    """Write "1 year" and "1 person", not "1 years" and "1 people"."""
    if given.value != "1" or given.kind not in ("duration", "initial"):
        return given.unit
    return "person" if given.unit == "people" else given.unit.removesuffix("s")


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
