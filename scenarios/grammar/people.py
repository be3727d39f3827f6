"""The grammar of people and their ties: `population` and `network`."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag

from scenarios.grammar.parts import (
    ConditionText,
    Counting,
    Distribution,
    Flag,
    Name,
    NotNegative,
    Number,
    Numbers,
    Part,
    Real,
    Share,
    Text,
    Whole,
    later,
    shape,
)


class Column(Part):
    """One column of the people: renamed from the file, or drawn from categories or a distribution."""

    tag: ClassVar[str] = "<mapping>"

    from_: Text | None = Field(default=None, alias="from", description="Column of the file that gets this name.")
    categories: dict[str, NotNegative] | None = Field(
        default=None, min_length=1, description="Share of people in each category; scaled to add up to 1."
    )
    distribution: Text | None = Field(default=None, description="normal, lognormal, uniform, …")
    mean: Real | None = Field(default=None, description="Mean of the distribution.")
    sd: NotNegative | None = Field(default=None, description="Standard deviation of the distribution.")
    min: Real | None = Field(default=None, description="Nothing is drawn below this.")
    max: Real | None = Field(default=None, description="Nothing is drawn above this.")
    ages: Flag | None = Field(default=None, description="Whether it grows by 1 a year, in whole time units.")


EntrantColumn = Annotated[
    Annotated[Text, Tag("<word>")] | Annotated[Real, Tag("<one>")] | Annotated[Column, Tag("<mapping>")],
    Discriminator(lambda value: "<word>" if isinstance(value, str) else shape(value)),
]
EntrantStates = Annotated[
    Annotated[Text, Tag("<one>")] | Annotated[dict[Text, NotNegative], Field(min_length=1), Tag("<mapping>")],
    Discriminator(shape),
]


class Enter(Part):
    """People who enter: so many per time unit, or each at a date of their own."""

    rate: Number | None = Field(default=None, description="People per time unit; it may have a series.")
    at: Text | None = Field(default=None, description="Column that holds the time of entry; without one: at the start.")
    columns: dict[Text, EntrantColumn] = Field(
        default_factory=dict, description="With `rate`: a value, or how it is drawn. Default: as for everybody."
    )
    states: dict[Text, EntrantStates] = Field(
        default_factory=dict, description="With `rate`: {behaviour: state} or shares. Default: the first state."
    )
    ties: dict[Text, Counting] = Field(
        default_factory=dict, description="With `rate`: ties to random people who are there, by layer."
    )


class Leave(Part):
    """People who leave: at a rate, or each at a date of their own."""

    rate: Number | None = Field(default=None, description="Per person and time unit.")
    at: Text | None = Field(default=None, description="Column that holds the time of leaving; without one: never.")
    where: ConditionText | None = Field(default=None, description="With `rate`: who may leave.")
    susceptibility: Numbers | None = Field(default=None, description="With `rate`: factors, multiplied.")


Format = Literal["table", "edge_list", "matrix", "graphml", "gexf", "pajek"]


class Population(Part):
    """Who is simulated: a number of people, or a file of them."""

    size: Counting | None = Field(default=None, description="Number of people to generate.")
    file: Text | None = Field(
        default=None, description="CSV or Parquet file with one row for each person; or a graph file with its nodes."
    )
    format: Format | None = Field(default=None, description="Format of the file, where its name does not say.")
    networkx: Text | None = Field(default=None, description="People given in Python, as the nodes of a graph.")
    id: Text | None = Field(
        default=None, description="Column of the file (or attribute of the nodes) that holds the ids."
    )
    where: ConditionText | None = Field(default=None, description="Which rows of the file are kept.")
    columns: dict[Name, Column] = Field(default_factory=dict, description="Columns to rename or to add.")
    enter: Enter | None = Field(default=None, description="People who enter over time.")
    leave: Leave | None = Field(default=None, description="People who leave over time.")


class TieTransition(Part):
    """How ties of a layer come and go on their own."""

    from_: Literal["none", "tie"] = Field(alias="from", description="none or tie.")
    to: Literal["none", "tie"] = Field(description="none or tie.")
    rate: Number = Field(description="Rate of the transition.")
    where: ConditionText | None = Field(default=None, description="Whose ties.")
    closing: Any = Field(default=None, description="Factor for ties that close triangles.")
    alike: Any = Field(default=None, description="Factor for people who are alike.")
    unlike: Any = Field(default=None, description="Factor for people who are unlike.")
    at_most: Any = Field(default=None, description="Largest number of ties of a person.")


WeightSpec = Annotated[
    Annotated[Text, Tag("<word>")] | Annotated[NotNegative, Tag("<one>")] | Annotated[Distribution, Tag("<mapping>")],
    Discriminator(lambda value: "<word>" if isinstance(value, str) else shape(value)),
]
"""Weight of ties: a column of the file, a number, or a distribution."""


class AnyLayer(Part):
    """What every kind of layer may say."""

    weight: WeightSpec | None = Field(
        default=None, description="Weight of each tie: a column, a number or a distribution. Default: 1."
    )
    active: ConditionText | None = later("T", "A tie counts while both ends satisfy this.")
    transitions: dict[Name, TieTransition] | None = later("T", "How ties come and go on their own.")


class GeneratedLayer(AnyLayer):
    """Ties made by a generator; its parameters stand beside its name."""

    # A plug-in's generator brings parameters of its own; checks.py compares them with what it takes.
    model_config = ConfigDict(extra="allow", frozen=True)
    tag: ClassVar[str] = "<generator>"

    generator: Text = Field(description="Name of the generator; its parameters stand beside it.")
    mean_degree: NotNegative | None = Field(default=None, description="Mean number of contacts.")
    rewiring: Share | None = Field(default=None, description="watts_strogatz: share of ties rewired at random.")
    triangles: Share | None = Field(
        default=None, description="holme_kim: probability that a new tie closes a triangle."
    )
    neighbours: Counting | None = Field(default=None, description="lattice: contacts of each person; 2, 4, 6 or 8.")
    periodic: Flag | None = Field(default=None, description="lattice: whether it closes on itself.")
    degree: Whole | None = Field(default=None, description="random_regular: contacts of each person.")
    blocks: Counting | None = Field(default=None, description="stochastic_blocks: number of equal blocks.")
    by: Text | None = Field(default=None, description="stochastic_blocks: column that says who is in which block.")
    within: Share | None = Field(default=None, description="stochastic_blocks: share of ties within blocks.")
    column: Text | None = Field(default=None, description="degrees: column that holds the numbers of contacts.")


FileWeight = Annotated[
    Annotated[Text, Tag("<word>")]
    | Annotated[NotNegative, Tag("<one>")]
    | Annotated[Distribution, Tag("<mapping>")]
    | Annotated[tuple[Text, ...], Tag("<list>")],
    Discriminator(lambda value: "<word>" if isinstance(value, str) else shape(value)),
]
"""The same, or the columns of a survey that hold the weight of each naming."""


class FileLayer(AnyLayer):
    """Ties read from a file: a table with a row for each tie, a survey, a graph file, an edge list, a matrix."""

    tag: ClassVar[str] = "<file>"

    file: Text = Field(description="File of ties; its name, or `format`, says how it is read.")
    format: Format | None = Field(default=None, description="Format of the file, where its name does not say.")
    source: Text | None = Field(default=None, description="Tables: column of the person who named.")
    target: Text | None = Field(default=None, description="Tables: column of the person named.")
    named: tuple[Text, ...] | None = Field(
        default=None, min_length=1, description="Surveys, a row for each person asked: columns of whom they named."
    )
    id: Text | None = Field(default=None, description="Graph files: attribute of the nodes that holds people's ids.")
    influence: Literal["source_to_target", "target_to_source", "both"] = Field(
        description="Which way influence runs; `source named target` usually means target_to_source."
    )
    weight: FileWeight | None = Field(  # type: ignore[assignment]
        default=None, description="Weight of each tie: a column (surveys: columns), a number or a distribution."
    )
    where: ConditionText | None = Field(default=None, description="Which rows of the file are kept.")
    strangers: Literal["refuse", "drop"] = Field(
        default="refuse", description="What is done with ties to people who are not in the population."
    )
    waves: Any = later("T", "Column that says in which wave the tie was seen.")


class NetworkxLayer(AnyLayer):
    """Ties made by a seeded generator of NetworkX, or given in Python as a graph."""

    tag: ClassVar[str] = "<networkx>"

    networkx: Text = Field(description="Name of the generator.")
    arguments: dict[str, Any] = Field(default_factory=dict, description="Arguments of the generator.")
    influence: Literal["source_to_target", "target_to_source", "both"] | None = Field(
        default=None, description="Which way influence runs in a directed graph."
    )


def _kind_of_layer(value: Any) -> str:
    if isinstance(value, Part):
        return value.tag
    if isinstance(value, dict):
        for key in ("file", "networkx"):
            if key in value and "generator" not in value:
                return f"<{key}>"
    return "<generator>"


LayerSpec = Annotated[
    Annotated[GeneratedLayer, Tag("<generator>")]
    | Annotated[FileLayer, Tag("<file>")]
    | Annotated[NetworkxLayer, Tag("<networkx>")],
    Discriminator(_kind_of_layer),
]


class Network(Part):
    """Who is tied to whom, in one or more layers."""

    layers: dict[Name, LayerSpec] = Field(default_factory=dict, description="Kinds of ties, by name.")


GENERATORS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "empty": ((), ()),
    "erdos_renyi": (("mean_degree",), ()),
    "watts_strogatz": (("mean_degree", "rewiring"), ()),
    "barabasi_albert": (("mean_degree",), ()),
    "holme_kim": (("mean_degree", "triangles"), ()),
    "stochastic_blocks": (("mean_degree", "within"), ("blocks", "by")),
    "lattice": (("neighbours",), ("periodic",)),
    "random_regular": (("degree",), ()),
    "degrees": (("column",), ()),
}
"""Generators of the grammar: (parameters that are needed, parameters that may be given)."""
