"""People on whom a plan gives examples: made up so that transitions concern them, and the contacts they may have."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from experiments.plan.phrases import States
from experiments.wording import plain_label
from simulator.behaviour import Behaviour, ByColumn, ByState, HazardRatio, PersonNumber, Transition
from simulator.person_rate import Contact, Person, satisfies

if TYPE_CHECKING:
    from simulator.conditions import Condition

MOST_COMBINATIONS = 2_000

Columns = Mapping[str, tuple[str, ...] | None]
"""Categories of each column; None: numbers."""


class Sample:
    """People on whom examples of one behaviour are given.

    Parameters
    ----------
    behaviours : mapping of str to Behaviour
    own : str
        The behaviour.
    columns : mapping of str to tuple of str or None
        Categories, where they are known.
    """

    def __init__(self, behaviours: Mapping[str, Behaviour], own: str, columns: Columns) -> None:
        self.behaviours = behaviours
        self.own = behaviours[own]
        self.columns = columns
        self.words = States(behaviours, own)

    def person(self, leaves: str, transitions: Sequence[Transition], concerned: Transition | None = None) -> Person:
        """Return somebody whom as many of some transitions concern as possible, and one of them if that can be.

        Parameters
        ----------
        leaves : str
            State that they are in.
        transitions : sequence of Transition
        concerned : Transition, optional
        """
        traits = self._traits(transitions)
        combinations = itertools.islice(itertools.product(*traits.values()), MOST_COMBINATIONS)
        everybody = [self._with(dict(zip(traits, values, strict=True)), leaves) for values in combinations]
        meant = [one for one in everybody if concerned is None or satisfies(concerned.where, one)]
        return max(meant or everybody[:1], key=lambda one: sum(satisfies(each.where, one) for each in transitions))

    def _with(self, given: Mapping[str, float | str], leaves: str) -> Person:
        states = self.states(given) | {self.own.name: leaves}
        return Person(states, {name: value for name, value in given.items() if name not in self.behaviours})

    def states(self, given: Mapping[str, float | str]) -> dict[str, str]:
        """Return somebody's states: those given, and of all other behaviours the first."""
        return {name: str(given.get(name, each.states[0])) for name, each in self.behaviours.items()}

    def _traits(self, transitions: Sequence[Transition]) -> dict[str, list[float | str]]:
        """Return what may be said of a person: values of columns and states of other behaviours."""
        found: dict[str, dict[float | str, None]] = {}
        for each in transitions:
            for number in (each.rate, *each.susceptibility):
                self._add_number(found, number)
        for each in transitions:
            self._add_condition(found, each.where)
        found.pop(self.own.name, None)
        return {name: list(values) for name, values in found.items()}

    def _add_number(self, found: dict[str, dict[float | str, None]], number: PersonNumber) -> None:
        if isinstance(number, ByColumn):
            found.setdefault(number.column, {}).update(
                dict.fromkeys(self._value(number.column, word) for word in number.values)
            )
        elif isinstance(number, ByState):
            found.setdefault(number.behaviour, {}).update(dict.fromkeys(number.values))
        elif isinstance(number, HazardRatio):
            found.setdefault(number.column, {})[number.centre] = None

    def _add_condition(self, found: dict[str, dict[float | str, None]], condition: Condition | None) -> None:
        for part in () if condition is None else condition.comparisons:
            values = found.setdefault(part.name, {})
            for value in part.values:
                close = (value,) if isinstance(value, str) else (value, value + 1, value - 1)
                values.update(dict.fromkeys(close))
            known = self.behaviours[part.name].states if part.name in self.behaviours else self.columns.get(part.name)
            values.update(dict.fromkeys(known or ()))

    def _value(self, column: str, label: str) -> float | str:
        """Return a category as a condition reads it: a number, unless the column is known to hold words."""
        if self.columns.get(column) is not None:
            return label
        try:
            return float(label)
        except ValueError:
            return label

    def contact(self, transition: Transition, state: str, layer: str = "") -> Contact:
        """Return a contact in a state, otherwise what influences, and the transition's group, name first."""
        given: dict[str, dict[float | str, None]] = {}
        for number in (number for each in self.own.transitions for number in each.influence):
            self._add_number(given, number)
        self._add_condition(given, None if transition.group is None else transition.group.where)
        assert transition.source is not None
        source = transition.source.behaviour
        given.pop(source, None)
        for values in itertools.islice(itertools.product(*given.values()), MOST_COMBINATIONS):
            traits = dict(zip(given, values, strict=True))
            states = self.states(traits) | {source: state}
            columns = {name: value for name, value in traits.items() if name not in self.behaviours}
            where = None if transition.group is None else transition.group.where
            if satisfies(where, Person(states, columns)):
                break
        return Contact(states, columns, layer)

    def traits_of(self, person: Person | Contact, names: Sequence[str]) -> str:
        """Return what is worth saying of somebody, in brackets: " (area urban, age 40)"."""
        said = []
        for name in names:
            value = person.columns.get(name, person.states.get(name))
            if value is not None:
                said.append(f"{plain_label(name)} {value if isinstance(value, str) else f'{value:g}'}")
        return f" ({', '.join(plain_label(each) for each in said)})" if said else ""

    def named_traits(self, transitions: Sequence[Transition]) -> list[str]:
        """Return the columns and other behaviours on which some transitions depend at the receiving end."""
        return list(self._traits(transitions))


def source_states(transition: Transition) -> list[tuple[str, float]]:
    """Return the states that count, with their weights, those that weigh nothing left out."""
    source = transition.source
    if source is None:
        return []
    weights = source.weights or (1.0,) * len(source.states)
    return [pair for pair in zip(source.states, weights, strict=True) if pair[1] > 0]
