"""What a scenario says, in words and as data: for `check`, for `list`, and for the results folder."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from experiments.forecast import Forecast
    from interventions.protection import Verdict
    from scenarios.inputs import Input
    from scenarios.loading import Scenario
    from simulator.clock_plan import ClockPlan
    from simulator.errors import Problem
    from simulator.registry import Registry
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
        "arms": {name: [member.name for member in build.arms_of(scenario.spec)[name]] for name in arms},
        "interventions": {
            member.name: {"kind": member.kind} for name in arms for member in build.arms_of(scenario.spec)[name]
        },
        "inputs": [_input(entry) for entry in inputs_of(scenario.spec)],
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


def _input(entry: Input) -> dict[str, Any]:
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


@dataclass(frozen=True)
class Examination:
    """What `netrial check` finds in a valid scenario.

    Parameters
    ----------
    scenario : Scenario
    missing : tuple of Problem
        What it asks for that is not built yet; where there is any, nothing below is known.
    world : World, optional
        Town number 0.
    protection : interventions.protection.Verdict, optional
    forecast : Forecast, optional
        What a run will cost.
    """

    scenario: Scenario
    missing: tuple[Problem, ...] = ()
    world: World | None = None
    protection: Verdict | None = None
    forecast: Forecast | None = None


def examine(scenario: Scenario) -> Examination:
    """Make the first town of a scenario, lay out its clocks, and foresee what a run costs.

    Raises
    ------
    SpecError
        If a run would refuse the scenario.
    """
    from dataclasses import replace

    from experiments.execution import cores
    from experiments.forecast import forecast
    from experiments.memory import footprint_of
    from scenarios import build
    from simulator.footprint import available_memory, check_memory

    missing = tuple(scenario.not_built())
    if missing:
        return Examination(scenario, missing)
    one = replace(footprint_of(scenario, tuple(scenario.spec.arms), 1), networks=1)
    check_memory(one, available_memory())
    world = build.world_of(scenario, 0)
    plan, states = try_out(scenario, world)
    foreseen = forecast(scenario, plan, states, threads=cores())
    return Examination(scenario, (), world, protection_of(scenario), foreseen)


def check_lines(scenario: Scenario) -> list[str]:
    """Return what `netrial check` prints of a valid scenario: people, ties, inputs, and what may be expected."""
    return examination_lines(examine(scenario))


def examination_lines(found: Examination) -> list[str]:
    """Put an examination in plain lines."""
    from experiments.forecast import forecast_lines
    from scenarios.inputs import assumed_inputs

    scenario, spec = found.scenario, found.scenario.spec
    if found.missing:
        lines = [f"  {problem}" for problem in found.missing]
        return [f"{scenario.name}: the scenario is valid, but cannot be run yet:", *lines]
    assert found.world is not None
    assert found.protection is not None
    assert found.forecast is not None
    assumed = assumed_inputs(spec)
    return [
        f"{scenario.name}: the scenario is valid",
        f"  {len(spec.arms)} arms ({', '.join(spec.arms)}), control {scenario.control}, "
        f"{spec.experiment.replicates} replicates, primary outcome {spec.outcomes.primary}",
        *(f"  {line}" for line in portrait_lines(found.world)),
        f"  {len(assumed)} inputs are assumed; `netrial plan` lists them, and says what will happen",
        *(f"  {line}" for line in protection_lines(found.protection)),
        *(f"  {line}" for line in forecast_lines(found.forecast, spec.time.unit)),
    ]


def examination_data(found: Examination) -> dict[str, Any]:
    """Return an examination as plain data: what ``netrial check --json`` prints, but for the warnings.

    Returns
    -------
    dict
        ``scenario``, ``title``, ``hash``, ``valid``, ``runs`` (whether all that it asks for is built), ``not_built``,
        ``arms``, ``control``, ``replicates``, ``primary``, ``inputs``, ``assumed`` (how many of them); and, where it
        runs, ``portrait``, ``protection`` (``holds``, ``reasons``) and ``forecast``: ``rings`` of all replicates,
        ``seconds``, ``memory_bytes``, ``available_bytes``, ``threads``, ``idle`` (share of rings that move nobody),
        ``transitions``.
    """
    from dataclasses import asdict

    from scenarios.inputs import inputs_of
    from simulator.portrait import portrait

    scenario, spec = found.scenario, found.scenario.spec
    inputs = [_input(entry) for entry in inputs_of(spec)]
    data: dict[str, Any] = {
        "scenario": scenario.name,
        "title": scenario.title,
        "hash": scenario.hash8(),
        "valid": True,
        "runs": not found.missing,
        "not_built": [str(problem) for problem in found.missing],
        "arms": list(spec.arms),
        "control": scenario.control,
        "replicates": spec.experiment.replicates,
        "primary": spec.outcomes.primary,
        "inputs": inputs,
        "assumed": sum(entry["assumed"] for entry in inputs),
    }
    if found.missing:
        return data
    assert found.world is not None
    assert found.protection is not None
    assert found.forecast is not None
    there, foreseen = found.world.without_reserve(), found.forecast
    return data | {
        "portrait": asdict(portrait(there.network, there.population)),
        "protection": {"holds": found.protection.holds, "reasons": list(found.protection.reasons)},
        "forecast": {
            "rings": foreseen.rings,
            "seconds": foreseen.seconds,
            "memory_bytes": foreseen.memory.total,
            "available_bytes": foreseen.available,
            "threads": foreseen.threads,
            "idle": foreseen.idle,
            "transitions": [asdict(one) for one in foreseen.transitions],
        },
    }


def _scenario_words() -> dict[str, str]:
    from scenarios.loading import load, names
    from simulator.errors import SpecError

    found = {}
    for name in names():
        try:
            found[name] = load(name).title
        except SpecError as error:  # of a package: others can be used all the same
            found[name] = f"cannot be used: {error}".split("\n")[0]
    return found


def _registry_words(registry: Registry[Any]) -> dict[str, str]:
    """Return what is registered, each with its help; what a package brings says so."""
    from simulator.errors import SpecError

    found = {}
    for name in registry:
        plugin = registry.plugin(name)
        try:
            found[name] = registry.help(name)
        except SpecError as error:
            found[name] = f"cannot be used: {error}"
        else:
            found[name] += f" ({plugin.package} {plugin.version})" if plugin else ""
    return found


def _template_words() -> Mapping[str, str]:
    from scenarios.starting import templates

    return templates()


def _kind_words() -> dict[str, str]:
    from interventions.kinds import kinds

    return {name: kinds.help(name) for name in kinds}


def _target_words() -> dict[str, str]:
    from interventions.targeting import targets

    return _registry_words(targets)


def _law_words() -> Mapping[str, str]:
    from simulator.behaviour import LAWS

    return LAWS


def _measure_words() -> Mapping[str, str]:
    from simulator.outcomes import MEASURES, outcomes

    return {**MEASURES, **_registry_words(outcomes)}


def _network_words() -> Mapping[str, str]:
    from simulator.generators import networks

    return _registry_words(networks)


def _tactic_words() -> Mapping[str, str]:
    from interventions.tactics import tactics

    return _registry_words(tactics)


SUBJECTS: dict[str, Callable[[], Mapping[str, str]]] = {
    "scenarios": _scenario_words,
    "templates": _template_words,
    "kinds": _kind_words,
    "tactics": _tactic_words,
    "targets": _target_words,
    "networks": _network_words,
    "laws": _law_words,
    "measures": _measure_words,
}
"""What `netrial list` can list."""


def words_for(subject: str) -> Mapping[str, str]:
    """Return the words of a subject, each with a line of help."""
    return SUBJECTS[subject]()
