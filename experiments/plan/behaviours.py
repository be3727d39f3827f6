"""Behaviours in words: who moves from which state to which, at what rate, with examples; computed from the laws."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from experiments.plan.effects import base_rate
from experiments.plan.examples import Example, examples_of
from experiments.plan.laws import law_in_words
from experiments.plan.phrases import (
    MOST_CATEGORIES,
    States,
    a,
    differs_by,
    duration,
    in_times,
    rate_in_words,
    state_label,
    who,
    within,
)
from experiments.plan.sample import Columns, Sample
from experiments.wording import listed, listed_few, percent, plain_label
from simulator.behaviour import (
    RESPONSE,
    SPONTANEOUS,
    Behaviour,
    ByColumn,
    ByState,
    PersonNumber,
    Series,
    Transition,
)

if TYPE_CHECKING:
    pass

MOST_EXAMPLES = 8


@dataclass(frozen=True)
class Move:
    """One way out of a state: the transitions that lead along it, and examples of people.

    Parameters
    ----------
    leaves : tuple of str
    enters : str
    transitions : mapping of str to str
        What is said of each transition, by name.
    examples : tuple of Example
        Rates of all transitions together.
    tabled : bool
        Whether what is said of the only transition lists the examples already.
    """

    leaves: tuple[str, ...]
    enters: str
    transitions: Mapping[str, str]
    examples: tuple[Example, ...]
    tabled: bool = False

    @property
    def title(self) -> str:
        """ "From lean to obese"."""
        return f"From {listed([state_label(state) for state in self.leaves], 'or')} to {state_label(self.enters)}"


def moves_of(
    behaviours: Mapping[str, Behaviour], name: str, columns: Columns, layers: Sequence[str], unit: str
) -> tuple[Move, ...]:
    """Put a behaviour's transitions into words.

    Parameters
    ----------
    behaviours : mapping of str to Behaviour
    name : str
        The one that is spoken of.
    columns : mapping of str to tuple of str or None
        Categories of each column; None: numbers; left out where they are not known.
    layers : sequence of str
        All layers of the network.
    unit : str
        The scenario's time unit.
    """
    behaviour = behaviours[name]
    sample = Sample(behaviours, name, columns)
    by_way: dict[tuple[str, str], list[Transition]] = {}
    for transition in behaviour.transitions:
        for state in transition.from_states:
            by_way.setdefault((state, transition.to_state), []).append(transition)
    alike: dict[tuple[str, tuple[str, ...]], tuple[list[str], list[Transition]]] = {}
    for (state, to_state), transitions in by_way.items():
        key = (to_state, tuple(each.name for each in transitions))
        alike.setdefault(key, ([], transitions))[0].append(state)
    moves = []
    for (to_state, _), (leaves, transitions) in alike.items():
        clauses = {each.name: _clauses(sample, leaves[0], each, layers, unit) for each in transitions}
        moves.append(
            Move(
                tuple(leaves),
                to_state,
                {each: "; ".join(said) for each, said in _without_repeats(clauses).items()},
                tuple(examples_of(sample, leaves[0], transitions))[:MOST_EXAMPLES],
                tabled=[each.law for each in transitions] == [RESPONSE],
            )
        )
    return tuple(moves)


def _without_repeats(clauses: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Say what holds of several transitions once: "by date, as for `take`"."""
    first: dict[str, str] = {}
    short: dict[str, list[str]] = {}
    for name, said in clauses.items():
        short[name] = [
            f"{clause.partition(':')[0]}, as for {first[clause]}" if clause in first and ":" in clause else clause
            for clause in said
        ]
        for clause in said[1:]:
            first.setdefault(clause, name)
    return short


def move_lines(move: Move, unit: str) -> list[str]:
    """Return what a plan prints of a move: its title, below it each transition and the examples."""
    lines = [move.title, *(f"  {said} ({name})" for name, said in move.transitions.items())]
    if len(move.examples) > 1 and not move.tabled:
        lines += ["  for example", *(f"    {example_in_words(example, unit)}" for example in move.examples)]
    return lines


