"""The grammar of what is done: `interventions`, their targets, effects and costs."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag

from scenarios.grammar.measures import MEASURE_KEYS, Measure
from scenarios.grammar.parts import (
    ConditionText,
    Counting,
    Flag,
    Name,
    NotNegative,
    Number,
    Part,
    Point,
    Quantity,
    Share,
    States,
    Text,
    Time,
    Times,
    Whole,
    kind_of_number,
    later,
    shape,
)
from simulator.outcomes import outcomes

Names = Annotated[
    Annotated[Text, Tag("<one>")] | Annotated[tuple[Text, ...], Field(min_length=1), Tag("<list>")],
    Discriminator(shape),
]
"""One name, or several."""


class RankRule(Part):
    """A targeting rule with parameters of its own."""

    model_config = ConfigDict(extra="allow", frozen=True)
    tag: ClassVar[str] = "<rule>"

    rule: Text = Field(description="Name of the rule; its parameters stand beside it.")

    @property
    def parameters(self) -> dict[str, Any]:
        """What stands beside `rule`."""
        return dict(self.__pydantic_extra__ or {})


def _kind_of_rank(value: Any) -> str:
    if isinstance(value, Part):
        return value.tag
    if not isinstance(value, dict):
        return "<one>"
    measured = "rule" not in value and any(key in MEASURE_KEYS or key in outcomes for key in value)
    return "<measure>" if measured else "<rule>"


Rank = Annotated[
    Annotated[Text, Tag("<one>")] | Annotated[RankRule, Tag("<rule>")] | Annotated[Measure, Tag("<measure>")],
    Discriminator(_kind_of_rank),
]


class GroupsBy(Part):
    """Groups that are found in the network, with parameters."""

    tag: ClassVar[str] = "<mapping>"

    by: Text = Field(description="Column, or communities, components, cores, positions.")
    layers: tuple[Text, ...] | None = Field(default=None, description="Layers in which they are found. Default: all.")
    like: Share | None = Field(
        default=None,
        description="Of positions: share of contacts that any two people of one have in common. Default: 1.",
    )

    @property
    def parameters(self) -> dict[str, Any]:
        """What is said beside `by`."""
        given = {"layers": self.layers, "like": self.like}
        return {name: value for name, value in given.items() if value is not None}


Groups = Annotated[
    Annotated[Text, Tag("<one>")] | Annotated[GroupsBy, Tag("<mapping>")],
    Discriminator(shape),
]


class Knowledge(Part):
    """What is known of the network when people are chosen: a survey of some people, who name contacts."""

    asked: Share = Field(default=1.0, description="Share of people who are asked.")
    names: Counting | None = Field(default=None, description="How many contacts each names at most. Default: all.")
    forgotten: Quantity = Field(default=0.0, description="Chance that a contact is forgotten.")
    wrong: Quantity = Field(default=0.0, description="Chance that a naming names somebody else, at random.")
    layers: tuple[Text, ...] | None = Field(
        default=None, min_length=1, description="Layers asked about; nothing is known of others. Default: all."
    )
    as_of: Time | None = Field(default=None, description="When people were asked, once. Default: each time it acts.")


class Target(Part):
    """Whom an intervention is offered to: a ranking of people, and a cut of it."""

    where: ConditionText | None = Field(default=None, description="Who can be chosen.")
    rank: Rank = Field(default="random", description="Who comes first.")
    share: Share | None = Field(default=None, description="Share of those who satisfy `where`.")
    number: Whole | None = Field(default=None, description="Number of people.")
    budget: Quantity | None = Field(default=None, description="As many as this buys, each time it acts.")
    of: Literal["people", "groups"] | None = Field(
        default=None, description="What share and number count, with `groups`: people (the default) or groups."
    )
    skip: NotNegative | None = Field(
        default=None,
        description="With `of: groups`: groups that are passed over first, a number; with `share`, a share of them.",
    )
    exclude: Names | None = Field(
        default=None,
        description="Who cannot be chosen: `offered` or `treated` by this before, or offered the interventions named.",
    )
    replace: Flag | None = Field(default=None, description="On later dates: choose only as many as are missing.")
    per: Text | None = Field(
        default=None, description="Column, or communities, components, cores, positions: cut in each of its groups."
    )
    groups: Groups | None = Field(
        default=None,
        description="Column, or communities, components, cores, positions: whole groups are chosen.",
    )
    knowledge: Knowledge | None = Field(default=None, description="What is known of the network. Default: everything.")


class AddTies(Part):
    """New ties for those who accept."""

    per_person: Counting = Field(description="Ties for each person.")
    to: ConditionText | None = Field(default=None, description="Who can be at the other end.")
    pairing: Text = Field(default="random", description="Who is tied to whom: random or similar.")
    by: Text | None = Field(default=None, description="With `pairing: similar`: column by which people are alike.")
    layer: Text = Field(description="Layer that the ties join.")
    weight: NotNegative = Field(default=1.0, description="Weight of each tie.")


class RemoveTies(Part):
    """Ties that end."""

    share: Share = Field(default=1.0, description="Share of the person's ties.")
    to: ConditionText | None = Field(default=None, description="Who is at the other end.")
    layer: Text | None = Field(default=None, description="Layer.")


class ScaleTies(Part):
    """Ties that grow stronger or weaker."""

    by: Number = Field(description="Factor on the weight.")
    to: ConditionText | None = Field(default=None, description="Who is at the other end.")
    layer: Text | None = Field(default=None, description="Layer.")


class RewireTies(Part):
    """Ties that change ends."""

    share: Share = Field(default=1.0, description="Share of the ties.")
    keep: Literal["degree"] | None = Field(default=None, description="What stays as it is.")
    layer: Text = Field(description="Layer.")


class TiesEffect(Part):
    """What is done to ties."""

    add: AddTies | None = Field(default=None, description="New ties.")
    remove: RemoveTies | None = later("T", "Ties that end.")
    scale: ScaleTies | None = later("T", "Ties that grow stronger or weaker.")
    rewire: RewireTies | None = Field(default=None, description="Ties that change ends.")


class AddPeople(Part):
    """New people: helpers, moderators, bots."""

    number: Counting = Field(description="How many.")
    columns: dict[str, Any] = Field(default_factory=dict, description="Their columns.")
    states: dict[str, Text] = Field(default_factory=dict, description="Their states.")
    ties: Any = Field(default=None, description="Their ties.")


class PeopleEffect(Part):
    """What is done to people."""

    tag: ClassVar[str] = "<mapping>"

    add: AddPeople = Field(description="New people.")


Setting = Annotated[
    Annotated[Text, Tag("<one>")] | Annotated[dict[Text, Text], Field(min_length=1), Tag("<mapping>")],
    Discriminator(shape),
]


class Effect(Part):
    """What happens to those who accept."""

    set: dict[Text, Setting] = Field(
        default_factory=dict, description="{behaviour: state}, or {behaviour: {from: to}}. It lasts."
    )
    susceptibility: dict[Text, Number] = Field(
        default_factory=dict, description="{behaviour.transition: factor} at the receiving end."
    )
    influence: dict[Text, Number] = Field(
        default_factory=dict, description="{behaviour.transition: factor} at the sending end."
    )
    ties: TiesEffect | None = Field(default=None, description="What is done to ties.")
    people: (
        Annotated[
            Annotated[Literal["remove"], Tag("<one>")] | Annotated[PeopleEffect, Tag("<mapping>")],
            Discriminator(shape),
        ]
        | None
    ) = later("T", "remove, or {add: …}.")
    for_: Quantity | None = Field(default=None, alias="for", description="How long factors and added ties last.")
    half_life: Quantity | None = Field(default=None, description="Time in which a factor's excess over 1 is halved.")


class Cost(Part):
    """What an intervention costs, in the study's currency."""

    fixed: Quantity = Field(default=0.0, description="Once for each date.")
    per_reached: Quantity = Field(default=0.0, description="For each person offered it.")
    per_treated: Quantity = Field(default=0.0, description="For each person who accepts.")
    per_time: Quantity = Field(default=0.0, description="For each unit of time that it runs.")
    per_time_treated: Quantity = Field(default=0.0, description="For each person in it and unit of time.")
    per_tie: Quantity = Field(default=0.0, description="For each tie added or rewired.")
    per_asked: Quantity = Field(default=0.0, description="For each person asked about contacts.")
    per_message: Quantity = Field(default=0.0, description="For each message that is passed on along a chain.")
    per_step: Quantity = Field(default=0.0, description="For each wave of a chain.")


