"""Exposure laws in words: at what rate a transition happens, by what a person's contacts add up to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from experiments.plan.phrases import a, count_word, differs_by, rate_in_words, who
from experiments.plan.sample import Sample, source_states
from experiments.wording import listed, percent, plain_label, plain_number
from simulator.behaviour import GROUP, PER_CONTACT, RESPONSE, SPONTANEOUS, Transition
from simulator.person_rate import Person, rate_for

if TYPE_CHECKING:
    from simulator.person_rate import Contact


def law_in_words(
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
    layer_of = [layer for layer, weight in transition.layers.items() if weight > 0]
    if not names or not (layer_of or transition.law == GROUP):
        return "by contacts, none of whom counts"
    if transition.law == PER_CONTACT:
        increments = {
            (state, layer): rate(sample.contact(transition, state, layer)) for state in names for layer in layer_of
        }
        return _per_contact(sample, source, increments, where, unit)
    if transition.law == RESPONSE:
        return _response(sample, transition, person, where, unit)
    contacts = {state: sample.contact(transition, state, *layer_of[:1]) for state in names}
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
