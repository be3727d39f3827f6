"""The grammar of a whole scenario: its top level, time, arms, outcomes and experiment."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag

from scenarios.grammar.behaviours import Behaviour
from scenarios.grammar.interventions import Arm, ArmItem, NamedIntervention
from scenarios.grammar.measures import Measure
from scenarios.grammar.parts import (
    Counting,
    Flag,
    Name,
    NotNegative,
    Part,
    Real,
    Text,
    Time,
    Unit,
    Whole,
    later,
    shape,
)
from scenarios.grammar.people import Network, Population


class Reference(Part):
    """A publication that the bundled bibliography does not hold."""

    tag: ClassVar[str] = "<mapping>"

    key: Name = Field(description="What `source` calls it.")
    text: Text = Field(description="The citation.")
    doi: Text | None = Field(default=None, description="Its DOI.")


ReferenceSpec = Annotated[Annotated[Text, Tag("<one>")] | Annotated[Reference, Tag("<mapping>")], Discriminator(shape)]


class Study(Part):
    """What the report says of the study."""

    currency: Text | None = Field(default=None, description="Currency of all costs: GBP.")
    price_year: Whole | None = Field(default=None, description="Year of the prices.")
    perspective: Any = later("X", "Whose costs count.")
    setting: Any = later("X", "Where.")
    funding: Any = later("X", "Who paid.")


class TimeSpec(Part):
    """The time unit, how long, and how often the states are counted."""

    unit: Unit = Field(description="A plain rate is per this unit, a plain duration in it.")
    horizon: Time = Field(description="End of time.")
    observe_every: Time | None = Field(default=None, description="How often people are counted. Default: 1.")
    start: (
        Annotated[
            Annotated[Real, Tag("<number>")] | Annotated[Text, Tag("<one>")],
            Discriminator(lambda value: "<one>" if isinstance(value, str) else "<number>"),
        ]
        | None
    ) = Field(default=None, description="Label of time 0: 1963, or a date.")
    warm_up: Time | None = Field(default=None, description="Time before 0, the same in every arm.")


class Outcome(Measure):
    """A measure on which arms are compared."""

    better: Literal["lower", "higher"] = Field(description="Which way is good.")
    matters: NotNegative | None = Field(default=None, description="Smallest difference worth having.")


class Outcomes(Part):
    """Outcomes by name, and which of them comes first."""

    model_config = ConfigDict(extra="allow", frozen=True)
    extra_values: ClassVar[type[Part]] = Outcome
    __pydantic_extra__: dict[Name, Outcome]

    primary: Text = Field(description="The outcome on which arms are ranked.")

    @property
    def measures(self) -> dict[str, Outcome]:
        """All outcomes, in the order of the file."""
        return dict(self.__pydantic_extra__)


class TimeColumn(Part):
    """Where a file of observed data holds the time."""

    column: Text = Field(description="Column of the file.")
    minus: Real = Field(default=0.0, description="Taken off, so that 0 is the start.")


class Observed(Part):
    """Data that are drawn over the simulated curves."""

    arm: Text = Field(description="Arm that the data belong to.")
    measure: Measure | None = Field(default=None, description="What was measured.")
    outcome: Text | None = Field(default=None, description="Or: the outcome that was measured.")
    at: Time | None = Field(default=None, description="When.")
    value: (
        Annotated[
            Annotated[Real, Tag("<number>")] | Annotated[Text, Tag("<one>")],
            Discriminator(lambda value: "<one>" if isinstance(value, str) else "<number>"),
        ]
        | None
    ) = Field(default=None, description="The value; with `file`, its column.")
    low: Real | None = Field(default=None, description="Lower end of its interval.")
    high: Real | None = Field(default=None, description="Upper end of its interval.")
    source: Text | None = Field(default=None, description="Where it comes from.")
    file: Text | None = Field(default=None, description="CSV or Parquet file with one row for each time.")
    time: TimeColumn | None = Field(default=None, description="With `file`: the column of times.")


class Experiment(Part):
    """How often, with which luck, and against which arm."""

    replicates: Counting = Field(default=100, description="How many random worlds.")
    seed: Whole = Field(default=1, description="The random seed.")
    control: Text | None = Field(default=None, description="The comparator. Default: the first arm.")
    networks: Counting = Field(default=1, description="How many populations and networks are generated.")
    curves_by: tuple[Text, ...] = Field(default=(), description="Columns by which curves are also kept.")
    draws: Any = later("X", "How many sets of uncertain parameters.")
    precision: Any = later("X", "Stop when intervals are this narrow.")
    direct: Flag | None = later("X", "Whether targets are withheld to estimate direct effects.")


class ScenarioSpec(Part):
    """A whole scenario, as written."""

    netrial: Literal[1] = Field(description="Version of the grammar.")
    name: Name = Field(description="Name of the scenario.")
    title: Text | None = Field(default=None, description="What the report is called.")
    references: tuple[ReferenceSpec, ...] = Field(default=(), description="Publications it rests on.")
    study: Study = Field(default_factory=Study, description="Currency and the like.")
    time: TimeSpec = Field(description="Unit and horizon.")
    population: Population = Field(description="Who is simulated.")
    network: Network = Field(default_factory=Network, description="Who is tied to whom.")
    behaviours: dict[Name, Behaviour] = Field(min_length=1, description="What spreads.")
    interventions: dict[Name, NamedIntervention] = Field(
        default_factory=dict, description="What is done; named once, used by the arms."
    )
    background: tuple[ArmItem, ...] | None = Field(default=None, description="What runs in every arm, the control too.")
    arms: dict[Name, Arm] = Field(min_length=1, description="The strategies that are compared.")
    outcomes: Outcomes = Field(description="What they are compared on.")
    observed: tuple[Observed, ...] = Field(default=(), description="Real data drawn over the curves.")
    experiment: Experiment = Field(default_factory=Experiment, description="How often, with which luck.")
