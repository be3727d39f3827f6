"""Schedules in words: when an intervention begins and acts again, who is left out or leaves, what it may spend."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from experiments.plan.groups import NAMES, by_measure, measure_in_words
from experiments.plan.phrases import States, a, count_word, every, rate_in_words, who
from experiments.wording import listed, money, percent, plain_label, plural_unit
from simulator.behaviour import ByColumn, ByState, HazardRatio

if TYPE_CHECKING:
    from interventions.specs import Cost, Intervention, Phase, When
    from simulator.behaviour import PersonNumber


def schedule_in_words(one: Intervention, states: States, unit: str) -> Iterator[str]:
    """Yield when an intervention begins, and when it acts again, if it does more than act at its dates.

    Parameters
    ----------
    one : Intervention
    states : States
    unit : str
        The scenario's time unit.
    """
    if one.when is not None:
        yield f"begins {level_in_words(one.when, states)} (looked at {every(one.when.check_every, unit)})"
    if one.phase is not None:
        yield _phase(one.phase, states, unit)
    if one.every is not None:
        end = "" if one.until is None else f", up to {one.until:g} {plural_unit(one.until, unit)} after the start"
        yield f"again {every(one.every, unit)}{end}"
    elif one.when is not None and one.until is not None:
        yield f"at most {one.until:g} {plural_unit(one.until, unit)} after the start"


def level_in_words(when: When, states: States) -> str:
    """Say at what level of a measure something begins: "once more than 23 % of people are smokers"."""
    more, level = ("more", when.above) if when.above is not None else ("less", when.below)
    assert level is not None
    measure = when.measure
    limit = f" {who(measure.where, states)}" if measure.where is not None else ""
    if measure.kind == "share":
        return (
            f"once {more} than {percent(level)} of people{limit} are {states.being(measure.behaviour, measure.states)}"
        )
    if measure.kind == "count":
        fewer = "more" if more == "more" else "fewer"
        return f"once {fewer} than {level:,g} people{limit} are {states.being(measure.behaviour, measure.states)}"
    among = f", among people{limit}," if limit else ""
    return f"once {measure_in_words(measure, states)}{among} is {'above' if more == 'more' else 'below'} {level:,g}"


def _phase(phase: Phase, states: States, unit: str) -> str:
    each = "one group" if phase.groups == 1 else f"{count_word(phase.groups)} groups"
    over = NAMES[phase.over][1] if phase.over in NAMES else f"groups by {plain_label(phase.over)}"
    if phase.listed:
        order = f"in the order {listed([plain_label(category) for category in phase.listed])}"
    elif isinstance(phase.order, str):
        order = "the largest first" if phase.order == "size" else "in random order"
    else:
        order = by_measure(phase.order, states)
    return f"{over} begin one after the other, {each} {every(phase.every, unit)}, {order}"


def left_out_in_words(one: Intervention) -> Iterator[str]:
    """Yield whom an intervention leaves out, and whom it replaces."""
    target = one.target
    own = [word for word in target.exclude if word in ("offered", "treated")]
    if own:
        said = "accepted it" if own == ["treated"] else "were offered it"
        yield f"not those who {said} before"
    others = [f"`{word}`" for word in target.exclude if word not in ("offered", "treated")]
    if others:
        yield f"not those who were offered {listed(others, 'or')}"
    if target.replace:
        yield "on later dates only as many as are missing: who refused, left or ended is replaced"


def money_in_words(one: Intervention, currency: str | None) -> Iterator[str]:
    """Yield what an intervention may spend."""
    if one.target.budget is not None:
        yield f"as many as {money(one.target.budget)} {currency} pay for, each time"
    if one.budget is not None:
        yield f"as many as what is left of the arm's {money(one.budget)} {currency} pays for"


def drop_out_in_words(one: Intervention, unit: str) -> str:
    """Say how people leave an intervention; empty where nobody does."""
    if one.drop_out == 0:
        return ""
    return f"{_rates(one.drop_out, unit)} of those who accepted leave it: its factors and ties end for them"


def _rates(rate: PersonNumber, unit: str) -> str:
    if isinstance(rate, HazardRatio):
        return f"at a rate that depends on {plain_label(rate.column)}, some"
    if isinstance(rate, ByColumn | ByState):
        each = [
            f"{rate_in_words(value, unit, meaning=False)} if {plain_label(word)}" for word, value in rate.values.items()
        ]
        return listed(each)
    return rate_in_words(rate, unit, meaning=False)


def further_prices(cost: Cost, unit: str, amount: str = "{:,g}") -> Iterator[str]:
    """Yield prices that are not for people asked, reached or treated, nor for passing it on."""
    for price, what in (
        (cost.per_time, f"{a(unit)} that it runs"),
        (cost.per_time_treated, f"{a(unit)} for each person in it"),
        (cost.per_tie, "for each tie made"),
    ):
        if price:
            yield f"{amount.format(price)} {what}"
