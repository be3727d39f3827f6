"""Behaviours in words: who moves from which state to which, at what rate, with examples; computed from the laws."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from experiments.plan_effects import base_rate
from experiments.plan_examples import Columns, Example, Sample, examples_of, source_states
from experiments.plan_phrases import (
    MOST_CATEGORIES,
    States,
    a,
    count_word,
    differs_by,
    duration,
    in_times,
    listed_few,
    percent,
    plain_number,
    rate_in_words,
    state_label,
    who,
    within,
)
from experiments.report_words import listed, plain_label
from simulator.behaviour import (
    GROUP,
    PER_CONTACT,
    RESPONSE,
    SPONTANEOUS,
    Behaviour,
    ByColumn,
    ByState,
    PersonNumber,
    Series,
    Transition,
)
from simulator.person_rate import Person, rate_for

if TYPE_CHECKING:
    from simulator.person_rate import Contact

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
        time_in_state=(),
        series=(),
        susceptibility=_plain(transition.susceptibility),
        influence=_plain(transition.influence),
    )
    return [
        _lead(sample, steady, person, layers, unit, fading=bool(transition.time_in_state)),
        *_conditions(transition, sample.words, unit),
    ]


def _plain(numbers: Sequence[PersonNumber]) -> tuple[PersonNumber, ...]:
    """Return the numbers that are the same for everybody; the others are told as factors."""
    return tuple(number for number in numbers if not differs_by(number))


def _lead(
    sample: Sample, transition: Transition, person: Person, layers: Sequence[str], unit: str, *, fading: bool
) -> str:
    """Say the law with its rate, leaving apart what changes in time and factors that differ by person."""

    def rate(*contacts: Contact, group: tuple[Contact, ...] = ()) -> float:
        return rate_for(sample.own, transition, replace(person, contacts=contacts, group=group))

    if transition.law == SPONTANEOUS:
        whose = sample.traits_of(person, [name]) if (name := differs_by(transition.rate)) else ""
        return f"on their own{whose}: {rate_in_words(rate(), unit, meaning=not fading)}"
    assert transition.source is not None
    source = transition.source.behaviour
    weighed = source_states(transition)
    names = [state for state, _ in weighed]
    where = _along(transition, layers)
    if transition.law == PER_CONTACT:
        layer_of = [layer for layer, weight in transition.layers.items() if weight > 0]
        increments = {
            (state, layer): rate(sample.contact(transition, state, layer)) for state in names for layer in layer_of
        }
        return _per_contact(sample, source, increments, where, unit)
    if transition.law == RESPONSE:
        return _response(sample, transition, person, where, unit)
    layer = next(iter(transition.layers), "")
    contacts = {state: sample.contact(transition, state, layer) for state in names}
    rates = {state: rate(one, group=(one,)) for state, one in contacts.items()}
    whom = f"contacts{where}"
    if transition.law == GROUP:
        assert transition.group is not None
        limit = who(transition.group.where, sample.words)
        whom = f"the others in the same {plain_label(transition.group.by)}{f' {limit}' if limit else ''}"
    if len(set(rates.values())) == 1:
        return (
            f"by the share of {whom} who are {sample.words.being(source, names)}: "
            f"{rate_in_words(rates[names[0]], unit)} if all are, less in proportion"
        )
    alike = [
        f"{rate_in_words(each, unit)} if all are {sample.words.being(source, [state])}" for state, each in rates.items()
    ]
    return f"by the shares of {whom}: {listed(alike)}, less in proportion"


def _along(transition: Transition, layers: Sequence[str]) -> str:
    """Say in which layers contacts are met, unless it is all of them alike."""
    read = {layer: weight for layer, weight in transition.layers.items() if weight > 0}
    if len(layers) < 2 or (set(read) == set(layers) and len(set(read.values())) == 1):
        return ""
    weights = len(set(read.values())) > 1 and transition.law != PER_CONTACT
    said = [
        f"{plain_label(layer)} (each counts {weight:g})" if weights else plain_label(layer)
        for layer, weight in read.items()
    ]
    return f" in {listed(said, 'or')}"


def _per_contact(
    sample: Sample, source: str, increments: Mapping[tuple[str, str], float], where: str, unit: str
) -> str:
    states = list(dict.fromkeys(state for state, _ in increments))
    layers = list(dict.fromkeys(layer for _, layer in increments))
    if len({increments[state, layer] for state, layer in increments}) == 1:
        added = rate_in_words(next(iter(increments.values())), unit, meaning=False)
        return f"for each {sample.words.which(source, states, 'contact')}{where}: + {added}"
    said = []
    for state in states:
        rates = [increments[state, layer] for layer in layers]
        if len(set(rates)) == 1:
            amount = percent(rates[0])
        else:
            amount = listed(
                [f"{percent(rate)} in {plain_label(layer)}" for rate, layer in zip(rates, layers, strict=True)]
            )
        said.append(f"for each {sample.words.which(source, [state], 'contact')}: + {amount}")
    in_layers = where if all(len({increments[s, layer] for layer in layers}) == 1 for s in states) else ""
    return f"{', '.join(said)}{in_layers} {a(unit)}"


def _response(sample: Sample, transition: Transition, person: Person, where: str, unit: str) -> str:
    response = transition.response
    assert response is not None
    assert transition.source is not None
    being = sample.words.weighed(transition.source)
    counts = response.reads == "count"
    read = (
        f"the number of contacts{where} who are {being}" if counts else f"the share of contacts{where} who are {being}"
    )
    whole = replace(transition, law=SPONTANEOUS, response=None, source=None)
    full = rate_for(sample.own, whole, person)
    if response.threshold is not None:
        then = f"from then on {rate_in_words(full, unit)}"
        if isinstance(response.threshold, str):
            own = "each person's own threshold" if "." in response.threshold else f"the person's `{response.threshold}`"
            return f"nothing until {read} reaches {own}; {then}"
        level = plain_number(response.threshold) if counts else percent(response.threshold)
        return f"nothing until {read} reaches {level}; {then}"
    said = []
    points = response.table
    for number, (x, factor) in enumerate(points):
        last = number == len(points) - 1
        at = percent(x) if not counts else "none" if x == 0 else count_word(int(x)) if x == int(x) else plain_number(x)
        more = " or more" if last else "" if response.shape == "linear" else _up_to(x, points[number + 1][0], counts)
        said.append(f"{at}{more}: {rate_in_words(full * factor, unit)}")
    between = ", in a straight line between these" if response.shape == "linear" and len(points) > 1 else ""
    return f"by {read}: {', '.join(said)}{between}"


def _up_to(here: float, after: float, counts: bool) -> str:
    """Say how far a step of a table goes: " to three" from 1 up to 4, nothing where it is one number."""
    if not counts or here != int(here) or after != int(after):
        return f" to under {plain_number(after) if counts else percent(after)}"
    if after - here == 1:
        return ""
    return f" {'or' if after - here == 2 else 'to'} {count_word(int(after) - 1)}"


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
