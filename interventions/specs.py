"""What an intervention is: whom x how many x when x what, as plain frozen data.

Durations and dates are in the scenario's time unit. A `PersonNumber` is one number for everybody or one per
category of a column; where a person's category is not in the mapping, uptake and factors are 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.behaviour import PersonNumber

if TYPE_CHECKING:
    from simulator.conditions import Condition
    from simulator.outcomes import Measure

COMMUNITIES = "communities"
"""Value of `Target.groups` that means communities detected in the network, not a column."""


@dataclass(frozen=True)
class Target:
    """Whom an intervention is offered to: a ranking of those who satisfy `where`, and a cut of it.

    Parameters
    ----------
    where : Condition, optional
        Who is eligible; None: everybody.
    rank : str
        Without `groups`: a targeting rule (`interventions.targeting.targets`). With `groups`: "random" or
        "size".
    parameters : mapping
        Parameters of the rule. With `groups`: `draw` of "random" and `layers` of communities.
    share : float, optional
        Cut: share of the eligible, in [0, 1].
    number : int, optional
        Cut: people. With neither share nor number: all.
    per : str, optional
        Column in each category of which the cut is made, by largest remainder.
    groups : str, optional
        Column, or "communities": whole groups are taken.
    group_measure : Measure, optional
        With `groups`: rank groups by this share or count now, largest first, instead of by `rank`.
    """

    where: Condition | None = None
    rank: str = "random"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    share: float | None = None
    number: int | None = None
    per: str | None = None
    groups: str | None = None
    group_measure: Measure | None = None


@dataclass(frozen=True)
class NewTies:
    """Ties that each treated person is given.

    Parameters
    ----------
    layer : str
    per_person : int
        New ties for each treated person.
    to : Condition, optional
        Who may be at the other end; None: anybody.
    pairing : {"random"}
        How the other end is found.
    weight : float
    """

    layer: str
    per_person: int
    to: Condition | None = None
    pairing: str = "random"
    weight: float = 1.0


@dataclass(frozen=True)
class Rewiring:
    """How ties of a treated person change their ends.

    Parameters
    ----------
    layer : str
    share : float
        Share of the ties that have a treated person at an end.
    keeps_degree : bool
        Whether ties exchange their ends, so that everybody keeps their number of contacts.
    """

    layer: str
    share: float = 1.0
    keeps_degree: bool = False


@dataclass(frozen=True)
class Effect:
    """What happens to those who accept.

    Parameters
    ----------
    set : mapping of str to str, or of str to mapping of str to str
        {behaviour: state}, or {behaviour: {from: to}}: only people in one of the `from` states now move.
    susceptibility, influence : mapping of str to PersonNumber
        {"behaviour.transition": factor}; factors are not negative.
    ties : NewTies, optional
    rewire : Rewiring, optional
        It lasts.
    lasting : float, optional
        Ends factors and ties (never `set`) after this long; None: they last.
    """

    set: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)
    susceptibility: Mapping[str, PersonNumber] = field(default_factory=dict)
    influence: Mapping[str, PersonNumber] = field(default_factory=dict)
    ties: NewTies | None = None
    rewire: Rewiring | None = None
    lasting: float | None = None


@dataclass(frozen=True)
class Cost:
    """What an intervention costs, in the study's currency.

    Parameters
    ----------
    fixed : float
        Each time it acts, however many people it reaches.
    per_reached : float
        For each person it is offered to.
    per_treated : float
        For each person who accepts.
    """

    fixed: float = 0.0
    per_reached: float = 0.0
    per_treated: float = 0.0


@dataclass(frozen=True)
class Intervention:
    """One intervention, as an arm uses it.

    Parameters
    ----------
    name : str
        Names its luck and its lines in the ledger; the same name in two arms has the same luck.
    kind : str
        A key of `interventions.kinds.kinds`; a label for reports, which says what must be there.
    target : Target
    at : tuple of float
        Times at which it acts.
    uptake : PersonNumber
        Probability that a person accepts.
    effect : Effect
    cost : Cost
    """

    name: str
    kind: str
    target: Target = Target()
    at: tuple[float, ...] = (0.0,)
    uptake: PersonNumber = 1.0
    effect: Effect = Effect()
    cost: Cost = Cost()
