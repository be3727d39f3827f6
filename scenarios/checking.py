"""What the cross-checks share: the names a scenario defines, and the checks that every part of it repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scenarios import grammar
from scenarios.bibliography import ASSUMED, FITTED, bibliography
from scenarios.conversion import duration_of, label
from scenarios.problems import ProblemInside
from scenarios.states import resolve
from simulator.behaviour import Source
from simulator.conditions import ConditionError, check, parse
from simulator.errors import Place, Problem, SpecError, allowed_words, nearest

if TYPE_CHECKING:
    import pandas as pd

    from simulator.population import Population

Categories = Mapping[str, tuple[str, ...] | None]
MOST_LABELS = 1000
"""Categories of a column of numbers are known one by one up to here."""


@dataclass
class Known:
    """Names that a scenario defines, read from the raw data, so that a broken part hides no name.

    Parameters
    ----------
    behaviours : mapping of str to tuple of str
        States of each behaviour whose states can be read.
    transitions : mapping of str to tuple of str
    layers, interventions, arms, outcomes : tuple of str
    sources : frozenset of str
        What `source` may be.
    columns : dict of str to (tuple of str or None)
        Categories of each column; None: numbers. Filled in when the people are checked.
    labels : dict of str to tuple of str
        Values of a column by which a number may differ, where they are known.
    people : Population, optional
        Where they come from a file that could be read.
    any_column, any_behaviour : bool
        Whether an unknown name may be one that could not be read.
    unread : frozenset of str
        The same for "layer", "intervention", "arm", "outcome".
    broken_behaviours, broken_transitions : frozenset of str
        Behaviours whose states, or whose transitions, cannot be read.
    """

    behaviours: dict[str, tuple[str, ...]]
    broken_behaviours: frozenset[str]
    broken_transitions: frozenset[str]
    unread: frozenset[str]
    transitions: dict[str, tuple[str, ...]]
    layers: tuple[str, ...]
    interventions: tuple[str, ...]
    arms: tuple[str, ...]
    outcomes: tuple[str, ...]
    sources: frozenset[str]
    columns: dict[str, tuple[str, ...] | None] = field(default_factory=dict)
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    people: Population | None = None
    any_column: bool = False
    any_behaviour: bool = False


NAMED = {
    "layer": ("network", "layers"),
    "intervention": ("interventions",),
    "arm": ("arms",),
    "outcome": ("outcomes",),
}
"""Where names of each sort are defined."""


def _unreadable(data: Mapping[str, Any], key: str) -> bool:
    """Say whether something stands at a key that is no mapping, or at a key that may be a slip for it."""
    if key in data:
        return not isinstance(data[key], Mapping)
    return any(nearest(str(other), [key]) for other in data)


def known_names(data: Mapping[str, Any], missing: frozenset[str]) -> Known:
    """Collect the names that a scenario's raw data define."""

    def mapping(value: Any, *keys: str) -> Mapping[str, Any]:
        for key in keys:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value if isinstance(value, Mapping) else {}

    behaviours, broken = {}, set()
    for name in mapping(data, "behaviours"):
        states = mapping(data, "behaviours", name).get("states")
        if isinstance(states, list) and states and all(isinstance(state, str) for state in states):
            behaviours[name] = tuple(states)
        else:
            broken.add(name)
    unread = {what for what, keys in NAMED.items() if _unreadable(mapping(data, *keys[:-1]), keys[-1])}
    if _unreadable(data, "network"):
        unread.add("layer")
    listed = data.get("references")
    keys = [
        each.get("key") if isinstance(each, Mapping) else each for each in (listed if isinstance(listed, list) else [])
    ]
    own = {key for key in keys if isinstance(key, str)}
    return Known(
        behaviours=behaviours,
        broken_behaviours=frozenset(broken),
        broken_transitions=frozenset(
            name for name in behaviours if _unreadable(mapping(data, "behaviours", name), "transitions")
        ),
        unread=frozenset(unread),
        transitions={name: tuple(mapping(data, "behaviours", name, "transitions")) for name in behaviours},
        layers=tuple(mapping(data, "network", "layers")),
        interventions=tuple(mapping(data, "interventions")),
        arms=tuple(mapping(data, "arms")),
        outcomes=tuple(name for name in mapping(data, "outcomes") if name != "primary"),
        sources=frozenset({*bibliography(), *own, ASSUMED, FITTED}),
        any_behaviour="behaviours" in missing,
    )


