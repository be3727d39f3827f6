"""What an intervention is: whom x how many x when x what, as plain frozen data.

Durations and dates are in the scenario's time unit. A `PersonNumber` is one number for everybody or one per
category of a column; where a person's category is not in the mapping, uptake and factors are 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.behaviour import PersonNumber, Source

if TYPE_CHECKING:
    from simulator.conditions import Condition
    from simulator.outcomes import Measure

COMMUNITIES = "communities"
"""Value of `Target.groups` that means communities detected in the network, not a column."""


@dataclass(frozen=True)
class Knowledge:
    """What is known of the network when people are picked: a survey of some people, who name contacts.

    Parameters
    ----------
    asked : float in [0, 1]
        Share of people who are asked.
    names : int, optional
        How many of the contacts whom they remember each names at most, in random order; None: all.
    forgotten : float in [0, 1]
        Probability that a contact is forgotten.
    wrong : float in [0, 1]
        Probability that a naming names somebody at random instead.
    layers : tuple of str, optional
        Layers asked about; None: all.
    as_of : float, optional
        Time at which people were asked; None: when the intervention acts.
    perfect : bool
        Whether people are asked, and paid for, but the network is known as it is now: what imperfect knowledge is
        compared with.
    """

    asked: float = 1.0
    names: int | None = None
    forgotten: float = 0.0
    wrong: float = 0.0
    layers: tuple[str, ...] | None = None
    as_of: float | None = None
    perfect: bool = False


@dataclass(frozen=True)
class Target:
    """Whom an intervention is offered to: a ranking of those who satisfy `where`, and a cut of it.

    Parameters
    ----------
    where : Condition, optional
        Who is eligible; None: everybody.
    rank : str
        Without `groups`: a targeting rule (`interventions.targeting.targets`). With `groups`: one of
        `interventions.groups.GROUP_RANKS`.
    parameters : mapping
        Parameters of the rule. With `groups`: `draw`, which names another order of equal groups, and `layers`, in which
        ties count.
    share : float, optional
        Cut: share of the eligible, in [0, 1].
    number : int, optional
        Cut: people. With neither share nor number: all.
    per : str, optional
        Column, or one of `interventions.groups.FOUND`, in each group of which the cut is made, by largest remainder.
    groups : str, optional
        Column, or one of `interventions.groups.FOUND`: whole groups are taken.
    group_parameters : mapping
        Of groups that are found in the network: `layers` (where they are looked for; without it those of
        `parameters`) and, for positions, `like`.
    group_measure : Measure, optional
        With `groups`: rank groups by this measure so far, largest first, instead of by `rank`.
    budget : float, optional
        Cut: as many people as this buys each time the intervention acts, in the study's currency.
    counts_groups : bool
        With `groups`: whether share and number count groups rather than people.
    skip : float
        With `counts_groups`: how many groups (with `share`: what share of them) are passed over before the first one
        that is taken.
    exclude : tuple of str
        Who cannot be picked: "offered" or "treated" (those who were, by this intervention, before), or names of
        interventions (those who were offered them before in the arm).
    replace : bool
        Whether, on later occasions, only as many people are picked as those who are still in it are fewer than the
        cut.
    knowledge : Knowledge, optional
        What is known of the network; None: everything, as it is now.
    """

    where: Condition | None = None
    rank: str = "random"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    share: float | None = None
    number: int | None = None
    per: str | None = None
    groups: str | None = None
    group_parameters: Mapping[str, Any] = field(default_factory=dict)
    group_measure: Measure | None = None
    budget: float | None = None
    counts_groups: bool = False
    skip: float = 0.0
    exclude: tuple[str, ...] = ()
    replace: bool = False
    knowledge: Knowledge | None = None


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
    pairing : {"random", "similar"}
        How the other end is found: anybody, or whoever is nearest in `by`.
    weight : float
    by : str, optional
        Of "similar": the column by which people are alike.
    """

    layer: str
    per_person: int
    to: Condition | None = None
    pairing: str = "random"
    weight: float = 1.0
    by: str | None = None


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
    half_life : float, optional
        Factors f fade: f - 1 is halved each time this has passed. None: they do not.
    """

    set: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)
    susceptibility: Mapping[str, PersonNumber] = field(default_factory=dict)
    influence: Mapping[str, PersonNumber] = field(default_factory=dict)
    ties: NewTies | None = None
    rewire: Rewiring | None = None
    lasting: float | None = None
    half_life: float | None = None


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
    per_time : float
        For each unit of time that an occasion runs, until its effects end or the horizon.
    per_time_treated : float
        For each person who accepted and unit of time that they stay, until they drop out, its effects end, or the
        horizon.
    per_tie : float
        For each tie that is added or rewired.
    per_asked : float
        For each person asked about contacts.
    per_message : float
        For each message that is passed on along a tie, whoever heeds it.
    per_step : float
        For each wave of a chain that is carried out.
    """

    fixed: float = 0.0
    per_reached: float = 0.0
    per_treated: float = 0.0
    per_time: float = 0.0
    per_time_treated: float = 0.0
    per_tie: float = 0.0
    per_asked: float = 0.0
    per_message: float = 0.0
    per_step: float = 0.0


