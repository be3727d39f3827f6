"""Arms in words: date by date whom each intervention is offered to, how many accept, what it does, what it costs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.plan.chains import chain_costs_in_words, chain_in_words
from experiments.plan.effects import effect_in_words
from experiments.plan.groups import NAMES, groups_in_words
from experiments.plan.knowledge import asked_at, knowledge_in_words
from experiments.plan.phrases import States, duration, who
from experiments.plan.schedules import (
    drop_out_in_words,
    further_prices,
    left_out_in_words,
    level_in_words,
    money_in_words,
    schedule_in_words,
)
from experiments.wording import listed, money, percent, plain_label, plural, plural_unit
from interventions.cutting import places_for
from interventions.specs import ByContacts
from interventions.targeting import phrase_of, targets
from simulator.arguments import arguments
from simulator.behaviour import HazardRatio

if TYPE_CHECKING:
    from experiments.plan.pilot import Date
    from interventions.specs import Target
    from simulator.behaviour import Behaviour

DEPENDS, UNKNOWN = "how many depends on the course of the run", "how many is not known before the town is made"
MOST_DATES = 6
"""Dates that are named one by one where an intervention acts again and again."""


@dataclass(frozen=True)
class Setting:
    """What the words on all arms share.

    Parameters
    ----------
    behaviours : mapping of str to Behaviour
    unit : str
        The scenario's time unit.
    start : float or str, optional
        Label of time 0.
    currency : str, optional
    people : int
        In the town.
    """

    behaviours: Mapping[str, Behaviour]
    unit: str
    start: float | str | None
    currency: str | None
    people: int


@dataclass(frozen=True)
class Step:
    """An intervention at one date; or at several in a row, where it was told before.

    Parameters
    ----------
    dates : tuple of Date
    when : str
        "At the start".
    lines : tuple of str
        Whom, how many accept, what happens, what it costs.
    """

    dates: tuple[Date, ...]
    when: str
    lines: tuple[str, ...]

    @property
    def title(self) -> str:
        """ "At the start: leaders (champions)"."""
        one = self.dates[0].intervention
        return f"{self.when}: {one.name} ({one.kind})" if one.name != one.kind else f"{self.when}: {one.name}"


def steps_of(dates: Sequence[Date], setting: Setting) -> Iterator[Step]:
    """Yield what an arm does, in order; an intervention that acts again is told at its first date only.

    Parameters
    ----------
    dates : sequence of Date
        Of one arm, in order.
    setting : Setting
    """
    for _, group in itertools.groupby(dates, key=lambda date: date.intervention.name):
        alike = list(group)
        if alike[0].occasion == 0 and not _wave_of(alike[0]):
            yield _first(alike.pop(0), setting)
        first = [date for date in alike if _wave_of(date) and date.occasion == 0]
        before = [date for date in alike if not _wave_of(date) and date.time < 0]
        again = [date for date in alike if not _wave_of(date) and date.time >= 0]
        later = [date for date in alike if _wave_of(date) and date.occasion > 0]
        for some, told in ((first, _passed_on), (before, _again), (again, _again), (later, _passed_on)):
            if some:
                yield told(some, setting)


def _wave_of(date: Date) -> int:
    """Return the wave of a chain that was seen at a date; 0 where people were picked, or nobody counted."""
    return 0 if date.counted is None else date.counted.wave


def _first(date: Date, setting: Setting) -> Step:
    one = date.intervention
    states, unit = States(setting.behaviours), setting.unit
    uptake, cost, leaving = uptake_in_words(date, setting), cost_in_words(date, setting), drop_out_in_words(one, unit)
    passing = chain_costs_in_words(one, setting.currency)
    lines = [
        *(f"when: {said}" for said in schedule_in_words(one, states, unit)),
        f"whom: {whom_in_words(date, setting)}",
        *(f"whom: {said}" for said in (*left_out_in_words(one), *money_in_words(one, setting.currency))),
        *([f"whom: {known}"] if (known := _known(date, setting)) else []),
        *([f"of them {uptake}"] if uptake else []),
        *(f"effect: {effect}" for effect in effect_in_words(one.effect, setting.behaviours, unit)),
        *([f"then: {leaving}"] if leaving else []),
        *([f"cost: {cost}"] if cost else []),
        *chain_in_words(one, setting.behaviours, unit),
        *([f"cost of passing it on: {passing}"] if passing else []),
    ]
    title = when(date.time, setting)
    if one.when is not None and date.counted is None:
        title = level_in_words(one.when, states).capitalize()
    return Step((date,), title, tuple(lines))


def _again(dates: Sequence[Date], setting: Setting) -> Step:
    shown = [date.time for date in dates]
    numbers = [f"{abs(time):g}" for time in shown]
    if len(numbers) > MOST_DATES:
        numbers = [*numbers[:2], "…", numbers[-1]]
    said = f"After {listed(numbers)} {setting.unit}s"
    if len(shown) == 1:
        said = when(shown[0], setting)
    elif shown[0] < 0:
        said = f"{listed(numbers)} {setting.unit}s before the start"
    counted = [date.counted for date in dates if date.counted is not None]
    if len(counted) < len(dates):
        return Step(tuple(dates), said, (f"again as before; {DEPENDS}",))
    low, high = min(each.reached for each in counted), max(each.reached for each in counted)
    people = plural(low, "person", "people") if low == high else f"{low:,} to {high:,} people"
    lines = [f"whom: again as before; {people}{' each time' * (len(dates) > 1)} in the first replicate"]
    if setting.currency is not None and not dates[0].intervention.background:
        total = sum(each.cost for each in counted)
        if total or dates[0].intervention.chain is None:  # else it is told where it is passed on
            price = f"{_about(dates[0])}{money(total)} {setting.currency}"
            lines.append(f"cost: {price}{' together' * (len(dates) > 1)}")
    return Step(tuple(dates), said, tuple(lines))


def _passed_on(dates: Sequence[Date], setting: Setting) -> Step:
    """Tell the waves of a chain together."""
    counted = [date.counted for date in dates if date.counted is not None]
    first, last = dates[0].time, dates[-1].time
    said = when(first, setting)
    if 0 < first < last:
        said = f"After {duration(first, setting.unit)} to {duration(last, setting.unit)}"
    reached = plural(sum(each.reached for each in counted), "person", "people")
    treated = sum(each.treated for each in counted)
    waves = f"in {plural(len(dates), 'wave')} in the first replicate"
    lines = [f"whom: those it is passed on to, {reached} {waves}; about {treated:,.0f} of them accept"]
    cost = sum(each.cost for each in counted)
    if setting.currency is not None and cost:
        lines.append(f"cost: about {money(cost)} {setting.currency}")
    return Step(tuple(dates), said, tuple(lines))


def when(time: float, setting: Setting) -> str:
    """Say when something happens: "At the start (1963)", "After 5 years (1968)"."""
    label = ""
    if isinstance(setting.start, float | int) and (setting.unit == "year" or time == 0):
        label = f" ({setting.start + time:g})"
    elif isinstance(setting.start, str) and time == 0:
        label = f" ({setting.start})"
    if time == 0:
        return f"At the start{label}"
    said = f"{abs(time):g} {plural_unit(abs(time), setting.unit)}"
    return f"After {said}{label}" if time > 0 else f"{said} before the start{label}"


def reached_at(date: Date, setting: Setting) -> int | None:
    """Return how many people are reached; where nobody counted, what follows from the cut alone; None: not known."""
    one = date.intervention
    target = one.target
    if date.counted is not None:
        return date.counted.reached
    if one.budget is not None or target.budget is not None or target.exclude or one.phase or one.when:
        return None
    if target.where is not None or target.groups is not None or target.per is not None or date.time != 0:
        return None
    return places_for(setting.people, target.share, target.number)[0]


def treated_at(date: Date, setting: Setting) -> float | None:
    """Return how many people accept on average; None: not known."""
    if date.counted is not None:
        return date.counted.treated
    reached, uptake = reached_at(date, setting), date.intervention.uptake
    return reached * min(uptake, 1.0) if reached is not None and isinstance(uptake, float | int) else None


def cost_at(date: Date, setting: Setting) -> float | None:
    """Return what a date costs on average; None: not known."""
    if date.intervention.background:
        return 0.0
    cost = date.intervention.cost
    if date.counted is not None:
        return date.counted.cost
    reached, treated = reached_at(date, setting), treated_at(date, setting)
    if any(further_prices(cost, setting.unit)):
        return None
    asked = asked_at(date, setting.people)
    numbers = ((cost.per_reached, reached), (cost.per_treated, treated), (cost.per_asked, asked))
    if any(price and number is None for price, number in numbers):
        return None
    return cost.fixed + sum(price * (number or 0) for price, number in numbers)


def whom_in_words(date: Date, setting: Setting) -> str:
    """Say to whom an intervention is offered, and how many they are."""
    one, states = date.intervention, States(setting.behaviours)
    target = one.target
    turn = "in the groups that begin then" if one.phase is not None else ""
    people = who(target.where, states)
    reached = reached_at(date, setting)
    open_number = DEPENDS if date.time or one.when is not None else UNKNOWN
    if target.groups is not None:
        return groups_in_words(date, people, states, open_number)
    people = " ".join(filter(None, (people, turn)))
    if target.share is None and target.number is None and one.budget is None and target.budget is None:
        everybody = f"all people {people}" if people else "everybody"
        return (
            f"{everybody}: {plural(reached, 'person', 'people')}"
            if reached is not None
            else f"{everybody}; {open_number}"
        )
    eligible = date.counted.eligible if date.counted is not None and not turn else None
    if eligible is None and not people:
        eligible = setting.people
    among = f"those {people}" if eligible is None else f"the {eligible:,} {people}" if people else f"all {eligible:,}"
    cut = f"{percent(target.share)} of {among}" if target.share is not None else f"of {among}"
    per = f", spread over {_each(target.per)} in proportion" if target.per is not None else ""
    if reached is None:
        number = f"{target.number:,} " if target.number is not None else ""
        return f"{number}people {_order(target)} ({cut}){per}" + ("" if number else f"; {open_number}")
    short = date.counted is not None and date.counted.missing > 0
    dear = date.counted.too_dear if date.counted is not None else 0
    missing = f"; {target.number:,} were asked for" if short else ""
    the = "" if target.rank == "random" else "the "
    missing += f"; for {dear:,} more the money does not suffice" if dear else ""
    number = f"{the}{plural(reached, 'person', 'people')}" if reached else "nobody of those"
    return f"{number} {_order(target)} ({cut}){per}{missing}"


def _each(per: str) -> str:
    """Say over what a cut is spread: "each village", "each community found in the network"."""
    return f"each {NAMES[per][0]} {NAMES[per][2]}" if per in NAMES else f"each {plain_label(per)}"


def _order(target: Target) -> str:
    """Say in what order people are picked."""
    layers = target.parameters.get("layers")
    where = f" in {listed([plain_label(layer) for layer in layers], 'or')}" if layers else ""
    phrase = phrase_of(target.rank, target.parameters)
    if not phrase:
        return f"who come first by {plain_label(target.rank)}{where}"
    defaults = {name: each.default for name, each in arguments(targets[target.rank]).items()}
    said = {
        name: percent(each) if isinstance(defaults.get(name), float) else plain_label(str(each))
        for name, each in {**defaults, **target.parameters}.items()
    }
    return phrase.format_map(said) + where


def _known(date: Date, setting: Setting) -> str:
    """Say how the network is known; empty where it simply is."""
    knowledge = date.intervention.target.knowledge
    then = None if knowledge is None or knowledge.as_of is None else when(knowledge.as_of, setting)
    return knowledge_in_words(date, "" if then is None else f"once, {then[0].lower()}{then[1:]}")


def uptake_in_words(date: Date, setting: Setting) -> str:
    """Say how many accept on average; empty where everybody does."""
    uptake = date.intervention.uptake
    if isinstance(uptake, float | int):
        if uptake >= 1:
            return ""
        if uptake == 0:
            return "nobody accepts"
        said = f"{percent(uptake)} accept"
    elif isinstance(uptake, HazardRatio):
        said = f"a share accepts that depends on {plain_label(uptake.column)}"
    elif isinstance(uptake, ByContacts):
        how = "how many" if uptake.reads == "count" else "what share"
        said = f"a share accepts that depends on {how} of their contacts are in it"
    else:
        said = f"{listed([f'{percent(share)} if {plain_label(word)}' for word, share in uptake.values.items()])} accept"
    treated = treated_at(date, setting)
    return said if treated is None else f"{said}: about {treated:,.0f}"


def cost_in_words(date: Date, setting: Setting) -> str:
    """Say what a date costs on average, and how that comes about; empty where nothing is counted."""
    if setting.currency is None or date.intervention.background:
        return ""
    if date.counted is not None and date.counted.too_dear and not date.counted.reached:
        return "nothing is done, since the money would not pay for anybody"
    cost = date.intervention.cost
    parts = [f"{money(cost.fixed)} fixed"] if cost.fixed else []
    reached, treated = reached_at(date, setting), treated_at(date, setting)
    asked = asked_at(date, setting.people)
    for price, number, word in (
        (cost.per_asked, asked, "asked"),
        (cost.per_reached, reached, "reached"),
        (cost.per_treated, treated, "treated"),
    ):
        if price and not (word == "asked" and number == 0):  # a price that is there for other arms
            whom = f"each person {word}" if number is None else f"{_exactly(number)} {word}"
            parts.append(f"{whom} × {_exactly(price)}")
    parts += further_prices(cost, setting.unit)
    if not parts:
        return "" if chain_costs_in_words(date.intervention, setting.currency) else "none is given"
    total = cost_at(date, setting)
    if len(parts) == 1 and cost.fixed:
        return f"{money(cost.fixed)} {setting.currency}, whoever is reached"
    if total is None:
        return f"{' + '.join(parts)} {setting.currency}"
    return f"{' + '.join(parts)} = {_about(date)}{money(total)} {setting.currency}"


def _exactly(value: float) -> str:
    """Write a number so that a reader who calculates with it gets what is printed: 110.6, 1,200."""
    return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}".rstrip("0")


def _about(date: Date) -> str:
    """Return "about " where costs depend on who accepts."""
    one = date.intervention
    certain = isinstance(one.uptake, float | int) and one.uptake in (0, 1)
    certain = certain and one.drop_out == 0 and one.chain is None
    return "" if certain or not (one.cost.per_treated or one.cost.per_time_treated) else "about "


def total_in_words(dates: Sequence[Date], setting: Setting) -> str:
    """Say what an arm costs in all, on average; empty where nothing is counted."""
    if setting.currency is None or not dates:
        return ""
    costs = [cost_at(date, setting) for date in dates]
    if not any(costs) and None not in costs:
        return ""
    known = sum(date.intervention.cost.fixed if each is None else each for date, each in zip(dates, costs, strict=True))
    followed = {date.intervention.name for date in dates if _wave_of(date)}
    chains = {one.name for one in (date.intervention for date in dates) if chain_costs_in_words(one, setting.currency)}
    if None in costs or chains - followed:
        return f"in all at least {money(known)} {setting.currency}; the rest depends on how many people that is"
    purses = [date.intervention.budget for date in dates if date.intervention.budget is not None]
    known = min([known, *purses])  # a sum of means, while who accepts less leaves more to the others
    open_ended = any(_about(date) or date.time > 0 or date.intervention.chain is not None for date in dates)
    about = "about " if open_ended else ""
    each_person = f", {money(known / setting.people)} for each person in the town" if setting.people else ""
    return f"in all {about}{money(known)} {setting.currency}{each_person}"