class UptakeByContacts(Part):
    """An uptake that depends on contacts who are in it already, or in some states."""

    tag: ClassVar[str] = "<contacts>"

    count: States | None = Field(default=None, description="Number of contacts in these states; `treated`: in it.")
    share: States | None = Field(default=None, description="Share of contacts in these states; `treated`: in it.")
    table: tuple[Point, ...] = Field(min_length=1, description="[[contacts, uptake], …].")
    shape: Literal["step", "linear"] = Field(default="step", description="Between points: step or linear.")
    layers: tuple[Text, ...] | None = Field(default=None, description="Layers of the contacts. Default: all.")


def _kind_of_uptake(value: Any) -> str:
    if isinstance(value, Part):
        return value.tag
    by_contacts = isinstance(value, dict) and any(key in value for key in ("table", "count", "share"))
    return "<contacts>" if by_contacts else kind_of_number(value)


Uptake = Annotated[
    Annotated[Number, Tag("<one>")] | Annotated[UptakeByContacts, Tag("<contacts>")],
    Discriminator(lambda value: "<contacts>" if _kind_of_uptake(value) == "<contacts>" else "<one>"),
]


class Chain(Part):
    """How an intervention passes on from those who accepted it, wave after wave."""

    waves: Counting = Field(default=1, description="Waves after the people whom the target chooses.")
    coupons: Counting | None = Field(default=None, description="People each passes it on to, at most. Default: all.")
    every: Time = Field(default=0.0, description="Time between waves; 0: at once.")
    to: Literal["contacts", "matched"] = Field(
        default="contacts", description="contacts, or people matched to them by nearness in the network."
    )
    ties: Literal["random", "strong", "weak"] = Field(default="random", description="Which contacts come first.")
    layers: tuple[Text, ...] | None = Field(default=None, description="Along which ties. Default: all.")
    where: ConditionText | None = Field(default=None, description="Who can be passed it.")
    again: Flag = Field(default=False, description="Whether people who were offered it before are offered it again.")
    effect: Effect | None = Field(default=None, description="What happens to them. Default: the intervention's effect.")
    uptake: Uptake | None = Field(default=None, description="Share who accept. Default: the intervention's uptake.")


