"""Examples of people whom a plan gives rates of: who they are, whom they know, and at what rate they move."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from experiments.plan.phrases import a, count_word, state_label
from experiments.plan.sample import Sample, source_states
from experiments.wording import percent, plain_label
from simulator.behaviour import (
    GROUP,
    PER_CONTACT,
    PROPORTION,
    RESPONSE,
    Behaviour,
    ByColumn,
    ByState,
    HazardRatio,
    Transition,
)
from simulator.person_rate import Person, rate_for, satisfies

if TYPE_CHECKING:
    pass

MOST_POINTS = 4
"""Points of a table that are shown as examples."""

MANY_CONTACTS = 3
"""Contacts of an example of a law that adds up over contacts."""


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
        if person not in asked and satisfies(transition.where, person):
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
