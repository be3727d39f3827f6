"""The grammar of what is measured: one form for outcomes, observed data and rankings of groups."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, ConfigDict, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from scenarios.grammar.parts import ConditionText, Part, Positive, States, Text, Time, later
from simulator.outcomes import outcomes

STATE_MEASURES = ("share", "count", "person_time", "entries", "first_entries", "exits", "difference")
LATER_MEASURES = ("ever", "peak", "unbroken_for", "contacts_in", "assortativity", "slope")
MEASURE_KEYS = (*STATE_MEASURES, "time_to", *LATER_MEASURES)

When = Annotated[
    Annotated[Literal["end"], Tag("<end>")] | Annotated[Time, Tag("<time>")],
    Discriminator(lambda value: "<end>" if isinstance(value, str) else "<time>"),
]


def _check_measure_name(name: str) -> str:
    if name not in outcomes:
        raise PydanticCustomError("unknown_measure", "unknown key")
    return name


MeasureName = Annotated[str, AfterValidator(_check_measure_name)]
"""A measure that a package brings; its parameters stand below it."""


class Level(Part):
    """What is to be reached, and how high."""

    share: States | None = Field(default=None, description="States whose share of people counts.")
    count: States | None = Field(default=None, description="States whose number of people counts.")
    reaches: Positive = Field(description="The level.")


class Measure(Part):
    """Exactly one thing that is measured, over whom and when."""

    model_config = ConfigDict(extra="allow", frozen=True)
    tag: ClassVar[str] = "<measure>"
    __pydantic_extra__: dict[MeasureName, dict[str, Any] | None]

    share: States | None = Field(default=None, description="Share of people in these states.")
    count: States | None = Field(default=None, description="Number of people in these states.")
    person_time: States | None = Field(default=None, description="Total time people spend in these states.")
    entries: States | None = Field(default=None, description="Number of entries into these states.")
    first_entries: States | None = Field(
        default=None, description="People not in these states at the start who ever enter them."
    )
    exits: States | None = Field(default=None, description="Number of times these states are left.")
    time_to: Level | None = Field(default=None, description="Time until a share or number is reached.")
    difference: States | None = Field(default=None, description="Share in one category minus share in another.")
    ever: Any = later("X", "People who were ever in these states.")
    peak: Any = later("X", "Largest share or number.")
    unbroken_for: Any = later("X", "People in a state without a break.")
    contacts_in: Any = later("X", "Contacts in a state.")
    assortativity: Any = later("X", "How alike contacts are.")
    slope: Any = later("X", "Slope over many categories.")
    where: ConditionText | None = Field(default=None, description="Whom to count.")
    by: Text | None = Field(default=None, description="Column whose categories are compared (`difference`).")
    between: tuple[Any, Any] | None = Field(default=None, description="Two categories of the `by` column.")
    at: When | None = Field(default=None, description="A time, or `end`.")
    among: Literal["targets", "others"] | None = Field(default=None, description="targets or others.")

    @property
    def kinds(self) -> tuple[str, ...]:
        """Measures that are asked for; a valid scenario has exactly one."""
        return tuple(key for key in (*MEASURE_KEYS, *self.__pydantic_extra__) if self.asked(key) is not None)

    @property
    def kind(self) -> str:
        """The one thing that is measured."""
        return self.kinds[0]

    def asked(self, kind: str) -> Any:
        """Return what stands at the key of a measure: states, a level, or the parameters of a package's measure."""
        return getattr(self, kind) if kind in MEASURE_KEYS else self.__pydantic_extra__.get(kind)
