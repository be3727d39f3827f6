"""Examples of people whom a plan gives rates of: who they are, whom they know, and at what rate they move."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from experiments.plan_phrases import States, a, count_word, percent, state_label
from experiments.report_words import plain_label
from simulator.behaviour import (
    GROUP,
    PER_CONTACT,
    PROPORTION,
    RESPONSE,
    Behaviour,
    ByColumn,
    ByState,
    HazardRatio,
    PersonNumber,
    Transition,
)
from simulator.person_rate import Contact, Person, rate_for, satisfies

if TYPE_CHECKING:
    from simulator.conditions import Condition

MOST_COMBINATIONS = 2_000
MOST_POINTS = 4
"""Points of a table that are shown as examples."""

MANY_CONTACTS = 3
"""Contacts of an example of a law that adds up over contacts."""

Columns = Mapping[str, tuple[str, ...] | None]
"""Categories of each column; None: numbers."""


@dataclass(frozen=True)
class Example:
    """Somebody, and the rate at which they make a move, all transitions together.

    Parameters
    ----------
    person : str
        "a lean person".
    situation : str
        " with three obese contacts".
    rate : float
        Per time unit, at the start, just after they entered the state that they leave.
    fades : bool
        Whether it changes with time in the state.
    """

    person: str
    situation: str
    rate: float
    fades: bool = False

    @property
    def words(self) -> str:
        """Both together."""
        return self.person + self.situation


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
        """Return somebody whom as many of some transitions concern as possible, one of them in any case.

        Parameters
        ----------
        leaves : str
            State that they are in.
        transitions : sequence of Transition
        concerned : Transition, optional
        """
        traits = self._traits(transitions)
        best, most = None, -1
        names = list(traits)
        for values in itertools.islice(itertools.product(*traits.values()), MOST_COMBINATIONS):
            given = dict(zip(names, values, strict=True))
            one = self._with(given, leaves)
            if concerned is not None and not satisfies(concerned.where, one):
                continue
            number = sum(satisfies(each.where, one) for each in transitions)
            if number > most:
                best, most = one, number
        return best if best is not None else self._with({}, leaves)

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
        """Return a category as a condition reads it: a number, where the column holds numbers."""
        if self.columns.get(column, ()) is None:
            return float(label)
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


def examples_of(sample: Sample, leaves: str, transitions: Sequence[Transition]) -> Iterator[Example]:
    """Yield somebody in a state without and with contacts that move them along some transitions, all to one state.

    Parameters
    ----------
    sample : Sample
    leaves : str
    transitions : sequence of Transition
    """
    asked: list[Person] = []
    for transition in transitions:
        person = sample.person(leaves, transitions)
        if not satisfies(transition.where, person):
            person = sample.person(leaves, transitions, transition)
        if person not in asked:
            asked.append(person)
    seen = set()
    for person in asked:
        concerned = [each for each in transitions if satisfies(each.where, person)]
        for words, one in _situations(sample, person, concerned):
            fades = any(each.time_in_state for each in concerned)
            example = Example(
                f"{a(state_label(leaves))} person{sample.traits_of(person, sample.named_traits(transitions))}",
                words + ", at the start" * any(each.series for each in concerned) + ", at first" * fades,
                sum(rate_for(sample.own, each, one) for each in transitions),
                fades,
            )
            if example.words not in seen:
                seen.add(example.words)
                yield example


def _situations(sample: Sample, person: Person, concerned: Sequence[Transition]) -> Iterator[tuple[str, Person]]:
    """Yield, in words and as somebody, the person without contacts, then with some for each transition."""
    moved = [each for each in concerned if source_states(each)]
    for number, transition in enumerate(moved):
        alike = [each for each in moved if each is not transition and each.source == transition.source]
        for words, nobody, one in _exposed(sample, person, transition, named=bool(alike)):
            if nobody and number == 0:
                yield (words if len(moved) == 1 else " without any such contact"), one
            elif not nobody:
                yield words, one
    if not moved:
        yield "", person


def _exposed(
    sample: Sample, person: Person, transition: Transition, *, named: bool
) -> Iterator[tuple[str, bool, Person]]:
    """Yield situations of one transition: words, whether nobody counts in it, and the person."""
    assert transition.source is not None
    source = transition.source.behaviour
    state = source_states(transition)[0][0]
    layers = [layer for layer, weight in transition.layers.items() if weight > 0] or [""]
    one_weight = len({weight for weight in transition.layers.values() if weight > 0}) <= 1
    where = f" in {plain_label(layers[0])}" if layers[0] and (named or not one_weight) else ""
    counted = sample.contact(transition, state, layers[0])
    other = sample.contact(transition, _other_state(sample, transition), layers[0])
    traits = sample.traits_of(counted, _influences(sample.own, source))

    def with_contacts(number: int, others: int = 0) -> Person:
        return replace(person, contacts=(counted,) * number + (other,) * others)

    def contacts(number: int) -> str:
        noun = "contact" if number < 2 else "contacts"
        said = f" with {count_word(number)} {sample.words.which(source, [state], noun)}{where}"
        return said + traits if number else said

    being = sample.words.being(source, [state])
    response = transition.response
    if transition.law == PER_CONTACT:
        many = MANY_CONTACTS if one_weight else 1
        yield contacts(0), True, person
        yield contacts(many), False, with_contacts(many)
    elif transition.law == PROPORTION:
        yield f" none of whose contacts{where} are {being}", True, person
        yield f" half of whose contacts{where} are {being}{traits}", False, with_contacts(1, 1)
    elif transition.law == GROUP:
        assert transition.group is not None
        group = plain_label(transition.group.by)
        yield f" with nobody {being} in the same {group}", True, replace(person, group=(other, other))
        yield (
            f" with half of the others in the same {group} {being}{traits}",
            False,
            replace(person, group=(counted, other)),
        )
    elif transition.law == RESPONSE and response is not None and response.reads == "count":
        yield contacts(0), True, person
        for number in dict.fromkeys(math.ceil(point) for point in _points(transition) if point > 0):
            yield contacts(number), False, with_contacts(number)
    elif response is not None:
        yield f" none of whose contacts{where} are {being}", True, with_contacts(0, 100)
        for share in dict.fromkeys(math.ceil(100 * point) for point in _points(transition) if point > 0):
            said = f" {percent(share / 100)} of whose contacts{where} are {being}{traits}"
            yield said, False, with_contacts(share, 100 - share)


def _points(transition: Transition) -> list[float]:
    response = transition.response
    assert response is not None
    if isinstance(response.threshold, str):
        return []
    if response.threshold is not None:
        step = 1.0 if response.reads == "count" else 0.01
        return [response.threshold - step, response.threshold]
    return [x for x, _ in response.table][: MOST_POINTS + 1]


def _other_state(sample: Sample, transition: Transition) -> str:
    """Return the state of the source behaviour that counts least."""
    assert transition.source is not None
    weights = dict(source_states(transition))
    return min(sample.behaviours[transition.source.behaviour].states, key=lambda state: weights.get(state, 0.0))


def _influences(behaviour: Behaviour, source: str) -> list[str]:
    """Return on which columns and behaviours, besides the source, it depends how much a contact counts."""
    read = [
        number.behaviour if isinstance(number, ByState) else number.column
        for transition in behaviour.transitions
        for number in transition.influence
        if isinstance(number, ByState | ByColumn | HazardRatio)
    ]
    return [name for name in dict.fromkeys(read) if name != source]
