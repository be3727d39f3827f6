"""The grammar of what spreads: `behaviours` with their states, initial people and transitions."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from scenarios.grammar.parts import (
    ByCategory,
    ConditionText,
    Distribution,
    Name,
    NotNegative,
    Number,
    Numbers,
    Part,
    Point,
    Real,
    Sourced,
    States,
    Text,
    Uncertain,
    Value,
    Whole,
    kind_of_number,
    shape,
)

SINCE = "Column that holds the time at which each person entered the state."


class InitialNumber(Sourced):
    """That many people, drawn anew in each replicate."""

    tag: ClassVar[str] = "<initial_number>"

    number: Whole = Field(description="How many people.")
    since: Text | None = Field(default=None, description=SINCE)


class InitialWhere(Sourced):
    """All people who satisfy a condition."""

    tag: ClassVar[str] = "<initial_where>"

    where: ConditionText
    since: Text | None = Field(default=None, description=SINCE)


class InitialShare(Value):
    """That share of people, drawn anew in each replicate."""

    tag: ClassVar[str] = "<initial_value>"

    since: Text | None = Field(default=None, description=SINCE)


class InitialByCategory(ByCategory):
    """A share for each category of a column."""

    tag: ClassVar[str] = "<initial_by>"

    since: Text | None = Field(default=None, description=SINCE)


def _kind_of_initial(value: Any) -> str:
    if isinstance(value, Part):
        return value.tag
    if not isinstance(value, dict):
        return "<initial_share>"
    for key in ("number", "where", "by", "distribution"):
        if key in value:
            return f"<initial_{key}>"
    return "<initial_value>"


Initial = Annotated[
    Annotated[Real, Tag("<initial_share>")]
    | Annotated[InitialShare, Tag("<initial_value>")]
    | Annotated[InitialNumber, Tag("<initial_number>")]
    | Annotated[InitialWhere, Tag("<initial_where>")]
    | Annotated[InitialByCategory, Tag("<initial_by>")]
    | Annotated[Uncertain, Tag("<initial_distribution>")],
    Discriminator(_kind_of_initial),
]


class GroupLaw(Part):
    """The share of the others in a person's group who are in a state."""

    state: States = Field(description="States that count.")
    by: Text = Field(description="Column that holds the group.")
    where: ConditionText | None = Field(default=None, description="Who of the group counts.")


class OfColumn(Part):
    """Each person's own number, from a column."""

    tag: ClassVar[str] = "<column>"

    column: Text = Field(description="A column of numbers.")


ThresholdSpec = Annotated[
    Annotated[Real, Tag("<number>")]
    | Annotated[Value, Tag("<value>")]
    | Annotated[ByCategory, Tag("<by>")]
    | Annotated[OfColumn, Tag("<column>")]
    | Annotated[Distribution, Tag("<distribution>")],
    Discriminator(kind_of_number),
]
"""A threshold: the same for all people, by category, from a column, or drawn for each person."""


class ResponseLaw(Part):
    """A table, or a threshold, on the number or share of contacts in a state."""

    count: States | None = Field(default=None, description="States whose number among contacts is read.")
    share: States | None = Field(default=None, description="States whose share among contacts is read.")
    table: tuple[Point, ...] | None = Field(
        default=None, min_length=1, description="[[count or share, factor in 0 … 1], …]"
    )
    shape: Literal["step", "linear"] | None = Field(default=None, description="How to read between the points.")
    threshold: ThresholdSpec | None = Field(default=None, description="0 below this, 1 from it on.")


Layers = Annotated[
    Annotated[tuple[Text, ...], Tag("<list>")]
    | Annotated[dict[Text, NotNegative], Tag("<mapping>")]
    | Annotated[Text, Tag("<one>")],
    Discriminator(shape),
]

OneOrSeveral = Annotated[
    Annotated[tuple[Text, ...], Field(min_length=1), Tag("<list>")] | Annotated[Text, Tag("<one>")],
    Discriminator(lambda value: "<list>" if isinstance(value, (list, tuple)) else "<one>"),
]


class Transition(Part):
    """How people leave one state for another."""

    from_: OneOrSeveral = Field(alias="from", description="State, or states, that people leave.")
    to: Text = Field(description="State that they enter.")
    rate: Number = Field(description="Per person and time unit; with `per_contact`, also per contact.")
    per_contact: States | None = Field(default=None, description="Adds over contacts in these states.")
    proportion: States | None = Field(default=None, description="Share of contacts in these states.")
    group: GroupLaw | None = Field(default=None, description="Share of the others in the person's group in a state.")
    response: ResponseLaw | None = Field(default=None, description="Table or threshold on contacts in a state.")
    layers: Layers | None = Field(default=None, description="Layers along which contacts are met. Default: all.")
    where: ConditionText | None = Field(default=None, description="To whom the transition applies.")
    susceptibility: Numbers | None = Field(default=None, description="Factors at the receiving end, multiplied.")
    influence: Numbers | None = Field(default=None, description="Factors at the sending end, multiplied.")
    time_in_state: tuple[Point, ...] | None = Field(
        default=None, min_length=1, description="[[time since entry, factor], …]: a step table in 0 … 1."
    )


class Behaviour(Part):
    """A health behaviour: its states and the transitions between them."""

    states: tuple[Name, ...] = Field(
        min_length=1, description="Names of the states; whoever is not in `initial` starts in the first."
    )
    initial: dict[Text, Initial] = Field(default_factory=dict, description="Who starts in which state.")
    transitions: dict[Name, Transition] = Field(default_factory=dict, description="Transitions, by name.")


LAWS = ("per_contact", "proportion", "group", "response")