class When(Measure):
    """A measure that starts the intervention when it passes a level."""

    above: Quantity | None = Field(default=None, description="Starts above this.")
    below: Quantity | None = Field(default=None, description="Starts below this.")
    check_every: Time | None = Field(default=None, description="How often it is looked at.")


PhaseOrder = Annotated[
    Annotated[Text, Tag("<one>")]
    | Annotated[tuple[Any, ...], Field(min_length=1), Tag("<list>")]
    | Annotated[Measure, Tag("<measure>")],
    Discriminator(lambda value: "<measure>" if shape(value) in ("<mapping>", "<measure>") else shape(value)),
]


class Phase(Part):
    """A stepped start: groups begin one after the other."""

    over: Text = Field(description="Column that holds the groups, or `communities`.")
    groups: Counting = Field(default=1, description="How many at each step.")
    every: Time = Field(description="Time between steps.")
    order: PhaseOrder = Field(
        default="random", description="random, size, a measure (largest first), or categories in order."
    )


class Intervention(Part):
    """One intervention: whom, how many, when, what, at what cost."""

    tag: ClassVar[str] = "<intervention>"

    kind: Text = Field(description="champions, groups, induction, alteration or broadcast.")
    target: Target | None = Field(default=None, description="Whom; {} is everybody.")
    at: Times | None = Field(default=None, description="When: a time, or a list of times.")
    uptake: Uptake = Field(default=1.0, description="Share of those offered it who accept.")
    effect: Effect = Field(description="What happens to those who accept; {} is nothing.")
    cost: Cost | None = Field(default=None, description="What it costs.")
    every: Time | None = Field(default=None, description="Repeats at this interval.")
    until: Time | None = Field(default=None, description="Repeats, or waits, no later than this.")
    when: When | None = Field(default=None, description="Starts when a measure passes a level.")
    phase: Phase | None = Field(default=None, description="Groups begin one after the other.")
    drop_out: Number | None = Field(default=None, description="Rate at which people leave it.")
    chain: Chain | None = Field(default=None, description="How it passes on from those who accepted it.")

    @property
    def effects(self) -> dict[tuple[str, ...], Effect]:
        """Its own effect and, where its chain has another, that one; by place in it."""
        passed_on = None if self.chain is None else self.chain.effect
        return {("effect",): self.effect} | ({} if passed_on is None else {("chain", "effect"): passed_on})


class Tactic(Part):
    """A registered recipe; it is expanded into an intervention before the models see it, if it can be."""

    model_config = ConfigDict(extra="allow", frozen=True)
    tag: ClassVar[str] = "<tactic>"

    tactic: Text = Field(description="Name of the recipe; its parameters stand beside it.")


class UnnamedIntervention(Intervention):
    """An intervention written out in an arm; named by its kind unless it says its name."""

    name: Name | None = Field(default=None, description="Its name; default: its kind.")


class UnnamedTactic(Tactic):
    """A tactic written out in an arm."""

    name: Name | None = Field(default=None, description="Its name.")


def _kind_of_intervention(value: Any) -> str:
    if isinstance(value, Part):
        return value.tag
    if isinstance(value, str):
        return "<name>"
    return "<tactic>" if isinstance(value, dict) and "tactic" in value else "<intervention>"


NamedIntervention = Annotated[
    Annotated[Intervention, Tag("<intervention>")] | Annotated[Tactic, Tag("<tactic>")],
    Discriminator(lambda value: "<intervention>" if isinstance(value, str) else _kind_of_intervention(value)),
]

ArmItem = Annotated[
    Annotated[str, Tag("<name>")]
    | Annotated[UnnamedIntervention, Tag("<intervention>")]
    | Annotated[UnnamedTactic, Tag("<tactic>")],
    Discriminator(_kind_of_intervention),
]


class BudgetedArm(Part):
    """An arm that may spend so much."""

    tag: ClassVar[str] = "<mapping>"

    interventions: tuple[ArmItem, ...] = Field(description="What the arm does.")
    budget: Quantity | None = Field(default=None, description="What the arm may spend.")


Arm = Annotated[
    Annotated[tuple[ArmItem, ...], Tag("<list>")] | Annotated[BudgetedArm, Tag("<mapping>")],
    Discriminator(lambda value: "<mapping>" if isinstance(value, (dict, BudgetedArm)) else "<list>"),
]

KINDS = ("alteration", "broadcast", "champions", "groups", "induction")
PAIRINGS = {"random": "", "similar": ""}
