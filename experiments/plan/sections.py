"""A plan in words: its sections, in the order in which a planner asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.description import protection_lines
from experiments.forecast import forecast_lines, memory_lines
from experiments.plan.arms import total_in_words
from experiments.plan.behaviours import move_lines
from experiments.plan.phrases import a, duration, state_label
from experiments.plan.tactics import expansions_in_words
from experiments.report.words import OutcomeWords
from experiments.wording import listed, number, plain_label, plain_number, plural, plural_unit
from scenarios import build
from scenarios.bibliography import ASSUMED, FITTED, references_of
from scenarios.inputs import Input
from simulator.footprint import available_memory

if TYPE_CHECKING:
    from experiments.plan.making import Plan


@dataclass(frozen=True)
class Section:
    """A part of a plan: a heading and lines, indented below one another."""

    heading: str
    lines: tuple[str, ...]


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
    length = f"{horizon:g} {plural_unit(horizon, unit)}"
    arms = f"{plural(len(others), 'arm')} ({listed(others)}) and the control, {plan.control}"
    lines = [
        arms if others else f"the control, {plan.control}, alone",
        f"{plural(spec.experiment.replicates, 'replicate')} of {length}; "
        "in each, all arms have the same people and the same luck",
    ]
    again = [] if plan.foreseen is None else list(plan.foreseen.again)
    if again:
        are = "is" if len(again) == 1 else "are"
        lines.append(f"{listed(again)} {are} run once more as if all contacts were known: what does not knowing cost?")
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
    told = [plan.background, *plan.arms.values()]
    if plan.foreseen is not None and any(date.counted for arm in told for date in arm.dates):
        lines.append("numbers of people offered are those of the first replicate; who accepts, and costs, are means")
    if plan.background.steps:
        lines.append("in every arm, the control too (the background; nobody's target, its cost is not counted)")
    for step in plan.background.steps:
        lines += [f"  {step.title}", *(f"    {line}" for line in step.lines)]
    for name, arm in plan.arms.items():
        tactics = expansions_in_words(plan.scenario, name)
        role = " (the control)" if name == plan.control else ""
        if not arm.steps:
            lines.append(f"{name}{role}: nothing {'else ' if plan.background.steps else ''}is done")
            continue
        lines.append(f"{name}{role}")
        for step in arm.steps:
            first = step.dates[0]
            waves = first.counted is not None and first.counted.wave > 0
            expanded = tactics.get(first.intervention.name) if first.occasion == 0 and not waves else None
            lines += [
                f"  {step.title}",
                *([f"    {expanded}"] if expanded else []),
                *(f"    {line}" for line in step.lines),
            ]
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
    titles = {ASSUMED: "assumed, measured by nobody", FITTED: "fitted to data", "file": "read from files"}
    for source in sorted(by_source, key=lambda source: (source in titles, source == ASSUMED)):
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