class Checker:
    """Collects problems; each method checks one thing that many places have in common.

    Parameters
    ----------
    spec : ScenarioSpec
        What is left of the scenario once wrong shapes are cut out.
    known : Known
    missing : frozenset of str
        Keys of the top level that are stand-ins.
    """

    def __init__(self, spec: grammar.ScenarioSpec, known: Known, missing: frozenset[str] = frozenset()) -> None:
        self.spec = spec
        self.known = known
        self.missing = missing
        self.problems: list[Problem] = []

    @property
    def unit(self) -> str:
        return self.spec.time.unit

    @property
    def horizon(self) -> float | None:
        """End of time, if it can be read."""
        return None if "time" in self.missing else duration_of(self.spec.time.horizon, self.unit)

    def add(self, message: str, place: Place, hint: str = "", *, on_key: bool = False) -> None:
        self.problems.append(Problem(message, place, hint, on_key))

    def extend(self, problems: Sequence[Problem], place: Place) -> None:
        """Take over problems whose places are relative to `place`."""
        self.problems += [Problem(each.message, (*place, *each.place), each.hint, each.on_key) for each in problems]

    def word(self, word: str, allowed: Sequence[str], what: str, place: Place, *, on_key: bool = False) -> bool:
        """Check that a word is one of those allowed; `what` as in "no layer is named"."""
        if word in allowed or what in self.known.unread:
            return True
        self.add(f"no {what} is named `{word}`", place, allowed_words(word, list(allowed)), on_key=on_key)
        return False

    def column(self, name: str, place: Place) -> bool:
        """Check that a column exists; False also where that cannot be known."""
        if name in self.known.columns:
            return True
        if not self.known.any_column:
            hint = allowed_words(name, list(self.known.columns))
            if name in self.known.behaviours:
                hint = f"`{name}` is a behaviour; {hint}"
            self.add(f"no column is named `{name}`", place, hint)
        return False

    def states(self, states: Any, place: Place, own: str | None = None) -> Source | None:
        """Find the states that are meant; None, and a problem, if there are none."""
        words = [states] if isinstance(states, str) else list(states)
        named = {word.partition(".")[0] if "." in word else own for word in words}
        if named & self.known.broken_behaviours or self.known.any_behaviour:
            return None
        if None in named and self.known.broken_behaviours:
            return None
        try:
            return resolve(states, self.known.behaviours, own)
        except SpecError as error:
            self.extend(error.problems, place)
            return None

    def condition(
        self, text: str | None, place: Place, *, states: bool = True, starts: bool = True, why: str = ""
    ) -> None:
        """Check the names and words of a condition.

        Parameters
        ----------
        text : str, optional
        place : place
        states, starts : bool
            Whether states now, and states at time 0, may be asked for.
        why : str
            What may be asked for instead, for the hint.
        """
        if text is None or self.known.any_behaviour:
            return
        try:
            condition = parse(text)
        except ConditionError:
            return  # reported when the shapes were checked
        known = {**self.known.behaviours, **dict.fromkeys(self.known.broken_behaviours, ())}
        for part in condition.comparisons:
            asked = f"start.{part.name}" if part.at_start else part.name
            if part.name in known and not (starts if part.at_start else states):
                message = f"the state `{asked}` cannot be asked for here"
                self.problems.append(ProblemInside(message, place, why, offset=part.offset))
        readable = {name: words for name, words in known.items() if words}
        for message, hint, offset in check(
            condition,
            self.known.columns,
            readable,
            any_column=self.known.any_column or bool(self.known.broken_behaviours),
        ):
            self.problems.append(ProblemInside(message, place, hint, offset=offset))

    def rows(self, text: str | None, frame: pd.DataFrame, place: Place) -> None:
        """Check the names and words of a condition on the rows of a file."""
        if text is None:
            return
        from simulator.population import column_from_series

        try:
            condition = parse(text)
        except ConditionError:
            return  # reported when the shapes were checked
        columns: dict[str, tuple[str, ...] | None] = dict.fromkeys(map(str, frame.columns))
        for name in condition.columns & set(columns):
            columns[name] = column_from_series(name, frame[name]).categories
        for message, hint, offset in check(condition, columns, {}):
            self.problems.append(ProblemInside(message, place, hint, offset=offset))

    def number(
        self,
        number: Any,
        place: Place,
        *,
        what: str,
        least: float | None = 0,
        most: float | None = None,
        timed: bool = False,
    ) -> None:
        """Check a number: its range, its source, the column by which it differs.

        Parameters
        ----------
        number : Number
        place : place
        what : str
            What it is, for messages: "a rate".
        least, most : float, optional
        timed : bool
            Whether a time unit means something.
        """
        if isinstance(number, tuple):
            for i, each in enumerate(number):
                self.number(each, (*place, i), what=what, least=least, most=most, timed=timed)
            return
        if isinstance(number, grammar.Sourced):
            self.source(number.source, (*place, "source"))
            if number.unit is not None and not timed:
                message, hint = f"{what} has no time unit", "rates and durations have"
                self.add(message, (*place, "unit"), hint, on_key=True)
        if isinstance(number, grammar.ByCategory):
            for category, value in number.values.items():
                self.range(value, (*place, "values", category), what, least, most)
            self.categories(number, place)
        elif isinstance(number, grammar.HazardRatio):
            if self.column(number.column, (*place, "column")) and self.known.columns[number.column] is not None:
                self.add(f"`{number.column}` holds words", (*place, "column"), "a hazard ratio needs numbers")
        elif isinstance(number, grammar.Value):
            self.range(number.value, (*place, "value"), what, least, most)
            low, high = number.low, number.high
            if low is not None and high is not None and low > high:
                self.add(f"low ({low:g}) is above high ({high:g})", (*place, "low"))
        elif not isinstance(number, grammar.Uncertain):
            self.range(number, place, what, least, most)

    def range(self, value: float, place: Place, what: str, least: float | None, most: float | None) -> None:
        if (least is not None and value < least) or (most is not None and value > most):
            if most is None:
                self.add(f"{what} cannot be {value:g}", place, f"it must be at least {least:g}")
            else:
                hint = f"{what} is between {least:g} and {most:g}"
                self.add(f"{value:g} is not between {least:g} and {most:g}", place, hint)

    def categories(self, number: grammar.ByCategory, place: Place) -> None:
        """Check that a number has a value for each category of its column, and for no other."""
        if number.by in self.known.behaviours:
            categories: tuple[str, ...] = self.known.behaviours[number.by]
        elif number.by in self.known.broken_behaviours or not self.column(number.by, (*place, "by")):
            return
        elif not self.known.labels.get(number.by):
            if number.by not in self.known.labels:
                hint = "use a column of categories"
                self.add(f"`{number.by}` holds too many different numbers", (*place, "by"), hint)
            return
        else:
            categories = self.known.labels[number.by]
        for category in number.values:
            if category not in categories:
                self.add(
                    f"`{category}` is no category of `{number.by}`",
                    (*place, "values", category),
                    allowed_words(category, list(categories)),
                    on_key=True,
                )
        lacking = [category for category in categories if category not in number.values]
        if lacking:
            shown = ", ".join(f"`{category}`" for category in lacking[:5])
            more = f" and {len(lacking) - 5} more" if len(lacking) > 5 else ""
            message = f"no value for {shown}{more}"
            self.add(message, (*place, "values"), f"every category of `{number.by}` needs one", on_key=True)

    def source(self, source: str | None, place: Place) -> None:
        if source is not None and source not in self.known.sources:
            hint = f"{allowed_words(source, sorted(self.known.sources))}; `references` can add to them"
            self.add(f"no publication has the key `{source}`", place, hint)

    def time(self, time: Any, place: Place, what: str, *, above: float | None = 0.0) -> float | None:
        """Check a duration; return it in the scenario's unit."""
        if time is None:
            return None
        if isinstance(time, grammar.Uncertain):
            self.source(time.source, (*place, "source"))
            return None
        if isinstance(time, grammar.Value):
            self.source(time.source, (*place, "source"))
            place = (*place, "value")
        value = duration_of(time, self.unit)
        if above is not None and not value > above:
            self.add(f"{what} is {value:g}", place, f"it must be above {above:g}")
            return None
        return value

    def instant(self, time: Any, place: Place, what: str) -> None:
        """Check that a time lies between the start (or the warm-up) and the horizon."""
        if isinstance(time, grammar.Value):
            self.source(time.source, (*place, "source"))
            place = (*place, "value")
        value = duration_of(time, self.unit)
        warm_up = self.spec.time.warm_up
        start = -duration_of(warm_up, self.unit) if warm_up is not None else 0.0
        if value < start and "time" not in self.missing:
            hint = "time 0 is the start" if warm_up is None else f"the warm-up begins at {start:g}"
            self.add(f"{what} is at {value:g}, before the start", place, hint)
        elif self.horizon is not None and value > self.horizon:
            self.add(f"{what} is at {value:g}, beyond the horizon", place, f"the horizon is {self.horizon:g}")


def labels_of(column: Any) -> tuple[str, ...] | None:
    """Return the categories of a column, or the distinct values of one of numbers; None: too many."""
    _, labels = column.groups()
    return tuple(label(each) for each in labels) if len(labels) <= MOST_LABELS else None
