"""Behaviours as tables: states, and named transitions with a rate and an exposure law."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.conditions import Condition

SPONTANEOUS = "spontaneous"
PER_CONTACT = "per_contact"
PROPORTION = "proportion"
GROUP = "group"
RESPONSE = "response"
LAWS = {
    SPONTANEOUS: "1: the transition happens on its own",
    PER_CONTACT: "the sum, over living ties to contacts in the source state, of weight x influence",
    PROPORTION: "that sum divided by the sum of all living weights; 0 without contacts",
    GROUP: "the share of the others in the person's group who are in the source state; 0 if alone",
    RESPONSE: "a table, or a threshold, on that sum (count) or that proportion (share)",
}
"""Exposure laws that the engine runs, with what each makes of a person's contacts."""

POOLED = (PROPORTION, RESPONSE)
"""Laws that read all their layers together: a person met in two layers counts twice."""

MOST_STATES = 63
"""States that a behaviour may have: the kernel reads a set of them as the bits of one word, and keeps one for people
who are not there."""

MOST_FACTOR = 1024
"""What factors on one slot may multiply to; beyond, an error, never a clip."""


@dataclass(frozen=True)
class ByColumn:
    """A number that differs by person: one value per category of a column."""

    column: str
    values: Mapping[str, float]


@dataclass(frozen=True)
class ByState:
    """A number that differs by the person's own state now: one value per state of a behaviour."""

    behaviour: str
    values: Mapping[str, float]


@dataclass(frozen=True)
class HazardRatio:
    """A factor that differs by person: ratio ** ((value - centre) / per) of a column of numbers.

    Where the column ages, the value is the one at the last whole time unit.
    """

    column: str
    ratio: float
    per: float = 1.0
    centre: float = 0.0


PersonNumber = float | ByColumn | ByState | HazardRatio
"""A number that is the same for all people, or differs by column or by the person's own state."""


@dataclass(frozen=True)
class Series:
    """A factor that changes over time: a step function, constant before its first and beyond its last point.

    Parameters
    ----------
    points : tuple of (time, factor)
        Times in the scenario's unit, rising; factors not negative.
    repeats_every : float, optional
        Period, in the scenario's unit: a season. The points then lie in [0, period), the first at 0.
    """

    points: tuple[tuple[float, float], ...]
    repeats_every: float | None = None


@dataclass(frozen=True)
class Source:
    """The states, of one behaviour, that contacts must be in to count.

    Parameters
    ----------
    behaviour : str
    states : tuple of str
    weights : tuple of float
        How much a contact in each state counts; empty: 1 each.
    """

    behaviour: str
    states: tuple[str, ...]
    weights: tuple[float, ...] = ()


@dataclass(frozen=True)
class GroupOf:
    """Whose share `group` reads: the others with the person's value of a column.

    Parameters
    ----------
    by : str
        The column.
    where : Condition, optional
        Who of the group counts, above and below the fraction line; columns only.
    """

    by: str
    where: Condition | None = None


@dataclass(frozen=True)
class Response:
    """What `response` makes of the count or the share of contacts: a factor in [0, 1].

    Parameters
    ----------
    reads : {"count", "share"}
    table : tuple of (count or share, factor)
        Rising in the first, from 0 on; constant beyond its last point. Empty: `threshold` stands instead.
    shape : {"step", "linear"}
        How the table is read between its points.
    threshold : float or str, optional
        0 below it, 1 from it on; str: the column of numbers that holds each person's.
    """

    reads: str
    table: tuple[tuple[float, float], ...] = ()
    shape: str = "step"
    threshold: float | str | None = None


@dataclass(frozen=True)
class Transition:
    """A person in one of `from_states` enters `to_state` with hazard rate x susceptibility x g x exposure.

    Parameters
    ----------
    name : str
        Unique within the behaviour.
    from_states : tuple of str
    to_state : str
    rate : PersonNumber
        Per person (and contact: `per_contact`), per time unit of the scenario.
    law : str
        A key of `LAWS`.
    source : Source, optional
        Whom every law but `spontaneous` counts.
    layers : mapping of str to float
        Layers along which contacts are met, with the weight of each; empty for `spontaneous` and `group`.
    group : GroupOf, optional
    response : Response, optional
    where : Condition, optional
        To whom the transition applies: columns and the person's own states now.
    susceptibility, influence : tuple of PersonNumber
        Factors at the receiving and at the sending end, multiplied.
    time_in_state : tuple of (time, factor)
        g: a step table on the time since the person entered the state they are in; first time 0, factors in [0, 1].
        Empty: 1.
    series : tuple of Series
        Factors that change over time, multiplied.
    """

    name: str
    from_states: tuple[str, ...]
    to_state: str
    rate: PersonNumber
    law: str = SPONTANEOUS
    source: Source | None = None
    layers: Mapping[str, float] = field(default_factory=dict)
    group: GroupOf | None = None
    response: Response | None = None
    where: Condition | None = None
    susceptibility: tuple[PersonNumber, ...] = ()
    influence: tuple[PersonNumber, ...] = ()
    time_in_state: tuple[tuple[float, float], ...] = ()
    series: tuple[Series, ...] = ()


@dataclass(frozen=True)
class Behaviour:
    """A health behaviour: the states a person can be in (the first is the default) and its transitions."""

    name: str
    states: tuple[str, ...]
    transitions: tuple[Transition, ...] = ()

    def code(self, state: str) -> int:
        """Return the number that stands for `state` in arrays."""
        return self.states.index(state)
