"""A scenario as a NetworkX graph and as a Mesa model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interventions.schedule import occurrences
from scenarios import build
from simulator.engine import plan_clocks
from simulator.errors import SpecError, allowed_words
from simulator.streams import Draw
from simulator.units import to_ticks

if TYPE_CHECKING:
    import networkx

    from scenarios.loading import Scenario
    from simulator.model import ContagionModel


def graph_of(scenario: Scenario, network: int = 0) -> networkx.Graph:
    """Return one of the scenario's networks as a NetworkX graph; see `Scenario.graph`."""
    from simulator.graphs import to_graph

    world = build.world_of(scenario, network).without_reserve()
    return to_graph(world.population, world.network)


def model_of(scenario: Scenario, arm: str | None, replicate: int) -> ContagionModel:
    """Return one arm of one replicate as a Mesa model; see `Scenario.model`."""
    from simulator.model import ContagionModel

    scenario.require_built()
    spec = scenario.spec
    arms = build.arms_of(spec)
    name = scenario.control if arm is None else arm
    if name not in arms:
        raise SpecError(f"there is no arm `{name}`; {allowed_words(name, list(arms))}")
    if replicate < 0:
        raise SpecError(f"replicates count from 0; there is no {replicate}")
    plan = plan_clocks(build.world_of(scenario, replicate % spec.experiment.networks))
    luck = Draw(spec.experiment.seed, "replicate", replicate)
    beginning = build.beginning_of(scenario, plan, luck)
    times = build.observation_times(spec)
    observe_at = np.array([to_ticks(float(time)) for time in times], np.int64)
    return ContagionModel(beginning, occurrences(arms[name]), times, observe_at)
