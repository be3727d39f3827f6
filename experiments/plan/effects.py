"""Effects of interventions in words: states set, rates changed, ties made and moved, and for how long."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from experiments.plan.phrases import States, count_word, differs_by, duration, every, in_times, rate_in_words, who
from experiments.wording import listed, percent, plain_label
from simulator.behaviour import PER_CONTACT, SPONTANEOUS, PersonNumber

if TYPE_CHECKING:
    from interventions.specs import Effect, NewTies, Rewiring
    from simulator.behaviour import Behaviour, Transition


def effect_in_words(effect: Effect, behaviours: Mapping[str, Behaviour], unit: str) -> Iterator[str]:
    """Yield what happens to those who accept, one thing each.

    Parameters
    ----------
    effect : Effect
    behaviours : mapping of str to Behaviour
    unit : str
        The scenario's time unit.
    """
    states = States(behaviours)
    for behaviour, change in effect.set.items():
        for before, after in [(None, change)] if isinstance(change, str) else change.items():
            subject = "they" if before is None else f"those who are {states.being(behaviour, [before])}"
            until = _until(behaviours[behaviour], after, unit)
            yield f"{subject} become {states.being(behaviour, [after])}{until}"
    lasting = "for good" if effect.lasting is None else f"for {duration(effect.lasting, unit)}"
    fading = "" if effect.half_life is None else f", and half as far from × 1 after {every(effect.half_life, unit)}"
    for factors, what in ((effect.susceptibility, ""), (effect.influence, "what they pass on in ")):
        for name, factor in factors.items():
            said = "from then on" if effect.half_life is not None else lasting
            yield f"{said}, {what}{_factor(name, factor, behaviours, unit)}{fading}"
    if effect.ties is not None:
        yield f"{lasting}, {_new_ties(effect.ties, states)}"
    if effect.rewire is not None:
        yield _rewiring(effect.rewire)
    if not (effect.set or effect.susceptibility or effect.influence or effect.ties or effect.rewire):
        yield "nothing changes for them"


def _until(behaviour: Behaviour, state: str, unit: str) -> str:
    """Say how a state that was set ends again."""
    ways = [each for each in behaviour.transitions if state in each.from_states]
    if not ways:
        return ", for good"
    said = []
    for each in ways:
        rate = base_rate(each) if each.law == SPONTANEOUS else None
        said.append(each.name if rate is None else f"{each.name} ({rate_in_words(rate, unit, meaning=False)})")
    return f", until they leave it again by {listed(said, 'or')}"


def _factor(name: str, factor: PersonNumber, behaviours: Mapping[str, Behaviour], unit: str) -> str:
    """Say by what a rate is multiplied and, where it is one rate for everybody, what it was and what it becomes."""
    behaviour, _, transition = name.partition(".")
    found = next(each for each in behaviours[behaviour].transitions if each.name == transition)
    states = States(behaviours, behaviour)
    way = f"{states.being(behaviour, found.from_states)} to {states.being(behaviour, [found.to_state])}"
    by = f"by {plain_label(differs_by(factor))}: " if differs_by(factor) else ""
    said = f"{transition} ({way}) is {by}{in_times(factor)}"
    base = base_rate(found)
    if base is None or not isinstance(factor, float | int):
        return said
    before, after = (rate_in_words(rate, unit, meaning=False) for rate in (base, base * factor))
    return f"{said}: {before} becomes {after}{' for each contact' if found.law == PER_CONTACT else ''}"


def base_rate(transition: Transition) -> float | None:
    """Return a rate, per contact where it adds up over contacts, if it is one number for everybody at all times."""
    if transition.law not in (SPONTANEOUS, PER_CONTACT) or transition.time_in_state or transition.series:
        return None
    weights = {1.0, *transition.layers.values()}
    if len(weights) > 1 or (transition.source is not None and len({1.0, *transition.source.weights}) > 1):
        return None
    numbers = (transition.rate, *transition.susceptibility, *transition.influence)
    if any(differs_by(number) for number in numbers):
        return None
    return math.prod(number for number in numbers if isinstance(number, float | int))


def _new_ties(new: NewTies, states: States) -> str:
    one = new.per_person == 1
    to = who(new.to, states)
    whom = "people" if not one else "one of the people" if to else "a person"
    whom += f" {to}," if to else ""
    weight = f", which count × {new.weight:g}" if new.weight != 1 else ""
    ties = f"{count_word(new.per_person)} new {'tie' if one else 'ties'}"
    how = "picked at random" if new.pairing == "random" else f"most like them in {plain_label(str(new.by))}"
    return f"each gets {ties} in {plain_label(new.layer)} to {whom} {how}{weight}"


def _rewiring(rewiring: Rewiring) -> str:
    layer = plain_label(rewiring.layer)
    ties = f"their ties in {layer}" if rewiring.share >= 1 else f"{percent(rewiring.share)} of their ties in {layer}"
    if rewiring.keeps_degree:
        return f"{ties} exchange ends at random, for good; everybody keeps their number of contacts"
    return f"the far ends of {ties} move to people picked at random, for good"
