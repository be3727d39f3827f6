"""Behaviours as tables: states, and named transitions with a rate and an exposure law."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SPONTANEOUS = "spontaneous"
PER_CONTACT = "per_contact"
LAWS = {
    SPONTANEOUS: "1: the transition happens on its own",
    PER_CONTACT: "the sum, over living ties to contacts in the source state, of weight x influence",
}
"""Exposure laws that the engine runs, with what each makes of a person's contacts."""

MOST_STATES = 64
"""States that a behaviour may have: the kernel reads a set of them as the bits of one word."""

MOST_FACTOR = 1024
"""What factors on one slot may multiply to; beyond, an error, never a clip."""


@dataclass(frozen=True)
class ByColumn:
    """A number that differs by person: one value per category of a column."""

    column: str
    values: Mapping[str, float]


PersonNumber = float | ByColumn
"""A number that is the same for all people, or differs by category of a column."""


@dataclass(frozen=True)
class Source:
    """The states, of one behaviour, that contacts must be in to count."""

    behaviour: str
    states: tuple[str, ...]


@dataclass(frozen=True)
class Transition:
    """A person in one of `from_states` enters `to_state` with hazard rate x exposure.

    Parameters
    ----------
    name : str
        Unique within the behaviour.
    from_states : tuple of str
    to_state : str
    rate : PersonNumber
        Per person (spontaneous) or per person and contact (`per_contact`), per time unit of the scenario.
    law : {"spontaneous", "per_contact"}
    source : Source, optional
        Whom `per_contact` counts.
    layers : mapping of str to float
        Layers along which contacts are met, with the weight of each; empty for spontaneous transitions.
    """

    name: str
    from_states: tuple[str, ...]
    to_state: str
    rate: PersonNumber
    law: str = SPONTANEOUS
    source: Source | None = None
    layers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Behaviour:
    """A health behaviour: the states a person can be in (the first is the default) and its transitions."""

    name: str
    states: tuple[str, ...]
    transitions: tuple[Transition, ...] = ()

    def code(self, state: str) -> int:
        """Return the number that stands for `state` in arrays."""
        return self.states.index(state)
