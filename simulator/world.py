"""What all arms and replicates on one network share: people, ties and behaviours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from simulator.actions import Action
from simulator.behaviour import Behaviour
from simulator.conditions import Condition, mask_of
from simulator.network import ContactNetwork
from simulator.past import Past
from simulator.population import Population
from simulator.streams import Draw
from simulator.trajectory import Trajectory
from simulator.turnover import Turnover


@dataclass(frozen=True, eq=False)
class Start:
    """How one run begins, before anybody intervened: drawn anew by whoever asks with luck of their own.

    Parameters
    ----------
    population : Population
        As the town was made: nobody who enters later has a column drawn yet.
    states : uint8[n_persons, n_behaviours]
        In which people begin.
    since : int64[n_persons, n_behaviours], optional
        Tick at which people entered them; None: the beginning.
    warm_up : int
        Ticks that pass before time 0.
    """

    population: Population
    states: np.ndarray
    since: np.ndarray | None = None
    warm_up: int = 0


@dataclass(frozen=True)
class World:
    """One generated (or read) town.

    Parameters
    ----------
    population : Population
    network : ContactNetwork
    behaviours : mapping of str to Behaviour
        In the scenario's order: column b of every states array belongs to the b-th.
    number : int
        Which of the scenario's networks this is.
    turnover : Turnover, optional
        How people enter and leave; None: everybody stays.
    initial : callable, optional
        ``initial(draw) -> Start``: how a run begins under some luck; None: nobody said how people begin.
    """

    population: Population
    network: ContactNetwork
    behaviours: Mapping[str, Behaviour]
    number: int = 0
    turnover: Turnover | None = None
    initial: Callable[[Draw], Start] | None = field(default=None, compare=False, repr=False)

    def column_of(self, behaviour: str) -> int:
        """Return the column of states arrays that holds `behaviour`."""
        return list(self.behaviours).index(behaviour)

    def without_reserve(self) -> World:
        """Return the town without places for people who enter at a rate."""
        people, n = self.population, self.population.residents
        if n == people.size:
            return self
        columns = {name: replace(column, values=column.values[:n]) for name, column in people.columns.items()}
        residents = replace(people, ids=people.ids[:n], columns=columns, reserve=0)
        return replace(self, population=residents, network=ContactNetwork(n, self.network.layers))

    @property
    def n_codes(self) -> tuple[int, ...]:
        """Codes in use in each column of states arrays: its states and, where people come and go, not being there."""
        return tuple(len(behaviour.states) + (self.turnover is not None) for behaviour in self.behaviours.values())

    @property
    def state_numbers(self) -> np.ndarray:
        """int64[…]: numbers of all states, without that of not being there, when codes are numbered through."""
        firsts = np.cumsum([0, *self.n_codes])
        sizes = [len(behaviour.states) for behaviour in self.behaviours.values()]
        return np.concatenate([np.arange(first, first + size) for first, size in zip(firsts, sizes, strict=False)])


@dataclass(frozen=True)
class Situation:
    """What an intervention sees when it acts; nothing in it may be written to.

    Parameters
    ----------
    world : World
    draw : Draw
        The replicate's luck; the same in all arms.
    tick : int
        Now.
    states : uint8[n_persons, n_behaviours]
        Now.
    start : uint8[n_persons, n_behaviours]
        At time 0, before anybody intervened.
    tied_in : callable
        ``tied_in(layer) -> int32[k, 2]``: pairs joined in a layer now: its own ties, row by row, as they have been
        rewired, then the ties added so far (either order).
    past : Past
        What the arm did so far.
    horizon : int
        Tick at which the run ends.
    network_at : callable
        ``network_at(tick) -> ContactNetwork``: the network as it was at an instant, no later than now.
    so_far : callable
        ``so_far() -> Trajectory``: what happened until now; its horizon is now.
    """

    world: World
    draw: Draw
    tick: int
    states: np.ndarray
    start: np.ndarray
    tied_in: Callable[[str], np.ndarray]
    past: Past
    horizon: int
    network_at: Callable[[int], ContactNetwork]
    so_far: Callable[[], Trajectory]

    def network(self) -> ContactNetwork:
        """Return the network as it is now: the world's own until ties were added, ended or rewired."""
        return self.network_at(self.tick)

    @property
    def present(self) -> np.ndarray:
        """bool[n_persons]: who is there now."""
        return self.states[:, 0] < len(next(iter(self.world.behaviours.values())).states)

    def mask(self, condition: Condition | None) -> np.ndarray:
        """Return bool[n_persons]: who is there and satisfies a condition now; columns that age have aged."""
        return self.present & mask_of(condition, self.world, self.states, self.start, self.tick)


@dataclass(frozen=True)
class Occurrence:
    """One intervention acting at one instant.

    Parameters
    ----------
    tick : int
    intervention : str
    occasion : int
        How many times this intervention acted before in this arm.
    plan : callable
        ``plan(situation) -> sequence of Action``, carried out in that order.
    place : int
        Of the intervention among those of the arm; at one instant, earlier places act first.
    wave : int
        Above 0: a further step of the occasion.
    """

    tick: int
    intervention: str
    occasion: int
    plan: Callable[[Situation], Sequence[Action]]
    place: int = 0
    wave: int = 0


def in_order(occurrences: Iterable[Occurrence]) -> tuple[list[Occurrence], list[str]]:
    """Return an arm's occurrences by date, and its interventions as the event log numbers them: as they first act."""
    dated = sorted(occurrences, key=lambda occurrence: (occurrence.tick, occurrence.place))
    return dated, list(dict.fromkeys(occurrence.intervention for occurrence in dated))
