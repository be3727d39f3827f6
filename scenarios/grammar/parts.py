"""Small parts that the grammar repeats everywhere: names, numbers, states, conditions."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Strict, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from simulator.conditions import ConditionError, parse

RESERVED = ("and", "or", "not", "in")
"""Words of the condition language; nothing that a condition may mention is called so."""

NAME_PATTERN = f"^(?!(?:{'|'.join(RESERVED)})$)[A-Za-z][A-Za-z0-9_]*$"
"""Names, as the JSON Schema says it."""

Unit = Literal["year", "month", "week", "day", "hour"]


class Part(BaseModel):
    """A mapping of the grammar: unknown keys are errors, and nothing changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tag: ClassVar[str] = ""
    later: ClassVar[str] = ""


def later(mark: str, description: str) -> Any:
    """Declare an optional key that validates but is not built yet.

    Parameters
    ----------
    mark : str
        L, F, I, T or X: the part of the plan that builds it.
    description : str
    """
    return Field(default=None, description=description, json_schema_extra={"later": mark})


def _check_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        raise PydanticCustomError(
            "netrial",
            "`{name}` is not a name",
            {"name": name, "hint": "names begin with a letter and hold letters, digits and _ only"},
        )
    if name in RESERVED:
        hint = "`and`, `or`, `not` and `in` are words of conditions"
        raise PydanticCustomError("netrial", "`{name}` cannot be a name", {"name": name, "hint": hint})
    return name


def _check_condition(text: str) -> str:
    try:
        parse(text)
    except ConditionError as error:
        raise PydanticCustomError(
            "netrial", "{message}", {"message": error.message, "hint": error.hint, "offset": error.offset}
        ) from None
    return text


Real = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Positive = Annotated[float, Strict(), Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Strict(), Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Strict(), Field(ge=0, le=1, json_schema_extra={"share": True})]
Whole = Annotated[int, Strict(), Field(ge=0)]
Counting = Annotated[int, Strict(), Field(ge=1)]
Flag = Annotated[bool, Strict()]
Text = Annotated[str, Field(min_length=1)]
Name = Annotated[str, AfterValidator(_check_name), WithJsonSchema({"type": "string", "pattern": NAME_PATTERN})]
ConditionText = Annotated[
    str,
    AfterValidator(_check_condition),
    Field(description="A condition on people: `age > 40 and obesity == obese and village in [3, 7]`."),
]
Point = Annotated[tuple[Real, Real], Field(description="A pair: [x, y].")]


def shape(value: Any) -> str:
    """Tell scalars, lists and mappings apart; the tags never appear in a place shown to people."""
    if isinstance(value, Part):
        return value.tag
    if isinstance(value, (list, tuple)):
        return "<list>"
    return "<mapping>" if isinstance(value, dict) else "<one>"


def kind_of_number(value: Any) -> str:
    """Tell the forms of a number apart by the key that only one of them has."""
    if isinstance(value, Part):
        return value.tag
    if not isinstance(value, dict):
        return "<number>"
    for key in ("value", "by", "distribution", "column"):
        if key in value:
            return f"<{key}>"
    return "<value>"


class Sourced(Part):
    """A number that says where it comes from."""

    source: Text | None = Field(
        default=None, description="A key of the bibliography or of `references`; or `assumed`, or `fitted`."
    )
    unit: Unit | None = Field(
        default=None, description="A rate is per it, a duration in it; otherwise the scenario's unit."
    )


class Value(Sourced):
    """A number with its source, unit and range."""

    tag: ClassVar[str] = "<value>"

    value: Real = Field(description="The number itself.")
    low: Real | None = Field(default=None, description="Lower end of the published range.")
    high: Real | None = Field(default=None, description="Upper end of the published range.")
    series: tuple[Point, ...] | None = Field(
        default=None,
        min_length=1,
        description="[[time, factor], …]: a step function by which the number is multiplied.",
    )
    repeats_every: Positive | None = Field(
        default=None, description="With `series`: its period in the scenario's unit, for seasons."
    )


