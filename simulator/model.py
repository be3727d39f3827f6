"""The Mesa face: the same simulation, stepped one observation interval at a time, with people as Mesa agents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import mesa
import numpy as np

from simulator.beginning import Beginning
from simulator.behaviour import Behaviour
from simulator.world import Occurrence


class Person(mesa.Agent):
    """One person, seen from Mesa: a view on the model's arrays that holds nothing of its own.

    Parameters
    ----------
    model : ContagionModel
    index : int
        The person's place in the order of ids.
    """

    def __init__(self, model: ContagionModel, index: int) -> None:
        super().__init__(model)
        self.index = index

    @property
    def id(self) -> Any:
        """The person's id: the file's own, or the number of a generated person."""
        return self.model.population.ids[self.index]

    @property
    def present(self) -> bool:
        """Whether the person is there now: people who enter have a view before they do, and after they leave."""
        return bool(self.model.simulation.states[self.index, 0] < len(self.model.behaviours[0].states))

    @property
    def state(self) -> Mapping[str, str | None]:
        """The state of each behaviour now; None while the person is not there."""
        row = self.model.simulation.states[self.index]
        present = self.present
        return {b.name: b.states[code] if present else None for b, code in zip(self.model.behaviours, row, strict=True)}

    @property
    def columns(self) -> Mapping[str, float | str | None]:
        """What is known of the person; None where it is missing."""
        known: dict[str, float | str | None] = {}
        for name, column in self.model.population.columns.items():
            value = column.values[self.index]
            if column.categories is not None:
                known[name] = column.categories[value] if value >= 0 else None
            else:
                known[name] = None if np.isnan(value) else float(value)
        return known

    @property
    def contacts(self) -> list[Person]:
        """Everyone this person has a tie to now, over all layers, as ties were added and rewired so far."""
        persons: set[int] = set()
        for layer in self.model.network.layers:
            ties = self.model.simulation.tied_in(layer)
            persons |= set(ties[ties[:, 0] == self.index, 1].tolist())
            persons |= set(ties[ties[:, 1] == self.index, 0].tolist())
        return [self.model.person(index) for index in sorted(persons)]

    def __repr__(self) -> str:
        return f"Person({self.id}, {', '.join(f'{name}: {state}' for name, state in self.state.items())})"


def _count(model: ContagionModel, number: int) -> int:
    return int(model.simulation.counts[number])


class ContagionModel(mesa.Model):
    """One arm of one replicate as a Mesa model: `step` runs to the next observation, until the horizon.

    The engine's rings are the same as in a run from the command line, so are the counts. `datacollector` holds them
    from time 0 on, one column for each state (``obesity.obese``) and one for the time.

    Parameters
    ----------
    beginning : Beginning
        The town, the replicate's luck and the states at time 0.
    occurrences : sequence of Occurrence
        What the arm does.
    times : float64[n_times]
        Observation times, the scenario's unit.
    observe_at : int64[n_times]
        The same in ticks; the last is the horizon.
    """

    def __init__(
        self,
        beginning: Beginning,
        occurrences: Sequence[Occurrence],
        times: np.ndarray,
        observe_at: np.ndarray,
    ) -> None:
        super().__init__(rng=beginning.draw.key("mesa") % 2**32)
        self.world = beginning.plan.world
        self.simulation = beginning.simulation(occurrences, observe_at, int(observe_at[-1]))
        self._times = times
        self._views: list[Person] = []
        states = [f"{behaviour.name}.{state}" for behaviour in self.behaviours for state in behaviour.states]
        reporters: dict[str, Any] = {"time": "time_now"}
        reporters |= {
            state: [_count, [self, int(number)]] for number, state in zip(self.world.state_numbers, states, strict=True)
        }
        self.datacollector = mesa.DataCollector(model_reporters=reporters)
        self.simulation.advance(0)
        self.running = len(times) > 1
        self.datacollector.collect(self)

    @property
    def behaviours(self) -> tuple[Behaviour, ...]:
        """The behaviours, in the scenario's order."""
        return tuple(self.world.behaviours.values())

    @property
    def population(self) -> Any:
        """The people's ids and columns."""
        return self.world.population

    @property
    def network(self) -> Any:
        """The contact network at time 0."""
        return self.world.network

    @property
    def time_now(self) -> float:
        """Time in the scenario's unit."""
        return float(self._times[self._step])

    @property
    def _step(self) -> int:
        return int(np.searchsorted(self.simulation.observe_at, self.simulation.now))

    def step(self) -> None:
        """Run to the next observation; does nothing once the horizon is reached."""
        if not self.running:
            return
        following = self._step + 1
        self.simulation.advance(int(self.simulation.observe_at[following]))
        self.running = following + 1 < len(self._times)
        self.datacollector.collect(self)

    def person(self, index: int) -> Person:
        """Return the view of one person, by place in the order of ids."""
        return self._people()[index]

    def _people(self) -> list[Person]:
        if not self._views:
            self._views = [Person(self, index) for index in range(self.population.size)]
            getattr(mesa.Agent, "_ids", {}).pop(self, None)  # Mesa 3.3 would keep the model alive through it
        return self._views

    @property
    def agents(self) -> mesa.agent.AgentSet:
        """Views of all people, made on first use and kept."""
        self._people()
        return super().agents

    @property
    def agents_by_type(self) -> Mapping[type, mesa.agent.AgentSet]:
        """Views of all people, under their type."""
        self._people()
        return super().agents_by_type

    @property
    def agent_types(self) -> list[type]:
        """The types of agents: people only."""
        self._people()
        return list(super().agent_types)

    def __iter__(self) -> Iterator[Person]:
        return iter(self._people())
