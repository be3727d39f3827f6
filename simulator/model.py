"""The Mesa face: the same simulation, stepped one observation interval at a time, with people as Mesa agents."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np

from simulator import parts
from simulator.beginning import Beginning, begin
from simulator.behaviour import Behaviour
from simulator.clock_plan import plan_clocks
from simulator.errors import SpecError
from simulator.graphs import to_graph
from simulator.network import ContactNetwork, Contacts, contacts_of, distinct, pack, unpack
from simulator.person import Person
from simulator.population import Population
from simulator.streams import Draw
from simulator.units import TICK_BITS, observation_times, to_ticks
from simulator.world import Occurrence, World

if TYPE_CHECKING:
    import networkx

    Reporters = Mapping[str, Any] | None

LAST_ROW_LOST = not hasattr(mesa.DataCollector(), "_collection_steps")
"""Whether this Mesa's `batch_run` leaves out the row that was collected last: it takes it that no row is of time 0."""


def _count(model: ContagionModel, *, number: int) -> int:
    return int(model.simulation.counts[number])


class ContagionModel(mesa.Model):
    """One arm of one replicate as a Mesa model: `step` runs to the next observation, until the horizon.

    The engine's rings are the same as in a run from the command line, so are the counts. `datacollector` holds them
    from time 0 on, one column for each state (``obesity.obese``) and one for the time. `random` and `rng` are seeded by
    the replicate, and are the modeller's own: the engine uses neither.

    Parameters
    ----------
    beginning : Beginning
        The town, the replicate's luck and the states at time 0.
    occurrences : sequence of Occurrence
        What the arm does.
    times : sequence of float
        Observation times, the scenario's unit; the last is the horizon.
    model_reporters, agent_reporters : mapping, optional
        What else the data collector reports, as Mesa's `DataCollector` takes it.
    """

    def __init__(
        self,
        beginning: Beginning,
        occurrences: Sequence[Occurrence],
        times: Sequence[float] | np.ndarray,
        *,
        model_reporters: Reporters = None,
        agent_reporters: Reporters = None,
    ) -> None:
        super().__init__(rng=beginning.draw.key("mesa") % 2**32)
        self._times = [float(time) for time in times]
        observe_at = np.array([to_ticks(time) for time in self._times], np.int64)
        self.simulation = beginning.simulation(occurrences, observe_at, int(observe_at[-1]))
        self.idle_step = False  # whether to go on for one step that does nothing; see `LAST_ROW_LOST`
        self._views: list[Person] = []
        self._places: dict[Any, int] = {}
        self._contacts: tuple[int, Contacts] | None = None
        states = [f"{behaviour.name}.{state}" for behaviour in self.behaviours for state in behaviour.states]
        counts = {
            state: partial(_count, number=int(number))
            for number, state in zip(self.world.state_numbers, states, strict=True)
        }
        self.datacollector = mesa.DataCollector(
            model_reporters={"time": "time_now"} | counts | dict(model_reporters or {}),
            agent_reporters={  # what Mesa makes of a name cannot be pickled
                title: operator.attrgetter(given) if isinstance(given, str) else given
                for title, given in (agent_reporters or {}).items()
            },
        )
        self.simulation.advance(0)
        self.running = len(self._times) > 1
        self.datacollector.collect(self)

    @classmethod
    def from_parts(
        cls,
        ties: parts.Ties,
        behaviours: Iterable[Behaviour],
        *,
        horizon: float,
        observe_every: float = 1.0,
        initial: parts.Initial | None = None,
        seed: int = 1,
        replicate: int = 0,
        model_reporters: Reporters = None,
        agent_reporters: Reporters = None,
    ) -> ContagionModel:
        """Make a model from a graph and behaviours, without a file.

        Parameters
        ----------
        ties : networkx.Graph, mapping of str to networkx.Graph, or ContactNetwork
            A graph becomes one layer called ``ties``; a mapping gives several layers their names, and its first graph
            says who the people are. Nodes are the people, their attributes become columns; an attribute with a
            behaviour's name is the state to start in. An arc u -> v says that u influences v.
        behaviours : iterable of Behaviour
            Rates are per time unit, whichever that is. A transition that names no layers meets contacts in all.
        horizon, observe_every : float
            Time units.
        initial : mapping, optional
            By behaviour and state, who starts in it: a share of the people, or a list of ids. All others start in the
            behaviour's first state.
        seed : int
            The random seed.
        replicate : int
            Which random world, from 0.
        model_reporters, agent_reporters : mapping, optional
            As Mesa's `DataCollector` takes them.

        Returns
        -------
        ContagionModel
            At time 0.

        Raises
        ------
        SpecError
            With all that is wrong with the behaviours, or with the first thing wrong elsewhere.
        """
        if not 0 < observe_every <= horizon < 2.0 ** (62 - TICK_BITS):
            raise SpecError(f"a horizon of {horizon:g}, observed every {observe_every:g}, cannot be simulated")
        world, start = parts.world_of(ties, behaviours)
        draw = Draw(operator.index(seed), "replicate", operator.index(replicate))
        start = parts.with_initial(world, start, initial or {}, draw)
        beginning = begin(plan_clocks(world), draw, start, None, 0, to_ticks(horizon))
        times = observation_times(float(horizon), float(observe_every))
        return cls(beginning, (), times, model_reporters=model_reporters, agent_reporters=agent_reporters)

    @property
    def world(self) -> World:
        """The town: its people, ties and behaviours."""
        return self.simulation.plan.world

    @property
    def behaviours(self) -> tuple[Behaviour, ...]:
        """The behaviours, in the scenario's order."""
        return tuple(self.world.behaviours.values())

    @property
    def population(self) -> Population:
        """The people's ids and columns."""
        return self.world.population

    @property
    def network(self) -> ContactNetwork:
        """The contact network as it was made, before ties were added, ended or rewired."""
        return self.world.network

    @property
    def time_now(self) -> float:
        """Time in the scenario's unit; what later Mesa calls `time` counts steps."""
        return self._times[self._step]

    @property
    def _step(self) -> int:
        return int(np.searchsorted(self.simulation.observe_at, self.simulation.now))

    def step(self) -> None:
        """Run to the next observation; does nothing once the horizon is reached."""
        following = self._step + 1
        if following == len(self._times):
            self.running = False
            return
        self.simulation.advance(int(self.simulation.observe_at[following]))
        self.running = following + 1 < len(self._times) or self.idle_step
        self.datacollector.collect(self)

    def person(self, id: Any) -> Person:
        """Return the view of one person.

        Parameters
        ----------
        id : int or str
            The file's own id, the graph's node, or the number of a generated person.

        Raises
        ------
        SpecError
            If nobody has it.
        """
        if not self._places:
            self._places = {known: index for index, known in enumerate(self.population.ids.tolist())}
        index = self._places.get(id, self._places.get(str(id)))
        if index is None:
            raise SpecError(f"nobody has the id `{id}`")
        return self.people[index]

    def contacts_now(self) -> Contacts:
        """Return everyone's contacts over all layers now, with ties added and rewired; made once per step."""
        if self._contacts is None or self._contacts[0] != self.simulation.now:
            pairs = [np.sort(self.simulation.tied_in(layer), axis=1) for layer in self.network.layers]
            packed = [np.empty(0, np.int64), *(pack(*each.T) for each in pairs)]
            joined = contacts_of(unpack(distinct(np.concatenate(packed))), self.population.size)
            self._contacts = (self.simulation.now, joined)
        return self._contacts[1]

    def graph(self) -> networkx.Graph:
        """Return people and ties as a NetworkX graph, with the people's columns and their states now.

        Returns
        -------
        networkx.Graph, DiGraph, MultiGraph or MultiDiGraph
            As `simulator.graphs.to_graph` makes it of the ties of time 0, without people who are not there; a node has
            its state of each behaviour under the behaviour's name.
        """
        graph = to_graph(self.population, self.network)
        states, ids = self.simulation.states, self.population.ids
        for column, behaviour in enumerate(self.behaviours):
            for code, state in enumerate(behaviour.states):
                for node in ids[states[:, column] == code].tolist():
                    graph.nodes[node][behaviour.name] = state
        graph.remove_nodes_from(ids[states[:, 0] >= len(self.behaviours[0].states)].tolist())
        return graph

    @property
    def people(self) -> list[Person]:
        """Views of all people, in order of their ids, made on first use and kept."""
        self._make_views()
        return self._views

    def _make_views(self) -> None:
        if not self._views:
            self._views = [Person(self, index) for index in range(self.population.size)]
            getattr(mesa.Agent, "_ids", {}).pop(self, None)  # Mesa 3.3 would keep the model alive through it

    @property
    def agents(self) -> mesa.agent.AgentSet:
        """Views of all people as a Mesa `AgentSet`, with any agents that the modeller added."""
        self._make_views()
        return super().agents

    @property
    def agents_by_type(self) -> Mapping[type, mesa.agent.AgentSet]:
        """Views of all people, and any agents that the modeller added, under their type."""
        self._make_views()
        return super().agents_by_type

    @property
    def agent_types(self) -> list[type]:
        """The types of agents: people, and any that the modeller added."""
        self._make_views()
        return list(super().agent_types)