class ByCategory(Sourced):
    """A number that differs by person: one value for each category of a column."""

    tag: ClassVar[str] = "<by>"

    by: Text = Field(description="A column; or a behaviour, for the person's own state now.")
    values: dict[str, Real] = Field(description="One number for each category, or state.")


class HazardRatio(Sourced):
    """A number that differs by person: a hazard ratio on a column of numbers."""

    tag: ClassVar[str] = "<column>"

    column: Text = Field(description="A column of numbers.")
    ratio: Positive = Field(description="Factor for each `per` above `centre`.")
    per: Positive = Field(default=1.0, description="How much of the column one `ratio` stands for.")
    centre: Real = Field(default=0.0, description="Where the factor is 1.")


class Uncertain(Sourced):
    """A number that is not known: a distribution."""

    tag: ClassVar[str] = "<distribution>"
    later: ClassVar[str] = "X"

    distribution: Text = Field(description="Name of the distribution: beta, gamma, lognormal, …")
    mean: Real | None = Field(default=None, description="Mean.")
    sd: NotNegative | None = Field(default=None, description="Standard deviation.")
    low: Real | None = Field(default=None, description="2.5 % quantile.")
    high: Real | None = Field(default=None, description="97.5 % quantile.")
    min: Real | None = Field(default=None, description="Smallest value.")
    max: Real | None = Field(default=None, description="Largest value.")


Number = Annotated[
    Annotated[Real, Tag("<number>")]
    | Annotated[Value, Tag("<value>")]
    | Annotated[ByCategory, Tag("<by>")]
    | Annotated[HazardRatio, Tag("<column>")]
    | Annotated[Uncertain, Tag("<distribution>")],
    Discriminator(kind_of_number),
]
"""A number: plain, with its source, differing by person, or uncertain."""

Numbers = Annotated[
    Annotated[tuple[Number, ...], Tag("<list>")] | Annotated[Number, Tag("<one>")],
    Discriminator(lambda value: "<list>" if isinstance(value, (list, tuple)) else "<one>"),
]
"""One number, or several that are multiplied."""


def _kind_of_quantity(value: Any) -> str:
    kind = kind_of_number(value)
    return kind if kind in ("<number>", "<distribution>") else "<value>"


Quantity = Annotated[
    Annotated[Real, Tag("<number>")] | Annotated[Value, Tag("<value>")] | Annotated[Uncertain, Tag("<distribution>")],
    Discriminator(_kind_of_quantity),
]
"""A number that is the same for all people: a cost, a duration."""

Time = Annotated[
    Annotated[Real, Tag("<number>")] | Annotated[Value, Tag("<value>")],
    Discriminator(lambda value: "<value>" if isinstance(value, (dict, Value)) else "<number>"),
]
"""An instant or a duration that is known: 2, or {value: 6, unit: month}."""

Times = Annotated[
    Annotated[tuple[Time, ...], Tag("<list>")] | Annotated[Time, Tag("<one>")],
    Discriminator(lambda value: "<list>" if isinstance(value, (list, tuple)) else "<one>"),
]

States = Annotated[
    Annotated[Text, Tag("<one>")]
    | Annotated[tuple[Text, ...], Field(min_length=1), Tag("<list>")]
    | Annotated[dict[Text, Real], Field(min_length=1), Tag("<mapping>")],
    Discriminator(shape),
]
"""States as a source or a count: `obese`, `advocacy.champion`, [light, heavy], {light: 0.5, heavy: 1} (L)."""


class Distribution(Part):
    """How a column or a weight is drawn."""

    tag: ClassVar[str] = "<mapping>"

    distribution: Text = Field(description="Name of the distribution: normal, lognormal, uniform, …")
    mean: Real | None = Field(default=None, description="Mean.")
    sd: NotNegative | None = Field(default=None, description="Standard deviation.")
    min: Real | None = Field(default=None, description="Nothing below this.")
    max: Real | None = Field(default=None, description="Nothing above this.")
