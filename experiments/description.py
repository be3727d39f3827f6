"""What a scenario says, in words and as data, for those who run it and for the results folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from interventions.protection import Verdict
    from scenarios.inputs import Input
    from scenarios.loading import Scenario
    from simulator.clock_plan import ClockPlan
    from simulator.world import World


def protection_of(scenario: Scenario, only: Collection[str] | None = None) -> Verdict:
    """Say whether the scenario is of the kind in which nobody can be worse off (see `interventions.protection`).

    Parameters
    ----------
    scenario : Scenario
    only : collection of str, optional
        Arms that are run, the control among them; default: all.
    """
    from interventions.protection import protects
    from scenarios import build
    from scenarios.turnover import turnover_of

    spec = scenario.spec
    primary = spec.outcomes.primary
    better = spec.outcomes.measures[primary].better
    behaviours = build.behaviours_of(spec)
    arms = {name: members for name, members in build.arms_of(spec).items() if only is None or name in only}
    measure, turnover = build.measures_of(spec)[primary], turnover_of(spec)
    return protects(behaviours, arms, scenario.control, measure, better, turnover)


def protection_lines(verdict: Verdict) -> list[str]:
    """Put the verdict on protection in plain sentences."""
    if verdict.holds:
        return [
            "Under shared luck nobody can be worse off in any arm than in the control: in this scenario protection "
            "only ever protects."
        ]
    reasons = [f"Some people may be worse off in an arm than in the control: {reason}." for reason in verdict.reasons]
    return reasons or ["Some people may be worse off in an arm than in the control."]


def describe(scenario: Scenario, world: World, arms: tuple[str, ...]) -> dict[str, Any]:
    """Return all that a report needs to know of a scenario, as plain data (``resolved.json``).

    Parameters
    ----------
    scenario : Scenario
    world : World
        Town number 0, for the portrait of its network.
    arms : tuple of str
        The arms that are run, in the scenario's order.
    """
    from scenarios import build
    from scenarios.bibliography import references_of
    from scenarios.inputs import inputs_of

    members = {name: each for name, each in build.arms_of(scenario.spec).items() if name in arms}
    background = build.background_of(scenario.spec)
    tactics = {
        ".".join(map(str, place)): {"tactic": each.tactic, **each.parameters}
        for place, each in scenario.expansions.items()
    }
    return {
        "scenario": scenario.resolved(),
        **({"tactics": tactics} if tactics else {}),  # the scenario holds what they expanded into
        "overrides": overridden(scenario),
        "graphs": list(scenario.graphs),
        "control": scenario.control,
        "arms": {name: [one.name for one in each if not one.background] for name, each in members.items()},
        **({"background": [one.name for one in background]} if background else {}),
        "interventions": {one.name: {"kind": one.kind} for each in members.values() for one in each},
        "inputs": [input_data(entry) for entry in inputs_of(scenario.spec)],
        "references": {key: {"text": each.text, "doi": each.doi} for key, each in references_of(scenario.spec).items()},
        "observed": [_observed(series) for series in build.observed_of(scenario)],
        "portrait": [
            *(
                [f"of {scenario.spec.experiment.networks} networks, this is the first"]
                * (scenario.spec.experiment.networks > 1)
            ),
            *portrait_lines(world),
        ],
        "protection": protection_lines(protection_of(scenario)),
        "warnings": [str(warning.problem) for warning in scenario.warnings],
    }


def overridden(scenario: Scenario) -> dict[str, Any]:
    """Return what ``--set`` or `Scenario.set` changed: paths of keys, and the values they now have, as plain data."""
    found = {}
    for path in scenario.overrides:
        value: Any = scenario.data
        try:
            for part in path.split("."):
                value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError):  # a later change took away what this one had changed
            continue
        found[path] = value
    return found


def portrait_lines(world: World) -> list[str]:
    """Describe the people and ties at time 0 in plain words, one thing a line."""
    from simulator.portrait import lines, portrait

    there = world.without_reserve()
    return lines(portrait(there.network, there.population))


def input_data(entry: Input) -> dict[str, Any]:
    """Return one input and where it comes from, as plain data."""
    return {
        "place": entry.name,
        "kind": entry.kind,
        "value": entry.value,
        "unit": entry.unit,
        "source": entry.source,
        "assumed": entry.assumed,
        "fitted": entry.fitted,
    }


def _observed(series: Mapping[str, Any]) -> dict[str, Any]:
    measure = series["measure"]
    return {
        "arm": series["arm"],
        "kind": measure.kind,
        "behaviour": measure.behaviour,
        "states": list(measure.states),
        "where": None if measure.where is None else measure.where.text,
        "source": series["source"],
        "points": [[point["time"], point["value"], point["low"], point["high"]] for point in series["points"]],
    }


def try_out(scenario: Scenario, world: World) -> tuple[ClockPlan, np.ndarray]:
    """Draw the first replicate's initial people and lay out the clocks, so that what a run refuses is refused here.

    Returns
    -------
    plan : ClockPlan
    states : uint8[n_persons, n_behaviours]

    Raises
    ------
    SpecError
    """
    from dataclasses import replace

    from scenarios import build
    from simulator.engine import plan_clocks
    from simulator.errors import SpecError
    from simulator.streams import Draw

    states = build.initial_states(scenario, world, Draw(scenario.spec.experiment.seed, "replicate", 0))
    try:
        return plan_clocks(world), states
    except SpecError as error:
        problems = [replace(problem, place=("behaviours", *problem.place)) for problem in error.problems]
        raise scenario.located(SpecError(problems)) from None
