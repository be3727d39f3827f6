"""A scenario as a Mesa model, and as the class of models that `mesa.batch_run` asks for."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from interventions.schedule import occurrences
from scenarios import build
from simulator.engine import plan_clocks
from simulator.errors import Problem, SpecError
from simulator.streams import Draw

if TYPE_CHECKING:
    from scenarios.loading import Scenario
    from simulator.beginning import Beginning
    from simulator.model import ContagionModel
    from simulator.world import Occurrence

    Reporters = Mapping[str, Any] | None


def model_of(
    scenario: Scenario, arm: str | None, replicate: int, model_reporters: Reporters, agent_reporters: Reporters
) -> ContagionModel:
    """Return one arm of one replicate as a Mesa model; see `Scenario.model`."""
    from simulator.model import ContagionModel

    parts = parts_of(scenario, arm, replicate)
    return ContagionModel(*parts, model_reporters=model_reporters, agent_reporters=agent_reporters)


def parts_of(scenario: Scenario, arm: str | None, replicate: int) -> tuple[Beginning, Sequence[Occurrence], np.ndarray]:
    """Return what a `ContagionModel` is made from: how the replicate begins, what the arm does, observation times.

    Parameters
    ----------
    scenario : Scenario
    arm : str, optional
        Default: the control.
    replicate : int

    Raises
    ------
    SpecError
        If there is no such arm or replicate.
    NotBuiltError
        If the scenario asks for something that is not built yet.
    """
    scenario.require_built()
    spec = scenario.spec
    arms = build.arms_of(spec)
    name = build.chosen_arm(arms, arm, scenario.control, replicate)
    plan = plan_clocks(build.world_of(scenario, replicate % spec.experiment.networks))
    luck = Draw(spec.experiment.seed, "replicate", replicate)
    beginning = build.beginning_of(scenario, plan, luck)
    return beginning, occurrences(arms[name]), build.observation_times(spec)


class ModelClass:
    """A scenario as `mesa.batch_run` takes a model class: called with parameters, it gives a model.

    Parameters
    ----------
    scenario : Scenario
    model_reporters, agent_reporters : mapping, optional
        As Mesa's `DataCollector` takes them.
    """

    def __init__(
        self, scenario: Scenario, model_reporters: Reporters = None, agent_reporters: Reporters = None
    ) -> None:
        self.scenario = scenario
        self.model_reporters = model_reporters
        self.agent_reporters = agent_reporters
        self._made: Counter[tuple[Any, ...]] = Counter()

    def __call__(
        self, *, arm: str | None = None, replicate: int | None = None, rng: int | None = None, **settings: Any
    ) -> ContagionModel:
        """Return a model of one arm and replicate.

        Parameters
        ----------
        arm : str, optional
            Default: the control.
        replicate : int, optional
            Which random world. Default: `rng`; else 0 at the first call with these arguments, then 1, 2, …
        rng : int, optional
            What Mesa's `batch_run` calls it.
        **settings
            Changes to the scenario: paths of keys and values, as `Scenario.set` takes them.

        Raises
        ------
        SpecError
            If a setting, an arm or a replicate is none; or if Mesa repeats a run in another process without saying
            which of the iterations it is.
        """
        from simulator.model import LAST_ROW_LOST

        if replicate is not None and rng is not None:
            raise SpecError("`replicate` and `rng` both say which random world is meant; give one of them")
        if replicate is None and rng is None:
            if multiprocessing.parent_process() is not None:
                message = "in several processes Mesa does not say which iteration this is"
                raise SpecError(Problem(message, hint="name the worlds instead: {'replicate': range(10)}"))
            key = (arm, *sorted((path, repr(value)) for path, value in settings.items()))
            replicate = self._made[key]
            self._made[key] += 1
        world = replicate if replicate is not None else rng
        if isinstance(world, bool) or not isinstance(world, int | np.integer):
            raise SpecError(f"a replicate is a whole number, not {world!r}")
        scenario = self.scenario.set(settings) if settings else self.scenario
        model = model_of(scenario, arm, int(world), self.model_reporters, self.agent_reporters)
        model.idle_step = LAST_ROW_LOST
        return model
