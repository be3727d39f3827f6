"""Arms in words: date by date whom each intervention is offered to, how many accept, what it does, what it costs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.plan.effects import effect_in_words
from experiments.plan.groups import NAMES, groups_in_words
from experiments.plan.phrases import States, who
from experiments.wording import listed, money, percent, plain_label, plural, plural_unit
from interventions.cutting import places_for
from interventions.specs import ByContacts
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
        if alike[0].occasion == 0:
            yield _first(alike.pop(0), setting)
        if alike:
            yield _again(alike, setting)


def _first(date: Date, setting: Setting) -> Step:
    one = date.intervention
    effects = list(effect_in_words(one.effect, setting.behaviours, setting.unit))
    uptake, cost = uptake_in_words(date, setting), cost_in_words(date, setting)
    lines = [
        f"whom: {whom_in_words(date, setting)}",
        *([f"of them {uptake}"] if uptake else []),
        *(f"effect: {effect}" for effect in effects),
        *([f"cost: {cost}"] if cost else []),
    ]
    return Step((date,), when(date.time, setting), tuple(lines))


def _again(dates: Sequence[Date], setting: Setting) -> Step:
    shown = [date.time for date in dates]
    numbers = [f"{time:g}" for time in shown]
    if len(numbers) > MOST_DATES:
        numbers = [*numbers[:2], "…", numbers[-1]]
    said = when(shown[0], setting) if len(shown) == 1 else f"After {listed(numbers)} {setting.unit}s"
    counted = [date.counted for date in dates if date.counted is not None]
    if len(counted) < len(dates):
        return Step(tuple(dates), said, (f"again as before; {DEPENDS}",))
    low, high = min(each.reached for each in counted), max(each.reached for each in counted)
    people = plural(low, "person", "people") if low == high else f"{low:,} to {high:,} people"
    lines = [f"whom: again as before; {people}{' each time' * (len(dates) > 1)} in the first replicate"]
    if setting.currency is not None:
        total = money(sum(each.cost for each in counted))
        lines.append(f"cost: {_about(dates[0])}{total} {setting.currency}{' together' * (len(dates) > 1)}")
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
    target = date.intervention.target
    if date.counted is not None:
        return date.counted.reached
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
    cost = date.intervention.cost
    reached, treated = reached_at(date, setting), treated_at(date, setting)
    if (reached is None and cost.per_reached) or (treated is None and cost.per_treated):
        return None
    return cost.fixed + cost.per_reached * (reached or 0) + cost.per_treated * (treated or 0.0)


def whom_in_words(date: Date, setting: Setting) -> str:
    """Say to whom an intervention is offered, and how many they are."""
    target, states = date.intervention.target, States(setting.behaviours)
    people = who(target.where, states)
    reached = reached_at(date, setting)
    open_number = DEPENDS if date.time > 0 else UNKNOWN
    if target.groups is not None:
        return groups_in_words(date, people, states, open_number)
    if target.share is None and target.number is None:
        everybody = f"all people {people}" if people else "everybody"
        return (
            f"{everybody}: {plural(reached, 'person', 'people')}"
            if reached is not None
            else f"{everybody}; {open_number}"
        )
    eligible = date.counted.eligible if date.counted is not None else None
    if eligible is None and not people:
        eligible = setting.people
    among = f"those {people}" if eligible is None else f"the {eligible:,} {people}" if people else f"all {eligible:,}"
    cut = f"{percent(target.share)} of {among}" if target.share is not None else f"of {among}"
    per = f", spread over {_each(target.per)} in proportion" if target.per is not None else ""
    if reached is None:
        number = f"{target.number:,} " if target.number is not None else ""
        return f"{number}people {_order(target)} ({cut}){per}" + ("" if number else f"; {open_number}")
    short = date.counted is not None and date.counted.missing > 0
    missing = f"; {target.number:,} were asked for" if short else ""
    the = "" if target.rank == "random" else "the "
    return f"{the}{plural(reached, 'person', 'people')} {_order(target)} ({cut}){per}{missing}"


def _each(per: str) -> str:
    """Say over what a cut is spread: "each village", "each community found in the network"."""
    return f"each {NAMES[per][0]} {NAMES[per][2]}" if per in NAMES else f"each {plain_label(per)}"


def _order(target: Target) -> str:
    """Say in what order people are picked."""
    layers = target.parameters.get("layers")
    where = f" in {listed([plain_label(layer) for layer in layers], 'or')}" if layers else ""
    if target.rank == "random":
        return "picked at random"
    if target.rank == "degree":
        return f"with most contacts{where}"
    if target.rank == "most_named":
        return f"named most often{where}"
    if target.rank == "nominated":
        asked = percent(target.parameters.get("asked", 0.2))
        return f"named most often when {asked} of all people name one contact each{where}"
    return f"who come first by {plain_label(target.rank)}"


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
    """Say what a date costs on average, and how that comes about; empty where the study has no currency."""
    if setting.currency is None:
        return ""
    cost = date.intervention.cost
    parts = [f"{money(cost.fixed)} fixed"] if cost.fixed else []
    reached, treated = reached_at(date, setting), treated_at(date, setting)
    for price, number, word in ((cost.per_reached, reached, "reached"), (cost.per_treated, treated, "treated")):
        if price:
            whom = f"each person {word}" if number is None else f"{_exactly(number)} {word}"
            parts.append(f"{whom} × {_exactly(price)}")
    if not parts:
        return "none is given"
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
    return "" if certain or not one.cost.per_treated else "about "


def total_in_words(dates: Sequence[Date], setting: Setting) -> str:
    """Say what an arm costs in all, on average; empty where nothing is counted."""
    if setting.currency is None or not dates:
        return ""
    costs = [cost_at(date, setting) for date in dates]
    if not any(costs) and None not in costs:
        return ""
    known = sum(date.intervention.cost.fixed if each is None else each for date, each in zip(dates, costs, strict=True))
    if None in costs:
        return f"in all at least {money(known)} {setting.currency}; the rest depends on how many people that is"
    about = "about " if any(_about(date) or date.time > 0 for date in dates) else ""
    each_person = f", {money(known / setting.people)} for each person in the town" if setting.people else ""
    return f"in all {about}{money(known)} {setting.currency}{each_person}"
