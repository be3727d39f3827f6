"""What the cross-checks share: the checks that every part of a scenario repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from scenarios import grammar
from scenarios.conversion import duration_of
from scenarios.known import Known
from scenarios.problems import ProblemInside
from scenarios.states import resolve
from simulator.behaviour import Source
from simulator.conditions import ConditionError, check, parse
from simulator.errors import Place, Problem, SpecError, allowed_words
from simulator.units import TICK_BITS

if TYPE_CHECKING:
    import pandas as pd

LONGEST = float(2 ** (62 - TICK_BITS))
"""Time units that the engine can count."""

MOST_WEIGHT = 1_000_000
"""Largest weight of a state; 0 is the smallest."""


class Checker:
    """Collects problems, and warnings; each method checks one thing that many places have in common.

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
        self.warnings: list[Problem] = []
        self.ageing = frozenset(name for name, column in spec.population.columns.items() if column.ages)

    @property
    def unit(self) -> str:
        return self.spec.time.unit

    @property
    def horizon(self) -> float | None:
        """End of time, if it can be read."""
        return None if "time" in self.missing else self.duration(self.spec.time.horizon)

    @property
    def begin(self) -> float:
        """When the run begins: 0, or below it with a warm-up."""
        warm_up = self.spec.time.warm_up
        return 0.0 if warm_up is None else -self.duration(warm_up)

    @property
    def n_people(self) -> int | None:
        """How many people there are; None where that cannot be told."""
        if self.known.people is not None:
            return self.known.people.size
        return None if "population" in self.missing else self.spec.population.size

    @property
    def most_people(self) -> int | None:
        """How many people there can be at one time; None where that cannot be told."""
        enter = self.spec.population.enter
        return None if enter is not None and enter.rate is not None else self.n_people

    def duration(self, time: Any) -> float:
        """Return an instant or a duration in the scenario's unit, infinite beyond all numbers."""
        try:
            return duration_of(time, self.unit)
        except OverflowError:
            return float("inf") if time.value > 0 else float("-inf")

    def add(self, message: str, place: Place, hint: str = "", *, on_key: bool = False) -> None:
        self.problems.append(Problem(message, place, hint, on_key))

    def warn(self, message: str, place: Place, hint: str = "", *, on_key: bool = False) -> None:
        """Note what may not be meant, though it can be run."""
        self.warnings.append(Problem(message, place, hint, on_key))

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

    def states(self, states: Any, place: Place, own: str | None = None, *, weights: bool = True) -> Source | None:
        """Find the states that are meant; None, and a problem, if there are none. `weights`: may they have any?"""
        if isinstance(states, Mapping):
            self._weights(states, place, weights)
        words = [states] if isinstance(states, str) else list(states)
        named = {word.partition(".")[0] if "." in word else own for word in words}
        if named & self.known.broken_behaviours or self.known.any_behaviour:
            return None
        if None in named and self.known.broken_behaviours:
            return None
        try:
            return resolve(states, self.known.behaviours, own)
        except SpecError as error:
            for problem in error.problems:
                at = (*place, *problem.place)
                self.add(problem.message, at, problem.hint, on_key=isinstance(states, Mapping))
            return None

    def _weights(self, states: Mapping[str, float], place: Place, allowed: bool) -> None:
        if not allowed:
            hint = "weights go with share, count and person_time; here, list the states: [light, heavy]"
            self.add("states have no weights here", place, hint, on_key=True)
            return
        for state, weight in states.items():
            self.range(weight, (*place, state), "a weight", 0, MOST_WEIGHT)
        if not any(states.values()):
            self.add("all weights are 0", place, "then nobody counts", on_key=True)

    def condition(
        self,
        text: str | None,
        place: Place,
        *,
        states: bool = True,
        starts: bool = True,
        ageing: bool = True,
        why: str = "",
    ) -> None:
        """Check the names and words of a condition.

        Parameters
        ----------
        text : str, optional
        place : place
        states, starts : bool
            Whether states now, and states at time 0, may be asked for.
        ageing : bool
            Whether columns that age may be asked for.
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
            elif part.name in self.ageing and not ageing:
                message = f"`{part.name}` ages, and cannot be asked for here"
                hint = f"use a hazard ratio: susceptibility: {{column: {part.name}, ratio: 1.2, per: 10, centre: 40}}"
                self.problems.append(ProblemInside(message, place, hint, offset=part.offset))
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

    def numbers_in(self, column: str, place: Place, hint: str) -> bool:
        """Check that a column exists and holds numbers."""
        if not self.column(column, place):
            return False
        if self.known.columns[column] is not None and not (self.known.any_column and not self.known.columns[column]):
            self.add(f"`{column}` holds words", place, hint)
            return False
        return True

    def range(self, value: float, place: Place, what: str, least: float | None, most: float | None) -> None:
        if (least is not None and value < least) or (most is not None and value > most):
            if most is None:
                self.add(f"{what} cannot be {value:g}", place, f"it must be at least {least:g}")
            else:
                hint = f"{what} is between {least:g} and {most:g}"
                self.add(f"{value:g} is not between {least:g} and {most:g}", place, hint)

    def categories(self, number: grammar.ByCategory, place: Place) -> None:
        """Check that a number has a value for each category of its column (or state), and for no other."""
        word = "category"
        if number.by in self.known.behaviours:
            word, categories = "state", self.known.behaviours[number.by]
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
                    f"`{category}` is no {word} of `{number.by}`",
                    (*place, "values", category),
                    allowed_words(category, list(categories)),
                    on_key=True,
                )
        lacking = [category for category in categories if category not in number.values]
        if lacking:
            shown = ", ".join(f"`{category}`" for category in lacking[:5])
            more = f" and {len(lacking) - 5} more" if len(lacking) > 5 else ""
            message = f"no value for {shown}{more}"
            self.add(message, (*place, "values"), f"every {word} of `{number.by}` needs one", on_key=True)

    def source(self, source: str | None, place: Place) -> None:
        if source is not None and source not in self.known.sources:
            hint = f"{allowed_words(source, sorted(self.known.sources))}; `references` can add to them"
            self.add(f"no publication has the key `{source}`", place, hint)