def example_in_words(example: Example, unit: str) -> str:
    """Return "a lean person with three obese contacts: 3.5 % a year"."""
    return f"{example.words}: {rate_in_words(example.rate, unit, meaning=not example.fades)}"


def _clauses(sample: Sample, leaves: str, transition: Transition, layers: Sequence[str], unit: str) -> list[str]:
    person = sample.person(leaves, [transition], transition)
    steady = replace(
        transition,
        where=None,
        time_in_state=(),
        series=(),
        susceptibility=_plain(transition.susceptibility),
        influence=_plain(transition.influence),
    )
    return [
        law_in_words(sample, steady, person, layers, unit, fading=bool(transition.time_in_state)),
        *_conditions(transition, sample.words, unit),
    ]


def _plain(numbers: Sequence[PersonNumber]) -> tuple[PersonNumber, ...]:
    """Return the numbers that are the same for everybody; the others are told as factors."""
    return tuple(number for number in numbers if not differs_by(number))


def _conditions(transition: Transition, words: States, unit: str) -> Iterator[str]:
    """Yield on what else the rate depends: columns, own states, contacts' traits, time in the state, the date."""
    if transition.where is not None:
        yield f"only people {who(transition.where, words)}"
    for number in (transition.rate, *transition.susceptibility):
        if number is transition.rate and isinstance(number, ByColumn | ByState):
            rates = [f"{plain_label(word)} {percent(rate)}" for word, rate in number.values.items()]
            yield f"by {plain_label(differs_by(number))}: {listed_few(rates, MOST_CATEGORIES)} {a(unit)}"
        elif differs_by(number):
            yield f"by {plain_label(differs_by(number))}: {in_times(number)}"
    for number in transition.influence:
        if differs_by(number):
            yield f"by the contact's {plain_label(differs_by(number))}: {in_times(number)}"
    if transition.time_in_state:
        yield from _waning(transition, unit)
    for series in transition.series:
        yield by_date(series, unit)


def _waning(transition: Transition, unit: str) -> Iterator[str]:
    """Say how the rate changes with time in the state, and what it comes to where it depends on nothing else."""
    points = transition.time_in_state
    said = []
    for number, (begin, factor) in enumerate(points):
        if number == len(points) - 1:
            span = f"after {duration(begin, unit)}" if number else "always"
        else:
            until = duration(points[number + 1][0], unit)
            span = f"in the first {until.removeprefix('1 ')}" if number == 0 else f"up to {until}"
        said.append(f"× {factor:g} {span}")
    yield f"by time since they became so: {', '.join(said)}"
    rate = base_rate(replace(transition, time_in_state=()))
    if rate is None or transition.law != SPONTANEOUS or len(points) < 2:
        return
    hazard, shares = 0.0, []
    for (begin, factor), (end, _) in itertools.pairwise(points):
        hazard += rate * factor * (end - begin)
        shares.append(f"{100 * within(hazard):.0f} within {duration(end, unit)}")
    yield f"by this alone, of 100 people, {listed(shares)}"


def by_date(series: Series, unit: str) -> str:
    """Say by what a rate is multiplied over time."""
    points = series.points
    if len(points) == 1:
        return f"× {points[0][1]:g} at all times"
    repeated = series.repeats_every is not None
    ends = [duration(time, unit) if repeated else f"{unit} {time:g}" for time, _ in points[1:]]
    said = [f"× {factor:g} until {end}" for (_, factor), end in zip(points, ends, strict=False)]
    over = "by season" if repeated else "by date"
    again = duration(series.repeats_every, unit).removeprefix("1 ") if series.repeats_every is not None else ""
    every = f", and again every {again}" if again else ""
    return f"{over}: {', then '.join([*said, f'× {points[-1][1]:g}'])}{every}"