@dataclass(frozen=True)
class ByContacts:
    """An uptake that depends on how many contacts are in it already, or in some states, at the time of the offer.

    Parameters
    ----------
    source : Source, optional
        States of contacts that count; None: contacts count who accepted this intervention before and have not left it.
    reads : {"count", "share"}
        Whether the number of such contacts is read, or their share of all contacts (0 without contacts).
    table : tuple of (float, float)
        (count or share, uptake in [0, 1]), ascending; below the first point: the first uptake.
    shape : {"step", "linear"}
    layers : tuple of str, optional
        None: all.
    """

    source: Source | None
    reads: str
    table: tuple[tuple[float, float], ...]
    shape: str = "step"
    layers: tuple[str, ...] | None = None


@dataclass(frozen=True)
class When:
    """A level of a measure at which an intervention starts.

    Parameters
    ----------
    measure : Measure
    above, below : float, optional
        One of them: it starts at the first check at which the measure is above (below) this.
    check_every : float
        Time between checks, from time 0 (or the intervention's `at`) on.
    """

    measure: Measure
    above: float | None
    below: float | None
    check_every: float


@dataclass(frozen=True)
class Phase:
    """A stepped start: the groups of a column begin one after the other (a stepped wedge).

    Parameters
    ----------
    over : str
        Column, or "communities".
    groups : int
        How many groups begin at each step.
    every : float
        Time between steps.
    order : str or Measure
        "random", "size", or a measure (largest first).
    listed : tuple of str
        Categories in the order in which they begin, instead of `order`; those not listed never begin.
    """

    over: str
    groups: int = 1
    every: float = 1.0
    order: str | Measure = "random"
    listed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chain:
    """How an intervention passes on from those who accepted it to others, wave after wave.

    Parameters
    ----------
    waves : int
        Waves after the people whom the target picks.
    coupons : int, optional
        How many people each one passes it on to, at most; None: all their contacts.
    every : float
        Time between waves; 0: at once.
    to : {"contacts", "matched"}
        Whom it is passed on to: contacts, or people matched to those who pass it on, by nearness in the network.
    ties : {"random", "strong", "weak"}
        Which contacts come first: in random order, by largest or by smallest weight of the tie.
    layers : tuple of str, optional
        Along which ties; None: all.
    where : Condition, optional
        Who may be passed it; None: anybody.
    again : bool
        Whether people who were offered it before may be offered it again.
    effect : Effect, optional
        What happens to those whom it is passed on to; None: the intervention's own effect.
    uptake : PersonNumber or ByContacts, optional
        Their uptake; None: the intervention's own.
    """

    waves: int = 1
    coupons: int | None = None
    every: float = 0.0
    to: str = "contacts"
    ties: str = "random"
    layers: tuple[str, ...] | None = None
    where: Condition | None = None
    again: bool = False
    effect: Effect | None = None
    uptake: PersonNumber | ByContacts | None = None


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
    uptake : PersonNumber or ByContacts
        Probability that a person accepts.
    effect : Effect
    cost : Cost
    every : float, optional
        It acts again each time this has passed.
    until : float, optional
        Last time at which it may act again; None: the horizon.
    when : When, optional
        It starts when a measure passes a level, not at `at`.
    phase : Phase, optional
        Groups begin one after the other, from `at` on.
    drop_out : PersonNumber
        Rate, per time unit, at which those who accepted leave it: its factors and ties end for them.
    chain : Chain, optional
        How it passes on.
    budget : float, optional
        Of the arm: what all its interventions may spend together.
    background : bool
        Whether it runs in every arm, the control too: its people are nobody's targets, its cost is not counted.
    """

    name: str
    kind: str
    target: Target = Target()
    at: tuple[float, ...] = (0.0,)
    uptake: PersonNumber | ByContacts = 1.0
    effect: Effect = Effect()
    cost: Cost = Cost()
    every: float | None = None
    until: float | None = None
    when: When | None = None
    phase: Phase | None = None
    drop_out: PersonNumber = 0.0
    chain: Chain | None = None
    budget: float | None = None
    background: bool = False

    @property
    def effects(self) -> tuple[Effect, ...]:
        """Its own effect and, where its chain has another, that one."""
        passed_on = None if self.chain is None else self.chain.effect
        return (self.effect,) if passed_on is None else (self.effect, passed_on)
