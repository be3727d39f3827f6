"""What `netrial check` finds in a valid scenario, and how it says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from experiments.description import input_data, portrait_lines, protection_lines, protection_of, try_out

if TYPE_CHECKING:
    from experiments.forecast import Forecast
    from interventions.protection import Verdict
    from scenarios.loading import Scenario
    from simulator.errors import Problem
    from simulator.world import World


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
    inputs = [input_data(entry) for entry in inputs_of(spec)]
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
